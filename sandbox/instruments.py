"""What the simulated market trades: one table of well-known funds, coins and two awkward assets.

Prices are plausible levels for November 2026, from which the market walks forwards and backwards.
"""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from enum import Enum
from types import MappingProxyType


class Kind(Enum):
    """Name an asset class, in Alpaca's words."""

    EQUITY = "us_equity"
    CRYPTO = "crypto"


@dataclass(frozen=True, slots=True)
class Instrument:
    """Describe one asset: level in dollars, volatility and drift as fractions a year.

    tick is the smallest price step in dollars, volume the usual number of shares or coins traded in a day,
    min_order_size the fewest coins of an order; equities have none.
    """

    symbol: str
    name: str
    kind: Kind
    exchange: str
    level: Decimal
    volatility: float
    drift: float
    tick: Decimal
    volume: int
    min_order_size: Decimal | None = None
    fractionable: bool = True
    tradable: bool = True
    active: bool = True


def _fund(symbol: str, name: str, level: str, volatility: float, drift: float = 0.07) -> Instrument:
    return Instrument(
        symbol=symbol,
        name=name,
        kind=Kind.EQUITY,
        exchange="ARCA",
        level=Decimal(level),
        volatility=volatility,
        drift=drift,
        tick=Decimal("0.01"),
        volume=2_000_000,
    )


def _bond(symbol: str, name: str, level: str, volatility: float) -> Instrument:
    return _fund(symbol, name, level, volatility, drift=0.02)


def _coin(symbol: str, name: str, level: str, tick: str, volatility: float) -> Instrument:
    # Alpaca lists about a dollar's worth of each coin; what orders need in dollars is another rule, and higher.
    smallest = (1 / Decimal(level)).quantize(Decimal("1E-9"), ROUND_UP)
    return Instrument(
        symbol=symbol,
        name=name,
        kind=Kind.CRYPTO,
        exchange="CRYPTO",
        level=Decimal(level),
        volatility=volatility,
        drift=0.10,
        tick=Decimal(tick),
        volume=5_000,
        min_order_size=smallest,
    )


_TABLE = (
    # The seven sectors of settings.example.toml.
    _fund("VOO", "Vanguard S&P 500 ETF", "628.30", 0.16),
    _fund("IJH", "iShares Core S&P Mid-Cap ETF", "66.40", 0.19),
    _fund("IJR", "iShares Core S&P Small-Cap ETF", "121.50", 0.21),
    _fund("IXUS", "iShares Core MSCI Total International Stock ETF", "85.20", 0.16),
    _bond("ISTB", "iShares Core 1-5 Year USD Bond ETF", "48.85", 0.02),
    _bond("AGG", "iShares Core U.S. Aggregate Bond ETF", "100.10", 0.055),
    _coin("BTC/USD", "Bitcoin / US Dollar", "88500.00", "0.01", 0.50),
    # Other broad funds an owner may prefer.
    _fund("VTI", "Vanguard Total Stock Market ETF", "335.60", 0.165),
    _fund("SPY", "SPDR S&P 500 ETF Trust", "683.20", 0.16),
    _fund("IVV", "iShares Core S&P 500 ETF", "686.10", 0.16),
    _fund("QQQ", "Invesco QQQ Trust", "614.30", 0.21),
    _fund("SCHD", "Schwab U.S. Dividend Equity ETF", "27.60", 0.14),
    _fund("VUG", "Vanguard Growth ETF", "487.20", 0.20),
    _fund("VTV", "Vanguard Value ETF", "191.40", 0.14),
    _fund("VO", "Vanguard Mid-Cap ETF", "290.70", 0.17),
    _fund("VB", "Vanguard Small-Cap ETF", "258.90", 0.20),
    _fund("IWM", "iShares Russell 2000 ETF", "246.10", 0.22),
    _fund("VXUS", "Vanguard Total International Stock ETF", "75.80", 0.15),
    _fund("VEA", "Vanguard FTSE Developed Markets ETF", "62.70", 0.16),
    _fund("VWO", "Vanguard FTSE Emerging Markets ETF", "54.30", 0.18),
    _fund("IEFA", "iShares Core MSCI EAFE ETF", "90.10", 0.16),
    _fund("IEMG", "iShares Core MSCI Emerging Markets ETF", "67.80", 0.18),
    _fund("VT", "Vanguard Total World Stock ETF", "141.20", 0.15),
    _fund("VNQ", "Vanguard Real Estate ETF", "88.60", 0.18, drift=0.04),
    _fund("GLD", "SPDR Gold Shares", "398.50", 0.17, drift=0.04),
    _fund("IAU", "iShares Gold Trust", "81.50", 0.17, drift=0.04),
    _fund("SLV", "iShares Silver Trust", "65.80", 0.32, drift=0.04),
    _bond("BND", "Vanguard Total Bond Market ETF", "74.10", 0.055),
    _bond("BNDX", "Vanguard Total International Bond ETF", "48.60", 0.045),
    _bond("BSV", "Vanguard Short-Term Bond ETF", "78.90", 0.022),
    _bond("VCIT", "Vanguard Intermediate-Term Corporate Bond ETF", "83.90", 0.06),
    _bond("LQD", "iShares iBoxx Investment Grade Corporate Bond ETF", "110.40", 0.08),
    _bond("TLT", "iShares 20+ Year Treasury Bond ETF", "87.30", 0.14),
    _bond("IEF", "iShares 7-10 Year Treasury Bond ETF", "96.20", 0.065),
    _bond("SHY", "iShares 1-3 Year Treasury Bond ETF", "82.80", 0.016),
    _bond("TIP", "iShares TIPS Bond ETF", "109.90", 0.05),
    _bond("BIL", "SPDR Bloomberg 1-3 Month T-Bill ETF", "91.50", 0.003),
    _bond("ICSH", "iShares Ultra Short Duration Bond Active ETF", "50.70", 0.004),
    _bond("SHV", "iShares 0-1 Year Treasury Bond ETF", "110.30", 0.003),
    _bond("SGOV", "iShares 0-3 Month Treasury Bond ETF", "100.40", 0.003),
    _coin("ETH/USD", "Ethereum / US Dollar", "3010.00", "0.01", 0.65),
    _coin("SOL/USD", "Solana / US Dollar", "126.50", "0.01", 0.80),
    _coin("LTC/USD", "Litecoin / US Dollar", "78.20", "0.001", 0.70),
    _coin("BCH/USD", "Bitcoin Cash / US Dollar", "598.00", "0.01", 0.70),
    _coin("LINK/USD", "Chainlink / US Dollar", "12.40", "0.001", 0.75),
    _coin("DOGE/USD", "Dogecoin / US Dollar", "0.12310", "0.00001", 0.85),
    # Two that an allocation must refuse: whole shares only, and no longer traded.
    Instrument(
        symbol="BRK.A",
        name="Berkshire Hathaway Inc. Class A",
        kind=Kind.EQUITY,
        exchange="NYSE",
        level=Decimal("752000.00"),
        volatility=0.16,
        drift=0.07,
        tick=Decimal("0.01"),
        volume=1_000,
        fractionable=False,
    ),
    Instrument(
        symbol="RSX",
        name="VanEck Russia ETF",
        kind=Kind.EQUITY,
        exchange="BATS",
        level=Decimal("5.65"),
        volatility=0.0,
        drift=0.0,
        tick=Decimal("0.01"),
        volume=0,
        fractionable=False,
        tradable=False,
        active=False,
    ),
)

INSTRUMENTS = MappingProxyType({instrument.symbol: instrument for instrument in _TABLE})
