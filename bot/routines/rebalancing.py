"""Rebalancing at the owner's word or by its rules: what is planned, what is owed, and what was missed."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.records import Records
from bot.routines.market import Market
from bot.routines.offers import Refusal, Rules, closed
from core.calendar import MarketClock, TradingDay
from core.investing import NotRebalanced
from core.messages import rebalance_messages
from core.money import round_to_cents
from core.ports import Ports
from core.rebalancing.days import held_off, is_calendar_day, rebalance_window
from core.rebalancing.plan import NothingToDo, Undertaking
from core.rebalancing.rules import OnBreach, OnCalendar, OnTap
from core.rebalancing.rules import Rules as RebalancingRules
from core.reporting import variance
from core.reporting.measures import NotMeasurable
from core.reporting.variance import Variance
from core.routines.positions import shown_positions
from core.routines.rebalance import carry_on, propose, rebalance
from core.routines.rebuying import purchases_of
from core.runs import Footing, Run, RunKey
from core.schedule import Routine, Window

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=15)
"""How often, by the market's time, the bands are looked at where a breach is what starts a rebalancing."""

NEARLY = Decimal("0.01")
"""A plan is still the one that was shown when no amount has changed by more than this part, or a dollar."""

REBALANCE = "rebalance"
"""The kind of the confirmation that a rebalancing is begun by."""

_DOLLAR = 100


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rebalancing to show, and the run that it would be."""

    key: RunKey
    window: Window
    clock: MarketClock
    undertaking: Undertaking
    footing: Footing


@dataclass(frozen=True, slots=True)
class OtherNow:
    """What would be done is no longer what was shown; nothing was done."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class State:
    """How far the account is from its target, and which sectors are outside their bands, by name."""

    rules: RebalancingRules
    measured: Variance | NotMeasurable
    breached: tuple[str, ...]


