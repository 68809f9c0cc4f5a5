"""The files that pages load: ours and those of libraries, under one hash of them all.

The hash stands in every address, so browsers keep the files for good; below it the tree is as it
is on the disk, so that modules find each other by relative paths.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[1] / "static"
VENDOR: Final = "vendor/"  # of libraries; put there at the set-up
PREFIX: Final = "/static"
HASH_CHARACTERS: Final = 12
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
}
PACKED: Final = frozenset({".css", ".js", ".svg", ".txt", ".json"})


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is sent."""

    content: bytes
    packed: bytes | None  # by gzip; None: it gains nothing
    type: str


class Assets:
    """All files of the pages, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._assets = {
            path.relative_to(folder).as_posix(): _asset(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in TYPES and path.is_file()
        }
        digest = hashlib.sha256()
        for name, asset in self._assets.items():
            digest.update(name.encode() + b"\0" + hashlib.sha256(asset.content).digest())
        self.version = digest.hexdigest()[:HASH_CHARACTERS]

    @property
    def has_libraries(self) -> bool:
        """Return whether the set-up has put the libraries there."""
        return any(name.startswith(VENDOR) for name in self._assets)

    def url(self, name: str) -> str:
        """Return the address of a file."""
        return f"{PREFIX}/{self.version}/{name}"

    def get(self, name: str) -> Asset | None:
        """Return a file; None: there is none."""
        return self._assets.get(name)


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    packed = None
    if path.suffix in PACKED:
        beside = path.with_name(path.name + ".gz")
        packed = beside.read_bytes() if beside.is_file() else gzip.compress(content, 6, mtime=0)
    return Asset(content, packed, TYPES[path.suffix])
