"""How the fault table's rows of the chat and the SMS are lived through: one running service, one row after another.

In each row $250 has come, the owner has asked for the plan and taps it: a run outside any schedule, all on one day.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from time import monotonic

from sandbox.faults.kinds import BAD_GATEWAY
from sandbox.telegram import Message
from sandbox.world import World
from tests.integration.fault_expected import BEFORE_ACTING, DONE, EXECUTED, PLAN, STATUS, TITLE, WENT_WRONG
from tests.integration.fault_service import DEAF, SILENT, Service, installed
from tests.integration.fault_table import Occasion, Row, Seen

LISTENING = {Occasion.POLL, Occasion.RECONNECTING}
SHOWN_BY_THE_TAP = {Occasion.TAP, Occasion.NOTICE}


def live_through(rows: Sequence[Row], folder: Path) -> Iterator[Seen]:
    """Live through rows in one service, each when the one before has ended; yield what came of each."""
    with installed(folder) as service:
        service.start()
        service.open_books()
        service.until(lambda _: service.has_ended(), "the end of the day's own run, for which there is no cash")
        for row in rows:
            try:
                yield _Exchange(service, row).live()
            except TimeoutError as error:
                yield Seen("unfinished", 0, (str(error),))
            finally:
                service.mend()


class _Exchange:
    """A row: what the owner does, and what is waited for."""

    def __init__(self, service: Service, row: Row) -> None:
        self._service = service
        self._row = row
        self._occasion = row.call.occasion
        self._silent = service.logged(SILENT)
        self._deaf = 0

    def live(self) -> Seen:
        """Live through the row, and return what came of it."""
        service, row = self._service, self._row
        service.until(lambda world: world.telegram.updates.has_poller, "a poll")
        service.begin()
        plan = self._plan()
        began = monotonic()
        service.fail(row)
        self._provoke(plan)
        service.until(self._has_struck, "the call that fails")
        self._deaf = service.logged(DEAF)
        if row.lasting:
            service.refuse(row)
        if self._occasion in LISTENING:
            self._tap(plan)
        if row.lasting or self._occasion is Occasion.QUESTION:
            service.until(self._has_passed, "what comes of the call, and of what does not need it")
            service.mend()
        if self._occasion is Occasion.QUESTION:
            self._ask_again()
            self._tap(plan)
        service.until(self._has_ended, "the row's end")
        return service.seen(row, began)

    def _plan(self) -> Message:
        """Let cash come and the owner ask what would be done with it; return the message that shows it."""
        service = self._service

        def ask(world: World) -> None:
            world.brokerage.deposit(Decimal(250))
            world.telegram.say(service.trial.owner, "/invest")

        service.sandbox.call(ask)
        service.until(lambda world: service.shows(world, PLAN), "the plan")
        return service.sandbox.call(service.messages)[0]

    def _provoke(self, plan: Message) -> None:
        """Let the call be made that fails."""
        owner = self._service.trial.owner

        def poll(world: World) -> None:
            if self._occasion is Occasion.RECONNECTING:
                world.faults.set("telegram", BAD_GATEWAY, path="*/getUpdates", times=1)
            world.telegram.updates.wake()

        if self._occasion in LISTENING:
            self._service.sandbox.call(poll)
        elif self._occasion is Occasion.QUESTION:
            self._service.sandbox.call(lambda world: world.telegram.say(owner, "/status"))
        else:
            self._tap(plan)

    def _tap(self, plan: Message) -> None:
        owner = self._service.trial.owner
        self._service.sandbox.call(lambda world: world.telegram.tap(owner, plan.id, 1))

    def _ask_again(self) -> None:
        service = self._service

        def ask(world: World) -> int:
            world.telegram.say(service.trial.owner, "/status")
            return service.shows(world, STATUS)

        answered = service.sandbox.call(ask)
        service.until(lambda world: service.shows(world, STATUS) > answered, "an answer to the second question")

    def _has_struck(self, world: World) -> bool:
        # What the tap shows at its end leaves at the same moment as the alert, and is not what that row is about.
        shown = self._occasion is not Occasion.ALERT or self._service.shows(world, DONE) > 0
        return self._service.has_struck(world) and shown

    def _has_passed(self, world: World) -> bool:
        """Return whether the call has come to what it comes to, and so has what the fault must not harm."""
        service = self._service
        silent, texted = service.logged(SILENT) > self._silent, EXECUTED in service.texts(world)
        match self._occasion:
            case Occasion.QUESTION:
                return silent or service.shows(world, STATUS) > 0
            case Occasion.TEXT:
                return service.shows(world, TITLE) > 0
            case Occasion.ALERT:
                return texted
            case Occasion.TAP | Occasion.NOTICE:
                return texted and silent
            case _:
                return service.logged(DEAF) > self._deaf

    def _has_ended(self, world: World) -> bool:
        service = self._service
        kept = self._occasion in SHOWN_BY_THE_TAP and self._row.fault in BEFORE_ACTING
        given_up = kept and service.logged(SILENT) > self._silent
        told = service.shows(world, TITLE) > 0 and EXECUTED in service.texts(world)
        shown = service.shows(world, DONE) + service.shows(world, WENT_WRONG) > 0
        return told and (given_up or shown) and service.has_ended()
