"""Pictures of beds for whoever looks: one is fetched every ten seconds, however many look.

Many cameras allow a single connection, and none likes being asked by every page. A thread fetches
for each printer that somebody looks at, and ends when nobody has looked for a minute. Pictures are
kept in memory only: people may be on them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from printd.core.errors import CameraAway

EVERY_S: Final = 10.0
LOOKED_S: Final = 60.0
FIRST_S: Final = 12.0  # a first picture is waited for; a camera that wakes takes a while
OLD: Final = 2.5  # rounds; an older picture is not shown as what is going on now


@dataclass(frozen=True, slots=True)
class _Look:
    """What came of the last look through a camera."""

    at_s: float
    picture: bytes | None
    why: CameraAway | None  # there is no picture


class Stills:
    """The last picture of each printer.

    Args:
        fetch: fetches one of a printer; raises CameraAway.
        failed: told of a fault.
        every_s: so often.
        looked_s: after so long without a look nothing is fetched.
    """

    def __init__(
        self,
        fetch: Callable[[str], bytes],
        failed: Callable[[BaseException], None],
        every_s: float = EVERY_S,
        looked_s: float = LOOKED_S,
    ) -> None:
        self._looked_s = looked_s
        self._every_s = every_s
        self._old_s = OLD * every_s
        self._fetch = fetch
        self._failed = failed
        self._changed = threading.Condition()
        self._last: dict[str, _Look] = {}
        self._asked_at_s: dict[str, float] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._is_closed = False

    def of(self, printer: str) -> bytes:
        """Return the newest picture (JPEG) of a printer, and go on fetching for a while.

        Raises:
            CameraAway: there is none.
        """
        until_s = time.monotonic() + FIRST_S
        with self._changed:
            self._asked_at_s[printer] = time.monotonic()
            if printer not in self._threads and not self._is_closed:
                self._last.pop(printer, None)
                self._begin(printer)
            while (last := self._new(printer)) is None and not self._is_closed:
                if not self._changed.wait(until_s - time.monotonic()):
                    break
        if last is None:
            raise CameraAway(f"The camera of {printer} has given no picture yet.")
        if last.picture is None:
            raise last.why or CameraAway(f"The camera of {printer} gives no picture.")
        return last.picture

    def close(self) -> None:
        """Stop looking; a request under way ends at its own deadline."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _new(self, printer: str) -> _Look | None:
        last = self._last.get(printer)
        return last if last is not None and time.monotonic() - last.at_s < self._old_s else None

    def _begin(self, printer: str) -> None:
        thread = threading.Thread(
            target=self._run, args=(printer,), name=f"camera-{printer}", daemon=True
        )
        self._threads[printer] = thread
        thread.start()

    def _run(self, printer: str) -> None:
        try:
            while self._goes_on(printer):
                look = self._look(printer)
                with self._changed:
                    self._last[printer] = look
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: self._is_closed, self._every_s)
        except BaseException as fault:  # noqa: BLE001  no thread dies unseen
            self._failed(fault)

    def _goes_on(self, printer: str) -> bool:
        """Say whether somebody looks; if nobody does, forget the picture and the thread."""
        with self._changed:
            if (
                not self._is_closed
                and time.monotonic() - self._asked_at_s[printer] < self._looked_s
            ):
                return True
            self._threads.pop(printer, None)
            self._last.pop(printer, None)
            return False

    def _look(self, printer: str) -> _Look:
        try:
            return _Look(time.monotonic(), self._fetch(printer), None)
        except CameraAway as error:
            return _Look(time.monotonic(), None, error)
