"""How a draft looks: its table, and its buttons. Each button carries the token of the state that it was shown with."""

from collections.abc import Iterable, Sequence
from html import escape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.commands.allocation.book import Kept
from bot.views import alerts as views
from bot.views.tables import MINUS
from core.alerts import Table
from core.allocation import WHOLE, Allocation, BasisPoints, hundredths, percent
from core.drafting import drafts
from core.drafting.drafts import Draft
from core.symbols import one_word

TAP = "draft"
"""What the data of every button of a draft begins with: `draft:TOKEN:VERB[:NUMBER[:MORE]]`."""

STEPS: tuple[tuple[BasisPoints, ...], ...] = ((-1_000, -500, -100, 100, 500, 1_000), (-50, -25, -1, 1, 25, 50))
"""By how much a tap changes a weight, in basis points; a phone shows six buttons in a row."""

IN_A_ROW = 3
MOST_FUNDS = 18
"""How many funds are offered as buttons; any other is typed."""


def whole(kept: Kept, said: str = "") -> tuple[str, InlineKeyboardMarkup]:
    """Return a draft with its sum, and what can be done with it. `said` is what has just happened, as HTML."""
    draft = kept.draft
    first = f"{said}\n" if said else ""
    html = f"{first}<b>Draft</b>, not active yet\n{_table(draft)}\n{drafts.standing(draft)}"
    sectors = [
        _button(f"{one_word(one.symbol)} {percent(one.weight) if one.weight else '?'}", kept, "sector", number)
        for number, one in enumerate(draft.sectors)
    ]
    rest = [_button("Share the rest", kept, "spread")] if _can_spread(draft) else []
    ready = [_button("Review", kept, "review")] if isinstance(drafts.finish(draft), Allocation) else []
    last = [_button("Add a sector", kept, "add"), *rest]
    return html, _markup([*_in_rows(sectors), last, [*ready, _button("Discard", kept, "discard")]])


def sector(kept: Kept, number: int, said: str = "") -> tuple[str, InlineKeyboardMarkup]:
    """Return one sector of a draft, with buttons for its weight, fund and name."""
    draft, one = kept.draft, kept.draft.sectors[number]
    first = f"{said}\n" if said else ""
    weight = percent(one.weight) if one.weight else "no weight yet"
    html = f"{first}<b>{escape(one.name, quote=False)}</b> ({escape(one_word(one.symbol))}): {weight}\n"
    html += escape(drafts.standing(draft), quote=False)
    now = one.weight or 0
    steps = [
        [_button(_step(by), kept, "by", number, by) for by in row if 1 <= now + by <= WHOLE and by] for row in STEPS
    ]
    left = WHOLE - draft.total
    rest = []
    if left and 1 <= now + left <= WHOLE:
        rest.append(_button(f"Make it {percent(now + left)}", kept, "by", number, left))
    if len(draft.sectors) > 1 and left and one.weight:
        rest.append(_button("Share the rest", kept, "spread", number))
    return html, _markup(
        [
            *steps,
            rest,
            [_button("Fund", kept, "funds", number), _button("Type it", kept, "type", number)],
            [_button("Remove", kept, "remove", number), _button("Back", kept, "show")],
        ]
    )


def fund_choice(kept: Kept, familiar: dict[str, str], number: int | None) -> tuple[str, InlineKeyboardMarkup]:
    """Return the funds to choose from for a sector, or for a new one (None), and how to type any other."""
    taken = {one.symbol for one in kept.draft.sectors}
    symbols = sorted(symbol for symbol in familiar if symbol not in taken)[:MOST_FUNDS]
    verb, place = ("new", "") if number is None else ("fund", number)
    buttons = [_button(one_word(symbol), kept, verb, place, symbol) for symbol in symbols]
    if number is None:
        words = (
            f"<b>A new sector</b>\nChoose its fund, or send any other with its weight:\n{_code('set World, VT, 10%')}"
        )
        back = _button("Back", kept, "show")
    else:
        one = kept.draft.sectors[number]
        words = (
            f"<b>{escape(one.name, quote=False)}</b>: choose its fund, or send any other:\n"
            f"{_code(f'fund {one_word(one.symbol)} VTI')}"
        )
        back = _button("Back", kept, "sector", number)
    return words, _markup([*_in_rows(buttons), [back]])


def typing(kept: Kept, number: int) -> tuple[str, InlineKeyboardMarkup]:
    """Return how a weight, a name or a fund is typed: lines that a tap copies, to be changed and sent."""
    one = kept.draft.sectors[number]
    symbol = one_word(one.symbol)
    weight = percent(one.weight) if one.weight else "12.5%"
    html = (
        f"<b>{escape(one.name, quote=False)}</b>: tap a line to copy it, change it, and send it.\n"
        f"Weight: {_code(f'set {symbol} {weight}')}\n"
        f"Name: {_code(f'rename {symbol} {one.name}')}\n"
        f"Fund: {_code(f'fund {symbol} VTI')}"
    )
    return html, _markup([[_button("Back", kept, "sector", number)]])


def _table(draft: Draft) -> str:
    rows = tuple((one.name, one_word(one.symbol), percent(one.weight) if one.weight else "?") for one in draft.sectors)
    return views.table(Table(("Sector", "Symbol", "Weight"), rows, (("Total", "", hundredths(draft.total)),)))


def _can_spread(draft: Draft) -> bool:
    return draft.total != WHOLE and isinstance(drafts.spread(draft), Draft)


def _step(by: BasisPoints) -> str:
    return f"{MINUS if by < 0 else '+'}{percent(abs(by)).removesuffix('%')}"


def _code(words: str) -> str:
    return f"<code>/allocation {escape(words, quote=False)}</code>"


def _button(label: str, kept: Kept, verb: str, *more: int | str) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=":".join((TAP, kept.token, verb, *map(str, more))))


def _in_rows(buttons: Sequence[InlineKeyboardButton]) -> Iterable[list[InlineKeyboardButton]]:
    return [list(buttons[start : start + IN_A_ROW]) for start in range(0, len(buttons), IN_A_ROW)]


def _markup(rows: Iterable[Sequence[InlineKeyboardButton]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([list(row) for row in rows if row])
