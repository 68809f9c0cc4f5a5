"""A broker of our own, for what mosquitto cannot be made to do: MQTT 3.1.1 over TLS 1.2.

Source: what printers were seen to do, in bambuddy (#887, #1136, #1164), ha-bambulab (#174) and
OpenBambuAPI, read 2026-10: PUBACK withheld, sessions that are half dead, about four clients, a
closed connection for whoever subscribes to the requests.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any, Final

from tests.peers.mosquitto import Door, Take
from tests.peers.mqtt_packets import (
    Connect,
    Kind,
    NoPacket,
    Packet,
    Publish,
    Subscribe,
    matches,
    numbered,
    read_packet,
)

ANSWERS_WITHIN_S: Final = 10.0
ACCEPTED, BAD_CODE = 0, 5  # CONNACK
REFUSED: Final = 0x80  # SUBACK
AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: a reset instead of an orderly end


class Cut(StrEnum):
    """When all connections are cut at a message that was armed for."""

    BEFORE = auto()  # the printer never gets it
    AFTER = auto()  # the printer has got it; it was not acknowledged


@dataclass(eq=False, slots=True)
class _Client:
    writer: asyncio.StreamWriter
    door: Door
    id: str = ""
    topics: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Speaker:
    """The broker; its faults are fields to change at any time.

    Attributes:
        withholds_puback: QoS 1 is taken and never acknowledged.
        refuses_subscription: SUBACK says no.
        half_dead: reports flow and pings are answered; what is published to it vanishes.
        mute: connections stay open and nothing flows, not even an answer to a ping.
        holds_connack: whoever connects waits for ever.
        frees_slot_after_s: how long a client that has gone still counts.
        most_clients: connections at a time; None is as many as the door says.
        published: all messages that reached it, with who sent them.
        on_connect: called when somebody has come in.
    """

    withholds_puback: bool = False
    refuses_subscription: bool = False
    half_dead: bool = False
    mute: bool = False
    holds_connack: bool = False
    frees_slot_after_s: float = 0.0
    most_clients: int | None = None
    published: list[tuple[str, Publish]] = field(default_factory=list)
    on_connect: Callable[[], object] | None = None
    _cuts: list[tuple[bytes, Cut]] = field(default_factory=list)
    _takers: dict[str, Take] = field(default_factory=dict)
    _clients: set[_Client] = field(default_factory=set)
    _slots: int = 0
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _servers: list[asyncio.Server] = field(default_factory=list)

    def take(self, serial: str, taker: Take) -> None:
        """Let ``taker`` have what is published to this printer."""
        self._takers[serial] = taker

    def arm(self, cut: Cut, part: bytes) -> None:
        """Cut all connections at the next message that holds ``part``."""
        self._cuts.append((part, cut))

    def disarm(self) -> None:
        """Cut nothing more: the message that was waited for may never have come."""
        self._cuts.clear()

    @property
    def clients(self) -> list[str]:
        """The ids of those who are connected."""
        return sorted(client.id for client in [*self._clients])

    # Power.

    def start(self, doors: Sequence[Door]) -> None:
        """Open the doors."""
        self._slots = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        for door in doors:
            self._do(self._open(door))

    def stop(self) -> None:
        """Close all connections and doors in order."""
        self._end(gently=True)

    def kill(self) -> None:
        """Reset all connections and close the doors."""
        self._end(gently=False)

    def cut(self) -> None:
        """Reset all connections; the doors stay open."""
        self._do(self._reset_all())

    def _end(self, *, gently: bool) -> None:
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._do(self._close(gently=gently))
        self._loop = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(_give_up_all())
        loop.close()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None, "the broker does not run"
        asyncio.run_coroutine_threadsafe(what, self._loop).result(ANSWERS_WITHIN_S)

    async def _open(self, door: Door) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(_Client(writer, door), reader)

        context = _context(door)
        self._servers.append(await asyncio.start_server(serve, "127.0.0.1", door.port, ssl=context))

    async def _close(self, *, gently: bool) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
        for client in [*self._clients]:
            if gently:
                client.writer.close()
            else:
                _reset(client)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=0.5)
        await _give_up_all()

    async def _reset_all(self) -> None:
        for client in [*self._clients]:
            _reset(client)

    # Messages out.

    def publish(self, serial: str, payload: bytes) -> None:
        """Say something as this printer; lost when nobody listens."""
        loop = self._loop
        if loop is not None and not self.mute:
            with contextlib.suppress(RuntimeError):  # it ends just now
                loop.call_soon_threadsafe(self._spread, f"device/{serial}/report", payload)

    def _spread(self, topic: str, payload: bytes) -> None:
        packet = Publish(topic, payload).encoded()
        for client in [*self._clients]:
            if any(matches(wanted, topic) for wanted in client.topics):
                self._say(client, packet)

    def _say(self, client: _Client, content: bytes) -> None:
        if not self.mute and not client.writer.is_closing():
            client.writer.write(content)

    # Messages in.

    async def _serve(self, client: _Client, reader: asyncio.StreamReader) -> None:
        with self._slot(client) as has_room, contextlib.suppress(OSError, EOFError, NoPacket):
            if has_room and await self._lets_in(client, reader):
                while not await self._answer(client, await read_packet(reader)):
                    pass
        await _closed(client)

    @contextlib.contextmanager
    def _slot(self, client: _Client) -> Iterator[bool]:
        most = client.door.most_clients if self.most_clients is None else self.most_clients
        if self._slots >= most:
            yield False
            return
        self._slots += 1
        try:
            yield True
        finally:
            self._clients.discard(client)
            asyncio.get_running_loop().call_later(self.frees_slot_after_s, self._free)

    def _free(self) -> None:
        self._slots -= 1

    async def _lets_in(self, client: _Client, reader: asyncio.StreamReader) -> bool:
        packet = await read_packet(reader)
        if packet.kind != Kind.CONNECT:
            return False
        asked = Connect.of(packet)
        if self.holds_connack:
            await reader.read()
            return False
        is_right = (asked.user, asked.password) == (client.door.user, client.door.password)
        reason = ACCEPTED if is_right else BAD_CODE
        self._say(client, Packet(Kind.CONNACK, 0, bytes([0, reason])).encoded())
        if not is_right:
            return False
        client.id = asked.client
        for other in [*self._clients]:
            if client.id and (other.id, other.door) == (client.id, client.door):
                _reset(other)
        self._clients.add(client)
        if self.on_connect is not None:
            self.on_connect()
        return True

    async def _answer(self, client: _Client, packet: Packet) -> bool:
        """Do what a packet asks for; returns whether the connection ends."""
        match packet.kind:
            case Kind.PUBLISH:
                self._take(client, Publish.of(packet))
            case Kind.SUBSCRIBE:
                return self._subscribe(client, Subscribe.of(packet))
            case Kind.UNSUBSCRIBE:
                number = int.from_bytes(packet.body[:2], "big")
                client.topics.clear()
                self._say(client, numbered(Kind.UNSUBACK, number))
            case Kind.PINGREQ:
                self._say(client, Packet(Kind.PINGRESP, 0, b"").encoded())
            case Kind.PUBACK:
                pass
            case _:
                return True
        return False

    def _take(self, client: _Client, message: Publish) -> None:
        self.published.append((client.id, message))
        if self.half_dead or self.mute:
            return
        armed = next((cut for cut in self._cuts if cut[0] in message.payload), None)
        if armed is not None:
            self._cuts.remove(armed)
        if armed is None or armed[1] is Cut.AFTER:
            taker = self._takers.get(message.topic.split("/")[1])
            if taker is not None and message.topic.endswith("/request"):
                taker(message.payload)
        if armed is not None:
            for other in [*self._clients]:
                _reset(other)
        elif message.qos and not self.withholds_puback:
            self._say(client, numbered(Kind.PUBACK, message.number))

    def _subscribe(self, client: _Client, wish: Subscribe) -> bool:
        if any(topic.endswith("/request") for topic in wish.topics):
            return True
        codes = bytes([REFUSED if self.refuses_subscription else 0] * len(wish.topics))
        if not self.refuses_subscription:
            client.topics.update(wish.topics)
        self._say(client, numbered(Kind.SUBACK, wish.number, codes))
        return False


def _context(door: Door) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(door.certificate.chain, door.certificate.key)
    return context


def _reset(client: _Client) -> None:
    line: socket.socket | None = client.writer.get_extra_info("socket")
    if line is not None and line.fileno() != -1:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    client.writer.transport.abort()


async def _give_up_all() -> None:
    """End what still goes on; somebody may have come in a moment ago."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _closed(client: _Client) -> None:
    client.writer.close()
    with contextlib.suppress(OSError):
        await client.writer.wait_closed()
