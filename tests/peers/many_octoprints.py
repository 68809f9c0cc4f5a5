"""Many OctoPrints at rest in one program: ``COUNT SILENT`` on real sockets, all on one port each.

They answer what printd asks of one that has nothing to do, keep its push sockets open, and start
nothing. The last ``SILENT`` of them take every connection and never say a word.

Source: OctoPrint 1.11.8, observed, November 2026.
"""

import asyncio
import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "GET /api/version": {"api": "0.1", "server": "1.11.8", "text": "OctoPrint 1.11.8"},
    "GET /api/job": {
        "job": {"file": {"name": None, "origin": None, "path": None, "size": None}},
        "progress": {"completion": None, "filepos": None, "printTimeLeft": None},
        "state": "Operational",
    },
    "GET /api/printer": {
        "state": {"text": "Operational", "flags": {"operational": True, "ready": True}},
        "temperature": {
            "tool0": {"actual": 21.3, "target": 0.0, "offset": 0},
            "bed": {"actual": 21.3, "target": 0.0, "offset": 0},
        },
    },
    "GET /api/files/local": {"files": [], "free": 10**10, "total": 10**11},
    "POST /api/login": {"name": "printd", "session": "0" * 32},
}
HANDSHAKE: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
PING, PONG, TEXT = 0x9, 0xA, 0x1
FINAL = 0x80


@contextmanager
def many_octoprints(count: int, silent: int = 0) -> Iterator[list[str]]:
    """Run the program; yields the addresses, those that never answer at the end."""
    command = [sys.executable, "-m", "tests.peers.many_octoprints", str(count), str(silent)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            yield [f"http://127.0.0.1:{port}" for port in json.loads(program.stdout.readline())]
        finally:
            program.kill()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests one after the other on a connection that is kept."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
            }
            await reader.readexactly(int(fields.get("content-length", 0)))
            if fields.get("upgrade", "").lower() == "websocket":
                await _push(reader, writer, fields["sec-websocket-key"])
                return
            method, path, _ = head.split(" ", 2)
            writer.write(_answer(f"{method} {path.partition('?')[0]}"))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _answer(asked: str) -> bytes:
    known = ANSWERS.get(asked)
    body = json.dumps(known if known is not None else {"error": "Not found"}).encode()
    status = "200 OK" if known is not None else "404 Not Found"
    lines = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{lines}\r\n\r\n".encode() + body


async def _push(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
    """Take the login, tell nothing, and answer pings."""
    accept = base64.b64encode(hashlib.sha1(key.encode() + HANDSHAKE).digest()).decode()  # noqa: S324
    head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    writer.write(f"{head}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
    _send(writer, TEXT, b'{"connected": {"version": "1.11.8"}}')
    while True:
        first, size = await reader.readexactly(2)
        size &= 0x7F  # ours are short
        if size == 126:
            size = int.from_bytes(await reader.readexactly(2), "big")
        mask = await reader.readexactly(4)
        content = await reader.readexactly(size)
        if first & 0x0F == PING:
            _send(writer, PONG, bytes(byte ^ mask[at % 4] for at, byte in enumerate(content)))


def _send(writer: asyncio.StreamWriter, kind: int, content: bytes) -> None:
    writer.write(bytes([FINAL | kind, len(content)]) + content)


async def _never(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Say nothing until the other side gives up."""
    while await reader.read(1 << 16):
        pass


async def main(count: int, silent: int) -> None:
    """Serve for ever; write the ports to stdout."""
    manners = [_serve] * (count - silent) + [_never] * silent
    servers = [await asyncio.start_server(manner, "127.0.0.1", 0) for manner in manners]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    sys.stdout.write(f"{json.dumps(ports)}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
