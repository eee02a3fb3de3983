"""The one place that knows how a fund's or a coin's symbol is written."""

import re
from enum import StrEnum

# Crypto pairs come as BTC/USD in orders and as BTCUSD in positions. No US equity symbol has more than five letters
# before its class, so more letters that end in USD are a pair. Other quotes (ETH/BTC) are not ours: an order's notional
# is in the quote currency, and Allocator counts dollars.
_PAIR = re.compile(r"[A-Z0-9]{2,10}/USD")
_JOINED_PAIR = re.compile(r"(?P<base>[A-Z0-9]{3,10})USD")
_EQUITY = re.compile(r"[A-Z]{1,5}(\.[A-Z]{1,2})?")


class AssetClass(StrEnum):
    """What kind of thing a symbol names; it decides the order's rules."""

    US_EQUITY = "us_equity"
    CRYPTO = "crypto"


def normalise(text: str) -> str:
    """Return the symbol as Allocator writes it: `voo` is VOO, `btcusd` is BTC/USD.

    Raises ValueError when it can be neither a US fund nor a crypto pair.
    """
    symbol = text.strip().upper()
    if _EQUITY.fullmatch(symbol) or _PAIR.fullmatch(symbol):
        return symbol
    if joined := _JOINED_PAIR.fullmatch(symbol):
        return f"{joined['base']}/USD"
    raise ValueError(f"{text!r} is not a symbol: write a US fund such as VOO, or a pair such as BTC/USD")


def asset_class(symbol: str) -> AssetClass:
    """Return the class of a normalised symbol."""
    return AssetClass.CRYPTO if "/" in symbol else AssetClass.US_EQUITY


def one_word(symbol: str) -> str:
    """Return the symbol without its slash, as alerts and order ids write it: BTCUSD."""
    return symbol.replace("/", "")
