"""The socket in the data folder, by which programs of this machine talk to the daemon.

Named here for both ends: whoever calls loads nothing of the server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SOCKET: Final = "api.sock"


@contextmanager
def short_path(folder: Path) -> Iterator[Path]:
    """Name a folder in few letters: the path of a socket has 107 at most. Source: unix(7)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
