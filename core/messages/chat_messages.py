"""The wording of alerts about the chat itself. Every text is whole by itself: it is what goes by SMS."""

from core.alerts import Alert, AlertKind


def intruded(user: int | None, *, is_owner: bool) -> Alert:
    """Say that somebody was refused. What they wrote is left out: it must not reach the owner in the bot's name."""
    if is_owner:
        return Alert(
            AlertKind.TROUBLE,
            f"Telegram user {user}, who is an owner, wrote to the bot outside their private chat with it. "
            "It answers only there. /audit in the chat lists every attempt.",
            title="The bot answers only in its private chat",
        )
    who = "Somebody" if user is None else f"Telegram user {user}"
    return Alert(
        AlertKind.TROUBLE,
        f"{who}, who is not an owner, wrote to the bot and was not answered. Others may follow: this is said once an "
        "hour at most. /audit in the chat lists every attempt.",
        title="Somebody else wrote to the bot",
    )


def changed_by_another(owner: int, what: str) -> Alert:
    """Say to the other owners what one of them has changed; `what` is a whole sentence."""
    return Alert(
        AlertKind.CHANGED,
        f"Another owner, Telegram user {owner}, has changed something: {what}",
        title="Another owner has changed something",
    )
