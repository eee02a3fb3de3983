"""All that is wrong with what was given in advance, and all that a script has left out, before the first question."""

from collections.abc import Iterator

from bot.allocations import allocation_texts
from bot.allocations.allocation_texts import Unusable
from bot.setup import books, brokerage, chat, limits, target, texting
from bot.setup.fields import Field
from bot.setup.interview import Interview, Stopped
from bot.setup.questions import Question, Unanswered
from core.allocation import Allocation

_ASKED = (*brokerage.FIELDS, chat.TOKEN, chat.OWNER)
_OTHERS = (brokerage.TRADING, brokerage.DATA, chat.ORIGIN, limits.RESERVE, limits.MAX_PER_DAY, books.STORAGE_URL)


def judge(interview: Interview, present: Allocation | None) -> None:
    """Raise Stopped with every problem at once; `present` is the allocation of the file."""
    given = interview.given
    texted = () if given.sms is False else (*texting.FIELDS, texting.HOST)
    problems = list(given.unreadable)
    problems += (text for field in (*_ASKED, *_OTHERS, *texted) if (text := _trouble(interview, field)) is not None)
    allocation = _allocation(interview, present)
    match allocation:
        case Unusable(reasons):
            problems += (f"{_source(interview)}: {one}" for one in reasons)
        case Allocation() if not problems:
            problems += _beyond(interview, allocation)
    if not interview.prompter.is_person and not given.unreadable:
        problems += (str(Unanswered(one)) for one in _left_out(interview, allocation))
    if problems:
        listed = "\n  ".join((f"{len(problems)} problems:", *problems))
        raise Stopped(problems[0] if len(problems) == 1 else listed)


def _trouble(interview: Interview, field: Field) -> str | None:
    value = interview.in_advance(field.key)
    named = interview.given.variables.get(field.key, field.question.option)
    return None if value is None else field.trouble(value, named)


def _allocation(interview: Interview, present: Allocation | None) -> Allocation | Unusable | None:
    given = interview.given
    if given.allocation is not None:
        return allocation_texts.read(given.allocation, present)
    return present if given.preset is None else allocation_texts.preset(given.preset)


def _source(interview: Interview) -> str:
    return "--preset" if interview.given.allocation is None else "--allocation"


def _beyond(interview: Interview, allocation: Allocation) -> Iterator[str]:
    """Yield what is wrong with a limit that was given, with the allocation that it is for."""
    most = interview.in_advance(limits.MAX_PER_DAY.key)
    if most is not None and (text := limits.too_little(interview, most, allocation)) is not None:
        named = interview.given.variables.get(limits.MAX_PER_DAY.key, limits.MAX_PER_DAY.question.option)
        yield f"{named}: {text}"


def _left_out(interview: Interview, allocation: Allocation | Unusable | None) -> Iterator[Question]:
    asked = (*_ASKED, *texting.FIELDS) if texting.wanted(interview) else _ASKED
    for field in asked:
        if interview.in_advance(field.key) is None and interview.standing(field.key) is None:
            yield field.question
    url = interview.in_advance(books.STORAGE_URL.key) or interview.standing(books.STORAGE_URL.key) or books.USUAL
    if allocation is None and books.in_force(interview, url) is None:
        yield target.CHOICE
