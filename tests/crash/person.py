"""The owner at the phone: says what is wanted, taps, and tries again where no answer comes, as a person does."""

from dataclasses import dataclass, field
from time import monotonic

from sandbox.telegram import Message
from sandbox.world import World

PATIENCE = 4.0
"""Seconds without an answer, since the last word or the last start of the service, before it is tried again."""

ANSWERED_ALREADY = "This was answered already"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something the owner wants: the words to begin with, the buttons to tap, and what is shown when it is done.

    A button is known by how its label begins. `may_fail`: what is shown when it cannot be, which is an answer too.
    """

    words: str
    taps: tuple[str, ...]
    done: tuple[str, ...]


@dataclass(slots=True)
class Person:
    """Does one deed after another. `refused` has the deeds that were answered with "already" although it was not so."""

    owner: int
    deeds: list[Deed]
    done: list[Deed] = field(default_factory=list)
    tries: int = 0
    answered_already: int = 0
    _since: float = 0.0
    _said: int = 0
    _tapped: int = 0

    def look(self, world: World, *, started: float) -> None:
        """Look at the phone, and do what comes next. `started`: when the service was started last, monotonic."""
        if not self.deeds:
            return
        deed = self.deeds[0]
        shown = [one for one in world.telegram.messages if one.id > self._said and one.sender.is_bot]
        if self._said and any(part in _all_texts(one) for one in shown for part in deed.done):
            self.done.append(self.deeds.pop(0))
            self._begin_anew()
            return
        if self._said and self._tapped < len(deed.taps) and self._tap_next(world, shown, deed):
            return
        if self._said and monotonic() - max(self._since, started) < PATIENCE:
            return
        self._try_again(world, shown, deed)

    def _tap_next(self, world: World, shown: list[Message], deed: Deed) -> bool:
        found = _with_button(shown, deed.taps[self._tapped])
        if found is None:
            return False
        world.telegram.tap(self.owner, *found)
        self._tapped += 1
        self._since = monotonic()
        return True

    def _try_again(self, world: World, shown: list[Message], deed: Deed) -> None:
        """Tap again what is still shown, or say it all again."""
        self._since = monotonic()
        self.tries += 1
        still = _with_button(shown, deed.taps[self._tapped - 1]) if self._tapped else None
        already = any(ANSWERED_ALREADY in one.text for one in shown)
        if still is not None and not already:
            world.telegram.tap(self.owner, *still)
            return
        self.answered_already += already
        self._said = world.telegram.say(self.owner, deed.words).id
        self._tapped = 0

    def _begin_anew(self) -> None:
        self._said = self._tapped = 0
        self._since = 0.0


def _all_texts(message: Message) -> str:
    return "\n".join([message.text, *(one.text for one in message.earlier)])


def _with_button(shown: list[Message], label: str) -> tuple[int, str] | None:
    for message in reversed(shown):
        for button in message.buttons:
            if button.label.startswith(label) and button.data is not None:
                return message.id, button.data
    return None
