"""Where Alpaca is and how to enter: all that a worker process needs to know."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Access:
    """Addresses without a path, keys, and the seconds that one call may take to connect, and to answer."""

    trading_url: str
    data_url: str
    key_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    timeout_seconds: float
