"""The storage of a Bambu printer: what lies there, one FTPS connection for each task.

What an upload is worth is told by ``SIZE`` alone. The printer may answer 226 to a file that lacks
its end and 426 to one that is whole, or not at all for half a minute.
Source: bambuddy (ftp_profiles.py, #1401, #2529), ha-bambulab, bambu-printer-manager; what TLS 1.3
does to the end of a file was measured against pyftpdlib.
"""

from __future__ import annotations

import ftplib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from printd.printers.bambu.failures import NoAnswer
from printd.printers.bambu.ftps import FTP_ERRORS, Connection, Refused, translated

PORT: Final = 990
ANSWER_S: Final = 20.0
REPLY_S: Final = 90.0  # after the last byte: an H2D has taken more than 30 s
STALL_S: Final = 60.0  # no byte more was taken for so long
SLOWEST_BYTES_S: Final = 25_000  # a card in a P1 takes 50 to 160 kB/s
LEAST_S: Final = 600.0
TASK_S: Final = 120.0  # everything but an upload


class NotWhole(Exception):
    """The file is not there as it was sent."""


class NoRoom(Exception):
    """The file does not fit."""


class Storage:
    """The files of one printer. Calls of several threads take turns.

    Args:
        host: of the printer.
        port: of its storage.
        code: the access code.
        context: of TLS, not above 1.2.
        answer_s: how long an answer may take.
        reply_s: how long the answer to an upload may take, after its last byte.
        stall_s: how long not one byte may be taken.
        clear_data: files travel unencrypted; the code and the orders do not.
    """

    def __init__(
        self,
        host: str,
        port: int,
        code: str,
        context: ssl.SSLContext,
        *,
        answer_s: float = ANSWER_S,
        reply_s: float = REPLY_S,
        stall_s: float = STALL_S,
        clear_data: bool = False,
    ) -> None:
        self._host = host
        self._port = port
        self._code = code
        self._context = context
        self._answer_s = answer_s
        self._reply_s = reply_s
        self._stall_s = stall_s
        self._clear_data = clear_data
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._open: Connection | None = None

    def close(self) -> None:
        """Cut what goes on; an upload is given up."""
        self._closing.set()
        opened = self._open
        if opened is not None:
            opened.cut()

    def store(self, folder: str, name: str, size: int, chunks: Iterator[bytes]) -> None:
        """Send a file, and look whether it is whole; if not, delete it.

        The last piece leaves only after ``chunks`` has ended without an error.

        Args:
            folder: made when missing; "": the root.
            name: a file of this name is replaced.
            size: bytes that ``chunks`` will give.
            chunks: the file. What it raises is raised, and nothing stays at the printer.

        Raises:
            NoAnswer: the printer does not answer.
            Refused: it does not take the file.
            NoRoom: the file does not fit.
            NotWhole: it arrived otherwise.
        """
        pieces = held_back(chunks)
        first = next(pieces)  # a file that is gone is found before anybody is asked
        transfer_s = max(LEAST_S, size / SLOWEST_BYTES_S)
        is_begun = False
        try:
            with self._task(transfer_s + self._reply_s + TASK_S) as storage:
                storage.enter(folder, make=True)
                _has_room(storage, size)
                storage.delete(name)
                is_begun = True
                is_answered = self._send(storage, name, first, pieces, transfer_s)
                found = storage.size(name) if is_answered else None
            if not is_answered:  # that connection is good for nothing any more
                found = self.size(folder, name)
            if found != size:
                what = "nothing" if found is None else f"{found} bytes"
                raise NotWhole(f"Of {size} bytes it kept {what}.")
        except BaseException:
            if is_begun:
                with suppress(NoAnswer, Refused):
                    self.remove(folder, name)
            raise

    def size(self, folder: str, name: str) -> int | None:
        """Return how large a file is; None: there is none.

        Raises:
            NoAnswer, Refused.
        """
        with self._task(TASK_S) as storage:
            return storage.size(name) if storage.enter(folder) else None

    def remove(self, folder: str, name: str) -> None:
        """Delete a file, which may be gone already; raises as ``size``.

        The folder is made when it is missing: if that fails, there is no card in the printer,
        and the file comes back with it.
        """
        with self._task(TASK_S) as storage:
            storage.enter(folder, make=True)
            storage.delete(name)

    def free_bytes(self) -> int | None:
        """Return what still fits; None: the model does not say. Raises as ``size``."""
        with self._task(TASK_S) as storage:
            return storage.free_bytes()

    def _send(
        self,
        storage: Connection,
        name: str,
        first: bytes,
        pieces: Iterator[bytes],
        transfer_s: float,
    ) -> bool:
        """Send the bytes; say whether there was an answer, whatever it was.

        Raises:
            Refused: before the first byte.
        """
        until_s = time.monotonic() + transfer_s
        with storage.transfercmd(f"STOR {name}") as line:
            piece = first
            while piece:
                left_s = until_s - time.monotonic()
                if left_s <= 0 or self._closing.is_set():
                    raise TimeoutError("the upload takes too long, or is given up")
                line.settimeout(min(self._stall_s, left_s))
                try:
                    line.sendall(piece)
                except OSError:
                    # What it has to say of this may be waiting; what it has kept is looked up.
                    return _replies(storage, self._answer_s)
                piece = next(pieces, b"")
        return _replies(storage, self._reply_s)

    @contextmanager
    def _task(self, limit_s: float) -> Iterator[Connection]:
        """Yield a connection that is cut after ``limit_s``, and translate what fails."""
        with self._turn, translated(self._port):
            if self._closing.is_set():
                raise NoAnswer("printd is about to end.")
            connection = Connection(self._context, self._answer_s, clear_data=self._clear_data)
            watch = threading.Timer(limit_s, connection.cut)
            watch.daemon = True
            try:
                self._open = connection
                watch.start()
                connection.open(self._host, self._port, self._code)
                yield connection
                with suppress(*FTP_ERRORS):
                    connection.putcmd("QUIT")  # its answer is nobody's business
            finally:
                self._open = None
                watch.cancel()
                connection.close()


def held_back(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield each piece only when the next one has been read, the last when all have.

    So a file that turns out to be another one than was judged never arrives whole.
    """
    before = next(chunks, b"")
    for chunk in chunks:
        yield before
        before = chunk
    yield before


def _has_room(storage: Connection, size: int) -> None:
    free = storage.free_bytes()
    if free is not None and free < size:
        raise NoRoom(f"It has {free / 1e6:.1f} MB left; the file takes {size / 1e6:.1f} MB.")


def _replies(storage: Connection, wait_s: float) -> bool:
    """Wait for the answer to an upload; what it says proves nothing."""
    if storage.sock is not None:
        storage.sock.settimeout(wait_s)
    try:
        storage.getresp()
    except (OSError, EOFError):
        return False
    except ftplib.Error:
        pass
    return True
