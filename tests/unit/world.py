"""One trading day to invest on: the original allocation, its funds, a hundred dollars, and the fakes around them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from core.account import Asset, Minimums
from core.allocation import Allocation, Sector
from core.money import Cents
from core.orders import Order
from core.ports import Ports
from core.reserves import Reserve, ReserveAmount
from core.routines.invest import Decision, Policy, Target, decide, invest
from core.routines.settling import follow
from core.runs import Run, RunKey
from core.schedule import Routine, Window
from tests.unit.fake_ledger import FakeLedger
from tests.unit.fakes import Events, FakeBroker, FakePace, Fate

DAY = date(2026, 11, 27)
KEY = RunKey("main", Routine.INVEST, DAY)
OPENS = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
WINDOW = Window(OPENS, OPENS + timedelta(hours=3, minutes=10))
SEVEN = Allocation(
    tuple(
        Sector(name, symbol, weight)
        for name, symbol, weight in (
            ("Domestic Large Cap", "VOO", 3500),
            ("Domestic Mid Cap", "IJH", 500),
            ("Domestic Small Cap", "IJR", 200),
            ("International", "IXUS", 1800),
            ("Short Term Bonds", "ISTB", 1200),
            ("Aggregate Bonds", "AGG", 2300),
            ("Crypto", "BTC/USD", 500),
        )
    )
)
ONE = Allocation((Sector("Stocks", "VOO", 10000),))
TWO = Allocation((Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000)))
EVERYTHING = (
    "Orders have been executed. Bought $35 of VOO, $5 of IJH, $2 of IJR, $18 of IXUS, $12 of ISTB, $23 of AGG, "
    "$5 of BTCUSD."
)


@dataclass
class World:
    """What a run needs. `target`, `reserve` and the limits are the owner's; the rest is how the world behaves."""

    target: Target = field(default_factory=lambda: Target(1, SEVEN))
    max_per_day: Cents | None = None
    max_per_order: Cents | None = None
    reserve: Reserve = field(default_factory=lambda: ReserveAmount(0))
    events: Events = field(default_factory=Events)

    def __post_init__(self) -> None:
        """Let the market open at half past nine."""
        known = {one.symbol: Asset(one.symbol, tradable=True, fractionable=True) for one in SEVEN.sectors}
        self.broker = FakeBroker(self.events, OPENS, assets_by_symbol=known)
        self.ledger = FakeLedger(self.events)
        self.pace = FakePace(self.broker)

    @property
    def ports(self) -> Ports:
        """The world as a routine sees it."""
        return Ports(self.broker, self.ledger, self.pace)

    @property
    def policy(self) -> Policy:
        """The owner's settings, with a crypto minimum of a dollar."""
        minimums = Minimums(us_equity=1_00, crypto=1_00)
        return Policy(self.reserve, minimums, self.max_per_day, self.max_per_order)

    @property
    def texts(self) -> list[str]:
        """Everything that was said."""
        return [alert.text for alert in self.ledger.said]

    def invest(self, key: RunKey = KEY, decided: Decision | None = None) -> Run:
        """Start the day's run, or carry it on."""

        def decision() -> Decision:
            return decided or decide(key, self.target, self.policy, self.ports)

        return invest(key, WINDOW, decision, self.policy, self.ports)

    def follow(self) -> bool:
        """Look at what was left open."""
        return follow(self.ports)

    def fate(self, symbol: str, *fates: Fate) -> None:
        """Say what becomes of the next sendings of a symbol's order."""
        self.broker.fates[symbol] = list(fates)

    def order(self, symbol: str) -> Order:
        """Return what the ledger has of a symbol's order."""
        (found,) = [order for order in self.ledger.runs[KEY].orders if order.intent.symbol == symbol]
        return found

    def sent(self, symbol: str) -> int:
        """Return how often a symbol's order was sent."""
        return len(self.events.of(f"broker sent {KEY.client_order_id(symbol)}"))

    def held(self, symbol: str) -> int:
        """Return how many orders of the run the broker holds for a symbol, under whatever id."""
        return sum(order.symbol == symbol for order in self.broker.held)

    def jump(self, until: datetime) -> None:
        """Let time pass to a moment."""
        self.broker.now = until
