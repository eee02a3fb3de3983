"""A broker and a pace that do what a test tells them, note it in one shared list, and never really wait."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from core.account import Account, Asset
from core.activities import Activity
from core.calendar import MarketClock, Session
from core.money import in_dollars
from core.orders import (
    Accepted,
    BrokerOrder,
    LookUp,
    NotFound,
    NotSent,
    OrderIntent,
    OrderState,
    Rejected,
    Side,
    Submission,
    TurnedAway,
    Unknown,
)
from core.ports import BrokerAway
from core.positions import Position, Quote
from core.schedule import Window


class Killed(BaseException):
    """The process was killed here. No routine may catch it."""


class Fate(Enum):
    """What becomes of one sending of an order."""

    TAKEN = auto()
    TAKEN_BUT_ANSWER_LOST = auto()
    LOST = auto()
    LANDS_LATE = auto()
    REFUSED = auto()
    REFUSED_AS_THE_FIRST_LANDS = auto()
    TURNED_AWAY = auto()


LATE_BY = timedelta(seconds=40)
"""How long after its sending an order can still reach the broker: less than the minute that is waited for it."""


@dataclass
class Events:
    """What happened, in order, across all fakes. `kill_at` counts the steps to the one at which the process dies."""

    seen: list[str] = field(default_factory=list)
    kill_at: int | None = None
    turns: list[tuple[str, Callable[[], object]]] = field(default_factory=list)

    def turn(self, step: str, do: Callable[[], object]) -> None:
        """Do something, once, before the next step that begins like this."""
        self.turns.append((step, do))

    def step(self, what: str) -> None:
        """Note something about to happen, unless the process dies first."""
        for turn in [one for one in self.turns if what.startswith(one[0])]:
            self.turns.remove(turn)
            turn[1]()
        if self.kill_at is not None:
            self.kill_at -= 1
            if self.kill_at < 0:
                self.kill_at = None
                self.seen.append("killed")
                raise Killed
        self.seen.append(what)

    def of(self, beginning: str) -> list[str]:
        """Return the events that begin so."""
        return [event for event in self.seen if event.startswith(beginning)]


@dataclass
class FakePace:
    """Waits by moving the market's time on. `stops_after` waits the process is asked to stop."""

    broker: "FakeBroker"
    waits: list[float] = field(default_factory=list)
    stops_after: int | None = None

    def monotonic(self) -> float:
        """Return the seconds waited so far."""
        return sum(self.waits)

    def wait(self, seconds: float) -> bool:
        """Note the wait and let that time pass."""
        if self.stops_after is not None and len(self.waits) >= self.stops_after:
            return True
        self.waits.append(seconds)
        self.broker.now += timedelta(seconds=seconds)
        return False


