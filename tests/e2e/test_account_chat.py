"""The account in the chat, after a first investment: one installation, and one test a command and a refusal."""

import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.faults.kinds import Answer
from sandbox.server import Sandbox
from sandbox.telegram.chat import Message
from sandbox.world import World
from tests.e2e.nursery import Nursery
from tests.e2e.trial import PATIENCE, Trial


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Trial]:
    """Invest $250 on Monday; the service runs for the whole module."""
    with Sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        # The service's: until somebody chooses quiet hours, the machine's clock counts.
        patch.setenv("TZ", "UTC")
        prepared = Trial(sandbox, tmp_path_factory.mktemp("account"), nursery)
        try:
            prepared.deposit("250")
            prepared.start()
            prepared.press_start()
            prepared.at(9, 35)
            prepared.told("Orders have been executed")
            prepared.texted("Orders have been executed")
            yield prepared
        finally:
            prepared.close()


def asked(trial: Trial, text: str, part: str) -> Message:
    """Let the owner write, and return the first message from then on that holds `part`."""

    def say(world: World) -> int:
        return world.telegram.say(trial.owner, text).id

    return shown(trial, trial.sandbox.call(say), part)


def shown(trial: Trial, after: int, part: str) -> Message:
    def found(world: World) -> Message | None:
        return next((one for one in world.telegram.messages if one.id > after and part in one.text), None)

    return trial.sandbox.wait_for(found, PATIENCE, f"a new message with {part!r}")


def tapped(trial: Trial, message: Message, button: str) -> None:
    """Let the owner tap a button, named by its label or its data, as soon as the message has or had it."""

    def there(world: World) -> bool:
        now = next(one for one in world.telegram.messages if one.id == message.id)
        return any(button in (one.label, one.data) for state in (now, *now.earlier) for one in state.buttons)

    trial.sandbox.wait_for(there, PATIENCE, f"a button {button!r}")
    trial.sandbox.call(lambda world: world.telegram.tap(trial.owner, message.id, button))


def rows(message: Message) -> dict[str, list[str]]:
    """Return a CSV file's columns by their names."""
    assert message.document is not None
    lines = list(csv.DictReader(io.StringIO(message.document.content.decode())))
    return {name: [line[name] for line in lines] for name in lines[0]}


def refused(trial: Trial, text: str, why: str, example: str) -> None:
    assert asked(trial, text, why).text.endswith(f"For example: {example}")


def test_status_tells_money_routines_value_and_channels_and_refresh_edits_it(trial: Trial) -> None:
    status = asked(trial, "/status", "Value: $249.97")
    for part in (
        "Status: paper money",
        "Investing: running",
        "Next run: Tue 24 Nov 14:35 UTC (09:35 New York)",
        "Next close report: Mon 23 Nov 21:06 UTC (16:06 New York)",
        "Next variance: Fri 27 Nov 18:06 UTC (13:06 New York)",
        "Cash to invest: $0.00 ($200.00 is needed to invest)",
        "Today: \u2212$0.03",
        "Last run: Mon 23 Nov: bought $250.00 in 7 orders (/run 1)",
        "Telegram to you: ",
        "SMS to the number ending in 0123: ",
        "Version: ",
    ):
        assert part in status.text
    before = len(trial.chat())
    trial.deposit("40")
    try:
        tapped(trial, status, "Refresh")
        trial.told("Cash to invest: $40.00")
    finally:
        trial.sandbox.call(lambda world: world.brokerage.withdraw(Decimal(40)))
    # Nothing has changed the second time: Telegram refuses such an edit, and nobody needs to hear of that.
    for _ in range(2):
        tapped(trial, status, "Refresh")
    trial.told("Cash to invest: $0.00")
    assert len(trial.chat()) == before
    assert "ERROR" not in trial.output()


def test_positions_have_value_weight_and_price_return(trial: Trial) -> None:
    lines = asked(trial, "/positions", "Positions").text.splitlines()
    assert lines[1].split() == ["Sector", "Value", "$", "Weight", "Price"]
    assert lines[5].split() == ["International", "45.00", "18.0%", "0.00%"]
    assert lines[-2].split() == ["Account", "249.97"]


def test_orders_have_state_fill_and_price(trial: Trial) -> None:
    lines = asked(trial, "/orders 2", "Orders").text.splitlines()
    assert lines[3] == "Mon 23 Nov BTCUSD, filled"
    # The price is that of the very moment of the fill.
    assert re.fullmatch(r"  12\.50    12\.50 93,0\d\d\.\d\d", lines[4])
    assert len([line for line in lines if "filled" in line]) == 2


