"""Kill the service N times, and compare what is left: `make crash N=1000`, with SEED=... for the same strikes again."""

import argparse
import secrets
import sys
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from tests.crash.accounts import Accounts
from tests.crash.day import lived, safely_lived

MOST_A_DAY, USUAL_A_DAY = 24, 12


def main() -> int:
    """Live day after day until there were enough kills; print the seed and the figures, return 1 for any fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("kills", type=int, nargs="?", default=50)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--lanes", type=int, default=2, help="how many days are lived side by side (2)")
    parser.add_argument("--day", type=int, default=None, help="live this one day of the seed alone")
    parser.add_argument("--keep", type=Path, default=None, help="with --day: a folder for the ledger and the log")
    options = parser.parse_args()
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    sys.stdout.write(f"seed {seed}\n")
    began = monotonic()
    if options.day is not None:
        if options.keep is not None:
            options.keep.mkdir(parents=True)
        total = lived(seed, options.day, MOST_A_DAY, keep=options.keep)
    else:
        total = _days(seed, options.kills, options.lanes)
        sys.stdout.writelines(f"{fault}\n" for fault in total.faults)
    for line in total.lines():
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"seconds {monotonic() - began:.0f}\n")
    return 0 if total.held else 1


def _days(seed: int, kills: int, lanes: int) -> Accounts:
    """Live days side by side until there were this many kills."""
    total, numbers = Accounts(), count(1)
    under_way: dict[Future[Accounts], int] = {}
    with ProcessPoolExecutor(lanes, mp_context=get_context("spawn")) as pool:
        while under_way or total.kills < kills:
            while len(under_way) < lanes and total.kills + len(under_way) * USUAL_A_DAY < kills:
                number = next(numbers)
                under_way[pool.submit(safely_lived, seed, number, min(MOST_A_DAY, kills - total.kills))] = number
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for one in done:
                number, day = under_way.pop(one), one.result()
                day.faults = [f"day {number}: {fault}" for fault in day.faults]
                total.add(day)
                sys.stdout.write(f"day {number}: {day.kills} kills, {len(day.faults)} faults; {total.kills} in all\n")
                sys.stdout.flush()
                for fault in day.faults:
                    sys.stdout.write(f"  {fault}\n")
    return total


if __name__ == "__main__":
    sys.exit(main())
