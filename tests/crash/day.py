"""One day, lived through under a rain of strikes, and its accounts."""

import json
import sqlite3
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import closing, nullcontext
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from time import monotonic, sleep

from core.calendar import NEW_YORK
from sandbox.faults.kinds import Slow
from sandbox.server import Sandbox
from sandbox.world import World
from tests.crash.accounts import Accounts, compare
from tests.crash.person import Deed, Person
from tests.crash.service import Service
from tests.crash.strikes import Phase, Strike, drawn
from tests.crash.traffic import Traffic

PATIENCE = 90.0
"""Seconds that a phase may take once nothing is killed any more."""

DELIVERY_PATIENCE = 330.0
"""The same for what is still to be delivered: between two tries there may be five minutes."""

LONGEST_WAIT = 3.5
"""Seconds until a strike comes, also where what it waits for does not."""

LOOK = 0.02

MOST_A_PHASE = 7
"""Strikes in one part of the day."""

HALF_DAY, WHOLE_DAY = datetime(2026, 11, 27, 9, 0, tzinfo=NEW_YORK), datetime(2026, 11, 23, 9, 0, tzinfo=NEW_YORK)
"""The Friday of Thanksgiving, its week's last day, which closes at 13:00, and the Monday before."""

LIMITS = tuple(
    Deed(f"/limits max {dollars}", ("Change it",), (f"became ${dollars}", f"is ${dollars} already"))
    for dollars in (1000, 1200, 5000)
)
ALLOCATIONS = tuple(
    Deed(f"/allocation {table}", ("Review", "Make it active"), (" is active: ", "There is nothing to change"))
    for table in ("VOO 50 AGG 20 ISTB 20 BTC/USD 10", "VOO 30 AGG 30 ISTB 20 BTC/USD 20")
)
PAUSE = Deed("/pause", (), ("Investing is paused",))
RESUME = Deed("/resume", (), ("Investing goes on", "Investing was not paused"))
INVEST = Deed(
    "/invest",
    ("Invest $",),
    ("Done. The alert says", "Some orders have no answer yet", "Nothing was bought", "Not enough cash"),
)

WIDE_AWAY = Deed(
    "/allocation VOO 10 AGG 20 ISTB 65 BTC/USD 5", ("Review", "Make it active"), (" is active: ", "There is nothing to")
)
"""A target that no morning chooses: to come there, most sectors are sold or bought."""
NO_BAND = Deed("/rebalance band none", ("Change it",), ("band became none", "It is so already"))
REBALANCE = Deed(
    "/rebalance preview",
    ("Sell $",),
    ("Done. The alert says", "Some orders have no answer yet", "outside its band", "within its band"),
)

_GOALS = {
    Phase.INVESTING: "run WHERE routine = 'invest' AND number = 0",
    Phase.REPORTS: "run WHERE routine = 'close_report'",
}


class Day:
    """One day of one installation. The same `seed` and `number` draw the same strikes."""

    def __init__(
        self,
        sandbox: Sandbox,
        traffic: Traffic,
        service: Service,
        random: Random,
        *,
        most_kills: int,
        phases: Sequence[Phase],
    ) -> None:
        self._sandbox = sandbox
        self._traffic = traffic
        self._service = service
        self._random = random
        self._left = most_kills
        self._phases = phases
        self._started = monotonic()
        self._person = Person(sandbox.keys.owner_id, _morning(random) if Phase.MORNING in phases else [LIMITS[0]])
        self._begin = sandbox.call(lambda world: world.clock.now()).astimezone(NEW_YORK)
        self._is_last_of_week = self._begin.date() == HALF_DAY.date()
        self._faults: list[str] = []

    def live(self) -> Accounts:
        """Live through the day, and return its accounts."""
        self._sandbox.call(lambda world: world.telegram.press_start(self._person.owner))
        self._deposit(Decimal(1000))
        self._start()
        for phase in self._phases:
            self._enter(phase)
            self._live_through(phase)
        found = self._sandbox.call(lambda world: compare(world, self._service.books, self._person))
        found.kills = self._service.kills
        found.bad_stops = len(self._service.badly_stopped)
        found.faults += [*self._faults, *self._service.badly_stopped]
        return found

    def _enter(self, phase: Phase) -> None:
        half = self._is_last_of_week
        match phase:
            case Phase.INVESTING:
                self._clock(9, 35)
            case Phase.AGAIN:
                self._deposit(Decimal(300))
                self._person.deeds.append(INVEST)
            case Phase.REBALANCING:
                self._person.deeds += [WIDE_AWAY, NO_BAND, REBALANCE]
            case Phase.REPORTS:
                self._clock(13 if half else 16, 6)
            case Phase.MORNING | Phase.LAST_WORDS:
                pass

    def _live_through(self, phase: Phase) -> None:
        """Strike until the phase is over or its strikes are used up, then let it end in peace."""
        strikes = self._random.randint(1, MOST_A_PHASE)
        while strikes and self._left and not self._is_over(phase):
            if self._wait_for(drawn(phase, self._random), phase):
                strikes -= 1
                self._left -= 1
        patience = DELIVERY_PATIENCE if phase is Phase.LAST_WORDS else PATIENCE
        deadline = monotonic() + patience
        while not self._is_over(phase):
            self._look()
            if monotonic() > deadline:
                self._faults.append(f"{phase.value}: not over after {patience:.0f} s without a strike")
                return

    def _wait_for(self, strike: Strike, phase: Phase) -> bool:
        """Strike when its instant has come; return False when the phase was over before."""
        came = self._traffic.awaiting(strike.after, strike.number) if strike.after is not None else None
        deadline = monotonic() + LONGEST_WAIT
        looked = 0.0
        while monotonic() < deadline and (came is None or not came.wait(LOOK / 4)):
            if came is None and monotonic() >= self._started + strike.delay:
                break
            if monotonic() - looked > LOOK:
                self._look()
                looked = monotonic()
                if self._is_over(phase):
                    return False
        sleep(strike.delay if came is not None else 0)
        if self._service.strike(strike.victim, self._random):
            self._start()
        return True

    def _start(self) -> None:
        self._service.start()
        self._started = monotonic()

    def _look(self) -> None:
        """Let the owner look at the phone; a service that has ended by itself is a fault, and is started again."""
        code = self._service.ended()
        if code is not None:
            self._faults.append(f"the service ended by itself with {code}: {self._service.log()[-600:]}")
            self._start()
        self._sandbox.call(lambda world: self._person.look(world, started=self._started))
        sleep(LOOK)

    def _is_over(self, phase: Phase) -> bool:
        match phase:
            case Phase.MORNING:
                # What is left of the owner's wishes comes in the middle of the orders.
                return len(self._person.deeds) <= 1
            case Phase.AGAIN | Phase.REBALANCING:
                return not self._person.deeds and self._none("run WHERE state NOT IN ({final})")
            case Phase.INVESTING:
                return self._some(f"{_GOALS[phase]} AND state IN ({{final}})")
            case Phase.REPORTS:
                reported = self._some(f"{_GOALS[phase]} AND state IN ({{final}})")
                said = self._some("run WHERE routine = 'variance' AND state IN ({final})")
                return reported and (said or not self._is_last_of_week)
            case Phase.LAST_WORDS:
                return (
                    # A day that went fast may be over before the owner has been answered.
                    not self._person.deeds
                    and self._none("delivery WHERE state IN ('waiting', 'held')")
                    and self._none("run WHERE state NOT IN ({final})")
                    and self._none("\"order\" WHERE state IN ('planned', 'accepted', 'partially_filled', 'unknown')")
                )

    def _some(self, what: str) -> bool:
        return self._count(what) > 0

    def _none(self, what: str) -> bool:
        return self._count(what) == 0

    def _count(self, what: str) -> int:
        """Count rows; -1 while there is no such table."""
        final = "'done', 'skipped', 'missed', 'failed'"
        if not self._service.books.exists():
            return -1
        with closing(sqlite3.connect(self._service.books, timeout=10)) as ledger:
            try:
                (count,) = ledger.execute(f"SELECT count(*) FROM {what.format(final=final)}").fetchone()  # noqa: S608
            except sqlite3.OperationalError:
                return -1
        return int(count)

    def _deposit(self, dollars: Decimal) -> None:
        self._sandbox.call(lambda world: world.brokerage.deposit(dollars))

    def _clock(self, hour: int, minute: int) -> None:
        instant = self._begin.replace(hour=hour, minute=minute, second=0, microsecond=0)
        self._sandbox.call(lambda world: world.clock.set(instant))


