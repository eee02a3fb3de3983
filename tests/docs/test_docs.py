"""The pages say what is so: links lead somewhere, commands and keys exist, quoted messages are the program's own."""

import ast
import importlib.util
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from bot.commands import COMMANDS
from core.messages import chat_messages, trouble_messages
from storage import errors
from tests.docs import example_settings
from tests.docs.generated import PAGES
from tests.docs.markdown import DOCS, ROOT, Page, pages
from tests.docs.shell_help import ShellCommand, shell_commands

READ = {page.file: page for page in pages()}
BY_FILE = pytest.mark.parametrize("page", READ.values(), ids=lambda page: page.file.name)

# Errors between parts of the program: who meets one has found a mistake in it, and no page can help.
BETWEEN_PARTS = {
    "StorageError", "OtherAccount", "RunExists", "Overtaken", "NoSuchRun", "RunEnded", "WrongState", "NoSuchOrder",
    "OrderEnded", "NoSuchDelivery", "NoSuchConfirmation",
}  # fmt: skip

SETTINGS_FILE = ROOT / "bot" / "settings" / "file.py"

_QUOTED = re.compile(r"^\*\*\"(.+)\"\*\*$", re.MULTILINE)
_PROGRAM = re.compile(r"(?:^|&& )(?:sudo )?(?:[\w./-]*/)?allocator(?= )([^|>&#]*)")
_OURS = re.compile(r"^(?:(?:bench|bot|broker|core|deploy|docs|sandbox|storage|tests)/[\w./-]*|[\w.-]+\.(?:toml|lock))$")
_ELSEWHERE = ("http://", "https://", "mailto:")


@BY_FILE
def test_every_link_and_picture_leads_to_something_that_is_there(page: Page) -> None:
    assert [link for link in page.links if not link.startswith(_ELSEWHERE) and not _is_there(page, link)] == []


@BY_FILE
def test_a_command_of_the_shell_exists_with_its_options(page: Page) -> None:
    known = {command.name: command for command in shell_commands()}
    wrong = [line for line in page.code() for said in _PROGRAM.findall(line) if not _exists(said, known)]
    assert wrong == []


@BY_FILE
def test_a_command_of_the_chat_exists(page: Page) -> None:
    known = {command.name for command in COMMANDS} | {"newbot", "revoke"}  # the last two are @BotFather's
    # The first week shows what a slip of the finger brings.
    slips = {"histroy"} if page.file.name == "chat.md" else set()
    said = (re.fullmatch(r"/([a-z]+)(?: [^/]*)?(?: [A-Z]\w+/\w+)?", line) for line in page.code())
    assert {match[1] for match in said if match} - known - slips - {"home"} == set()


