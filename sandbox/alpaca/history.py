"""The account's equity, session by session, as GET /v2/account/portfolio/history tells it."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from starlette.exceptions import HTTPException

from sandbox.alpaca import queries
from sandbox.alpaca.activities import Activity, activities
from sandbox.alpaca.answers import Json
from sandbox.alpaca.brokerage import Brokerage
from sandbox.sessions import NEW_YORK, Session, latest_session, sessions_between

_PERIOD_DAYS = {"D": 1, "W": 7, "M": 30, "A": 365}


def portfolio_history(brokerage: Brokerage, params: queries.Params) -> Json:
    """Return daily equity, as JSON numbers; profit is the change from one day to the next, deposits included.

    Intraday time frames are refused: the sandbox knows days only.
    """
    now = brokerage.settle()
    queries.choice(params, "timeframe", ("1D",))
    today = latest_session(now).day
    last = queries.day(params, "end") or queries.day(params, "date_end") or today
    first = queries.day(params, "start") or last - _period(params.get("period") or "1M")
    born = brokerage.created_at.astimezone(NEW_YORK).date()
    sessions = sessions_between(max(first, born), min(last, today))
    ends = [min(session.closes, now) for session in sessions]
    equity = [brokerage.book.equity(end, brokerage.market) for end in ends]
    base = _base(brokerage, sessions, equity)
    changes = [value - before for before, value in zip([base, *equity], equity, strict=False)]
    answer: Json = {
        "timestamp": [int(_labelled(session.day).timestamp()) for session in sessions],
        # Numbers, as Alpaca's contract has it: this is the one place of the trading API without strings.
        "equity": [float(value) for value in equity],
        "profit_loss": [float(change) for change in changes],
        "profit_loss_pct": [
            float(round(change / before, 4)) if before else 0.0
            for change, before in zip(changes, [base, *equity], strict=False)
        ],
        "base_value": float(base),
        "timeframe": "1D",
    }
    wanted = queries.names(params, "cashflow_types")
    if wanted and wanted != ["NONE"]:
        answer["cashflow"] = _cashflow(activities(brokerage.book, now), ends, wanted)
    return answer


def _base(brokerage: Brokerage, sessions: list[Session], equity: list[Decimal]) -> Decimal:
    """Return the equity at the close before the first day, or the first day's for a new account."""
    if not sessions:
        return Decimal(0)
    earlier = sessions_between(sessions[0].day - timedelta(days=10), sessions[0].day - timedelta(days=1))
    if earlier and earlier[-1].closes > brokerage.created_at:
        return brokerage.book.equity(earlier[-1].closes, brokerage.market)
    return equity[0]


def _cashflow(found: list[Activity], ends: list[datetime], wanted: list[str]) -> Json:
    flows: dict[str, list[float]] = {}
    for activity in found:
        if activity.net_amount and (wanted == ["ALL"] or activity.type in wanted):
            # A flow belongs to the first day that ends after it; one since the last close is not told yet.
            index = next((place for place, end in enumerate(ends) if activity.at <= end), None)
            if index is not None:
                row = flows.setdefault(activity.type, [0.0] * len(ends))
                row[index] = float(Decimal(str(row[index])) + activity.net_amount)
    return dict(flows)


def _period(text: str) -> timedelta:
    read = re.fullmatch(r"([1-9]\d{0,2})([DWMA])", text)
    if read is None:
        raise HTTPException(422, "invalid period")
    return timedelta(days=int(read[1]) * _PERIOD_DAYS[read[2]])


def _labelled(day: date) -> datetime:
    """Return the instant that stands for a day: Alpaca's examples have 20:00 in New York."""
    return datetime.combine(day, time(20), NEW_YORK)
