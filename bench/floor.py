"""What seven orders cost over one without the product: what the stand-in and this machine take for themselves."""

import json
import multiprocessing
import socket
import ssl
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from itertools import count
from urllib.parse import urlsplit

from bench.figures import Figure
from broker.access import Access

ROUNDS = 15

_numbers = count(1)


def measure(access: Access, certificates: str) -> Figure:
    """Send seven orders at once, each as ready bytes over an open connection of its own, and one, from one process."""
    # Of its own: beside the stand-in's thread it would wait for the interpreter, as no client of a broker does.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
        one, seven = (apart.submit(seconds, access, certificates, number).result() for number in (1, 7))
    return Figure("floor_7_over_one", seven / one, "ratio")


def seconds(access: Access, certificates: str, number: int) -> float:
    """Return how long it takes, in the median, until so many orders that leave at once are all answered."""
    target = urlsplit(access.trading_url)
    trust = ssl.create_default_context(cafile=certificates)
    with ExitStack() as opened:
        lines: list[ssl.SSLSocket] = []
        for _ in range(number):
            line = socket.create_connection((str(target.hostname), target.port or 443))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lines.append(opened.enter_context(trust.wrap_socket(line, server_hostname=target.hostname)))
        _send(access, lines)
        return statistics.median(_send(access, lines) for _ in range(ROUNDS))


def _send(access: Access, lines: list[ssl.SSLSocket]) -> float:
    requests = [_request(access) for _ in lines]
    began = time.monotonic()
    for line, request in zip(lines, requests, strict=True):
        line.sendall(request)
    answers = [_answer(line) for line in lines]
    taken = time.monotonic() - began
    if not all(answer.startswith(b"HTTP/1.1 200") for answer in answers):
        raise RuntimeError(f"an order was not taken, so the figure means nothing: {answers}")
    return taken


def _answer(line: ssl.SSLSocket) -> bytes:
    received = b""
    # Head and body come one after the other; the body is an order in JSON.
    while not received.endswith(b"}") and (more := line.recv(65536)):
        received += more
    return received


def _request(access: Access) -> bytes:
    order = {"symbol": "VOO", "notional": "10", "side": "buy", "type": "market", "time_in_force": "day"}
    body = json.dumps(order | {"client_order_id": f"floor-{next(_numbers)}"})
    head = (
        "POST /v2/orders HTTP/1.1",
        f"Host: {urlsplit(access.trading_url).netloc}",
        f"APCA-API-KEY-ID: {access.key_id}",
        f"APCA-API-SECRET-KEY: {access.secret_key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join([*head, "", body]).encode()
