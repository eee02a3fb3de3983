"""Everything that the page shows and moves, in one place."""

from sandbox.page import account_view
from sandbox.page.bot_process import BotProcess, Killable
from sandbox.page.diary import Diary
from sandbox.page.market_clock import MarketClock
from sandbox.page.phone_view import PhoneView
from sandbox.page.troubles import Troubles
from sandbox.world import World


class Stage:
    """Hold one world, the product that lives in it, and what was done to both; for the sandbox's loop only."""

    def __init__(self, world: World, owner_id: int, product: Killable) -> None:
        self.world = world
        self.owner_id = owner_id
        self.diary = Diary(world.clock)
        self.clock = MarketClock(world.clock)
        self.troubles = Troubles(world, self.diary)
        self.bot = BotProcess(product, world, self.diary)
        self._phone = PhoneView(world.telegram, world.sms, owner_id)

    def shown(self) -> dict[str, object]:
        """Return every part of the page by its name, ready for JSON."""
        return {
            "bot": {"state": self.bot.state.value},
            "chat": self._phone.chat(),
            "sms": self._phone.sms(),
            "clock": self.clock.shown(),
            "account": account_view.account(self.world.brokerage),
            "orders": account_view.orders(self.world.brokerage),
            "troubles": self.troubles.shown(),
            "diary": self.diary.shown(),
        }
