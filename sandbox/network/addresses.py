"""The addresses of the sandbox: what listens on which port, over which link, and what refuses."""

import asyncio
import ssl
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from starlette.types import ASGIApp

from sandbox.network.link import HOST, Link
from sandbox.network.listener import Listener


class Network:
    """Serve applications by name, each on a port of its own; with a delay, behind a link of that length.

    `refusing` says which of them shall refuse at this moment. All methods but `origin` belong to one event loop.
    """

    def __init__(
        self,
        apps: Mapping[str, ASGIApp],
        tls: ssl.SSLContext,
        *,
        link_delay: timedelta,
        refusing: Callable[[], Collection[str]],
    ) -> None:
        self._listeners = {name: Listener(app, tls) for name, app in apps.items()}
        self._links = {name: Link(link_delay) for name in apps} if link_delay else {}
        self._should_refuse = refusing
        self._refusing = set(apps)
        self._changing = asyncio.Lock()

    def origin(self, service: str) -> str:
        """Return `https://127.0.0.1:port`; the port is known once the service was open, and stays."""
        end = self._links.get(service) or self._listeners[service]
        return f"https://{HOST}:{end.port}"

    async def settle(self) -> None:
        """Take what shall refuse off the network, connections and all, and put everything else on it.

        Raise OSError when a port cannot be had.
        """
        # Asked after every action in the sandbox, so what changes nothing must cost nothing.
        if not self._changing.locked() and self._refusing == set(self._should_refuse()):
            return
        async with self._changing:
            # Asked again under the lock: whoever was here before may have acted on what is no longer so.
            wanted = set(self._should_refuse())
            for name in wanted - self._refusing:
                await self._close(name)
            for name in self._refusing - wanted:
                await self._open(name)

    async def close(self) -> None:
        """Take everything off the network."""
        async with self._changing:
            for name in self._listeners.keys() - self._refusing:
                await self._close(name)

    async def _open(self, name: str) -> None:
        await self._listeners[name].open()
        self._refusing.remove(name)
        if name in self._links:
            await self._links[name].open(self._listeners[name].port)

    async def _close(self, name: str) -> None:
        if name in self._links:
            await self._links[name].close()
        await self._listeners[name].close()
        self._refusing.add(name)
