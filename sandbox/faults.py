"""What can go wrong on the way to a stand-in: a plan of faults, and the middleware that carries it out."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with this status and body instead of what the stand-in says, before or after it has acted."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    after_acting: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer, before or after the stand-in has acted; end when the caller or the server goes away."""

    after_acting: bool = False


# A further kind is a further class here and a further case in FaultMiddleware.
Fault = Answer | Hang

BAD_GATEWAY = Answer(502, "<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html")


@dataclass(slots=True)
class _Rule:
    service: str
    method: str
    path: str
    fault: Fault
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
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def set(self, service: str, fault: Fault, *, method: str = "*", path: str = "*", times: int | None = None) -> int:
        """Make matching requests fail, `times` of them or until cleared; return the rule's number.

        `service` is alpaca, telegram or vonage; `path` is a shell pattern such as `/v2/orders*` or
        `*/sendMessage`; `method` an HTTP method or `*`.
        """
        if times is not None and times < 1:
            raise ValueError(f"times is {times}, must be at least 1, or left out for until cleared")
        number = next(self._numbers)
        self._rules[number] = _Rule(service, method, path, fault, times)
        return number

    def clear(self, number: int | None = None) -> None:
        """Forget one rule, or all of them; requests that hang already go on hanging."""
        if number is None:
            self._rules.clear()
        else:
            self._rules.pop(number, None)

    def take(self, service: str, method: str, path: str) -> Fault | None:
        """Return the fault this request must suffer, counting it off, or None."""
        for rule in self._rules.values():
            if rule.matches(service, method, path):
                if rule.times_left is not None:
                    rule.times_left -= 1
                return rule.fault
        return None

    def left(self, number: int) -> int | None:
        """Return how many more requests a rule fails, None for until cleared, 0 when used up or cleared."""
        rule = self._rules.get(number)
        return rule.times_left if rule else 0


class FaultMiddleware:
    """Stand before a stand-in's application and make the requests fail that the plan names."""

    def __init__(self, app: ASGIApp, faults: Faults, service: str) -> None:
        self._app = app
        self._faults = faults
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, failing it if a rule says so."""
        fault = self._faults.take(self._service, scope["method"], scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.after_acting:
            await self._app(scope, receive, _discard)
        else:
            # The bytes were sent, as to a real proxy: an unread body would break the kept-alive connection.
            await _read_whole_body(receive)
        match fault:
            case Answer():
                response = Response(
                    fault.body,
                    status_code=fault.status,
                    media_type=fault.content_type,
                    headers=dict(fault.headers),
                )
                await response(scope, receive, send)
            case Hang():
                await _wait_until_gone(receive)


async def _discard(_message: Message) -> None:
    """Drop what the stand-in answered."""


async def _read_whole_body(receive: Receive) -> None:
    while (message := await receive())["type"] == "http.request":
        if not message.get("more_body", False):
            return


async def _wait_until_gone(receive: Receive) -> None:
    """Wait for the caller to leave; a server that stops cancels this wait."""
    while (await receive())["type"] != "http.disconnect":
        pass
