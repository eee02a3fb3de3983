"""The levers of the stand-in for Alpaca: what tests, the control service and the demo make happen."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from sandbox.alpaca import report
from sandbox.alpaca.amounts import to_cents
from sandbox.alpaca.entries import Entry, EntryKind
from sandbox.alpaca.office import Office
from sandbox.alpaca.rate_limit import RateLimit
from sandbox.clock import VirtualClock
from sandbox.market import Market


class Brokerage(Office):
    """Keep one account at a simulated broker, and move it; every method is for the event loop's thread.

    cash is deposited at the start. requests_per_minute is None unless asked for, because a sandbox squeezes days
    into seconds: a product that polls five times a second makes 300 requests a minute, and Alpaca's 200 would stop
    it for no fault of its own. `limit_requests(200)` makes it as strict as Alpaca.
    """

    def __init__(
        self,
        clock: VirtualClock,
        market: Market,
        *,
        key_id: str,
        secret_key: str,
        fill_delay: timedelta = timedelta(seconds=0.3),
        cash: Decimal = Decimal(0),
        minimum_crypto_order: Decimal = Decimal(10),
        requests_per_minute: int | None = None,
    ) -> None:
        super().__init__(
            clock,
            market,
            key_id=key_id,
            secret_key=secret_key,
            fill_delay=fill_delay,
            minimum_crypto_order=minimum_crypto_order,
            rate_limit=RateLimit(requests_per_minute),
        )
        self._first_cash = cash
        if cash:
            self.deposit(cash)

    # Money.

    def deposit(self, amount: Decimal, *, clears_in: timedelta = timedelta(0)) -> None:
        """Put dollars into the account, at once or after virtual time; raise ValueError unless positive.

        Until it clears a deposit is told as pending_transfer_in, and is neither cash nor an activity.
        """
        if clears_in < timedelta(0):
            raise ValueError(f"clears_in is {clears_in}, must not be negative")
        now = self.settle()
        self._record(Entry(self._entry_id(), EntryKind.DEPOSIT, _positive(amount), now, now + clears_in))

    def withdraw(self, amount: Decimal) -> None:
        """Take dollars out of the account at once; raise ValueError unless positive and free of orders and debts."""
        now = self.settle()
        free = self._means(now).settled
        if _positive(amount) > free:
            raise ValueError(f"cannot withdraw ${amount}: only ${free} is free")
        self._record(Entry(self._entry_id(), EntryKind.WITHDRAWAL, -amount, now, now))

    def enter(self, kind: EntryKind, amount: Decimal, description: str = "") -> None:
        """Book interest, a fee, a journal or any other entry at once; negative dollars leave, whatever is there.

        So a fee can leave cash negative. Raise ValueError for an amount that the kind cannot have.
        """
        now = self.settle()
        self._record(Entry(self._entry_id(), kind, amount, now, now, description))

    def pay_dividend(self, symbol: str, per_share: Decimal) -> Decimal:
        """Pay dollars a share on what is held now, and return the dollars paid.

        Raise LookupError for no asset, ValueError when nothing is held or it comes to less than a cent.
        """
        now = self.settle()
        asset = self.catalogue.find(symbol)
        if asset is None:
            raise LookupError(f"the sandbox has no asset {symbol!r}")
        holding = self.book.holdings(now).get(asset.symbol)
        if holding is None:
            raise ValueError(f"no dividend can be paid: the account holds no {asset.symbol}")
        paid = to_cents(holding.qty * _positive(per_share))
        entry = Entry(
            self._entry_id(),
            EntryKind.DIVIDEND,
            paid,
            now,
            now,
            f"Cash DIV @ {per_share}",
            asset=asset,
            qty=holding.qty,
            per_share=per_share,
        )
        self._record(entry)
        return paid

    # Assets.

    def halt(self, symbol: str, *, shown: bool = False) -> None:
        """Halt an asset: its new orders are refused, its open ones wait; raise LookupError for no asset.

        `shown` lists it as not tradable too; otherwise only an order finds out.
        """
        self.settle()
        self.catalogue.halt(symbol, shown=shown)

    def resume(self, symbol: str) -> None:
        """End a halt: what waited through it fills now; raise LookupError for no asset."""
        now = self.settle()
        self._desk.postpone(self.catalogue.resume(symbol), now)

    def alter_asset(
        self,
        symbol: str,
        *,
        tradable: bool | None = None,
        fractionable: bool | None = None,
        min_order_size: Decimal | None = None,
    ) -> None:
        """Change what is listed of an asset, None leaving as is; raise LookupError for no asset.

        min_order_size is in shares or coins, and raises the least that an order may cost.
        """
        self.settle()
        self.catalogue.alter(symbol, tradable=tradable, fractionable=fractionable, min_order_size=min_order_size)

    def vanish(self, symbol: str) -> None:
        """Delist an asset, which cancels its open orders; raise LookupError for no asset."""
        now = self.settle()
        asset = self.catalogue.vanish(symbol)
        for order in self._desk.open_orders():
            if order.asset.symbol == asset.symbol:
                self._desk.cancel(order, now)

    # The account.

    def block(self, *, trading: bool = False, account: bool = False) -> None:
        """Set both of the broker's blocks on new orders; `block()` lifts them."""
        self.restrictions = replace(self.restrictions, trading_blocked=trading, account_blocked=account)

    def reset(self, cash: Decimal | None = None) -> None:
        """Close the account and open another: a new id, no orders, no positions, no activities, its first cash.

        Alpaca's paper accounts do this from their website, with new keys; here the keys stay, so that who holds them
        meets the other account.
        """
        self._open_account()
        fresh = self._first_cash if cash is None else cash
        if fresh:
            self.deposit(fresh)

    def limit_requests(self, per_minute: int | None) -> None:
        """Allow so many requests a minute of real time from now on, or any number (None)."""
        self.rate_limit = RateLimit(per_minute)

    # What was seen.

    def transcript_orders(self) -> list[dict[str, str | None]]:
        """Return every order as the demo's report wants it, oldest first; numbers are strings."""
        now = self.settle()
        return [report.transcript(order, now) for order in self._desk.orders()]

    def account_summary(self) -> dict[str, object]:
        """Return identity, balances and positions for people to read; dollars as strings."""
        account = self.account()
        now = self.settle()
        holdings = self.book.holdings(now).values()
        return report.summary(account, [(held, self.market.price(held.asset.symbol, now)) for held in holdings])

    def _record(self, entry: Entry) -> None:
        self.book.entries.append(entry)

    def _entry_id(self) -> UUID:
        return uuid5(self.account_id, f"entry {len(self.book.entries)}")


def _positive(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise ValueError(f"the amount is ${amount}, must be more than $0")
    return amount
