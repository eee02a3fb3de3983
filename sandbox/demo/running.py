"""`allocator demo` and `allocator sandbox`: the whole product against stand-ins, in one terminal."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import sleep
from types import FrameType

from sandbox.demo.conversation import Conversation
from sandbox.demo.days import run_days
from sandbox.demo.phone import Phone, screen
from sandbox.demo.product import Product, ProductDied
from sandbox.demo.typed import TypedLines
from sandbox.page import Page, PortTaken, open_page
from sandbox.server import Sandbox
from sandbox.world import World

_START_SECONDS = 30.0


def run_demo(
    *,
    days: int | None,
    deposit: Decimal,
    seed: int,
    json_file: Path | None,
    has_page: bool = True,
    port: int | None = None,
) -> int:
    """Show an investing morning and talk to the bot, here and on a page; with `days` live through that many unattended.

    Return the exit status: 1 when the product died or an alert did not come, which is said with its last
    output, and when `port`, the page's, is taken. The transcript of what the stand-ins saw goes to `json_file`,
    whatever happened. Unattended days have no page.
    """
    phone = Phone(screen(is_terminal=sys.stdout.isatty()))
    if days is not None and port is not None:
        phone.say("--port says where the page is, and --days serves none: leave one of them out.")
        return 2
    if json_file is not None:
        try:
            json_file.touch()
        except OSError as error:
            phone.say(f"The transcript cannot be written: {error}.")
            return 1
    with _interruptible():
        try:
            with Sandbox(seed=seed) as sandbox:
                if days is not None:
                    return _demonstrate(sandbox, phone, _Unattended(days, deposit), json_file=json_file)
                return _demonstrate(sandbox, phone, _Attended(deposit, has_page, port), json_file=json_file)
        except KeyboardInterrupt:
            phone.say("Stopped.")
            # A person ends the conversation like this; unattended days were cut short.
            return 0 if days is None else 130


def run_sandbox(*, seed: int) -> int:
    """Run the stand-ins alone until Ctrl-C or SIGTERM, and print settings.toml for them; return 0.

    The output is a whole settings file; what else a person needs stands in it as comments.
    """
    with _interruptible():
        try:
            with Sandbox(seed=seed) as sandbox:
                sys.stdout.write(_guide(sandbox) + sandbox.settings())
                sys.stdout.flush()
                while True:
                    sleep(1)
        except KeyboardInterrupt:
            return 0


@dataclass(frozen=True, slots=True)
class _Unattended:
    """So many days, as fast as they go."""

    days: int
    deposit: Decimal

    def live(self, sandbox: Sandbox, product: Product, phone: Phone) -> None:
        _press_start(sandbox, product)
        run_days(sandbox, product, phone, days=self.days, deposit=self.deposit)


@dataclass(frozen=True, slots=True)
class _Attended:
    """A morning, and then what the person does in the terminal and on the page."""

    deposit: Decimal
    has_page: bool
    port: int | None

    def live(self, sandbox: Sandbox, product: Product, phone: Phone) -> None:
        with ExitStack() as stack:
            if self.has_page:
                page = stack.enter_context(Page(sandbox, product, port=self.port))
                phone.say(f"See the phone, the account and the clock, and make things go wrong, at {page.url}")
                open_page(page.url, os.environ, is_terminal=sys.stdout.isatty())
            _press_start(sandbox, product)
            Conversation(sandbox, product, phone, TypedLines(sys.stdin)).run(self.deposit)


def _demonstrate(sandbox: Sandbox, phone: Phone, way: _Unattended | _Attended, *, json_file: Path | None) -> int:
    try:
        with Product(sandbox.settings(), sandbox.environment()) as product:
            phone.say("Allocator is starting, against stand-ins for Alpaca, Telegram and Vonage on this machine.")
            try:
                way.live(sandbox, product, phone)
            except PortTaken as error:
                phone.say(str(error))
                return 1
            except (ProductDied, TimeoutError) as error:
                phone.say(f"{error}\n{product.last_output()}")
                return 1
    finally:
        if json_file is not None:
            transcript = sandbox.call(lambda world: world.transcript())
            json_file.write_text(json.dumps(transcript, indent=2) + "\n", encoding="utf-8")
    return 0


def _press_start(sandbox: Sandbox, product: Product) -> None:
    sandbox.call(lambda world: world.telegram.press_start(sandbox.keys.owner_id))

    def answered(world: World) -> bool:
        product.check()
        return bool(world.telegram.messages)

    sandbox.wait_for(answered, _START_SECONDS, "the bot's answer to Start")


def _guide(sandbox: Sandbox) -> str:
    control = sandbox.origin("control")
    variables = (f"#   export {name}={value}" for name, value in sandbox.environment().items())
    return "\n".join(
        [
            "# The sandbox is running until Ctrl-C. Save this as a file, and in another terminal:",
            *variables,
            "#   allocator run --settings FILE",
            "# Then press Start in Telegram, put money in the account, and move the clock past the open:",
            *(
                f"#   curl --cacert {sandbox.authority_file} {control}{path} -d '{body}'"
                for path, body in (
                    ("/start", "{}"),
                    ("/deposit", '{"amount": "250"}'),
                    ("/clock", '{"advance": 2105}'),
                )
            ),
            f"#   curl --cacert {sandbox.authority_file} {control}/transcript",
            "",
            "",
        ]
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end things as Ctrl-C does, so that the child and its folder go too."""
    before = {name: signal.signal(name, _interrupt) for name in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
