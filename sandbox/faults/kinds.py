"""What can go wrong on the way to a stand-in: the kinds of faults, and the plan of which requests meet them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from fnmatch import fnmatchcase
from itertools import count
from types import MappingProxyType

SERVICES = ("alpaca", "telegram", "vonage")


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with this status and body instead of what the stand-in says, before or after it has acted."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    after_acting: bool = False


@dataclass(frozen=True, slots=True)
class Denial:
    """Answer 401, 429 or 500 in the words and headers of the service itself, without acting.

    `wait_seconds` is what a 429 asks for.
    """

    status: int
    wait_seconds: int = 1


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer, before or after the stand-in has acted; end when the caller or the server goes away."""

    after_acting: bool = False


@dataclass(frozen=True, slots=True)
class Slow:
    """Act only after this time, even if the caller has left by then, or act at once and answer after it."""

    delay: timedelta
    after_acting: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """Cut the connection by RST without a byte of an answer, before or after the stand-in has acted."""

    after_acting: bool = False


class Ending(Enum):
    """What follows the first half of a truncated answer."""

    CLOSED = "the headers promise a whole body, but the connection is closed"
    RESET = "the headers promise a whole body, but the connection is cut by RST"
    COMPLETE = "the headers promise this half, so HTTP is content and the JSON is broken"


@dataclass(frozen=True, slots=True)
class Truncate:
    """Act, and send the first half of the answer's body alone."""

    ending: Ending = Ending.CLOSED


@dataclass(frozen=True, slots=True)
class Drip:
    """Act, and let the answer begin and never end: every `pause` a byte, until the caller or the server goes away.

    The bytes are blanks, which JSON allows before its first word. A time-out that begins anew with each byte, as that
    of requests and of httpx does, never passes.
    """

    pause: timedelta


class Surprise(Enum):
    """What is strange about an answer that is JSON as it should be."""

    TYPES = "numbers where text belongs, lists where objects do"
    WORDS = "a status, or a kind of chat, that nobody knows"


@dataclass(frozen=True, slots=True)
class Surprising:
    """Act, and send the answer with this about it."""

    surprise: Surprise


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse every connection to the service's port, and cut those there are, until cleared."""


RequestFault = Answer | Denial | Hang | Slow | Reset | Truncate | Drip | Surprising
# A further kind is a further class here and a further case in sandbox.faults.failing.
Fault = RequestFault | Refuse

BAD_GATEWAY = Answer(502, "<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html")
GATEWAY_TIMEOUT = Answer(504, "<html><body><h1>504 Gateway Time-out</h1></body></html>", "text/html", after_acting=True)

CATALOGUE: Mapping[str, Fault] = MappingProxyType(
    {
        # Well within every time-out of the product.
        "slow": Slow(timedelta(seconds=0.5)),
        "hang_before_acting": Hang(),
        "hang_after_acting": Hang(after_acting=True),
        "reset_before_acting": Reset(),
        "reset_after_acting": Reset(after_acting=True),
        "reset_within_answer": Truncate(Ending.RESET),
        "refuse": Refuse(),
        "500": Denial(500),
        "502_html": BAD_GATEWAY,
        "504_after_acting": GATEWAY_TIMEOUT,
        "429": Denial(429),
        "401": Denial(401),
        # After acting, because that is the dangerous one: it happened, and nothing says so.
        "empty_200": Answer(200, after_acting=True),
        "truncated_body": Truncate(Ending.CLOSED),
        "truncated_json": Truncate(Ending.COMPLETE),
        # Well within every time-out between two bytes.
        "slow_body": Drip(timedelta(seconds=0.2)),
        "wrong_types": Surprising(Surprise.TYPES),
        "unknown_enum": Surprising(Surprise.WORDS),
    }
)
"""One fault of each kind, by the name that the control address takes too."""


@dataclass(slots=True)
class _Rule:
    service: str
    method: str
    path: str
    fault: RequestFault
    times_left: int | None

    def matches(self, service: str, method: str, path: str) -> bool:
        return (
            self.service == service
            and self.method in ("*", method)
            and fnmatchcase(path, self.path)
            and self.times_left != 0
        )


@dataclass(slots=True)
class Faults:
    """Hold which requests fail how; the oldest rule that matches and is not used up decides."""

    _rules: dict[int, _Rule] = field(default_factory=dict)
    _refusing: dict[int, str] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def set(self, service: str, fault: Fault, *, method: str = "*", path: str = "*", times: int | None = None) -> int:
        """Make matching requests fail, `times` of them or until cleared; return the rule's number.

        `service` is alpaca, telegram or vonage; `path` is a shell pattern such as `/v2/orders*` or
        `*/sendMessage`; `method` an HTTP method or `*`. Raise ValueError for what cannot be: a Refuse takes
        none of the three, because a connection that is refused never says what it was for.
        """
        if service not in SERVICES:
            raise ValueError(f"service is {service!r}, must be one of {', '.join(SERVICES)}")
        if times is not None and times < 1:
            raise ValueError(f"times is {times}, must be at least 1, or left out for until cleared")
        number = next(self._numbers)
        if not isinstance(fault, Refuse):
            self._rules[number] = _Rule(service, method, path, fault, times)
        elif (method, path, times) == ("*", "*", None):
            self._refusing[number] = service
        else:
            raise ValueError("a port refuses everything until cleared: leave method, path and times out")
        return number

    def clear(self, number: int | None = None) -> None:
        """Forget one rule, or all of them; requests that hang already go on hanging."""
        if number is None:
            self._rules.clear()
            self._refusing.clear()
        else:
            self._rules.pop(number, None)
            self._refusing.pop(number, None)

    def admit(self, service: str) -> None:
        """Forget every Refuse of a service, so that its port answers again."""
        self._refusing = {number: name for number, name in self._refusing.items() if name != service}

    def take(self, service: str, method: str, path: str) -> RequestFault | None:
        """Return the fault this request must suffer, counting it off, or None."""
        for rule in self._rules.values():
            if rule.matches(service, method, path):
                if rule.times_left is not None:
                    rule.times_left -= 1
                return rule.fault
        return None

    def refusing(self) -> frozenset[str]:
        """Return the services whose ports refuse now."""
        return frozenset(self._refusing.values())

    def left(self, number: int) -> int | None:
        """Return how many more requests a rule fails, None for until cleared, 0 when used up or cleared."""
        if number in self._refusing:
            return None
        rule = self._rules.get(number)
        return rule.times_left if rule else 0
