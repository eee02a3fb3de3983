"""Changing the allocation in the chat: by text, by buttons, with a tap at the end, and back again."""

import sqlite3
from datetime import timedelta

from sandbox.world import World
from tests.e2e.trial import Trial

OTHER = 2002


def active(trial: Trial) -> list[tuple[int, str, int]]:
    with sqlite3.connect(trial.folder / "allocator.db") as books:
        rows = books.execute(
            "SELECT number, symbol, weight FROM target WHERE number = (SELECT max(number) FROM allocation_version) "
            "ORDER BY position"
        ).fetchall()
    books.close()
    return rows


def audited(trial: Trial) -> list[tuple[str, str]]:
    with sqlite3.connect(trial.folder / "allocator.db") as books:
        rows = books.execute("SELECT what, outcome FROM audit ORDER BY id").fetchall()
    books.close()
    return rows


def noticed(trial: Trial, part: str) -> None:
    trial.sandbox.wait_for(lambda world: any(part in one.text for one in world.telegram.notices), 25, part)


def tap(trial: Trial, label: str) -> None:
    """Tap a button of the newest message that has any, once it shows this one."""

    def shows(world: World) -> bool:
        message = world.telegram.newest_with_buttons()
        return message is not None and any(button.label == label for button in message.buttons)

    trial.sandbox.wait_for(shows, 25, f"a button {label!r}")
    trial.tap(label)


def tap_old(trial: Trial, part: str, button: str) -> None:
    """Tap a button of the first message that ever held `part`, whatever it shows by now."""

    def tap(world: World) -> None:
        versions = [(one, past) for one in world.telegram.messages for past in (*one.earlier, one)]
        message = next(one for one, past in versions if part in past.text)
        world.telegram.tap(trial.owner, message.id, button)

    trial.sandbox.call(tap)


def use_preset(trial: Trial, key: str) -> None:
    trial.say(f"/allocation preset {key}", answer="Moderate: ")
    tap(trial, "Use it")


def undo_and_look_back(trial: Trial) -> None:
    """Undo writes a new version, after a tap as well; History knows them all."""
    trial.say("/allocation", answer="Set by you")
    tap(trial, "Undo")
    trial.told("The new allocation, compared with version 2")
    tap(trial, "Make it active")
    trial.told("Version 3 is active")
    assert active(trial)[0] == (3, "VOO", 3_500)
    tap_old(trial, "(version 2)\n", "Undo")
    noticed(trial, "Version 3 is active by now")
    trial.say("/allocation history", answer="This is the active one.")
    tap(trial, "Older")
    trial.told("(version 2)")
    tap(trial, "Older")
    trial.told("Set by settings")
    tap(trial, "Restore version 1")
    trial.told("That is what version 3, the active allocation, is already.")


def test_a_draft_becomes_the_allocation_only_at_one_hundred_percent_and_with_a_tap(trial: Trial) -> None:
    trial.start()
    trial.press_start()

    # By text: one weight, and what is wrong is said with the way out.
    trial.say('/allocation set "Domestic Large Cap" 40', answer="Sum 105.00%: 5.00% is too much.")
    trial.say("/allocation set VOO 1", answer="1 could be 1% or 100%: write the % after it")
    trial.say("/allocation set IXSU", answer="has no weight at its end")
    trial.say("/allocation remove IXSU", answer="no sector is called 'IXSU': did you mean IXUS?")
    trial.say("/allocation frobnicate", answer="/allocation does not know 'frobnicate'")
    assert active(trial)[0] == (1, "VOO", 3_500)

    # By buttons, on the draft that the text began; a second tap on the same button changes nothing.
    tap(trial, "IXUS 18%")
    trial.told("International (IXUS): 18%")
    tap(trial, "\u22125")
    trial.told("International (IXUS): 13%\nSum 100.00%: complete.")
    tap(trial, "\u22125")
    trial.told("International (IXUS): 8%")
    tap(trial, "Make it 13%")
    trial.told("International (IXUS): 13%")
    tap(trial, "Back")
    assert "Sum 100.00%: complete." in trial.told("Draft, not active yet")
    tap(trial, "Review")
    shown = trial.told("The new allocation, compared with version 1")
    assert "VOO     35.00  40.00  +5.00" in shown
    assert "IXUS    18.00  13.00  \u22125.00" in shown
    assert "Nothing is sold" in shown

    # The draft and its question survive a restart; only the first tap counts.
    trial.stop()
    trial.start()
    trial.first_tick()
    tap(trial, "Make it active")
    trial.told("Version 2 is active: the next run buys by it.")
    tap_old(trial, "The new allocation, compared with version 1", "Make it active")
    trial.told("This was answered already")
    assert active(trial)[0] == (2, "VOO", 4_000)
    trial.texted(f"Telegram user {trial.owner} changed the allocation (version 2): VOO 35% to 40%, IXUS 18% to 13%.")
    tap_old(trial, "Sum 105.00%", "Share the rest")
    noticed(trial, "This draft has moved on")

    undo_and_look_back(trial)
    outcomes = audited(trial)
    change = "VOO 35% to 40%, IXUS 18% to 13%"
    assert (f"allocation: {change}", "done: version 2") in outcomes
    assert any(what == "allocation set VOO 1" and outcome.startswith("refused: Nothing") for what, outcome in outcomes)


