"""SMS through Vonage, for those who want it."""

from decimal import Decimal

from bot.settings.model import VonageSettings
from bot.setup import trying
from bot.setup.fields import Field
from bot.setup.interview import Interview
from bot.setup.questions import Question
from bot.setup.settings_text import Value
from bot.setup.trying import Away, WrongKeys

REST_HOST = "rest.nexmo.com"


API_KEY = Field(
    "vonage.api_key",
    Question("Vonage API key", "--vonage-api-key", "https://dashboard.vonage.com: API settings has key and secret."),
    is_secret=True,
)
API_SECRET = Field("vonage.api_secret", Question("Vonage API secret", "--vonage-api-secret-file"), is_secret=True)
SENDER = Field(
    "vonage.sender",
    Question(
        "Sender",
        "--sms-sender",
        "A number of your Vonage account, or a name of at most 11 letters where your country allows it.",
    ),
)
RECIPIENT = Field("vonage.recipient", Question("Your phone, with its country code", "--sms-recipient"))
FIELDS = (API_KEY, API_SECRET, SENDER, RECIPIENT)
HOST = Field("vonage.rest_host", Question("Vonage's host", "--vonage-host"))


def ask(interview: Interview) -> dict[str, Value | None] | None:
    """Return the section's values once the keys are accepted, None where no SMS is wanted."""
    if not wanted(interview):
        return None
    host = interview.unasked(HOST, REST_HOST)
    while True:
        match trying.vonage(interview.take(API_KEY), interview.take(API_SECRET), host):
            case WrongKeys(reason):
                interview.wrong(reason, API_KEY, API_SECRET)
            case Away(reason):
                interview.away(reason)
            case Decimal() as credit:
                interview.prompter.say(f"  Vonage answers: {credit:.2f} EUR of credit.")
                if credit <= 0:
                    interview.prompter.say("  Warning: add some in Vonage's dashboard, or no SMS goes out.")
                return _values(interview, host)


def change(interview: Interview) -> dict[str, Value | None]:
    """Ask anew from and to which number an SMS goes, and return the section's values."""
    interview.reopen(SENDER, RECIPIENT)
    return _values(interview, interview.unasked(HOST, REST_HOST))


def _values(interview: Interview, host: str) -> dict[str, Value | None]:
    key, secret, sender, recipient = (interview.take(one) for one in FIELDS)
    read = VonageSettings.model_validate(
        {"api_key": key, "api_secret": secret, "sender": sender, "recipient": recipient, "rest_host": host}
    )
    return {
        "api_key": key,
        "api_secret": secret,
        "sender": read.sender,
        "recipient": read.recipient,
        "rest_host": read.rest_host,
    }


def wanted(interview: Interview) -> bool:
    """Return whether alerts go by SMS too; only a person is asked."""
    if interview.given.sms is not None:
        return interview.given.sms
    if any(interview.in_advance(one.key) is not None for one in FIELDS):
        return True
    present = "vonage" in interview.present
    if not interview.prompter.is_person:
        return present
    question = Question("Alerts by SMS too? (needs a Vonage account, some cents each)", "--no-sms")
    return interview.prompter.agrees(question, usually=present)
