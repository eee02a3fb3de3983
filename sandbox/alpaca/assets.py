"""Which assets the brokerage knows, by symbol or id, and which of them it has halted or lost."""

from collections.abc import Iterator
from dataclasses import dataclass
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
    """List the assets, and remember which are halted and which have vanished."""

    def __init__(self) -> None:
        self._assets = tuple(Asset(instrument) for instrument in INSTRUMENTS.values())
        self._by_name = {name: asset for asset in self._assets for name in asset.names}
        self._halted: set[str] = set()
        self._vanished: set[str] = set()

    def __iter__(self) -> Iterator[Asset]:
        """Yield every asset that has not vanished."""
        return (asset for asset in self._assets if asset.symbol not in self._vanished)

    def find(self, name: str) -> Asset | None:
        """Return the asset of a symbol or id, None when there is none or it has vanished."""
        asset = self._by_name.get(name)
        return asset if asset and asset.symbol not in self._vanished else None

    def is_halted(self, asset: Asset) -> bool:
        """Tell whether trading in this asset is halted."""
        return asset.symbol in self._halted

    def halt(self, symbol: str) -> None:
        """Stop trading in one asset; raise LookupError when there is none."""
        self._halted.add(self._known(symbol).symbol)

    def resume(self, symbol: str) -> Asset:
        """Let a halted asset trade again, and return it; raise LookupError when there is none."""
        asset = self._known(symbol)
        self._halted.discard(asset.symbol)
        return asset

    def vanish(self, symbol: str) -> Asset:
        """Forget an asset, as if it were delisted, and return it; raise LookupError when there is none."""
        asset = self._known(symbol)
        self._vanished.add(asset.symbol)
        return asset

    def _known(self, symbol: str) -> Asset:
        asset = self.find(symbol)
        if asset is None:
            raise LookupError(f"the sandbox has no asset {symbol!r}")
        return asset
