"""What the records refuse, each error with the thing, the value, and the way out."""

from pathlib import Path

from core.orders import OrderState
from core.runs import RunKey, RunState


class StorageError(Exception):
    """Anything that the records refuse."""


class BadUrl(StorageError):
    """A storage address that is not a database file."""

    def __init__(self, shown: str) -> None:
        super().__init__(
            f"storage url {shown!r} does not name a database file: write it like sqlite:////path/to/file.db"
        )


class NoDatabase(StorageError):
    """There is nothing to read yet."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"there is no database at {file} yet: start the service once, it makes one")


class CannotOpen(StorageError):
    """A database file, or its folder, that this user may not make or write."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(
            f"{file} cannot be made or written ({why}): mend that, or name another file in the storage url"
        )


class NotOurs(StorageError):
    """A file that is no database of Allocator."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file} is not a database of Allocator ({why}): name another file in the storage url")


class Damaged(StorageError):
    """A database whose pages are not what was written."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(
            f"{file} is damaged ({why}): stop the service, put the newest backup back with `allocator restore`, then "
            "`allocator reconcile --fix`"
        )


class NewerDatabase(StorageError):
    """A database that a later version of Allocator wrote."""

    def __init__(self, file: Path, found: str, known: str) -> None:
        super().__init__(
            f"{file} was written by a newer Allocator (schema {found}, this version knows {known}); it was left as it "
            f"is: install that version again, or put back the copy {file.name}.before-{found} that it made"
        )


class NotMigrated(StorageError):
    """A database of an earlier version, opened by a command that only reads."""

    def __init__(self, file: Path, found: str, needed: str) -> None:
        super().__init__(
            f"{file} is of an earlier version (schema {found}, {needed} is needed): start the service, it upgrades it"
        )


class AlreadyRunning(StorageError):
    """Another process holds the service lock."""

    def __init__(self, lock: Path, holder: str) -> None:
        super().__init__(
            f"another Allocator works on this database (process {holder} holds {lock}): "
            "use the chat, or stop that process first"
        )


class WrongAccount(StorageError):
    """The broker's account is not the one that the records are about."""

    def __init__(self, account: str, bound_to: str, found: str) -> None:
        super().__init__(
            f"these records belong to another brokerage account ({account} is {_safe(bound_to)}, the keys open "
            f"{_safe(found)}; a paper account gets a new id when it is reset): name a new database file in the storage "
            "url, or put the old account's keys back"
        )


class OtherAccount(StorageError):
    """A run of one account given to the ledger of another."""

    def __init__(self, key: RunKey, account: str) -> None:
        super().__init__(f"{_run(key)} belongs to account {key.account}, this ledger to {account}: use its own ledger")


class RunExists(StorageError):
    """A run that was to be opened is there already."""

    def __init__(self, key: RunKey) -> None:
        super().__init__(f"{_run(key)} exists already: go on with it, or use the next number")


class Overtaken(StorageError):
    """A run that is to begin while another one is under way, or has ordered since the account was read."""

    def __init__(self, key: RunKey, running: RunKey | None) -> None:
        why = f"{_run(running)} is under way" if running else "something was ordered since the account was read"
        super().__init__(f"{_run(key)} cannot begin: {why}. Read the account again")


class NoSuchRun(StorageError):
    """A run that the ledger does not hold."""

    def __init__(self, key: RunKey) -> None:
        super().__init__(f"{_run(key)} is not in the ledger: open it first")


class RunEnded(StorageError):
    """A change of a run that is final."""

    def __init__(self, key: RunKey, state: RunState, wanted: RunState) -> None:
        super().__init__(f"{_run(key)} ended as {state} and cannot become {wanted}: an ended run never changes")


class WrongState(StorageError):
    """A final state given where one that is not final belongs, or the other way round."""

    def __init__(self, key: RunKey, wanted: RunState) -> None:
        way_out = "end it with its alert" if wanted.is_final else "only mark it"
        super().__init__(f"{_run(key)} cannot become {wanted} like this: {way_out}")


class NoSuchOrder(StorageError):
    """An order that is not the run's, or not as the run planned it."""

    def __init__(self, key: RunKey, client_order_id: str) -> None:
        super().__init__(f"{_run(key)} planned no such order as {client_order_id}: record only what was planned")


class OrderEnded(StorageError):
    """A change of an order that is final."""

    def __init__(self, client_order_id: str, state: OrderState, wanted: OrderState) -> None:
        super().__init__(
            f"order {client_order_id} ended as {state} and cannot become {wanted}: look at it at the broker"
        )


class NoSuchDelivery(StorageError):
    """A delivery that is not the account's, or that ended before."""

    def __init__(self, delivery: int) -> None:
        super().__init__(f"delivery {delivery} is not open: ask for what is due again")


class NoSuchConfirmation(StorageError):
    """A confirmation that nobody asked for."""

    def __init__(self, token: str) -> None:
        super().__init__(f"confirmation {token} is not in these records: ask again")


def _run(key: RunKey) -> str:
    return f"run {key.routine} {key.number} of {key.day.isoformat()}"


def _safe(account_id: str) -> str:
    return f"...{account_id[-4:]}"
