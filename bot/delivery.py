"""The outbox pump: every alert reaches every recipient, or its failing is said where it can be heard."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from bot.channels import Attempt, Channel, Failed, Held, Omitted, Refused, Rejected, Sent
from bot.records import Records, now
from core.alerts import Alert, marked_live
from core.messages import trouble_messages
from core.pauses import growing_pause
from storage.outbox import Delivery, Recipient

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds between tries: doubled each time, up to five minutes."""

SEND_SECONDS = 8.0
"""The longest that one try may take: the process must be able to end within 10 s, and waits for what is being sent."""

MOST_ATTEMPTS = 300
"""About a day of tries; then the delivery is given up, loudly."""

MOST_PICTURE_ATTEMPTS = 10
"""Some minutes of tries; the words of a picture have their own."""

SAID_AFTER = 5
"""Failures in a row after which the other channels say that this one does not deliver."""

LONGEST_LOOK = 120.0
"""Seconds that one look may take: the tries, and the books, which may be locked for 10 s at each step."""

IDLE_SECONDS = 5.0
"""How often the outbox is looked at when nothing wakes the pump."""

_GIVEN_UP = "That alert was given up; /status has the present state."


class Pump:
    """Sends what is due, in order for each recipient, until it is stopped. A try takes at most `send_seconds`.

    `live`: the account's money is real, and what is said of it says so. `signs` is told, at each look and each pause,
    how many seconds there are until the next.
    """

    def __init__(
        self,
        records: Records,
        channels: Mapping[str, Channel],
        send_seconds: float = SEND_SECONDS,
        *,
        live: bool = False,
        signs: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._signs = signs
        self._live = live
        self._records = records
        self._channels = channels
        self._send_seconds = send_seconds
        self._refusals: Counter[Recipient] = Counter()
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()

    @property
    def titles(self) -> dict[str, str]:
        """The channels that there are, each name with how a person calls it."""
        return {name: channel.title for name, channel in self._channels.items()}

    async def try_once(self, alert: Alert, recipient: Recipient) -> Attempt:
        """Send something at once and once, beside the outbox, and return what came of it: nothing is kept of it.

        Raises KeyError for a channel that there is not.
        """
        channel = self._channels[recipient.channel]
        at_once = Delivery(0, alert, recipient.channel, recipient.address, part=0, attempts=0, created_at=now())
        return await self._attempt(channel, at_once)

    def nudge(self) -> None:
        """Look at the outbox now: something was said."""
        self._wake.set()

    def stop(self) -> None:
        """Let `run` return once what is being sent has been sent: half a delivery would be sent again."""
        self._stop.set()
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped, whatever happens: the pump is what says that something is wrong."""
        failures = 0
        while not self._stop.is_set():
            self._wake.clear()
            self._signs(LONGEST_LOOK)
            try:
                if not await self.pump_once():
                    await self._rest()
                failures = 0
            except Exception:
                # The books are locked, or the disk is full. No nudge cuts this pause short: a tick is no news of that.
                failures += 1
                log.exception("the outbox cannot be used, number %d in a row", failures)
                pause = growing_pause(failures, FIRST_PAUSE, LONGEST_PAUSE)
                self._signs(pause)
                await _wait(self._stop, pause)

    async def flush(self, seconds: float) -> None:
        """Deliver what waits, retries included, for at most this long; raises nothing. Not while `run` runs.

        What has its turn later than that, as after quiet hours, is not waited for.
        """
        end = now() + timedelta(seconds=seconds)
        try:
            async with asyncio.timeout(seconds):
                while (turn := await asyncio.to_thread(self._records.outbox.next_due)) is not None and turn <= end:
                    # `stop` has set it, and would let the rests take no time.
                    self._wake.clear()
                    if not await self.pump_once():
                        await self._rest()
        except TimeoutError:
            log.warning("not everything that was said could be sent within %.0f s; it is kept", seconds)
        except Exception:
            log.exception("the outbox cannot be used")

    async def pump_once(self) -> int:
        """Try everything that is due once; return how many deliveries were tried.

        Raises what the database raised, after all tries have ended: none of them is then left running unseen.
        """
        due = await asyncio.to_thread(self._records.outbox.due, now())
        for ended in await asyncio.gather(*(self._deliver(delivery) for delivery in due), return_exceptions=True):
            if ended is not None:
                raise ended
        return len(due)

    async def _rest(self) -> None:
        next_due = await asyncio.to_thread(self._records.outbox.next_due)
        wait = IDLE_SECONDS if next_due is None else (next_due - now()).total_seconds()
        await _wait(self._wake, min(IDLE_SECONDS, max(0.05, wait)))

    async def _deliver(self, delivery: Delivery) -> None:
        outbox = self._records.outbox
        channel = self._channels.get(delivery.channel)
        if channel is None:
            # The settings had this channel when the alert was said, and have it no longer.
            await asyncio.to_thread(outbox.give_up, delivery.id, "the channel is not in the settings any more", now())
            log.warning("alert not sent by %s: the channel is not in the settings any more", delivery.channel)
            return
        # Before the sending, so that nothing is sent, again and again, while the books take no note of it.
        await asyncio.to_thread(outbox.attempting, delivery.id, now())
        attempt = await self._attempt(channel, delivery)
        await asyncio.to_thread(self._settle, channel, delivery, attempt)

    async def _attempt(self, channel: Channel, delivery: Delivery) -> Attempt:
        try:
            async with asyncio.timeout(self._send_seconds):
                said = replace(delivery, alert=marked_live(delivery.alert)) if self._live else delivery
                return await channel.send(said)
        except TimeoutError:
            return Failed(f"{channel.title} did not answer in time")
        except Exception as error:
            # A library's surprise about one message must not keep every other alert from its owner.
            log.exception("sending by %s ended in an error nobody expected", channel.title)
            return Failed(f"{channel.title} did not take it ({type(error).__name__})")

    def _settle(self, channel: Channel, delivery: Delivery, attempt: Attempt) -> None:
        outbox = self._records.outbox
        recipient = Recipient(delivery.channel, delivery.recipient)
        tried = delivery.attempts + 1
        # What is to be said is said first: should the process end in between, it is tried again, and said once.
        match attempt:
            case Sent(receipt, segments):
                outbox.delivered(delivery.id, receipt, now(), segments)
                outbox.clear(_down(channel), _held(recipient), _lost(recipient))
                del self._refusals[recipient]
            case Held(reason, remedy):
                log.warning("alert held for %s: %s", channel.title, reason)
                self._say_of_one(recipient, channel, reason, f"{remedy} What was said is kept.", _held(recipient))
                outbox.hold(delivery.id, reason)
            case Rejected(reason):
                log.error("alert given up for %s: %s", channel.title, reason)
                self._say_of_one(recipient, channel, reason, _GIVEN_UP, _lost(recipient))
                outbox.give_up(delivery.id, reason, now())
            case Omitted(reason):
                log.warning("left out for %s: %s", channel.title, reason)
                outbox.give_up(delivery.id, reason, now())
            case Failed(reason) if delivery.part and tried >= MOST_PICTURE_ATTEMPTS:
                log.warning("a picture is left out for %s after %d tries: %s", channel.title, tried, reason)
                outbox.give_up(delivery.id, reason, now())
            case Failed(reason) if tried >= MOST_ATTEMPTS:
                log.error("alert given up for %s after %d tries: %s", channel.title, tried, reason)
                self._say_of_one(recipient, channel, f"{reason}, {tried} times", _GIVEN_UP, _lost(recipient))
                outbox.give_up(delivery.id, reason, now())
            case Refused(reason, remedy):
                self._refusals[recipient] += 1
                pause = growing_pause(self._refusals[recipient], FIRST_PAUSE, LONGEST_PAUSE)
                log.error("no alert can be sent by %s (%s); next try in %.0f s", channel.title, reason, pause)
                self._say_of_all(channel, reason, f"{remedy} Nothing is lost meanwhile.")
                outbox.refused(delivery.id, reason, now(), timedelta(seconds=pause))
            case Failed(reason, wait):
                pause = max(wait or 0.0, growing_pause(tried, FIRST_PAUSE, LONGEST_PAUSE))
                log.warning("alert not sent by %s, try %d (%s); next in %.0f s", channel.title, tried, reason, pause)
                # A channel that asks for more than our own longest pause is away for long, whatever the count.
                if tried >= SAID_AFTER or pause > LONGEST_PAUSE:
                    self._say_of_all(channel, reason, "It is tried again and again, and nothing is lost meanwhile.")
                outbox.failed(delivery.id, reason, now(), timedelta(seconds=pause))
            case _:
                assert_never(attempt)

    def _say_of_all(self, channel: Channel, reason: str, remedy: str) -> None:
        """Say once through the other channels, until this one delivers again, that it does not."""
        alert = trouble_messages.channel_trouble(channel.title, reason, remedy)
        self._records.outbox.say(alert, now(), once_key=_down(channel), except_by=channel.name)

    def _say_of_one(self, recipient: Recipient, channel: Channel, reason: str, remedy: str, once_key: str) -> None:
        """Say once to everybody else, another owner on this channel too, that one recipient is not reached.

        Once, until something reaches them: two channels that take nothing would complain of each other for ever.
        """
        alert = trouble_messages.channel_trouble(channel.title, reason, remedy)
        self._records.outbox.say(alert, now(), once_key=once_key, except_to=recipient)


def _down(channel: Channel) -> str:
    return f"channel-{channel.name}"


def _held(recipient: Recipient) -> str:
    return f"held-{recipient.channel}-{recipient.address}"


def _lost(recipient: Recipient) -> str:
    return f"lost-{recipient.channel}-{recipient.address}"


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
