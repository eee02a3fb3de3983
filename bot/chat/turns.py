"""Whose turn it is: an owner's messages are acted on in the order in which they came.

Updates are handled side by side, so that nothing waits for a run. /pause and /resume, sent one after the other, must
not change places for it.
"""

import asyncio
import contextlib
from collections import OrderedDict

from telegram import Update

PATIENCE_SECONDS = 1.0
"""How long a message waits for the one before it: what takes longer is overtaken, or it would block the chat."""

MOST_TICKETS = 1000
"""How many are kept: those of updates that no handler ever took are forgotten, the oldest first."""


class Turns:
    """Hands out a ticket for each message as it comes; one is due when the owner's ticket before it has ended."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        self._tickets: OrderedDict[int, tuple[asyncio.Event | None, asyncio.Event]] = OrderedDict()
        self._newest: dict[int, asyncio.Event] = {}

    def take(self, update: Update) -> None:
        """Take a ticket for a message of an owner, before anything is awaited for it. A tap needs none."""
        if update.message is None or update.effective_user is None:
            return
        owner = update.effective_user.id
        mine = asyncio.Event()
        self._tickets[update.update_id] = (self._newest.get(owner), mine)
        self._newest[owner] = mine
        while len(self._tickets) > MOST_TICKETS:
            _, (_, ended) = self._tickets.popitem(last=False)
            ended.set()

    async def come(self, update: Update) -> None:
        """Wait until it is this update's turn, or for as long as anybody must wait."""
        before, _ = self._tickets.get(update.update_id, (None, None))
        if before is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(before.wait(), self._patience)

    def end(self, update: Update) -> None:
        """Let the next one be due."""
        _, mine = self._tickets.pop(update.update_id, (None, None))
        if mine is not None:
            mine.set()
