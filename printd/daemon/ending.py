"""The wait for the end: the main thread sleeps here until a signal, or a fault in a thread."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
AGAIN: Final = signal.SIGHUP  # as daemons are told to read their configuration again
BYTES: Final = 64  # signals that may have come meanwhile


class Ending:
    """One end, asked for by a signal or a thread, once or many times.

    A handler in Python may take no lock: it runs in the middle of the main thread, which may hold
    that very lock, as ``threading.Event.wait`` does. So a signal only writes a byte, from C, in
    whatever thread the kernel hands it to, and the main thread reads it: the signal's number.

    Args:
        again: called, in the main thread, for each signal that is no wish to end.
    """

    def __init__(self, again: Callable[[], None]) -> None:
        self._again = again
        self.asked = threading.Event()  # what the other threads look at
        self._read, self._write = socket.socketpair()
        self._write.setblocking(False)  # noqa: FBT003 -- a name of the library's

    def listen(self) -> None:
        """Take signals as a wish to end; in the main thread only."""
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in (*SIGNALS, AGAIN):
            signal.signal(number, _heard)

    def ask(self) -> None:
        """End soon; from any thread."""
        self.asked.set()
        try:
            self._write.send(b"\0")
        except OSError:
            return  # enough bytes are there, or nobody waits any more

    def wait(self) -> None:
        """Sleep until a signal to end has come, or a thread has asked."""
        while (heard := self._read.recv(BYTES)) and set(heard) <= {AGAIN}:
            self._again()
        self.asked.set()

    def close(self) -> None:
        """Wait no more; signals stay without effect."""
        signal.set_wakeup_fd(-1)
        self._read.close()
        self._write.close()


def _heard(_number: int, _frame: FrameType | None) -> None:
    """Take the place of what would end the program at once."""
