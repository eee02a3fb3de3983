"""The outbox pump: every alert reaches every recipient, or its failing is said where it can be heard."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from datetime import timedelta

from bot.channels import Channel, Failed, Held, Sent
from bot.records import Records, now
from core import messages
from storage.outbox import Delivery

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds between tries: doubled each time, up to five minutes."""

MOST_ATTEMPTS = 300
"""About a day of tries; then the delivery is given up, loudly."""

SAID_AFTER = 5
"""Failures in a row after which the other channels say that this one does not deliver."""

IDLE_SECONDS = 5.0
"""How often the outbox is looked at when nothing wakes the pump."""


class Pump:
    """Sends what is due, in order for each recipient, until it is stopped."""

    def __init__(self, records: Records, channels: Mapping[str, Channel]) -> None:
        self._records = records
        self._channels = channels
        self._wake = asyncio.Event()
        self._stopping = False

    def nudge(self) -> None:
        """Look at the outbox now: something was said."""
        self._wake.set()

    def stop(self) -> None:
        """Let `run` return once what is being sent has been sent: half a delivery would be sent again."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped."""
        while not self._stopping:
            self._wake.clear()
            if not await self.pump_once():
                await self._rest()

    async def flush(self, seconds: float) -> None:
        """Deliver what waits, retries included, for at most this long. Not while `run` runs."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await asyncio.to_thread(self._records.outbox.next_due) is not None:
                    if not await self.pump_once():
                        await self._rest()

    async def pump_once(self) -> int:
        """Try everything that is due once; return how many deliveries were tried."""
        due = await asyncio.to_thread(self._records.outbox.due, now())
        await asyncio.gather(*(self._deliver(delivery) for delivery in due))
        return len(due)

    async def _rest(self) -> None:
        next_due = await asyncio.to_thread(self._records.outbox.next_due)
        wait = IDLE_SECONDS if next_due is None else (next_due - now()).total_seconds()
        if not self._stopping:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(IDLE_SECONDS, max(0.05, wait)))

    async def _deliver(self, delivery: Delivery) -> None:
        outbox = self._records.outbox
        channel = self._channels.get(delivery.channel)
        if channel is None:
            # The settings had this channel when the alert was said, and have it no longer.
            await asyncio.to_thread(outbox.give_up, delivery.id, "the channel is not in the settings any more", now())
            log.warning("alert not sent by %s: the channel is not in the settings any more", delivery.channel)
            return
        await asyncio.to_thread(outbox.attempting, delivery.id, now())
        attempt = await channel.send(delivery)
        await asyncio.to_thread(self._settle, channel, delivery, attempt)

    def _settle(self, channel: Channel, delivery: Delivery, attempt: Sent | Failed | Held) -> None:
        outbox = self._records.outbox
        tried = delivery.attempts + 1
        match attempt:
            case Sent(receipt):
                outbox.delivered(delivery.id, receipt, now())
                outbox.clear(_trouble_key(channel))
            case Held(reason):
                log.warning("alert held for %s: %s", channel.title, reason)
                outbox.hold(delivery.id, reason)
                self._say(channel, reason, "Open the chat with the bot and press Start; what was said is kept.")
            case Failed(reason) if tried >= MOST_ATTEMPTS:
                log.error("alert given up for %s after %d tries: %s", channel.title, tried, reason)
                outbox.give_up(delivery.id, reason, now())
                self._say(channel, reason, f"An alert was given up after {tried} tries; /status has the present state.")
            case Failed(reason, wait, lasting):
                pause = max(wait or 0.0, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tried - 1, 16)))
                log.warning("alert not sent by %s, try %d (%s); next in %.0f s", channel.title, tried, reason, pause)
                outbox.failed(delivery.id, reason, now() + timedelta(seconds=pause))
                if lasting or tried >= SAID_AFTER:
                    self._say(channel, reason, "It is tried again and again, and nothing is lost meanwhile.")

    def _say(self, channel: Channel, reason: str, remedy: str) -> None:
        """Say once through the other channels, until this one delivers again, that it does not."""
        alert = messages.channel_trouble(channel.title, reason, remedy)
        self._records.outbox.say(alert, now(), once_key=_trouble_key(channel), except_by=channel.name)


def _trouble_key(channel: Channel) -> str:
    return f"channel-{channel.name}"
