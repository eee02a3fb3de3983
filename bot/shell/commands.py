"""What the shell's commands do, and what they print."""

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bot import app, service
from bot.allocations.acceptance import UnusableAllocation, accept_starting
from bot.app import Core
from bot.delivery import Pump
from bot.exits import FAILED, MISCONFIGURED, OK
from bot.operations import logs
from bot.operations.ending import Ending
from bot.records import now
from bot.routines.offers import Closed, Offer, Refusal
from bot.settings.file import SettingsError, load
from bot.settings.model import Settings
from core.investing import Plan
from core.messages import run_messages, skip_messages
from core.money import as_text
from core.ports import BrokerAway
from core.routines.invest import Decision, ending
from core.runs import Run, RunKey, RunState
from storage import database
from storage.database import Database
from storage.errors import AlreadyRunning, StorageError
from storage.outcomes import Missed

TELL_SECONDS = 20.0
"""How long the alert of a run may take to go out; what is left is sent by the service."""


def run(settings_file: Path | None, ending: Ending) -> int:
    """Run the service."""
    # Only the service writes the log's file: two processes cannot begin one file anew.
    return with_settings(settings_file, partial(service.serve, ending=ending), log_to_file=True)


def invest(settings_file: Path | None, *, dry_run: bool, asks: bool, confirmed: bool, as_json: bool) -> int:
    """Invest once, or only show the plan. `confirmed`: the owner has said yes in advance."""

    def work(settings: Settings) -> int:
        if dry_run:
            with readable(settings) as books, app.core_over(settings, books, looking=True) as core:
                return _show(core, as_json=as_json)
        with app.opened(settings) as books, app.core_over(settings, books) as core:
            if core.rules.live and not core.records.ledger.has_invested() and not (asks or confirmed):
                complain("the first investment on this live account needs your word: use a terminal, or --yes")
                return FAILED
            return _invest(settings, core, asks=asks, as_json=as_json)

    return with_settings(settings_file, work)


@contextmanager
def readable(settings: Settings) -> Iterator[Database]:
    """Open the database to read, up to date and with an accepted allocation unless a service sees to that."""
    with contextlib.suppress(AlreadyRunning), app.opened(settings) as made, app.core_over(settings, made) as core:
        accept_starting(core.records, core.ports.broker, settings.allocation)
    with database.open_to_read(settings.storage.url) as books:
        yield books


def with_settings(settings_file: Path | None, work: Callable[[Settings], int], *, log_to_file: bool = False) -> int:
    """Do a command's work with the settings, and return its exit code; what stops it is said on standard error."""
    try:
        loaded = load(settings_file)
        settings = loaded.settings
        file = settings.logs.file if log_to_file else None
        try:
            logs.configure(_secrets(settings), _numbers(settings), file=file)
        except OSError as error:
            raise SettingsError(f"logs.file {file} cannot be written ({error.strerror}): name another one") from None
        for warning in loaded.warnings:
            complain(f"warning: {warning}")
        return work(settings)
    except SettingsError as error:
        complain(str(error))
        return MISCONFIGURED
    except AlreadyRunning:
        complain("the service is running: use the chat")
        return FAILED
    except (StorageError, UnusableAllocation) as error:
        complain(str(error))
        return MISCONFIGURED
    except BrokerAway as error:
        complain(f"Alpaca cannot be reached: {error}. Nothing was ordered; try again when it answers.")
        return FAILED
    except BrokenPipeError:
        raise
    except Exception:
        # Through the log, because that strikes the secrets out of the traceback.
        logging.getLogger(__name__).exception("allocator ends by an error that nobody expected")
        return FAILED


def _secrets(settings: Settings) -> list[str]:
    vonage = settings.vonage
    held = [settings.alpaca.key_id, settings.alpaca.secret_key, settings.telegram.token]
    held += [vonage.api_key, vonage.api_secret] if vonage else []
    return [secret.get_secret_value() for secret in held]


def _numbers(settings: Settings) -> list[str]:
    phones = [settings.vonage.recipient, settings.vonage.sender] if settings.vonage else []
    return [*map(str, settings.telegram.owner_ids), *(phone for phone in phones if phone.isdecimal())]


def _show(core: Core, *, as_json: bool) -> int:
    offers = core.offers()
    match offers.make():
        case Closed(text):
            # What whoever looks in the evening wants to know is what the morning brings.
            key, decision = offers.coming()
            _print(_coming_as_data(key, decision, text) if as_json else _coming_as_text(key, decision, text))
        case Refusal(text):
            _print({"plan": None, "reason": text} if as_json else text)
        case Offer() as offer:
            _print(_plan_as_data(offer.key, offer.plan, None) if as_json else _plan_as_text(offer.plan))
    return OK


