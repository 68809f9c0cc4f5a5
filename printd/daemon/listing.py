"""One look at the drop folder: which photos lie there, for which recipe, and what else does."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from printd.core.dropnames import AGAIN, Kind, kind_of, photo_of
from printd.core.names import display_name
from printd.pipeline.copying import Identity

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
        try:
            if folder == drop or stat.S_ISDIR(folder.lstat().st_mode):
                _look_into(folder, recipe, folders, listing)
        except OSError as error:
            if folder == drop:
                raise
            if not isinstance(error, FileNotFoundError):
                _note_unreadable(listing, folder.name, error)
    listing.found.sort(key=lambda found: (found.identity.mtime_ns, found.photo.name))
    return listing


def _look_into(folder: Path, recipe: str, folders: Collection[Path], listing: Listing) -> None:
    facts = _entries(folder, listing)
    top = folder == next(iter(folders))
    sides = _sides(facts)
    for name, seen in facts.items():
        path = folder / name
        if path in folders:
            if not stat.S_ISDIR(seen.st_mode):
                listing.notes.append(f"{display_name(name)}: is in the place of a recipe's folder")
            continue
        kind = kind_of(name)
        if kind in (Kind.NOISE, Kind.OURS):
            continue
        if not stat.S_ISREG(seen.st_mode):
            listing.notes.append(f"{display_name(name)}: {_why_left(seen.st_mode, top=top)}")
        elif kind is Kind.SIDE:
            if photo_of(name) not in facts:
                listing.lonely_sides.append((path, Identity.of(seen)))
        else:
            side = sides.get(name)
            listing.found.append(
                Found(
                    path,
                    Identity.of(seen),
                    recipe,
                    again=folder.name == AGAIN and not top,
                    side=folder / side if side else None,
                    side_identity=Identity.of(facts[side]) if side else None,
                    foreign=os.geteuid() not in (0, seen.st_uid),
                )
            )


def _sides(facts: Mapping[str, os.stat_result]) -> dict[str, str]:
    """Return the side file of each photo that has one; ``.YAML`` is one too."""
    return {
        photo_of(name): name
        for name, seen in facts.items()
        if kind_of(name) is Kind.SIDE and stat.S_ISREG(seen.st_mode)
    }


def _entries(folder: Path, listing: Listing) -> dict[str, os.stat_result]:
    facts = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                facts[entry.name] = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone between the listing and the look
            except OSError as error:  # one that a share cannot show hides no other
                _note_unreadable(listing, entry.name, error)
    return facts


def _note_unreadable(listing: Listing, name: str, error: OSError) -> None:
    listing.notes.append(f"{display_name(name)}: cannot be looked at: {error.strerror or error}")


def _why_left(mode: int, *, top: bool) -> str:
    for test, words in SPECIAL:
        if test(mode):
            return words
    if top:
        return "is a folder, but no recipe of that name; nothing in it is taken"
    return "is a folder; nothing in it is taken"
