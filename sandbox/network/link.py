"""A line with a length: a TCP relay on loopback that delays everything by a fixed time in each direction."""

import asyncio
import socket
import struct
from contextlib import suppress
from datetime import timedelta

HOST = "127.0.0.1"

_CHUNK = 65536
# SO_LINGER on, for no time: closing sends RST instead of FIN, and forgets what was not sent yet.
_NO_LINGER = struct.pack("ii", 1, 0)


def listening_socket(port: int) -> socket.socket:
    """Bind a socket on loopback, on any free port for 0; raise OSError when the port is taken."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms for an ACK.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
    except OSError:
        made.close()
        raise
    return made


def reset(transport: asyncio.WriteTransport) -> None:
    """Cut a connection by RST, under TLS too."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


class Link:
    """Relay one port's connections to another's, as over a line that takes `delay` each way.

    A new connection costs a round trip before its first byte arrives, as a TCP handshake does, and so each
    flight of a TLS handshake costs what it would. Every chunk leaves at its arrival plus the delay, however
    many others are on the way. What loopback cannot show: connect() itself returns at once, the caller's
    first bytes wait instead, and a port that refuses does so at once. All methods belong to one event loop.
    """

    def __init__(self, delay: timedelta) -> None:
        self._delay = delay.total_seconds()
        self._target_port = 0
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self, target_port: int) -> None:
        """Listen, on the same port as before if there was one, and relay to this port."""
        self._target_port = target_port
        listening = listening_socket(self.port)
        self.port = listening.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=listening)

    async def close(self) -> None:
        """Stop listening and cut every connection; do nothing when not open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        relays = list(self._relays)
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)
        # One more turn of the loop, in which the cut connections are let go.
        await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = asyncio.get_running_loop().time()
        relay = asyncio.create_task(self._relay(reader, writer, accepted))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)
        # Not in the task: one that is cancelled before its first step does nothing at all.
        relay.add_done_callback(lambda _: writer.transport.abort())

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, accepted: float) -> None:
        await asyncio.sleep(self._delay)
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target_port)
        except OSError:
            await asyncio.sleep(self._delay)
            reset(writer.transport)
            return
        # Over a real line the caller could not have sent anything before its handshake had come back.
        there = _Lane(self._delay, writer=far_writer, earliest=accepted + 2 * self._delay)
        back = _Lane(self._delay, writer=writer, earliest=accepted)
        try:
            async with asyncio.TaskGroup() as lanes:
                lanes.create_task(there.carry(reader))
                lanes.create_task(back.carry(far_reader))
        finally:
            far_writer.transport.abort()


class _Lane:
    """One direction of one connection; nothing arrives in it before `earliest`, in the loop's time."""

    def __init__(self, delay: float, *, writer: asyncio.StreamWriter, earliest: float) -> None:
        self._delay = delay
        self._writer = writer
        self._earliest = earliest
        # What is on the way: when it is due, and the bytes; none for the end, and None for a connection that was cut.
        self._under_way: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue()

    async def carry(self, reader: asyncio.StreamReader) -> None:
        """Carry everything to the end of the stream."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._deliver())
            both.create_task(self._collect(reader))

    async def _collect(self, reader: asyncio.StreamReader) -> None:
        loop = asyncio.get_running_loop()
        chunk: bytes | None = b"-"
        while chunk:
            try:
                chunk = await reader.read(_CHUNK)
            except ConnectionError:
                chunk = None
            self._under_way.put_nowait((max(loop.time(), self._earliest) + self._delay, chunk))

    async def _deliver(self) -> None:
        loop = asyncio.get_running_loop()
        chunk: bytes | None = b"-"
        while chunk:
            due, chunk = await self._under_way.get()
            await asyncio.sleep(due - loop.time())
            if chunk:
                self._writer.write(chunk)
            elif chunk is None:
                reset(self._writer.transport)
            else:
                with suppress(OSError):  # the other side may have gone already
                    self._writer.write_eof()
