"""Everything outside the product, in one place and at one time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import itemgetter

from sandbox.alpaca import Brokerage
from sandbox.clock import VirtualClock
from sandbox.faults.kinds import Faults
from sandbox.market import Market
from sandbox.sessions import NEW_YORK
from sandbox.telegram import Telegram
from sandbox.vonage import SmsService


@dataclass(frozen=True, slots=True)
class Keys:
    """The invented credentials and numbers by which the product and the stand-ins know each other."""

    alpaca_key_id: str = "SANDBOXKEYID00000001"
    alpaca_secret_key: str = "sandbox-alpaca-secret-key-0000000000001"  # noqa: S105  # opens nothing real
    telegram_token: str = "7000000001:sandbox-telegram-token-0000000001"  # noqa: S105  # opens nothing real
    vonage_api_key: str = "sandbox1"
    vonage_api_secret: str = "sandboxSecret001"  # noqa: S105  # opens nothing real
    owner_id: int = 1001
    sms_sender: str = "12015550100"
    sms_recipient: str = "12015550123"


class World:
    """One clock, one market, one brokerage account, one bot, one SMS account, and what goes wrong.

    Touched by one thread only: the sandbox's.
    """

    def __init__(
        self,
        *,
        start: datetime,
        seed: int,
        keys: Keys,
        cash: Decimal,
        fill_delay: timedelta,
        minimum_crypto_order: Decimal,
    ) -> None:
        self.clock = VirtualClock(start)
        self.market = Market(seed)
        self.brokerage = Brokerage(
            self.clock,
            self.market,
            key_id=keys.alpaca_key_id,
            secret_key=keys.alpaca_secret_key,
            fill_delay=fill_delay,
            cash=cash,
            minimum_crypto_order=minimum_crypto_order,
        )
        self.telegram = Telegram(self.clock, token=keys.telegram_token)
        self.sms = SmsService(self.clock, api_key=keys.vonage_api_key, api_secret=keys.vonage_api_secret)
        self.faults = Faults()

    def said(self) -> list[dict[str, str]]:
        """Return the messages of both channels in the order of sending; `at` is ISO 8601 in New York time.

        `attached` says what a message has besides its text, where it has something.
        """
        messages = [
            ("telegram", message.at, message.text, message.attached.described() if message.attached else "")
            for message in self.telegram.messages
        ]
        messages += [("sms", message.at, message.text, "") for message in self.sms.messages]
        return [
            {"at": at.astimezone(NEW_YORK).isoformat(), "channel": channel, "text": text}
            | ({"attached": attached} if attached else {})
            for channel, at, text, attached in sorted(messages, key=itemgetter(1))
        ]

    def transcript(self) -> dict[str, object]:
        """Return what was said and ordered as the stand-ins saw it, ready for JSON."""
        return {
            "messages": self.said(),
            "orders": self.brokerage.transcript_orders(),
            "account": self.brokerage.account_summary(),
        }

    def recent(self) -> dict[str, object]:
        """Return the last few things that happened, for whoever waited in vain."""
        return {
            "time": self.clock.now().astimezone(NEW_YORK).isoformat(),
            "messages": self.said()[-4:],
            "orders": self.brokerage.transcript_orders()[-4:],
            "telegram calls": [f"{seen.method} {seen.status}" for seen in self.telegram.requests_seen[-4:]],
        }
