"""When the service is struck, and which of its processes: drawn from a seed."""

from dataclasses import dataclass
from enum import Enum
from random import Random

from tests.crash.traffic import Pattern


class Victim(Enum):
    """What is killed by SIGKILL, save for the last, which is asked to stop by SIGTERM."""

    TREE = "the whole process tree"
    MAIN = "the main process alone"
    WORKER = "a worker alone"
    FORK_SERVER = "the fork server alone"
    ASKED = "the main process, by SIGTERM"


class Phase(Enum):
    """The parts of a day; each is over when the service has done what is due in it."""

    MORNING = "before the market opens"
    INVESTING = "the scheduled run"
    AGAIN = "new cash, and the owner's own /invest"
    REBALANCING = "another target, and the owner's own /rebalance"
    REPORTS = "after the close"
    LAST_WORDS = "until everything has been delivered"


@dataclass(frozen=True, slots=True)
class Strike:
    """Kill `victim` `delay` seconds after the `number`-th request like `after`; None: after the service's start."""

    victim: Victim
    after: Pattern | None
    number: int
    delay: float


_VICTIMS = {Victim.TREE: 9, Victim.MAIN: 6, Victim.WORKER: 3, Victim.FORK_SERVER: 2, Victim.ASKED: 3}

_ANY = Pattern("alpaca")
_TICK = Pattern("alpaca", "GET", "/v2/clock")
_ACCOUNT = Pattern("alpaca", "GET", "/v2/account")
_ASSETS = Pattern("alpaca", "GET", "/v2/assets*")
_ORDER = Pattern("alpaca", "POST", "/v2/orders")
_LOOK_UP = Pattern("alpaca", "GET", "/v2/orders:by_client_order_id")
_HISTORY = Pattern("alpaca", "GET", "/v2/account/activities*")
_PRICES = Pattern("alpaca", "GET", "/v2/stocks/*")
_POSITIONS = Pattern("alpaca", "GET", "/v2/positions*")
_WORDS = Pattern("telegram", "POST", "*/sendMessage")
_EDIT = Pattern("telegram", "POST", "*/editMessageText")
_PICTURE = Pattern("telegram", "POST", "*/sendPhoto")
_TAP = Pattern("telegram", "POST", "*/answerCallbackQuery")
_POLL = Pattern("telegram", "POST", "*/getUpdates")
_SMS = Pattern("vonage")

_CHAT = (_WORDS, _EDIT, _TAP, _TAP, _POLL)

_PATTERNS: dict[Phase, tuple[Pattern, ...]] = {
    Phase.MORNING: (*_CHAT, _TICK, _ACCOUNT, _SMS),
    Phase.INVESTING: (*_CHAT, _TICK, _ACCOUNT, _ASSETS, _ORDER, _ORDER, _ORDER, _LOOK_UP, _LOOK_UP, _WORDS, _SMS),
    Phase.AGAIN: (*_CHAT, _ACCOUNT, _ORDER, _ORDER, _LOOK_UP, _WORDS, _SMS),
    Phase.REBALANCING: (*_CHAT, _POSITIONS, _ACCOUNT, _ORDER, _ORDER, _ORDER, _LOOK_UP, _LOOK_UP, _WORDS, _SMS),
    Phase.REPORTS: (_TICK, _ACCOUNT, _HISTORY, _PRICES, _ANY, _WORDS, _PICTURE, _SMS),
    Phase.LAST_WORDS: (_WORDS, _SMS, _PICTURE, _LOOK_UP, _POLL),
}

_MOST = {_TICK: 4, _POSITIONS: 4, _ORDER: 4, _LOOK_UP: 8, _POLL: 3, _ANY: 12}
"""Up to which request of a kind is waited for; 2 where none is given."""

LONGEST_DELAY = 0.12
"""Seconds after a request: its answer, what is done with it and what is committed then fall into them."""

WHILE_STARTING = 0.12
"""How many of all strikes come at some instant of the start, by the clock."""

LONGEST_START = 2.5


def drawn(phase: Phase, random: Random) -> Strike:
    """Return the next strike of a phase."""
    victim = random.choices(list(_VICTIMS), weights=list(_VICTIMS.values()))[0]
    if random.random() < WHILE_STARTING:
        return Strike(victim, None, 0, random.uniform(0, LONGEST_START))
    pattern = random.choice(_PATTERNS[phase])
    number = random.randint(1, _MOST.get(pattern, 2))
    return Strike(victim, pattern, number, random.uniform(0, LONGEST_DELAY))
