"""A program of its own that sets its limits and then becomes the program it is told.

Run by path, isolated and without site packages: ``python -I -S launch.py PARENT LIMITS… -- ARGV``.
It stands between ``run`` and the slicer because setting limits after a fork is not safe in a
process with threads, and because ``setpriv --pdeathsig`` leaves a gap: a parent that dies before
the signal is set is not noticed. Here the parent is looked at again afterwards.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
NICE = 10
OOM_SCORE = "500"  # the kernel should take the slicer, not the daemon
LIMITS = {
    "as": resource.RLIMIT_AS,
    "cpu": resource.RLIMIT_CPU,
    "fsize": resource.RLIMIT_FSIZE,
    "nofile": resource.RLIMIT_NOFILE,
    "core": resource.RLIMIT_CORE,
}


def _limit(word: str) -> None:
    name, value = word.split("=")
    kind = LIMITS[name]
    soft = int(value)
    _, most = resource.getrlimit(kind)
    # The soft CPU limit sends SIGXCPU, by which the end can be told from others; the hard one
    # follows for a program that ignores it.
    hard = soft + 5 if name == "cpu" else soft
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(kind, (soft, hard))


def main(words: list[str]) -> None:
    """Set the limits and become the program."""
    cut = words.index("--")
    parent, *limits = words[:cut]
    argv = words[cut + 1 :]
    with contextlib.suppress(PermissionError):  # a service manager may forbid it
        os.nice(NICE)
    try:
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    except OSError as error:
        print(f"the kernel's choice when out of memory is unchanged: {error}", file=sys.stderr)  # noqa: T201 -- a program's own stderr
    # Python ignores these two, and the ignoring would be inherited.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != int(parent):
        sys.exit(1)  # the parent died first: its death is no signal any more
    for word in limits:
        _limit(word)
    os.execv(argv[0], argv)  # noqa: S606 -- no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