@dataclass
class FakeBroker:
    """A broker with one account. Every order costs a dollar a share; `fates` says what becomes of each sending.

    Of `not_looked_up`, a symbol, no look-up is answered; what is in `away_when_sent_to` is raised by the next sendings.
    """

    events: Events
    now: datetime
    cash: Decimal = Decimal(100)
    equity: Decimal | None = None
    trouble: str | None = None
    crypto_trouble: str | None = None
    assets_by_symbol: dict[str, Asset] = field(default_factory=dict)
    fates: dict[str, list[Fate]] = field(default_factory=dict)
    fills: OrderState = OrderState.FILLED
    away: bool = False
    silent_finds: int = 0
    not_looked_up: str | None = None
    turns_away_for: float = 20.0
    away_when_sent_to: list[BrokerAway] = field(default_factory=list)
    seconds_per_order: float = 0
    positions_held: tuple[Position, ...] = ()
    quotes_by_coin: dict[str, Quote] = field(default_factory=dict)
    closes_by_symbol: dict[str, dict[date, Decimal]] = field(default_factory=dict)
    activities_known: tuple[Activity, ...] = ()
    prepared_for: list[int] = field(default_factory=list)
    held: list[BrokerOrder] = field(default_factory=list)
    on_the_way: list[tuple[datetime, OrderIntent]] = field(default_factory=list)

    def clock(self) -> MarketClock:
        """Return the market's time."""
        self._read("clock")
        return MarketClock(self.now, is_open=True, next_open=self.now, next_close=self.now)

    def calendar(self, first: date, last: date) -> tuple[Session, ...]:
        """Return no trading days: routines do not ask."""
        self._read("calendar")
        return ()

    def account(self) -> Account:
        """Return the account."""
        self._read("account")
        return Account(
            "1",
            self.cash,
            Decimal(0),
            self.cash * 2,
            self.cash,
            self.trouble,
            self.crypto_trouble,
            equity=self.equity,
        )

    def assets(self, symbols: Sequence[str]) -> dict[str, Asset]:
        """Return the assets that are known."""
        self._read("assets")
        return {symbol: self.assets_by_symbol[symbol] for symbol in symbols if symbol in self.assets_by_symbol}

    def positions(self) -> tuple[Position, ...]:
        """Return what is held."""
        self._read("positions")
        return self.positions_held

    def quotes(self, coins: Sequence[str]) -> dict[str, Quote]:
        """Return the quotes that are known."""
        self._read("quotes")
        return {coin: self.quotes_by_coin[coin] for coin in coins if coin in self.quotes_by_coin}

    def closes(self, symbols: Sequence[str], first: date, last: date) -> dict[str, Mapping[date, Decimal]]:
        """Return the closes that are known of these days."""
        self._read("closes")
        return {
            symbol: {day: close for day, close in self.closes_by_symbol[symbol].items() if first <= day <= last}
            for symbol in symbols
            if symbol in self.closes_by_symbol
        }

    def activities(self, since: date | None) -> tuple[Activity, ...]:
        """Return the activities that are known from a day on."""
        self._read("activities")
        return tuple(one for one in self.activities_known if since is None or one.day >= since)

    def prepare(self, orders: int) -> None:
        """Start the workers."""
        self._read("prepare")
        self.prepared_for.append(orders)

    def submit(self, intents: Sequence[OrderIntent], window: Window) -> Iterator[tuple[str, Submission]]:
        """Send all at once, then answer one by one: a process killed between two answers has sent them all."""
        if self.away_when_sent_to:
            raise self.away_when_sent_to.pop(0)
        answers = [(intent.client_order_id, self._send(intent, window)) for intent in intents]
        for identity, answer in answers:
            self.events.step(f"broker answered {identity}")
            yield identity, answer

    def find(self, client_order_ids: Sequence[str]) -> dict[str, LookUp]:
        """Return what is known of each order."""
        self.events.step("broker find")
        self._land()
        if self.away or self.silent_finds:
            self.silent_finds = max(0, self.silent_finds - 1)
            return dict.fromkeys(client_order_ids, Unknown("no answer in time"))
        answers: dict[str, LookUp] = {identity: NotFound() for identity in client_order_ids}
        for place, order in enumerate(self.held):
            if order.client_order_id in answers:
                self.held[place] = _progressed(order, self.fills) if order.state.is_open else order
                answers[order.client_order_id] = Accepted(self.held[place])
            if order.client_order_id in answers and order.symbol == self.not_looked_up:
                answers[order.client_order_id] = Unknown("no answer in time")
        return answers

    def release(self) -> None:
        """Let the workers go."""

    def holding(self, identity: str) -> list[BrokerOrder]:
        """Return every order that the broker holds under an id."""
        return [order for order in self.held if order.client_order_id == identity]

    def hold(self, intent: OrderIntent) -> BrokerOrder:
        """Take an order, as if it had been sent."""
        order = BrokerOrder(
            f"b-{len(self.held)}",
            intent.client_order_id,
            intent.symbol,
            intent.side,
            None if intent.side is Side.SELL else intent.notional,
            OrderState.ACCEPTED,
            Decimal(0),
            None,
            intent.quantity,
        )
        self.held.append(order)
        return order

    def _read(self, what: str) -> None:
        self.events.step(f"broker {what}")
        if self.away:
            raise BrokerAway("no answer in time")
        self._land()

    def _send(self, intent: OrderIntent, window: Window) -> Submission:
        self.now += timedelta(seconds=self.seconds_per_order)
        self._land()
        if self.now < window.opens:
            return TurnedAway(60.0)
        if self.now not in window:
            return NotSent("it was too late")
        self.events.step(f"broker sent {intent.client_order_id}")
        fates = self.fates.get(intent.symbol, [])
        match fates.pop(0) if fates else Fate.TAKEN:
            case Fate.REFUSED:
                # What the broker refuses now it also refuses when an earlier sending of it lands.
                self.on_the_way = [one for one in self.on_the_way if one[1] != intent]
                return Rejected("insufficient buying power")
            case Fate.REFUSED_AS_THE_FIRST_LANDS:
                self._land(at=self.now + LATE_BY)
                return Rejected("insufficient buying power")
            case Fate.TURNED_AWAY:
                return TurnedAway(self.turns_away_for)
            case Fate.LOST:
                return Unknown("the connection failed")
            case Fate.LANDS_LATE:
                self.on_the_way.append((self.now + LATE_BY, intent))
                return Unknown("no answer in time")
            case fate:
                if self.holding(intent.client_order_id):
                    return Unknown("client_order_id must be unique")
                order = self.hold(intent)
                return Accepted(order) if fate is Fate.TAKEN else Unknown("no answer in time")

    def _land(self, at: datetime | None = None) -> None:
        landed = [one for one in self.on_the_way if one[0] <= (at or self.now)]
        self.on_the_way = [one for one in self.on_the_way if one not in landed]
        for _, intent in landed:
            if not self.holding(intent.client_order_id):
                self.hold(intent)


def _progressed(order: BrokerOrder, state: OrderState) -> BrokerOrder:
    if state is not OrderState.FILLED:
        return replace(order, state=state)
    traded = in_dollars(order.notional or 0) if order.quantity is None else order.quantity
    return replace(order, state=state, filled_quantity=traded, filled_price=Decimal(1))
