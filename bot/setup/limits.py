"""How much may be invested: the reserve, and the most of a day."""

from pydantic import ValidationError

from bot.settings.model import InvestingSettings
from bot.setup.fields import Field, by_the_settings
from bot.setup.interview import Interview, Stopped
from bot.setup.questions import Question
from bot.setup.settings_text import Value
from core import investing, money
from core.account import Minimums
from core.allocation import Allocation

NO_LIMIT = "none"


def _trouble(answer: str) -> str | None:
    return None if answer.casefold() == NO_LIMIT else by_the_settings("investing.max_per_day", answer)


RESERVE = Field("investing.reserve", Question("Dollars that are never invested", "--reserve"))
MAX_PER_DAY = Field(
    "investing.max_per_day",
    Question("The most dollars to invest on one day, or none for no limit", "--max-per-day"),
    judged=_trouble,
)


def ask(interview: Interview, allocation: Allocation, in_force: Allocation | None) -> dict[str, Value | None]:
    """Return the section's values, as the settings hold them. `in_force` is what counts instead of the allocation."""
    reserve = InvestingSettings.model_validate({"reserve": interview.take(RESERVE, "0")}).reserve
    while True:
        answer = interview.take(MAX_PER_DAY, NO_LIMIT)
        if (trouble := too_little(interview, answer, allocation)) is None:
            break
        interview.wrong(trouble, MAX_PER_DAY)
    if in_force is not None and (trouble := too_little(interview, answer, in_force)) is not None:
        interview.prompter.say(f"  Warning: for the allocation in force {trouble}.")
    most = _limit(answer)
    return {"reserve": _written(reserve), "max_per_day": None if most is None else _written(most)}


def too_little(interview: Interview, answer: str, allocation: Allocation) -> str | None:
    """Return why a limit would never let an allocation be invested, None where it does. The answer must be a limit."""
    most, needed = _limit(answer), investing.need(allocation, _minimums(interview), {})
    if most is None or most >= needed.cash:
        return None
    return (
        f"{money.as_text(most)} a day is too little: {needed.sector.name} gets its minimum of "
        f"{money.as_text(needed.minimum)} only from {money.as_text(needed.cash)} on"
    )


def _limit(answer: str) -> int | None:
    limit = None if answer.casefold() == NO_LIMIT else answer
    return InvestingSettings.model_validate({"max_per_day": limit}).max_per_day


def _minimums(interview: Interview) -> Minimums:
    """Return the smallest orders of the file, about which nobody is asked."""
    kept = interview.present.get("investing", {}).get("minimum_order", {})
    try:
        return InvestingSettings.model_validate({"minimum_order": kept}).minimums
    except ValidationError:
        raise Stopped("investing.minimum_order in the settings cannot be used: mend it in the file") from None


def _written(cents: int) -> Value:
    dollars, rest = divmod(cents, 100)
    return f"{dollars}.{rest:02}" if rest else dollars
