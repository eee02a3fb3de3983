"""How long to wait before trying again."""

_MOST_DOUBLINGS = 64
"""More would leave a float's range, and no pause is that long."""


def growing_pause(failures: int, first: float, longest: float) -> float:
    """Return the seconds to wait after this many failures in a row: `first`, then doubled each time up to `longest`."""
    if failures < 1:
        return 0.0
    return min(longest, first * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
