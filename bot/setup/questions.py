"""Asking: on a terminal a person answers, elsewhere what is not given is an error that names its option."""

import getpass
import sys
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, where the answer is found, and the option by which a script gives it."""

    text: str
    option: str
    where: str = ""


class Unanswered(Exception):
    """A question without anybody to answer it."""

    def __init__(self, question: Question) -> None:
        super().__init__(f"{question.option} is needed ({question.text}): give it, or answer in a terminal")


class Prompter(Protocol):
    """Somebody to ask. `present` is what stands there already: no answer keeps it."""

    is_person: bool

    def say(self, text: str) -> None:
        """Tell something."""

    def ask(self, question: Question, present: str | None = None) -> str:
        """Return the answer, stripped; raises Unanswered."""

    def ask_secret(self, question: Question, present: str | None = None) -> str:
        """Return an answer that is shown nowhere; raises Unanswered."""

    def agrees(self, question: Question, *, usually: bool) -> bool:
        """Return whether the answer is yes; raises Unanswered where only a person could say so."""

    def paste(self, question: Question) -> str:
        """Return several lines; raises Unanswered."""


class Terminal:
    """A person at a terminal. Secrets are read without echo."""

    is_person = True

    def say(self, text: str) -> None:
        """Print a line."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def ask(self, question: Question, present: str | None = None) -> str:
        """Ask until something is answered; Enter keeps what is present."""
        self._introduce(question)
        while True:
            answer = input(f"{question.text}{f' [{present}]' if present else ''}: ").strip()
            if answer or present is not None:
                return answer or (present or "")
            self._insist()

    def ask_secret(self, question: Question, present: str | None = None) -> str:
        """Ask for a secret; Enter keeps the present one, of which the last characters are shown."""
        self._introduce(question)
        while True:
            # Only of a long secret, of which four characters give nothing away.
            ending = f" [ends in {present[-4:]}]" if present and len(present) >= 16 else " [kept]" if present else ""
            answer = getpass.getpass(f"{question.text}{ending} (not shown): ").strip()
            if answer or present is not None:
                return answer or (present or "")
            self._insist()

    def agrees(self, question: Question, *, usually: bool) -> bool:
        """Ask for yes or no; Enter is the usual answer."""
        self._introduce(question)
        while True:
            answer = input(f"{question.text} [{'Y/n' if usually else 'y/N'}] ").strip().casefold()
            if answer in {"", "y", "yes", "n", "no"}:
                return usually if not answer else answer[0] == "y"
            self.say("Please answer y or n.")

    def paste(self, question: Question) -> str:
        """Read lines up to the first empty one."""
        self.say(f"{question.text}, then an empty line:")
        lines: list[str] = []
        while line := input().rstrip():
            lines.append(line)
        return "\n".join(lines)

    def _insist(self) -> None:
        self.say("There is nothing to keep here, so an answer is needed.")

    def _introduce(self, question: Question) -> None:
        if question.where:
            self.say(f"  {question.where}")


class Nobody:
    """A script, or `--yes`: what is present is kept, and what is missing is an error."""

    is_person = False

    def say(self, text: str) -> None:
        """Print a line."""
        sys.stdout.write(f"{text}\n")

    def ask(self, question: Question, present: str | None = None) -> str:
        """Keep what is present."""
        if present is None:
            raise Unanswered(question)
        return present

    def ask_secret(self, question: Question, present: str | None = None) -> str:
        """Keep what is present."""
        return self.ask(question, present)

    def agrees(self, question: Question, *, usually: bool) -> bool:
        """Take the usual answer, but never a yes that a person has to give."""
        if not usually:
            raise Unanswered(question)
        return usually

    def paste(self, question: Question) -> str:
        """Refuse: there is nobody to paste anything."""
        raise Unanswered(question)