def test_tables_presets_and_funds_are_checked_before_anything_is_asked(trial: Trial) -> None:
    trial.deposit("250")
    trial.start(telegram={"owner_ids": [trial.owner, OTHER]}, investing={"max_per_day": "250"})
    trial.press_start()
    trial.sandbox.call(lambda world: world.telegram.press_start(OTHER))

    # A whole table replaces the draft; the broker knows one of its funds not, and one only whole.
    trial.say("/allocation set\nName\tFund\tWeight\nLarge\tVO0\t60%\nBonds\tAGG\t1", answer="line 2: 'VO0' is not")
    assert "line 3: AGG: 1 could be 1% or 100%" in trial.told("line 2: 'VO0' is not a symbol")
    trial.say("/allocation IJK 60\nBRK.A 40", answer="exactly these 2 sectors")
    tap(trial, "Review")
    refused = trial.told("This allocation cannot be used.")
    assert "Alpaca does not know IJK: did you mean IJ" in refused
    assert "BRK.A cannot be bought in fractions: choose another fund." in refused
    tap(trial, "BRK.A 40%")
    trial.told("BRK.A (BRK.A): 40%")
    tap(trial, "Fund")
    trial.told("choose its fund, or send any other")
    tap(trial, "BTCUSD")
    trial.told("BTCUSD (BTCUSD): 40%")
    trial.say("/allocation fund IJK vti", answer="IJK stands for VTI now.")
    trial.say("/allocation set BTC/USD 2%", answer="Sum 62.00%")
    trial.say("/allocation spread BTCUSD", answer="and the others share the rest.")
    tap(trial, "Review")
    shown = trial.told("The new allocation, compared with version 1")
    assert "AGG leaves (Aggregate Bonds)" in shown
    assert "A run will need $500 of cash, until now it was $200" in shown
    assert "Warning: max_per_day $250 is too low for it" in shown

    # Another owner is faster: what was shown is no longer what would happen, so it is asked again.
    mine, trial.owner = trial.owner, OTHER
    use_preset(trial, "moderate")
    tap(trial, "Make it active")
    trial.told("Version 2 is active")
    trial.owner = mine
    tap_old(trial, "Warning: max_per_day $250", "Make it active")
    trial.told("changed meanwhile by telegram user 2002 (version 2), so nothing was done")
    tap(trial, "Cancel")
    trial.told("Canceled. The allocation stays as it is.")

    # A preset, while a run is under way: it takes effect with the next one, and the other owner hears of it.
    trial.say("/allocation presets", answer="Moderately Aggressive: Eighty percent stocks")
    tap(trial, "Aggressive")
    trial.told("Aggressive: Stocks only")
    tap(trial, "Use it")
    assert "VOO    35.00  55.00 +20.00" in trial.told("The new allocation, compared with version 2")
    trial.fill_after(timedelta(hours=1))
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: len(world.brokerage.transcript_orders()) == 6, 25, "the orders of the run")
    tap(trial, "Make it active")
    trial.told("Version 3 is stored. A run is under way")
    trial.told(f"By telegram user {trial.owner}.")
    told = trial.sandbox.call(
        lambda world: [one.chat.id for one in world.telegram.messages if "The allocation was changed" in one.text]
    )
    assert told == [mine, OTHER]
    assert [(symbol, weight) for _, symbol, weight in active(trial)] == [
        ("VOO", 5_500),
        ("IJH", 1_000),
        ("IJR", 500),
        ("IXUS", 3_000),
    ]
    trial.stop()
