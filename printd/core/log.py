"""Logging: one line per fact, with the job, the step and the printer in ``key=value`` form."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
        return f"{text} {words}".rstrip()


def set_up(level: str) -> None:
    """Write log lines of ``level`` and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    root = logging.getLogger("printd")
    root.handlers = [handler]
    root.setLevel(level.upper())
    root.propagate = False
    others = logging.getLogger()
    others.handlers = [handler]
    others.setLevel(logging.WARNING)
