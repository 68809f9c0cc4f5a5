"""A virtual printer as a program of its own: ``python -m printd.printers.virtual.server``.

Callers are served one after the other in the order in which they came, each command read and
obeyed before the next caller is greeted; only the bytes of uploads are received beside that. So
whoever has been answered knows that nothing sent before is still on its way. A lost answer is a
connection closed without one.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from printd.core.errors import PrintdError
from printd.gcode.timeline import timeline
from printd.printers.virtual.link import AnswerLost, Kept, Refused, Unreachable
from printd.printers.virtual.machine import VirtualMachine
from printd.printers.virtual.socket_link import GREETING, plain_status, read_line

COMMAND_S = 1.0  # a greeted caller who has nothing to say must not keep the others waiting
CHUNK_S = 30.0  # between two pieces of an upload
CHUNK_BYTES = 1 << 18
LOOK_S = 0.1  # how soon a stop is seen
EXIT_IN_USE = 69

log = logging.getLogger(__name__)


class Server:
    """One machine behind one socket."""

    def __init__(self, machine: VirtualMachine, path: Path) -> None:
        self._machine = machine
        self._stopping = threading.Event()
        path.unlink(missing_ok=True)  # of a program that was killed
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door.bind(str(path))
        self._door.listen(128)
        self._door.settimeout(LOOK_S)
        self._calls: dict[str, Callable[[str], Any]] = {
            "status": lambda _: plain_status(machine.status()),
            "evidence": machine.evidence,
            "ejected": machine.ejected,
            "kept": lambda name: asdict(kept) if (kept := machine.kept(name)) else None,
            "start": machine.start,
            "cancel": machine.cancel,
            "cancel_foreign": lambda _: machine.cancel_foreign(),
            "pause": machine.pause,
            "resume": machine.resume,
            "remove": machine.remove,
        }

    def stop(self) -> None:
        """Let ``serve`` return after the caller it is with."""
        self._stopping.set()

    def serve(self) -> None:
        """Serve callers until ``stop``."""
        with self._door:
            while not self._stopping.is_set():
                try:
                    line, _ = self._door.accept()
                except TimeoutError:
                    continue
                self._meet(line)

    def _meet(self, line: socket.socket) -> None:
        try:
            self._machine.answer()
            line.sendall(GREETING)
            command = self._understood(read_line(line, COMMAND_S))
        except (OSError, ValueError, Unreachable, Refused) as error:
            log.debug("A caller said nothing that can be answered: %s", error)
            line.close()
            return
        if command["call"] == "upload":
            threading.Thread(
                target=self._serve, args=(line, command), name="upload", daemon=True
            ).start()
        else:
            self._serve(line, command)

    def _understood(self, text: bytes) -> dict[str, Any]:
        command: dict[str, Any]
        match command := json.loads(text):
            case {"call": "upload", "print": str(), "bytes": int(), "sha256": str()}:
                return command
            case {"call": str(call), "print": str()} if call in self._calls:
                return command
        raise ValueError("no such call")

    def _serve(self, line: socket.socket, command: dict[str, Any]) -> None:
        with line:
            try:
                answer = self._obey(line, command)
                line.sendall(json.dumps(answer).encode() + b"\n")
            except (AnswerLost, Unreachable, OSError) as error:
                log.info("No answer to %s: %s", command["call"], error)

    def _obey(self, line: socket.socket, command: dict[str, Any]) -> dict[str, Any]:
        name = command["print"]
        try:
            if command["call"] == "upload":
                kept = Kept(command["bytes"], command["sha256"])
                self._machine.upload(name, kept, _received(line, kept.bytes))
                return {"said": None}
            return {"said": self._calls[command["call"]](name)}
        except (Refused, PrintdError) as error:
            return {"refused": str(error)}


def _received(line: socket.socket, size: int) -> Iterator[bytes]:
    """Yield the bytes of an upload; ends early when the caller hangs up."""
    line.settimeout(CHUNK_S)
    while size and (chunk := line.recv(min(size, CHUNK_BYTES))):
        size -= len(chunk)
        yield chunk


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="virtual_server", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="its journal and files")
    parser.add_argument("--socket", type=Path, required=True, help="where it is reached")
    parser.add_argument("--speed", type=float, default=1.0, help="times real time")
    parser.add_argument("--ejects", action="store_true", help="finished prints leave the bed")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    given.folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(given.folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # Two servers of one machine would have two queues, and neither knew what is on its way.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        parser.exit(EXIT_IN_USE, f"Another program already serves {given.folder}.\n")
    machine = VirtualMachine(given.folder, timeline, speed=given.speed, ejects=given.ejects)
    server = Server(machine, given.socket)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    server.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
