"""The interview: each answer comes from an option, from the environment, from what stands there, or from a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from bot.settings.model import PREFIX
from bot.setup.questions import Prompter, Question


class Stopped(Exception):
    """The setting up ends here, and nothing was written; the text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Field:
    """A key of the settings, such as `alpaca.key_id`, and how it is asked for."""

    key: str
    question: Question
    is_secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that holds it, the same that overrides the settings."""
        return PREFIX + self.key.replace(".", "__").upper()


@dataclass(frozen=True, slots=True)
class Given:
    """What was given in advance: values by key, a whole allocation as text or a preset's key, and decisions."""

    values: Mapping[str, str] = field(default_factory=dict)
    allocation: str | None = None
    preset: str | None = None
    live: bool = False
    sms: bool | None = None
    test: bool = True


class Interview:
    """Takes answers. `present` is what the settings file says, empty for a new one."""

    def __init__(self, prompter: Prompter, given: Given, present: Mapping[str, Any]) -> None:
        self.prompter = prompter
        self.given = given
        self.present = present
        self._refused: set[str] = set()
        self._answered: dict[str, str] = {}

    def standing(self, key: str) -> str | None:
        """Return what the file says of a key, None where it says nothing."""
        section, _, name = key.partition(".")
        value = self.present.get(section, {}).get(name)
        return None if value in (None, "", []) else str(value)

    def in_advance(self, key: str) -> str | None:
        """Return what was given in advance for a key, unless it turned out to be of no use."""
        return None if key in self._refused else self.given.values.get(key)

    def take(self, asked: Field, usual: str | None = None) -> str:
        """Return the answer, which is asked for once unless it turns out wrong. Raises Unanswered."""
        answer = self.in_advance(asked.key) or self._answered.get(asked.key)
        if answer is None:
            standing = None if asked.key in self._refused else self.standing(asked.key) or usual
            ask = self.prompter.ask_secret if asked.is_secret else self.prompter.ask
            answer = self._answered[asked.key] = ask(asked.question, standing)
        return answer

    def wrong(self, problem: str, *fields: Field) -> None:
        """Say that answers are of no use, and see to it that they are asked for anew. Raises Stopped without a person.

        `problem` is a clause.
        """
        if not self.prompter.is_person:
            options = " and ".join(one.question.option for one in fields)
            raise Stopped(f"{problem}: give {'others' if len(fields) > 1 else 'another one'} by {options}")
        for one in fields:
            self._refused.add(one.key)
            self._answered.pop(one.key, None)
        self.prompter.say(f"{problem}. Please answer again.")

    def away(self, problem: str) -> None:
        """Say that something cannot be tried, and return to try again. Raises Stopped where that is not wanted."""
        again = Question("Try again?", "--yes")
        if not self.prompter.is_person or not self.prompter.agrees(_said(problem, again), usually=True):
            raise Stopped(f"{problem}: look at this machine's network and the address, then run it again")


def problems(error: ValidationError) -> str:
    """Return what is wrong with values, without the values: some are secrets."""
    parts = [f"{one['loc'][-1]} {one['msg'].removeprefix('Value error, ')}" for one in error.errors(include_url=False)]
    return "; ".join(parts)


def named(fields: Iterable[Field], error: ValidationError) -> tuple[Field, ...]:
    """Return the fields that an error is about, all of them when it names none."""
    wrong = {str(one["loc"][-1]) for one in error.errors(include_url=False)}
    every = tuple(fields)
    return tuple(one for one in every if one.key.rpartition(".")[2] in wrong) or every


def _said(problem: str, question: Question) -> Question:
    return Question(f"{problem}. {question.text}", question.option)
