"""Who may ask the page for anything: the page itself, on this machine, and nobody else's web site.

Any site that is open in the same browser can send requests to loopback. It cannot read the answers, because nothing
here allows it to; it can give a name of its own loopback's address, so the Host is checked; and it can post forms, so
an action must name the page as its Origin and carry the token that only the page's own HTML holds.
"""

from collections.abc import Callable
from hmac import compare_digest

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "X-Page-Token"  # noqa: S105  # the header's name

_HEADERS = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Guard:
    """Stand before the page's application: turn strangers away, and say in every answer what it may load."""

    def __init__(self, app: ASGIApp, *, port: Callable[[], int], token: str) -> None:
        self._app = app
        self._port = port
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say why not."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refused = self._refusal(scope["method"], Headers(scope=scope))
        app = self._app if refused is None else JSONResponse({"error": refused}, status_code=403)
        await app(scope, receive, send_guarded)

    def _refusal(self, method: str, headers: Headers) -> str | None:
        """Return why this request is not served, None when it is."""
        here = [f"{name}:{self._port()}" for name in ("127.0.0.1", "localhost")]
        host, origin = headers.get("Host", ""), headers.get("Origin")
        if host not in here:
            return f"the host is {host!r}, must be {here[0]}: open the page at http://{here[0]}/"
        if origin is not None and origin != f"http://{host}":
            return f"the request comes from {origin!r}: only the page itself may ask"
        if method in {"GET", "HEAD"}:
            return None
        if origin is None:
            return "the request does not say where it comes from: only the page itself may ask"
        if not compare_digest(headers.get(TOKEN_HEADER, "").encode(), self._token.encode()):
            return "the token is not this page's: reload the page, the demo may have been started anew"
        return None
