"""What keeps an account from trading."""

from dataclasses import dataclass
from enum import Enum


class AccountStatus(Enum):
    """Name how far an account is opened or closed; the values are Alpaca's."""

    INACTIVE = "INACTIVE"
    PAPER_ONLY = "PAPER_ONLY"
    ONBOARDING = "ONBOARDING"
    SUBMISSION_FAILED = "SUBMISSION_FAILED"
    SUBMITTED = "SUBMITTED"
    ACCOUNT_UPDATED = "ACCOUNT_UPDATED"
    APPROVAL_PENDING = "APPROVAL_PENDING"
    ACTIVE = "ACTIVE"
    REJECTED = "REJECTED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    APPROVED = "APPROVED"
    ACCOUNT_CLOSED_PENDING = "ACCOUNT_CLOSED_PENDING"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    LIMITED = "LIMITED"


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Hold the broker's blocks, the owner's own suspension, and the states of the account and of its crypto."""

    trading_blocked: bool = False
    account_blocked: bool = False
    suspended_by_user: bool = False
    status: AccountStatus = AccountStatus.ACTIVE
    crypto_status: AccountStatus = AccountStatus.ACTIVE
