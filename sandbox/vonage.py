"""A stand-in for Vonage's SMS API, with the phones at the other end."""

import base64
import binascii
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.clock import VirtualClock
from sandbox.gsm import as_gsm7, segment_count

PRICE = Decimal("0.03330000")  # euros a segment, the price of the API description's example

_LONGEST_TEXT = 3200  # characters, beyond which Vonage answers status 12
_LONGEST_REFERENCE = 100
_NETWORK = "12345"

# The statuses of the SMS API description's table, in its words; 0 is accepted, which is not delivered.
ERROR_TEXTS = {
    "1": "Throttled",
    "2": "Missing Parameters",
    "3": "Invalid Parameters",
    "4": "Invalid Credentials",
    "5": "Internal Error",
    "6": "Invalid Message",
    "7": "Number Barred",
    "8": "Partner Account Barred",
    "9": "Partner Quota Violation",
    "10": "Too Many Existing Binds",
    "11": "Account Not Enabled For HTTP",
    "12": "Message Too Long",
    "14": "Invalid Signature",
    "15": "Invalid Sender Address",
    "22": "Invalid Network Code",
    "23": "Invalid Callback Url",
    "29": "Non-Whitelisted Destination",
    "32": "Signature And API Secret Disallowed",
    "33": "Number De-activated",
}

Form = dict[str, str]
Entry = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sms:
    """One message a phone has received: its text as shown there, and how many segments it cost."""

    at: datetime
    to: str
    sender: str
    text: str
    segments: int
    client_ref: str | None


class SmsService:
    """One Vonage account: its credit in euros, and what it has sent. Times are the virtual clock's."""

    def __init__(self, clock: VirtualClock, *, api_key: str, api_secret: str) -> None:
        self._clock = clock
        self._credentials = (api_key, api_secret)
        self._message_ids = count(1)
        self._failures: deque[str] = deque()
        self.messages: list[Sms] = []
        self.requests_seen: list[Form] = []
        self.balance = Decimal(10)

    def fail_with(self, status: int, times: int) -> None:
        """Answer the next `times` messages with this status of the table, sending nothing."""
        if str(status) not in ERROR_TEXTS:
            raise ValueError(f"status {status} is not in Vonage's table: {', '.join(ERROR_TEXTS)}")
        self._failures.extend([str(status)] * times)

    def accepts(self, credentials: tuple[str, str]) -> bool:
        """Tell whether these are the account's key and secret."""
        return credentials == self._credentials

    def submit(self, form: Form, credentials: tuple[str, str]) -> list[Entry]:
        """Send one message; return an entry for each segment, or one that says why not."""
        self.requests_seen.append({name: value for name, value in form.items() if name != "api_secret"})
        refusal = self._refusal(form, credentials)
        if refusal is not None:
            return [refusal]
        text = form["text"] if form.get("type") == "unicode" else as_gsm7(form["text"])
        segments = segment_count(text, unicode=form.get("type") == "unicode")
        if self.balance < PRICE * segments:
            return [_error("9")]
        self.balance -= PRICE * segments
        reference = form.get("client-ref")
        self.messages.append(Sms(self._clock.now(), form["to"], form["from"], text, segments, reference))
        return [self._accepted(form["to"], reference) for _ in range(segments)]

    def _refusal(self, form: Form, credentials: tuple[str, str]) -> Entry | None:
        if not self.accepts(credentials):
            return _error("4")
        for name in ("to", "from", "text"):
            if not form.get(name):
                return _error("2", f"Missing {name} param")
        if not (form["to"].isascii() and form["to"].isdigit() and 7 <= len(form["to"]) <= 15):
            return _error("3", "Invalid to param")
        if form.get("type", "text") not in ("text", "unicode"):
            return _error("3", "Invalid type param")
        if len(form.get("client-ref", "")) > _LONGEST_REFERENCE:
            return _error("3", "Invalid client-ref param")
        if len(form["text"]) > _LONGEST_TEXT:
            return _error("12")
        return _error(self._failures.popleft()) if self._failures else None

    def _accepted(self, to: str, reference: str | None) -> Entry:
        entry = {
            "to": to,
            "message-id": f"{next(self._message_ids):016X}",
            "status": "0",
            "remaining-balance": f"{self.balance:.8f}",
            "message-price": f"{PRICE:.8f}",
            "network": _NETWORK,
        }
        return entry if reference is None else entry | {"client-ref": reference}


def vonage_app(service: SmsService) -> Starlette:
    """Build the application that serves this account as Vonage does."""

    async def send(request: Request) -> JSONResponse:
        async with request.form() as fields:
            form = {name: value for name, value in fields.items() if isinstance(value, str)}
        entries = service.submit(form, _credentials(request, form))
        # A failure is HTTP 200 with a status too, and the count is text.
        return JSONResponse({"message-count": str(len(entries)), "messages": entries})

    async def balance(request: Request) -> JSONResponse:
        if not service.accepts(_credentials(request, dict(request.query_params))):
            return JSONResponse({"error-code": "401", "error-code-label": "authentication failed"}, status_code=401)
        return JSONResponse({"value": float(service.balance), "autoReload": False})

    return Starlette(
        routes=[
            Route("/sms/json", send, methods=["POST"]),
            Route("/account/get-balance", balance, methods=["GET"]),
        ]
    )


def _credentials(request: Request, form: Form) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("api_key", ""), form.get("api_secret", "")
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret


def _error(status: str, text: str | None = None) -> Entry:
    return {"status": status, "error-text": text or ERROR_TEXTS[status]}
