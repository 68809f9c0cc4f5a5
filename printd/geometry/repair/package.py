"""A stranger's ZIP: its directory judged before anything is unpacked, nothing put on the disk."""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from types import TracebackType
from typing import Final, Self

from printd.core.errors import MeshTooLarge, MeshUnreadable
from printd.geometry.repair.raw import ReadLimits

MOST_ENTRIES: Final = 512
MOST_RATIO: Final = 100  # text of meshes shrinks to a tenth; a bomb to a thousandth
FREE_BYTES: Final = 10_000_000  # unpacked, whatever the ratio: small meshes of one shape pack well
ENCRYPTED: Final = 0x1
# What the library raises, one way or another, on a ZIP that is damaged.
BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ValueError, OverflowError, RuntimeError, IndexError, NotImplementedError),
)


class Package:
    """An opened ZIP of acceptable contents."""

    def __init__(self, zipped: zipfile.ZipFile, limits: ReadLimits) -> None:
        self._zipped = zipped
        self._limits = limits

    @classmethod
    def of(cls, content: bytes, limits: ReadLimits) -> Self:
        """Open a ZIP and judge its directory.

        Raises:
            MeshUnreadable: broken, encrypted, or with names that lead out of it.
            MeshTooLarge: too many entries, or too much in them.
        """
        try:
            zipped = zipfile.ZipFile(io.BytesIO(content))
        except BROKEN as error:
            raise MeshUnreadable(f"The ZIP is broken ({error}).") from error
        entries = zipped.infolist()
        if len(entries) > MOST_ENTRIES:
            raise MeshTooLarge(f"The ZIP has {len(entries)} entries; at most {MOST_ENTRIES}.")
        unpacked = sum(entry.file_size for entry in entries)
        most = min(limits.max_unpacked_bytes, max(FREE_BYTES, MOST_RATIO * len(content)))
        if unpacked > most:
            raise MeshTooLarge(
                f"The ZIP of {len(content) / 1e6:.1f} MB unpacks to {unpacked / 1e6:.0f} MB; at "
                f"most {most / 1e6:.0f} MB are unpacked of it."
            )
        for entry in entries:
            _check(entry)
        return cls(zipped, limits)

    def names(self) -> list[str]:
        """Return the names of the files in it."""
        return [entry.filename for entry in self._zipped.infolist() if not entry.is_dir()]

    def read(self, name: str) -> bytes:
        """Return the content of a file in it.

        Raises:
            MeshUnreadable: it is not there, or broken, or longer than the directory says.
        """
        try:
            entry = self._zipped.getinfo(name)
            with self._zipped.open(entry) as stream:
                content = stream.read(entry.file_size + 1)
        except KeyError as error:
            raise MeshUnreadable(f"The ZIP holds no {name}.") from error
        except BROKEN as error:
            raise MeshUnreadable(f"The ZIP is broken ({error}).") from error
        if len(content) != entry.file_size:
            raise MeshUnreadable(f"{name} in the ZIP is not as long as its directory says.")
        return content

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._zipped.close()


def _check(entry: zipfile.ZipInfo) -> None:
    if not entry.filename:
        raise MeshUnreadable("The ZIP is broken (a file has no name).")
    if entry.flag_bits & ENCRYPTED:
        raise MeshUnreadable("The ZIP is encrypted.", action="Pack it without a password.")
    parts = entry.filename.replace("\\", "/").split("/")
    if ".." in parts or entry.filename.startswith("/") or ":" in parts[0]:
        raise MeshUnreadable("The ZIP has names that lead out of it.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise MeshUnreadable("The ZIP holds a link.")