def _invest(settings: Settings, core: Core, *, asks: bool, as_json: bool) -> int:
    core.rounds(settings).catch_up()
    offers = core.offers()
    offer = offers.make()
    audit = core.records.audit
    if isinstance(offer, Refusal):
        audit.note("shell", "invest", offer.text, now())
        asyncio.run(tell(settings, core))
        _print({"plan": None, "reason": offer.text} if as_json else offer.text)
        return FAILED
    if asks and not _agreed(offer):
        audit.note("shell", "invest", "declined", now())
        complain("Nothing was bought.")
        return FAILED
    audit.note("shell", "invest", f"plan of {as_text(offer.plan.cash)}", now())
    try:
        done = offers.carry_out(offer)
    except BrokerAway as error:
        if core.records.ledger.run(offer.key) is None:
            raise
        complain(
            f"Alpaca stopped answering in the middle: {error}. Orders may have been taken. Start the service, or run "
            "this command again: it looks every order up first, and sends none twice."
        )
        return FAILED
    asyncio.run(tell(settings, core))
    _print(_run_as_data(done) if as_json else _run_as_text(core, done))
    return OK if done.state is RunState.DONE else FAILED


def _agreed(offer: Offer) -> bool:
    complain(_plan_as_text(offer.plan))
    complain(f"Invest {as_text(offer.plan.cash)}? [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _run_as_text(core: Core, done: Run) -> str:
    match core.records.ledger.outcome(done.key):
        case None if done.state.is_final:
            return ending(done)[1].text
        case None:
            return "Some orders have no answer yet. Start the service, or run this command again: it looks them up."
        case Missed(reason):
            return reason
        case skip:
            return skip_messages.reason(skip)


async def tell(settings: Settings, core: Core) -> None:
    """Send what is in the outbox, for a while; the service sends what is left."""
    built, _ = app.application(settings)
    pump = Pump(core.records, app.channels(settings, built, core.charts), live=core.rules.live)
    try:
        await pump.flush(TELL_SECONDS)
    finally:
        # The bot was not initialised, which would ask Telegram who it is; so only its connections are there to close.
        await built.bot.request.shutdown()


def _coming_as_text(key: RunKey, decision: Decision, why_not_now: str) -> str:
    if not isinstance(decision.answer, Plan):
        return f"{why_not_now}\n{skip_messages.refusal(decision.answer)}"
    lead = f"{why_not_now} As things are now, the run of {key.day:%a %-d %b} would buy:"
    return f"{lead}\n{_plan_as_text(decision.answer)}"


def _coming_as_data(key: RunKey, decision: Decision, why_not_now: str) -> dict[str, Any]:
    if isinstance(decision.answer, Plan):
        return _plan_as_data(key, decision.answer, why_not_now)
    return {"plan": None, "reason": f"{why_not_now} {skip_messages.refusal(decision.answer)}"}


def _plan_as_text(plan: Plan) -> str:
    table = run_messages.plan_table(plan)
    rows = [*table.rows, *table.totals]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"{name:<{widths[0]}}  {symbol:<{widths[1]}}  {amount:>{widths[2]}}" for name, symbol, amount in rows]
    return "\n".join([*lines, *(f"{trouble}: its order would fail." for trouble in plan.troubles.values())])


def _plan_as_data(key: RunKey, plan: Plan, why_not_now: str | None) -> dict[str, Any]:
    intents = [
        {"client_order_id": one.client_order_id, "sector": one.sector, "symbol": one.symbol, "cents": one.notional}
        for one in plan.intents
    ]
    return {"plan": {"day": key.day.isoformat(), "cents": plan.cash, "intents": intents}, "reason": why_not_now}


def _run_as_data(done: Run) -> dict[str, Any]:
    orders = [
        {
            "client_order_id": order.intent.client_order_id,
            "symbol": order.intent.symbol,
            "cents": order.intent.notional,
            "state": order.state,
            "filled_cents": order.filled,
            "filled_quantity": str(order.filled_quantity),
            "reason": order.reason,
        }
        for order in done.orders
    ]
    return {"day": done.key.day.isoformat(), "number": done.key.number, "state": done.state, "orders": orders}


def _print(result: str | dict[str, Any]) -> None:
    say(result if isinstance(result, str) else json.dumps(result, indent=2))


def say(text: str) -> None:
    """Print a line, or several, on standard output."""
    sys.stdout.write(f"{text}\n")


def complain(text: str, end: str = "\n") -> None:
    """Say something on standard error."""
    sys.stderr.write(text + end)
    sys.stderr.flush()
