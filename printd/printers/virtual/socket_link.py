"""The connection to a virtual printer that is a program of its own: one Unix socket, JSON lines.

One connection a call, never reused and never tried again: nothing can be sent twice, or late.
The server greets first, so a missing greeting is proof that nothing was sent; once a command has
been written, no answer means only that there is no answer.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from printd.core.board import Condition, Evidence, PrinterStatus
from printd.printers.virtual.link import AnswerLost, Kept, Refused, Unreachable

GREETING = b'{"virtual_printer":1}\n'
LINE_BYTES = 1 << 16  # no command and no answer is longer
CALL_S = 5.0
STORE_S = 300.0  # to read the time out of half a gigabyte of G-code


class SocketLink:
    """The calls of ``Link`` over the socket at ``path``."""

    def __init__(self, path: Path, *, call_s: float = CALL_S) -> None:
        self._path = path
        self._call_s = call_s

    def status(self) -> PrinterStatus:
        """Return what the display shows."""
        return status_of(self._asked("status"))

    def evidence(self, print_name: str) -> Evidence:
        """Return what the journal says of this print.

        The server takes its callers one after the other in the order in which they came, so a
        start command that was sent before this call is in the journal, or never will be.
        """
        return Evidence(self._asked("evidence", print_name))

    def ejected(self, print_name: str) -> bool:
        """Say whether the journal has a line that this print left the bed by itself."""
        return bool(self._asked("ejected", print_name))

    def kept(self, print_name: str) -> Kept | None:
        """Return what is on the machine under this name."""
        found = self._asked("kept", print_name)
        return Kept(**found) if found else None

    def upload(self, print_name: str, kept: Kept, chunks: Iterable[bytes]) -> None:
        """Send a file, and wait until it is stored."""
        with self._greeted() as line:
            command = {"call": "upload", "print": print_name, **asdict(kept)}
            try:
                line.sendall(json.dumps(command).encode() + b"\n")
                for chunk in chunks:
                    line.sendall(chunk)
            except OSError as error:
                raise AnswerLost(f"The upload broke off: {error}.") from error
            self._answer(line, STORE_S)

    def start(self, print_name: str) -> None:
        """Send the start command, once."""
        self._call("start", print_name)

    def cancel(self, print_name: str) -> None:
        """End this print and no other."""
        self._call("cancel", print_name)

    def cancel_foreign(self) -> None:
        """End what others have started."""
        self._call("cancel_foreign", "")

    def pause(self, print_name: str) -> None:
        """Let this print rest."""
        self._call("pause", print_name)

    def resume(self, print_name: str) -> None:
        """Let this print go on."""
        self._call("resume", print_name)

    def remove(self, print_name: str) -> None:
        """Delete the file."""
        self._call("remove", print_name)

    def _asked(self, call: str, print_name: str = "") -> Any:
        try:
            return self._call(call, print_name)
        except AnswerLost as error:
            raise Unreachable(str(error)) from error

    def _call(self, call: str, print_name: str) -> Any:
        with self._greeted() as line:
            try:
                line.sendall(json.dumps({"call": call, "print": print_name}).encode() + b"\n")
            except OSError as error:
                raise AnswerLost(f"The command may not have arrived: {error}.") from error
            return self._answer(line, self._call_s)

    def _greeted(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(self._call_s)
            line.connect(str(self._path))
            if read_line(line, self._call_s) + b"\n" != GREETING:
                raise Unreachable(f"Something else answers at {self._path}.")
        except OSError as error:
            line.close()
            raise Unreachable(f"Nothing answers at {self._path}: {error}.") from error
        except Unreachable:
            line.close()
            raise
        return line

    @staticmethod
    def _answer(line: socket.socket, timeout_s: float) -> Any:
        try:
            answer = json.loads(read_line(line, timeout_s))
        except (OSError, ValueError) as error:
            raise AnswerLost(f"No answer came back: {error}.") from error
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["said"]


def read_line(line: socket.socket, timeout_s: float) -> bytes:
    """Return the bytes up to the next line end, which is taken and left out.

    One byte at a time, so that what follows a command stays in the socket.

    Raises:
        OSError: it did not come in time, is too long, or the other side has hung up.
    """
    until = time.monotonic() + timeout_s
    text = bytearray()
    while len(text) < LINE_BYTES:
        left_s = until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("no line in time")
        line.settimeout(left_s)
        byte = line.recv(1)
        if not byte:
            raise ConnectionResetError("the other side hung up")
        if byte == b"\n":
            return bytes(text)
        text += byte
    raise ConnectionAbortedError("the line does not end")


def plain_status(status: PrinterStatus) -> dict[str, Any]:
    """Return a status as it travels; ``status_of`` is the way back."""
    return asdict(status)


def status_of(plain: dict[str, Any]) -> PrinterStatus:
    """Return the status that ``plain_status`` made plain."""
    return PrinterStatus(**{**plain, "condition": Condition(plain["condition"])})
