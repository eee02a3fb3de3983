"""The wording of the variance."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from core.alerts import Alert, AlertKind, Table
from core.investing import NotEnoughCash, Plan, Skip
from core.messages import skip_messages
from core.messages.signs import with_sign
from core.money import as_text
from core.reporting.measures import Measure, NotMeasurable
from core.reporting.pictures import Picture
from core.reporting.standing import Standing
from core.reporting.variance import SectorVariance, Variance, two_digits


@dataclass(frozen=True, slots=True)
class Outlook:
    """What surrounds a variance: the drift a week before and after the next investment, what that would be, the cash.

    Drifts are percentage points, None where there is none; `cash` is percent of the account.
    """

    week_before: Decimal | None
    answer: Plan | Skip
    after: Decimal | None
    cash: Measure


def variance(
    stands: Standing,
    measured: Variance | NotMeasurable,
    outlook: Outlook,
    pictures: tuple[Picture, ...] = (),
    *,
    late_for: date | None = None,
) -> Alert:
    """Say how far each sector is from its target. `late_for` is the last day of the week that it is owed for."""
    late = f"For the week that ended on {late_for.isoformat()}, given late: " if late_for else ""
    title = f"Variance, {stands.day:%a %-d %b}"
    if isinstance(measured, NotMeasurable):
        text = f"{late}The variance is {measured}."
        return Alert(AlertKind.VARIANCE, text, title=title)
    known = [one for one in measured.sectors if one.variance is not None]
    text = f"{late}In our account, {', '.join(_off_by(one) for one in known)}."
    unknown = [f"{name}: its value is not known, so it is left out." for name in measured.unknown]
    return Alert(
        AlertKind.VARIANCE,
        " ".join([text, *unknown, *stands.notes]),
        title=title,
        table=Table(
            ("Sector", "Actual", "Off", "Dollars"),
            tuple(_variance_row(one) for one in measured.sectors),
        ),
        notes=(
            "Actual: weight without cash. Off: percentage points over (+) or under (-) the target.",
            *_outlook(measured, outlook),
            *unknown,
            *stands.notes,
        ),
        summary=f"{late}The drift of our account is {measured.drift:.2f} percentage points.",
        pictures=pictures,
    )


def _outlook(measured: Variance, outlook: Outlook) -> list[str]:
    change = "" if outlook.week_before is None else f", {_than(measured.drift - outlook.week_before)} a week before"
    told = [f"Drift: {measured.drift:.2f} percentage points (half the sum of all variances){change}."]
    if isinstance(outlook.cash, NotMeasurable):
        told.append(f"The share of cash is {outlook.cash}.")
    else:
        told.append(f"Cash: {outlook.cash:.2f}% of the account.")
    return [*told, _next(outlook)]


def _next(outlook: Outlook) -> str:
    match outlook.answer:
        case Plan(cash=cash):
            drift = "" if outlook.after is None else f"; it would bring the drift to {outlook.after:.2f}"
            return f"The next investment would be {as_text(cash)}{drift}."
        case NotEnoughCash(available=available, needed=needed):
            return (
                f"The next investment waits for cash: {as_text(available)} is available, and {as_text(needed)} is "
                "needed. Until then only prices move the drift."
            )
        case skip:
            return skip_messages.refusal(skip)


def _than(change: Decimal) -> str:
    rounded = change.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if not rounded:
        return "the same as"
    return f"{abs(rounded)} {'more' if rounded > 0 else 'less'} than"


def _off_by(one: SectorVariance) -> str:
    return f"{one.sector.name} is off by {two_digits(one.variance or Decimal(0))}"


def _variance_row(one: SectorVariance) -> tuple[str, str, str, str]:
    if one.actual is None or one.variance is None or one.dollars is None:
        return (one.sector.name, "?", "?", "?")
    return (
        one.sector.name,
        f"{one.actual:.1f}%",
        with_sign(one.variance.quantize(Decimal("0.01"), ROUND_HALF_UP)),
        with_sign(one.dollars.quantize(Decimal(1), ROUND_HALF_UP)),
    )
