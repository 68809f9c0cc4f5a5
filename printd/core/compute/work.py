"""The worker process of one task: takes its limits upon itself, does the task, answers once.

It is forked by its guard (``core/compute/child.py``), in a session of its own, and dies with the
guard. The answer is one byte for its kind and a pickle; numbers, texts and our own records only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import resource
import signal
import sys
import traceback
from typing import Any, Final, NoReturn

from printd.core.compute.nursery import MEMORY, RAISED, UNFIT, VALUE

OPEN_FILES: Final = 256
OOM_SCORE: Final = 500  # the kernel takes a worker before it takes the daemon
NICE: Final = 10
PR_SET_PDEATHSIG: Final = 1

_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process."""
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def work(wanted: dict[str, Any], data: int, watch: int, parent: int) -> NoReturn:
    """Do the task within its limits and write one answer."""
    os.close(watch)
    os.setsid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the guard died before the line above
        os._exit(71)
    try:
        _limit(wanted)
        answer = _answer(data)
    except MemoryError:
        answer = MEMORY
    with contextlib.suppress(BrokenPipeError, ConnectionResetError), open(data, "wb") as line:
        line.write(answer)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that the task left behind do not hold the process


def _limit(wanted: dict[str, Any]) -> None:
    os.umask(0o077)
    if not wanted["is_watched"]:
        with contextlib.suppress(PermissionError):  # a service manager may forbid it
            os.nice(NICE)
    with open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123 - kernel file
        score.write(str(OOM_SCORE))
    # A backstop: the guard's deadline comes first, unless the daemon is stopped. Programs that
    # the task starts inherit it, and may use every core.
    cpu_s = (int(wanted["wall_s"]) + 5) * (os.cpu_count() or 1)
    _set_limit(resource.RLIMIT_CPU, cpu_s)
    _set_limit(resource.RLIMIT_CORE, 0)
    _set_limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    if wanted["file_bytes"] is not None:
        _set_limit(resource.RLIMIT_FSIZE, wanted["file_bytes"])
    _set_limit(resource.RLIMIT_AS, wanted["memory_bytes"])


def _set_limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _answer(data: int) -> bytes:
    try:
        with open(data, "rb", closefd=False) as line:
            # To its end before anything else: the daemon writes first, then listens.
            function, args, kwargs = pickle.loads(line.read())  # noqa: S301 - from our own daemon
        result = function(*args, **kwargs)
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001 - it is reported, and raised again in the daemon
        return RAISED + _report(error)
    try:
        return VALUE + pickle.dumps(result)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a __reduce__ raises
        words = f"{type(result).__qualname__}: {error}"
        return UNFIT + words.encode(errors="replace")


def _report(error: BaseException) -> bytes:
    words = f"{type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))
    return pickle.dumps((_pickled(error), words, trace))


def _pickled(error: BaseException) -> bytes | None:
    """Return the exception for the daemon to raise, None if it would not arrive as it is."""
    if not isinstance(error, Exception):
        return None  # a SystemExit of a task must not end a thread of the daemon
    try:
        pickled = pickle.dumps(error)
        return pickled if type(pickle.loads(pickled)) is type(error) else None  # noqa: S301 - just made
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever a __reduce__ raises; the words are sent instead
        return None
