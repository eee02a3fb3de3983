"""The page on its port, in the sandbox's own loop."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self

from sandbox.network.link import HOST
from sandbox.network.listener import Listener
from sandbox.page.app import page_app
from sandbox.page.bot_process import Killable
from sandbox.page.stage import Stage
from sandbox.server import Sandbox

USUAL_PORT = 8775
"""Where the page is unless that port is taken: the same address each time, so that a bookmark or an open tab works."""


class PortTaken(Exception):
    """The port that was asked for the page cannot be had; the message says what to do."""


class Page:
    """Serve the page over HTTP on loopback while a `with` block lasts, inside one of the running sandbox.

    Entering raises PortTaken when the `port` that was asked for is taken; without one any will do.
    """

    def __init__(self, sandbox: Sandbox, product: Killable, *, port: int | None = None) -> None:
        self._sandbox = sandbox
        self._stage = Stage(sandbox.world, sandbox.keys.owner_id, product)
        self._app = page_app(
            self._stage, port=lambda: self._listener.port, token=secrets.token_urlsafe(24), act=self._act
        )
        self._ports = (USUAL_PORT, 0) if port is None else (port,)
        self._listener = Listener(self._app, None)
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        self._loop = self._sandbox.call(lambda _world: asyncio.get_running_loop())
        *preferred, last = self._ports
        for port in preferred:
            try:
                self._serve_at(port)
            except OSError:  # taken, by another demo perhaps
                continue
            return self
        try:
            self._serve_at(last)
        except OSError as error:
            raise PortTaken(
                f"The page cannot be served on port {last} ({error.strerror}): use another --port."
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._sandbox.call(lambda _world: self._stage.bot.close())
        self._wait(self._listener.close)

    @property
    def url(self) -> str:
        """Return the page's address."""
        return f"http://{HOST}:{self._listener.port}/"

    async def _act(self, action: Callable[[], object]) -> object:
        # From a thread, because the sandbox's `call` waits until its network has settled.
        return await asyncio.to_thread(self._sandbox.call, lambda _world: action())

    def _serve_at(self, port: int) -> None:
        self._listener = Listener(self._app, None, port)
        self._wait(self._listener.open)

    def _wait(self, step: Callable[[], Coroutine[object, object, None]]) -> None:
        """Do one step on the sandbox's loop, and wait for it."""
        if self._loop is None:
            raise RuntimeError("the page is not served: use it inside a with block")
        asyncio.run_coroutine_threadsafe(step(), self._loop).result()
