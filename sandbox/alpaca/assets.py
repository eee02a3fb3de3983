"""Which assets the brokerage knows, by symbol or id, and which of them it has halted or lost."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID, uuid5

from sandbox.instruments import INSTRUMENTS, Instrument, Kind

# Any fixed id makes the others stable: they are all derived from it and from a name.
NAMESPACE = UUID("6d1f3f0e-9c5b-4b57-8d0e-3f4f7a6f2c11")


@dataclass(frozen=True, slots=True)
class Asset:
    """Name one asset in Alpaca's two ways: `BTC/USD` to trade it, `BTCUSD` (and another id) to hold it."""

    instrument: Instrument

    @property
    def symbol(self) -> str:
        """Return the symbol of orders, assets and market data."""
        return self.instrument.symbol

    @property
    def position_symbol(self) -> str:
        """Return the symbol of positions and activities."""
        return self.symbol.replace("/", "")

    @property
    def id(self) -> UUID:
        """Return the asset id of orders and assets."""
        return uuid5(NAMESPACE, f"asset {self.symbol}")

    @property
    def position_id(self) -> UUID:
        """Return the asset id of positions, which differs from `id` for crypto."""
        return uuid5(NAMESPACE, f"asset {self.position_symbol}")

    @property
    def is_crypto(self) -> bool:
        """Tell crypto, which trades around the clock, from equities."""
        return self.instrument.kind is Kind.CRYPTO

    @property
    def names(self) -> frozenset[str]:
        """Return every name by which a request may mean this asset: symbols and ids."""
        return frozenset({self.symbol, self.position_symbol, str(self.id), str(self.position_id)})


class Catalogue:
    """List the assets, and remember which are halted, which have changed and which have vanished."""

    def __init__(self) -> None:
        self._assets = {symbol: Asset(instrument) for symbol, instrument in INSTRUMENTS.items()}
        self._symbols = {name: asset.symbol for asset in self._assets.values() for name in asset.names}
        self._halted: set[str] = set()

    def __iter__(self) -> Iterator[Asset]:
        """Yield every asset that has not vanished."""
        return iter(self._assets.values())

    def find(self, name: str) -> Asset | None:
        """Return the asset of a symbol or id, None when there is none or it has vanished."""
        return self._assets.get(self._symbols.get(name, ""))

    def is_halted(self, asset: Asset) -> bool:
        """Tell whether trading in this asset is halted."""
        return asset.symbol in self._halted

    def halt(self, symbol: str, *, shown: bool) -> None:
        """Stop trading in one asset, which the list of assets shows or not; raise LookupError when there is none."""
        asset = self._known(symbol)
        self._halted.add(asset.symbol)
        self.alter(symbol, tradable=not shown and asset.instrument.tradable)

    def resume(self, symbol: str) -> Asset:
        """Let a halted asset trade again, and return it; raise LookupError when there is none."""
        asset = self._known(symbol)
        self._halted.discard(asset.symbol)
        return self.alter(symbol, tradable=INSTRUMENTS[asset.symbol].tradable)

    def alter(
        self,
        symbol: str,
        *,
        tradable: bool | None = None,
        fractionable: bool | None = None,
        min_order_size: Decimal | None = None,
    ) -> Asset:
        """Change what is listed of an asset, None leaving as is, and return it; raise LookupError for no asset."""
        asset = self._known(symbol)
        known = asset.instrument
        changed = Asset(
            replace(
                known,
                tradable=known.tradable if tradable is None else tradable,
                fractionable=known.fractionable if fractionable is None else fractionable,
                min_order_size=known.min_order_size if min_order_size is None else min_order_size,
            )
        )
        self._assets[asset.symbol] = changed
        return changed

    def vanish(self, symbol: str) -> Asset:
        """Forget an asset, as if it were delisted, and return it; raise LookupError when there is none."""
        return self._assets.pop(self._known(symbol).symbol)

    def _known(self, symbol: str) -> Asset:
        asset = self.find(symbol)
        if asset is None:
            raise LookupError(f"the sandbox has no asset {symbol!r}")
        return asset
