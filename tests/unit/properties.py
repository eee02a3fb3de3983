"""What the property tests share: how hypothesis runs, and what it draws."""

from hypothesis import settings
from hypothesis import strategies as st

from core.allocation import WHOLE, Allocation, Sector

steady = settings(derandomize=True, deadline=None, database=None)
"""The same examples in every run, however slow the machine is."""

weights = st.dictionaries(st.text("ABCDEFG", min_size=1, max_size=3), st.integers(1, 10**6), min_size=1, max_size=8)

FUNDS = ("VOO", "IJH", "IJR", "IXUS", "ISTB", "AGG", "BTC/USD", "ETH/USD", "BRK.B", "SCHD")


@st.composite
def allocations(draw: st.DrawFn) -> Allocation:
    """Draw sectors in any order, whose weights sum to 10,000 basis points."""
    symbols = draw(st.lists(st.sampled_from(FUNDS), min_size=1, max_size=len(FUNDS), unique=True))
    inner = len(symbols) - 1
    cuts = sorted(draw(st.lists(st.integers(1, WHOLE - 1), min_size=inner, max_size=inner, unique=True)))
    ends = zip([0, *cuts], [*cuts, WHOLE], strict=True)
    return Allocation(
        tuple(
            Sector(f"The sector of {symbol}", symbol, end - start)
            for symbol, (start, end) in zip(symbols, ends, strict=True)
        )
    )
