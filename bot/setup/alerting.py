"""The test alert, and what is done when it does not arrive."""

from bot.channels import Sent
from bot.settings.model import Settings
from bot.setup import trying
from bot.setup.interview import Stopped
from bot.setup.questions import Prompter, Question

CHOICE = Question("What now?", "--no-test")

_CHOICES = """\
  s  send it again
  c  change the Telegram ids and the phone numbers, and send it again
  w  write the settings all the same
  q  stop; nothing is written"""


def is_done(prompter: Prompter, settings: Settings) -> bool:
    """Send test alerts until the settings are to be written; return False where ids or numbers are to be changed.

    Raises Stopped where neither is wanted, or where an alert cannot be sent and nobody is there to decide.
    """
    while True:
        if _arrives(prompter, settings):
            return True
        match _decided(prompter):
            case "c":
                return False
            case "w":
                return True
            case "q":
                raise Stopped("look at the numbers and ids you gave, and run it again")


def _arrives(prompter: Prompter, settings: Settings) -> bool:
    prompter.say("\nA test alert goes out:")
    attempts = trying.alerts(settings)
    for title, attempt in attempts:
        prompter.say(f"  {title}: {trying.outcome(attempt)}")
    if all(isinstance(attempt, Sent) for _, attempt in attempts):
        question = Question("Did it arrive?" if len(attempts) == 1 else "Did they arrive?", "--no-test")
        return not prompter.is_person or prompter.agrees(question, usually=True)
    if not prompter.is_person:
        raise Stopped("a test alert could not be sent: mend that, or give --no-test to write the settings anyway")
    prompter.say("Not everything went out.")
    return False


def _decided(prompter: Prompter) -> str:
    prompter.say(_CHOICES)
    # Nothing is usual here: to send again costs an SMS, and to stop costs every answer.
    while (answer := prompter.ask(CHOICE).casefold()) not in {"s", "c", "w", "q"}:
        prompter.say(f"{answer!r} is none of these: answer s, c, w or q.")
    return answer
