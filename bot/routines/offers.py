"""Investing at the owner's word: the plan is shown, and only the plan that was shown is carried out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.records import Records, now
from bot.routines.market import Market
from core import schedule
from core.calendar import NEW_YORK, MarketClock, TradingDay
from core.investing import Declined, Plan
from core.messages import skip_messages
from core.ports import Ports
from core.routines.invest import Decision, Policy, decide, invest
from core.routines.reports import Pictures, next_run
from core.runs import Run, RunKey
from core.schedule import Routine, Window

FIRST_INVESTMENT = "first_investment"
"""The kind of the confirmation that the very first run on a live account waits for."""

INVEST = "invest"
"""The kind of the confirmation that the owner asked for."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How this installation works. `live`: with real money; `pictures`: when they come with the close report."""

    policy_now: Callable[[], Policy]
    live: bool
    pictures: Pictures = Pictures.WEEKLY

    @property
    def policy(self) -> Policy:
        """The limits in force: the owner may change them between two runs."""
        return self.policy_now()


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan to show, the run it would be, and the decision behind it."""

    key: RunKey
    window: Window
    clock: MarketClock
    plan: Plan
    decision: Decision


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing can be bought now, as sentences for a person."""

    text: str


@dataclass(frozen=True, slots=True)
class Closed(Refusal):
    """Nothing can be bought because the market is closed, or about to."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The plan is no longer the one that was shown; nothing was done."""

    offer: Offer


class Offers:
    """Makes offers and takes them up. Synchronous: it runs in a thread."""

    def __init__(self, records: Records, market: Market, ports: Ports, rules: Rules) -> None:
        self._records = records
        self._market = market
        self._ports = ports
        self._rules = rules

    def make(self) -> Offer | Refusal:
        """Return what investing now would do, changing nothing.

        Before the day's scheduled run it is that run; later only new cash makes another one. Raises BrokerAway, and
        storage.errors.WrongAccount when the keys open another account.
        """
        clock = self._market.clock()
        today = self._market.today(clock)
        window = schedule.tap_window(today) if today is not None else None
        if today is None or window is None or clock.now not in window:
            return Closed(closed(clock, today))
        if self._records.allocations.active() is None:
            return Refusal("Alpaca has not confirmed the funds of the allocation yet. Please try again in a moment.")
        runs = self._records.ledger.runs_on(Routine.INVEST, today.day)
        if self._records.ledger.unfinished():
            # Of whatever day: while orders are in doubt, nothing else is ordered.
            return Refusal("A run is still under way; its alert says how it ends.")
        self._records.check(self._ports.broker.account().account_id)
        key = RunKey(self._records.account, Routine.INVEST, today.day, number=len(runs))
        before = next((run for run in reversed(runs) if run.orders), None)
        target = self._records.target(today.day)
        decision = decide(key, target, self._rules.policy, self._ports, before=before)
        if isinstance(decision.answer, Plan):
            return Offer(key, window, clock, decision.answer, decision)
        return Refusal(skip_messages.refusal(decision.answer))

    def coming(self) -> tuple[RunKey, Decision]:
        """Return the next scheduled run and what it would do if the account stayed as it is. Raises BrokerAway."""
        key = next_run(self._records.account, self._market.clock())
        return key, decide(key, self._records.target(key.day), self._rules.policy, self._ports)

    def take(self, shown: Mapping[str, Any]) -> Run | Changed | Refusal:
        """Carry out the offer that was shown, if it still is what would be done. Raises as `make`."""
        offer = self.make()
        if isinstance(offer, Refusal):
            return offer
        if payload(offer.key, offer.plan) != dict(shown):
            return Changed(offer)
        return self.carry_out(offer)

    def carry_out(self, offer: Offer) -> Run:
        """Carry out an offer just made. Raises as `make`."""
        self._records.bind(self._ports.broker.account().account_id, offer.clock.now)
        return invest(offer.key, offer.window, lambda: offer.decision, self._rules.policy, self._ports)

    def decline(self, shown: Mapping[str, Any]) -> None:
        """Store and say that the owner does not want the day's first investment."""
        key = RunKey(self._records.account, Routine.INVEST, date.fromisoformat(shown["day"]), shown["number"])
        if self._records.ledger.run(key) is None:
            skip = Declined(sum(shown["intents"].values()))
            alert = skip_messages.skipped(skip)
            clock = self._market.last
            at = clock.now if clock is not None else now()
            self._records.ledger.skip(key, skip, alert, cash=skip.waiting, at=at)


def payload(key: RunKey, plan: Plan) -> dict[str, Any]:
    """Return what a confirmation remembers of the plan it showed: the run, and each symbol's cents."""
    intents = {intent.symbol: intent.notional for intent in plan.intents}
    return {"day": key.day.isoformat(), "number": key.number, "intents": intents}


def closed(clock: MarketClock, today: TradingDay | None) -> str:
    """Return why nothing can be ordered by a tap now, as a sentence."""
    if today is not None and clock.is_open:
        closes = schedule.tap_window(today).closes.astimezone(NEW_YORK)
        return f"It is too close to the market's close: orders are sent until {closes:%H:%M} New York time."
    opens = clock.next_open.astimezone(NEW_YORK)
    return f"The market is closed. It opens on {opens:%a %-d %b} at {opens:%H:%M} New York time."
