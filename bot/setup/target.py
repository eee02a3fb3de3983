"""The allocation to start with: a preset, a pasted table, or the one that stands there; every fund is asked about."""

from contextlib import closing

from bot.allocations import allocation_texts, presets
from bot.allocations.allocation_texts import Unusable
from bot.setup.interview import Interview, Stopped
from bot.setup.questions import Prompter, Question
from broker.access import Access
from broker.gateway import Gateway
from core.allocation import Allocation, percent
from core.ports import BrokerAway
from core.symbols import one_word
from storage.allocations import Version

CHOICE = Question("Start from which? (a number, p to paste your own)", "--preset or --allocation")
PASTE = Question('Paste one sector a line, such as "Domestic Large Cap, VOO, 35%"', "--allocation")


def ask(interview: Interview, access: Access, present: Allocation | None, in_force: Version | None) -> Allocation:
    """Return the allocation to start with, once the broker can buy every fund of it in fractions.

    Where a database has an allocation in force, that one counts: it is said, and nothing is asked.
    """
    if in_force is not None:
        interview.prompter.say(_counts(interview, in_force))
        if not _is_given(interview):
            return present or in_force.allocation
    with closing(Gateway(access, 1)) as gateway:
        first = True
        while True:
            chosen = _chosen(interview, present, first=first)
            first = False
            try:
                checked = chosen if isinstance(chosen, Unusable) else allocation_texts.check_funds(gateway, chosen)
            except BrokerAway as error:
                interview.away(f"Alpaca cannot be asked about the funds ({error})")
                continue
            if isinstance(chosen, Allocation) and not isinstance(checked, Unusable):
                interview.prompter.say(f"  Alpaca can buy all of it: {in_one_line(chosen)}.")
                return chosen
            if isinstance(checked, Unusable):
                _refuse(interview, checked)


def in_one_line(allocation: Allocation) -> str:
    """Return an allocation such as `VOO 60%, AGG 40%`."""
    return ", ".join(f"{one_word(one.symbol)} {percent(one.weight)}" for one in allocation.sectors)


def _counts(interview: Interview, in_force: Version) -> str:
    said = (
        f"  The allocation in force is version {in_force.number}, set by {in_force.by} on {in_force.at:%Y-%m-%d}: "
        f"{in_one_line(in_force.allocation)}.\n"
        "  It is in the database, where /allocation in the chat changes it, or `allocator allocation set FILE`."
    )
    if not _is_given(interview):
        return said
    option = "--preset" if interview.given.allocation is None else "--allocation"
    return f"{said}\n  {option} changes only what a new database would start with."


def _is_given(interview: Interview) -> bool:
    return interview.given.allocation is not None or interview.given.preset is not None


def _chosen(interview: Interview, present: Allocation | None, *, first: bool) -> Allocation | Unusable:
    given, prompter = interview.given, interview.prompter
    if first and given.allocation is not None:
        return allocation_texts.read(given.allocation, present)
    if first and given.preset is not None:
        return allocation_texts.preset(given.preset)
    if not prompter.is_person and present is not None:
        return present
    return _answered(prompter, present)


def _answered(prompter: Prompter, present: Allocation | None) -> Allocation | Unusable:
    offered = presets.load(presets.shipped())
    if prompter.is_person:
        prompter.say("The allocation to start with; you change it later in the chat:")
        if present is not None:
            prompter.say(f"  k  as it stands: {in_one_line(present)}")
        for number, one in enumerate(offered, start=1):
            prompter.say(f"  {number}  {one.name}: {one.description} {in_one_line(one.allocation)}")
    answer = prompter.ask(CHOICE, "k" if present is not None and prompter.is_person else None).casefold()
    if answer == "k" and present is not None:
        return present
    if answer == "p":
        return allocation_texts.read(prompter.paste(PASTE), present)
    if answer.isdecimal() and 1 <= int(answer) <= len(offered):
        return offered[int(answer) - 1].allocation
    named = allocation_texts.preset(answer)
    if isinstance(named, Allocation) or not prompter.is_person:
        return named
    names = ", ".join(one.key for one in offered)
    kept = "k, " if present is not None else ""
    return Unusable((f"{answer!r} is none of these: answer 1 to {len(offered)}, {kept}p, or a name ({names})",))


def _refuse(interview: Interview, unusable: Unusable) -> None:
    if not interview.prompter.is_person:
        raise Stopped("\n  ".join(("the allocation cannot be used:", *unusable.problems)))
    interview.prompter.say("\n  ".join(("That cannot be used:", *unusable.problems)))
