"""The account at Alpaca: its keys, and whether they move paper or real money."""

from urllib.parse import urlsplit

from bot.settings.model import LIVE_HOST, AlpacaSettings
from bot.setup import trying
from bot.setup.fields import Field
from bot.setup.interview import Interview, Stopped
from bot.setup.questions import Question
from bot.setup.settings_text import Value
from bot.setup.trying import Away
from broker.access import Access
from core import money
from core.account import Account

PAPER_URL, LIVE_URL = "https://paper-api.alpaca.markets", f"https://{LIVE_HOST}"
DATA_URL = "https://data.alpaca.markets"

KEY_ID = Field(
    "alpaca.key_id",
    Question(
        "Alpaca key id",
        "--alpaca-key-id",
        "https://app.alpaca.markets: Home, API Keys, Generate. Paper and live accounts have keys of their own.",
    ),
    is_secret=True,
)
SECRET_KEY = Field("alpaca.secret_key", Question("Alpaca secret key", "--alpaca-secret-key-file"), is_secret=True)
FIELDS = (KEY_ID, SECRET_KEY)
TRADING = Field("alpaca.trading_url", Question("Alpaca's address", "--alpaca-url"))
DATA = Field("alpaca.data_url", Question("Alpaca's address for prices", "--alpaca-data-url"))

TIMEOUT_SECONDS = 8


def ask(interview: Interview) -> tuple[dict[str, Value | None], Access]:
    """Return the section's values and the way in, once the keys have opened an account."""
    data_url = interview.unasked(DATA, DATA_URL)
    while True:
        key_id, secret = interview.take(KEY_ID), interview.take(SECRET_KEY)
        for url in _addresses(interview, key_id):
            live = urlsplit(url).hostname == LIVE_HOST
            read = AlpacaSettings.model_validate(
                {"key_id": key_id, "secret_key": secret, "trading_url": url, "data_url": data_url, "live": live}
            )
            access = Access(read.trading_url, read.data_url, key_id, secret, TIMEOUT_SECONDS)
            found = trying.alpaca(access)
            if isinstance(found, Account):
                _agree(interview, found, live=live)
                values: dict[str, Value | None] = {
                    "key_id": key_id,
                    "secret_key": secret,
                    "trading_url": read.trading_url,
                    "data_url": read.data_url,
                    "live": live,
                }
                return values, access
            if isinstance(found, Away):
                interview.away(f"Alpaca at {url} cannot be asked ({found.reason})")
                break
        else:
            interview.wrong("Alpaca refuses this pair of keys, for paper and for real money alike", *FIELDS)


def _addresses(interview: Interview, key_id: str) -> tuple[str, ...]:
    """Return where keys are tried. Alpaca's paper and live accounts are at different addresses and refuse each other's
    keys; live key ids begin with AK, paper ones with PK, which only decides where it is tried first."""
    url = interview.unasked(TRADING, PAPER_URL)
    if interview.in_advance(TRADING.key) is not None or url not in (PAPER_URL, LIVE_URL):
        return (url,)
    return (LIVE_URL, PAPER_URL) if key_id.startswith("AK") else (PAPER_URL, LIVE_URL)


def _agree(interview: Interview, account: Account, *, live: bool) -> None:
    prompter = interview.prompter
    kind = "REAL MONEY" if live else "paper money"
    cash = money.as_text(money.floor_to_cents(account.cash))
    prompter.say(f"  Alpaca answers: the account ending in {account.account_id[-4:]}, {kind}, {cash} of cash.")
    if account.trouble:
        prompter.say(f"  Warning: the account cannot trade ({account.trouble}): look at it at Alpaca.")
    if account.crypto_trouble:
        prompter.say(f"  Crypto cannot be bought ({account.crypto_trouble}); funds can.")
    else:
        prompter.say("  Crypto can be bought too.")
    agreed = interview.given.live or interview.standing("alpaca.live") == "True"
    if live and not agreed:
        question = Question("These keys move real money. Use them?", "--live")
        if not prompter.agrees(question, usually=False):
            raise Stopped("real money was declined: run it again with a paper account's keys")
