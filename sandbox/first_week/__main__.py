"""`make docs`: live through a first week in the chat, and write it down as docs/chat.md, with its pictures.

The week is played by the product itself against the sandbox, so the page shows what the bot says today. Takes about a
minute. The market's clock stands still between two steps, so the same seed gives the same page.
"""

import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sandbox.demo.days import AFTER_CLOSE, AFTER_OPEN
from sandbox.demo.product import Product
from sandbox.first_week.diary import Diary
from sandbox.first_week.markdown import Page, page
from sandbox.first_week.owner import Owner
from sandbox.server import Sandbox
from sandbox.sessions import NEW_YORK, latest_session
from sandbox.world import World

STRANGER = 6666

PASTED = """/allocation
Domestic Large Cap, VOO, 45%
Domestic Mid Cap, IJH, 5%
International, IXUS, 20%
Aggregate Bonds, AGG, 25%
Crypto, BTC/USD, 5%"""

UNDER_WAY = tuple(
    f"{line} accepted"
    for line in (
        "Domestic Large Cap $105",
        "Domestic Mid Cap    $15",
        "Domestic Small Cap   $6",
        "International       $54",
        "Short Term Bonds    $36",
        "Aggregate Bonds     $69",
        "Crypto              $15",
    )
)
"""What the progress of the investment by hand shows before anything is filled."""


def main(arguments: list[str]) -> int:
    """Write the page into the folder that is named; return the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("Usage: python -m sandbox.first_week FOLDER\n")
        return 2
    write(page(lived()), Path(arguments[0]))
    return 0


def write(made: Page, folder: Path) -> None:
    """Write a page and its pictures, and remove the pictures of an earlier one."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for old in pictures.glob("20*.png"):  # named by their day; others may have pictures here too
        old.unlink()
    for name, content in made.pictures.items():
        (pictures / name).write_bytes(content)
    (folder / "chat.md").write_text(made.markdown, encoding="utf-8")


def lived(seed: int = 1) -> Diary:
    """Live through the week, and return its diary. Raises ProductDied and TimeoutError."""
    with Sandbox(seed=seed, fill_delay=timedelta(0)) as sandbox:
        sandbox.call(lambda world: world.clock.stop())
        # By a zone of its own the product would tell this machine's; so everything is in New York's.
        environment = {**sandbox.environment(), "TZ": "America/New_York"}
        with Product(sandbox.settings(), environment) as product:
            owner = Owner(sandbox, product)
            try:
                _monday(sandbox, owner)
                _tuesday(sandbox, owner)
                _wednesday(sandbox, owner)
                _friday(owner)
            except TimeoutError as error:
                raise TimeoutError(f"{error}\n{product.last_output()}") from error
            return owner.diary()


def _monday(sandbox: Sandbox, owner: Owner) -> None:
    owner.moves_to(_at(23, 9, 1))
    owner.starts("I keep your brokerage account")
    owner.writes("/help", "/help COMMAND explains one")
    owner.writes("/help pause", "For example: /pause")
    owner.writes("/status", "Status: paper money")
    owner.writes("/allocation", "Domestic Large Cap")
    owner.writes("/limits", "Limits")
    _deposit(sandbox, owner, 250)
    owner.writes("/preview", "The next investment")
    owner.remarks("The market opens at 09:30, and five minutes later the bot invests.")
    _invested(owner, 23)
    owner.writes("/positions", "Positions", "Account")
    owner.writes("/orders", "Orders", "VOO, filled")
    owner.writes("/cash", "Cash to invest")
    owner.writes("/allocation", "Domestic Large Cap", pictures=1)
    owner.moves_to(_at(23, 11, 0))
    owner.remarks("A stranger finds the bot and sends it /status. The stranger gets no answer; the owner hears of it.")
    owner.meanwhile(lambda world: world.telegram.say(STRANGER, "/status"), "/audit in the chat lists every attempt")
    _closed(owner, 23)


