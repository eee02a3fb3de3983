"""Pasted tables: whatever a person pastes is read exactly, or every line that cannot be is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views import alerts as views
from core.allocation import WHOLE, Allocation, Sector
from core.drafting import drafts
from core.drafting.drafts import Draft, DraftSector
from core.drafting.pasted import read_table
from core.drafting.weights_text import BadWeight, WrittenWeight, read_weight
from tests.unit.properties import FUNDS, allocations, steady

KNOWN = Draft(
    (
        DraftSector("Domestic Large Cap", "VOO", 3_500),
        DraftSector("Aggregate Bonds", "AGG", 6_000),
        DraftSector("Crypto", "BTC/USD", 500),
    )
)
NOTHING = Draft(())


def table(text: str, known: Draft = NOTHING) -> list[tuple[str, str, int | None]]:
    read = read_table(text, known)
    assert isinstance(read, Draft), "; ".join(map(str, read))
    return [(one.name, one.symbol, one.weight) for one in read.sectors]


def wrong(text: str, known: Draft = NOTHING) -> list[str]:
    read = read_table(text, known)
    assert not isinstance(read, Draft)
    return [str(line) for line in read]


@pytest.mark.parametrize(
    ("text", "weight"),
    [("40", 4_000), ("40%", 4_000), ("0.4", 4_000), (".4", 4_000), ("12.25%", 1_225), ("0.4%", 40), ("1%", 100),
     ("100", 10_000), ("100 %", 10_000), ("1.5", 150), ("0.0001", 1), ("35.000000", 3_500), ("1.0%", 100)],
)  # fmt: skip
def test_a_weight_is_percent_above_one_and_a_fraction_below(text: str, weight: int) -> None:
    read = read_weight(text)
    assert isinstance(read, WrittenWeight)
    assert read.weight == weight


@pytest.mark.parametrize("text", ["1", "1.0", "1.00"])
def test_a_bare_one_is_asked_for_again(text: str) -> None:
    assert str(read_weight(text)) == f"{text} could be 1% or 100%: write the % after it"


@pytest.mark.parametrize(
    "text",
    ["", "%", "forty", "-5%", "0", "0%", "100.01%", "101", "12,5%", "12.345%", "0.12345", "1e2", "٤٠", "9" * 5_000],
)
def test_what_is_no_exact_weight_is_refused_with_the_way_to_write_it(text: str) -> None:
    read = read_weight(text)
    assert isinstance(read, BadWeight)
    assert "write" in read.reason


@pytest.mark.parametrize(
    "text",
    [
        "VOO 35\nAGG 60\nBTCUSD 5",
        "voo 35%\nagg 60%\nbtc/usd 5%",
        "VOO 0.35\nAGG 0.6\nBTCUSD .05",
        "VOO\t35\nAGG\t60\n\nBTCUSD\t5\n",
        "Sector, Symbol, Weight\nDomestic Large Cap, VOO, 35%\nAggregate Bonds, AGG, 60%\nCrypto, BTC/USD, 5%\nTotal",
        "Fund;Target\nVOO;35\nAGG;60\nBTC/USD;5",
        "| Name | Ticker |\n|---|---|---|\n| Domestic Large Cap | VOO | 35 % |\n| | AGG | 60 |\n|Crypto|BTCUSD|5|",
        '"Domestic Large Cap" VOO 35\n“Aggregate Bonds”, AGG, 60\nCrypto 5',
        "Domestic Large Cap VOO 35%\nAGG 60%\nCrypto BTCUSD 5%\n-----------\nTotal 100%",
        "VOO 35 AGG 60 BTC/USD 5",
        "VOO 35, AGG 60, BTC/USD 5",
        "Domestic Large Cap 35\naggregate bonds 60\nCRYPTO 5",
    ],
)
def test_a_table_is_read_however_it_is_laid_out(text: str) -> None:
    assert table(text, KNOWN) == [
        ("Domestic Large Cap", "VOO", 3_500),
        ("Aggregate Bonds", "AGG", 6_000),
        ("Crypto", "BTC/USD", 500),
    ]


def test_a_symbol_that_nobody_named_is_its_own_name() -> None:
    assert table("VT 95\nETHUSD 5") == [("VT", "VT", 9_500), ("ETHUSD", "ETH/USD", 500)]


def test_a_name_with_commas_stands_in_quotes() -> None:
    assert table('"Stocks, large (US)",VOO,35%') == [("Stocks, large (US)", "VOO", 3_500)]


def test_a_weight_may_come_later() -> None:
    assert table("World, VT") == [("World", "VT", None)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("VOO 35\nAGG sixty", "line 2: 'AGG sixty' has no weight at its end: end it with one, such as VOO 35, or"),
        ("VOO 1", "line 1: VOO: 1 could be 1% or 100%: write the % after it"),
        ("VOO 12,5", "line 1: 'VOO 12' is not a symbol: write a US fund such as VOO"),
        ("Large Cap, VOO, 12,5%", "line 1: 'Large Cap, VOO, 12,5%' has 4 parts: write name, symbol and weight"),
        ("International Bonds 10%", "line 1: 'International Bonds' is not a symbol: write a US fund"),
        ("VOO 60\nvoo 40", "line 2: symbol VOO appears twice: give each sector its own symbol"),
        ("A, VOO, 60\na, AGG, 40", "line 2: name a appears twice: give each sector its own name"),
        ("VOO 99.5\nAGG 0.5", "line 2: AGG has a fraction where other lines have percentages: write the % after it"),
        ("", "line 1: there is no sector in it: write lines such as VOO 35"),
        ("Sector Symbol Weight", "line 1: there is no sector in it"),
        (f"{'x' * 41}, VOO, 35%", "cannot be used: use 1 to 40 plain characters"),
        ('"Somewhere" 35', "line 1: 'Somewhere' has no symbol: write one before the weight"),
    ],
)
def test_a_line_that_cannot_be_used_says_which_why_and_the_way_out(text: str, said: str) -> None:
    assert any(said in line for line in wrong(text)), wrong(text)


def test_every_line_that_cannot_be_used_is_named_at_once() -> None:
    lines = wrong("VOO thirty\n\nAGG 60\nBTC 0\nBND 1")
    assert [line.split(":")[0] for line in lines] == ["line 1", "line 4", "line 5"]


def test_too_many_sectors_are_refused() -> None:
    text = "\n".join(f"A{chr(65 + number // 26)}{chr(65 + number % 26)} 2" for number in range(41))
    assert wrong(text) == ["line 41: 41 sectors are too many: give 40 at most"]


NAMES = st.text(min_size=1, max_size=40).filter(lambda name: name.isprintable() and name == name.strip())


@given(st.lists(NAMES, min_size=1, max_size=len(FUNDS), unique_by=str.casefold), allocations())
@steady
def test_an_allocation_printed_and_pasted_back_is_the_same(names: list[str], allocation: Allocation) -> None:
    named = Draft(
        tuple(
            DraftSector(names[place] if place < len(names) else sector.symbol, sector.symbol, sector.weight)
            for place, sector in enumerate(allocation.sectors)
        )
    )
    assert read_table(drafts.as_text(named), NOTHING) == named


@given(allocations())
@steady
def test_the_table_in_the_chat_pasted_back_is_the_same(allocation: Allocation) -> None:
    shown = views.allocation(7, allocation).replace("<b>", "").replace("</b>", "")
    pasted = shown.replace("<pre>", "").replace("</pre>", "")
    assert read_table(pasted, Draft.of(allocation)) == Draft.of(allocation)


def test_a_name_that_the_chat_shortened_is_still_known() -> None:
    allocation = Allocation((Sector("A very long name for all the world", "VT", WHOLE),))
    pasted = views.allocation(1, allocation).partition("<pre>")[2].removesuffix("</pre>")
    assert "…" in pasted
    assert read_table(pasted, Draft.of(allocation)) == Draft.of(allocation)


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["VOO", "btc/usd", "Total", "35%", "1", "0.5", "1e9", '"', "“", "'", ",", "\t", "|", ";", "\n"]
        ),
        st.sampled_from(["%", "-", "Domestic Large Cap", "Sector", " ", "\u2028", "100", "…"]),
        st.text(max_size=8),
    ),
    max_size=30,
).map("".join)


@given(PIECES)
@steady
def test_no_text_is_too_strange_to_be_answered(text: str) -> None:
    read = read_table(text, KNOWN)
    if isinstance(read, Draft):
        assert read.sectors
        assert all(one.weight is None or 1 <= one.weight <= WHOLE for one in read.sectors)
        assert isinstance(drafts.standing(read), str)
    else:
        assert all(line.number >= 1 and line.wrong and line.remedy for line in read)
