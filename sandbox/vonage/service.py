"""One SMS account at Vonage: its credit, its limits, and what has reached the phones."""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from time import monotonic

from sandbox.clock import VirtualClock
from sandbox.vonage.gsm import as_gsm7, segment_count
from sandbox.vonage.refusals import ERROR_TEXTS, Entry, Form, error_entry, wrong_parameter

PRICE = Decimal("0.03330000")  # euros a segment, the price of the API description's example

_NETWORK = "12345"


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
    """One account: its credit in euros, and what it has sent. Times are the virtual clock's.

    `throughput` is the requests taken in any second of this machine's clock, None for as many as come: Vonage's
    own number, which no demo reaches. `whitelist` holds the numbers that an account in demo mode may write to,
    None for a real account.
    """

    def __init__(
        self, clock: VirtualClock, *, api_key: str, api_secret: str, seconds: Callable[[], float] = monotonic
    ) -> None:
        self._clock = clock
        self._credentials = (api_key, api_secret)
        self._seconds = seconds
        self._message_ids = count(1)
        self._failures: deque[str] = deque()
        self._failing_parts: tuple[str, frozenset[int]] | None = None
        self._taken_at: deque[float] = deque()
        self.messages: list[Sms] = []
        self.requests_seen: list[Form] = []
        self.answers_seen: list[list[Entry]] = []
        self.balance = Decimal(10)
        self.throughput: int | None = 30
        self.whitelist: frozenset[str] | None = None

    def fail_with(self, status: int, times: int) -> None:
        """Answer the next `times` messages with this status of the table, sending nothing."""
        self._failures.extend([_known(status)] * times)

    def fail_parts(self, status: int, parts: Collection[int]) -> None:
        """Refuse these parts, from 1, of the next message that has one of them, with this status of the table.

        The other parts are accepted and paid for, but no phone shows a message of which a part is missing.
        """
        self._failing_parts = (_known(status), frozenset(parts))

    def accepts(self, credentials: tuple[str, str]) -> bool:
        """Tell whether these are the account's key and secret."""
        return credentials == self._credentials

    def submit(self, form: Form, credentials: tuple[str, str]) -> list[Entry]:
        """Send one message; return an entry for each segment, or one that says why not."""
        entries = self._entries(form, credentials)
        self.requests_seen.append({name: value for name, value in form.items() if name != "api_secret"})
        self.answers_seen.append(entries)
        return entries

    def _entries(self, form: Form, credentials: tuple[str, str]) -> list[Entry]:
        refusal = self._refusal(form, credentials)
        if refusal is not None:
            return [refusal]
        is_unicode = form.get("type") == "unicode"
        text = form["text"] if is_unicode else as_gsm7(form["text"])
        segments = segment_count(text, unicode=is_unicode)
        if self.balance < PRICE * segments:
            return [error_entry("9")]
        status, refused = self._refused_parts(segments)
        reference = form.get("client-ref")
        if not refused:
            self.messages.append(Sms(self._clock.now(), form["to"], form["from"], text, segments, reference))
        return [
            error_entry(status) if number in refused else self._accepted(form["to"], reference)
            for number in range(1, segments + 1)
        ]

    def _refusal(self, form: Form, credentials: tuple[str, str]) -> Entry | None:
        if not self.accepts(credentials):
            return error_entry("4")
        if self._is_throttled():
            return error_entry("1")
        wrong = wrong_parameter(form)
        if wrong is not None:
            return wrong
        if self.whitelist is not None and form["to"] not in self.whitelist:
            return error_entry("29")
        return error_entry(self._failures.popleft()) if self._failures else None

    def _is_throttled(self) -> bool:
        """Count one request, unless the last second holds as many as it may."""
        now = self._seconds()
        while self._taken_at and now - self._taken_at[0] >= 1:
            self._taken_at.popleft()
        if self.throughput is not None and len(self._taken_at) >= self.throughput:
            return True
        self._taken_at.append(now)
        return False

    def _refused_parts(self, segments: int) -> tuple[str, frozenset[int]]:
        """Return which parts of a message of so many segments are refused, and with what status."""
        status, parts = self._failing_parts or ("0", frozenset())
        refused = parts & frozenset(range(1, segments + 1))
        if refused:
            self._failing_parts = None
        return status, refused

    def _accepted(self, to: str, reference: str | None) -> Entry:
        self.balance -= PRICE
        entry = {
            "to": to,
            "message-id": f"{next(self._message_ids):016X}",
            "status": "0",
            "remaining-balance": f"{self.balance:.8f}",
            "message-price": f"{PRICE:.8f}",
            "network": _NETWORK,
        }
        return entry if reference is None else entry | {"client-ref": reference}


def _known(status: int) -> str:
    if str(status) not in ERROR_TEXTS:
        raise ValueError(f"status {status} is not in Vonage's table: {', '.join(ERROR_TEXTS)}")
    return str(status)
