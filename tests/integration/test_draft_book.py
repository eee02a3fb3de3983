"""Drafts as they are kept: one for each owner, one token for each state, across restarts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.commands.allocation.book import Book
from bot.records import Records, now
from core.allocation import Allocation, Sector
from core.drafting import drafts
from core.drafting.drafts import Draft
from storage import database

ALL = Allocation((Sector("Stocks", "VOO", 6_000), Sector("Bonds", "AGG", 4_000)))
OWNER, OTHER = 1001, 2002


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with database.open(f"sqlite:///{tmp_path}/allocator.db") as books:
        yield Records.over(books, ())


def changed(draft: Draft, weight: int) -> Draft:
    result = drafts.with_weight(draft, "VOO", weight)
    assert isinstance(result, Draft)
    return result


def test_a_draft_begins_with_the_active_allocation(records: Records) -> None:
    assert Book(records, OWNER).start() == Draft(())
    records.allocations.set(ALL, "settings", "", now())
    assert Book(records, OWNER).start() == Draft.of(ALL)


def test_a_state_can_be_left_only_once(records: Records) -> None:
    book = Book(records, OWNER)
    first = book.put(Draft.of(ALL))
    second = book.advance(first, changed(first.draft, 5_000))
    assert second is not None
    assert book.advance(first, changed(first.draft, 7_000)) is None
    assert book.newest() == second
    assert book.find(first.token) is None
    assert book.find(second.token) == second


def test_a_new_draft_takes_the_place_of_the_old_one(records: Records) -> None:
    book = Book(records, OWNER)
    old = book.put(Draft.of(ALL))
    new = book.put(changed(old.draft, 1))
    assert book.find(old.token) is None
    assert book.start() == new.draft


def test_each_owner_has_a_draft_of_their_own(records: Records) -> None:
    mine, theirs = Book(records, OWNER), Book(records, OTHER)
    kept = mine.put(Draft.of(ALL))
    assert theirs.newest() is None
    assert theirs.find(kept.token) is None
    assert not theirs.close(kept.token)
    theirs.put(changed(kept.draft, 1))
    assert mine.newest() == kept


def test_a_draft_that_is_closed_is_gone(records: Records) -> None:
    book = Book(records, OWNER)
    kept = book.put(Draft.of(ALL))
    assert book.close(kept.token)
    assert not book.close(kept.token)
    assert book.newest() is None
