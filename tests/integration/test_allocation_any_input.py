"""/allocation, whatever is typed and tapped, in any order: no failure, and nothing active without a confirmed tap."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from telegram import InlineKeyboardMarkup

from bot.chat.grammar import WrongWords
from bot.commands import allocating
from bot.records import Records, now
from bot.services import Services
from core.account import Asset, Minimums
from core.allocation import Allocation, Sector
from core.reserves import ReserveAmount
from core.routines.invest import Policy
from storage import database

ACTIVE = Allocation(
    (Sector("Stocks & <b>", "VOO", 6_000), Sector("x" * 40, "AGG", 3_500), Sector("Crypto", "BTC/USD", 500))
)
LONGEST_DATA = 64
STEPS = 250

WORDS = (
    *("set", "rename", "fund", "remove", "spread", "history", "undo", "restore", "presets", "preset", "edit"),
    *("VOO", "AGG", "btcusd", "VT", "IJG", '"Stocks & <b>"', "International", "aggressive", "Total", "\U0001f642"),
    *("40", "1", "0.4", "35%", "2", "-1", "%", "\n", "\t", ",", "\u201c"),
)
SCRAPS = ("", "9", "::", "\u00e9", ":99", ":-5", ":VOO", ":9999999999")


@dataclass
class RecordingChat:
    """Remembers what it was told, and the buttons that were under it."""

    owner: int
    said: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)

    async def reply(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> int | None:
        self.said.append(html)
        for row in buttons.inline_keyboard if buttons else ():
            self.buttons += [str(button.callback_data) for button in row]
        return len(self.said)

    async def show(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> int | None:
        return await self.reply(html, buttons)

    async def notice(self, text: str) -> None:
        self.said.append(text)

    async def photo(self, png: bytes, caption: str = "", buttons: InlineKeyboardMarkup | None = None) -> None:
        raise AssertionError("no pictures here")

    async def document(self, filename: str, content: bytes, caption: str = "") -> None:
        raise AssertionError("no files here")


class AlmostAll:
    """A broker that can buy everything but one fund."""

    def assets(self, symbols: Sequence[str]) -> dict[str, Asset]:
        return {symbol: Asset(symbol, tradable=True, fractionable=True) for symbol in symbols if symbol != "IJG"}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with database.open(f"sqlite:///{tmp_path}/allocator.db") as books:
        records = Records.over(books, ())
        records.allocations.set(ACTIVE, "settings", "", now())
        yield cast(
            "Services",
            SimpleNamespace(
                records=records,
                readers=asyncio.Semaphore(2),
                ports=SimpleNamespace(broker=AlmostAll()),
                reports=SimpleNamespace(weights=lambda: None),
                rules=SimpleNamespace(policy=Policy(ReserveAmount(0), Minimums(100, 1_000), 250_00), live=True),
            ),
        )


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_input_fails_and_none_changes_the_allocation_without_a_confirmed_tap(
    services: Services, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    chats = [RecordingChat(1), RecordingChat(2)]
    for _ in range(STEPS):
        chat = dice.choice(chats)
        if chat.buttons and dice.random() < 0.7:
            await tap(chat, services, dice)
        else:
            text = " ".join(dice.choice(WORDS) for _ in range(dice.randrange(7)))
            with suppress(WrongWords):
                await allocating.COMMANDS[0].handle(chat, services, [text] if text else [])
    buttons = [data for chat in chats for data in chat.buttons]
    assert any(data.startswith("confirm:") for data in buttons)
    assert all(len(data.encode()) <= LONGEST_DATA for data in buttons)
    assert services.records.allocations.active() == (1, ACTIVE)


async def tap(chat: RecordingChat, services: Services, dice: random.Random) -> None:
    """Tap a button, mostly a new one, and sometimes one that no bot ever made."""
    data = dice.choice(chat.buttons[-30:] if dice.random() < 0.8 else chat.buttons)
    if dice.random() < 0.1:
        data = data[: dice.randrange(len(data))] + dice.choice(SCRAPS)
    name, _, rest = data.partition(":")
    handle = allocating.TAPS.get(name)
    if handle is not None and rest:
        await handle(chat, services, [rest])
