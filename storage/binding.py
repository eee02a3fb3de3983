"""The binding: records belong to one brokerage account, the one they first met."""

from dataclasses import dataclass
from datetime import datetime

from storage.database import Database
from storage.errors import WrongAccount
from storage.tables import BrokerAccountRow


@dataclass(frozen=True, slots=True)
class Binding:
    """An account's name and the broker's account that it stands for since `first_contact_at`."""

    account: str
    broker_account_id: str
    first_contact_at: datetime


def bind(database: Database, account: str, broker_account_id: str, at: datetime) -> Binding:
    """Bind the account at the first contact, and return the binding.

    Raises WrongAccount when it is bound to another of the broker's accounts: a paper account that was reset, or live
    keys on a paper ledger.
    """
    with database.writing() as session:
        row = session.get(BrokerAccountRow, account)
        if row is None:
            row = BrokerAccountRow(account=account, broker_account_id=broker_account_id, first_contact_at=at)
            session.add(row)
        elif row.broker_account_id != broker_account_id:
            raise WrongAccount(account, row.broker_account_id, broker_account_id)
        return Binding(row.account, row.broker_account_id, row.first_contact_at)


def check(database: Database, account: str, broker_account_id: str) -> None:
    """Raise WrongAccount when the account is bound to another of the broker's accounts; change nothing."""
    with database.reading() as session:
        row = session.get(BrokerAccountRow, account)
        if row is not None and row.broker_account_id != broker_account_id:
            raise WrongAccount(account, row.broker_account_id, broker_account_id)


def first_start(database: Database, account: str) -> datetime | None:
    """Return when the account was bound, None before the first contact. What was due earlier is not owed."""
    with database.reading() as session:
        row = session.get(BrokerAccountRow, account)
        return None if row is None else row.first_contact_at
