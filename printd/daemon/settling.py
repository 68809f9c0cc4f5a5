"""Is a file finished? Told of looks, answers when it has been quiet long enough.

Without threads and without a clock of its own: the caller brings the time, so tests do too. Quiet
means that size, modification and change time (and those of its side file) stood still at two
looks at least, ``settle_s`` apart. A file that was quiet but proved unfinished is looked at again
after 2, 4, 8 … 60 s, and given up ``incomplete_after_s`` after its last change.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from printd.pipeline.copying import Identity

LONGEST_WAIT_S = 60.0
Look = tuple[Identity, Identity | None]  # of a photo and its side file


@dataclass(slots=True)
class _Watched:
    look: Look
    still_since_s: float
    again_at_s: float
    wait_s: float


class Settling:
    """The files of the drop folder that are not yet taken."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._watched: dict[Path, _Watched] = {}

    def __len__(self) -> int:
        return len(self._watched)

    def is_quiet(self, photo: Path, look: Look, now_s: float, factor: float = 1.0) -> bool:
        """Note a look at ``photo`` and its side file; return whether it may be taken now.

        Args:
            photo: the file.
            look: its identity and that of its side file, if there is one.
            now_s: monotonic time.
            factor: of the settle time; 2 where writers cannot be seen.
        """
        known = self._watched.get(photo)
        if known is None or known.look != look:
            settle_s = self._settle_s * factor
            self._watched[photo] = _Watched(look, now_s, now_s + settle_s, settle_s)
            return False
        return now_s >= known.again_at_s

    def still_s(self, photo: Path, now_s: float) -> float:
        """Return for how long the file has not changed."""
        known = self._watched.get(photo)
        return now_s - known.still_since_s if known else 0.0

    def not_finished(self, photo: Path, now_s: float) -> None:
        """Look at this file again later, each time later, until it changes."""
        known = self._watched.get(photo)
        if known is not None:
            known.again_at_s = now_s + known.wait_s
            known.wait_s = min(known.wait_s * 2, LONGEST_WAIT_S)

    def forget(self, photo: Path) -> None:
        """The file is taken, refused or gone."""
        self._watched.pop(photo, None)

    def keep_only(self, there: set[Path]) -> None:
        """Forget every file that is not there any more."""
        for photo in self._watched.keys() - there:
            del self._watched[photo]

    def next_s(self, now_s: float) -> float | None:
        """Return the seconds until the next file may be quiet; None: nothing is waited for."""
        if not self._watched:
            return None
        return max(0.0, min(known.again_at_s for known in self._watched.values()) - now_s)