@BY_FILE
def test_a_target_of_make_exists(page: Page) -> None:
    targets = set(re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    said = {name for line in page.code() for name in re.findall(r"^make (?:-C \S+ )?([a-z.][\w.-]*)", line)}
    assert said - targets - {".venv"} == set()


@BY_FILE
def test_a_file_of_the_project_that_is_named_exists(page: Page) -> None:
    made_by_the_owner = {"settings.toml"}
    said = {name for line in page.code() for name in _OURS.findall(line)} - made_by_the_owner
    assert [name for name in sorted(said) if not (ROOT / name).exists()] == []


@BY_FILE
def test_code_on_the_pages_can_be_read_by_its_language(page: Page) -> None:
    for language, text in page.fences:
        match language:
            case "python":
                ast.parse(text)
            case "toml":
                keys = tomllib.loads(text)
                assert keys.keys() <= {key.partition(".")[0] for key in example_settings.known()}
            case "json":
                json.loads(text)
            case _:
                assert language in {"", "text", "sh"}, f"nothing checks a block of {language}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_made_of_the_product_is_up_to_date(name: str) -> None:
    made = PAGES[name]()
    assert (DOCS / name).read_text(encoding="utf-8") == made, "run `make docs-site`"


def test_the_example_explains_every_key_of_the_settings() -> None:
    assert example_settings.documented() == example_settings.known()


def test_every_page_is_in_the_menu() -> None:
    menu = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert set(_files(menu)) == {file.relative_to(DOCS).as_posix() for file in READ if file.is_relative_to(DOCS)}


@pytest.mark.parametrize("message", _QUOTED.findall(READ[DOCS / "troubleshooting.md"].text))
def test_a_message_that_troubleshooting_quotes_is_one_of_the_programs(message: str) -> None:
    assert any(_pattern(message).search(text) for text in _program())


def test_every_formula_has_its_source_with_an_address_or_is_said_to_be_ours() -> None:
    sections = re.split(r"^## ", READ[DOCS / "money-and-measures.md"].text, flags=re.MULTILINE)[1:]
    sources = {one.partition("\n")[0]: one.rpartition("\nSource")[2] for one in sections if "\nSource" in one}
    assert [one.partition("\n")[0] for one in sections] == list(sources)
    assert [name for name, text in sources.items() if "](https://" not in text and "ours" not in text] == []
    # What the law or a standard says is never ours alone.
    for name in ("Cost basis", "Time-weighted", "Money-weighted", "Variance", "Bands", "Lots", "Wash sales"):
        assert any("](https://" in text for title, text in sources.items() if title.startswith(name)), name


def test_troubleshooting_explains_every_way_in_which_a_settings_file_cannot_be_read() -> None:
    read = next(one for one in ast.walk(ast.parse(SETTINGS_FILE.read_bytes())) if getattr(one, "name", "") == "_read")
    told = [text for one in ast.walk(read) if isinstance(one, ast.Raise) and (text := max(_texts(one), key=len))]
    # What the system says of a file needs no words of ours.
    assert [text for text in told if not _explained(text) and "cannot be read" not in text] == []
    assert len(told) >= 3


def test_troubleshooting_explains_every_trouble_that_is_told_in_the_chat() -> None:
    assert [text for text in _alerts(trouble_messages.__file__, chat_messages.__file__) if not _explained(text)] == []


def test_troubleshooting_explains_every_refusal_of_the_database_that_a_person_can_meet() -> None:
    told = _refusals()
    assert [name for name, text in told.items() if not _explained(text)] == []
    assert told


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    if not all(importlib.util.find_spec(name) for name in ("mkdocs", "material")):
        pytest.skip("mkdocs-material is not installed: the site is not built")
    built = subprocess.run(  # noqa: S603  our own interpreter, with our own words
        [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    loaded = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"(?:https?:)?//|<link\b[^>]*stylesheet[^>]*//")
    strange = [page.name for page in tmp_path.rglob("*.html") if loaded.search(page.read_text(encoding="utf-8"))]
    assert strange == []
    assert (tmp_path / "index.html").exists()


def _is_there(page: Page, link: str) -> bool:
    path, _, anchor = link.partition("#")
    file = (page.file.parent / path).resolve() if path else page.file
    if not anchor or file not in READ:
        return file.exists()
    return anchor in READ[file].anchors


def _exists(said: str, known: dict[str, ShellCommand]) -> bool:
    """Whether the words after `allocator` are a command, and its options are its own."""
    words = shlex.split(said)
    command = known["allocator"]
    while words and words[0] in command.children:
        command = known[f"{command.name} {words.pop(0)}"]
    if command.children:
        return {*words} <= command.options
    return {word.partition("=")[0] for word in words if word.startswith("-")} <= command.options


def _files(menu: list[dict[str, object]] | object) -> Iterator[str]:
    match menu:
        case str() as file:
            yield file
        case list() as entries:
            for entry in entries:
                yield from _files(entry)
        case dict() as named:
            for inner in named.values():
                yield from _files(inner)


def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in message.split("…")), re.DOTALL)


def _explained(text: str) -> bool:
    return any(_pattern(quoted).search(text) for quoted in _QUOTED.findall(READ[DOCS / "troubleshooting.md"].text))


@cache
def _program() -> frozenset[str]:
    """Return every text in the program, what is filled in left empty, and the Makefile whole."""
    modules = (file for folder in ("bot", "broker", "core", "storage") for file in (ROOT / folder).rglob("*.py"))
    texts = {text for file in modules for text in _texts(ast.parse(file.read_bytes()))}
    return frozenset(texts | {(ROOT / "Makefile").read_text(encoding="utf-8")})


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if text := _text(node):
            yield text


def _text(node: ast.AST) -> str:
    match node:
        case ast.Constant(str() as text):
            return text
        case ast.JoinedStr(values):
            return "".join(_text(value) for value in values)
        case _:
            return ""


def _alerts(*files: str) -> list[str]:
    """Return the words of each alert that modules make."""
    nodes = (node for file in files for node in ast.walk(ast.parse(Path(file).read_bytes())))
    return [
        _text(node.args[1])
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Alert"
    ]


def _refusals() -> dict[str, str]:
    classes = [one for one in ast.parse(Path(errors.__file__).read_bytes()).body if isinstance(one, ast.ClassDef)]
    return {
        one.name: max(_texts(ast.Module(one.body[1:], [])), key=len) for one in classes if one.name not in BETWEEN_PARTS
    }