def _tuesday(sandbox: Sandbox, owner: Owner) -> None:
    owner.moves_to(_at(24, 8, 0))
    owner.writes("/pause 2026-11-25", "Investing is paused until")
    _deposit(sandbox, owner, 300)
    owner.moves_to(_open(24), "Investing is paused until", by_sms=1)
    owner.writes("/invest", "Say /resume first")
    owner.writes("/resume", "Investing goes on")
    _invested_by_a_tap(sandbox, owner)
    owner.writes("/histroy", "Did you mean /history?")
    owner.writes("/history", "History")
    owner.writes("/run 4", "Run 4")
    _closed(owner, 24)


def _invested_by_a_tap(sandbox: Sandbox, owner: Owner) -> None:
    """Invest by hand, with fills that take a moment, so that the progress is seen."""

    def fill_after(delay: timedelta) -> None:
        def set_delay(world: World) -> None:
            world.brokerage.fill_delay = delay

        sandbox.call(set_delay)

    owner.writes("/invest", "The plan")
    fill_after(timedelta(seconds=5))
    owner.taps("Invest $300", *UNDER_WAY)
    owner.moves_to(_open(24) + timedelta(seconds=10), "Done. The alert", "Orders have been executed", by_sms=1)
    fill_after(timedelta(0))


def _wednesday(sandbox: Sandbox, owner: Owner) -> None:
    owner.moves_to(_at(25, 9, 0))
    owner.writes("/allocation set VOO 40", "Sum 105.00%")
    owner.writes("/allocation set VOO 1", "1 could be 1% or 100%")
    owner.writes(PASTED, "Draft", "Sum 100.00%")
    owner.taps("Review", "compared with version 1")
    owner.taps("Make it active", "Version 2 is active", by_sms=1)
    owner.writes("/allocation", "version 2", pictures=1)
    owner.taps("Undo", "compared with version 2")
    owner.taps("Make it active", "Version 3 is active", by_sms=1)
    owner.writes("/allocation presets", "Moderate")
    owner.writes("/strategy", "Strategy for cash")
    owner.writes("/limits max 200", "then $200")
    owner.taps("Change it", "became $200", by_sms=1)
    _deposit(sandbox, owner, 230)
    _invested(owner, 25)
    _closed(owner, 25)


def _friday(owner: Owner) -> None:
    owner.moves_to(_at(27, 9, 0))
    owner.remarks("Thursday was Thanksgiving: no market, and no message. Today the market closes at 13:00.")
    owner.moves_to(_open(27), "Not enough cash to invest today", by_sms=1)
    _closed(owner, 27, "Variance", pictures=3, by_sms=2)
    owner.writes("/status", "Status: paper money")
    owner.writes("/performance", "Performance", pictures=2)
    owner.writes("/variance", "Variance", pictures=1)
    owner.writes("/rebalance", "Rebalancing")
    owner.writes("/deposits", "Deposits and withdrawals")
    owner.writes("/audit 20", "Audit")
    owner.writes("/alerts", "Alerts")
    owner.writes("/alerts quiet 22:00 07:00 America/New_York", "Alerts")
    owner.writes("/export", "files sent")


def _deposit(sandbox: Sandbox, owner: Owner, dollars: int) -> None:
    owner.remarks(f"${dollars} arrives in the account.")
    sandbox.call(lambda world: world.brokerage.deposit(Decimal(dollars)))


def _invested(owner: Owner, day: int) -> None:
    owner.moves_to(_open(day), "Orders have been executed", by_sms=1)


def _closed(owner: Owner, day: int, *parts: str, pictures: int = 0, by_sms: int = 1) -> None:
    closes = latest_session(_at(day, 12, 0)).closes
    owner.moves_to(closes + AFTER_CLOSE, "Close report", *parts, pictures=pictures, by_sms=by_sms)


def _open(day: int) -> datetime:
    return _at(day, 9, 30) + AFTER_OPEN


def _at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
