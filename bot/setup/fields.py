"""A field of the settings: how it is asked for, and what is wrong with an answer to it."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from bot.settings.file import words
from bot.settings.model import (
    AlpacaSettings,
    InvestingSettings,
    Part,
    StorageSettings,
    TelegramSettings,
    VonageSettings,
)
from bot.setup.questions import Question

_SECTIONS: dict[str, type[Part]] = {
    "alpaca": AlpacaSettings,
    "telegram": TelegramSettings,
    "vonage": VonageSettings,
    "storage": StorageSettings,
    "investing": InvestingSettings,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A key of the settings, such as `alpaca.key_id`, and how it is asked for.

    `judged` returns what is wrong with an answer, where it may be more than the settings hold, or less.
    """

    key: str
    question: Question
    is_secret: bool = False
    judged: Callable[[str], str | None] | None = None

    def trouble(self, answer: str, named: str | None = None) -> str | None:
        """Return what is wrong with an answer, as a clause with the value unless that is a secret; None for a good one.

        `named` is what the clause begins with, otherwise the key's own name.
        """
        why = by_the_settings(self.key, answer) if self.judged is None else self.judged(answer)
        shown = "" if self.is_secret else f" {answer!r}"
        return None if why is None else f"{named or self.key.rpartition('.')[2]}{shown} {why}"


def by_the_settings(key: str, value: str) -> str | None:
    """Return what the settings say of one value alone, None where they would take it."""
    section, _, name = key.partition(".")
    try:
        _SECTIONS[section].model_validate({name: value})
    except ValidationError as error:
        # The others are missing, and nobody has asked for them.
        return "; ".join(words(one) for one in error.errors(include_url=False) if one["loc"][:1] == (name,)) or None
    return None
