"""The limits in force: the newest word counts, whether it was said in the chat or written into the settings."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.routines.limits import ActiveLimits
from core.alerts import AlertKind
from core.limits import Limits
from core.orders import OrderState
from storage import database
from storage.database import Database
from tests.fuzz.house import House, inhabited
from tests.fuzz.talk import Talk


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path / 'limits.db'}") as opened:
        yield opened


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with inhabited(tmp_path) as house:
        yield Talk(house)


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[House]:
    async with inhabited(tmp_path, live=True) as house:
        yield house


def started(books: Database, max_per_day: int | None) -> ActiveLimits:
    limits = ActiveLimits(books, "main", Limits(max_per_day=max_per_day))
    limits.adopt()
    return limits


def test_the_settings_count_at_first_and_the_chat_s_word_over_a_restart(books: Database) -> None:
    assert started(books, 100_00).active().max_per_day == 100_00
    started(books, 100_00).set(Limits(max_per_day=50_00), "telegram user 7", "less")
    assert started(books, 100_00).active().max_per_day == 50_00


def test_a_change_of_the_settings_counts_over_the_chat_s_earlier_word(books: Database) -> None:
    started(books, 100_00).set(Limits(max_per_day=50_00), "telegram user 7", "less")
    assert started(books, 70_00).active().max_per_day == 70_00
    assert started(books, 70_00).adopt() is False


async def test_a_limit_is_changed_by_a_tap_and_counts_from_the_next_run_on(talk: Talk) -> None:
    asked = await talk.say("/limits max 250")
    assert "now off, then $250" in asked
    assert talk.house.services.limits.active().max_per_day is None
    assert "off became $250" in await talk.tap_confirm()
    assert talk.house.services.rules.policy.max_per_day == 250_00
    assert "max" in await talk.say("/limits")


async def test_a_question_about_a_limit_that_was_changed_meanwhile_changes_nothing(talk: Talk) -> None:
    await talk.say("/limits reserve 100")
    talk.house.services.limits.set(Limits(reserve=7_00), "another owner", "meanwhile")
    assert "was changed meanwhile" in await talk.tap_confirm()
    assert talk.house.services.limits.active().reserve == 7_00


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("max", "Write the limit's name"),
        ("most 5", "Write the limit's name"),
        ("max five", "'five' is not an amount"),
        ("max 0.001", "'0.001' is not an amount"),
        ("max 1e400", "is not an amount"),
        ("reserve off", "cannot be switched off"),
        ("max 1", "$1 a day is too low"),
    ],
)
async def test_a_limit_that_cannot_be_is_answered_with_why_and_an_example(talk: Talk, words: str, why: str) -> None:
    answer = await talk.say(f"/limits {words}")
    assert why in answer
    assert "/limits max 500" in answer
    assert talk.house.waiting() == set()


async def test_a_live_account_says_so_and_asks_twice_above_the_limit(live: House) -> None:
    live.services.limits.set(Limits(ask_twice_above=1000_00), "telegram user 7", "careful")
    talk = Talk(live)
    asked = await talk.say("/invest")
    assert "LIVE: the plan" in asked
    again = await talk.tap_confirm()
    assert "LIVE: $5000 of real money" in again
    assert live.state()["runs"] == 0
    await talk.tap_confirm()
    (run,) = live.services.records.ledger.recent_runs(1)
    assert {order.state for order in run.run.orders} == {OrderState.FILLED}


async def test_a_live_account_asks_once_at_or_below_the_limit(live: House) -> None:
    live.services.limits.set(Limits(ask_twice_above=5000_00), "telegram user 7", "careful")
    talk = Talk(live)
    await talk.say("/invest")
    await talk.tap_confirm()
    assert live.state()["runs"] == 1


async def test_the_other_owners_hear_of_a_changed_limit(talk: Talk) -> None:
    await talk.say("/limits reserve 100")
    await talk.tap_confirm()
    said = talk.house.services.records.outbox.recent(1)[0].alert
    assert said.kind is AlertKind.CHANGED
    assert said.text == "Telegram user 7 changed a limit. Cash that is never invested: $0 became $100."
