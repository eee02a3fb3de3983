"""Requests to Telegram that end, however slowly their answers come."""

import asyncio
from typing import Any

from telegram.error import TimedOut
from telegram.request import HTTPXRequest, RequestData

WHOLE_SECONDS = 10.0
"""How long a request may take in all: what an owner's tap has begun keeps everything else from moving money."""

WITH_FILE_SECONDS = 120.0
"""The same where a picture or a document is sent."""


class BoundedRequest(HTTPXRequest):
    """Ends every request in time: httpx's own time-outs begin anew with each byte, so an answer that drips has none."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **options: Any
    ) -> tuple[int, bytes]:
        """Make a request. Raises TimedOut, too, when its time is over."""
        has_file = request_data is not None and bool(request_data.multipart_data)
        try:
            async with asyncio.timeout(WITH_FILE_SECONDS if has_file else WHOLE_SECONDS):
                return await super().do_request(url, method, request_data, *args, **options)
        except TimeoutError as error:
            raise TimedOut from error
