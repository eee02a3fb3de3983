"""The product's process on the page: whether it runs, killing it, and its start after that."""

import asyncio
from enum import Enum
from typing import Protocol

from sandbox.page.diary import Diary
from sandbox.world import World

# Long enough to be seen, and to do something to the world while nobody looks after it.
DOWN_SECONDS = 3.0

_LOOK_SECONDS = 0.1


class Killable(Protocol):
    """What the page needs of the product: sandbox.demo.product.Product has it."""

    @property
    def is_alive(self) -> bool:
        """Tell whether it runs now."""
        ...

    def kill(self) -> None:
        """End it without a warning."""
        ...

    def start_again(self) -> None:
        """Start it after a kill."""
        ...


class State(Enum):
    """Say how the bot is, in words for people."""

    STARTING = "starting"
    RUNNING = "running"
    KILLED = "killed"
    ENDED = "ended"


class BotProcess:
    """Watch the product's process, kill it, and start it again; all methods belong to the sandbox's loop."""

    def __init__(self, product: Killable, world: World, diary: Diary, down_seconds: float = DOWN_SECONDS) -> None:
        self._product = product
        self._world = world
        self._diary = diary
        self._down_seconds = down_seconds
        self._last_calls: tuple[int, object] = (0, None)
        self._reviving: asyncio.Task[None] | None = None
        self._is_killed = False

    @property
    def state(self) -> State:
        """Return how the bot is: it runs once one of the stand-ins has heard from it since its start."""
        if self._is_killed:
            return State.KILLED
        if not self._product.is_alive:
            return State.ENDED
        return State.STARTING if self._calls() == self._last_calls else State.RUNNING

    def kill(self) -> None:
        """Kill the bot now, and start it again a moment later; raise ValueError when it does not run."""
        if self._is_killed or not self._product.is_alive:
            raise ValueError(f"the bot cannot be killed: it is {self.state.value}, wait until it runs")
        self._is_killed = True
        self._product.kill()
        self._diary.note("The bot was killed (SIGKILL), with all its processes.")
        self._reviving = asyncio.get_running_loop().create_task(self._revive())

    def close(self) -> None:
        """Start nothing any more."""
        if self._reviving is not None:
            self._reviving.cancel()

    async def _revive(self) -> None:
        await asyncio.sleep(self._down_seconds)
        self._last_calls = self._calls()
        self._product.start_again()
        self._is_killed = False
        self._diary.note("The bot was started again.")
        state = State.STARTING
        while state is State.STARTING:
            await asyncio.sleep(_LOOK_SECONDS)
            state = self.state
        if state is State.RUNNING:
            self._diary.note("The bot is at work again, from what its ledger says.")

    def _calls(self) -> tuple[int, object]:
        """Return what tells whether the stand-ins have heard from the bot since."""
        # The broker keeps only its newest requests, so their number says nothing.
        asked = self._world.brokerage.requests_seen
        return len(self._world.telegram.requests_seen), asked[-1] if asked else None
