"""The wording of alert preferences: what each kind of alert is, what is chosen, and what was changed."""

from collections.abc import Mapping

from core.alerts import AlertKind, Table
from core.preferences import CAN_WAIT, ESSENTIAL, SILENT_CHANNELS, AlertPreferences, Mode, QuietHours

ABOUT = {
    AlertKind.EXECUTED: "What a run bought.",
    AlertKind.SKIPPED: "Why nothing was bought on a day.",
    AlertKind.MISSED: "What could not be done in its time.",
    AlertKind.FAILED: "Something broke inside Allocator.",
    AlertKind.FOLLOW_UP: "What became of orders that were still open.",
    AlertKind.CLOSE_REPORT: "How each sector did, after every close.",
    AlertKind.VARIANCE: "How far the account is from its target, at the week's end.",
    AlertKind.TROUBLE: "Alpaca, a channel or a stranger needs your attention.",
    AlertKind.CONFIRM: "A question that waits for your tap.",
    AlertKind.CHANGED: "What an owner changed: the allocation, a limit, a pause.",
}

_NAMES = {
    AlertKind.CONFIRM: "Question",
    AlertKind.FOLLOW_UP: "Late fill",
    AlertKind.CHANGED: "Change",
}

LEGEND = (
    "On: with a sound. Silent: shown without one. Off: not sent. A tap on a button changes it; a tap on a name says "
    "what it is."
)


def name(kind: AlertKind) -> str:
    """Return how a kind of alert is called: `Close report`."""
    return _NAMES.get(kind, kind.replace("_", " ").capitalize())


def about(kind: AlertKind) -> str:
    """Return what a kind of alert is, and what cannot be done with it, as sentences."""
    told = [ABOUT[kind]]
    if kind in ESSENTIAL:
        told.append("It must stay on or silent on one channel at least.")
    if kind in CAN_WAIT:
        told.append("Quiet hours apply to it.")
    return " ".join(told)


def table(preferences: AlertPreferences, channels: Mapping[str, str]) -> Table:
    """Return what is chosen of each kind on each channel; `channels` are their names and titles."""
    return Table(
        ("Alert", *channels.values()),
        tuple((name(kind), *(preferences.chosen(kind, channel) for channel in channels)) for kind in AlertKind),
    )


def quiet(hours: QuietHours | None) -> str:
    """Return the quiet hours as a sentence."""
    if hours is None:
        return "There are no quiet hours."
    return (
        f"Quiet hours: {hours.begins:%H:%M} to {hours.ends:%H:%M} {hours.zone}. Reports come silently then, by SMS "
        "after them; alerts about money come at any hour."
    )


def following(mode: Mode, channel: str) -> Mode:
    """Return what a tap makes of a mode: on, silent, off, and on again; a phone rings for every SMS."""
    modes = [mode for mode in Mode if mode is not Mode.SILENT or channel in SILENT_CHANNELS]
    return modes[(modes.index(mode) + 1) % len(modes)] if mode in modes else Mode.ON


def changed(kind: AlertKind, title: str, mode: Mode) -> str:
    """Return a change as a clause: `Close report alerts by SMS are off`."""
    return f"{name(kind)} alerts by {title} are {mode}"
