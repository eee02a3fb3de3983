"""The middleware before each stand-in that makes the planned faults happen."""

import asyncio
from collections.abc import Callable, Iterable
from typing import cast

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults.denials import denial
from sandbox.faults.kinds import (
    Answer,
    Denial,
    Drip,
    Ending,
    Faults,
    Hang,
    RequestFault,
    Reset,
    Slow,
    Surprising,
    Truncate,
)
from sandbox.faults.surprising import surprising

RESET_EXTENSION = "sandbox.reset"
"""The ASGI extension by which a listener lets its application cut the request's connection by RST."""


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
        # The bytes were sent, as to a real proxy: an unread body would break the kept-alive connection.
        body = await _whole_body(receive)
        if body is not None:
            await self._fail(fault, body, scope, receive, send)

    async def _fail(self, fault: RequestFault, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        match fault:
            case Answer():
                if fault.after_acting:
                    await self._act(body, scope, receive)
                await _response(fault)(scope, receive, send)
            case Denial():
                answer = denial(self._service, fault.status, fault.wait_seconds)
                await _response(answer)(scope, receive, send)
            case Hang():
                if fault.after_acting:
                    await self._act(body, scope, receive)
                await _wait_until_gone(receive)
            case Reset():
                if fault.after_acting:
                    await self._act(body, scope, receive)
                await _reset(scope, receive)
            case _:
                await self._spoil(fault, body, scope, receive, send)

    async def _spoil(
        self, fault: Slow | Truncate | Drip | Surprising, body: bytes, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the stand-in act, and its answer come late, in part or strange."""
        match fault:
            case Slow():
                seconds = fault.delay.total_seconds()
                await asyncio.sleep(0 if fault.after_acting else seconds)
                answered = await self._act(body, scope, receive)
                await asyncio.sleep(seconds if fault.after_acting else 0)
                await _send_all(answered, send)
            case Truncate():
                answered = await self._act(body, scope, receive)
                await _send_half(answered, fault.ending, scope, receive, send)
            case Drip():
                answered = await self._act(body, scope, receive)
                await _send_drops(answered, fault.pause.total_seconds(), receive, send)
            case Surprising():
                answered = await self._act(body, scope, receive)
                await _send_all(_rewritten(answered, lambda body: surprising(body, fault.surprise)), send)

    async def _act(self, body: bytes, scope: Scope, receive: Receive) -> list[Message]:
        """Let the stand-in act, and return what it would have answered."""
        answered: list[Message] = []
        request: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return request.pop() if request else await receive()

        async def collect(message: Message) -> None:
            answered.append(message)

        await self._app(scope, again, collect)
        return answered


def _response(answer: Answer) -> Response:
    return Response(
        answer.body,
        status_code=answer.status,
        media_type=answer.content_type,
        headers=dict(answer.headers),
    )


async def _send_all(messages: Iterable[Message], send: Send) -> None:
    for message in messages:
        await send(message)


async def _send_half(answered: list[Message], ending: Ending, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the first half of an answer's body; a body that stays unfinished makes the server close."""
    start, body = _parts(answered)
    half = body[: len(body) // 2]
    if ending is Ending.COMPLETE:
        start = _with_length(start, len(half))
    await send(start)
    await send({"type": "http.response.body", "body": half, "more_body": ending is not Ending.COMPLETE})
    if ending is Ending.RESET:
        await _reset(scope, receive)


async def _send_drops(answered: list[Message], pause: float, receive: Receive, send: Send) -> None:
    """Send an answer's headers, and blanks in place of its body until the caller leaves."""
    start, _ = _parts(answered)
    # Without a length the body is sent in chunks, which may go on for ever.
    await send(_with_length(start, None))
    gone = asyncio.ensure_future(_wait_until_gone(receive))
    try:
        while not gone.done():
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.wait({gone}, timeout=pause)
    finally:
        gone.cancel()


def _rewritten(answered: list[Message], rewrite: Callable[[bytes], bytes]) -> Iterable[Message]:
    start, body = _parts(answered)
    written = rewrite(body)
    return _with_length(start, len(written)), {"type": "http.response.body", "body": written, "more_body": False}


def _parts(answered: list[Message]) -> tuple[Message, bytes]:
    start, *parts = answered
    return start, b"".join(part.get("body", b"") for part in parts)


def _with_length(start: Message, length: int | None) -> Message:
    """Return the headers with another length of the body, or with none."""
    others = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    told = [] if length is None else [(b"content-length", str(length).encode())]
    return {**start, "headers": [*others, *told]}


async def _reset(scope: Scope, receive: Receive) -> None:
    cut = cast(Callable[[], None], scope["extensions"][RESET_EXTENSION])
    cut()
    await _wait_until_gone(receive)


async def _whole_body(receive: Receive) -> bytes | None:
    """Read a request's body; return None when the caller left before its end."""
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)
    return None


async def _wait_until_gone(receive: Receive) -> None:
    """Wait for the caller to leave; a server that stops cancels this wait."""
    while (await receive())["type"] != "http.disconnect":
        pass
