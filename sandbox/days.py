"""Trading days one after another, as fast as the product goes, with nobody typing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from time import monotonic

from sandbox.phone import Phone
from sandbox.product import Product
from sandbox.server import Sandbox
from sandbox.sessions import Session, next_session
from sandbox.world import World

# Invest is due five minutes after the open; a little more, so that the clocks need not agree to the second.
AFTER_OPEN = timedelta(minutes=5, seconds=1)

_BEFORE_OPEN = timedelta(minutes=30)
_AFTER_CLOSE = timedelta(minutes=10)
_PATIENCE_SECONDS = 60.0


def run_days(sandbox: Sandbox, product: Product, phone: Phone, *, days: int, deposit: Decimal) -> None:
    """Live through `days` trading days: a deposit before each open, then the day's alert in both channels.

    Raise ProductDied or TimeoutError when a day's alert does not come.
    """
    start = sandbox.call(lambda world: world.clock.now())
    for number, session in enumerate(islice(_sessions(start), days), start=1):
        began = monotonic()
        sandbox.call(partial(_open_market, session=session, deposit=deposit))
        text = _alert(sandbox, product, session)
        day = session.day.strftime("%a %d %b %Y") + (", a half day" if session.is_half_day else "")
        phone.say(f"[{number}/{days}] {day} ({monotonic() - began:.1f} s): {text}")
        sandbox.call(partial(_close_market, session=session))


def alert_since(world: World, moment: datetime) -> str:
    """Return the SMS that came first since a moment, once Telegram has had something too; else nothing.

    Every alert goes to both channels, and nothing but alerts goes by SMS.
    """
    texted = [sms.text for sms in world.sms.messages if sms.at >= moment]
    told = any(message.at >= moment for message in world.telegram.messages)
    return texted[0] if texted and told else ""


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
    world.clock.set(session.closes + _AFTER_CLOSE)


def _alert(sandbox: Sandbox, product: Product, session: Session) -> str:
    def arrived(world: World) -> str:
        product.check()
        return alert_since(world, session.opens)

    return sandbox.wait_for(arrived, _PATIENCE_SECONDS, f"the alert of {session.day} in both channels")
