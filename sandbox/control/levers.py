"""The levers of the stand-ins that the control address offers: how strict, how slow and how full they are."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal

from sandbox.alpaca import AccountStatus, Brokerage, Execution, Restrictions, Status
from sandbox.control.bodies import Body, dollars, integer, limit, number, seconds, truth
from sandbox.telegram import Telegram
from sandbox.vonage import SmsService
from sandbox.world import World

Lever = Callable[[Body], object]


def levers(world: World, owner_id: int) -> Mapping[str, Lever]:
    """Return what each path of the control address sets, by that path.

    /rate_limit {per_minute}: Alpaca's requests a minute, null for any number; /executions {symbol?, parts?, every?
    (seconds), fraction?, ends? (filled or canceled)}: how orders fill from now on, of one symbol or of all;
    /fill_delay, /position_lag and /data_delay {seconds}, the last null for a paid data plan; /restrictions
    {trading_blocked?, account_blocked?, suspended_by_user?, status?, crypto_status?}: what is named changes, the rest
    stays; /dividend {symbol, per_share}; /reset {cash?}: another account; /flood {on}: Telegram's limits on how fast
    the bot may write; /block and /revoke {}: the owner blocks the bot, its token ends; /throughput {per_second}:
    Vonage's requests a second, null for any number; /credit {euros}; /sms_status {status, times?}: Vonage answers the
    next messages so.
    """
    return {
        **_of_orders(world.brokerage),
        **_of_the_account(world.brokerage),
        **_of_the_chat(world.telegram, owner_id),
        **_of_sms(world.sms),
    }


def _of_orders(brokerage: Brokerage) -> Mapping[str, Lever]:
    def set_execution(body: Body) -> None:
        execution = _execution(body)
        if "symbol" in body:
            brokerage.executions[str(body["symbol"])] = execution
        else:
            brokerage.execution = execution
            brokerage.executions.clear()

    def set_fill_delay(body: Body) -> None:
        brokerage.fill_delay = _not_negative(seconds(body, "seconds"))

    def set_position_lag(body: Body) -> None:
        brokerage.position_lag = _not_negative(seconds(body, "seconds"))

    return {"/executions": set_execution, "/fill_delay": set_fill_delay, "/position_lag": set_position_lag}


def _of_the_account(brokerage: Brokerage) -> Mapping[str, Lever]:
    def set_data_delay(body: Body) -> None:
        brokerage.data_delay = None if body["seconds"] is None else _not_negative(seconds(body, "seconds"))

    def set_restrictions(body: Body) -> None:
        brokerage.restrictions = _restricted(brokerage.restrictions, body)

    return {
        "/rate_limit": lambda body: brokerage.limit_requests(limit(body, "per_minute")),
        "/data_delay": set_data_delay,
        "/restrictions": set_restrictions,
        "/dividend": lambda body: str(brokerage.pay_dividend(str(body["symbol"]), dollars(body, "per_share"))),
        "/reset": lambda body: brokerage.reset(dollars(body, "cash") if "cash" in body else None),
    }


def _of_the_chat(telegram: Telegram, owner_id: int) -> Mapping[str, Lever]:
    def set_flood(body: Body) -> None:
        telegram.flood.is_on = truth(body, "on")

    return {
        "/flood": set_flood,
        "/block": lambda _body: telegram.block(owner_id),
        "/revoke": lambda _body: telegram.revoke(),
    }


def _of_sms(sms: SmsService) -> Mapping[str, Lever]:
    def set_throughput(body: Body) -> None:
        sms.throughput = limit(body, "per_second")

    def set_credit(body: Body) -> None:
        sms.balance = dollars(body, "euros")

    return {
        "/throughput": set_throughput,
        "/credit": set_credit,
        "/sms_status": lambda body: sms.fail_with(integer(body, "status"), integer(body, "times", 1)),
    }


def _execution(body: Body) -> Execution:
    return Execution(
        parts=integer(body, "parts", 1),
        every=seconds(body, "every", timedelta(0)),
        fraction=number(body, "fraction", Decimal(1)),
        ends=Status(str(body.get("ends", Status.FILLED.value))),
    )


def _restricted(now: Restrictions, body: Body) -> Restrictions:
    known = [field.name for field in fields(Restrictions)]
    if unknown := body.keys() - known:
        raise ValueError(f"{', '.join(sorted(unknown))} is no restriction: there are {', '.join(known)}")
    return Restrictions(
        trading_blocked=truth(body, "trading_blocked", now.trading_blocked),
        account_blocked=truth(body, "account_blocked", now.account_blocked),
        suspended_by_user=truth(body, "suspended_by_user", now.suspended_by_user),
        status=AccountStatus(str(body.get("status", now.status.value))),
        crypto_status=AccountStatus(str(body.get("crypto_status", now.crypto_status.value))),
    )


def _not_negative(time: timedelta) -> timedelta:
    if time < timedelta(0):
        raise ValueError(f"seconds is {time.total_seconds():g}, must not be negative")
    return time
