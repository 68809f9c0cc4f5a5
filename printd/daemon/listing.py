"""One look at the drop folder: which photos lie there, for which recipe, and what else does."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from printd.core.dropnames import AGAIN, OURS, Kind, kind_of, photo_of, side_of
from printd.core.names import display_name
from printd.pipeline.taking import Identity

SPECIAL = (
    (stat.S_ISLNK, "is a link; put the picture itself here"),
    (stat.S_ISFIFO, "is a pipe, not a picture"),
    (stat.S_ISSOCK, "is a socket, not a picture"),
    (stat.S_ISBLK, "is a device, not a picture"),
    (stat.S_ISCHR, "is a device, not a picture"),
)
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a photo, with its side file."""

    photo: Path
    identity: Identity
    recipe: str
    again: bool = False
    side: Path | None = None
    side_identity: Identity | None = None
    foreign: bool = False  # of another user: its writers cannot be seen


@dataclass(slots=True)
class Listing:
    """What one look has found."""

    found: list[Found] = field(default_factory=list)
    lonely_sides: list[tuple[Path, Identity]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # left where they are; one line each


def drop_folders(drop: Path, recipes: Collection[str]) -> dict[Path, str]:
    """Return the folders that are looked into, and the recipe of each."""
    named = {drop / recipe: recipe for recipe in recipes if recipe != DEFAULT}
    return {drop: DEFAULT, **named, drop / AGAIN: DEFAULT}


def look(drop: Path, recipes: Collection[str]) -> Listing:
    """List the drop folder and its recipe folders, oldest file first.

    Raises:
        OSError: the drop folder itself cannot be read.
    """
    listing = Listing()
    folders = drop_folders(drop, recipes)
    for folder, recipe in folders.items():
        if folder != drop and not folder.is_dir():
            continue
        _look_into(folder, recipe, folders, listing)
    listing.found.sort(key=lambda found: (found.identity.mtime_ns, found.photo.name))
    return listing


def _look_into(folder: Path, recipe: str, folders: Collection[Path], listing: Listing) -> None:
    facts = dict(_entries(folder))
    top = folder == next(iter(folders))
    for name, seen in facts.items():
        kind = kind_of(name)
        path = folder / name
        if kind is Kind.NOISE or (kind is Kind.OURS and name in OURS) or path in folders:
            continue
        if not stat.S_ISREG(seen.st_mode):
            listing.notes.append(f"{display_name(name)}: {_why_left(seen.st_mode, top=top)}")
        elif kind is Kind.SIDE:
            if photo_of(name) not in facts:
                listing.lonely_sides.append((path, Identity.of(seen)))
        else:
            side = facts.get(side_of(name))
            has_side = side is not None and stat.S_ISREG(side.st_mode)
            listing.found.append(
                Found(
                    path,
                    Identity.of(seen),
                    recipe,
                    again=folder.name == AGAIN and not top,
                    side=folder / side_of(name) if has_side else None,
                    side_identity=Identity.of(side) if side is not None and has_side else None,
                    foreign=os.geteuid() not in (0, seen.st_uid),
                )
            )


def _entries(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                yield entry.name, entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone between the listing and the look


def _why_left(mode: int, *, top: bool) -> str:
    for test, words in SPECIAL:
        if test(mode):
            return words
    if top:
        return "is a folder, but no recipe of that name; nothing in it is taken"
    return "is a folder; nothing in it is taken"