def test_older_orders_take_the_place_of_newer_ones_and_back(trial: Trial) -> None:
    orders = asked(trial, "/orders 5", "IJR")
    tapped(trial, orders, "Older")
    trial.sandbox.wait_for(lambda world: "VOO, filled" in now_shows(world, orders), PATIENCE, "the older orders")
    tapped(trial, orders, "Newest")
    trial.sandbox.wait_for(lambda world: "VOO" not in now_shows(world, orders), PATIENCE, "the newest orders")


def now_shows(world: World, message: Message) -> str:
    return next(one.text for one in world.telegram.messages if one.id == message.id)


def test_cash_says_what_the_next_run_needs(trial: Trial) -> None:
    text = asked(trial, "/cash", "Cash to invest").text
    assert "In the account: $" in text
    assert "The next run needs: $200.00, so that Crypto (5%) gets at least $10.00; $" in text


def test_deposits_are_listed_with_their_sum(trial: Trial) -> None:
    lines = [line.split() for line in asked(trial, "/deposits", "Deposits and withdrawals").text.splitlines()]
    assert ["Mon", "23", "Nov", "+250.00"] in lines
    assert lines[-1] == ["Together", "+250.00"]


def test_history_leads_to_the_story_of_a_run(trial: Trial) -> None:
    history = asked(trial, "/history", "History")
    assert history.text.splitlines()[1:] == ["Mon 23 Nov 2026", "Invest: bought $250.00 in 7 orders (run 1)"]
    tapped(trial, history, "Run 1")
    story = shown(trial, history.id, "Run 1: Invest, Mon 23 Nov").text
    assert "Orders may leave: from 09:35 to 15:45 New York time" in story
    assert "Allocation: version 1, set by settings" in story
    assert "VOO, filled\n  87.50    87.50    614.00" in story
    assert "Orders have been executed. Bought $87.50 of VOO" in story
    assert "Telegram to you: delivered at" in story
    assert "SMS to the number ending in 0123: delivered at" in story


def test_a_run_that_there_is_not_names_the_nearest(trial: Trial) -> None:
    refused(trial, "/run 99", "There is no run 99. The newest is 1 (Invest of Mon 23 Nov)", "/run 1")
    refused(trial, "/run one", "'one' is no run's number. The newest is 1", "/run 1")


def test_numbers_that_make_no_sense_are_explained(trial: Trial) -> None:
    refused(trial, "/orders -1", "'-1' is no number of orders from 1 to 60", "/orders 7")
    refused(trial, "/history 0", "'0' is no number of runs from 1 to 50", "/history 20")
    refused(trial, "/audit many", "'many' is no number of lines from 1 to 50", "/audit 30")


def test_the_audit_has_what_was_refused(trial: Trial) -> None:
    trial.sandbox.call(lambda world: world.telegram.say(6666, "/pause <b>now</b>"))
    asked(trial, "/help audit", "/audit")  # by now the stranger's message was met
    text = asked(trial, "/audit 50", "telegram user 6666").text
    assert "telegram user 6666: message: /pause <b>now</b>: refused: not an owner in a private chat" in text


def test_a_pause_of_days_ends_by_itself(trial: Trial) -> None:
    refused(trial, "/pause 0", "0 days is not from 1 to 3660", "/pause 2026-12-01")
    refused(trial, "/pause next week", "'next week' is not a date that I understand", "/pause 2026-12-01")
    try:
        asked(trial, "/pause 5", "Investing is paused until Sat 28 Nov 2026; on that day it resumes.")
        asked(trial, "/pause 2026-12-01", "Investing is paused until Tue 1 Dec 2026")
        asked(trial, "/status", "Investing: paused until Tue 1 Dec 2026")
    finally:
        asked(trial, "/resume", "Investing goes on")


def test_alerts_are_chosen_with_buttons_but_never_all_of_the_essential_ones_off(trial: Trial) -> None:
    grid, first = asked(trial, "/alerts", "There are no quiet hours."), version(trial)
    tapped(trial, grid, f"alerts:set:{first}:variance:sms:off")
    noticed(trial, "Variance alerts by SMS are off.")
    # The phone may still show the first keyboard: what it asks for is not what the owner sees now.
    tapped(trial, grid, f"alerts:set:{first}:skipped:sms:off")
    noticed(trial, "The choices were changed meanwhile")
    tapped(trial, grid, f"alerts:set:{version(trial)}:trouble:sms:off")
    noticed(trial, "Trouble alerts by SMS are off.")
    tapped(trial, grid, f"alerts:set:{version(trial)}:trouble:telegram:silent")
    noticed(trial, "Trouble alerts by Telegram are silent.")
    tapped(trial, grid, f"alerts:set:{version(trial)}:trouble:telegram:off")
    noticed(trial, "Trouble alerts would be off on every channel")
    rows = trial.sandbox.call(lambda world: now_shows(world, grid)).splitlines()
    assert ["Trouble", "silent", "off"] in [row.split() for row in rows]
    tapped(trial, grid, "Variance")
    noticed(trial, "How far the account is from its target, at the week's end. Quiet hours apply to it.")


