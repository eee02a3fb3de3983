"""Alerts as SMS through Vonage."""

import asyncio
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import requests
from vonage_http_client import Auth, HttpClient, HttpClientOptions
from vonage_sms import Sms, SmsMessage
from vonage_sms.errors import PartialFailureError, SmsError
from vonage_utils.errors import VonageError

from bot.channels import Attempt, Failed, Refused, Rejected, Sent, segments
from bot.settings.model import VonageSettings
from core.alerts import Alert
from storage.outbox import Delivery

TIMEOUT_SECONDS = 3
"""To connect, and again to answer: the process must be able to end within 10 s. The SDK takes whole seconds."""

MOST_SEGMENTS = 6
"""An alert that would be billed as more messages than these becomes its summary."""

IN_TELEGRAM = "The full report is in Telegram."

# The statuses of Vonage's SMS API (its OpenAPI description). About the message, which no repetition mends: missing or
# invalid parameters, invalid message, too long, invalid sender, network code and callback.
_ABOUT_THE_MESSAGE = {"2", "3", "6", "12", "15", "22", "23"}

_KEYS = "Check api_key and api_secret in the settings, then restart the service."
_ACCOUNT = "Look at the account in Vonage's dashboard."

# About the account or the phone: nothing can be sent until somebody mends it. Whatever is in neither passes by itself:
# throttled 1, internal error 5, too many binds 10, and what Vonage may add.
_UNTIL_MENDED = {
    "4": _KEYS,
    "7": "The phone's network bars its number: ask its operator, or put another one into the settings.",
    "8": _ACCOUNT,
    "9": "Add credit to the account in Vonage's dashboard.",
    "11": _ACCOUNT,
    "14": _KEYS,
    "29": "Add the phone to the account's test numbers in Vonage's dashboard, or add credit.",
    "32": _KEYS,
    "33": "The phone's number is out of use: put another one into the settings.",
}


class SmsChannel:
    """Sends to a phone number."""

    name = "sms"
    title = "SMS"

    def __init__(self, settings: VonageSettings) -> None:
        self._sender = settings.sender
        options = HttpClientOptions(
            rest_host=settings.rest_host,
            timeout=TIMEOUT_SECONDS,
            # The SDK repeats a request as often as its pool is large when the connection drops: once is one SMS.
            pool_maxsize=1,
            max_retries=0,
        )
        auth = Auth(api_key=settings.api_key.get_secret_value(), api_secret=settings.api_secret.get_secret_value())
        self._client = HttpClient(auth, options)
        self._sms = Sms(self._client)

    async def send(self, delivery: Delivery) -> Attempt:
        """Try once to send the alert's text; the SDK is synchronous, so it waits in a thread."""
        return await asyncio.to_thread(self._send, delivery)

    def credit(self) -> Decimal | Failed | Refused:
        """Ask for the account's credit, in euros; this shows that the key and the secret are right. Waits."""
        try:
            answer: Any = self._client.get(self._client.rest_host, "/account/get-balance", auth_type="basic")
            return Decimal(str(answer["value"]))
        except VonageError as error:
            return _http_failure(error)
        except requests.RequestException:
            return Failed("Vonage cannot be reached")
        except (ArithmeticError, KeyError, TypeError, ValueError):
            return Failed("Vonage's answer was not understood")

    def _send(self, delivery: Delivery) -> Attempt:
        text = words_of(delivery.alert)
        message = SmsMessage(
            to=delivery.recipient,
            from_=self._sender,
            text=text,
            type="text" if segments.is_gsm(text) else "unicode",
            client_ref=f"delivery-{delivery.id}",
        )
        try:
            answer = self._sms.send(message)
        except PartialFailureError as error:
            return _partly_refused(error.response)
        except SmsError as error:
            return _refused(_status(str(error)))
        except VonageError as error:
            return _http_failure(error)
        except requests.Timeout:
            return Failed("Vonage did not answer in time")
        except requests.RequestException:
            return Failed("Vonage cannot be reached")
        except Exception as error:  # noqa: BLE001  the SDK indexes and converts whatever it is sent, unchecked
            return Failed(f"Vonage's answer was not understood ({type(error).__name__})")
        receipt = ",".join(part.message_id for part in answer.messages if part.message_id)
        return Sent(receipt, segments=len(answer.messages))


def words_of(alert: Alert) -> str:
    """Return what goes by SMS: the whole text, or where that is too long what says so."""
    if segments.count(alert.text) <= MOST_SEGMENTS:
        return alert.text
    return f"{alert.summary or f'{alert.title}.'} {IN_TELEGRAM}"


def _status(text: str) -> tuple[str, str]:
    """Return the status code and the words out of the SDK's error, which has them only as text."""
    found = re.search(r"error code (\d+): (.*)", text, re.DOTALL)
    return (found[1], found[2]) if found else ("", text)


def _partly_refused(answer: Mapping[str, Any]) -> Attempt:
    for part in answer["messages"]:
        if part["status"] != "0":
            return _refused((str(part["status"]), str(part.get("error-text", "a part of the message failed"))))
    return Failed("Vonage's answer was not understood (it counts more parts than it has)")


def _refused(status: tuple[str, str]) -> Attempt:
    code, words = status
    reason = f"Vonage says: {words.rstrip('.')} (status {code})"
    if code in _ABOUT_THE_MESSAGE:
        return Rejected(reason)
    remedy = _UNTIL_MENDED.get(code)
    return Failed(reason) if remedy is None else Refused(reason, remedy)


def _http_failure(error: VonageError) -> Failed | Refused:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in {401, 403}:
        return Refused("Vonage refuses the API key", _KEYS)
    return Failed(f"Vonage answered with HTTP {status}" if status else "Vonage did not take it")
