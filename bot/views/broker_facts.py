"""What Alpaca says of the account and the market, as facts for /status; what cannot be read is said in its place."""

from datetime import date
from zoneinfo import ZoneInfo

from bot.records import now
from bot.services import Services
from bot.views import clocks
from core import investing
from core.calendar import NEW_YORK, MarketClock
from core.messages import plurals
from core.messages.account_messages import cents, dollars
from core.ports import BrokerAway
from core.rebalancing.coming import Around, OnceBreached, next_automatic
from core.reporting.measures import NotMeasurable
from core.reporting.performance import Period
from core.routines.invest import available
from core.schedule import Routine, Window
from core.upcoming import upcoming

Fact = tuple[str, str]

_NEXT = {Routine.INVEST: "Next run", Routine.CLOSE_REPORT: "Next close report", Routine.VARIANCE: "Next variance"}


def facts(services: Services) -> list[Fact]:
    """Return the facts, each for itself: what fails costs no other. Synchronous: it runs in a thread."""
    try:
        clock = services.market.clock()
    except BrokerAway as error:
        return [("Alpaca", f"cannot be reached: {error}. What comes next, cash and value are not known meanwhile.")]
    zone = clocks.owners_zone(services.records)
    told = [("Alpaca", "answers"), ("Market", _market(clock, zone))]
    for read in (_next, _next_rebalancing, _cash, _value):
        try:
            told += read(services, clock, zone)
        except BrokerAway as error:
            told.append((_READ[read], f"cannot be read: {error}"))
    return told


def today(services: Services) -> date:
    """Return the date in New York, by the market's time if it was ever heard."""
    clock = services.market.last
    # Where the market cannot be asked, this machine's clock has to do.
    return clock.today if clock is not None else now().astimezone(NEW_YORK).date()


def _market(clock: MarketClock, zone: ZoneInfo | None) -> str:
    if clock.is_open:
        return f"open until {plurals.time(clock.next_close)}"
    return f"closed until {clocks.moment(clock.next_open, zone)}"


def _next(services: Services, clock: MarketClock, zone: ZoneInfo | None) -> list[Fact]:
    records = services.records
    days = services.market.days(clock, clock.today)
    done = records.ledger.ended(days[0].day) if days else frozenset()
    coming = upcoming(clock.now, days, done, since=records.first_start() or clock.now)
    return [(name, _when(coming.get(routine), clock, zone)) for routine, name in _NEXT.items()]


def _when(window: Window | None, clock: MarketClock, zone: ZoneInfo | None) -> str:
    if window is None:
        return "not within the next two weeks"
    return clocks.moment(window.opens, zone) if window.opens > clock.now else "now"


def _next_rebalancing(services: Services, clock: MarketClock, zone: ZoneInfo | None) -> list[Fact]:
    """Return when the owner's rules rebalance next; nothing where only a tap does."""
    ledger = services.records.ledger
    coming = next_automatic(
        services.records.rebalancing(),
        clock.now,
        services.market.days(clock, clock.today),
        last_run=ledger.last_day(Routine.REBALANCE, ordering=True),
        last_automatic=ledger.last_day(Routine.REBALANCE, number=0),
    )
    match coming:
        case None:
            return []
        case OnceBreached(earliest):
            since = f", from {_far_day(earliest)} on" if earliest is not None else ""
            when = f"when a band is breached{since}"
        case Around(day):
            when = f"on {_far_day(day)} or the last trading day before it, if a band is breached then"
        case Window():
            when = f"{_when(coming, clock, zone)}, if a band is breached then"
    return [("Next rebalancing", when)]


def _far_day(day: date) -> str:
    return f"{plurals.day(day)} {day.year}"


def _cash(services: Services, clock: MarketClock, _zone: ZoneInfo | None) -> list[Fact]:
    records, policy = services.records, services.rules.policy
    active = records.allocations.active()
    if active is None:
        return [("Allocation", "waits for Alpaca to confirm its funds")]
    account = services.ports.broker.account()
    free = available(account, policy, records.ledger.spent_on(records.account, clock.today))
    needed = investing.need(active[1], policy.minimums, {})
    told = [("Cash to invest", f"{cents(free.cents)} ({cents(needed.cash)} is needed to invest)")]
    return [*told, ("Account", account.trouble)] if account.trouble else told


def _value(services: Services, _clock: MarketClock, _zone: ZoneInfo | None) -> list[Fact]:
    if services.records.allocations.active() is None:
        return []
    measured = services.reports.standing().performance
    gain = measured.periods[Period.TODAY].gain
    return [
        ("Value", "not known" if measured.value is None else dollars(measured.value)),
        ("Today", str(gain) if isinstance(gain, NotMeasurable) else f"{'+' if gain > 0 else ''}{dollars(gain)}"),
    ]


_READ = {_next: "What comes next", _next_rebalancing: "Next rebalancing", _cash: "Cash", _value: "Value"}
