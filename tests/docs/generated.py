"""The pages that nobody writes by hand: what the chat, the shell and the settings say of themselves, in Markdown."""

from collections.abc import Callable
from itertools import groupby

from bot.chat.grammar import Command, Group
from bot.commands import COMMANDS
from tests.docs import example_settings
from tests.docs.shell_help import ShellCommand, shell_commands

MADE = "Written by `make docs-site` from the product itself: change it there."

_TITLES = {
    Group.BASICS: "Basics",
    Group.INVESTING: "Investing",
    Group.TARGET: "The target",
    Group.ACCOUNT: "The account",
    Group.REPORTS: "Reports and history",
    Group.SETTINGS: "Limits, alerts, records",
}


def chat_page() -> str:
    """Return the page of every command of the chat, as the menu orders them."""
    blocks = [
        "# Commands of the chat",
        f"{MADE} `/help` lists the same commands in the chat, and `/help COMMAND` says what stands here.",
        "Whatever moves money or changes the target shows exactly what it will do, and waits for your tap. "
        "[A first week in the chat](chat.md) shows most of them at work.",
    ]
    for group, commands in groupby(COMMANDS, key=lambda command: command.group):
        blocks.append(f"## {_TITLES[group]}")
        blocks += [block for command in commands for block in _command(command)]
    return "\n\n".join(blocks) + "\n"


def shell_page() -> str:
    """Return the page of every command of the shell, each as its --help says it."""
    blocks = [
        "# Commands of the shell",
        MADE,
        "After `make .venv` the program is `.venv/bin/allocator`; beside an installed service `sudo allocator` runs "
        "the same commands as the service would, see [operations](operations.md#install).",
    ]
    blocks += [block for command in shell_commands() for block in _shell_command(command)]
    return "\n\n".join(blocks) + "\n"


def settings_page() -> str:
    """Return the page of every key of the settings, with the words of settings.example.toml."""
    blocks = ["# Settings", f"{MADE} The words are those of settings.example.toml, the file to copy."]
    for section in example_settings.sections():
        if section.name:
            blocks.append(f"## {section.heading}")
        blocks += [escaped(paragraph) for paragraph in section.paragraphs]
        for entry in section.entries:
            if entry.words:
                blocks.append(escaped(entry.words))
            rows = [f"| `{key.name}` | `{key.example}` | {key.left_out} | {key.variable} |" for key in entry.keys]
            head = ["| key | in the example | left out | as a variable |", "| --- | --- | --- | --- |"]
            blocks.append("\n".join([*head, *rows]))
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Return text whose marks Markdown leaves as they are, but for `code`."""
    parts = text.split("`")
    plain = [part.replace("[", "\\[").replace("<", "\\<").replace("*", "\\*") for part in parts[::2]]
    return "".join(
        word + (f"`{parts[2 * place + 1]}`" if 2 * place + 1 < len(parts) else "") for place, word in enumerate(plain)
    )


def _command(command: Command) -> list[str]:
    blocks = [f"### /{command.name}"]
    if command.usage:
        blocks.append(f"`/{command.name} {command.usage}`")
    summary = f"{command.summary[:1].upper()}{command.summary[1:]}."
    blocks.append(escaped(f"{summary} {command.explanation}".rstrip()))
    if command.example:
        blocks.append(f"For example: `{command.example}`")
    return blocks


def _shell_command(command: ShellCommand) -> list[str]:
    return [f"## {command.name}", f"```text\n{command.help}\n```"]


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": chat_page,
    "shell.md": shell_page,
    "settings.md": settings_page,
}
"""Each generated page by its file's name."""
