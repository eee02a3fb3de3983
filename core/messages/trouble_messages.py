"""The wording of what went wrong, and of its end. Every text is whole by itself: it is what goes by SMS."""

from core.alerts import Alert, AlertKind
from core.orders import OrderState
from core.runs import Run


def in_doubt(run: Run, why: str) -> Alert:
    """Say once that nobody knows yet what became of some orders, and what happens until it is known."""
    waiting = run.of(OrderState.PLANNED, OrderState.UNKNOWN)
    return Alert(
        AlertKind.TROUBLE,
        f"It is not known yet whether {len(waiting)} orders of {run.key.day.isoformat()} were taken: {why}. Allocator "
        "keeps looking them up, sends none twice, and orders nothing else until it knows.",
        title="Some orders have no answer yet",
    )


def broker_away(why: str) -> Alert:
    """Say once that the broker cannot be used, and that nothing is lost by it."""
    return Alert(
        AlertKind.TROUBLE,
        f"Alpaca cannot be reached: {why}. Allocator keeps trying, and orders nothing until Alpaca answers.",
        title="Alpaca cannot be reached",
    )


def broker_refuses(why: str) -> Alert:
    """Say once that the broker does not accept the keys."""
    return Alert(
        AlertKind.TROUBLE,
        f"Alpaca refuses the keys: {why}. Nothing is ordered until that is mended: check key_id and secret_key in "
        "the settings, then restart the service.",
        title="Alpaca refuses the keys",
    )


def broker_back() -> Alert:
    """Say that the broker answers again, after an alert that it did not."""
    return Alert(AlertKind.TROUBLE, "Alpaca answers again.", title="Alpaca answers again")


def channel_trouble(channel: str, why: str, remedy: str) -> Alert:
    """Say, through another channel, that one channel does not deliver."""
    return Alert(
        AlertKind.TROUBLE,
        f"{channel} does not deliver alerts: {why}. {remedy}",
        title=f"{channel} does not deliver alerts",
    )


def chat_deaf(why: str, remedy: str) -> Alert:
    """Say that alerts go out, but what the owner writes is not heard."""
    return Alert(
        AlertKind.TROUBLE,
        f"The Telegram chat does not hear you: {why}. {remedy}",
        title="The Telegram chat does not hear you",
    )


def something_broke(what: str) -> Alert:
    """Say once that an error nobody expected stopped a routine, and what happens next."""
    return Alert(
        AlertKind.FAILED,
        f"Something went wrong inside Allocator: {what}. It will try again; orders are looked up first, so none is "
        "sent twice. The log has the details.",
        title="Something went wrong",
    )


def stopped(why: str) -> Alert:
    """Say that the service ends by itself, and what it would take to go on."""
    return Alert(AlertKind.FAILED, f"Allocator has stopped: {why}", title="Allocator has stopped")
