"""The owner of the first week: acts in the chat, waits until everything has come, and keeps a diary of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, sleep

from sandbox.demo.phone import Inbox, News
from sandbox.demo.product import Product
from sandbox.first_week.diary import Came, Diary, Entry, Remark, Tapped, Typed
from sandbox.server import Sandbox
from sandbox.telegram import Message, Notice
from sandbox.vonage import Sms
from sandbox.world import World

_PATIENCE_SECONDS = 45.0
_LOOK_SECONDS = 0.05

# For how long nothing must have come before the owner does the next thing: nothing may come after what it came before.
_QUIET_SECONDS = 0.6


class Owner:
    """One person with two phones' worth of messages, on a clock that stands still until `moves_to` moves it."""

    def __init__(self, sandbox: Sandbox, product: Product) -> None:
        self._sandbox = sandbox
        self._product = product
        self._inbox = Inbox()
        self._known: set[int] = set()
        self._entries: list[Entry] = []
        self._began = datetime.now(UTC)

    def diary(self) -> Diary:
        """Return what has happened so far."""
        return Diary(tuple(self._entries), self._began, datetime.now(UTC))

    def remarks(self, words: str) -> None:
        """Note what happens outside the chat."""
        self._entries.append(Remark(self._now(), words))

    def moves_to(self, instant: datetime, *parts: str, pictures: int = 0, by_sms: int = 0) -> None:
        """Move the clock, and wait for what comes by itself then."""
        self.meanwhile(lambda world: world.clock.set(instant), *parts, pictures=pictures, by_sms=by_sms)

    def meanwhile(self, event: Callable[[World], object], *parts: str, pictures: int = 0, by_sms: int = 0) -> None:
        """Let something happen in the world, and wait until what has come holds all these parts, and so much else."""
        self._sandbox.call(event)
        self._sees(parts, pictures, by_sms)

    def starts(self, *parts: str) -> None:
        """Press Start for the first time."""
        self._entries.append(Tapped(self._now(), "START"))
        self.meanwhile(lambda world: world.telegram.press_start(self._sandbox.keys.owner_id), *parts)

    def writes(self, text: str, *parts: str, pictures: int = 0) -> None:
        """Write to the bot, and wait as `meanwhile` does."""
        self._entries.append(Typed(self._now(), text))
        said_by = self._sandbox.keys.owner_id
        self.meanwhile(lambda world: world.telegram.say(said_by, text), *parts, pictures=pictures)

    def taps(self, label: str, *parts: str, by_sms: int = 0) -> None:
        """Tap a button of the newest message that shows it, and wait as `meanwhile` does."""
        self._entries.append(Tapped(self._now(), label))
        self.meanwhile(lambda world: self._tap(world, label), *parts, by_sms=by_sms)

    def _tap(self, world: World, label: str) -> None:
        messages = reversed(world.telegram.messages)
        found = next((one for one in messages if any(button.label == label for button in one.buttons)), None)
        if found is None:
            raise ValueError(f"no message shows a button {label!r}")
        world.telegram.tap(self._sandbox.keys.owner_id, found.id, label)

    def _sees(self, parts: tuple[str, ...], pictures: int, by_sms: int) -> None:
        """Wait for what is expected and then for quiet, and note what has come as it shows in the end."""
        began = last_news = monotonic()
        seen: dict[tuple[str, object], News] = {}
        while True:
            self._product.check()
            for news in self._sandbox.call(self._inbox.news):
                seen[_identity(news, len(seen))] = news
                last_news = monotonic()
            is_quiet = monotonic() - last_news > _QUIET_SECONDS
            missing = _missing(list(seen.values()), parts, pictures, by_sms)
            if is_quiet and not missing:
                break
            if monotonic() - began > _PATIENCE_SECONDS:
                came = "\n".join(map(str, seen.values()))
                raise TimeoutError(f"waited {_PATIENCE_SECONDS:.0f} s in vain for {missing}; what came:\n{came}")
            sleep(_LOOK_SECONDS)
        for news in sorted(seen.values(), key=_order):
            self._note(news)

    def _note(self, news: News) -> None:
        again = isinstance(news, Message) and news.id in self._known
        if isinstance(news, Message):
            self._known.add(news.id)
        self._entries.append(Came(self._now(), news, again=again))

    def _now(self) -> datetime:
        return self._sandbox.call(lambda world: world.clock.now())


def _missing(came: list[News], parts: tuple[str, ...], pictures: int, by_sms: int) -> list[str]:
    missing = [part for part in parts if not any(part in news.text for news in came)]
    photos = sum(isinstance(news, Message) and news.photo is not None for news in came)
    texts = sum(isinstance(news, Sms) for news in came)
    for what, fewer in (("pictures", pictures - photos), ("SMS", by_sms - texts)):
        missing += [f"{fewer} {what}"] if fewer > 0 else []
    return missing


def _identity(news: News, number: int) -> tuple[str, object]:
    """Return what tells one thing from another: an edited message is still the same."""
    return ("message", news.id) if isinstance(news, Message) else ("other", number)


def _order(news: News) -> tuple[int, int]:
    """Order what came at one moment, or nearly: the chat's notice, its messages as they stand there, then the SMS."""
    match news:
        case Notice():
            return 0, 0
        case Message():
            return 1, news.id
        case Sms():
            return 2, 0
