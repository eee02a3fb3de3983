"""Trading days one after another, as fast as the product goes, with nobody typing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice, pairwise
from time import monotonic

from sandbox.demo.phone import Phone
from sandbox.demo.product import Product
from sandbox.server import Sandbox
from sandbox.sessions import Session, next_session
from sandbox.world import World

# Invest is due five minutes after the open, the close report six after the close; a little more, so that the clocks
# need not agree to the second.
AFTER_OPEN = timedelta(minutes=5, seconds=1)
AFTER_CLOSE = timedelta(minutes=6, seconds=1)

_BEFORE_OPEN = timedelta(minutes=30)
_PATIENCE_SECONDS = 60.0


def run_days(sandbox: Sandbox, product: Product, phone: Phone, *, days: int, deposit: Decimal) -> None:
    """Live through `days` trading days: a deposit, the day's alert, the close report, and at a week's end the variance.

    Raise ProductDied or TimeoutError when one of them does not come by both channels.
    """
    start = sandbox.call(lambda world: world.clock.now())
    sessions = list(islice(_sessions(start), days + 1))
    for number, (session, following) in enumerate(pairwise(sessions), start=1):
        began = monotonic()
        sandbox.call(partial(_open_market, session=session, deposit=deposit))
        told = _alerts(sandbox, product, session.opens, 1, f"the alert of {session.day}")
        sandbox.call(partial(_close_market, session=session))
        ends_week = session.day.isocalendar()[:2] != following.day.isocalendar()[:2]
        what = f"the reports of {session.day}"
        told += _alerts(sandbox, product, session.closes, 2 if ends_week else 1, what)
        if ends_week:
            _pictures(sandbox, product, session.closes, f"the pictures of {session.day}")
        day = session.day.strftime("%a %d %b %Y") + (", a half day" if session.is_half_day else "")
        phone.say(f"[{number}/{days}] {day} ({monotonic() - began:.1f} s)")
        for text in told:
            phone.say(f"    {text}")


def alerts_since(world: World, moment: datetime) -> list[str]:
    """Return the texts of the SMS since a moment, once Telegram has had as many messages at least.

    Every alert goes to both channels, and nothing but alerts goes by SMS. Pictures are not counted.
    """
    texted = [sms.text for sms in world.sms.messages if sms.at >= moment]
    told = sum(message.at >= moment and message.attached is None for message in world.telegram.messages)
    return texted if told >= len(texted) else []


def _sessions(start: datetime) -> Iterator[Session]:
    while True:
        session = next_session(start)
        yield session
        start = session.closes


def _open_market(world: World, session: Session, deposit: Decimal) -> None:
    before = session.opens - _BEFORE_OPEN
    if world.clock.now() < before:
        world.clock.set(before)
    if deposit:
        world.brokerage.deposit(deposit)
    world.clock.set(session.opens + AFTER_OPEN)


def _close_market(world: World, session: Session) -> None:
    world.clock.set(session.closes + AFTER_CLOSE)


def _pictures(sandbox: Sandbox, product: Product, since: datetime, what: str) -> None:
    """Wait until the variance's picture, the last of the week's, is in the chat; without holdings there is none."""

    def arrived(world: World) -> bool:
        product.check()
        newest = [message for message in world.telegram.messages if message.at >= since][-1]
        return newest.attached is not None or not world.brokerage.account_summary()["positions"]

    sandbox.wait_for(arrived, _PATIENCE_SECONDS, what)


def _alerts(sandbox: Sandbox, product: Product, since: datetime, count: int, what: str) -> list[str]:
    def arrived(world: World) -> list[str]:
        product.check()
        found = alerts_since(world, since)
        return found if len(found) >= count else []

    return sandbox.wait_for(arrived, _PATIENCE_SECONDS, f"{what} in both channels")
