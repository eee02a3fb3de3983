"""Finding the settings file, reading it, and saying all that is wrong with it at once."""

import difflib
import os
import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from platformdirs import user_config_path
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError as UnreadableSource

from bot.settings.model import PREFIX, Settings

FILE_NAME = "settings.toml"
SETTINGS_VARIABLE = f"{PREFIX}SETTINGS"
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
SECRETS = frozenset({"key_id", "secret_key", "token", "api_key", "api_secret"})


_WHOLE, _NUMBER, _LIST = "must be a whole number", "must be a number", "must be a list, such as [12345]"

_WORDS = {
    "string_type": "must be text: write it in quotes",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": "must be true or false, without quotes",
    "bool_parsing": "must be true or false, without quotes",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "path_type": "must be a path, in quotes",
    "model_type": "must be a section of keys, as in settings.example.toml",
    "model_attributes_type": "must be a section of keys, as in settings.example.toml",
}
"""By pydantic's kind of an error, what people are told in place of its own words."""


class SettingsError(Exception):
    """Settings that cannot be used; the text lists every problem with its way out."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, where they came from, and what the owner should be warned of."""

    settings: Settings
    path: Path | None
    warnings: tuple[str, ...]


def load(explicit: Path | None) -> Loaded:
    """Read the settings from the first of --settings, ALLOCATOR_SETTINGS, CREDENTIALS_DIRECTORY, ./settings.toml, the
    user's config folder.

    Environment variables override the file, and credential files override both. Raises SettingsError.
    """
    path = _find(explicit)
    content = _read(path) if path is not None else {}
    settings = _checked(content, path)
    return Loaded(settings, path, tuple(_warnings(path)))


def checked(text: str, path: Path) -> Settings:
    """Return the settings that a text makes, before it is written to `path`. Raises SettingsError."""
    return _checked(tomllib.loads(text, parse_float=Decimal), path)


def usual_file() -> Path | None:
    """Return the settings file that is used where none is named, None where there is none."""
    return _find(None)


def _checked(content: dict[str, Any], path: Path | None) -> Settings:
    try:
        return Settings(_secrets_dir=os.environ.get(CREDENTIALS_VARIABLE), **content)
    except ValidationError as error:
        raise SettingsError(_explain(error, path)) from None
    except UnreadableSource as error:
        # An environment variable of a list or a section that is no JSON; the text names the key, not the value.
        raise SettingsError(f"{error}: lists and sections in variables are JSON, such as [12345]") from None


def _find(explicit: Path | None) -> Path | None:
    named = explicit or (Path(os.environ[SETTINGS_VARIABLE]) if os.environ.get(SETTINGS_VARIABLE) else None)
    if named is not None:
        if not named.is_file():
            source = "--settings" if explicit else SETTINGS_VARIABLE
            raise SettingsError(f"{source} names {named}, which is no file: correct the path, or leave it out")
        return named
    # systemd's LoadCredential=settings.toml:... is somebody's word too.
    given = os.environ.get(CREDENTIALS_VARIABLE)
    usual = (
        *([Path(given) / FILE_NAME] if given else []),
        Path(FILE_NAME),
        user_config_path("allocator") / FILE_NAME,
    )
    return next((path for path in usual if path.is_file()), None)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        # Its text quotes the line's place, never its content.
        raise SettingsError(f"{path} is not valid TOML: {error}") from None


def _warnings(path: Path | None) -> Iterable[str]:
    if path is None or str(path.parent) == os.environ.get(CREDENTIALS_VARIABLE):
        # systemd lets the service alone read its credentials, by means that the mode shows as the group's.
        return
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield f"{path} can be read by other users and holds your keys: chmod 600 {path}"


def _explain(error: ValidationError, path: Path | None) -> str:
    looked = f"no settings file was found (looked for ./{FILE_NAME} and in {user_config_path('allocator')})"
    found = error.errors(include_url=False)
    problems = [f"  {_sentence(details)}" for details in found]
    if path is not None:
        return "\n".join([f"{path}: {len(problems)} problem{'s' if len(problems) != 1 else ''}", *problems])
    remedy = f"{looked}: run `allocator init`, or copy settings.example.toml to settings.toml and fill in the keys"
    # Without a file whole sections are missing, which says nothing; a variable that is wrong does.
    said = [problem for problem, one in zip(problems, found, strict=True) if len(one["loc"]) > 1]
    return "\n".join([remedy, *said])


def _sentence(details: ErrorDetails) -> str:
    key = _key(details["loc"])
    message = words(details)
    match details["type"]:
        case "missing" if len(details["loc"]) == 1:
            return f"[{key}] is missing: add it as in settings.example.toml"
        case "missing":
            return f"{key} is missing: add it, or set {_variable(details['loc'])}"
        case "extra_forbidden":
            return f"{key} is not a known key{_suggestion(details['loc'])}: remove it"
        case _ if not details["loc"]:
            return message
        case _ if len(details["loc"]) == 1 or isinstance(details["input"], Mapping | BaseModel):
            # A whole section may hold a secret, even one that is written wrongly.
            return f"{key}: {message}"
    last = str(details["loc"][-1])
    # A secret's value is never shown, and a list's would hide the message.
    if last in SECRETS or isinstance(details["input"], SecretStr | list | tuple):
        return f"{key} {message}"
    return f"{key} = {details['input']!s}: {message}"


def words(details: ErrorDetails) -> str:
    """Return what is wrong with a value, in our words where pydantic has its own."""
    ours = _WORDS.get(details["type"])
    return details["msg"].removeprefix("Value error, ") if ours is None else ours.format(**details.get("ctx", {}))


def _key(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + "__".join(str(part) for part in location).upper()


def _suggestion(location: tuple[int | str, ...]) -> str:
    model: Any = Settings
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        candidates = [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)
        if model is None:
            return ""
    near = difflib.get_close_matches(str(location[-1]), model.model_fields, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
