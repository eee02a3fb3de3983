"""The way from the stand-ins to one's own account, as a person walks it at a terminal and a script without one."""

import json
import os
import pty
import re
import select
import stat
import subprocess
import time

from tests.e2e.nursery import SCRIPT
from tests.e2e.trial import PATIENCE, Trial


class Keyboard:
    """A person at a pseudo-terminal, in front of one command."""

    def __init__(self, trial: Trial, *arguments: str) -> None:
        self._end, theirs = pty.openpty()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ALLOCATOR_")}
        self.process = subprocess.Popen(  # noqa: S603
            [SCRIPT, *arguments],
            cwd=trial.folder,
            env=environment | trial.sandbox.environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.screen = ""
        self._seen = 0

    def sees(self, part: str) -> None:
        """Wait until this is on the screen, after what was seen before."""
        deadline = time.monotonic() + PATIENCE
        while part not in self.screen[self._seen :]:
            assert time.monotonic() < deadline, f"{part!r} did not come:\n{self.screen}"
            if select.select([self._end], [], [], 0.2)[0]:
                self.screen += self._read()
        self._seen = self.screen.index(part, self._seen) + len(part)

    def types(self, text: str) -> None:
        """Type a line."""
        os.write(self._end, f"{text}\n".encode())

    def ends(self) -> int:
        """Wait for the command's end and return its exit code."""
        code = self.process.wait(PATIENCE)
        while select.select([self._end], [], [], 0)[0] and (more := self._read()):
            self.screen += more
        os.close(self._end)
        return code

    def _read(self) -> str:
        try:
            return os.read(self._end, 65536).decode(errors="replace")
        except OSError:  # Linux: EIO when nobody has the other end any more.
            return ""


def test_a_newcomer_sets_everything_up_at_a_terminal_and_no_secret_is_ever_shown(trial: Trial) -> None:
    keys, sandbox = trial.sandbox.keys, trial.sandbox
    alpaca = sandbox.origin("alpaca")
    addresses = ("--alpaca-url", alpaca, "--alpaca-data-url", alpaca, "--telegram-url", sandbox.origin("telegram"))
    person = Keyboard(trial, "init", *addresses)
    for question, answer in (
        ("Alpaca key id", keys.alpaca_key_id),
        ("Alpaca secret key", keys.alpaca_secret_key),
        ("Telegram bot token", keys.telegram_token),
        ("Enter: the bot finds it out", ""),
    ):
        person.sees(question)
        person.sees(": ")
        person.types(answer)
    person.sees("press Start, and send it:")
    person.sees("\r\n      ")
    person.sees("\r\n")
    word = re.findall(r"\r\n      ([a-z]+-\d{4})\r\n", person.screen)[-1]
    sandbox.call(lambda world: world.telegram.press_start(trial.owner))
    sandbox.call(lambda world: world.telegram.say(trial.owner, word))
    for question, answer in (
        ("Is that you?", "y"),
        ("Alerts by SMS too?", "n"),
        ("Start from which?", "p"),
        ("then an empty line:", "Stocks, VOO, 60%\nBonds, AGG, 40%\n"),
        ("never invested", ""),
        ("on one day", "500"),
        ("Did it arrive?", "y"),
        ("What comes next", ""),
    ):
        person.sees(question)
        person.types(answer)
    assert person.ends() == 0, person.screen
    assert stat.S_IMODE((trial.folder / "settings.toml").stat().st_mode) == 0o600
    shown = [one for one in (keys.alpaca_key_id, keys.alpaca_secret_key, keys.telegram_token) if one in person.screen]
    assert shown == []
    # The settings are good for the product.
    listed = trial.command("allocation", "show", "--json")
    assert [one["symbol"] for one in json.loads(listed.stdout)["sectors"]] == ["VOO", "AGG"]
    again = Keyboard(trial, "init")
    again.sees("[ends in 0001]")
    again.types("\x04")
    assert again.ends() == 1
    assert "nothing was written" in again.screen


def test_a_reader_that_has_seen_enough_ends_a_command_without_a_word() -> None:
    with subprocess.Popen([SCRIPT, "allocation", "presets"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:  # noqa: S603  our own program
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        assert (command.stderr.read(), command.wait(20)) == (b"", 1)


def test_help_comes_at_once_and_every_command_has_examples_and_exit_codes(cold_trial: Trial) -> None:
    def fastest() -> float:
        taken: list[float] = []
        for _ in range(3):
            began = time.monotonic()
            assert cold_trial.command("--help").returncode == 0
            taken.append(time.monotonic() - began)
        return min(taken)

    # 0.07 s on an idle machine; the suite's own load comes on top.
    assert fastest() < 1.0
    listed = re.findall(r"^    ([a-z]+)\b", cold_trial.command("--help").stdout, re.MULTILINE)
    assert {"init", "service", "allocation", "report"} <= set(listed)
    for command in listed:
        helped = cold_trial.command(command, "--help").stdout
        assert ("examples:" in helped, "exit codes:" in helped) == (True, True), command
