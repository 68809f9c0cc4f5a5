"""The threads of one daemon: each named, none dies unseen, all end together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

LEAST_S: Final = 0.1  # each is waited for so long, however little time is left


class Threads:
    """The threads that were started.

    Args:
        stop: set when all are to end; each thread is handed it.
        failed: called, in the thread, with what has ended it.
    """

    def __init__(self, stop: threading.Event, failed: Callable[[BaseException], None]) -> None:
        self._stop = stop
        self._failed = failed
        self._threads: list[threading.Thread] = []

    def start(self, name: str, run: Callable[[threading.Event], None]) -> None:
        """Start one that runs until ``stop`` is set."""

        def guarded() -> None:
            try:
                run(self._stop)
            except BaseException as fault:  # noqa: BLE001  no thread dies unseen
                self._failed(fault)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def join(self, until_s: float) -> None:
        """Wait for all of them, until ``time.monotonic()`` is ``until_s``."""
        for thread in self._threads:
            thread.join(max(LEAST_S, until_s - time.monotonic()))
