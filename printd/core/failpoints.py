"""Places where a test may end or hurt the daemon; each does nothing otherwise.

``PRINTD_FAULT=name[:n]=kill|raise:ENOSPC|sleep:SECONDS`` acts at the n-th time that ``name`` is
reached in this process. ``kill`` is SIGKILL to oneself: no ``finally``, no ``atexit``. Under
systemd (``INVOCATION_ID``) the variable is refused, so a fault cannot be switched on in service.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import threading
import time
from typing import Final

from printd.core.errors import ConfigInvalid

# Every boundary between "file written", "mark set", "command sent" and "state moved".
NAMES: Final = frozenset(
    {
        "intake.copied",  # the copy has its name, nothing is committed
        "intake.committed",  # the row is there, the original too
        "intake.removed",  # the original is gone
        "file.written",  # a result lies beside its final name, synced
        "file.renamed",  # a result has its name, its folder is not synced
        "file.synced",  # a result is safe, its state not yet moved
        "move.before",  # a state is about to be moved
        "move.in",  # moved, not committed
        "move.after",  # committed
        "mark.before",  # a mark is about to be set
        "mark.in",  # set, not committed
        "mark.after",  # committed, nothing has been sent
        "start.sent",  # the printer has answered, nothing is stored
        "recover.before",  # evidence is about to be asked for
        "recover.after",  # evidence is there, nothing is stored
        "request.in",  # a person's request is done, not committed
    }
)

_FORM = re.compile(r"(?P<name>[a-z.]+)(:(?P<nth>\d+))?=(?P<act>kill|raise:[A-Z]+|sleep:[\d.]+)")
_lock = threading.Lock()
_reached: dict[str, int] = {}


def _planned() -> tuple[str, int, str] | None:
    text = os.environ.get("PRINTD_FAULT")
    if not text:
        return None
    form = _FORM.fullmatch(text)
    if form is None or form["name"] not in NAMES:
        raise ConfigInvalid(f"PRINTD_FAULT={text!r} is no failpoint.")
    if "INVOCATION_ID" in os.environ and os.environ.get("PRINTD_FAULT_TEST") != "1":
        raise ConfigInvalid("PRINTD_FAULT is set under systemd; failpoints are for tests only.")
    return form["name"], int(form["nth"] or 1), form["act"]


_PLAN: Final = _planned()


def hit(name: str) -> None:
    """Pass the failpoint ``name``; does nothing unless a test has planned a fault there."""
    if _PLAN is None or _PLAN[0] != name:
        return
    with _lock:
        _reached[name] = _reached.get(name, 0) + 1
        if _reached[name] != _PLAN[1]:
            return
    act, _, detail = _PLAN[2].partition(":")
    if act == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif act == "sleep":
        time.sleep(float(detail))
    else:
        raise OSError(getattr(errno, detail), f"failpoint {name}")
