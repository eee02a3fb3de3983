"""How much may be invested: the reserve, and the most of a day."""

from pydantic import ValidationError

from bot.settings.model import InvestingSettings
from bot.setup.interview import Field, Interview, named, problems
from bot.setup.questions import Question
from bot.setup.settings_text import Value
from core import investing, money
from core.allocation import Allocation

NO_LIMIT = "none"

RESERVE = Field("investing.reserve", Question("Dollars that are never invested", "--reserve"))
MAX_PER_DAY = Field(
    "investing.max_per_day", Question("The most dollars to invest on one day, or none for no limit", "--max-per-day")
)


def ask(interview: Interview, allocation: Allocation) -> dict[str, Value | None]:
    """Return the section's values, as the settings hold them."""
    while True:
        reserve, most = interview.take(RESERVE, "0"), interview.take(MAX_PER_DAY, NO_LIMIT).casefold()
        others = {
            key: value
            for key, value in interview.present.get("investing", {}).items()
            if key not in {"reserve", "max_per_day"}
        }
        try:
            rules = InvestingSettings(
                **{**others, "reserve": reserve, "max_per_day": None if most == NO_LIMIT else most}
            )
        except ValidationError as error:
            interview.wrong(problems(error), *named((RESERVE, MAX_PER_DAY), error))
            continue
        needed = investing.need(allocation, rules.minimums, {})
        if rules.max_per_day is not None and rules.max_per_day < needed.cash:
            interview.wrong(
                f"{money.as_text(rules.max_per_day)} a day is too little: {needed.sector.name} gets its minimum of "
                f"{money.as_text(needed.minimum)} only from {money.as_text(needed.cash)} on",
                MAX_PER_DAY,
            )
            continue
        limit = None if rules.max_per_day is None else _written(rules.max_per_day)
        return {"reserve": _written(rules.reserve), "max_per_day": limit}


def _written(cents: int) -> Value:
    dollars, rest = divmod(cents, 100)
    return f"{dollars}.{rest:02}" if rest else dollars
