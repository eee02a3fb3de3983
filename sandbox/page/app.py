"""The page as an ASGI application: its files, its state as it changes, and its actions."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from time import monotonic
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.control.bodies import Body
from sandbox.page.actions import Action, actions
from sandbox.page.guard import Guard
from sandbox.page.stage import Stage
from sandbox.telegram.chat import Document, Photo

STATIC = Path(__file__).parent / "static"

_LOOK_SECONDS = 0.15
# A line that carries nothing, so that both ends notice when the other has gone.
_STILL_HERE_SECONDS = 15.0
_LARGEST_BODY = 64 * 1024

Act = Callable[[Callable[[], object]], Awaitable[object]]


def page_app(stage: Stage, *, port: Callable[[], int], token: str, act: Act) -> Starlette:
    """Build the application for the sandbox's loop.

    `act` runs an action there, and awaits that the ports refuse, or answer again, as it made them. GET / is the page,
    /state everything that it shows, /events the same as it changes (Server-Sent Events, each the parts that are new),
    /attached/ID a message's picture or file; POST /actions/NAME does what sandbox.page.actions says, and answers
    {result}, or {error} with 400 for what cannot be read and 422 for what cannot be.
    """
    known = actions(stage)

    async def index(_request: Request) -> Response:
        html = (STATIC / "index.html").read_text(encoding="utf-8")
        return HTMLResponse(html.replace("{{token}}", token))

    async def state(_request: Request) -> Response:
        return JSONResponse(stage.shown())

    async def events(_request: Request) -> Response:
        return StreamingResponse(_changes(stage), media_type="text/event-stream")

    async def attached(request: Request) -> Response:
        return _attached(stage, request.path_params["id"])

    async def do(request: Request) -> Response:
        return await _done(known, request, act)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/state", state),
            Route("/events", events),
            Route("/attached/{id:int}", attached),
            Route("/actions/{name}", do, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, port=port, token=token)],
    )


async def _changes(stage: Stage) -> AsyncIterator[str]:
    """Tell the whole state, then whatever part of it changes, until the page is closed."""
    told: dict[str, object] = {}
    told_at = monotonic()
    while True:
        now = stage.shown()
        changed = {name: part for name, part in now.items() if name not in told or told[name] != part}
        if changed:
            yield f"data: {json.dumps(changed)}\n\n"
            told, told_at = now, monotonic()
        elif monotonic() - told_at > _STILL_HERE_SECONDS:
            yield ": still here\n\n"
            told_at = monotonic()
        await asyncio.sleep(_LOOK_SECONDS)


def _attached(stage: Stage, message_id: int) -> Response:
    conversation = stage.world.telegram.conversation(stage.owner_id)
    match next((message.attached for message in conversation if message.id == message_id), None):
        case Photo() as photo:
            return Response(photo.content, media_type="image/png")
        case Document() as document:
            # Saved, never shown: what the file says it is does not matter then.
            name = quote(document.name or "file", safe="")
            headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
            return Response(document.content, media_type="application/octet-stream", headers=headers)
        case None:
            return JSONResponse({"error": f"message {message_id} has nothing attached"}, status_code=404)


async def _done(known: Mapping[str, Action], request: Request, act: Act) -> Response:
    name = request.path_params["name"]
    action = known.get(name)
    if action is None:
        return JSONResponse({"error": f"there is no action {name!r}: there are {', '.join(known)}"}, status_code=404)
    try:
        body = await _body(request)
    except ValueError as wrong:
        return JSONResponse({"error": f"the request cannot be read: {wrong}"}, status_code=400)
    try:
        return JSONResponse({"result": await act(lambda: action(body))})
    except KeyError as missing:
        return JSONResponse({"error": f"{missing} is missing"}, status_code=400)
    except (ValueError, LookupError) as impossible:
        return JSONResponse({"error": str(impossible)}, status_code=422)


async def _body(request: Request) -> Body:
    written = await request.body()
    if len(written) > _LARGEST_BODY:
        raise ValueError(f"it has {len(written):,} bytes, must have at most {_LARGEST_BODY:,}")
    body = json.loads(written or b"{}")
    if not isinstance(body, dict):
        raise ValueError("it must be a JSON object")
    return body
