"""Alerts as SMS through Vonage."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import requests
from vonage_http_client import Auth, HttpClient, HttpClientOptions
from vonage_sms import Sms, SmsMessage
from vonage_sms.errors import PartialFailureError, SmsError
from vonage_utils.errors import VonageError

from bot.channels import Attempt, Failed, Sent
from bot.settings import VonageSettings
from storage.outbox import Delivery

TIMEOUT_SECONDS = 3
"""To connect, and again to answer: the process must be able to end within 10 s. The SDK takes whole seconds."""

# GSM 03.38, the alphabet of a plain SMS, with its extension table. Other text needs type unicode and shorter segments.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)

# Vonage's status codes that pass by themselves: throttled, internal error, and too many messages at once.
_PASSING = {"1", "5", "12"}


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
        self._sms = Sms(HttpClient(auth, options))

    async def send(self, delivery: Delivery) -> Attempt:
        """Try once to send the alert's text; the SDK is synchronous, so it waits in a thread."""
        return await asyncio.to_thread(self._send, delivery)

    def _send(self, delivery: Delivery) -> Attempt:
        text = delivery.alert.text
        message = SmsMessage(
            to=delivery.recipient,
            from_=self._sender,
            text=text,
            type="text" if _GSM.issuperset(text) else "unicode",
            client_ref=f"delivery-{delivery.id}",
        )
        try:
            answer = self._sms.send(message)
        except PartialFailureError as error:
            return _refused(_first_failure(error.response))
        except SmsError as error:
            return _refused(_status(str(error)))
        except VonageError as error:
            return _http_failure(error)
        except requests.Timeout:
            return Failed("Vonage did not answer in time")
        except requests.RequestException:
            return Failed("Vonage cannot be reached")
        except (ValueError, TypeError, KeyError) as error:
            return Failed(f"Vonage's answer was not understood ({type(error).__name__})")
        return Sent(",".join(part.message_id for part in answer.messages if part.message_id))


def _status(text: str) -> tuple[str, str]:
    """Return the status code and the words out of the SDK's error, which has them only as text."""
    found = re.search(r"error code (\d+): (.*)", text, re.DOTALL)
    return (found[1], found[2]) if found else ("", text)


def _first_failure(answer: Mapping[str, Any]) -> tuple[str, str]:
    failed = next(part for part in answer["messages"] if part["status"] != "0")
    return str(failed["status"]), str(failed.get("error-text", "a part of the message failed"))


def _refused(status: tuple[str, str]) -> Failed:
    code, words = status
    return Failed(f"Vonage says: {words.rstrip('.')} (status {code})", lasting=code not in _PASSING)


def _http_failure(error: VonageError) -> Failed:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in {401, 403}:
        return Failed("Vonage refuses the API key", lasting=True)
    return Failed(f"Vonage answered with HTTP {status}" if status else "Vonage did not take it")
