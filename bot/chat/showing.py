"""Showing an alert's words and pictures as an answer in the chat."""

import asyncio
import logging
from collections.abc import Iterable

from bot.charts import NotDrawn
from bot.chat.grammar import Chat
from bot.services import Services
from bot.views import alerts as views
from core.alerts import Alert
from core.reporting.pictures import Picture

log = logging.getLogger(__name__)


async def alert(chat: Chat, services: Services, said: Alert) -> None:
    """Answer with an alert's words, and then its pictures."""
    for part in views.alert(said):
        await chat.reply(part)
    await pictures(chat, services, said.pictures)


async def pictures(chat: Chat, services: Services, shown: Iterable[Picture]) -> None:
    """Send pictures; one that cannot be drawn is in the log, and costs nothing else."""
    for picture in shown:
        drawn = await asyncio.to_thread(services.charts.draw, picture)
        if isinstance(drawn, NotDrawn):
            log.warning("a picture of kind %s was not drawn: %s", type(picture).__name__, drawn.reason)
        else:
            await chat.photo(drawn)
