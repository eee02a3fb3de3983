"""What can go wrong at the push of a switch."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.faults.kinds import Refuse, Reset
from sandbox.page.diary import Diary
from sandbox.vonage import PRICE
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class _Trouble:
    """One switch: what it is called and does, and what the diary says when it is turned on and off."""

    label: str
    explained: str
    began: str
    ended: str
    is_on: Callable[[], bool]
    begin: Callable[[], None]
    end: Callable[[], None]


class Troubles:
    """Hold the switches for one world; ports follow once the network has settled, which is the caller's part."""

    def __init__(self, world: World, diary: Diary) -> None:
        self._world = world
        self._diary = diary
        self._lost_answers: int | None = None
        self._credit = world.sms.balance
        self._troubles = {
            "broker": self._down("alpaca", "Broker down", "Alpaca refuses every connection.", "Alpaca"),
            "answers": _Trouble(
                label="Order answers lost",
                explained="Alpaca takes each order, then the line drops before it answers.",
                began="From now on Alpaca takes orders, and the line drops before it answers.",
                ended="Alpaca's answers to orders arrive again.",
                is_on=self._answers_are_lost,
                begin=self._lose_answers,
                end=self._find_answers,
            ),
            "telegram": self._down("telegram", "Telegram down", "Telegram refuses every connection.", "Telegram"),
            "credit": _Trouble(
                label="SMS out of credit",
                explained="Vonage refuses every SMS until there is credit again.",
                began="The SMS account is out of credit.",
                ended="The SMS account has credit again.",
                is_on=lambda: world.sms.balance < PRICE,
                begin=self._spend_credit,
                end=self._restore_credit,
            ),
        }

    def turn(self, name: str, *, on: bool) -> None:
        """Turn a switch, and note it; do nothing when it stands so; raise ValueError for no such switch."""
        if name not in self._troubles:
            raise ValueError(f"there is no switch {name!r}: there are {', '.join(self._troubles)}")
        trouble = self._troubles[name]
        if on == trouble.is_on():
            return
        (trouble.begin if on else trouble.end)()
        self._diary.note(trouble.began if on else trouble.ended)

    def shown(self) -> list[dict[str, object]]:
        """Return every switch and how it stands, ready for JSON."""
        return [
            {"name": name, "label": trouble.label, "explained": trouble.explained, "is_on": trouble.is_on()}
            for name, trouble in self._troubles.items()
        ]

    def _down(self, service: str, label: str, explained: str, called: str) -> _Trouble:
        faults = self._world.faults

        def begin() -> None:
            faults.set(service, Refuse())

        return _Trouble(
            label=label,
            explained=explained,
            began=f"{called} is down: it refuses every connection.",
            ended=f"{called} is back.",
            is_on=lambda: service in faults.refusing(),
            begin=begin,
            end=lambda: faults.admit(service),
        )

    def _answers_are_lost(self) -> bool:
        return self._lost_answers is not None and self._world.faults.left(self._lost_answers) is None

    def _lose_answers(self) -> None:
        fault = Reset(after_acting=True)
        self._lost_answers = self._world.faults.set("alpaca", fault, method="POST", path="/v2/orders")

    def _find_answers(self) -> None:
        self._world.faults.clear(self._lost_answers)
        self._lost_answers = None

    def _spend_credit(self) -> None:
        self._credit = self._world.sms.balance
        self._world.sms.balance = Decimal(0)

    def _restore_credit(self) -> None:
        self._world.sms.balance = self._credit
