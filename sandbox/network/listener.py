"""One HTTP or HTTPS port on loopback that can be closed and opened again, connections and all."""

import asyncio
import socket
import ssl
from contextlib import suppress
from functools import partial

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.faults.failing import RESET_EXTENSION
from sandbox.network.link import listening_socket, reset


class Listener:
    """Serve one application on a port of its own, over TLS or without; all methods belong to one event loop.

    `port` 0 is any free one, chosen when it opens.
    """

    def __init__(self, app: ASGIApp, tls: ssl.SSLContext | None, port: int = 0) -> None:
        self._app = app
        self._tls = tls
        self._server: _PromptServer | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = port

    async def open(self) -> None:
        """Listen, on the same port as before if there was one; do nothing when already open."""
        if self._server is not None:
            return
        listening = listening_socket(self.port)
        self.port = listening.getsockname()[1]
        tls = self._tls
        self._server = _PromptServer(
            uvicorn.Config(
                self._serve,
                ssl_context_factory=None if tls is None else lambda _config, _default: tls,
                interface="asgi3",  # uvicorn's own guess takes a bound method for the older one
                lifespan="off",
                http="h11",
                ws="none",
                # The product's output is what a person reads; faults on purpose are no news.
                log_config=None,
                log_level="critical",
                access_log=False,
            )
        )
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        await self._server.is_listening.wait()

    async def close(self) -> None:
        """Stop listening, cut every connection and end every request; do nothing when already closed."""
        server, serving = self._server, self._serving
        if server is None or serving is None:
            return
        self._server = self._serving = None
        server.is_ending.set()
        await serving

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {}), RESET_EXTENSION: partial(self._reset, scope["client"])}
        await self._app({**scope, "extensions": extensions}, receive, send)

    def _reset(self, client: tuple[str, int]) -> None:
        """Cut the connection that comes from this address."""
        if self._server is not None:
            self._server.reset(client)


class _PromptServer(uvicorn.Server):
    """A server that ends at once: uvicorn's own looks around ten times a second and lets requests finish.

    Here a long poll, or a request that hangs on purpose, would never finish by itself.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()
        self.is_ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_listening.set()

    async def main_loop(self) -> None:
        while not self.is_ending.is_set():
            # Uvicorn writes the answers' Date header from here.
            await self.on_tick(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.is_ending.wait(), 1)

    def reset(self, client: tuple[str, int]) -> None:
        """Cut the connection that comes from this address by RST."""
        for connection in list(self.server_state.connections):
            if connection.transport.get_extra_info("peername") == client:
                reset(connection.transport)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # First the listening sockets, so that nobody who is cut off can come straight back.
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        running = set(self.server_state.tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        # One more turn of the loop, in which the cut connections are let go.
        await asyncio.sleep(0)
