"""The wording of what is said about a change of the allocation."""

from collections.abc import Sequence

from core.alerts import Alert, AlertKind
from core.drafting import change as allocation_change
from core.drafting.change import NOTHING_IS_SOLD, Change
from core.investing import Need
from core.money import Cents, as_text


def changed(by: str, number: int, changes: Sequence[Change]) -> Alert:
    """Tell the other owners, and the phone, who changed the target and how."""
    who = by[:1].upper() + by[1:]
    return Alert(
        AlertKind.CHANGED,
        f"{who} changed the allocation (version {number}): {allocation_change.in_words(changes)}. Nothing is sold.",
        title=f"The allocation was changed (version {number})",
        table=allocation_change.table(changes),
        notes=(f"By {by}.", *allocation_change.notes(changes), NOTHING_IS_SOLD),
        summary=f"{who} changed the allocation (version {number}). Nothing is sold. Telegram shows it.",
    )


def takes_effect(number: int, *, run_under_way: bool) -> str:
    """Say since when a version counts: a run that is under way keeps the one it planned with."""
    if run_under_way:
        return (
            f"Version {number} is stored. A run is under way: it ends with the allocation that it began with, and "
            f"version {number} takes effect with the next run."
        )
    return f"Version {number} is active: the next run buys by it. {NOTHING_IS_SOLD}"


def beyond_limit(need: Need, max_per_day: Cents) -> str:
    """Warn that the daily limit is too low for an allocation ever to be invested."""
    return (
        f"Warning: max_per_day {as_text(max_per_day)} is too low for it: {need.sector.name} gets its minimum of "
        f"{as_text(need.minimum)} only from {as_text(need.cash)} a day on. Nothing would be bought until the limit is "
        "raised (/limits) or that sector gets more."
    )


def needs(before: Need | None, after: Need) -> str:
    """Say from how much cash on a run invests, where that changes; empty where it does not."""
    if before is not None and before.cash == after.cash:
        return ""
    was = f", until now it was {as_text(before.cash)}" if before is not None else ""
    return (
        f"A run will need {as_text(after.cash)} of cash{was}: from then on {after.sector.name} gets its minimum of "
        f"{as_text(after.minimum)}."
    )


def why_undone(number: int) -> str:
    """Return why a version is set that is an older one again, for History."""
    return f"version {number} again"


def same_as_active(number: int) -> str:
    """Say that there is nothing to confirm."""
    return f"That is what version {number}, the active allocation, is already. There is nothing to change."


def moved_on(number: int, *, owner: str) -> str:
    """Say that the allocation is another one than the owner was shown, so nothing was done."""
    return (
        f"The allocation was changed meanwhile by {owner} (version {number}), so nothing was done. "
        "Compared with that one it would be:"
    )


def titled(title: str, *, live: bool) -> str:
    """Return a title that says so where it is about real money."""
    return f"LIVE: {title}" if live else title
