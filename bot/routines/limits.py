"""The limits in force: those of the settings at first, and whatever was said last from then on."""

from bot.records import now
from bot.settings.model import Settings
from core.limits import Limits
from core.routines.invest import Policy
from storage.choices import Choices
from storage.database import Database

SUBJECT = "limits"
SETTINGS = "settings"

HISTORY = 1000
"""How far back the last word of the settings is looked for."""


class ActiveLimits:
    """The limits of an account, with their history."""

    def __init__(self, database: Database, account: str, starting: Limits) -> None:
        self._choices = Choices(database, account, SUBJECT, Limits)
        self._starting = starting

    def adopt(self) -> bool:
        """Store the settings' limits if these have changed since they were last stored; return whether that was so.

        The newest word counts, whether it was said in the chat or written into the settings.
        """
        by_settings = next((one.value for one in self._choices.history(HISTORY) if one.by == SETTINGS), None)
        if by_settings == self._starting:
            return False
        why = "the starting limits" if by_settings is None else "the settings were changed"
        self._choices.set(self._starting, SETTINGS, why, now())
        return True

    def active(self) -> Limits:
        """Return the limits in force."""
        active = self._choices.active()
        return active[1] if active is not None else self._starting

    def set(self, limits: Limits, by: str, why: str) -> None:
        """Commit other limits; they count from the next run on."""
        self._choices.set(limits, by, why, now())

    def policy(self) -> Policy:
        """Return the limits in force as the routines want them."""
        limits = self.active()
        return Policy(limits.kept_back, limits.minimums, limits.max_per_day, limits.max_per_order)


def starting(settings: Settings) -> Limits:
    """Return the settings' limits."""
    rules = settings.investing
    return Limits(
        reserve=rules.reserve,
        max_per_day=rules.max_per_day,
        minimums=rules.minimums,
        ask_twice_above=rules.ask_twice_above,
        max_per_order=rules.max_per_order,
    )
