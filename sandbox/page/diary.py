"""What was done to the world from the page, and what became of the bot's process, for people to read."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.clock import VirtualClock
from sandbox.page.words import second

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class _Note:
    number: int
    at: datetime
    text: str


class Diary:
    """Keep notes in the order in which they were made, each at its virtual time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._notes: list[_Note] = []

    def note(self, text: str) -> None:
        """Write down a whole sentence."""
        self._notes.append(_Note(len(self._notes) + 1, self._clock.now(), text))

    def shown(self) -> list[dict[str, object]]:
        """Return the newest notes, oldest first, ready for JSON."""
        return [{"id": note.number, "at": second(note.at), "text": note.text} for note in self._notes[-_SHOWN:]]
