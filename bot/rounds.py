"""One look at the market: what is owed now is done, what was left open is carried on, what was missed is said."""

import logging
from datetime import date, datetime

from bot import offers
from bot.acceptance import accept_starting
from bot.market import Market
from bot.offers import FIRST_INVESTMENT, Rules
from bot.records import Records, now
from core import messages, schedule
from core.allocation import Allocation
from core.calendar import NEW_YORK, MarketClock, TradingDay
from core.investing import Plan
from core.ports import Ports
from core.routines import settling
from core.routines.invest import decide, invest, resume
from core.runs import RunKey
from core.schedule import Window

log = logging.getLogger(__name__)


class Rounds:
    """Does what a tick owes, with everything it needs handed in. Synchronous: it runs in a thread."""

    def __init__(self, records: Records, market: Market, ports: Ports, rules: Rules, starting: Allocation) -> None:
        self._starting = starting
        self._records = records
        self._market = market
        self._ports = ports
        self._rules = rules
        self._trouble: tuple[date, str] | None = None

    def tick(self) -> None:
        """Do everything that is owed at this moment.

        Raises BrokerAway when the broker cannot be read, storage.errors.WrongAccount when it is another account, and
        bot.acceptance.UnusableAllocation when the settings' allocation was never accepted and cannot be.
        """
        clock = self._market.clock()
        since = self._first_contact(clock)
        accept_starting(self._records, self._ports.broker, self._starting)
        last_run = self._records.ledger.last_run()
        known_from = since.astimezone(NEW_YORK).date() if last_run is None else last_run.key.day
        days = self._market.days(clock, known_from)
        for run in self._records.ledger.unfinished():
            log.info("carrying on %s of %s", run.key.routine, run.key.day)
            resume(run, self._rules.policy, self._ports)
        self._say_missed(clock, days, since)
        today = next((day for day in days if day.day == clock.today), None)
        if today is not None:
            self._do_due(clock, today)
        settling.follow(self._ports)

    def away(self, why: str) -> None:
        """Remember, for the words about a missed day, that the broker was away on it."""
        if self._market.last is not None:
            self._trouble = (self._market.last.today, f"Alpaca could not be reached ({why})")

    def _first_contact(self, clock: MarketClock) -> datetime:
        known = self._records.first_start()
        if known is not None:
            return known
        log.info("first contact with this brokerage account, at %s", clock.now)
        return self._records.bind(self._ports.broker.account().account_id, clock.now).first_contact_at

    def _do_due(self, clock: MarketClock, today: TradingDay) -> None:
        done = {routine for routine, day in self._records.ledger.ended(today.day) if day == today.day}
        underway = {run.key.routine for run in self._records.ledger.unfinished() if run.key.number == 0}
        for routine in schedule.due(clock.now, today, done | underway):
            key = RunKey(self._records.account, routine, today.day)
            # The keys may open another account than yesterday: a paper account gets a new id when it is reset.
            self._records.bind(self._ports.broker.account().account_id, clock.now)
            window = schedule.window(routine, today)
            if not self._must_ask_first(key, window, clock):
                log.info("%s of %s is due", routine, today.day)
                invest(key, window, self._records.target(today.day), self._rules.policy, self._ports)

    def _must_ask_first(self, key: RunKey, window: Window, clock: MarketClock) -> bool:
        """Return whether real money would move here for the first time; the owner is asked once a day."""
        if not self._rules.live or self._records.ledger.has_invested():
            return False
        confirmations = self._records.confirmations
        asked = confirmations.waiting(FIRST_INVESTMENT, now())
        if any(question.payload["day"] == key.day.isoformat() for question in asked):
            return True
        decision = decide(key, self._records.target(key.day), self._rules.policy, self._ports)
        plan = decision.answer
        if not isinstance(plan, Plan):
            return False
        confirmations.ask(
            FIRST_INVESTMENT,
            offers.payload(key, plan),
            owner=None,
            at=now(),
            expires=now() + (window.closes - clock.now),
            alert=lambda token: messages.first_investment(plan, token),
        )
        return True

    def _say_missed(self, clock: MarketClock, days: tuple[TradingDay, ...], since: datetime) -> None:
        known = set(self._records.ledger.ended(days[0].day)) if days else set()
        known |= {(run.key.routine, run.key.day) for run in self._records.ledger.unfinished()}
        missed = schedule.missed(clock.now, days, known, since=since)
        if not missed:
            return
        keys = [RunKey(self._records.account, routine, day.day) for routine, day in missed]
        why = self._why_missed(keys[-1].day)
        alert = messages.missed([key.day for key in keys], why)
        self._records.ledger.miss(keys, why, alert, at=clock.now)

    def _why_missed(self, day: date) -> str:
        if self._trouble is not None and self._trouble[0] == day:
            return self._trouble[1]
        if self._records.control.paused(day) is not None:
            return "investing was paused, and Allocator was not running"
        if self._rules.live and not self._records.ledger.has_invested():
            return "nobody confirmed the first investment on this live account"
        return "Allocator was not running while orders could be sent"
