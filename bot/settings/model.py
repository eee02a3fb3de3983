"""What the owner configures: one frozen object, checked as a whole before anything else happens."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.settings.values import Dollars, Host, Origin, Phone, Secret, Sender, listed
from core import investing, money
from core.account import Minimums
from core.allocation import Allocation, AllocationError, BasisPoints, Sector, parse_weight
from core.money import Cents
from core.routines.reports import Pictures
from core.symbols import normalise

LIVE_HOST = "api.alpaca.markets"
PREFIX = "ALLOCATOR_"


class Part(BaseModel):
    """What all sections share: unknown keys are refused, and nothing changes once read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AlpacaSettings(Part):
    """The brokerage account."""

    key_id: Secret
    secret_key: Secret
    trading_url: Origin = "https://paper-api.alpaca.markets"
    data_url: Origin = "https://data.alpaca.markets"
    live: Annotated[bool, Field(validate_default=True)] = False

    @field_validator("live")
    @classmethod
    def _live_is_meant(cls, live: bool, others: ValidationInfo) -> bool:
        address = others.data.get("trading_url")
        if address is None:
            return live  # What is wrong with the address is said already.
        is_live = urlsplit(address).hostname == LIVE_HOST
        if is_live and not live:
            raise ValueError(
                f"trading_url {address} moves real money: set live = true if you mean it, "
                "or use https://paper-api.alpaca.markets"
            )
        if live and not is_live:
            raise ValueError(f"trading_url {address} is not the live one: use https://{LIVE_HOST}, or set live = false")
        return live


class TelegramSettings(Part):
    """The chat: the bot's token, and who alone may use it."""

    token: Secret
    owner_ids: Annotated[tuple[Annotated[int, Field(gt=0)], ...], BeforeValidator(listed)]
    api_url: Origin = "https://api.telegram.org"

    @field_validator("token")
    @classmethod
    def _looks_like_a_token(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", token.get_secret_value()):
            raise ValueError("is not a bot token: copy the whole line that @BotFather gave you")
        return token

    @field_validator("owner_ids")
    @classmethod
    def _somebody(cls, owners: tuple[int, ...]) -> tuple[int, ...]:
        if not owners:
            raise ValueError("is empty, and nobody could use the bot: list your Telegram user id, a number")
        return tuple(dict.fromkeys(owners))


class VonageSettings(Part):
    """SMS. Without this section alerts go to Telegram alone."""

    api_key: Secret
    api_secret: Secret
    sender: Sender
    recipient: Phone
    rest_host: Host = "rest.nexmo.com"


class StorageSettings(Part):
    """Where everything is kept."""

    url: str = "sqlite:///allocator.db"
    backups: Path = Path("backups")
    keep: Annotated[int, Field(ge=0, le=3650)] = 7

    @field_validator("url")
    @classmethod
    def _is_a_file(cls, url: str) -> str:
        if not re.fullmatch(r"sqlite:///.+", url) or ":memory:" in url:
            raise ValueError("must be an SQLite file, such as sqlite:////var/lib/allocator/allocator.db")
        return url


class MinimumOrderSettings(Part):
    """The smallest orders, in dollars."""

    us_equity: Dollars = 100
    # Alpaca documents $1; users report that it refuses crypto below $10.
    crypto: Dollars = 1000

    @field_validator("us_equity", "crypto")
    @classmethod
    def _something(cls, cents: Cents) -> Cents:
        if cents < 1:
            raise ValueError('must be at least "0.01"')
        return cents


class InvestingSettings(Part):
    """How much is invested, in dollars."""

    reserve: Dollars = 0
    minimum_order: MinimumOrderSettings = MinimumOrderSettings()
    max_per_day: Dollars | None = None
    max_per_order: Dollars | None = None
    ask_twice_above: Dollars | None = None

    @property
    def minimums(self) -> Minimums:
        """The smallest orders as core wants them."""
        return Minimums(self.minimum_order.us_equity, self.minimum_order.crypto)


class ExecutionSettings(Part):
    """How orders are sent and how often the clock is asked."""

    max_workers: Annotated[int, Field(ge=1, le=32)] = 8
    timeout_seconds: Annotated[int, Field(ge=1, le=60)] = 8
    tick_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 15


class ReportsSettings(Part):
    """What comes with the reports."""

    pictures: Pictures = Pictures.WEEKLY


class LogsSettings(Part):
    """Where the log goes besides standard error."""

    file: Path | None = None


class SectorSettings(Part):
    """One sector of the starting allocation."""

    name: str
    symbol: Annotated[str, AfterValidator(normalise)]
    weight: Annotated[BasisPoints, BeforeValidator(lambda text: parse_weight(str(text)))]


class Settings(BaseSettings):
    """Everything that is configured."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
    )

    alpaca: AlpacaSettings
    telegram: TelegramSettings
    vonage: VonageSettings | None = None
    storage: StorageSettings = StorageSettings()
    investing: InvestingSettings = InvestingSettings()
    reports: ReportsSettings = ReportsSettings()
    execution: ExecutionSettings = ExecutionSettings()
    logs: LogsSettings = LogsSettings()
    sectors: tuple[SectorSettings, ...]

    @field_validator("sectors")
    @classmethod
    def _make_an_allocation(
        cls, sectors: tuple[SectorSettings, ...], others: ValidationInfo
    ) -> tuple[SectorSettings, ...]:
        allocation = _allocation(sectors)
        if isinstance(rules := others.data.get("investing"), InvestingSettings):
            _check_limit(allocation, rules)
        return sectors

    @property
    def allocation(self) -> Allocation:
        """The starting allocation."""
        return _allocation(self.sectors)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: credential files over environment variables over the settings file."""
        credentials = NestedSecretsSettingsSource(
            file_secret_settings, secrets_prefix=PREFIX, secrets_nested_delimiter="__", secrets_dir_missing="ok"
        )
        return credentials, env_settings, init_settings


def _allocation(sectors: tuple[SectorSettings, ...]) -> Allocation:
    try:
        return Allocation(tuple(Sector(one.name, one.symbol, one.weight) for one in sectors))
    except AllocationError as error:
        raise ValueError(str(error)) from error


def _check_limit(allocation: Allocation, rules: InvestingSettings) -> None:
    needed = investing.need(allocation, rules.minimums, {})
    if rules.max_per_day is not None and rules.max_per_day < needed.cash:
        raise ValueError(
            f"investing.max_per_day {money.as_text(rules.max_per_day)} is too low: {needed.sector.name} gets its "
            f"minimum of {money.as_text(needed.minimum)} only from {money.as_text(needed.cash)} a day on; "
            "raise it, or leave it out for no limit"
        )
