"""Small pictures of what jobs became, for lists: made when first asked for, kept in memory."""

from __future__ import annotations

import logging
import os
import threading
import uuid
from pathlib import Path
from typing import Final

from printd.core.compute import Limits
from printd.core.errors import PrintdError
from printd.core.files import make_folder
from printd.pipeline import tasks
from printd.web.previews import Picture
from printd.web.tools import WebTools
from printd.web.uploads import INCOMING

log = logging.getLogger(__name__)
LONGEST_PX: Final = 168  # lists show a third of it, on screens as fine as those of phones
KEPT: Final = 500  # of some kB each
LIMITS: Final = Limits(memory_bytes=1 << 30, wall_s=30.0)
Known = tuple[Path, int, int]


class SmallPictures:
    """Those that were made last."""

    def __init__(self, tools: WebTools) -> None:
        self._tools = tools
        self._at_work = threading.Lock()  # one at a time: a list asks for many at once
        self._made: dict[Known, Picture] = {}  # the longest unseen first

    def of(self, path: Path, found: os.stat_result) -> Picture | None:
        """Return a picture of ours, small; None: it cannot be made now.

        Args:
            path: of the picture.
            found: what is known of the file.
        """
        known = path, found.st_mtime_ns, found.st_size
        with self._at_work:
            try:
                picture = self._made.pop(known, None) or self._small(path)
            except PrintdError as error:
                log.warning("no small picture: %s", error.problem)
                return None
            self._made[known] = picture
            if len(self._made) > KEPT:
                del self._made[next(iter(self._made))]
        return picture

    def _small(self, path: Path) -> Picture:
        folder = self._tools.config.data_dir / INCOMING
        make_folder(folder)
        out = folder / uuid.uuid4().hex
        try:
            self._tools.compute.run(tasks.small_picture, path, out, LONGEST_PX, limits=LIMITS)
            return Picture(out.read_bytes())
        finally:
            out.unlink(missing_ok=True)
