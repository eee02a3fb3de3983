"""Which alerts the owners chose to get, by which channel and when."""

from dataclasses import dataclass

from bot.records import Records, now
from core.preferences import AlertPreferences
from storage.choices import ALERTS, Choices


@dataclass(frozen=True, slots=True)
class Chosen:
    """The preferences in force, and the number of their version; 0 while nobody has chosen anything."""

    number: int
    value: AlertPreferences


def active(records: Records) -> Chosen:
    """Return the preferences in force."""
    return Chosen(*(_choices(records).active() or (0, AlertPreferences())))


def replace(records: Records, before: Chosen, value: AlertPreferences, by: str, why: str) -> Chosen | None:
    """Commit other preferences; None, with nothing changed, when those before are not in force any more."""
    number = _choices(records).replace(before.number, value, by, why, now())
    return None if number is None else Chosen(number, value)


def _choices(records: Records) -> Choices[AlertPreferences]:
    return Choices(records.database, records.account, ALERTS, AlertPreferences)
