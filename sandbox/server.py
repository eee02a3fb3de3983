"""The running sandbox: the stand-ins over HTTPS on loopback, in one thread beside the caller's."""

import asyncio
import ssl
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Self, TypeVar

import trustme
from starlette.types import ASGIApp

from sandbox.alpaca import alpaca_app
from sandbox.control.address import control_app
from sandbox.faults.failing import FaultMiddleware
from sandbox.faults.kinds import Refuse
from sandbox.network.addresses import Network
from sandbox.network.link import HOST
from sandbox.sessions import NEW_YORK, all_sessions
from sandbox.settings import SECTORS, Section, settings_text
from sandbox.telegram import telegram_app
from sandbox.vonage import vonage_app
from sandbox.world import Keys, World

T = TypeVar("T")

# A Monday: Thanksgiving comes on its Thursday, and a half day after it.
DEFAULT_START = datetime(2026, 11, 23, 9, 0, tzinfo=NEW_YORK)

_POLL_SECONDS = 0.01
_LAST_LOOKS = 3


class Sandbox:
    """Run the stand-ins while a `with` block lasts.

    The world belongs to the sandbox's thread: read and move it through `call` and `wait_for` only.
    Sandboxes with one `authority` are trusted through any one of their files; without it each makes its own.
    Services are named alpaca, telegram, vonage and control. With a `link_delay` they lie behind a link that
    takes so long each way.
    """

    def __init__(
        self,
        *,
        start: datetime = DEFAULT_START,
        seed: int = 1,
        cash: Decimal = Decimal(0),
        fill_delay: timedelta = timedelta(milliseconds=200),
        minimum_crypto_order: Decimal = Decimal(10),
        authority: trustme.CA | None = None,
        link_delay: timedelta = timedelta(0),
    ) -> None:
        self.keys = Keys()
        self._authority = authority
        self.world = World(
            start=start,
            seed=seed,
            keys=self.keys,
            cash=cash,
            fill_delay=fill_delay,
            minimum_crypto_order=minimum_crypto_order,
        )
        self._link_delay = link_delay
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        # The first question for a session loads pandas, a second in which no request should have to wait.
        all_sessions()
        folder = tempfile.TemporaryDirectory(prefix="allocator-sandbox-")
        authority = self._authority or trustme.CA()
        authority.cert_pem.write_to_path(str(_authority_file(folder)))
        network = self._build_network(authority)
        ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        thread = Thread(target=lambda: asyncio.run(_serve(network, ready)), name="sandbox", daemon=True)
        thread.start()
        loop, is_ending = ready.result()
        self._running = _Running(folder, thread, network, loop, is_ending)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        running = self._now()
        self._running = None
        try:
            running.loop.call_soon_threadsafe(running.is_ending.set)
            running.thread.join()
        finally:  # a second Ctrl-C does not leave the folder behind
            running.folder.cleanup()

    @property
    def authority_file(self) -> str:
        """Return the path of the certificate authority's PEM file, which lives as long as the sandbox."""
        return str(_authority_file(self._now().folder))

    def origin(self, service: str) -> str:
        """Return a service's address without a path, such as https://127.0.0.1:40001."""
        return self._now().network.origin(service)

    def environment(self) -> dict[str, str]:
        """Return the variables that make httpx and requests trust the sandbox's certificates."""
        return {"SSL_CERT_FILE": self.authority_file, "REQUESTS_CA_BUNDLE": self.authority_file}

    def settings(self, *, sectors: Sequence[Section] = SECTORS, **changes: Section | None) -> str:
        """Write a complete settings.toml for the product.

        A section given by name changes keys of that section, or leaves them out where the value is None;
        a section given as None is left out: `settings(vonage=None, execution={"tick_seconds": 0.2})`.
        """
        return settings_text(self._default_sections(), changes, sectors)

    def call(self, function: Callable[[World], T]) -> T:
        """Run a function of the world on the sandbox's thread, and return its value or raise its error.

        A port that the function made refuse, or answer again, does so when this returns.
        """
        running = self._now()

        async def run() -> T:
            value = function(self.world)
            await running.network.settle()
            return value

        return asyncio.run_coroutine_threadsafe(run(), running.loop).result()

    def wait_for(self, predicate: Callable[[World], T | None], timeout: float, what: str) -> T:
        """Ask until the answer is truthy, and return it; raise TimeoutError after `timeout` seconds."""
        deadline = monotonic() + timeout
        while True:
            answer = self.call(predicate)
            if answer:
                return answer
            if monotonic() > deadline:
                lines = (f"  {name}: {value}" for name, value in self.call(World.recent).items())
                raise TimeoutError("\n".join([f"waited {timeout} s in vain for {what}; lately:", *lines]))
            sleep(_POLL_SECONDS)

    def stop_service(self, service: str) -> None:
        """Take a service off the network: its port refuses, its connections are cut."""
        self.call(lambda world: world.faults.set(service, Refuse()))

    def start_service(self, service: str) -> None:
        """Put a service back on the network, on the port it had."""
        self.call(lambda world: world.faults.admit(service))

    def _now(self) -> "_Running":
        if self._running is None:
            raise RuntimeError("the sandbox is not running: use it inside a with block")
        return self._running

    def _build_network(self, authority: trustme.CA) -> Network:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST, "localhost").configure_cert(tls)
        world = self.world
        services = {
            "alpaca": alpaca_app(world.brokerage),
            "telegram": telegram_app(world.telegram),
            "vonage": vonage_app(world.sms),
        }
        apps: dict[str, ASGIApp] = {name: FaultMiddleware(app, world.faults, name) for name, app in services.items()}

        async def settle() -> None:
            await network.settle()

        apps["control"] = control_app(world, self.keys.owner_id, settle)
        network = Network(apps, tls, link_delay=self._link_delay, refusing=world.faults.refusing)
        return network

    def _default_sections(self) -> Mapping[str, Section]:
        alpaca, keys = self.origin("alpaca"), self.keys
        return {
            "alpaca": {
                "key_id": keys.alpaca_key_id,
                "secret_key": keys.alpaca_secret_key,
                "trading_url": alpaca,
                "data_url": alpaca,
                "live": False,
            },
            "telegram": {
                "token": keys.telegram_token,
                "owner_ids": [keys.owner_id],
                "api_url": self.origin("telegram"),
            },
            "vonage": {
                "api_key": keys.vonage_api_key,
                "api_secret": keys.vonage_api_secret,
                "sender": keys.sms_sender,
                "recipient": keys.sms_recipient,
                "rest_host": self.origin("vonage").removeprefix("https://"),
            },
            "storage": {"url": "sqlite:///allocator.db"},
            "investing": {
                "reserve": "0",
                "minimum_order.us_equity": "1",
                "minimum_order.crypto": str(self.world.brokerage.minimum_crypto_order),
            },
            "execution": {"max_workers": 8, "timeout_seconds": 8, "tick_seconds": 0.2},
        }


