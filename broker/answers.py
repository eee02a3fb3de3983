"""What comes back from a call that did not succeed: values, because foreign exceptions may not cross processes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """Alpaca was called and the call failed. `refused`: the keys were not accepted.

    `wait` is how many seconds Alpaca asked to be left alone, 0 when it did not.
    """

    reason: str
    refused: bool = False
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker died or did not come back in time: the call may or may not have been made."""

    reason: str
