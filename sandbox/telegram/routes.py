"""The Telegram stand-in over HTTP: `/bot<token>/METHOD`."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.telegram.methods import METHODS
from sandbox.telegram.parameters import Parameters, read_parameters
from sandbox.telegram.refusals import Refusal, unauthorized, unknown_method
from sandbox.telegram.state import Telegram


def telegram_app(telegram: Telegram) -> Starlette:
    """Build the application that serves this state as the Bot API does."""

    async def call(request: Request) -> JSONResponse:
        name = request.path_params["method"]
        parameters = await read_parameters(request)
        try:
            result = await _result(telegram, request.path_params["token"], name, parameters)
        except Refusal as refusal:
            telegram.record(name, parameters.as_text(), refusal.code, None)
            return _refused(refusal)
        telegram.record(name, parameters.as_text(), 200, result)
        return JSONResponse({"ok": True, "result": result})

    async def not_found(_request: Request, _error: Exception) -> JSONResponse:
        return _refused(Refusal(404, "Not Found"))

    return Starlette(
        routes=[Route("/bot{token}/{method}", call, methods=["GET", "POST"])],
        exception_handlers={404: not_found},
    )


async def _result(telegram: Telegram, token: str, name: str, parameters: Parameters) -> object:
    if not telegram.accepts(token):
        raise unauthorized()
    method = METHODS.get(name.lower())
    if method is None:
        raise unknown_method()
    return await method(telegram, parameters)


def _refused(refusal: Refusal) -> JSONResponse:
    return JSONResponse(refusal.body(), status_code=refusal.code, headers=refusal.headers())
