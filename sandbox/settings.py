"""The settings text that points the product at a running sandbox."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

Section = Mapping[str, object]

# The allocation of the original.
SECTORS: tuple[Section, ...] = (
    {"name": "Domestic Large Cap", "symbol": "VOO", "weight": "35%"},
    {"name": "Domestic Mid Cap", "symbol": "IJH", "weight": "5%"},
    {"name": "Domestic Small Cap", "symbol": "IJR", "weight": "2%"},
    {"name": "International", "symbol": "IXUS", "weight": "18%"},
    {"name": "Short Term Bonds", "symbol": "ISTB", "weight": "12%"},
    {"name": "Aggregate Bonds", "symbol": "AGG", "weight": "23%"},
    {"name": "Crypto", "symbol": "BTC/USD", "weight": "5%"},
)


def settings_text(
    defaults: Mapping[str, Section],
    changes: Mapping[str, Section | None],
    sectors: Sequence[Section] = SECTORS,
) -> str:
    """Write settings.toml: the default sections, with single keys or whole sections changed.

    A key or a section changed to None is left out; a key may be dotted (`minimum_order.crypto`).
    """
    lines: list[str] = []
    for name in dict.fromkeys([*defaults, *changes]):
        change = changes.get(name, {})
        if change is not None:
            lines += _section(f"[{name}]", {**defaults.get(name, {}), **change})
    for sector in sectors:
        lines += _section("[[sectors]]", sector)
    return "\n".join(lines)


def _section(header: str, keys: Section) -> list[str]:
    return [
        header,
        *(f"{key} = {_value(value)}" for key, value in keys.items() if value is not None),
        "",
    ]


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str() | Decimal():
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case list() | tuple():
            return "[" + ", ".join(_value(item) for item in value) + "]"
        case _:
            raise TypeError(f"{value!r} has no place in a settings file: use text, a number, a truth value or a list")
