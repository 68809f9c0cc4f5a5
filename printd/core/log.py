"""Logging: one line per fact, with the job, the step and the printer in ``key=value`` form.

Secrets are masked in every line. The last lines are kept in memory, to be shown.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TextIO

from printd.core.masking import masked

KEPT: Final = 1000  # lines
KEPT_CHARACTERS: Final = 4000  # of a line; a traceback may have more
_about: ContextVar[tuple[str, ...]] = ContextVar("about", default=())


@contextmanager
def about(**words: object) -> Iterator[None]:
    """Put ``key=value`` words into every log line written inside."""
    token = _about.set((*_about.get(), *(f"{key}={value}" for key, value in words.items())))
    try:
        yield
    finally:
        _about.reset(token)


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record).replace("\n", "\n  ")
        words = " ".join(_about.get())
        return masked(f"{text} {words}".rstrip())


@dataclass(frozen=True, slots=True)
class Kept:
    """One line, as it was written."""

    at: datetime
    level: str
    text: str


_kept: deque[Kept] = deque(maxlen=KEPT)


def last(most: int) -> list[Kept]:
    """Return the last lines that were written, oldest first."""
    return list(_kept)[-most:]


class _Keeping(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        at = datetime.fromtimestamp(record.created, UTC)
        _kept.append(Kept(at, record.levelname.lower(), self.format(record)[:KEPT_CHARACTERS]))


def set_up(level: str, out: TextIO | None = None) -> None:
    """Write log lines of ``level`` and above, and keep the last of them.

    Args:
        level: as in the configuration.
        out: where to; None: standard error.
    """
    writing, keeping = logging.StreamHandler(out or sys.stderr), _Keeping()
    writing.setFormatter(_Line("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    keeping.setFormatter(_Line("%(name)s: %(message)s"))
    root = logging.getLogger("printd")
    root.handlers = [writing, keeping]
    root.setLevel(level.upper())
    root.propagate = False
    others = logging.getLogger()
    others.handlers = [writing, keeping]
    others.setLevel(logging.WARNING)
