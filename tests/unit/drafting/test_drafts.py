"""Drafts: what can be done to one, and when it becomes an allocation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.allocation import WHOLE, Allocation, Sector
from core.drafting import drafts
from core.drafting.drafts import Draft, DraftSector
from core.drafting.problems import MOST_SECTORS, NoSuchSector, Refused
from tests.unit.properties import allocations, steady

THREE = Draft(
    (DraftSector("Stocks", "VOO", 6_000), DraftSector("Bonds", "AGG", 3_000), DraftSector("Crypto", "BTC/USD", 1_000))
)


def changed(result: Draft | Refused) -> Draft:
    assert isinstance(result, Draft), str(result)
    return result


def refused(result: Draft | Refused) -> str:
    assert not isinstance(result, Draft)
    return str(result)


def weights(draft: Draft) -> list[int | None]:
    return [sector.weight for sector in draft.sectors]


@given(allocations())
@steady
def test_an_allocation_is_a_finished_draft(allocation: Allocation) -> None:
    assert drafts.finish(Draft.of(allocation)) == allocation


def test_only_exactly_one_hundred_percent_is_finished() -> None:
    (problem,) = finish_problems(changed(drafts.with_weight(THREE, "VOO", 5_999)))
    assert problem == "allocation sums to 99.99%, must be 100.00%: add 0.01%"


def finish_problems(draft: Draft) -> list[str]:
    found = drafts.finish(draft)
    assert not isinstance(found, Allocation)
    return [str(problem) for problem in found]


def test_a_sector_without_a_weight_is_named_with_what_is_left() -> None:
    draft = changed(drafts.with_sector(changed(drafts.without(THREE, "Crypto")), "World", "VT"))
    assert finish_problems(draft) == ["no weight yet: World (10.00% is left)"]


def test_a_draft_without_sectors_is_not_finished() -> None:
    assert finish_problems(Draft(())) == ["the allocation has no sectors: give at least one, with a weight of 100%"]


@pytest.mark.parametrize("asked", ["BTC/USD", "btcusd", "crypto", " Crypto "])
def test_a_sector_is_found_by_symbol_or_name_however_it_is_written(asked: str) -> None:
    assert THREE.find(asked) == THREE.sectors[2]


def test_a_slip_of_the_finger_brings_what_was_meant() -> None:
    found = THREE.find("stoks")
    assert isinstance(found, NoSuchSector)
    assert str(found) == "no sector is called 'stoks': did you mean Stocks?"


def test_what_resembles_nothing_says_how_sectors_are_named() -> None:
    assert str(THREE.find("xyzzy")) == "no sector is called 'xyzzy': name it by its symbol, such as VOO"


@pytest.mark.parametrize("weight", [0, -100, WHOLE + 1])
def test_a_weight_that_no_sector_can_have_is_refused(weight: int) -> None:
    assert "Stocks cannot have a weight of" in refused(drafts.with_weight(THREE, "VOO", weight))


def test_a_name_that_another_sector_has_is_refused() -> None:
    assert refused(drafts.renamed(THREE, "VOO", "bonds")) == "name bonds appears twice: give each sector its own name"


def test_a_name_loses_its_surplus_spaces() -> None:
    assert changed(drafts.renamed(THREE, "VOO", "  Large   Companies ")).sectors[0].name == "Large Companies"


def test_another_fund_keeps_the_sectors_name_and_weight() -> None:
    assert changed(drafts.with_fund(THREE, "Stocks", "vti")).sectors[0] == DraftSector("Stocks", "VTI", 6_000)


def test_another_fund_takes_a_name_that_was_only_the_old_symbol_with_it() -> None:
    draft = Draft((DraftSector("VOO", "VOO", WHOLE),))
    assert changed(drafts.with_fund(draft, "VOO", "VTI")).sectors[0] == DraftSector("VTI", "VTI", WHOLE)


def test_a_fund_that_another_sector_has_is_refused() -> None:
    assert refused(drafts.with_fund(THREE, "Stocks", "AGG")).startswith("symbol AGG appears twice")


def test_what_is_no_symbol_is_refused() -> None:
    assert "is not a symbol" in refused(drafts.with_fund(THREE, "Stocks", "S&P 500"))
    assert "is not a symbol" in refused(drafts.with_sector(THREE, "", "12345"))


def test_a_new_sector_without_a_name_is_called_by_its_symbol() -> None:
    assert changed(drafts.with_sector(THREE, "", "eth/usd", 100)).sectors[-1] == DraftSector("ETHUSD", "ETH/USD", 100)


def test_there_is_a_most_of_sectors() -> None:
    draft = Draft(
        tuple(DraftSector(f"S{n}", f"A{chr(65 + n // 26)}{chr(65 + n % 26)}", 1) for n in range(MOST_SECTORS))
    )
    assert "40 are the most" in refused(drafts.with_sector(draft, "", "VOO"))


def test_the_rest_is_shared_in_proportion() -> None:
    draft = changed(drafts.with_weight(THREE, "VOO", 2_000))
    assert weights(changed(drafts.spread(draft, keep=["VOO"]))) == [2_000, 6_000, 2_000]


def test_sectors_without_a_weight_share_what_the_others_leave() -> None:
    draft = changed(drafts.with_sector(changed(drafts.with_weight(THREE, "VOO", 5_001)), "", "VT"))
    assert weights(changed(drafts.spread(draft))) == [5_001, 3_000, 1_000, 999]


def test_nothing_can_be_shared_among_no_others() -> None:
    alone = Draft((DraftSector("Stocks", "VOO", 5_000),))
    assert "there is no other sector" in refused(drafts.spread(alone, keep=["VOO"]))


def test_what_is_used_up_cannot_be_shared() -> None:
    draft = changed(drafts.with_weight(THREE, "VOO", WHOLE - 1))
    assert refused(drafts.spread(draft, keep=["VOO"])).startswith("0.01% is left for 2 sectors")


@given(allocations(), st.data())
@steady
def test_however_it_is_shared_the_whole_is_one_hundred_percent(allocation: Allocation, data: st.DataObject) -> None:
    draft = Draft.of(allocation)
    kept = data.draw(st.sampled_from(allocation.sectors))
    weight = data.draw(st.integers(1, WHOLE))
    shared = drafts.spread(changed(drafts.with_weight(draft, kept.symbol, weight)), keep=[kept.symbol])
    if isinstance(shared, Draft):
        finished = drafts.finish(shared)
        assert isinstance(finished, Allocation)
        assert finished.weights[kept.symbol] == weight
    else:
        others = len(draft.sectors) - 1
        assert others == 0 or WHOLE - weight < others


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (THREE, "Sum 100.00%: complete."),
        (Draft(THREE.sectors[:2]), "Sum 90.00%: 10.00% is missing."),
        (Draft((*THREE.sectors, DraftSector("World", "VT", 5))), "Sum 100.05%: 0.05% is too much."),
        (
            Draft((*THREE.sectors, DraftSector("World", "VT", None))),
            "Sum 100.00%: 1 sector has no weight yet, nothing is left.",
        ),
        (Draft(()), "No sectors yet: add one, or start from a preset."),
    ],
)
def test_a_draft_says_how_far_it_is(draft: Draft, said: str) -> None:
    assert drafts.standing(draft) == said


def test_a_draft_without_sectors_can_be_begun_from_an_allocation() -> None:
    assert Draft.of(Allocation((Sector("All", "VT", WHOLE),))).total == WHOLE
