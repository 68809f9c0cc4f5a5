"""One calculation, as the daemon sees it: a future, and its two lines to the guard.

``data`` carries the task to the worker and its answer back. ``watch`` belongs to the guard, which
says who runs and how it ended; shutting our end of it is the order to kill. The future stays
pending while the task runs, so that it can be cancelled by the rules of ``concurrent.futures``.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from printd.core.compute.nursery import Nursery
from printd.core.compute.verdict import ANSWER_BYTES, Limits, Outcome, judge
from printd.core.errors import InternalError

T = TypeVar("T")
START_S: Final = 60.0  # imports of the nursery on a slow card
END_S: Final = 10.0  # a kill takes milliseconds; later than this the guard itself is stuck
READ_BYTES: Final = 1 << 20


class Lines:
    """Our ends of the two lines of one running task."""

    def __init__(self) -> None:
        self.data, self.data_there = socket.socketpair()
        self.watch, self.watch_there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def let_go(self) -> None:
        """Close what the nursery has now, so that we see when the last holder is gone."""
        self.data_there.close()
        self.watch_there.close()

    def kill(self) -> None:
        """Order the guard to kill; any thread may, also twice."""
        with contextlib.suppress(OSError):
            self.watch.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close everything."""
        self.let_go()
        self.data.close()
        self.watch.close()


class Task(Future[T]):
    """The future of one calculation; ``cancel`` also ends one that runs."""

    def __init__(
        self,
        function: Callable[..., T],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        limits: Limits,
    ) -> None:
        super().__init__()
        self.limits = limits
        self.owner: int | None = None  # for whom; see ``Compute.cancel``
        self.name = getattr(function, "__qualname__", repr(function))
        module = getattr(function, "__module__", None) or ""
        if module == "__main__":
            raise InternalError(f"{self.name} is in the main module, where no worker finds it")
        try:
            self._payload = pickle.dumps((function, args, dict(kwargs)))
        except (pickle.PicklingError, TypeError, AttributeError, ValueError) as error:
            raise InternalError(f"{self.name} cannot be handed to a worker: {error}") from error
        wanted = {
            "module": module,
            "ready": _ready(module, self.name),
            "memory_bytes": limits.memory_bytes,
            "wall_s": limits.wall_s,
            "file_bytes": limits.file_bytes,
            "is_watched": limits.is_watched,
        }
        self._request = json.dumps(wanted).encode()
        self._lock = threading.RLock()
        self._taken = self._unwanted = False
        self._lines: Lines | None = None
        self._gone = threading.Event()

    def cancel(self) -> bool:
        """Cancel; when this returns, nothing of the task runs any more."""
        with self._lock:
            if self.done():
                return self.cancelled()
            if not self._taken:
                super().cancel()
                return not self.set_running_or_notify_cancel()
            self._unwanted = True
            if self._lines is not None:
                self._lines.kill()
        self._gone.wait()
        return self.cancelled()

    def running(self) -> bool:
        """Tell whether a worker has it."""
        return self._taken and not self.done()

    def perform(self, nursery: Nursery) -> None:
        """Run the task to its end in the calling thread and settle the future."""
        with self._lock:
            if self.cancelled():
                return
            self._taken = True
        try:
            value = judge(self.name, self.limits, self._run(nursery))
        except Exception as error:  # noqa: BLE001 - the future carries it to who asked
            self._settle(None, error)
        else:
            self._settle(value, None)

    def _settle(self, value: Any, error: Exception | None) -> None:
        with self._lock:
            if self._unwanted:
                super().cancel()
            wanted = self.set_running_or_notify_cancel()
        if error is not None and wanted:
            self.set_exception(error)
        elif wanted:
            self.set_result(value)
        self._gone.set()

    def _run(self, nursery: Nursery) -> Outcome:
        for _ in range(2):  # a nursery killed before it forked has started nothing
            lines = Lines()
            try:
                ends = (lines.data_there.fileno(), lines.watch_there.fileno())
                nursery.request(self._request, ends)
                lines.let_go()
                with self._lock:
                    self._lines = lines
                    if self._unwanted:
                        lines.kill()
                if pids := _message(lines.watch, START_S):
                    return self._converse(lines, pids)
            except _Silent:
                nursery.end()
            finally:
                with self._lock:
                    self._lines = None
                lines.close()
        raise InternalError("the process that forks for calculations does not start")

    def _converse(self, lines: Lines, pids: Mapping[str, int]) -> Outcome:
        deadline = time.monotonic() + self.limits.wall_s
        late = too_much = False
        answer = b""
        try:
            _send(lines.data, self._payload, deadline)
            answer = _receive(lines.data, deadline)
        except TimeoutError:
            late = True
        except OverflowError:
            too_much = True
        if late or too_much:
            lines.kill()
        end = self._end(lines, pids)
        return Outcome(answer, end.get("exit"), end.get("resident_bytes", 0), late, too_much)

    def _end(self, lines: Lines, pids: Mapping[str, int]) -> Mapping[str, int]:
        """Wait for the guard's last word; without one, end guard and worker from here."""
        try:
            end = _message(lines.watch, END_S)
        except _Silent:
            end = None
        if end is None:
            for kill, pid in ((os.kill, pids["guard"]), (os.killpg, pids["worker"])):
                with contextlib.suppress(ProcessLookupError):
                    kill(pid, signal.SIGKILL)
        return end or {}


def _ready(module: str, name: str) -> list[str]:
    """Return the modules that the nursery loads once for this function, as its own module says.

    ``READY`` there maps names of functions to names of modules: what is loaded only while a task
    runs would be loaded by every worker again.
    """
    known: Mapping[str, Sequence[str]] = getattr(sys.modules.get(module), "READY", {})
    return list(known.get(name, ()))


class _Silent(Exception):
    """Nothing was said in time."""


def _message(watch: socket.socket, timeout_s: float) -> Mapping[str, int] | None:
    """Return what the guard says, None if it is gone."""
    watch.settimeout(timeout_s)
    try:
        said = watch.recv(READ_BYTES)
    except TimeoutError as error:
        raise _Silent from error
    except ConnectionResetError:
        return None
    return json.loads(said) if said else None


def _send(data: socket.socket, payload: bytes, deadline: float) -> None:
    _until(data, deadline)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end will tell why
        data.sendall(payload)
        data.shutdown(socket.SHUT_WR)


def _receive(data: socket.socket, deadline: float) -> bytes:
    """Read until the worker and all that came of it have closed the line."""
    parts = io.BytesIO()
    while True:
        _until(data, deadline)
        try:
            part = data.recv(READ_BYTES)
        except ConnectionResetError:  # it died with our words unread
            part = b""
        if not part:
            return parts.getvalue()
        if parts.tell() + len(part) > ANSWER_BYTES:
            raise OverflowError
        parts.write(part)


def _until(line: socket.socket, deadline: float) -> None:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    line.settimeout(left_s)
