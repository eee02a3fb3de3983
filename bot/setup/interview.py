"""The interview: each answer comes from an option, from the environment, from what stands there, or from a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.setup.fields import Field
from bot.setup.questions import Prompter, Question


class Stopped(Exception):
    """The setting up ends here, and nothing was written; the text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was given in advance: values by key, a whole allocation as text or a preset's key, and decisions.

    `variables` names the environment variable of each value that came from one, and `unreadable` says what was given
    and could not be read.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    allocation: str | None = None
    preset: str | None = None
    live: bool = False
    sms: bool | None = None
    test: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()


class Interview:
    """Takes answers. `present` is what the settings file says, empty for a new one."""

    def __init__(self, prompter: Prompter, given: Given, present: Mapping[str, Any]) -> None:
        self.prompter = prompter
        self.given = given
        self.present = present
        self._answered: dict[str, str] = {}
        self._earlier: dict[str, str] = {}
        self._overruled: set[str] = set()
        self._useless: set[str] = set()

    def standing(self, key: str) -> str | None:
        """Return what the file says of a key, None where it says nothing."""
        section, _, name = key.partition(".")
        value = self.present.get(section, {}).get(name)
        if isinstance(value, list):
            return ", ".join(map(str, value)) or None
        return None if value in (None, "") else str(value)

    def in_advance(self, key: str) -> str | None:
        """Return what was given in advance for a key, unless it was asked for anew."""
        return None if key in self._overruled else self.given.values.get(key)

    def kept(self, key: str) -> str | None:
        """Return what is kept where nothing else is answered, None where there is nothing, or nothing of use."""
        return None if key in self._useless else self._earlier.get(key) or self.standing(key)

    def take(self, asked: Field, usual: str | None = None) -> str:
        """Return an answer that the settings can hold; it is asked for once, unless it is wrong. Raises Unanswered."""
        while True:
            answer = self.in_advance(asked.key) or self._answered.get(asked.key)
            if answer is None:
                kept = self.kept(asked.key) or (None if asked.key in self._useless else usual)
                ask = self.prompter.ask_secret if asked.is_secret else self.prompter.ask
                answer = self._answered[asked.key] = ask(asked.question, kept)
            if (trouble := asked.trouble(answer)) is None:
                return answer
            self.wrong(trouble, asked)

    def unasked(self, field: Field, usual: str) -> str:
        """Return what nobody is asked for: what was given, what stands there, or the usual. Raises Stopped."""
        value = self.in_advance(field.key) or self.standing(field.key) or usual
        if (trouble := field.trouble(value)) is not None:
            raise Stopped(f"{trouble}: give another one by {field.question.option}, or mend the file")
        return value

    def answer(self, asked: Field, answer: str) -> None:
        """Note what turned out to be the answer."""
        self._answered[asked.key] = answer

    def reopen(self, *fields: Field) -> None:
        """See to it that these are asked for anew; what was answered is kept unless another answer comes."""
        for one in fields:
            if (answer := self.in_advance(one.key) or self._answered.pop(one.key, None)) is not None:
                self._earlier[one.key] = answer
            self._overruled.add(one.key)
            self._useless.discard(one.key)

    def wrong(self, problem: str, *fields: Field) -> None:
        """Say that answers are of no use, and see to it that they are asked for anew. Raises Stopped without a person.

        `problem` is a clause.
        """
        if not self.prompter.is_person:
            options = " and ".join(one.question.option for one in fields)
            raise Stopped(f"{problem}: give {'others' if len(fields) > 1 else 'another one'} by {options}")
        answers = {one.key: self.in_advance(one.key) or self._answered.get(one.key) for one in fields}
        # What stands is offered again after a wrong answer, but not when it was itself what was wrong.
        if all(answer == self.kept(key) for key, answer in answers.items()):
            self._useless.update(answers)
        for key in answers:
            self._overruled.add(key)
            self._answered.pop(key, None)
        self.prompter.say(f"{problem}. Please answer again.")

    def away(self, problem: str) -> None:
        """Say that something cannot be tried, and return to try again. Raises Stopped where that is not wanted."""
        again = Question("Try again?", "--yes")
        if not self.prompter.is_person or not self.prompter.agrees(_said(problem, again), usually=True):
            raise Stopped(f"{problem}: look at this machine's network and the address, then run it again")


def _said(problem: str, question: Question) -> Question:
    return Question(f"{problem}. {question.text}", question.option)
