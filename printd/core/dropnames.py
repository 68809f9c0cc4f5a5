"""Which names in a drop folder are photos, which are ours, and which are nobody's business.

Pure: works on names. A leading underscore is a photo like any other (cameras write
``_DSC1234.JPG``); only the names that printd itself uses are its own.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

FAILED: Final = "_failed"
DONE: Final = "_done"
AGAIN: Final = "again"
STATUS: Final = "_status.txt"
README: Final = "README.txt"
LOCK: Final = ".printd.lock"
OURS: Final = frozenset({FAILED, DONE, AGAIN, STATUS, STATUS + ".part", README, LOCK})
SIDE_ENDING: Final = ".yaml"
LONGEST_ENDING: Final = 16  # what follows the last dot of a longer one is part of the name

_NOISE: Final = re.compile(
    r"\..*"  # hidden, also rsync's .name.XXXXXX and ._resource forks
    r"|~\$?.*"
    r"|.*\.(part|crdownload|download|filepart|tmp|partial|swp)"
    r"|Thumbs\.db|desktop\.ini|ehthumbs\.db"
    r"|@eaDir|__MACOSX|\$RECYCLE\.BIN|System Volume Information|lost\+found",
    re.IGNORECASE | re.DOTALL,
)


class Kind(StrEnum):
    """What a name in the drop folder is taken for."""

    OURS = "ours"
    NOISE = "noise"
    SIDE = "side"  # settings for the photo of the same name without ``.yaml``
    PHOTO = "photo"  # to be looked at; its bytes decide


def kind_of(name: str) -> Kind:
    """Return what ``name`` is, by its name alone."""
    if name in OURS:
        return Kind.OURS
    if _NOISE.fullmatch(name):
        return Kind.NOISE
    if name.lower().endswith(SIDE_ENDING):
        return Kind.SIDE
    return Kind.PHOTO


def photo_of(side: str) -> str:
    """Return the name of the photo that a side file belongs to."""
    return side[: -len(SIDE_ENDING)]


def with_ending(name: str, ending: str, longest_bytes: int = 255) -> str:
    """Return ``name + ending``, the stem cut where a file name may not be longer."""
    room = longest_bytes - len(ending.encode())
    raw = name.encode("utf-8", "surrogateescape")[:room]
    while True:
        try:
            return raw.decode("utf-8", "surrogateescape" if _odd(name) else "strict") + ending
        except UnicodeDecodeError:
            raw = raw[:-1]


def _odd(name: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in name)


def numbered(name: str, count: int) -> str:
    """Return ``name`` for its ``count``-th bearer: ``cat.jpg``, then ``cat-2.jpg``."""
    if count < 2:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    return with_ending(stem, f"-{count}{dot}{ending}")
