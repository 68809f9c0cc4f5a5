"""Maps kept in the folder of a draft, until others push them out.

Several children may work on one draft: each file is written beside its place and moved there.
Nothing is synced: a draft does not outlive a start.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from printd.core.files import disk_problem
from printd.depth.base import DepthMap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOCK: Final = "lock"
KEPT: Final = 8  # maps of a draft; a slider that is drawn leaves many


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one child at a time make a map of a draft; the others find it kept afterwards."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def keep(folder: Path, name: str, layers: NDArray[np.float32], note: Mapping[str, Any]) -> None:
    """Keep maps until others push them out. Nothing is synced: a draft does not outlive a start."""
    import numpy as np

    words = json.dumps(note).encode()

    def write(part: Path) -> None:
        with part.open("wb") as stream:
            stream.write(len(words).to_bytes(4, "little") + words)
            np.save(stream, layers, allow_pickle=False)

    put(folder / f"{name}.kept", write)
    kept = sorted(folder.glob("*.kept"), key=_used_ns)
    for old in kept[:-KEPT]:
        old.unlink(missing_ok=True)


def kept_map(folder: Path, name: str) -> DepthMap | None:
    """Return what was kept under a name; it counts as used now."""
    import numpy as np

    path = folder / f"{name}.kept"
    try:
        with path.open("rb") as stream:
            note = json.loads(stream.read(int.from_bytes(stream.read(4), "little")))
            layers = np.load(stream, allow_pickle=False)
        os.utime(path)
    except FileNotFoundError:  # never made, or pushed out a moment ago
        return None
    mask = layers[1] if len(layers) == 2 else None
    return DepthMap(layers[0], tuple(note["warnings"]), note["source"], mask)


def put(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it there; several children may do so at once."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        write(part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise disk_problem(error, path) from error


def _used_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # another child has pushed it out
        return 0
