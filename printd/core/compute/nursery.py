"""The daemon's handle on the nursery: starts it, hands it tasks, ends it.

The nursery (``core/compute/child.py``) is a program of its own, not a fork of the daemon: it
inherits no thread, no signal handler, no lock, and does not run the daemon's main module again.
It lives exactly as long as the daemon holds the other end of its control line.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

# What both ends must agree on: the libraries that stand ready, and that stay out of the daemon ...
PRELOAD: Final = (
    "numpy",
    "PIL.Image",
    "PIL.ImageCms",
    "PIL.ImageOps",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.WebPImagePlugin",
    "scipy.fft",
    "scipy.ndimage",
)
# ... and the first byte of an answer.
VALUE, RAISED, MEMORY, UNFIT = b"v", b"r", b"m", b"u"
END_S: Final = 10.0
ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Built from little: secrets may stand in the daemon's environment.
KEPT: Final = ("PATH", "HOME", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class Nursery:
    """Starts the nursery when a task needs it; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def request(self, request: bytes, lines: tuple[int, int]) -> None:
        """Have a guard forked that holds these two descriptors.

        Raises:
            OSError: the nursery cannot be started.
        """
        with self._lock:
            if self._send(request, lines):
                return
            self._end()
            self._start()
            if not self._send(request, lines):
                raise ConnectionError("the process that forks for calculations does not start")

    def end(self) -> None:
        """End the nursery, if it runs; the next request starts it again."""
        with self._lock:
            self._end()

    def _send(self, request: bytes, lines: tuple[int, int]) -> bool:
        if self._control is None:
            return False
        try:
            socket.send_fds(self._control, [request], list(lines))
        except (BrokenPipeError, ConnectionResetError):  # it was killed while it waited
            return False
        return True

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # -P: the folder we stand in is no place to import from.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "printd.core.compute.child", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                env=_environment(),
            )
        self._control = ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is None:
            return
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return kept | dict.fromkeys(ONE_THREAD, "1") | {"LANG": "C.UTF-8", "PYTHONPATH": path}
