"""`make bench`: every figure, from one run on this machine. Takes about five minutes."""

import os
import sys
from collections.abc import Iterator

from bench import chat, orders, rate, service
from bench.figures import Figure


def figures() -> Iterator[Figure]:
    """Measure one thing after the other, so that none disturbs another."""
    with orders.market() as market:
        # The workers are forked from a server that keeps the environment it was started with.
        os.environ.update(market.sandbox.environment())
        yield from orders.measure(market.access)
        yield from service.measure(market.access)
        yield from rate.measure(market)
    yield from chat.measure()
    yield service.demo()


def main() -> None:
    """Print each figure as soon as it is measured."""
    for figure in figures():
        sys.stdout.write(f"{figure}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
