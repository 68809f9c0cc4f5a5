"""The processes behind ``core/compute.py``: the nursery, one guard and one worker per task.

The nursery loads numpy, Pillow and scipy once and forks for every task, so a fresh worker is cheap
and no task sees what another left. It has one thread, for a fork copies only one. A guard is the
subreaper of its worker: when the worker ends, or when the daemon lets go of the guard's line
(deadline, cancel, close, death of the daemon), the guard ends everything that the task started,
also what left the worker's session. Nothing here runs in the daemon's process.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from printd.core.compute.nursery import PRELOAD
from printd.core.compute.work import prctl, work

REQUEST_BYTES: Final = 4096
PR_SET_CHILD_SUBREAPER: Final = 36


def serve(control: socket.socket) -> None:
    """Fork a guard for every request until the daemon closes its end, then see all guards off."""
    guards: dict[int, int] = {}  # pidfd -> pid
    watched = select.poll()
    watched.register(control, select.POLLIN)
    while True:
        for ready, _ in watched.poll():
            if ready in guards:
                watched.unregister(ready)
                _bury(ready, guards)
                continue
            request, lines, _, _ = socket.recv_fds(
                control, REQUEST_BYTES, 2, socket.MSG_CMSG_CLOEXEC
            )
            if not request:
                for pidfd in tuple(guards):
                    _bury(pidfd, guards)
                return
            pidfd = _fork_guard(json.loads(request), (lines[0], lines[1]), guards)
            watched.register(pidfd, select.POLLIN)


def _fork_guard(wanted: dict[str, Any], lines: tuple[int, int], guards: dict[int, int]) -> int:
    data, watch = lines
    # The module of the task, and what it names, is loaded here, once, so that the workers find it
    # ready. When it cannot be loaded, the worker meets the same error and reports it.
    for module in (wanted["module"], *wanted["ready"]):
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    pid = _fork(lambda: guard(wanted, data, watch))
    os.close(data)
    os.close(watch)
    pidfd = os.pidfd_open(pid)
    guards[pidfd] = pid
    return pidfd


def _fork(life: Callable[[], object]) -> int:
    """Fork; the child leads this life and never returns to its parent's code."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        life()
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _bury(pidfd: int, guards: dict[int, int]) -> None:
    _, status = os.waitpid(guards.pop(pidfd), 0)
    os.close(pidfd)
    if status != 0:  # a guard that was killed leaves its task's children to us
        end_children(spare=frozenset(guards.values()))


def guard(wanted: dict[str, Any], data: int, watch: int) -> None:
    """Start the worker, end it when the daemon's end of ``watch`` is shut, tell how it ended."""
    _close_all_but(data, watch)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    me = os.getpid()
    worker = _fork(lambda: work(wanted, data, watch, me))
    os.close(data)
    _tell(watch, {"guard": me, "worker": worker})
    watched = select.poll()
    watched.register(watch, select.POLLIN)
    watched.register(os.pidfd_open(worker), select.POLLIN)
    watched.poll()
    os.kill(worker, signal.SIGKILL)
    _, status, used = os.wait4(worker, 0)
    end_children()
    end = {"exit": os.waitstatus_to_exitcode(status), "resident_bytes": used.ru_maxrss * 1024}
    _tell(watch, end)


def _tell(watch: int, fact: dict[str, int]) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the daemon has died
        os.write(watch, json.dumps(fact).encode())


def end_children(spare: frozenset[int] = frozenset()) -> None:
    """Kill and reap every child of this process but ``spare``, and what they leave behind."""
    while killed := [pid for pid in _children() - spare if _kill(pid)]:
        for pid in killed:
            os.waitpid(pid, 0)


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except PermissionError:  # a set-user-id program: not ours to end
        return False
    return True


def _children() -> frozenset[int]:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return frozenset()  # the usual case, without a look at every process of the machine
    me = os.getpid()
    return frozenset(
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and _parent(path) == me
    )


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _close_all_but(*kept: int) -> None:
    low = 3
    for number in sorted(kept):
        os.closerange(low, number)
        low = number + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _stay(_number: int, _frame: object) -> None:
    """Outlive a Ctrl-C and a `systemctl stop`: the daemon decides when its tasks end."""


def main() -> None:
    """Be the nursery; the descriptor of the control line is the only argument."""
    os.dup2(2, 1)  # what a library prints is no output of ours
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A function, not SIG_IGN, which a slicer would inherit.
        signal.signal(number, _stay)
    os.environ.pop("PYTHONPATH", None)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    for name in PRELOAD:
        importlib.import_module(name)
    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)


if __name__ == "__main__":
    main()
