"""The control address: move the sandbox's world from another process.

JSON over HTTPS without a password, because it is bound to loopback and everything behind it is invented.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.control.bodies import Body, dollars, optional_integer, seconds
from sandbox.control.levers import levers
from sandbox.faults.kinds import CATALOGUE, Answer, Fault, Slow
from sandbox.sessions import NEW_YORK
from sandbox.world import World


def control_app(world: World, owner_id: int, settle: Callable[[], Awaitable[None]]) -> Starlette:
    """Build the application that moves this world, `owner_id` being who says and taps.

    `settle` is awaited after each action, so that ports refuse, or answer again, before this answers.

    GET /transcript and /clock; POST /clock {set | advance (seconds)}, /deposit and /withdraw {amount}, /halt,
    /resume and /vanish {symbol}, /say {text}, /tap {button, message_id?}, /start {}, /faults {service, kind,
    method?, path?, times?}, /faults/clear {number?}. A fault's kind is a name of sandbox.faults.kinds.CATALOGUE, or
    `answer` with {status, body?, content_type?, after_acting?}, or `slow` with {seconds, after_acting?}. How strict
    the stand-ins are is set by the paths of sandbox.control.levers.
    """
    actions: Mapping[str, Callable[[Body], object]] = {
        **levers(world, owner_id),
        "/clock": lambda body: _move_clock(world, body),
        "/deposit": lambda body: world.brokerage.deposit(dollars(body)),
        "/withdraw": lambda body: world.brokerage.withdraw(dollars(body)),
        "/halt": lambda body: world.brokerage.halt(str(body["symbol"])),
        "/resume": lambda body: world.brokerage.resume(str(body["symbol"])),
        "/vanish": lambda body: world.brokerage.vanish(str(body["symbol"])),
        "/start": lambda _body: world.telegram.press_start(owner_id).id,
        "/say": lambda body: world.telegram.say(owner_id, str(body["text"])).id,
        "/tap": lambda body: _tap(world, owner_id, body),
        "/faults": lambda body: _set_fault(world, body),
        "/faults/clear": lambda body: world.faults.clear(optional_integer(body, "number")),
    }

    async def act(request: Request) -> JSONResponse:
        try:
            body = await request.json() if await request.body() else {}
            result = actions[request.url.path](body)
            await settle()
        except KeyError as missing:
            return JSONResponse({"error": f"{missing} is missing"}, status_code=400)
        except (ValueError, TypeError, LookupError) as wrong:
            return JSONResponse({"error": str(wrong)}, status_code=400)
        return JSONResponse({"result": result})

    async def transcript(_request: Request) -> JSONResponse:
        return JSONResponse(world.transcript())

    async def clock(_request: Request) -> JSONResponse:
        return JSONResponse({"result": _time(world)})

    return Starlette(
        routes=[
            Route("/transcript", transcript, methods=["GET"]),
            Route("/clock", clock, methods=["GET"]),
            *(Route(path, act, methods=["POST"]) for path in actions),
        ]
    )


def _time(world: World) -> str:
    return world.clock.now().astimezone(NEW_YORK).isoformat()


def _move_clock(world: World, body: Body) -> str:
    if "set" in body:
        world.clock.set(datetime.fromisoformat(str(body["set"])))
    else:
        world.clock.advance(seconds(body, "advance"))
    return _time(world)


def _tap(world: World, owner_id: int, body: Body) -> str:
    """Tap a button, of the newest message that has any unless one is named."""
    message_id = optional_integer(body, "message_id")
    if message_id is None:
        newest = world.telegram.newest_with_buttons()
        if newest is None:
            raise ValueError("no message shows a button")
        message_id = newest.id
    button = body["button"]
    return world.telegram.tap(owner_id, message_id, button if isinstance(button, int) else str(button))


def _set_fault(world: World, body: Body) -> int:
    return world.faults.set(
        str(body["service"]),
        _fault(body),
        method=str(body.get("method", "*")),
        path=str(body.get("path", "*")),
        times=optional_integer(body, "times"),
    )


def _fault(body: Body) -> Fault:
    after_acting = bool(body.get("after_acting", False))
    match str(body["kind"]):
        case "answer":
            return Answer(
                int(str(body["status"])),
                str(body.get("body", "")),
                str(body.get("content_type", "application/json")),
                after_acting=after_acting,
            )
        case "slow" if "seconds" in body:
            return Slow(seconds(body, "seconds"), after_acting)
        case kind if kind in CATALOGUE:
            return CATALOGUE[kind]
        case kind:
            raise ValueError(f"kind is {kind!r}, must be answer or one of {', '.join(CATALOGUE)}")
