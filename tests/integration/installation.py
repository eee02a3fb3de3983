"""An installation without its chat: real records, real worker processes, a sandbox; ticks are made by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Lock

import trustme

from bot.records import Records, now
from bot.routines.market import Market
from bot.routines.offers import Offers, Rules
from bot.routines.pace import StoppablePace
from bot.routines.rebalancing import Rebalancing
from bot.routines.rounds import Rounds
from bot.routines.trouble import Trouble
from broker.access import Access
from broker.gateway import Gateway
from core.account import Minimums
from core.alerts import Alert
from core.allocation import Allocation, Sector
from core.calendar import NEW_YORK
from core.ports import Broker, BrokerAway, Ports
from core.reserves import ReserveAmount
from core.routines.invest import Policy
from sandbox.server import Sandbox
from storage import database
from storage.outbox import Recipient
from tests.secrecy import secrets_kept

OWNER = 1001

# Alembic keeps its context in module globals: two threads must not migrate at once. The product migrates once.
_opening = Lock()


@dataclass(frozen=True)
class Installation:
    """What a test moves and looks at."""

    sandbox: Sandbox
    records: Records
    rounds: Rounds
    offers: Offers
    rebalancing: Rebalancing
    trouble: Trouble

    def set_clock(self, hour: int, minute: int, day: int = 23) -> None:
        """Move the market's clock to a New York time of November 2026."""
        instant = datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)
        self.sandbox.call(lambda world: world.clock.set(instant))

    def at(self, hour: int, minute: int, day: int = 23) -> None:
        """Move the market's clock, and let a tick see it."""
        self.set_clock(hour, minute, day)
        self.rounds.tick()

    def tick(self) -> None:
        """Let a tick happen as the job queue would: not before its time, and whatever it meets."""
        if not self.trouble.is_time():
            return
        try:
            self.rounds.tick()
        except BrokerAway as error:
            self.rounds.away(str(error))
            self.trouble.broker_failed(error)
        else:
            self.trouble.went_well()

    def said(self) -> list[Alert]:
        """Return everything said since the last call, oldest first, and count it as delivered."""
        alerts: list[Alert] = []
        while due := self.records.outbox.due(now()):
            for delivery in due:
                alerts.append(delivery.alert)
                self.records.outbox.delivered(delivery.id, None, now())
        return alerts

    def orders(self) -> list[str]:
        """Return the client order id of every order the broker has."""
        return self.sandbox.call(lambda world: [order.request.client_order_id for order in world.brokerage.orders()])


@contextmanager
def installed(
    folder: Path,
    authority: trustme.CA,
    *,
    sectors: tuple[Sector, ...],
    live: bool = False,
    timeout_seconds: float = 8,
    reserve: int = 0,
    broker: Callable[[Gateway], Broker] = lambda gateway: gateway,
    address: Callable[[str], str] = lambda origin: origin,
) -> Iterator[Installation]:
    """Set an installation up with $250 in the account, before the open of Monday 23 November 2026.

    `reserve` is in cents. `broker` can put something between the routines and the gateway, and `address` say where
    Alpaca is looked for.
    """
    url = f"sqlite:///{folder / 'books.db'}"
    with _opening:
        opened = database.open(url)
    with (
        Sandbox(cash=Decimal(250), authority=authority) as sandbox,
        secrets_kept(folder, sandbox.keys),
        opened as books,
    ):
        records = Records.over(books, [Recipient("telegram", str(OWNER))])
        keys, origin = sandbox.keys, address(sandbox.origin("alpaca"))
        access = Access(origin, origin, keys.alpaca_key_id, keys.alpaca_secret_key, timeout_seconds)
        gateway = Gateway(access, max_workers=len(sectors))
        pace = StoppablePace()
        ports = Ports(broker(gateway), records.ledger, pace)
        market = Market(gateway, pace)
        policy = Policy(ReserveAmount(reserve), Minimums(100, 1000), None, sale_patience=3)
        rules = Rules(lambda: policy, live)
        try:
            yield Installation(
                sandbox,
                records,
                Rounds(records, market, ports, rules, Allocation(sectors)),
                Offers(records, market, ports, rules),
                Rebalancing(records, market, ports, rules),
                Trouble(records, pace, tick_seconds=0.05),
            )
        finally:
            gateway.close()
