"""The time of a fake service: as fast as a test wants it, and the same after a restart."""

import json
import threading
import time
from pathlib import Path
from typing import Final

LOOK_S: Final = 0.02  # how often one who waits looks whether time was skipped


class Clock:
    """Service seconds.

    Only what takes time is quick: work, retention, the life of links. Moments that a service tells
    of are told as real time, since a client compares them with its own clock.

    Args:
        factor: service seconds in a real second; the same after a restart.
    """

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor
        self._skipped_s = 0.0
        self._files: list[Path] = []
        self._lock = threading.Lock()

    def keep_in(self, path: Path) -> None:
        """Remember there what is skipped, and go on from what was."""
        with self._lock:
            if path.exists():
                self._skipped_s = max(self._skipped_s, json.loads(path.read_text()))
            self._files.append(path)

    def now(self) -> float:
        """Return the moment in service seconds, from no particular beginning."""
        with self._lock:
            return time.time() * self.factor + self._skipped_s

    def skip(self, seconds: float) -> None:
        """Let so many service seconds have passed."""
        with self._lock:
            self._skipped_s += seconds
            for path in self._files:
                path.write_text(json.dumps(self._skipped_s))

    def wait(self, seconds: float, stopped: threading.Event) -> None:
        """Return when so many service seconds have passed, or at once when all is stopped."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            if stopped.wait(min(left / self.factor, LOOK_S)):
                return
