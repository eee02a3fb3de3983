"""A trading day to rebalance on: two funds, of which one has run away, and a broker that keeps real books of both."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from core.account import Account, Asset, Minimums
from core.activities import Activity, ActivityKind
from core.allocation import Allocation, Sector
from core.money import Cents
from core.orders import BrokerOrder, OrderState, Side
from core.ports import Ports
from core.positions import Position
from core.rebalancing.plan import NothingToDo, Undertaking
from core.rebalancing.rules import Rules
from core.reserves import Reserve, ReserveAmount
from core.routines.invest import Policy, Target
from core.routines.rebalance import carry_on, propose, rebalance
from core.routines.rebuying import purchases_of
from core.runs import Run, RunKey
from core.schedule import Routine
from tests.unit.fake_ledger import FakeLedger
from tests.unit.fakes import Events, FakeBroker, FakePace
from tests.unit.world import DAY, WINDOW

SALES = RunKey("main", Routine.REBALANCE, DAY, 1)
BUYS = purchases_of(SALES)
HALVES = Allocation((Sector("Stocks", "VOO", 5000), Sector("Bonds", "AGG", 5000)))


class BookKeepingBroker(FakeBroker):
    """A broker whose cash and positions follow the fills of its orders, a dollar a share."""

    def account(self) -> Account:
        """Return the account; its buying power is four times what it is worth, and sales are not settled today."""
        before = super().account()
        cash = self.cash + self._traded(Side.SELL) - self._traded(Side.BUY)
        settled = self.cash - self._traded(Side.BUY)
        worth = cash + sum((one.market_value or Decimal(0) for one in self.positions_held), Decimal(0))
        return replace(
            before, cash=cash, buying_power=4 * worth, non_marginable_buying_power=min(cash, settled), equity=worth
        )

    def positions(self) -> tuple[Position, ...]:
        """Return what is held, with what was bought and without what was sold."""
        held = {one.symbol: one.quantity for one in super().positions()}
        for order in self.held:
            sign = 1 if order.side == Side.BUY else -1
            held[order.symbol] = held.get(order.symbol, Decimal(0)) + sign * order.filled_quantity
        return tuple(position(symbol, quantity) for symbol, quantity in held.items() if quantity)

    def _traded(self, side: Side) -> Decimal:
        return sum((one.filled_quantity for one in self.held if one.side == side), Decimal(0))


@dataclass
class Rebalancing:
    """What a rebalancing needs: 70 of stocks and 30 of bonds where halves are wanted, bought for 50 cents each."""

    rules: Rules = field(default_factory=Rules)
    allocation: Allocation = HALVES
    held: dict[str, int] = field(default_factory=lambda: {"VOO": 70, "AGG": 30})
    cash: Decimal = Decimal(0)
    reserve: Reserve = field(default_factory=lambda: ReserveAmount(0))
    max_per_order: Cents | None = None
    paused: bool = False
    events: Events = field(default_factory=Events)

    def __post_init__(self) -> None:
        """Let the market open."""
        known = {one.symbol: Asset(one.symbol, tradable=True, fractionable=True) for one in self.allocation.sectors}
        bought = tuple(
            Activity(
                f"{number}",
                "FILL",
                ActivityKind.TRADE,
                DAY - timedelta(days=100 + 300 * number),
                Decimal(-quantity) / 2,
                symbol,
                Decimal(quantity),
                Decimal("0.5"),
                f"order-{number}",
            )
            for number, (symbol, quantity) in enumerate(self.held.items())
        )
        self.broker = BookKeepingBroker(
            self.events,
            WINDOW.opens,
            cash=self.cash,
            assets_by_symbol=known,
            positions_held=tuple(position(symbol, Decimal(quantity)) for symbol, quantity in self.held.items()),
            activities_known=bought,
        )
        self.ledger = FakeLedger(self.events)
        self.pace = FakePace(self.broker)

    @property
    def ports(self) -> Ports:
        """The world as a routine sees it."""
        return Ports(self.broker, self.ledger, self.pace)

    @property
    def policy(self) -> Policy:
        """The owner's limits."""
        return Policy(self.reserve, Minimums(1_00, 1_00), None, self.max_per_order)

    @property
    def texts(self) -> list[str]:
        """Everything that was said."""
        return [alert.text for alert in self.ledger.said]

    def proposed(self) -> Undertaking | NothingToDo:
        """Return what would be done."""
        target = Target(1, self.allocation, paused=self.paused)
        return propose(SALES, self.rules, target, self.policy, self.ports)

    def go(self) -> Run:
        """Start the rebalancing, or carry it on as a tick does."""
        run = self.ledger.run(SALES)
        if run is not None:
            return carry_on(run, self.policy, self.ports)
        footing, undertaking = self.ledger.footing(), self.proposed()
        assert isinstance(undertaking, Undertaking), undertaking
        return rebalance(SALES, WINDOW, undertaking, self.policy, self.ports, footing=footing)

    def orders(self, side: Side) -> dict[str, BrokerOrder]:
        """Return what the broker holds of one side, by symbol."""
        return {one.symbol: one for one in self.broker.held if one.side == side}

    def ledgers(self, key: RunKey) -> dict[str, OrderState]:
        """Return what the ledger has of a run's orders, by symbol."""
        run = self.ledger.run(key)
        return {} if run is None else {order.intent.symbol: order.state for order in run.orders}


def position(symbol: str, quantity: Decimal) -> Position:
    """Return a holding of so many dollars, at a dollar each, bought for half of it."""
    return Position(symbol, quantity, quantity / 2, Decimal(1), quantity, Decimal(0))
