"""A virtual printer as a program of its own, and what tests do to it from outside."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from printd.printers.virtual.hands import Hands
from tests.peers.loaded import PRINTER, Forked, Program, may_fork

STARTS_WITHIN_S = 20.0  # two shared cores, many tests


def wait_until(
    is_so: Callable[[], bool], what: str, timeout_s: float = 10.0, *, look_s: float = 0.005
) -> None:
    """Look again and again at something real until it is so."""
    until = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError(f"After {timeout_s} s still not: {what}.")
        time.sleep(look_s)


class VirtualPrinterProgram:
    """The program: start, stop, kill and suspend it; ``hands`` is a person in front of it.

    Args:
        folder: its journal and files; they outlive the program.
        speed: times real time.
        ejects: finished prints leave the bed.
    """

    def __init__(self, folder: Path, *, speed: float = 1.0, ejects: bool = False) -> None:
        self.folder = folder
        # The path of a Unix socket may have 107 bytes; pytest's folders can be longer.
        self._short = Path(tempfile.mkdtemp(prefix="pd-"))
        self.socket = self._short / "printer.sock"
        self._options = ["--speed", str(speed), *(["--ejects"] if ejects else [])]
        self._program: Program | None = None

    @property
    def hands(self) -> Hands:
        """Somebody who stands at the machine: clears its bed, counts its starts, hurts it."""
        return Hands(self.folder)

    def start(self) -> "VirtualPrinterProgram":
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._program = self.run_another()
        wait_until(self._is_there, "the virtual printer answers", STARTS_WITHIN_S)
        return self

    def run_another(self) -> Program:
        """Start the program on the same folder without waiting for it."""
        words = ["--folder", str(self.folder), "--socket", str(self.socket), *self._options]
        if not may_fork(os.environ):
            command = [sys.executable, "-m", PRINTER, *words]
            return subprocess.Popen(command, stderr=subprocess.DEVNULL)
        with Path(os.devnull).open("wb") as nothing:
            streams = (0, 1, nothing.fileno())
            return Forked(
                PRINTER, words, folder=Path.cwd(), environment=os.environ, streams=streams
            )

    def _is_there(self) -> bool:
        assert self._program is None or self._program.poll() is None, "it ended at once"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            try:
                line.connect(str(self.socket))
            except OSError:
                return False
            line.settimeout(1.0)
            return line.recv(1) == b"{"

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._program is not None
        self._program.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it as a person does; returns its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        if self._program is None:
            return 0
        self._program.send_signal(number)
        exit_code = self._program.wait(timeout=10)
        self._program = None
        return exit_code

    def close(self) -> None:
        """End it and forget its socket."""
        self.kill()
        shutil.rmtree(self._short, ignore_errors=True)
