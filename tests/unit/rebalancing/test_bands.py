"""Bands around targets."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from core.rebalancing.bands import FIVE_TWENTY_FIVE, Band

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "returns.json"


@pytest.mark.parametrize(
    ("target", "lower", "upper"), [(6_000, "55", "65"), (1_000, "7.5", "12.5"), (500, "3.75", "6.25")]
)
def test_the_5_25_rule_is_the_narrower_of_five_points_and_a_quarter(target: int, lower: str, upper: str) -> None:
    assert FIVE_TWENTY_FIVE.edges(target) == (Decimal(lower), Decimal(upper))


def test_the_published_vector_comes_out() -> None:
    if not VECTORS.exists():
        pytest.skip("the published vectors are not beside this checkout")
    vector = next(one for one in json.loads(VECTORS.read_text(encoding="utf-8")) if one["source"] == "5/25 rule")
    edges = [FIVE_TWENTY_FIVE.edges(int(Decimal(target) * 100)) for target in vector["given"]["targets"]]
    assert edges == [(Decimal(lower), Decimal(upper)) for lower, upper in vector["expect"]]


@pytest.mark.parametrize(
    ("band", "edges"),
    [(Band(points=300), ("17", "23")), (Band(share=1_000), ("18", "22")), (Band(300, 1_000), ("18", "22"))],
)
def test_absolute_and_relative_bands(band: Band, edges: tuple[str, str]) -> None:
    assert band.edges(2_000) == tuple(map(Decimal, edges))


@pytest.mark.parametrize(("value", "breached"), [(65_00, False), (65_01, True), (55_00, False), (54_99, True)])
def test_the_edge_itself_is_inside(value: int, breached: bool) -> None:
    assert FIVE_TWENTY_FIVE.is_breached(value, 6_000, 100_00) is breached


@pytest.mark.parametrize(
    ("band", "words"),
    [
        (FIVE_TWENTY_FIVE, "5 percentage points or 25% of the target, whichever is less"),
        (Band(points=250), "2.5 percentage points"),
        (Band(share=2_000), "20% of the target"),
    ],
)
def test_a_band_says_what_it_is(band: Band, words: str) -> None:
    assert str(band) == words


@pytest.mark.parametrize(("points", "share"), [(None, None), (0, None), (500, 0)])
def test_a_band_without_a_width_is_refused(points: int | None, share: int | None) -> None:
    with pytest.raises(ValueError, match="needs a width"):
        Band(points, share)
