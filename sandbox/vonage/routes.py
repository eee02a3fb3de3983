"""The Vonage stand-in over HTTP: `/sms/json` and `/account/get-balance`."""

import base64
import binascii
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.vonage.service import SmsService


def vonage_app(service: SmsService) -> Starlette:
    """Build the application that serves this account as Vonage does."""

    async def send(request: Request) -> JSONResponse:
        async with request.form() as fields:
            form = {name: value for name, value in fields.items() if isinstance(value, str)}
        entries = service.submit(form, _credentials(request, form))
        # A failure is HTTP 200 with a status too, and the count is text.
        return JSONResponse({"message-count": str(len(entries)), "messages": entries})

    async def balance(request: Request) -> JSONResponse:
        if not service.accepts(_credentials(request, dict(request.query_params))):
            return JSONResponse({"error-code": "401", "error-code-label": "authentication failed"}, status_code=401)
        return JSONResponse({"value": float(service.balance), "autoReload": False})

    return Starlette(
        routes=[
            Route("/sms/json", send, methods=["POST"]),
            Route("/account/get-balance", balance, methods=["GET"]),
        ]
    )


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("api_key", ""), form.get("api_secret", "")
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret
