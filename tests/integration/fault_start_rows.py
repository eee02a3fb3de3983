"""How the fault table's rows of the service's start are lived through: a start each, with a run that is due at once."""

from decimal import Decimal
from pathlib import Path
from time import monotonic

from sandbox.world import World
from tests.integration.fault_expected import EXECUTED, STATUS, TITLE
from tests.integration.fault_service import Service, installed
from tests.integration.fault_table import Occasion, Row, Seen

NO_MENU = "the menu of commands is not set"


def live_through(row: Row, folder: Path) -> Seen:
    """Start a service with $250 in its account and the row's fault in its way; return what came of it."""
    with installed(folder) as service:
        service.sandbox.call(lambda world: world.brokerage.deposit(Decimal(250)))
        began = monotonic()
        service.fail(row)
        service.start()
        try:
            _see_it_through(service, row)
        except TimeoutError as error:
            return Seen("unfinished", 0, (str(error),))
        return service.seen(row, began)


def _see_it_through(service: Service, row: Row) -> None:
    service.until(service.has_struck, "the call that fails")
    if row.lasting:
        service.refuse(row)
    service.until(lambda world: EXECUTED in service.texts(world), "the SMS, which needs no chat")
    service.mend()
    service.until(lambda world: service.shows(world, TITLE), "the alert")
    service.sandbox.call(lambda world: world.telegram.say(service.trial.owner, "/status"))
    service.until(lambda world: service.shows(world, STATUS), "an answer")
    service.until(lambda world: _menu_is_settled(service, row, world), "the menu, or the end of a try to set it")
    service.open_books()
    service.until(lambda _: service.has_ended(), "the row's end")


def _menu_is_settled(service: Service, row: Row, world: World) -> bool:
    tried = row.call.occasion is Occasion.MENU and service.logged(NO_MENU) > 0
    return tried or bool(world.telegram.commands)
