"""Symbols: one way to write each, and what kind of thing it names."""

import pytest

from core.symbols import AssetClass, asset_class, normalise, one_word


@pytest.mark.parametrize(
    ("written", "symbol"),
    [
        ("VOO", "VOO"),
        (" voo ", "VOO"),
        ("brk.b", "BRK.B"),
        ("BTC/USD", "BTC/USD"),
        ("BTCUSD", "BTC/USD"),
        ("btcusd", "BTC/USD"),
        ("USDTUSD", "USDT/USD"),
        ("GOOGL", "GOOGL"),
    ],
)
def test_a_symbol_is_written_one_way(written: str, symbol: str) -> None:
    assert normalise(written) == symbol
    assert normalise(symbol) == symbol


@pytest.mark.parametrize(
    "written", ["", "TOOLONG", "BTC/EUR", "ETH/BTC", "ETHUSDT", "VOO!", "BTC/", "/USD", "V OO", "123", "BRK.BBB"]
)
def test_what_is_no_symbol_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match="write a US fund such as VOO, or a pair such as BTC/USD"):
        normalise(written)


def test_a_pair_is_crypto_and_everything_else_a_us_equity() -> None:
    assert asset_class("BTC/USD") is AssetClass.CRYPTO
    assert asset_class("VOO") is AssetClass.US_EQUITY


def test_alerts_and_order_ids_write_a_pair_as_one_word() -> None:
    assert one_word("BTC/USD") == "BTCUSD"
    assert one_word("VOO") == "VOO"
