"""The wording of the close report and of the performance."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from core.alerts import Alert, AlertKind, Table
from core.messages.signs import with_sign
from core.money import as_text, round_to_cents
from core.reporting.measures import Measure, NotMeasurable
from core.reporting.performance import Performance, Period, Stretch
from core.reporting.pictures import Picture
from core.reporting.standing import Line, Standing
from core.symbols import one_word

NOTHING_HELD = "Nothing is held yet, so there is nothing to report."

MEASURES = (
    "Today: the fund against its previous close. Price: the price return of our position on its cost basis. "
    "Total: the total return, with dividends, sales and fees."
)


def close_report(stands: Standing, pictures: tuple[Picture, ...] = ()) -> Alert:
    """Say how each sector did on the day, and how our position has done over its life; and what is new of that day."""
    return _report(stands, pictures, (*stands.notes, *stands.news))


def performance(stands: Standing, pictures: tuple[Picture, ...] = ()) -> Alert:
    """Say how the account and its holdings have done until now."""
    told = _report(stands, pictures, (*stands.notes, *stands.unknown))
    return replace(told, title=f"Performance, {stands.day:%a %-d %b}")


def _report(stands: Standing, pictures: tuple[Picture, ...], last: tuple[str, ...]) -> Alert:
    lines = [*stands.sectors, *stands.untracked]
    day = f" of {stands.day.isoformat()}" if stands.late else ""
    said = " ".join(sentence for line in lines for sentence in _sentences(line, stands)) or NOTHING_HELD
    return Alert(
        AlertKind.CLOSE_REPORT,
        " ".join([said, *last]),
        title=f"Close report, {stands.day:%a %-d %b}",
        table=holdings_table(lines) if lines else periods_table(stands.performance),
        tables=(periods_table(stands.performance),) if lines else (),
        notes=(MEASURES if lines else NOTHING_HELD, *account_lines(stands), *doubts(stands), *last),
        summary=f"The close report{day}: {_gist(stands)}",
        pictures=pictures,
    )


def holdings_table(lines: Sequence[Line]) -> Table:
    """Return the holdings as a table: today, the price return and the total return of each."""
    return Table(
        ("Sector", "Today", "Price", "Total"),
        tuple(
            (line.name, _signed(line.position.change_today), _figure(line.life.price), _figure(line.life.total))
            for line in lines
        ),
    )


def in_words(stretch: Stretch) -> str:
    """Return what the account has done over some days, as a sentence."""
    late = f" (the history begins on {stretch.base.isoformat()})" if stretch.late and stretch.base else ""
    gain = stretch.gain if isinstance(stretch.gain, NotMeasurable) else _in_words(stretch.gain)
    return f"gain in dollars {gain}, time-weighted return {_or_why(stretch.time_weighted)}{late}."


def periods_table(measured: Performance) -> Table:
    """Return the account's gain in dollars and its time-weighted return over each period."""
    return Table(
        ("Account", "Gain $", "Time-wtd."),
        tuple(
            (period.value, _dollars(stretch.gain), _figure(stretch.time_weighted))
            for period, stretch in measured.periods.items()
        ),
    )


def account_lines(stands: Standing) -> list[str]:
    """Return what is to be said of the whole account, each figure with the name of its measure."""
    measured = stands.performance
    worth = f"${measured.value:,.2f}" if measured.value is not None else "an amount that is not known"
    span = "a year, since start" if measured.over_a_year else "since start"
    told = [
        "Gain $: in dollars, deposits and withdrawals aside. Time-wtd.: the time-weighted return.",
        f"Money-weighted return (XIRR) {span}: {_or_why(measured.money_weighted)}.",
        f"Total return of all that was bought: {_or_why(stands.account.total)}.",
    ]
    if not isinstance(measured.annualised, NotMeasurable):
        told.append(f"Time-weighted return a year, since start: {_figure(measured.annualised)}.")
    cash = stands.snapshot.cash
    in_cash = f"${cash:,.2f} of it in cash" if cash >= 0 else f"its cash is negative: it owes ${-cash:,.2f}"
    told.append(f"The account is worth {worth}, {in_cash}.")
    return told + _late_starts(measured)


def doubts(stands: Standing) -> list[str]:
    """Return a sentence for each figure that is missing or may be wrong, and why."""
    lines = [*stands.sectors, *stands.untracked]
    told = [
        f"{line.name}: {what} is {measure}."
        for line in lines
        for what, measure in (("the price return", line.life.price), ("the total return", line.life.total))
        if isinstance(measure, NotMeasurable)
    ]
    told += [f"{line.name}: {line.life.doubt}." for line in lines if line.life.doubt]
    return told + [f"{doubt[:1].upper()}{doubt[1:]}." for doubt in stands.performance.doubts]


def _sentences(line: Line, stands: Standing) -> Iterator[str]:
    name = line.name if line in stands.sectors else f"{one_word(line.name)}, which belongs to no sector,"
    is_, today = ("was", f"on {stands.day.isoformat()}") if stands.late else ("is", "today")
    change = line.position.change_today
    if change is None:
        yield f"It is not known how {name.rstrip(',')} did {today}."
    else:
        yield f"{name} {is_} {_moved(change)} {today}."
    price = line.life.price
    if isinstance(price, NotMeasurable):
        yield f"The return of our position is {price}."
    else:
        yield f"Our position {is_} {_moved(price)} cumulatively."


def _gist(stands: Standing) -> str:
    """Return the report in one sentence, for where all of it is too long."""
    moves = [line.position.change_today for line in stands.sectors]
    up = sum(1 for move in moves if move is not None and _hundredths(move) > 0)
    down = sum(1 for move in moves if move is not None and _hundredths(move) < 0)
    gain = stands.performance.periods[Period.TODAY].gain
    dollars = "" if isinstance(gain, NotMeasurable) else f"; the account's gain of the day is {_in_words(gain)}"
    return f"sectors up: {up}, down: {down}{dollars}."


def _late_starts(measured: Performance) -> list[str]:
    return [
        f"The {period.value} is counted from {stretch.base.isoformat()}, where the history begins."
        for period, stretch in measured.periods.items()
        if stretch.late and stretch.base is not None and period is Period.YEAR
    ]


def _moved(fraction: Decimal) -> str:
    percent = _hundredths(fraction)
    if not percent:
        return "unchanged"
    return f"{'up' if percent > 0 else 'down'} {abs(percent)}%"


def _figure(measure: Measure) -> str:
    return "?" if isinstance(measure, NotMeasurable) else _signed(measure)


def _or_why(measure: Measure) -> str:
    return str(measure) if isinstance(measure, NotMeasurable) else _signed(measure)


def _signed(fraction: Decimal | None) -> str:
    return "?" if fraction is None else f"{with_sign(_hundredths(fraction))}%"


def _dollars(measure: Measure) -> str:
    return "?" if isinstance(measure, NotMeasurable) else with_sign(measure.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _in_words(dollars: Decimal) -> str:
    return as_text(round_to_cents(dollars))


def _hundredths(fraction: Decimal) -> Decimal:
    """Return a fraction as percent with two decimals."""
    return (fraction * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
