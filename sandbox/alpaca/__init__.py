"""A stand-in for Alpaca's trading and market data APIs, on one origin."""

from sandbox.alpaca.app import alpaca_app
from sandbox.alpaca.brokerage import Brokerage
from sandbox.alpaca.entries import EntryKind
from sandbox.alpaca.orders import Execution, Status
from sandbox.alpaca.rate_limit import RateLimit
from sandbox.alpaca.restrictions import AccountStatus, Restrictions

__all__ = [
    "AccountStatus",
    "Brokerage",
    "EntryKind",
    "Execution",
    "RateLimit",
    "Restrictions",
    "Status",
    "alpaca_app",
]
