"""A stand-in for Telegram's Bot API, with the people at the other end."""

from sandbox.telegram.chat import Button, Message
from sandbox.telegram.routes import telegram_app
from sandbox.telegram.state import Notice, Telegram

__all__ = ["Button", "Message", "Notice", "Telegram", "telegram_app"]
