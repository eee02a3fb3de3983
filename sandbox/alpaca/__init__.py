"""A stand-in for Alpaca's trading and market data APIs, on one origin."""

from sandbox.alpaca.app import alpaca_app
from sandbox.alpaca.brokerage import Brokerage

__all__ = ["Brokerage", "alpaca_app"]
