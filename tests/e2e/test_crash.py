"""A few kills of `make crash`: the day ends all the same, and the broker, the phone and the ledger agree on it."""

from itertools import count

from tests.crash.accounts import Accounts
from tests.crash.day import lived
from tests.crash.strikes import Phase

SEED, KILLS = 11, 5


def test_killed_at_five_instants_nothing_is_lost_and_nothing_is_ordered_twice() -> None:
    total = Accounts()
    for number in count(1):
        total.add(lived(SEED, number, KILLS - total.kills, phases=(Phase.INVESTING, Phase.LAST_WORDS)))
        if total.kills >= KILLS:
            break
    assert total.faults == []
    assert total.held
    assert total.orders > 0
