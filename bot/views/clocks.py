"""By which clocks a time is told: the owner's own, and New York's beside it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.channels import alert_choices
from bot.records import Records
from core.calendar import NEW_YORK
from core.messages import plurals


def owners_zone(records: Records) -> ZoneInfo | None:
    """Return the zone of the quiet hours, which the owner chose; None for this machine's own."""
    quiet = alert_choices.active(records).value.quiet
    try:
        return ZoneInfo(quiet.zone) if quiet is not None else None
    except (LookupError, ValueError, OSError):
        # This machine does not know it, or not any more.
        return None


def moment(instant: datetime, zone: ZoneInfo | None) -> str:
    """Return a time by both clocks: `Fri 27 Nov 15:35 Europe/Berlin (09:35 New York)`; once where they agree."""
    here, there = instant.astimezone(zone), instant.astimezone(NEW_YORK)
    if here.replace(tzinfo=None) == there.replace(tzinfo=None):
        return plurals.moment(instant)
    day = "" if here.date() == there.date() else f"{plurals.day(there.date())} "
    return f"{local(instant, zone)} ({day}{there:%H:%M} New York)"


def local(instant: datetime, zone: ZoneInfo | None) -> str:
    """Return a time by the owner's clock: `Fri 27 Nov 15:35 Europe/Berlin`."""
    here = instant.astimezone(zone)
    return f"{plurals.day(here.date())} {here:%H:%M} {zone.key if zone else here.tzname()}"
