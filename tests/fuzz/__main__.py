"""Search for an update that breaks the chat: `make fuzz N=100000`, with SEED=... to search the same way again."""

import argparse
import asyncio
import logging
import secrets
import sys
import tempfile
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from tests.fuzz.house import inhabited
from tests.fuzz.hunt import Broken, Figures, hunt
from tests.fuzz.imagination import Imagination
from tests.integration import telegram_contract

AT_ONCE = 1000
"""Updates to a fresh house: a ledger of a hundred thousand taps is another program's matter."""


def main() -> int:
    """Search, and print the seed and the figures; return 1 when something broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("updates", type=int, nargs="?", default=20_000)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    logging.basicConfig(level=logging.CRITICAL)
    try:
        types = telegram_contract.load().types
    except pytest.skip.Exception as missing:
        sys.stderr.write(f"{missing}: updates are imagined from it\n")
        return 2
    figures, began = Figures(), monotonic()
    random = Random(seed)  # noqa: S311  chance that can be had again, and no secret
    broken = asyncio.run(_search(Imagination(random, types), options.updates, random, figures))
    seconds = monotonic() - began
    sys.stdout.write(f"seed {seed}: {figures}; {seconds:.0f} s, {figures.updates / seconds:.0f} a second\n")
    sys.stdout.write(f"{broken or 'nothing broke'}\n")
    return 1 if broken else 0


async def _search(imagination: Imagination, updates: int, random: Random, figures: Figures) -> str:
    while figures.updates < updates:
        with tempfile.TemporaryDirectory() as folder:
            async with inhabited(Path(folder)) as house:
                try:
                    await hunt(house, imagination, random, min(AT_ONCE, updates - figures.updates), figures)
                except Broken as error:
                    return str(error)
    return ""


if __name__ == "__main__":
    sys.exit(main())
