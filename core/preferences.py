"""Which alerts reach the owner, how loudly, and when they had better wait."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.alerts import AlertKind

CAN_WAIT = frozenset({AlertKind.CLOSE_REPORT, AlertKind.VARIANCE})
"""The reports, which quiet hours apply to. Every other kind is about money that moved, may have moved or did not (a
skipped day can mean a blocked account), or about something broken, and comes at any hour; so does a kind that is added
later, until it is listed here."""

ESSENTIAL = frozenset({AlertKind.EXECUTED, AlertKind.FAILED, AlertKind.TROUBLE, AlertKind.CONFIRM})
"""What at least one channel must go on telling: without it nobody would see what is done with the money."""

SILENT_CHANNELS = frozenset({"telegram"})
"""Channels that can show a message without a sound. A phone rings for every SMS."""

_TITLES = {"telegram": "Telegram", "sms": "SMS"}


class Mode(StrEnum):
    """How an alert comes by a channel; `SILENT` is shown without a sound, `OFF` is not sent."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` to `ends` by the clocks of `zone`, overnight when `ends` is the earlier of the two.

    A zone that this machine does not know makes no hour quiet: an alert too loud is better than none.
    """

    begins: time
    ends: time
    zone: str

    def end_of(self, at: datetime) -> datetime | None:
        """Return when the quiet hours end in which an instant lies, None when it lies in none."""
        zone = _zone(self.zone)
        if zone is None:
            return None
        local = at.astimezone(zone)
        clock = local.time()
        begun, over = clock >= self.begins, clock >= self.ends
        overnight = self.ends < self.begins
        if not ((begun or not over) if overnight else (begun and not over)):
            return None
        day = local.date() + timedelta(days=1) if overnight and begun else local.date()
        # The fold keeps an end in autumn's repeated hour behind the instant itself.
        return datetime.combine(day, self.ends.replace(fold=local.fold), zone).astimezone(at.tzinfo)

    def problems(self) -> tuple[str, ...]:
        """Return what is wrong with them, as sentences; nothing when they can be kept."""
        found = []
        if _zone(self.zone) is None:
            found.append(f"There is no time zone {self.zone!r}: write it like Europe/Berlin or America/New_York.")
        if self.begins == self.ends:
            found.append(
                f"Quiet hours from {self.begins:%H:%M} to {self.ends:%H:%M} are no time at all: end them later."
            )
        if self.begins.tzinfo or self.ends.tzinfo:
            found.append("Quiet hours are by the clocks of their zone: give their times without one.")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class AlertPreferences:
    """What the owner chose of each kind of alert on each channel (by its name); what is not listed is on."""

    modes: tuple[tuple[AlertKind, str, Mode], ...] = ()
    quiet: QuietHours | None = None

    def chosen(self, kind: AlertKind, channel: str) -> Mode:
        """Return what was chosen, quiet hours aside."""
        return next((mode for one, name, mode in self.modes if (one, name) == (kind, channel)), Mode.ON)

    def choosing(self, kind: AlertKind, channel: str, mode: Mode) -> "AlertPreferences":
        """Return these preferences with another choice for a kind on a channel."""
        others = tuple(entry for entry in self.modes if entry[:2] != (kind, channel))
        return replace(self, modes=(*others, (kind, channel, mode)))

    def mode_of(self, kind: AlertKind, channel: str, at: datetime) -> Mode:
        """Return how an alert comes by a channel at an instant: in quiet hours one that can wait makes no sound."""
        mode = self.chosen(kind, channel)
        if mode is Mode.ON and channel in SILENT_CHANNELS and self._quiet_until(kind, at) is not None:
            return Mode.SILENT
        return mode

    def held_until(self, kind: AlertKind, channel: str, at: datetime) -> datetime | None:
        """Return before when an alert must not go out by a channel, None for at once.

        Only a channel that cannot be silent keeps an alert back, until the quiet hours end.
        """
        return None if channel in SILENT_CHANNELS else self._quiet_until(kind, at)

    def channels_for(self, kind: AlertKind, channels: Collection[str]) -> frozenset[str]:
        """Return by which of these channels a kind of alert goes out.

        An essential one that is off on all of them goes out by all: the channel on which it was left on may have been
        taken out of the settings, or may be the one that is in trouble.
        """
        left_on = frozenset(channel for channel in channels if self.chosen(kind, channel) is not Mode.OFF)
        return frozenset(channels) if kind in ESSENTIAL and not left_on else left_on

    def problems(self, channels: Collection[str]) -> tuple[str, ...]:
        """Return what is wrong with them where there are these channels, as sentences; nothing when they can be kept.

        A silent channel counts as one that tells: what it says is there to be read.
        """
        off = [
            f"{_words(kind)} alerts would be off on every channel ({_listed(channels)}): leave one on or silent."
            for kind in AlertKind
            if kind in ESSENTIAL and channels and all(self.chosen(kind, one) is Mode.OFF for one in channels)
        ]
        loud = [
            f"{_words(kind)} alerts cannot be silent by {_title(channel)}, where every message rings: choose on or off."
            for kind, channel, mode in self.modes
            if mode is Mode.SILENT and channel not in SILENT_CHANNELS
        ]
        return (*off, *loud, *(self.quiet.problems() if self.quiet else ()))

    def _quiet_until(self, kind: AlertKind, at: datetime) -> datetime | None:
        return self.quiet.end_of(at) if self.quiet is not None and kind in CAN_WAIT else None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        # ZoneInfo: KeyError for an unknown name, ValueError for one like "../etc", OSError for a folder like "America".
        return None


def _words(kind: AlertKind) -> str:
    return kind.replace("_", " ").capitalize()


def _title(channel: str) -> str:
    return _TITLES.get(channel, channel)


def _listed(channels: Collection[str]) -> str:
    return " and ".join(map(_title, sorted(channels)))
