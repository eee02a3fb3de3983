"""What reaches the stand-ins, as it comes: a strike waits for the n-th request of a kind."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Event

from sandbox.faults.kinds import Faults, RequestFault


@dataclass(frozen=True, slots=True)
class Pattern:
    """A kind of request, as the rules of `sandbox.faults.kinds` name it."""

    service: str
    method: str = "*"
    path: str = "*"

    def matches(self, service: str, method: str, path: str) -> bool:
        """Return whether a request is of this kind."""
        return service == self.service and self.method in ("*", method) and fnmatchcase(path, self.path)


class Traffic(Faults):
    """The sandbox's plan of faults, which every request asks as it comes: here it counts them too."""

    def __init__(self) -> None:
        super().__init__()
        self._awaited: list[tuple[Pattern, Callable[[], None]]] = []

    def take(self, service: str, method: str, path: str) -> RequestFault | None:
        """Count a request, and return the fault that it must suffer, or None."""
        for pattern, count in self._awaited:
            if pattern.matches(service, method, path):
                count()
        return super().take(service, method, path)

    def awaiting(self, pattern: Pattern, number: int) -> Event:
        """Return an event that is set as the `number`-th request of a kind comes, counted from now; one at a time."""
        came = Event()
        left = number

        def count() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                came.set()

        # Swapped whole: the sandbox's thread may be looking at it.
        self._awaited = [(pattern, count)]
        return came
