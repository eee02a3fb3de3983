"""How each channel does: what waits for it, and whether the last alert came through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.chat import owners
from bot.records import Records
from bot.views import clocks
from core.messages import plurals
from storage.outbox import Recipient
from storage.outbox_tables import DeliveryState
from storage.said import OPEN, DeliveryStatus, SaidAlert

LOOKED_AT = 30
"""How many of the newest alerts tell how a channel does."""

SMS = "sms"


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One recipient's channel: its name with whom it reaches, and how it does, in words."""

    name: str
    words: str


def states(records: Records, titles: Mapping[str, str], zone: ZoneInfo | None, owner: int) -> list[ChannelState]:
    """Return how each recipient's channel does."""
    recent = records.outbox.recent(LOOKED_AT)
    return [
        ChannelState(_name(one, titles, owner), in_words(one, recent, records.outbox.undelivered_count(one), zone))
        for one in records.outbox.recipients
    ]


def in_words(one: Recipient, recent: Sequence[SaidAlert], waiting: int, zone: ZoneInfo | None) -> str:
    """Return how a recipient's channel does. `recent` are the newest alerts, newest first."""
    mine = [(said, delivery) for said in recent for delivery in said.deliveries if delivery.recipient == one]
    if waiting:
        errors = [delivery.error for _, delivery in mine if delivery.state in OPEN and delivery.error]
        why = f": {errors[-1]}" if errors else ""
        return f"{plurals.count(waiting, 'delivery', 'deliveries')} waiting{why}"
    newest = max((delivery for _, delivery in mine if delivery.ended_at), key=_end, default=None)
    if newest is None:
        return "nothing was sent yet"
    at = clocks.local(_end(newest), zone)
    if newest.state is DeliveryState.GIVEN_UP:
        return f"the last delivery was given up ({at}): {newest.error}"
    return f"delivers, last {at}"


def segments_of_month(records: Records, at: datetime, zone: ZoneInfo | None) -> int | None:
    """Return how many SMS segments were billed since the owner's month began, None where there is no SMS."""
    if all(one.channel != SMS for one in records.outbox.recipients):
        return None
    begins = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return records.outbox.segments_since(begins)


def _name(one: Recipient, titles: Mapping[str, str], owner: int) -> str:
    return f"{titles.get(one.channel, one.channel)} to {owners.recipient(one, owner)}"


def _end(delivery: DeliveryStatus) -> datetime:
    return delivery.ended_at or datetime.min.replace(tzinfo=UTC)
