"""`allocator service install` and `uninstall`: the service under systemd, and nothing left of it but the records."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.exits import FAILED, MISCONFIGURED, OK
from bot.installing import places, records, release
from bot.installing.steps import File, Folder, Link, Machine, Program, Removal, Step, StepFailed
from bot.settings.file import Loaded, SettingsError, load
from bot.settings.model import Settings
from bot.shell import commands as shell
from storage.errors import StorageError

CHECKOUT = Path(__file__).parents[2]

_HIDDEN = tuple(map(Path, ("/home", "/root", "/run/user")))
"""What ProtectHome= keeps from the service."""

_LOADS = f"LoadCredential=settings.toml:{places.PLAIN}"
_LOADS_ENCRYPTED = f"LoadCredentialEncrypted=settings.toml:{places.ENCRYPTED}"


@dataclass(frozen=True, slots=True)
class Here:
    """The machine that it is about, and what this process is on it."""

    machine: Machine
    is_root: bool
    checkout: Path
    python: str
    has_credentials: bool

    @classmethod
    def real(cls) -> "Here":
        """Return this machine."""
        python = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}").resolve())
        return cls(Machine(), os.geteuid() == 0, CHECKOUT, python, shutil.which("systemd-creds") is not None)


def install(here: Here, settings_file: Path | None, *, dry_run: bool) -> int:
    """Bring program, settings and unit into their places, and start the service; or only show all that."""
    try:
        loaded = _settings(here, settings_file)
        text = loaded.path.read_text(encoding="utf-8") if loaded is not None and loaded.path is not None else None
        brought = records.steps(here.machine, loaded.settings) if loaded is not None else ()
        left = records.left_behind(here.machine, loaded.settings) if loaded is not None else None
    except (SettingsError, StorageError) as error:
        shell.complain(str(error))
        return MISCONFIGURED
    except PermissionError:
        return needs_root()
    trouble = _trouble(here)
    if dry_run:
        encrypted = here.has_credentials if text is not None else here.machine.at(places.ENCRYPTED).exists()
        how = f"encrypt the settings into {places.ENCRYPTED} (600), by systemd-creds"
        encrypts = (how,) if encrypted and text is not None else ()
        show((*_first(here), *encrypts, *_then(here, text, brought, encrypted=encrypted)))
        if left is not None:
            shell.say(left)
    if trouble is not None:
        shell.complain(trouble)
        return MISCONFIGURED
    if dry_run:
        return OK
    if not here.is_root:
        return needs_root()
    try:
        machine = here.machine
        machine.do(_first(here), shell.say)
        encrypted = _encrypt(here, text)
        machine.do(_then(here, text, brought, encrypted=encrypted), shell.say)
    except (StepFailed, OSError) as error:
        shell.complain(f"{error}.\nMend it, and give the same command again: what is done already is not done anew.")
        return FAILED
    shell.say(f"The service runs. {_how(encrypted=encrypted)}")
    if left is not None:
        shell.say(left)
    return OK


def uninstall(here: Here, *, purge: bool, dry_run: bool) -> int:
    """Stop the service and remove the program; with `purge` the settings and all records too."""
    steps: list[Step] = [
        Program(("systemctl", "disable", "--now", places.NAME), may_fail=True),
        Removal(places.UNIT),
        Program(("systemctl", "daemon-reload")),
        *([Removal(places.COMMAND)] if _is_ours(here) else []),
        Removal(places.PROGRAM),
    ]
    if purge:
        steps += [Removal(path) for path in (places.CONFIGURATION, places.STATE, places.PRIVATE_STATE)]
    # lexists: what others may not look at is not there for them, and no error either.
    if not any(os.path.lexists(here.machine.at(step.path)) for step in steps if isinstance(step, Removal)):
        shell.say("The service is not installed: there is nothing to remove.")
        return OK
    if dry_run:
        return show(tuple(steps))
    if not here.is_root:
        return needs_root()
    try:
        here.machine.do(steps, shell.say)
    except (StepFailed, OSError) as error:
        shell.complain(str(error))
        return FAILED
    kept = f"Settings and records stay in {places.CONFIGURATION} and {places.STATE}; --purge removes them too."
    shell.say("Everything is removed." if purge else f"The service is removed. {kept}")
    return OK


def unit(template: str, *, encrypted: bool) -> str:
    """Return the unit as it is installed."""
    if _LOADS not in template:
        raise ValueError(f"deploy/allocator.service has no line {_LOADS}")
    return template.replace(_LOADS, _LOADS_ENCRYPTED) if encrypted else template


def _first(here: Here) -> tuple[Step, ...]:
    """Return what comes before the settings: a release that fails half way leaves those of the running one alone."""
    return (
        *release.steps(here.machine, here.checkout, here.python),
        Folder(places.CONFIGURATION, 0o700),
        Folder(places.KEYS, 0o700),
    )


def _then(here: Here, text: str | None, brought: tuple[Step, ...], *, encrypted: bool) -> tuple[Step, ...]:
    template = (here.checkout / "deploy" / "allocator.service").read_text(encoding="utf-8")
    plain = text is not None and not encrypted
    return (
        *((File(places.PLAIN, text, 0o600, private=True),) if plain and text is not None else ()),
        # Of two copies of the settings one would be out of date.
        *((Removal(places.PLAIN if encrypted else places.ENCRYPTED),) if text is not None else ()),
        File(places.UNIT, unit(template, encrypted=encrypted)),
        *([Link(places.COMMAND, places.CURRENT / "venv/bin/allocator")] if _is_ours(here) else []),
        Program(("systemctl", "daemon-reload")),
        Program(("systemctl", "enable", places.NAME)),
        # As late as can be: what is recorded after the copy was made is not in it.
        *brought,
        # Ready only when settings and database are in order; otherwise this fails, and says where to look.
        Program(("systemctl", "restart", places.NAME)),
    )


def _settings(here: Here, settings_file: Path | None) -> Loaded | None:
    """Return the settings to install, None to keep those that are installed.

    Raises SettingsError, and PermissionError where only root can see whether any are installed.
    """
    try:
        loaded = load(settings_file)
    except SettingsError:
        installed = (here.machine.at(one) for one in (places.PLAIN, places.ENCRYPTED))
        if settings_file is None and any(one.exists() for one in installed):
            return None
        raise
    if loaded.path is None:
        raise SettingsError("the settings come from variables alone: run `allocator init`, a service needs a file")
    _check_places(loaded.settings)
    return loaded


def _check_places(settings: Settings) -> None:
    """Refuse files that a service could not write: it has one folder of its own."""
    for key, path in (
        ("storage.url", Path(settings.storage.url.removeprefix("sqlite:///"))),
        ("storage.backups", settings.storage.backups),
        ("logs.file", settings.logs.file),
    ):
        if path is not None and path.is_absolute() and not path.is_relative_to(places.STATE):
            raise SettingsError(
                f"{key} is {path}, where the service may not write: make it relative, then it lies in {places.STATE}"
            )


def _trouble(here: Here) -> str | None:
    if not here.machine.at(Path("/run/systemd/system")).is_dir():
        return "systemd does not run this machine: keep `allocator run` alive by other means"
    if any(Path(here.python).is_relative_to(hidden) for hidden in _HIDDEN):
        return (
            f"this Python lies in {here.python}, which a hardened service does not see: set the checkout up anew with "
            "the system's, as with `make clean .venv PYTHON=/usr/bin/python3`"
        )
    if not (here.checkout / "requirements.lock").is_file():
        return f"{here.checkout} is no checkout of Allocator: run the command from one, its lock is needed"
    return None


def _encrypt(here: Here, text: str | None) -> bool:
    """Encrypt the settings for this machine; return whether the installed ones are encrypted."""
    if text is None:
        return here.machine.at(places.ENCRYPTED).exists()
    if not here.has_credentials:
        return False
    # systemd-creds(1): with the machine's TPM where there is one, and with a key that only root can read.
    arguments = ("systemd-creds", "encrypt", "--name=settings.toml", "-", str(here.machine.at(places.ENCRYPTED)))
    if here.machine.run(arguments, text.encode()) == 0:
        here.machine.at(places.ENCRYPTED).chmod(0o600)
        return True
    shell.complain("systemd cannot encrypt the settings here: they are kept readable for root alone.")
    return False


def _is_ours(here: Here) -> bool:
    """Tell whether the command's place is free, or holds our own link."""
    command = here.machine.at(places.COMMAND)
    if command.is_symlink():
        return command.readlink().is_relative_to(places.PROGRAM)
    return not command.exists()


def show(steps: tuple[Step | str, ...]) -> int:
    """Print what steps would do."""
    shell.say("Nothing is touched. It would:")
    for step in steps:
        shell.say(f"- {step}")
    return OK


def needs_root() -> int:
    """Say that only root can do this, and how to say it again."""
    shell.complain(f"this needs root: sudo {' '.join([str(Path(sys.argv[0]).absolute()), *sys.argv[1:]])}")
    return FAILED


def _how(*, encrypted: bool) -> str:
    kept = f"encrypted in {places.ENCRYPTED}" if encrypted else f"in {places.PLAIN}, for root alone"
    return (
        f"Its settings are {kept}; its records in {places.STATE}.\n"
        "  sudo allocator check             examines everything as the service sees it\n"
        "  allocator service status         and: sudo allocator service logs -f\n"
        "To change the settings: `allocator init` here, then install again. Your own settings.toml is not read by the\n"
        "service; keep it from other eyes."
    )
