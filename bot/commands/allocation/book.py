"""Where drafts are kept: one for each owner, in the database, and every state of it under a token of its own.

A button carries the token of the state that it was shown with. Changing a draft uses the token up and gives out a new
one, in the database, so neither a double tap nor a button of an old message can act on what it did not show.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.records import Records, now
from core.allocation import Allocation, Sector
from core.drafting.drafts import Draft, DraftSector
from storage.confirmations import Taken

KIND = "allocation_draft"
STANDS = timedelta(days=30)
"""How long a draft waits for its next change."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft as it is kept, and the token of this state."""

    token: str
    draft: Draft


class Book:
    """The draft of one owner. Synchronous: it is used in a thread."""

    def __init__(self, records: Records, owner: int) -> None:
        self._records = records
        self._owner = owner

    def newest(self) -> Kept | None:
        """Return the owner's draft, None when there is none."""
        kept = self._waiting()
        return kept[-1] if kept else None

    def find(self, token: str) -> Kept | None:
        """Return the state of this token if it still is the draft's, None when the draft has moved on."""
        newest = self.newest()
        return newest if newest is not None and newest.token == token else None

    def start(self) -> Draft:
        """Return where a change by text begins: the draft, otherwise the active allocation."""
        newest = self.newest()
        active = self._records.allocations.active()
        if newest is not None:
            return newest.draft
        return Draft.of(active[1]) if active is not None else Draft(())

    def put(self, draft: Draft) -> Kept:
        """Commit a draft in the place of the owner's earlier one, if there is any."""
        kept = self._ask(draft)
        for earlier in self._waiting():
            if earlier.token != kept.token:
                self.close(earlier.token)
        return kept

    def advance(self, before: Kept, draft: Draft) -> Kept | None:
        """Commit the next state of a draft; None, with nothing changed, when it has moved on from `before` already."""
        # The new state comes first: a process that is killed in between has two of them, not none.
        kept = self._ask(draft)
        if self.close(before.token):
            return kept
        self.close(kept.token)
        return None

    def close(self, token: str) -> bool:
        """Commit that a state is over; return whether it was still the draft's."""
        return isinstance(self._records.confirmations.use(token, self._owner, now()), Taken)

    def _ask(self, draft: Draft) -> Kept:
        at = now()
        payload = {"owner": self._owner, "sectors": as_json(draft)}
        token = self._records.confirmations.ask(KIND, payload, owner=self._owner, at=at, expires=at + STANDS)
        return Kept(token, draft)

    def _waiting(self) -> list[Kept]:
        return [
            Kept(one.token, from_json(one.payload))
            for one in self._records.confirmations.waiting(KIND, now())
            if one.payload["owner"] == self._owner
        ]


def as_json(draft: Draft) -> list[list[str | int | None]]:
    """Return a draft's sectors as JSON can hold them."""
    return [[one.name, one.symbol, one.weight] for one in draft.sectors]


def from_json(payload: Mapping[str, Any]) -> Draft:
    """Return the draft that a payload holds."""
    return Draft(tuple(DraftSector(name, symbol, weight) for name, symbol, weight in payload["sectors"]))


def allocation_of(payload: Mapping[str, Any]) -> Allocation:
    """Return the allocation that a payload holds; it was one when it was written."""
    return Allocation(tuple(Sector(name, symbol, weight) for name, symbol, weight in payload["sectors"]))
