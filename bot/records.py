"""Everything that is kept for one account, opened together over one database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self

from core.rebalancing.rules import Rules
from core.routines.invest import Target
from core.strategies import CashStrategy, Strategy
from storage import binding
from storage.allocations import Allocations
from storage.audit import Audit
from storage.binding import Binding
from storage.choices import Choices, ChoiceVersion
from storage.confirmations import Confirmations
from storage.control import Control
from storage.database import Database
from storage.ledger import SqlLedger
from storage.outbox import Outbox, Recipient

ACCOUNT = "main"


@dataclass(frozen=True, slots=True)
class Records:
    """The account's books."""

    database: Database
    account: str
    ledger: SqlLedger
    outbox: Outbox
    allocations: Allocations
    control: Control
    confirmations: Confirmations
    audit: Audit

    @classmethod
    def over(cls, database: Database, recipients: Sequence[Recipient], account: str = ACCOUNT) -> Self:
        """Open the books of an account; every alert goes to all `recipients`."""
        return cls(
            database,
            account,
            SqlLedger(database, account, recipients),
            Outbox(database, account, recipients),
            Allocations(database, account),
            Control(database, account),
            Confirmations(database, account, recipients),
            Audit(database, account),
        )

    def bind(self, broker_account_id: str, at: datetime) -> Binding:
        """Bind these books to the broker's account. Raises storage.errors.WrongAccount."""
        return binding.bind(self.database, self.account, broker_account_id, at)

    def check(self, broker_account_id: str) -> None:
        """Raise storage.errors.WrongAccount when these books belong to another account; change nothing."""
        binding.check(self.database, self.account, broker_account_id)

    def first_start(self) -> datetime | None:
        """Return when the account was first met, by the market's time; None before that."""
        return binding.first_start(self.database, self.account)

    def target(self, today: date) -> Target:
        """Return the active allocation and whether investing is paused on this day.

        Raises LookupError before the first allocation is stored.
        """
        active = self.allocations.active()
        if active is None:
            raise LookupError("no allocation is stored yet: start the service once")
        pause = self.control.paused(today)
        until = pause.until if pause else None
        return Target(*active, paused=pause is not None, paused_until=until, strategy=self.strategy())

    def strategy(self) -> Strategy:
        """Return how cash is shared out."""
        active = self._strategies().active()
        return active[1].strategy if active is not None else Strategy.PROPORTIONAL

    def set_strategy(self, strategy: Strategy, by: str, why: str, at: datetime) -> None:
        """Commit another strategy; it counts from the next run on."""
        self._strategies().set(CashStrategy(strategy), by, why, at)

    def rebalancing(self) -> Rules:
        """Return how the account is rebalanced: only when the owner asks, until that is changed."""
        active = self.rebalancing_version()
        return active.value if active is not None else Rules()

    def rebalancing_version(self) -> ChoiceVersion[Rules] | None:
        """Return the active rules of rebalancing with their number and time, None before the first were chosen."""
        return next(iter(self._rebalancings().history(1)), None)

    def replace_rebalancing(self, number: int, rules: Rules, by: str, why: str, at: datetime) -> bool:
        """Commit other rules in the place of version `number` (0: none yet); False when others came meanwhile."""
        return self._rebalancings().replace(number, rules, by, why, at) is not None

    def _rebalancings(self) -> Choices[Rules]:
        return Choices(self.database, self.account, "rebalance", Rules)

    def _strategies(self) -> Choices[CashStrategy]:
        return Choices(self.database, self.account, "strategy", CashStrategy)


def now() -> datetime:
    """Return this machine's time: for waits and for who asked what when, never for what the market is doing."""
    return datetime.now(UTC)
