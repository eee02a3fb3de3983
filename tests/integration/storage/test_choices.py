"""The owner's choices: every version is kept, the newest is active, and older ones outlive new fields."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from core.alerts import AlertKind
from core.preferences import AlertPreferences, Mode, QuietHours
from storage import database
from storage.choices import Choices, ChoiceVersion
from storage.database import Database

NOW = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Limits:
    reserve: int
    share: Decimal | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class LaterLimits:
    """What a later version makes of them: a field was added, one was removed."""

    reserve: int
    until: date | None = None
    smallest: int = 100
    kinds: tuple[AlertKind, ...] = (AlertKind.FAILED,)


FIRST = Limits(5_000, Decimal("0.10"), date(2026, 12, 1))
SECOND = Limits(7_000)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path}/allocator.db") as found:
        yield found


@pytest.fixture
def limits(opened: Database) -> Choices[Limits]:
    return Choices(opened, "main", "limits", Limits)


def test_the_newest_choice_is_active_and_every_version_is_kept(limits: Choices[Limits]) -> None:
    assert limits.active() is None
    assert limits.set(FIRST, "7", "from the chat", NOW) == 1
    assert limits.set(SECOND, "8", "second thoughts", LATER) == 2
    assert limits.active() == (2, SECOND)
    assert limits.history(5) == (
        ChoiceVersion(2, SECOND, "8", "second thoughts", LATER),
        ChoiceVersion(1, FIRST, "7", "from the chat", NOW),
    )
    assert limits.history(1) == limits.history(5)[:1]
    assert limits.version(1) == ChoiceVersion(1, FIRST, "7", "from the chat", NOW)
    assert limits.version(3) is None


def test_a_decimal_comes_back_with_its_last_zero(limits: Choices[Limits]) -> None:
    limits.set(FIRST, "7", "from the chat", NOW)
    active = limits.active()
    assert active is not None
    assert str(active[1].share) == "0.10"


def test_the_settings_choice_counts_only_at_the_very_start(limits: Choices[Limits]) -> None:
    assert limits.start_with(FIRST, NOW)
    assert not limits.start_with(SECOND, LATER)
    assert limits.active() == (1, FIRST)


def test_a_choice_is_of_one_subject_and_one_account(limits: Choices[Limits], opened: Database) -> None:
    limits.set(FIRST, "7", "from the chat", NOW)
    for other in (Choices(opened, "main", "cash", Limits), Choices(opened, "other", "limits", Limits)):
        assert other.active() is None
        assert other.set(SECOND, "7", "from the chat", NOW) == 1
    assert limits.active() == (1, FIRST)


def test_an_old_choice_takes_the_defaults_of_fields_that_were_added_later(
    limits: Choices[Limits], opened: Database
) -> None:
    limits.set(FIRST, "7", "from the chat", NOW)
    later = Choices(opened, "main", "limits", LaterLimits)
    assert later.active() == (1, LaterLimits(5_000, date(2026, 12, 1), 100, (AlertKind.FAILED,)))


def test_alert_preferences_come_back_whole(opened: Database) -> None:
    choices = Choices(opened, "main", "alerts", AlertPreferences)
    chosen = AlertPreferences(
        ((AlertKind.CLOSE_REPORT, "sms", Mode.OFF), (AlertKind.VARIANCE, "telegram", Mode.SILENT)),
        QuietHours(time(22), time(6, 30), "Europe/Berlin"),
    )
    choices.set(chosen, "7", "from the chat", NOW)
    assert choices.active() == (1, chosen)


@pytest.mark.parametrize("change", ["UPDATE choice_version SET account = 'x'", "DELETE FROM choice_version"])
def test_a_choice_cannot_be_changed_or_removed(limits: Choices[Limits], opened: Database, change: str) -> None:
    limits.set(FIRST, "7", "from the chat", NOW)
    with pytest.raises(IntegrityError, match="choice_version is append only"), opened.writing() as session:
        session.connection().exec_driver_sql(change)


def test_two_who_choose_at_once_both_get_a_number(limits: Choices[Limits]) -> None:
    gate = Barrier(4)

    def tap(owner: int) -> int:
        gate.wait()
        return limits.set(SECOND, str(owner), "from the chat", NOW)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(tap, range(4))) == [1, 2, 3, 4]