@dataclass(frozen=True, slots=True)
class _Running:
    """What exists only while the sandbox runs; `is_ending` belongs to the loop."""

    folder: "tempfile.TemporaryDirectory[str]"
    thread: Thread
    network: Network
    loop: asyncio.AbstractEventLoop
    is_ending: asyncio.Event


async def _serve(network: Network, ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    """Serve until told to end; `ready` gets the loop and that event, or the error that prevented it."""
    loop, is_ending = asyncio.get_running_loop(), asyncio.Event()
    loop.set_exception_handler(_report)
    try:
        await network.settle()
    except OSError as error:
        ready.set_exception(error)
    else:
        ready.set_result((loop, is_ending))
        await is_ending.wait()
    finally:
        await network.close()
        # A TLS handshake that is under way belongs to no server yet, and Python 3.11 offers no other way to it. What
        # was accepted at the very end gets its transport only a moment later.
        for _ in range(_LAST_LOOKS):
            for transport in list(getattr(loop, "_transports", {}).values()):
                transport.abort()
            await asyncio.sleep(0)


def _authority_file(folder: "tempfile.TemporaryDirectory[str]") -> Path:
    return Path(folder.name) / "authority.pem"


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    # The product being killed, or cut off on purpose, is what a sandbox is for; anything else is a fault of ours.
    if not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)
