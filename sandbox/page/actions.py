"""What a person can do on the page, by name."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

from sandbox.alpaca.amounts import to_cents
from sandbox.control.bodies import Body, dollars, integer, truth
from sandbox.page.stage import Stage
from sandbox.page.words import moment, money
from sandbox.telegram.entities import utf16_length

Action = Callable[[Body], object]

_MOST_DOLLARS = Decimal(1_000_000)
_LONGEST_MESSAGE = 4096
_CLEARING = timedelta(days=1)


def actions(stage: Stage) -> Mapping[str, Action]:
    """Return what each action does, for the sandbox's loop; they raise KeyError, LookupError or ValueError.

    start {}; say {text}; tap {message, data}: returns the query's id; deposit {amount, clears: now or tomorrow};
    withdraw {amount}; jump {to: open, close or week}; pause {}; play {}; speed {times}; trouble {name, on}; kill {}.
    """
    return {
        **_of_the_chat(stage),
        **_of_the_account(stage),
        **_of_the_clock(stage),
        "trouble": lambda body: stage.troubles.turn(str(body["name"]), on=truth(body, "on")),
        "kill": lambda _body: stage.bot.kill(),
    }


def _of_the_chat(stage: Stage) -> Mapping[str, Action]:
    telegram, owner_id = stage.world.telegram, stage.owner_id

    def say(body: Body) -> int:
        text = str(body["text"]).strip()
        if not text:
            raise ValueError("the message is empty: write something first")
        if (length := utf16_length(text)) > _LONGEST_MESSAGE:
            raise ValueError(f"the message has {length:,} characters, must have at most {_LONGEST_MESSAGE:,}")
        return telegram.say(owner_id, text).id

    def tap(body: Body) -> str:
        message_id = integer(body, "message")
        if all(message.id != message_id for message in telegram.conversation(owner_id)):
            raise ValueError(f"there is no message {message_id} in the chat")
        return telegram.tap(owner_id, message_id, str(body["data"]))

    return {"start": lambda _body: telegram.press_start(owner_id).id, "say": say, "tap": tap}


def _of_the_account(stage: Stage) -> Mapping[str, Action]:
    brokerage = stage.world.brokerage

    def deposit(body: Body) -> None:
        amount, clears = _amount(body), str(body.get("clears", "now"))
        if clears not in {"now", "tomorrow"}:
            raise ValueError(f"clears is {clears!r}, must be now or tomorrow")
        if clears == "now":
            brokerage.deposit(amount)
            stage.diary.note(f"{money(amount)} arrives in the account.")
        else:
            brokerage.deposit(amount, clears_in=_CLEARING)
            arrives = moment(stage.world.clock.now() + _CLEARING)
            stage.diary.note(f"{money(amount)} is on its way to the account, and arrives on {arrives}.")

    def withdraw(body: Body) -> None:
        amount = _amount(body)
        brokerage.withdraw(amount)
        stage.diary.note(f"{money(amount)} leaves the account.")

    return {"deposit": deposit, "withdraw": withdraw}


def _of_the_clock(stage: Stage) -> Mapping[str, Action]:
    clock, diary = stage.clock, stage.diary

    def jump(body: Body) -> None:
        at = clock.jump(str(body["to"]))
        diary.note(f"The clock has jumped to {moment(at)}.")

    def pause(_body: Body) -> None:
        clock.pause()
        diary.note("Time stands still: nothing fills, opens or closes.")

    def play(_body: Body) -> None:
        clock.play()
        diary.note("Time runs again.")

    return {"jump": jump, "pause": pause, "play": play, "speed": lambda body: clock.choose(integer(body, "times"))}


def _amount(body: Body) -> Decimal:
    """Read dollars as a person writes them: `250`, `$1,250.50`."""
    written = str(body["amount"]).strip()
    amount = dollars({"amount": written.removeprefix("$").replace(",", "")})
    if not amount.is_finite() or not 0 < amount <= _MOST_DOLLARS:
        raise ValueError(f"the amount is {written!r}, must be from $0.01 to {money(_MOST_DOLLARS)}")
    if amount != to_cents(amount):
        raise ValueError(f"the amount is {written!r}, must have at most two decimals")
    return amount
