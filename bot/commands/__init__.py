"""The commands of the chat, one module for each thing an owner wants."""

from bot.chat import confirming
from bot.chat.confirming import Question
from bot.chat.grammar import Command, Handle, in_order
from bot.commands import (
    alerting,
    allocating,
    auditing,
    basics,
    exporting,
    holdings,
    investing,
    limiting,
    ordering,
    pausing,
    previewing,
    rebalancing,
    remembering,
    reports,
    status,
    strategizing,
)

_WORK = (
    *status.COMMANDS,
    *allocating.COMMANDS,
    *previewing.COMMANDS,
    *investing.COMMANDS,
    *rebalancing.COMMANDS,
    *pausing.COMMANDS,
    *holdings.COMMANDS,
    *ordering.COMMANDS,
    *reports.COMMANDS,
    *remembering.COMMANDS,
    *strategizing.COMMANDS,
    *limiting.COMMANDS,
    *alerting.COMMANDS,
    *auditing.COMMANDS,
    *exporting.COMMANDS,
)

COMMANDS: tuple[Command, ...] = in_order((*basics.start_and_help(_WORK), *_WORK))
QUESTIONS: dict[str, Question] = {
    **allocating.QUESTIONS,
    **investing.QUESTIONS,
    **rebalancing.QUESTIONS,
    **limiting.QUESTIONS,
    **strategizing.QUESTIONS,
}
TAPS: dict[str, Handle] = {
    **allocating.TAPS,
    **status.TAPS,
    **ordering.TAPS,
    **rebalancing.TAPS,
    **remembering.TAPS,
    **alerting.TAPS,
    **auditing.TAPS,
    **confirming.taps(QUESTIONS),
}