def test_quiet_hours_are_set_by_text_in_a_zone_that_there_is(trial: Trial) -> None:
    example = "/alerts quiet 22:00 07:00 Europe/Berlin"
    refused(trial, "/alerts quiet 22:00 07:00 Berlin", "Did you mean Europe/Berlin?", example)
    refused(trial, "/alerts quiet 25:00 07:00 Europe/Berlin", "'25:00' is not a time of day such as 22:00", example)
    refused(trial, "/alerts louder", "/alerts does not know 'louder'", example)
    asked(trial, "/alerts quiet 22:00 07:00 europe/berlin", "Quiet hours: 22:00 to 07:00 Europe/Berlin.")
    asked(trial, "/alerts quiet off", "There are no quiet hours.")


def test_a_test_message_really_goes_through_the_channel(trial: Trial) -> None:
    grid = asked(trial, "/alerts", "There are no quiet hours.")
    tapped(trial, grid, "Test SMS")
    shown(trial, grid.id, "SMS to the number ending in 0123: the test message was taken. It is billed as 1 segment.")
    trial.texted("This is a test message from Allocator, as you asked.")
    trial.sandbox.call(lambda world: world.faults.set("vonage", Answer(401, "no"), times=1))
    tapped(trial, grid, "Test SMS")
    shown(trial, grid.id, "SMS to the number ending in 0123: the test message was refused: ")
    tapped(trial, grid, "Test Telegram")
    shown(trial, grid.id, "Telegram to you: the test message was taken.")
    shown(trial, grid.id, "A test message\nThis is a test message")


def test_export_sends_files_and_a_copy_of_the_database(trial: Trial, tmp_path: Path) -> None:
    done = asked(trial, "/export", "5 files sent.")
    files = {one.document.name: one for one in messages(trial) if one.document is not None and one.id < done.id}
    assert rows(files["runs.csv"])["outcome"] == ["bought $250.00 in 7 orders"]
    assert rows(files["orders.csv"])["symbol"] == ["VOO", "IJH", "IJR", "IXUS", "ISTB", "AGG", "BTC/USD"]
    (name,) = [name for name in files if name.endswith(".db")]
    assert "personal data" in files[name].text
    copy = tmp_path / "copy.db"
    document = files[name].document
    assert document is not None
    copy.write_bytes(document.content)
    with closing(sqlite3.connect(copy)) as books:
        assert books.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert books.execute('SELECT count(*) FROM "order"').fetchone() == (7,)


def test_a_limit_is_shown_and_changed_by_a_tap(trial: Trial) -> None:
    assert asked(trial, "/limits", "Limits").text.splitlines()[3].split() == ["max", "off"]
    question = asked(trial, "/limits order 400", "Each order at most")
    tapped(trial, question, "Change it")
    trial.told("Each order at most: off became $400")
    refused(trial, "/limits order much", "'much' is not an amount", "/limits max 500")


def test_the_preview_orders_nothing_and_takes_no_words_of_sense(trial: Trial) -> None:
    before = len(trial.orders())
    assert "By underweight" in asked(trial, "/preview", "The next investment, as things are now").text
    assert len(trial.orders()) == before


def test_another_strategy_is_explained_and_confirmed(trial: Trial) -> None:
    question = asked(trial, "/strategy underweight", "then underweight")
    tapped(trial, question, "Cancel")
    trial.told("Canceled. Nothing was changed.")
    refused(trial, "/strategy best", "There is no strategy", "/strategy underweight")


def test_rebalancing_is_off_until_it_is_asked_for(trial: Trial) -> None:
    assert "Nothing is sold without a preview and your tap." in asked(trial, "/rebalance", "Rebalanc").text
    assert trial.orders() == [order for order in trial.orders() if order["side"] == "buy"]


def messages(trial: Trial) -> list[Message]:
    return trial.sandbox.call(lambda world: list(world.telegram.messages))


def noticed(trial: Trial, part: str) -> None:
    def found(world: World) -> bool:
        return any(part in one.text for one in world.telegram.notices)

    trial.sandbox.wait_for(found, PATIENCE, f"a notice with {part!r}")


def version(trial: Trial) -> int:
    """Return the number of the choices that are in force."""
    with closing(sqlite3.connect(trial.folder / "allocator.db")) as books:
        (number,) = books.execute("SELECT max(number) FROM choice_version WHERE subject = 'alerts'").fetchone()
    return int(number or 0)
