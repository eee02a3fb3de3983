"""`make bench`: every figure, from one run on this machine. Takes about seven minutes."""

import logging
import os
import sys
from collections.abc import Iterator

from bench import chat, floor, orders, rate, service, years
from bench.figures import Figure


def figures() -> Iterator[Figure]:
    """Measure one thing after the other, so that none disturbs another."""
    with orders.market() as market:
        # The workers are forked from a server that keeps the environment it was started with.
        trust = market.sandbox.environment()
        os.environ.update(trust)
        yield from orders.measure(market.access)
        yield floor.measure(market.access, trust["SSL_CERT_FILE"])
        yield from service.measure(market.access)
        yield from rate.measure(market)
    yield from chat.measure()
    yield service.demo()
    yield Figure("database_10_years_mb", years.megabytes(years.TEN_YEARS), "MB")


def main() -> None:
    """Print each figure as soon as it is measured."""
    # Hundreds of orders are turned away to measure the rate: that is no news here.
    logging.getLogger().addHandler(logging.NullHandler())
    for figure in figures():
        sys.stdout.write(f"{figure}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