def lived(
    seed: int, number: int, most_kills: int, *, phases: Sequence[Phase] = tuple(Phase), keep: Path | None = None
) -> Accounts:
    """Live through day `number` of a seed, in a sandbox and a folder of its own, and return its accounts.

    `phases` are the parts of the day that are lived through, in which the owner changes a limit at least.
    `keep`: a folder that is there still afterwards, with the ledger, the log and what the phone shows.
    """
    random = Random(f"{seed}-{number}")  # noqa: S311  chance that can be had again, and no secret
    start = random.choice((HALF_DAY, WHOLE_DAY, WHOLE_DAY))
    traffic = Traffic()
    sandbox = Sandbox(
        start=start,
        seed=number,
        fill_delay=timedelta(seconds=random.uniform(0.2, 2.0)),
        link_delay=timedelta(milliseconds=random.choice((0, 5, 15))),
    )
    sandbox.world.faults = traffic
    with sandbox, nullcontext(keep) if keep else tempfile.TemporaryDirectory(prefix="allocator-crash-") as folder:
        sandbox.call(lambda world: _slow_down(world, random))
        service = Service(sandbox, Path(folder))
        try:
            return Day(sandbox, traffic, service, random, most_kills=most_kills, phases=phases).live()
        finally:
            service.close()
            if keep is not None:
                said = sandbox.call(World.transcript)
                (keep / "transcript.json").write_text(json.dumps(said, indent=1, default=str), encoding="utf-8")


def safely_lived(seed: int, number: int, most_kills: int) -> Accounts:
    """Live through a day; what breaks the day itself is a fault of it, and crosses to another process as words."""
    try:
        return lived(seed, number, most_kills)
    except Exception:  # noqa: BLE001  whatever it is, it must not hide what the other days have found
        return Accounts(days=1, faults=[traceback.format_exc()])


def _slow_down(world: World, random: Random) -> None:
    """Make what matters last long enough to be hit in the middle."""
    for service, method, path in (
        ("alpaca", "POST", "/v2/orders"),
        ("alpaca", "GET", "/v2/account*"),
        ("telegram", "POST", "*/sendMessage"),
        ("telegram", "POST", "*/sendPhoto"),
        ("vonage", "POST", "/sms/json"),
    ):
        delay = timedelta(seconds=random.uniform(0.02, 0.25))
        world.faults.set(service, Slow(delay, after_acting=random.random() < 0.5), method=method, path=path)


def _morning(random: Random) -> list[Deed]:
    """Return what the owner wants this morning, in some order; a pause is ended in the next word but one at most."""
    deeds = [*random.sample(LIMITS, 2), *random.sample(ALLOCATIONS, 1)]
    random.shuffle(deeds)
    at = random.randint(0, len(deeds) - 1)
    return [*deeds[:at], PAUSE, deeds[at], RESUME, *deeds[at + 1 :]]
