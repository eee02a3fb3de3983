"""Alerts: what is said to the owner, before any channel lays it out."""

from dataclasses import dataclass, replace
from enum import StrEnum

from core.reporting.pictures import Picture


class AlertKind(StrEnum):
    """What an alert is about."""

    EXECUTED = "executed"
    SKIPPED = "skipped"
    MISSED = "missed"
    FAILED = "failed"
    FOLLOW_UP = "follow_up"
    CLOSE_REPORT = "close_report"
    VARIANCE = "variance"
    TROUBLE = "trouble"
    CONFIRM = "confirm"
    CHANGED = "changed"


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
    `summary` takes the text's place where that is too long for an SMS. `tables` come below the first one, and
    `pictures` follow the words on a screen.
    """

    kind: AlertKind
    text: str
    title: str = ""
    table: Table | None = None
    notes: tuple[str, ...] = ()
    confirmation: str | None = None
    summary: str = ""
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()


_OF_MONEY = frozenset(AlertKind) - {AlertKind.TROUBLE}


def marked_live(alert: Alert) -> Alert:
    """Return an alert of a live account as it is said: what is about money begins with LIVE."""
    if alert.kind not in _OF_MONEY:
        return alert
    return replace(
        alert,
        text=f"LIVE: {alert.text}",
        title=f"LIVE: {alert.title}" if alert.title else "",
        summary=f"LIVE: {alert.summary}" if alert.summary else "",
    )
