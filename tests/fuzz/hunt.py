"""What must hold whatever comes, and the search for something that breaks it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from bot.channels.telegram import CONFIRM
from tests.fuzz.house import OWNER, Call, House
from tests.fuzz.imagination import Imagination, Imagined

MOST_AT_ONCE = 4

BROKER_AWAY_OF_TEN = 1
"""In how many of ten times the broker does not answer."""

CASH = (Decimal(0), Decimal(150), Decimal("250.07"), Decimal(5000), Decimal(5000), Decimal(1_000_000))
"""Dollars in the account: a plan that was shown may not be the plan any more."""

# The generator taps on what is gone, and twice; that Telegram says so is what a person's haste brings too.
_EXPECTED = ("message is not modified", "message to edit not found", "query is too old", "message can't be edited")


@dataclass
class Figures:
    """What was met so far."""

    updates: int = 0
    of_owners: int = 0
    calls: int = 0
    confirmed: int = 0
    changes: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        """Return the figures as one line."""
        return (
            f"{self.updates} updates of {len(self.kinds)} kinds, {self.of_owners} of them an owner's in the private "
            f"chat; {self.calls} calls of the Bot API, {self.confirmed} confirmed taps, {self.changes} changes of state"
        )


class Broken(AssertionError):
    """Something that must hold did not; the text has the updates that showed it."""


async def hunt(house: House, imagination: Imagination, random: Random, updates: int, figures: Figures) -> None:
    """Send this many updates, some of them at once. Raises Broken."""
    goal = figures.updates + updates
    while figures.updates < goal:
        count = min(goal - figures.updates, random.choice((1, 1, 1, 2, MOST_AT_ONCE)))
        shown = house.telegram.messages[-40:]
        arriving = [imagination.update(shown) for _ in range(count)]
        if random.random() < 0.1:
            house.broker.cash = random.choice(CASH)
        house.broker.away = random.randrange(10) < BROKER_AWAY_OF_TEN
        await check(house, arriving, figures)


async def check(house: House, arriving: Sequence[Imagined], figures: Figures) -> None:
    """Send updates at once, and hold what came of it against what must hold. Raises Broken."""
    state, waiting, calls = house.state(), house.waiting(), len(house.wire.calls)
    await house.receive([one.update for one in arriving])
    made = house.wire.calls[calls:]
    confirmed = sum(one.data.partition(":")[0] == CONFIRM and one.data.partition(":")[2] in waiting for one in arriving)
    changed = house.state() != state
    figures.updates += len(arriving)
    figures.of_owners += sum(one.may_be_answered for one in arriving)
    figures.calls += len(made)
    figures.confirmed += confirmed
    figures.changes += changed
    figures.kinds.update(one.kind for one in arriving)
    broken = [*_wrong_calls(made, arriving), *house.complaints.said]
    house.complaints.said.clear()
    if changed and not confirmed:
        broken.append(f"the state changed without a confirmed tap: {state} became {house.state()}")
    if broken:
        raise Broken("\n".join([*broken, *(str(one.update) for one in arriving)]))
    del house.wire.calls[:]
    house.broker.events.seen.clear()


def _wrong_calls(made: Sequence[Call], arriving: Sequence[Imagined]) -> list[str]:
    if not any(one.may_be_answered for one in arriving):
        return [f"somebody who is no owner was answered: {call}" for call in made]
    elsewhere = [f"somebody else was written to: {call}" for call in made if call.chat not in (None, OWNER)]
    refused = [call for call in made if call.refusal and not any(words in call.refusal for words in _EXPECTED)]
    return [*elsewhere, *(f"Telegram refused what was said: {call}" for call in refused)]
