"""One look at the market: what was left open is carried on, what was missed is said, what is owed now is done."""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from bot.allocations.acceptance import UnusableAllocation, accept_starting
from bot.records import Records, now
from bot.routines import offers
from bot.routines.market import Market
from bot.routines.offers import FIRST_INVESTMENT, Rules
from bot.routines.rebalancing import Rebalancing
from bot.routines.reports import Reports
from core import schedule
from core.allocation import Allocation
from core.calendar import NEW_YORK, MarketClock, TradingDay
from core.investing import Plan
from core.messages import run_messages, trouble_messages
from core.ports import BrokerAway, Ports
from core.routines import settling
from core.routines.invest import Decision, decide, invest, resume
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage.errors import WrongAccount

log = logging.getLogger(__name__)

LONGEST_ABSENCE = timedelta(days=366)
"""What was missed longer ago is not said any more."""

DOUBT_SAID_AFTER = 5
"""How many looks at orders without an answer come before the owner hears of them."""


WHILE_SENT, WHILE_OWED = "while orders could be sent", "until the next trading day began"


class Rounds:
    """Does what a tick owes, with everything it needs handed in. Synchronous: it runs in a thread."""

    def __init__(self, records: Records, market: Market, ports: Ports, rules: Rules, starting: Allocation) -> None:
        self._starting = starting
        self._records = records
        self._market = market
        self._ports = ports
        self._rules = rules
        self._reports = Reports(records, market, ports, rules)
        self._rebalancing = Rebalancing(records, market, ports, rules)
        self._account_checked = False
        self._last_good: datetime | None = None
        self._trouble = ""
        self._looks: dict[RunKey, int] = {}

    def tick(self) -> None:
        """Do everything that is owed at this moment.

        Raises BrokerAway when the broker cannot be read, storage.errors.WrongAccount when it is another account, and
        bot.allocations.acceptance.UnusableAllocation when the settings' allocation was never accepted and cannot be.
        """
        clock, days, problems = self._catch_up()
        self._do_due(clock, days, problems)
        if not problems and not self._records.ledger.unfinished():
            self._isolated(lambda: self._rebalancing.look(clock, days), problems)
        self._end(clock, problems)

    def catch_up(self) -> None:
        """Do what was left open or missed, and start nothing new. Raises as `tick`."""
        clock, _, problems = self._catch_up()
        self._end(clock, problems)

    def away(self, why: str) -> None:
        """Remember, for the words about a missed day, that the broker was away."""
        self._trouble = f"Alpaca could not be reached ({why})"

    def broke(self, error: Exception) -> None:
        """Remember, for the words about a missed day, that something nobody expected stopped a tick."""
        self._trouble = f"something went wrong inside Allocator ({type(error).__name__})"

    def _catch_up(self) -> tuple[MarketClock, tuple[TradingDay, ...], list[Exception]]:
        clock = self._market.clock()
        since = self._known_account(clock)
        accept_starting(self._records, self._ports.broker, self._starting)
        # From the first contact on, or a missed day that a later run overtook would never be said.
        first = max(since.astimezone(NEW_YORK).date(), clock.today - LONGEST_ABSENCE)
        days = self._market.days(clock, first)
        problems: list[Exception] = []
        for run in self._records.ledger.unfinished():
            self._isolated(partial(self._carry_on, run), problems)
        self._isolated(lambda: self._say_missed(clock, days, since), problems)
        self._isolated(lambda: self._rebalancing.say_missed(clock, days, since), problems)
        self._isolated(lambda: settling.follow(self._ports), problems)
        return clock, days, problems

    def _isolated(self, step: Callable[[], object], problems: list[Exception]) -> None:
        """Take a step; what goes wrong in it must not keep the others back."""
        try:
            step()
        except (BrokerAway, WrongAccount, UnusableAllocation):
            raise
        except Exception as problem:  # noqa: BLE001  raised again at the tick's end
            problems.append(problem)

    def _end(self, clock: MarketClock, problems: list[Exception]) -> None:
        if problems:
            raise problems[0]
        self._last_good, self._trouble = clock.now, ""

    def _known_account(self, clock: MarketClock) -> datetime:
        """Return when this account was first met.

        The keys may open another account than before: a paper account that was reset, or live keys on a paper ledger.
        So it is looked at once in each process, and before anything of a run that is under way is sent.
        """
        first = self._records.first_start()
        if first is None or not self._account_checked or self._records.ledger.unfinished():
            first = self._bound(clock)
            self._account_checked = True
        return first

    def _bound(self, clock: MarketClock) -> datetime:
        return self._records.bind(self._ports.broker.account().account_id, clock.now).first_contact_at

    def _carry_on(self, run: Run) -> None:
        if run.key.routine is Routine.REBUY:
            # The run of its sales carries it on, and ends with it.
            return
        log.info("run %s is carried on", run.key)
        rebalances = run.key.routine is Routine.REBALANCE
        after = self._rebalancing.carry_on(run) if rebalances else resume(run, self._rules.policy, self._ports)
        doubt_key = f"doubt-{run.key.day}-{run.key.number}"
        if after.state.is_final:
            _log_state(after)
            self._looks.pop(run.key, None)
            self._records.outbox.clear(doubt_key)
            return
        self._looks[run.key] = self._looks.get(run.key, 0) + 1
        if self._looks[run.key] >= DOUBT_SAID_AFTER and self._records.ledger.may_send(run.key):
            why = next((order.reason for order in after.orders if order.reason), "Alpaca has not answered")
            self._records.outbox.say(trouble_messages.in_doubt(after, why), now(), once_key=doubt_key)

    def _do_due(self, clock: MarketClock, days: tuple[TradingDay, ...], problems: list[Exception]) -> None:
        since = self._records.first_start()
        if since is None or not days:
            return
        in_reports: list[Exception] = []
        for routine, day in schedule.due(clock.now, days, self._records.ledger.ended(days[0].day), since=since):
            key = RunKey(self._records.account, routine, day.day)
            if routine is not Routine.INVEST:
                self._report(key, day, clock, in_reports)
            # A run in doubt, of whatever day, keeps new ones back: doing nothing beats doing something twice.
            elif not problems and not self._records.ledger.unfinished():
                self._invest(key, day, clock)
        problems += in_reports

    def _invest(self, key: RunKey, day: TradingDay, clock: MarketClock) -> None:
        self._bound(clock)
        window, decided = schedule.window(Routine.INVEST, day), None
        look = partial(decide, key, self._records.target(day.day), self._rules.policy, self._ports)
        if self._rules.live and not self._records.ledger.has_invested():
            decided = self._ask_first(key, window, clock, look)
            if decided is None:
                return
        log.info("run %s is due", key)
        run = invest(key, window, lambda: decided or look(), self._rules.policy, self._ports)
        _log_state(run)

    def _report(self, key: RunKey, day: TradingDay, clock: MarketClock, problems: list[Exception]) -> None:
        """Give a report. Not even a broker that cannot be read for it keeps the day's investing back."""
        log.info("run %s is due", key)
        self._bound(clock)
        try:
            self._reports.give(key, day, clock)
        except Exception as problem:  # noqa: BLE001  raised again at the tick's end
            problems.append(problem)

    def _ask_first(
        self, key: RunKey, window: Window, clock: MarketClock, look: Callable[[], Decision]
    ) -> Decision | None:
        """Ask the owner, once a day, before real money moves for the first time.

        Return the decision instead where nothing would move: that one is to be carried out, and no second look's.
        """
        confirmations = self._records.confirmations
        asked = confirmations.waiting(FIRST_INVESTMENT, now())
        if any(question.payload["day"] == key.day.isoformat() for question in asked):
            return None
        decision = look()
        plan = decision.answer
        if not isinstance(plan, Plan):
            return decision
        confirmations.ask(
            FIRST_INVESTMENT,
            offers.payload(key, plan),
            owner=None,
            at=now(),
            expires=now() + (window.closes - clock.now),
            alert=lambda token: run_messages.first_investment(plan, token),
        )
        return None

    def _say_missed(self, clock: MarketClock, days: tuple[TradingDay, ...], since: datetime) -> None:
        known = set(self._records.ledger.ended(days[0].day)) if days else set()
        known |= {(run.key.routine, run.key.day) for run in self._records.ledger.unfinished()}
        missed = schedule.missed(clock.now, days, known, since=since)
        if not missed:
            return
        keys = [RunKey(self._records.account, routine, day.day) for routine, day in missed]
        why = self._why_missed(keys)
        for key in keys:
            log.warning("run %s was missed: %s", key, why)
        alert = run_messages.missed([(key.routine, key.day) for key in keys], why)
        self._records.ledger.miss(keys, why, alert, at=clock.now)

    def _why_missed(self, keys: list[RunKey]) -> str:
        invest = [key.day for key in keys if key.routine is Routine.INVEST]
        if invest and self._records.ledger.unfinished():
            return "orders of an earlier day had no answer yet"
        if invest and self._rules.live and self._asked_on(invest[-1]):
            return "nobody confirmed the first investment on this live account"
        if self._last_good is not None and self._trouble:
            return self._trouble
        return f"Allocator was off, or could not reach Alpaca, {WHILE_SENT if invest else WHILE_OWED}"

    def _asked_on(self, day: date) -> bool:
        asked = self._records.confirmations.asked(FIRST_INVESTMENT)
        return any(question["day"] == day.isoformat() for question in asked)


def _log_state(run: Run) -> None:
    """Log where a run stands: one that bought nothing of what it should is for those who read warnings alone."""
    level = logging.WARNING if run.state in {RunState.FAILED, RunState.MISSED} else logging.INFO
    log.log(level, "run %s is %s now", run.key, run.state)
