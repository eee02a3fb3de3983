"""Alerts: what is said to the owner, before any channel lays it out."""

from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert is about."""

    EXECUTED = "executed"
    SKIPPED = "skipped"
    MISSED = "missed"
    FAILED = "failed"
    FOLLOW_UP = "follow_up"
    TROUBLE = "trouble"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Table:
    """Facts in columns: the first is text, the others are figures."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to say: `text` is whole by itself and goes by SMS; `title`, `table` and `notes` are for a screen.

    `confirmation` is the token of a pending confirmation that the alert asks for, None when it asks nothing.
    """

    kind: AlertKind
    text: str
    title: str = ""
    table: Table | None = None
    notes: tuple[str, ...] = ()
    confirmation: str | None = None
