"""The page of the first week: what it shows of a chat, and that no command is missing from it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.commands import COMMANDS
from sandbox.clock import VirtualClock
from sandbox.demo.phone import News
from sandbox.first_week.diary import Came, Diary, Entry, Remark, Tapped, Typed
from sandbox.first_week.markdown import Page, page
from sandbox.telegram import Message, Notice
from sandbox.telegram.chat import Button, Chat, Person, Photo
from sandbox.telegram.entities import parse_html
from sandbox.vonage import Sms

DOCS = Path(__file__).parents[2] / "docs"

NOW = datetime(2026, 11, 23, 14, 35, tzinfo=UTC)
MACHINE = datetime(2030, 1, 2, 15, 4, 30, tzinfo=UTC)


def message(html: str, *labels: str, photo: bytes | None = None) -> Message:
    formatted = parse_html(html)
    return Message(
        id=1,
        chat=Chat(1001, "private", "Owner"),
        sender=Person(7, "Allocator", is_bot=True),
        at=NOW,
        text=formatted.text,
        entities=formatted.entities,
        keyboard=(tuple(Button(label, "data") for label in labels),) if labels else (),
        attached=Photo(photo, 10, 10) if photo is not None else None,
    )


def written(*entries: Entry | News) -> Page:
    found = (Came(NOW, entry) if isinstance(entry, News) else entry for entry in entries)
    return page(Diary(tuple(found), MACHINE, MACHINE + timedelta(minutes=2)))


def shown(*entries: Entry | News) -> str:
    return written(*entries).markdown.partition("### 09:35\n\n")[2]


def test_what_is_typed_tapped_and_told_stands_between_the_answers() -> None:
    text = shown(
        Typed(NOW, "/invest"),
        message("The <b>plan</b>", "Invest $250", "Cancel"),
        Tapped(NOW, "Invest $250"),
        Notice(NOW, "1", "One moment...", is_alert=False),
        Notice(NOW, "2", "", is_alert=False),
        Remark(NOW, "Money arrives."),
        Sms(NOW, "12015550123", "1", "Bought.", 1, None),
    )
    assert text.split("\n\n") == [
        "**You:** `/invest`",
        "> The **plan**\n>\n> <kbd>Invest \\$250</kbd> <kbd>Cancel</kbd>",
        "**You** tap <kbd>Invest \\$250</kbd>",
        "> *Over the chat, for a moment: One moment...*",
        "*Money arrives.*",
        "> **SMS:** Bought.\n",
    ]


def test_a_stopped_clock_moves_only_when_it_is_moved() -> None:
    clock = VirtualClock(NOW)
    clock.stop()
    stood = clock.now()
    assert clock.now() == stood
    clock.advance(timedelta(seconds=10))
    assert clock.now() == stood + timedelta(seconds=10)
    clock.set(NOW + timedelta(days=1))
    assert clock.now() == NOW + timedelta(days=1)


def test_each_day_and_each_time_of_it_has_one_heading() -> None:
    later = NOW + timedelta(days=1)
    text = written(*(Remark(at, "So it goes.") for at in (NOW, NOW, NOW + timedelta(minutes=1), later))).markdown
    headings = [line for line in text.splitlines() if line.startswith("##")]
    assert headings == ["## Monday 23 November", "### 09:35", "### 09:36", "## Tuesday 24 November", "### 09:35"]


def test_a_table_stays_in_type_of_one_width_and_prose_keeps_its_lines() -> None:
    text = shown(message("<b>😀 Title</b>\nfirst\n<pre>A  1\nB  2</pre>\n- last\n\n<code>/help</code> it"))
    assert text.splitlines() == [
        "> **😀 Title**\\",
        "> first",
        "> ```text",
        "> A  1",
        "> B  2",
        "> ```",
        "> \\- last",
        ">",
        "> `/help` it",
    ]


def test_nothing_that_the_bot_says_is_taken_for_markdown() -> None:
    assert (
        shown(message("1. *not* a [list] of &lt;b&gt; | #1")) == "> \\1. \\*not\\* a \\[list\\] of \\<b\\> \\| \\#1\n"
    )


def test_the_machines_own_times_and_random_tokens_are_left_out_and_the_markets_times_are_kept() -> None:
    text = shown(
        message("Delivered at Wed 2 Jan 10:05 EST, said at Wed 2 Jan 10:35 EST"),
        message("Set by you on Wed 2 Jan 2030 at 10:06 New York time."),
        message("you: confirm limits _nPGBeTUHfD-: Taken"),
        message("Version: 0.1.0"),
    )
    assert "Delivered at \\[then\\], said at Wed 2 Jan 10:35 EST" in text
    assert "Set by you on \\[then\\]." in text
    assert "you: confirm limits \\[token\\]: Taken" in text
    assert "Version: \\[version\\]" in text


def test_a_picture_is_a_file_and_the_same_one_again_is_the_same_file() -> None:
    made = written(message("Variance"), *(message("", photo=content) for content in (b"one", b"two", b"one")))
    assert made.pictures == {"2026-11-23-1.png": b"one", "2026-11-23-2.png": b"two"}
    assert made.markdown.count('<img src="pictures/2026-11-23-1.png" width="360" alt="The picture to: Variance">') == 2


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_the_page_shows_every_command(command: str) -> None:
    text = (DOCS / "chat.md").read_text(encoding="utf-8")
    typed = re.search(rf"^(\*\*You:\*\* `)?/{command}\b", text, re.MULTILINE)
    pressed = command == "start" and "**You** tap <kbd>START</kbd>" in text
    assert typed or pressed, f"docs/chat.md has no /{command}: add it to sandbox/first_week, and run make docs"


def test_every_picture_of_the_page_is_there_and_no_other() -> None:
    named = set(re.findall(r'src="pictures/([^"]+)"', (DOCS / "chat.md").read_text(encoding="utf-8")))
    assert named == {file.name for file in (DOCS / "pictures").glob("20*.png")}
    assert named
