"""The shell's reports: what the chat shows, as tables in a terminal or as data in a file."""

import csv
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table as RichTable

from bot import app
from bot.exits import FAILED, OK
from bot.routines.reports import Reports
from bot.settings.model import Settings
from bot.shell import commands as shell
from core.alerts import Alert, Table
from core.messages import report_messages
from core.reporting.measures import Measure, NotMeasurable
from core.reporting.performance import Stretch, flows
from core.reporting.snapshots import Snapshot
from core.reporting.standing import Line, Standing
from core.reporting.variance import Variance

PLAIN_WIDTH = 100
"""Characters of a line where the output is a file or a pipe."""


STANDARD_OUTPUT = Path("-")
"""The name of a file that stands for standard output."""


def report(settings_file: Path | None, *, day: date | None, as_json: bool = False) -> int:
    """Print a day's close report, or how things are now."""

    def work(reports: Reports) -> None:
        if as_json:
            _print_data(_as_data(reports.standing(day), None))
        else:
            _print(reports.day(day))

    return _look(settings_file, work)


def variance(settings_file: Path | None, *, as_json: bool = False) -> int:
    """Print how far the account is from its target."""

    def work(reports: Reports) -> None:
        if as_json:
            _print_data(_variance_as_data(reports.measured()))
        else:
            _print(reports.variance())

    return _look(settings_file, work)


def performance(
    settings_file: Path | None, *, since: date | None, csv_file: Path | None, json_file: Path | None
) -> int:
    """Print how the account has done, and write its history to files."""

    def work(reports: Reports) -> None:
        stands, history = reports.history()
        if since is not None and since > stands.day:
            raise ValueError(f"{since.isoformat()} is still to come: give a day up to {stands.day.isoformat()}")
        stretch = reports.since(since, stands, history) if since is not None else None
        days = [one for one in (*history, stands.snapshot) if since is None or one.day >= since]
        if csv_file is not None:
            _write_csv(csv_file, days, reports)
        if json_file == STANDARD_OUTPUT:
            # Alone: whoever reads it expects nothing else.
            _print_data(_as_data(stands, stretch))
            return
        if json_file is not None:
            with _private(json_file) as opened:
                opened.write(json.dumps(_as_data(stands, stretch), indent=2) + "\n")
        _print(report_messages.performance(stands))
        if stretch is not None and since is not None:
            sys.stdout.write(f"Since {since.isoformat()}: {report_messages.in_words(stretch)}\n")

    return _look(settings_file, work)


def _look(settings_file: Path | None, work: Callable[[Reports], None]) -> int:
    def looking(settings: Settings) -> int:
        with shell.readable(settings) as books, app.core_over(settings, books, looking=True) as core:
            try:
                work(core.reports())
            except (ValueError, LookupError) as error:
                shell.complain(str(error))
                return FAILED
        return OK

    return shell.with_settings(settings_file, looking)


def _print(alert: Alert) -> None:
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    console.print(alert.title, style="bold", markup=False)
    for table in (*([alert.table] if alert.table else []), *alert.tables):
        console.print(_laid_out(table))
    for line in alert.notes or (alert.text,):
        console.print(line, markup=False)


def _laid_out(table: Table) -> RichTable:
    shown = RichTable(box=None, pad_edge=False)
    for place, column in enumerate(table.columns):
        shown.add_column(column, justify="right" if place else "left", no_wrap=bool(place))
    for row in (*table.rows, *table.totals):
        shown.add_row(*row)
    return shown


def _write_csv(file: Path, days: list[Snapshot], reports: Reports) -> None:
    moved = dict(flows(reports.activities()))
    with _private(file) as opened:
        writer = csv.writer(opened)
        writer.writerow(["day", "value", "cash", "deposits_less_withdrawals", "reconstructed"])
        for one in days:
            value = "" if one.equity is None else one.equity
            writer.writerow([one.day.isoformat(), value, one.cash, moved.get(one.day, Decimal(0)), one.reconstructed])


@contextmanager
def _private(file: Path) -> Iterator[TextIO]:
    """Open a file that its owner alone may read, and say that it is written. Raises ValueError where it cannot be."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as to:
            yield to
    except OSError as error:
        raise ValueError(f"{file} cannot be written ({error.strerror}): name another one") from error
    shell.complain(f"{file} is written.")


def _as_data(stands: Standing, since: Stretch | None) -> dict[str, Any]:
    measured = stands.performance
    data = {
        "day": stands.day.isoformat(),
        "value": _number(measured.value),
        "cash": str(stands.snapshot.cash),
        "periods": {period.value: _stretch(stretch) for period, stretch in measured.periods.items()},
        "money_weighted_return": _measure(measured.money_weighted),
        "money_weighted_return_is_annual": measured.over_a_year,
        "time_weighted_return_a_year": _measure(measured.annualised),
        "sectors": [_line(line) for line in stands.sectors],
        "untracked": [_line(line) for line in stands.untracked],
        "notes": [*stands.notes, *stands.unknown],
    }
    return data if since is None else {**data, "since": _stretch(since)}


def _variance_as_data(measured: Variance | NotMeasurable) -> dict[str, Any]:
    if isinstance(measured, NotMeasurable):
        return {"sectors": None, "reason": measured.reason}
    sectors = [
        {
            "name": one.sector.name,
            "symbol": one.sector.symbol,
            "target_percent": str(one.target),
            "actual_percent": _number(one.actual),
            "variance_percentage_points": _number(one.variance),
            "value": _number(one.value),
            "target_value": _number(one.target_value),
            "over_or_under": _number(one.dollars),
        }
        for one in measured.sectors
    ]
    return {
        "value": str(measured.value),
        "drift_percentage_points": str(measured.drift),
        "sectors": sectors,
        "unknown": list(measured.unknown),
        "reason": None,
    }


def _print_data(told: dict[str, Any]) -> None:
    shell.say(json.dumps(told, indent=2))


def _line(line: Line) -> dict[str, Any]:
    position = line.position
    return {
        "name": line.name,
        "symbol": position.symbol,
        "quantity": str(position.quantity),
        "value": _number(position.market_value),
        "cost_basis": _number(position.cost_basis),
        "today": _number(position.change_today),
        "price_return": _measure(line.life.price),
        "total_return": _measure(line.life.total),
        "gain": _measure(line.life.gain),
        "doubt": line.life.doubt,
    }


def _stretch(stretch: Stretch) -> dict[str, Any]:
    return {
        "base": stretch.base.isoformat() if stretch.base else None,
        "gain": _measure(stretch.gain),
        "time_weighted_return": _measure(stretch.time_weighted),
    }


def _measure(measure: Measure) -> dict[str, str | None]:
    if isinstance(measure, NotMeasurable):
        return {"value": None, "reason": measure.reason}
    return {"value": str(measure), "reason": None}


def _number(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
