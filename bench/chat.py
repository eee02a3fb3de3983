"""How soon the chat answers, over real HTTPS on loopback: with an empty ledger, and with a hundred years in it."""

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bench import years
from bench.figures import Figure
from sandbox.demo.product import Product
from sandbox.server import Sandbox
from sandbox.telegram import Message
from sandbox.world import World

PATIENCE = 60.0

FROM_THE_LEDGER = (
    "/history",
    "/history 50",
    "/run 1",
    "/orders",
    "/audit",
    "/allocation history",
    "/limits",
    "/alerts",
    "/help",
    "/pause",
    "/resume",
)
"""What is answered without asking Alpaca anything."""

WITH_A_PICTURE = ("/variance", "/allocation")

ROUNDS, PICTURE_ROUNDS = 20, 6

BREATH_SECONDS = 0.03
"""Between an answer and the next command: no person writes sooner."""


def measure() -> Iterator[Figure]:
    """Measure commands that need only the ledger, with two ledgers, and pictures."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "years.db"
        years.fill(file)
        with _chat(Path(folder) / "empty.db") as empty, _chat(file) as full:
            # In turns, so that whatever else this machine does slows both down alike.
            answers = [
                (empty.seconds(command), full.seconds(command)) for _ in range(ROUNDS) for command in FROM_THE_LEDGER
            ]
            pictures = empty.pictures()
    young, old = zip(*answers, strict=True)
    yield Figure("chat_ledger_p95_ms", _p95(young) * 1000, "ms")
    yield Figure("chat_ledger_100_years_p95_ms", _p95(old) * 1000, "ms")
    yield Figure("chat_100_years_over_empty", statistics.median(old) / statistics.median(young), "ratio")
    yield Figure("chat_picture_warm_s", _p95(pictures), "s")


@contextmanager
def _chat(file: Path) -> Iterator["_Chat"]:
    """Run the service over a database, with a chat that has been used a little."""
    with Sandbox() as sandbox:
        settings = sandbox.settings(
            storage={"url": f"sqlite:///{file}", "keep": 0},
            # As often as a service looks by itself: the sandbox's own haste is for its jumping clock.
            execution={"tick_seconds": None},
        )
        with Product(settings, sandbox.environment()) as product:
            chat = _Chat(sandbox, product)
            chat.start()
            yield chat


class _Chat:
    def __init__(self, sandbox: Sandbox, product: Product) -> None:
        self._sandbox = sandbox
        self._product = product
        self._owner = sandbox.keys.owner_id

    def start(self) -> None:
        """Press Start, and leave the first of everything out of what is measured."""
        self._sandbox.call(lambda world: world.telegram.press_start(self._owner))
        self._sandbox.wait_for(lambda world: world.telegram.messages, PATIENCE, "the greeting")
        self._sandbox.wait_for(lambda _: "the first tick is done" in self._product.output(), PATIENCE, "the first tick")
        for command in FROM_THE_LEDGER:
            self.seconds(command)

    def pictures(self) -> list[float]:
        """Invest, and return the seconds from each command to its picture, the drawing process being warm."""

        def begin(world: World) -> None:
            world.brokerage.deposit(Decimal(250))
            world.clock.advance(timedelta(minutes=36))

        self._sandbox.call(begin)
        self._sandbox.wait_for(lambda world: world.sms.messages, PATIENCE, "the alert")
        for command in WITH_A_PICTURE:
            self.seconds(command, with_picture=True)
        return [self.seconds(command, with_picture=True) for _ in range(PICTURE_ROUNDS) for command in WITH_A_PICTURE]

    def seconds(self, command: str, *, with_picture: bool = False) -> float:
        """Send a command, and return the seconds from the stand-in's taking it to the answer's arrival there.

        Both are told by the sandbox's clock, which runs at real speed and is not moved meanwhile.
        """

        def say(world: World) -> tuple[int, datetime]:
            sent = world.telegram.say(self._owner, command)
            return sent.id, sent.at

        number, asked_at = self._sandbox.call(say)

        def answer(world: World) -> Message | None:
            came = [one for one in world.telegram.messages if one.id > number]
            return next((one for one in came if one.photo is not None or not with_picture), None)

        arrived = self._sandbox.wait_for(answer, PATIENCE, f"the answer to {command}")
        time.sleep(BREATH_SECONDS)
        return (arrived.at - asked_at).total_seconds()


def _p95(seconds: Sequence[float]) -> float:
    """Return what 95% of the answers took at most."""
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]
