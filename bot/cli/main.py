"""The command line. Worker processes import this module again, so what it imports at its top stays light."""

import argparse
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path

from bot.cli import allocation as cli_allocation
from bot.cli import examples as cli_examples
from bot.cli import handing_over, values
from bot.cli import init as cli_init
from bot.cli import operations as cli_operations
from bot.cli import service as cli_service
from bot.cli.usage import Parser
from bot.exits import FAILED, OK
from bot.operations.ending import Ending

LEFT_OUT = (
    "cryptography",  # python-telegram-bot's for Telegram Passport, Vonage's for keys that SMS do not use
    "httpx._main",  # its own command line, with rich, click and pygments
)
"""What the service never uses of what its libraries import."""

EPILOG = """\
examples: allocator demo | allocator init | sudo allocator service install | allocator report
`allocator COMMAND --help` explains a command, with examples

settings are read from --settings, else $ALLOCATOR_SETTINGS, else $CREDENTIALS_DIRECTORY/settings.toml, else those of
the installed service (as root), else ./settings.toml, else the user's config folder

exit codes: 0 done; 1 it could not be done (the reason is printed); 2 it was called wrongly, or the settings, the
database or the account are not usable as they are (the way out is printed)"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(words)
    try:
        if "settings" in options and handing_over.is_wanted(options.settings, os.environ):
            return handing_over.hand_over(words, getattr(options, "file", None), is_root=os.geteuid() == 0)
        code = int(options.run(options))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        # Whoever read it has seen enough. Python would write the rest at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole: argparse.ArgumentParser = Parser(
        prog="allocator",
        description="Keeps a brokerage account at the allocation you chose.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="run the service: the chat, the daily investing, the alerts",
        description="Run the service in this terminal until Ctrl-C or SIGTERM: the chat, the daily investing, the "
        "alerts. `allocator service install` has systemd run it.",
    )
    run.set_defaults(run=_run)
    _settings_option(run)

    invest = commands.add_parser(
        "invest",
        help="invest the free cash once, now",
        description="Invest the free cash once, now. "
        "On a terminal it shows the plan and asks; elsewhere it does it. The service must not be running.",
    )
    invest.set_defaults(run=_invest)
    _settings_option(invest)
    invest.add_argument("--dry-run", action="store_true", help="show the plan, send nothing; works beside the service")
    invest.add_argument("--yes", action="store_true", help="do not ask")
    invest.add_argument("--json", action="store_true", help="print the plan or the outcome as JSON")

    _report_commands(commands)
    cli_operations.register(commands)
    cli_init.register(commands)
    cli_service.register(commands)
    cli_allocation.register(commands)

    demo = commands.add_parser(
        "demo",
        help="watch an investing morning against stand-ins, without any account or key",
        description="Run the whole product against stand-ins for Alpaca, Telegram and Vonage on this machine, and talk "
        "to it here and on a page. It needs no account and no key, and keeps nothing.",
    )
    demo.set_defaults(run=_demo)
    demo.add_argument("--days", type=values.positive, help="run this many trading days unattended, then end")
    demo.add_argument("--deposit", type=values.dollars, default=Decimal(250), help="dollars that arrive each day (250)")
    demo.add_argument("--seed", type=int, default=1, help="which simulated market (1)")
    demo.add_argument("--json", type=Path, metavar="FILE", help="write what the stand-ins saw to FILE")
    page = demo.add_mutually_exclusive_group()
    page.add_argument(
        "--port", type=values.port, metavar="N", help="where the page is on this machine (8775, or a free one)"
    )
    page.add_argument("--no-page", action="store_true", help="serve no page; with --days there is none")

    sandbox = commands.add_parser(
        "sandbox",
        help="run the stand-ins alone and print the settings to use with them",
        description="Run the stand-ins for Alpaca, Telegram and Vonage alone, until Ctrl-C or SIGTERM, and print a "
        "whole settings file for them; its comments say how to move their clock and their money.",
    )
    sandbox.set_defaults(run=_sandbox)
    sandbox.add_argument("--seed", type=int, default=1, help="which simulated market (1)")
    cli_examples.add(commands.choices)
    return whole


def _report_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    report = commands.add_parser(
        "report",
        help="how each sector did on a day; works beside the service",
        description="Print how each sector did on a trading day: the last one that has ended, unless --day names one.",
    )
    report.set_defaults(run=_report)
    _settings_option(report)
    report.add_argument(
        "--day", type=values.day, metavar="DATE", help="a trading day that has ended, such as 2026-11-27"
    )
    report.add_argument("--json", action="store_true", help="print every figure as JSON")

    variance = commands.add_parser(
        "variance",
        help="how far each sector is from its target; works beside the service",
        description="Print how far each sector is from its target now, in percentage points and in dollars.",
    )
    variance.set_defaults(run=_variance)
    _settings_option(variance)
    variance.add_argument("--json", action="store_true", help="print every figure as JSON")

    performance = commands.add_parser(
        "performance",
        help="what the account and its holdings have brought; works beside the service",
        description="Print what the account has brought (gain, time-weighted and money-weighted return) and each "
        "holding since it was bought.",
    )
    performance.set_defaults(run=_performance)
    _settings_option(performance)
    performance.add_argument("--since", type=values.day, metavar="DATE", help="add the return since the start of a day")
    data = performance.add_mutually_exclusive_group()
    data.add_argument("--csv", type=Path, metavar="FILE", help="write the account's value day by day to FILE")
    data.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        nargs="?",
        const=Path("-"),
        help="print every figure as JSON, or write it to FILE",
    )


def _settings_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", type=Path, metavar="FILE", help="the settings file")


def _run(options: argparse.Namespace) -> int:
    ending = Ending()
    # Until the service is so far that it ends by itself in good order, there is nothing to put in order.
    signal.signal(signal.SIGTERM, _end)
    ending.listen({signal.SIGTERM, signal.SIGINT}, OK)
    _preload()
    _leave_out()
    from bot.shell import commands as shell  # noqa: PLC0415  heavy: workers import this module too

    return shell.run(options.settings, ending)


def _leave_out() -> None:
    """Let the libraries that use these if they can do without: 13 MB, for as long as the service runs."""
    for name in LEFT_OUT:
        # Python's own way to say so: importing it raises ModuleNotFoundError.
        sys.modules[name] = None  # type: ignore[assignment]


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(OK)


def _invest(options: argparse.Namespace) -> int:
    _preload()
    from bot.shell import commands as shell  # noqa: PLC0415  as above

    asks = sys.stdin.isatty() and not options.yes
    return shell.invest(
        options.settings, dry_run=options.dry_run, asks=asks, confirmed=options.yes, as_json=options.json
    )


def _report(options: argparse.Namespace) -> int:
    _preload()
    from bot.shell import reports as shell_reports  # noqa: PLC0415  as above

    return shell_reports.report(options.settings, day=options.day, as_json=options.json)


def _variance(options: argparse.Namespace) -> int:
    _preload()
    from bot.shell import reports as shell_reports  # noqa: PLC0415  as above

    return shell_reports.variance(options.settings, as_json=options.json)


def _performance(options: argparse.Namespace) -> int:
    _preload()
    from bot.shell import reports as shell_reports  # noqa: PLC0415  as above

    return shell_reports.performance(
        options.settings, since=options.since, csv_file=options.csv, json_file=options.json
    )


def _preload() -> None:
    # The broker's SDK takes most of a second to load: its process begins now, beside this one's own imports.
    from broker import pool  # noqa: PLC0415  as above

    pool.preload()


def _demo(options: argparse.Namespace) -> int:
    from sandbox.demo import running as demo  # noqa: PLC0415  the one exception to the direction of imports, and an optional extra

    return demo.run_demo(
        days=options.days,
        deposit=options.deposit,
        seed=options.seed,
        json_file=options.json,
        has_page=not options.no_page,
        port=options.port,
    )


def _sandbox(options: argparse.Namespace) -> int:
    from sandbox.demo import running as demo  # noqa: PLC0415  as above

    return demo.run_sandbox(seed=options.seed)


if __name__ == "__main__":
    sys.exit(main())
