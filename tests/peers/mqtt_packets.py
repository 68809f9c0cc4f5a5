"""Packets of MQTT 3.1.1, as far as a broker of scripted printers needs them.

Source: OASIS MQTT 3.1.1 (2014), chapters 2 and 3.
"""

import asyncio
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

HAS_USER, HAS_PASSWORD, HAS_WILL = 0x80, 0x40, 0x04
MOST_LENGTH_BYTES: Final = 4


class Kind(IntEnum):
    """The upper half of the first byte."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class NoPacket(Exception):
    """What came is no packet of MQTT."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; ``flags`` are the lower half of its first byte."""

    kind: int
    flags: int
    body: bytes

    def encoded(self) -> bytes:
        """Return it as it goes over the line."""
        length, left = bytearray(), len(self.body)
        while True:
            left, digit = divmod(left, 0x80)
            length.append(digit | (0x80 if left else 0))
            if not left:
                return bytes([self.kind << 4 | self.flags]) + bytes(length) + self.body


async def read_packet(line: asyncio.StreamReader) -> Packet:
    """Read the next packet.

    Raises:
        NoPacket: its length has too many bytes.
        EOFError, OSError: the line has ended.
    """
    (first,) = await line.readexactly(1)
    length = 0
    for place in range(MOST_LENGTH_BYTES):
        (digit,) = await line.readexactly(1)
        length |= (digit & 0x7F) << 7 * place
        if digit < 0x80:
            return Packet(first >> 4, first & 0xF, await line.readexactly(length))
    raise NoPacket


@dataclass(frozen=True, slots=True)
class Connect:
    """Who comes in."""

    client: str
    user: str
    password: str

    @classmethod
    def of(cls, packet: Packet) -> "Connect":
        """Read a CONNECT."""
        fields = _Fields(packet.body)
        fields.text()  # the name of the protocol
        _level, flags = fields.raw(2)
        fields.number()  # keepalive: printers do not insist
        client = fields.text()
        if flags & HAS_WILL:
            fields.text()
            fields.text()
        user = fields.text() if flags & HAS_USER else ""
        return cls(client, user, fields.text() if flags & HAS_PASSWORD else "")


@dataclass(frozen=True, slots=True)
class Publish:
    """A message; ``number`` is 0 for QoS 0."""

    topic: str
    payload: bytes
    qos: int = 0
    number: int = 0
    is_repeated: bool = False

    @classmethod
    def of(cls, packet: Packet) -> "Publish":
        """Read a PUBLISH."""
        qos = packet.flags >> 1 & 3
        fields = _Fields(packet.body)
        topic = fields.text()
        number = fields.number() if qos else 0
        return cls(topic, fields.rest(), qos, number, bool(packet.flags & 8))

    def encoded(self) -> bytes:
        """Return it as it goes over the line, QoS 0."""
        return Packet(Kind.PUBLISH, 0, text(self.topic) + self.payload).encoded()


@dataclass(frozen=True, slots=True)
class Subscribe:
    """What somebody wants to hear."""

    number: int
    topics: tuple[str, ...]

    @classmethod
    def of(cls, packet: Packet) -> "Subscribe":
        """Read a SUBSCRIBE."""
        fields = _Fields(packet.body)
        number = fields.number()
        topics = []
        while not fields.is_empty:
            topics.append(fields.text())
            fields.raw(1)
        return cls(number, tuple(topics))


def text(words: str) -> bytes:
    """Return a string with its length before it."""
    content = words.encode()
    return len(content).to_bytes(2, "big") + content


def numbered(kind: Kind, number: int, rest: bytes = b"") -> bytes:
    """Return an answer to the packet of this number."""
    return Packet(kind, 0, number.to_bytes(2, "big") + rest).encoded()


def matches(wanted: str, topic: str) -> bool:
    """Whether a topic is one of those that were subscribed to."""
    wanted_parts, parts = wanted.split("/"), topic.split("/")
    if wanted_parts[-1] == "#":
        wanted_parts.pop()
        parts = parts[: len(wanted_parts)]
    pairs = zip(wanted_parts, parts, strict=False)
    return len(wanted_parts) == len(parts) and all(w in ("+", part) for w, part in pairs)


class _Fields:
    def __init__(self, body: bytes) -> None:
        self._body = body

    @property
    def is_empty(self) -> bool:
        return not self._body

    def raw(self, size: int) -> bytes:
        if len(self._body) < size:
            raise NoPacket
        taken, self._body = self._body[:size], self._body[size:]
        return taken

    def number(self) -> int:
        return int.from_bytes(self.raw(2), "big")

    def text(self) -> str:
        return self.raw(self.number()).decode("utf-8", "replace")

    def rest(self) -> bytes:
        return self.raw(len(self._body))
