"""Why Vonage does not take a message: the statuses of its table, and the rules about a message's parameters."""

import re
from collections.abc import Mapping

LONGEST_TEXT = 3200
"""Characters, beyond which Vonage answers status 12."""

_LONGEST_REFERENCE = 100
# The API description: 7 to 15 digits, without a plus sign.
_NUMBER = re.compile(r"\d{7,15}", re.ASCII)
# Vonage, "Custom sender ID": digits as a number has them, or up to 11 letters, digits and spaces.
_SENDER = re.compile(r"\d{1,15}|[A-Za-z0-9 ]{1,11}", re.ASCII)

Form = Mapping[str, str]
Entry = dict[str, str]

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


def error_entry(status: str, text: str | None = None) -> Entry:
    """Write an entry of an answer that says no, in the table's words unless others are given."""
    return {"status": status, "error-text": text or ERROR_TEXTS[status]}


def wrong_parameter(form: Form) -> Entry | None:
    """Return what is wrong with a message's parameters, None when nothing is."""
    for name in ("to", "from", "text"):
        if not form.get(name):
            return error_entry("2", f"Missing {name} param")
    if not _NUMBER.fullmatch(form["to"]):
        return error_entry("3", "Invalid to param")
    # Vonage also knows binary; the product does not use it.
    if form.get("type", "text") not in ("text", "unicode"):
        return error_entry("3", "Invalid type param")
    if len(form.get("client-ref", "")) > _LONGEST_REFERENCE:
        return error_entry("3", "Invalid client-ref param")
    if not _SENDER.fullmatch(form["from"]):
        return error_entry("15")
    if len(form["text"]) > LONGEST_TEXT:
        return error_entry("12")
    return None
