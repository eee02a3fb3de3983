"""The commands of the chat, one module for each thing an owner wants."""

from bot.chat import Command, Handle
from bot.commands import allocating, basics, investing, pausing, status

_WORK = (*status.COMMANDS, *allocating.COMMANDS, *pausing.COMMANDS, *investing.COMMANDS)

COMMANDS: tuple[Command, ...] = (*basics.start_and_help(_WORK), *_WORK)
TAPS: dict[str, Handle] = investing.TAPS