class Rebalancing:
    """Proposes rebalancings, takes them up, and does what is owed. Synchronous: it runs in a thread."""

    def __init__(self, records: Records, market: Market, ports: Ports, rules: Rules) -> None:
        self._records = records
        self._market = market
        self._ports = ports
        self._rules = rules
        self._looked: datetime | None = None

    def state(self) -> State:
        """Return how things stand. Raises BrokerAway, and LookupError before an allocation is stored."""
        allocation = self._records.target(self._market.clock().today).allocation
        positions, _ = shown_positions(self._ports)
        measured = variance.measure(allocation, variance.values(positions))
        rules = self._records.rebalancing()
        return State(rules, measured, _breached(rules, measured))

    def make(self) -> Proposal | NothingToDo | Refusal:
        """Return what rebalancing now would do, changing nothing. Raises as `bot.routines.offers.Offers.make`."""
        clock = self._market.clock()
        today = self._market.today(clock)
        window = rebalance_window(today, by_tap=True) if today is not None else None
        if today is None or window is None or clock.now not in window:
            return Refusal(closed(clock, today))
        if self._records.allocations.active() is None:
            return Refusal("Alpaca has not confirmed the funds of the allocation yet. Please try again in a moment.")
        if self._records.ledger.unfinished():
            return Refusal("A run is still under way; its alert says how it ends.")
        self._records.check(self._ports.broker.account().account_id)
        # Number 0 is the automatic one's, whether it comes today or not.
        runs = self._records.ledger.runs_on(Routine.REBALANCE, today.day)
        number = max((run.key.number for run in runs), default=0) + 1
        key = RunKey(self._records.account, Routine.REBALANCE, today.day, number)
        found, footing = self._propose(key)
        return found if isinstance(found, NothingToDo) else Proposal(key, window, clock, found, footing)

    def take(self, shown: Mapping[str, Any]) -> Run | OtherNow | NothingToDo | Refusal:
        """Carry out the rebalancing that was shown, if it still is nearly what would be done. Raises as `make`."""
        proposal = self.make()
        if not isinstance(proposal, Proposal):
            return proposal
        if not is_nearly(shown, payload(proposal)):
            return OtherNow(proposal)
        return self.carry_out(proposal)

    def carry_out(self, proposal: Proposal) -> Run:
        """Carry out a rebalancing just proposed. Raises as `make`."""
        self._records.bind(self._ports.broker.account().account_id, proposal.clock.now)
        policy, footing = self._rules.policy, proposal.footing
        return rebalance(proposal.key, proposal.window, proposal.undertaking, policy, self._ports, footing=footing)

    def carry_on(self, run: Run) -> Run:
        """Carry on a run that was left unfinished, and return the one of its two whose orders are being waited for."""
        after = carry_on(run, self._rules.policy, self._ports)
        buys = self._records.ledger.run(purchases_of(run.key))
        return after if after.state.is_final or buys is None else buys

    def look(self, clock: MarketClock, days: Sequence[TradingDay]) -> None:
        """Rebalance by the rules, if they ask for it now. Nothing may be under way. Raises BrokerAway."""
        rules = self._records.rebalancing()
        today = next((day for day in days if day.day == clock.today), None)
        if isinstance(rules.trigger, OnTap) or today is None:
            return
        ledger = self._records.ledger
        if held_off(
            rules,
            clock.now,
            today,
            days,
            last_run=ledger.last_day(Routine.REBALANCE, ordering=True),
            last_automatic=ledger.last_day(Routine.REBALANCE, number=0),
        ):
            return
        if self._looked_lately(rules, clock) or self._records.target(today.day).paused:
            return
        if self._rules.live and not ledger.has_invested():
            # The first thing that moves real money is asked for.
            return
        self._records.bind(self._ports.broker.account().account_id, clock.now)
        key = RunKey(self._records.account, Routine.REBALANCE, today.day)
        found, footing = self._propose(key)
        if isinstance(found, Undertaking):
            # Its run keeps the day's next looks away. Where it could not even begin, the next tick looks again.
            log.info("run %s begins by its rules", key)
            rebalance(key, rebalance_window(today), found, self._rules.policy, self._ports, footing=footing)
            return
        self._looked = clock.now
        if found.held_back or isinstance(rules.trigger, OnCalendar):
            skip = NotRebalanced(found.reason)
            ledger.skip(key, skip, rebalance_messages.skipped(skip.reason), cash=0, at=clock.now)

    def say_missed(self, clock: MarketClock, days: Sequence[TradingDay], since: datetime) -> None:
        """Say which of the calendar's days have passed without their rebalancing."""
        chosen = self._records.rebalancing_version()
        if not days or chosen is None or not isinstance(chosen.value.trigger, OnCalendar):
            return
        rules, calendar = chosen.value, chosen.value.trigger
        known = {day for routine, day in self._records.ledger.ended(days[0].day) if routine is Routine.REBALANCE}
        known |= {run.key.day for run in self._records.ledger.unfinished() if run.key.routine is Routine.REBALANCE}
        owed = [
            day.day
            for day in days
            if max(since, chosen.at) < rebalance_window(day).closes <= clock.now
            and day.day not in known
            and is_calendar_day(calendar, day.day, days)
            and not self._is_cooling(rules, day.day)
        ]
        if owed:
            keys = [RunKey(self._records.account, Routine.REBALANCE, day) for day in owed]
            why = self._why_missed(owed[-1])
            self._records.ledger.miss(keys, why, rebalance_messages.missed(owed, why), at=clock.now)

    def _propose(self, key: RunKey) -> tuple[Undertaking | NothingToDo, Footing]:
        footing, target = self._records.ledger.footing(), self._records.target(key.day)
        return propose(key, self._records.rebalancing(), target, self._rules.policy, self._ports), footing

    def _looked_lately(self, rules: RebalancingRules, clock: MarketClock) -> bool:
        """Return whether the bands were looked at a short while ago: each look reads the whole account."""
        if self._looked is None or not isinstance(rules.trigger, OnBreach):
            return False
        return self._looked <= clock.now < self._looked + LOOK_EVERY

    def _is_cooling(self, rules: RebalancingRules, day: date) -> bool:
        last = self._records.ledger.last_day(Routine.REBALANCE, ordering=True, before=day)
        return last is not None and (day - last).days < rules.cooldown_days

    def _why_missed(self, day: date) -> str:
        if self._records.control.paused(day) is not None:
            return "investing was paused"
        if self._records.ledger.unfinished():
            return "orders of an earlier run had no answer yet"
        if self._rules.live and not self._records.ledger.has_invested():
            return "nothing was ever ordered on this live account, and its first order needs your tap"
        return "Allocator was off, or could not reach Alpaca, while orders could be sent"


def payload(proposal: Proposal) -> dict[str, Any]:
    """Return what a confirmation remembers of the plan it showed: the run, and each symbol's cents."""
    plan = proposal.undertaking.plan
    return {
        "day": proposal.key.day.isoformat(),
        "number": proposal.key.number,
        "sells": {sale.symbol: sale.cents for sale in plan.sales},
        "buys": {purchase.symbol: purchase.cents for purchase in plan.purchases},
    }


def is_nearly(shown: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether a plan is still the one that was shown: prices move at every moment, and amounts with them."""
    if (shown["day"], shown["number"]) != (now["day"], now["number"]):
        return False
    return all(
        shown[side].keys() == now[side].keys()
        and all(abs(now[side][one] - cents) <= max(_DOLLAR, cents * NEARLY) for one, cents in shown[side].items())
        for side in ("sells", "buys")
    )


def _breached(rules: RebalancingRules, measured: Variance | NotMeasurable) -> tuple[str, ...]:
    if isinstance(measured, NotMeasurable) or measured.unknown:
        return ()
    whole = round_to_cents(measured.value)
    return tuple(
        one.sector.name
        for one in measured.sectors
        if rules.band_of(one.sector.symbol).is_breached(
            round_to_cents(one.value or Decimal(0)), one.sector.weight, whole
        )
    )
