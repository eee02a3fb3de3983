"""The queue of updates a bot polls: confirmed by offset, filtered, and waited for."""

import asyncio
from collections.abc import Collection
from itertools import count

from sandbox.telegram.refusals import conflict

Update = dict[str, object]


class UpdateQueue:
    """Hold the updates a bot has not confirmed yet, and let one poller wait for more."""

    def __init__(self) -> None:
        self._numbers = count(100_000_001)
        self._pending: list[tuple[int, Update]] = []
        self._allowed: frozenset[str] = frozenset()
        self._waiting: asyncio.Future[bool] | None = None

    @property
    def has_poller(self) -> bool:
        """Tell whether somebody is waiting for updates now."""
        return self._waiting is not None

    def put(self, kind: str, payload: object) -> None:
        """Queue one update, unless the bot said it does not want this kind, and wake the poller."""
        if self._allowed and kind not in self._allowed:
            return
        number = next(self._numbers)
        self._pending.append((number, {"update_id": number, kind: payload}))
        self.wake()

    def allow(self, kinds: Collection[str]) -> None:
        """Want only these kinds from now on; none named means the usual ones, which are all there are here."""
        self._allowed = frozenset(kinds)

    def clear(self) -> None:
        """Forget what is pending, as deleteWebhook does with drop_pending_updates."""
        self._pending.clear()

    async def take(self, *, offset: int, limit: int, seconds: float) -> list[Update]:
        """Confirm everything below `offset`, then return up to `limit` updates, waiting for the first.

        A negative offset keeps only that many of the newest. Raise Refusal (409) when another poller comes
        while this one waits.
        """
        self._end_wait(goes_on=False)
        self._confirm(offset)
        if not self._pending and seconds > 0 and not await self._wait(seconds):
            raise conflict()
        return [update for _, update in self._pending[:limit]]

    def wake(self) -> None:
        """End the wait of whoever polls, with what there is."""
        self._end_wait(goes_on=True)

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self._pending = self._pending[offset:]
        elif offset > 0:
            self._pending = [(number, update) for number, update in self._pending if number >= offset]

    async def _wait(self, seconds: float) -> bool:
        """Wait for an update or the time; return False when another poller took this one's place."""
        mine: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting = mine
        try:
            async with asyncio.timeout(seconds):
                return await mine
        except TimeoutError:
            return True
        finally:
            if self._waiting is mine:
                self._waiting = None

    def _end_wait(self, *, goes_on: bool) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(goes_on)
        self._waiting = None
