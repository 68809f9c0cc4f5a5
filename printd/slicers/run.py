"""Runs one slicer program: alone in its process group, limited, watched, and ended for sure.

It knows programs, pipes and signals, and nothing of what any slicer says.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Literal

LAUNCHER = Path(__file__).with_name("launch.py")
KEPT_BYTES = 64 * 1024
LOG_BYTES = 16 << 20  # a broken mesh makes a slicer write a block per bad edge
GRACE_S = 5.0
LOOK_EVERY_S = 0.2
PIPE = "pipe"

Ended = Literal["itself", "deadline", "cancel"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use."""

    wall_s: float
    cpu_s: int
    memory_bytes: int = 4 << 30
    file_bytes: int = 500 * 1000 * 1000
    open_files: int = 256

    def words(self) -> list[str]:
        """Return the limits as the launcher reads them."""
        return [
            f"as={self.memory_bytes}",
            f"cpu={self.cpu_s}",
            f"fsize={self.file_bytes}",
            f"nofile={self.open_files}",
            "core=0",
        ]


@dataclass(frozen=True, slots=True)
class Run:
    """How a program ended, and the last it said."""

    exit_code: int  # negative: the signal
    ended: Ended
    stdout: str
    stderr: str
    took_s: float


def run_slicer(
    argv: Sequence[str],
    folder: Path,
    limits: Limits,
    log: Path,
    *,
    pipe: Path | None = None,
    on_line: Callable[[str], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Run:
    """Run a program to its end, whatever that is; nothing of it is left running.

    Args:
        argv: absolute program and its arguments.
        folder: private and empty but for the input; becomes its working, home and temporary
            folder.
        limits: of this run.
        log: gets everything it says, up to 16 MB.
        pipe: a named pipe that is made for it to write lines into; what comes is not kept.
        on_line: called for each line of its output and of the pipe, as it comes.
        cancelled: asked several times a second.

    Raises:
        OSError: the launcher, the log or the pipe cannot be opened.
    """
    started_s = time.monotonic()
    with (
        log.open("wb") as record,
        _reading_end(pipe) as pipe_end,
        _started(argv, folder, limits) as child,
    ):
        listener = _Listener(child, record, on_line, pipe_end)
        try:
            ended = _watch(child, listener, started_s + limits.wall_s, cancelled)
        finally:
            # Also what is left of the group: a program that ended may have children.
            _signal_group(child.pid, signal.SIGKILL)
        child.wait()
        listener.read_rest()
    return Run(
        child.returncode,
        ended,
        listener.kept("stdout"),
        listener.kept("stderr"),
        time.monotonic() - started_s,
    )


def _started(argv: Sequence[str], folder: Path, limits: Limits) -> subprocess.Popen[bytes]:
    """Start a program by way of the launcher, which sets its limits, in a group of its own."""
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), *limits.words()]
    return subprocess.Popen(
        [*launcher, "--", *argv],
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        umask=0o077,
    )


@contextmanager
def _reading_end(pipe: Path | None) -> Iterator[int | None]:
    """Make a named pipe and open its reading end: who writes without waiting needs it open."""
    if pipe is None:
        yield None
        return
    os.mkfifo(pipe, 0o600)
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _environment(folder: Path) -> dict[str, str]:
    """Build it from nothing: a slicer needs none of ours, and ours may hold secrets."""
    here = str(folder)
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": here,
        "TMPDIR": here,
        "XDG_CONFIG_HOME": here,
        "XDG_CACHE_HOME": here,
        "XDG_DATA_HOME": here,
        "XDG_RUNTIME_DIR": here,
    }


def _watch(
    child: subprocess.Popen[bytes],
    listener: _Listener,
    deadline_s: float,
    cancelled: Callable[[], bool],
) -> Ended:
    """Listen until the program has ended, or has to be ended."""
    while not _has_ended(child.pid):
        listener.listen(LOOK_EVERY_S)
        reason: Ended | None = None
        if cancelled():
            reason = "cancel"
        elif time.monotonic() >= deadline_s:
            reason = "deadline"
        if reason is not None:
            _signal_group(child.pid, signal.SIGTERM)
            give_up_s = time.monotonic() + GRACE_S
            while not _has_ended(child.pid) and time.monotonic() < give_up_s:
                listener.listen(LOOK_EVERY_S)
            return reason
    return "itself"


def _has_ended(pid: int) -> bool:
    """Look without taking the exit code: until it is taken, the group's number stays ours."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return  # nobody left: what was wanted


class _Listener:
    """Reads all pipes as they fill, so that the program never waits for us."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        record: BinaryIO | IO[bytes],
        on_line: Callable[[str], None],
        pipe_end: int | None,
    ) -> None:
        assert child.stdout is not None and child.stderr is not None  # noqa: S101, PT018 -- for mypy
        self._selector = selectors.DefaultSelector()
        self._record = record
        self._room = LOG_BYTES
        self._on_line = on_line
        self._tails: Mapping[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._parts = {"stdout": b"", PIPE: b""}
        for name, pipe in (("stdout", child.stdout), ("stderr", child.stderr)):
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, name)
        if pipe_end is not None:
            self._selector.register(pipe_end, selectors.EVENT_READ, PIPE)

    def listen(self, seconds: float) -> bool:
        """Wait for output; return whether any came."""
        if not self._selector.get_map():
            time.sleep(min(seconds, 0.01))  # its pipes are closed, its end is near
            return False
        came = False
        for key, _ in self._selector.select(seconds):
            chunk = os.read(key.fd, 1 << 16)
            if chunk:
                came = True
                self._take(key.data, chunk)
            else:
                self._selector.unregister(key.fileobj)
        return came

    def read_rest(self) -> None:
        """Read what is still in the pipes; a stranger who holds them open is not waited for."""
        while self._selector.get_map() and self.listen(0.0):
            pass
        self._selector.close()

    def kept(self, name: str) -> str:
        """Return the last 64 KB of a pipe."""
        return self._tails[name].decode("utf-8", "replace")

    def _take(self, name: str, chunk: bytes) -> None:
        if name != PIPE:
            tail = self._tails[name]
            tail += chunk
            del tail[:-KEPT_BYTES]
            if self._room > 0:
                self._record.write(chunk[: self._room])
                self._room -= len(chunk)
        if name in self._parts:
            *lines, part = (self._parts[name] + chunk).split(b"\n")
            self._parts[name] = part[-KEPT_BYTES:]
            for line in lines:
                self._on_line(line.decode("utf-8", "replace"))
