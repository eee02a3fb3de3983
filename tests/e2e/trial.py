"""A trial of the whole product: the real process, over real HTTPS, against a sandbox whose clock the test moves."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil

from core.calendar import NEW_YORK
from sandbox.server import Sandbox
from sandbox.telegram import Message
from sandbox.world import World
from tests.e2e.nursery import NURSERY, SCRIPT, Child, Nursery
from tests.secrecy import keep_secrets, secrets_of

PATIENCE = 25.0
"""Seconds until a trial gives up waiting; a busy machine takes a tenth of it."""

Changes = Any
"""A section's changed keys, or None to leave the section out; `sectors` takes a list."""


class Trial:
    """One installation of the product in `folder`, and the world around it.

    Its processes are forked from a nursery, where there is one; without it each loads the product anew: a copy of it in
    `program`, where that is named.
    """

    def __init__(self, sandbox: Sandbox, folder: Path, nursery: Nursery | None = None) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.nursery = nursery
        self.program: Path | None = None
        self.owner = sandbox.keys.owner_id
        self.log = folder / "log.txt"
        self._process: subprocess.Popen[bytes] | Child | None = None
        self._starts = 0
        self._titles: set[str] = set()

    # The installation.

    def configure(self, **changes: Changes) -> Path:
        """Write the settings file, whole, with single keys or sections changed, and return its path."""
        file = self.folder / "settings.toml"
        file.write_text(self.sandbox.settings(**changes), encoding="utf-8")
        file.chmod(0o600)
        return file

    def start(self, **changes: Changes) -> None:
        """Start the service, with settings changed from the sandbox's own."""
        self.configure(**changes)
        self._starts += 1
        self._process = self._spawn(("run",), self.log, self.log)

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run another command of the same installation to its end, without a terminal."""
        out, error = (self.folder / name for name in ("command.out", "command.err"))
        process = self._spawn(arguments, out, error)
        try:
            code = process.wait(PATIENCE)
        finally:
            process.kill()
        said = [file.read_text(encoding="utf-8") for file in (out, error)]
        for file in (out, error):
            file.unlink()
        return subprocess.CompletedProcess(arguments, code, *said)

    def kill(self) -> None:
        """Kill the service's main process, and nothing else."""
        self._look_at_titles()
        process = self._running()
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)

    def stop(self) -> tuple[int, float]:
        """Ask the service to end; return its exit code and the seconds it took."""
        process = self._running()
        self._look_at_titles()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE), time.monotonic() - began

    def exit_code(self) -> int:
        """Wait until the service ends by itself, and return its exit code."""
        return self._running().wait(PATIENCE)

    def main_process(self) -> psutil.Process:
        """Return the service's main process."""
        return psutil.Process(self._running().pid)

    def fork_server(self) -> psutil.Process:
        """Return the process that the service's workers are forked from; the nursery's keeps the nursery's title."""
        titled = ((child, _title_of(child)) for child in self.main_process().children())
        return next(child for child, title in titled if "multiprocessing.forkserver" in title or NURSERY in title)

    def processes(self) -> list[psutil.Process]:
        """Return every process of this installation that is alive."""
        marker = str(self.folder)
        return [process for process in psutil.process_iter() if _folder_of(process) == marker]

    def output(self) -> str:
        """Return everything the service has written so far, over all its starts."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def logged(self, part: str) -> None:
        """Wait until the service's log holds this."""
        self.sandbox.wait_for(lambda _: part in self.output(), PATIENCE, f"{part!r} in the log")

    def close(self) -> None:
        """Leave nothing behind, no key in any file, and no whole number of a person in the log."""
        self._look_at_titles()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for process in self.processes():
            # It may end by itself meanwhile: a worker does when its parent is gone.
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.keeps_its_secrets()

    def keeps_its_secrets(self) -> None:
        """See that no title of a process and no file holds a key, and the log no whole number of a person."""
        keys = self.sandbox.keys
        titled = [(title, secret) for title in self._titles for secret in secrets_of(keys) if secret in title]
        assert not titled, titled
        keep_secrets(self.folder, keys)
        number = re.compile(rf"(?<![\d.:,$]){keys.owner_id}(?![\d.:,])|{keys.sms_recipient}")
        assert not (shown := [line for line in self.output().splitlines() if number.search(line)]), shown

    def _look_at_titles(self) -> None:
        """Remember how each process is titled, for every user of the machine to see: at the end some are gone."""
        self._titles.update(map(_title_of, self.processes()))

    # The world.

    def at(self, hour: int, minute: int, day: int = 23, month: int = 11) -> None:
        """Move the market's clock to a New York time of November 2026, whose 23rd is a Monday."""
        instant = datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK)
        self.sandbox.call(lambda world: world.clock.set(instant))

    def deposit(self, dollars: str) -> None:
        """Let cash arrive in the account."""
        self.sandbox.call(lambda world: world.brokerage.deposit(Decimal(dollars)))

    def press_start(self) -> None:
        """Let the owner press Start, and wait for the greeting and the first tick."""
        self.sandbox.call(lambda world: world.telegram.press_start(self.owner))
        self.told("I keep your brokerage account")
        self.first_tick()

    def first_tick(self) -> None:
        """Wait until the service, since its newest start, has looked at the market once, with or without success."""

        def done(_: World) -> bool:
            return self.output().count("the first tick is done") >= self._starts

        self.sandbox.wait_for(done, PATIENCE, "the first tick")

    def say(self, text: str, answer: str) -> str:
        """Let the owner write, and return the bot's newest message once it holds `answer`."""
        self.sandbox.call(lambda world: world.telegram.say(self.owner, text))
        return self.told(answer)

    def tap(self, button: str | int) -> None:
        """Let the owner tap a button of the newest message that shows it, once there is one."""

        def shown(world: World) -> Message | None:
            return next((one for one in reversed(world.telegram.messages) if _has(one, button)), None)

        message = self.sandbox.wait_for(shown, PATIENCE, f"a button {button!r}")
        self.sandbox.call(lambda world: world.telegram.tap(self.owner, message.id, button))

    def told(self, part: str) -> str:
        """Return the newest chat message that holds this, as soon as there is one."""

        def found(world: World) -> str | None:
            texts = [message.text for message in world.telegram.messages if part in message.text]
            return texts[-1] if texts else None

        return self.sandbox.wait_for(found, PATIENCE, f"a chat message with {part!r}")

    def texted(self, part: str) -> str:
        """Return the newest SMS that holds this, as soon as there is one."""

        def found(world: World) -> str | None:
            texts = [sms.text for sms in world.sms.messages if part in sms.text]
            return texts[-1] if texts else None

        return self.sandbox.wait_for(found, PATIENCE, f"an SMS with {part!r}")

    def chat(self) -> list[str]:
        """Return all chat messages as they show now."""
        return self.sandbox.call(lambda world: [message.text for message in world.telegram.messages])

    def texts(self) -> list[str]:
        """Return all SMS so far."""
        return self.sandbox.call(lambda world: [sms.text for sms in world.sms.messages])

    def orders(self) -> list[dict[str, Any]]:
        """Return the broker's orders, as the stand-in saw them."""
        return self.sandbox.call(lambda world: world.brokerage.transcript_orders())

    def ticks(self, count: int = 3) -> None:
        """Wait until the service has asked for the market's time this many times more, so it has seen what is."""

        def asked(world: World) -> int:
            return sum(seen.path == "/v2/clock" for seen in world.brokerage.requests_seen)

        self._look_at_titles()
        before = self.sandbox.call(asked)
        self.sandbox.wait_for(lambda world: asked(world) >= before + count, PATIENCE, "ticks")

    def fill_after(self, delay: timedelta) -> None:
        """Let orders that are sent from now on fill this much later, by the market's clock."""

        def set_delay(world: World) -> None:
            world.brokerage.fill_delay = delay

        self.sandbox.call(set_delay)

    def _running(self) -> "subprocess.Popen[bytes] | Child":
        if self._process is None:
            raise AssertionError("the service was not started")
        return self._process

    def _spawn(self, arguments: Sequence[str], out: Path, error: Path) -> "subprocess.Popen[bytes] | Child":
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ALLOCATOR_")}
        environment = clean | self.sandbox.environment()
        if self.program is not None:
            environment["PYTHONPATH"] = str(self.program)
        if self.nursery is not None:
            return self.nursery.start(arguments, self.folder, environment, out, error)
        with out.open("ab") as written, error.open("ab") as complained:
            return subprocess.Popen(  # noqa: S603  our own program, from beside this interpreter
                [SCRIPT, *arguments],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=complained,
            )


def _has(message: Message, button: str | int) -> bool:
    return any(button in (number, one.label, one.data) for number, one in enumerate(message.buttons, start=1))


def _title_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _folder_of(process: psutil.Process) -> str | None:
    try:
        return process.cwd() if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None
