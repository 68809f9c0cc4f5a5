"""The originals of decided drops: they leave the drop folder, or stay where printd may not move.

Taken or refused has been decided and stored before; here only the file goes. One that stays is
not looked at again, also when a person changes its rights, and goes as soon as it can.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from printd.core.errors import PrintdError
from printd.core.names import display_name
from printd.core.store import Store
from printd.daemon.listing import Found
from printd.pipeline import letting_go
from printd.pipeline.copying import Identity

log = logging.getLogger(__name__)
Going = Callable[[Found], None]


@dataclass(frozen=True, slots=True)
class _Stuck:
    found: Found
    go: Going
    why: str
    note: str


class Originals:
    """Lets originals go; remembers those that could not."""

    def __init__(self, drop: Path, store: Store) -> None:
        self._drop = drop
        self._store = store
        self._stuck: dict[Path, _Stuck] = {}

    @property
    def notes(self) -> list[str]:
        """One line for each original that stays."""
        return [stuck.note for stuck in self._stuck.values()]

    def taken(self, found: Found, *, keep: bool) -> None:
        """Remove the original of a photo that is a job, or move it into ``_done/``."""
        self._try(found, self._keep if keep else self._remove, "it is taken")

    def skipped(self, found: Found, why: PrintdError) -> None:
        """Move into ``_done/`` of what nothing is made, with a text that says why."""

        def go(found: Found) -> None:
            for path, identity in _parts(found):
                letting_go.keep(path, identity, self._drop, why if path == found.photo else None)

        self._try(found, go, why.problem.rstrip("."))

    def refused(self, found: Found, error: PrintdError) -> None:
        """Store that this drop is refused, and move it into ``_failed/`` with the sentence.

        Raises:
            DiskFull: it could not be stored; nothing was moved.
        """
        if not letting_go.is_still(found.photo, found.identity):
            return
        name = display_name(found.photo.name)
        fingerprint = f"{found.identity}:{found.side_identity}:refused"
        if self._store.refuse_drop(fingerprint, name, error):
            log.warning("%s refused: %s: %s", name, error.code, error.problem)

        def go(found: Found) -> None:
            # The picture first: without its side file it could be taken with other settings.
            for path, identity in reversed(_parts(found)):
                letting_go.refuse(path, identity, self._drop, error)

        self._try(found, go, error.problem.rstrip("."))

    def is_decided(self, found: Found) -> bool:
        """Return whether ``found`` was decided and stays only because it may not be moved."""
        stuck = self._stuck.get(found.photo)
        if stuck is None or not _is_same(stuck.found, found):
            return False
        self._try(found, stuck.go, stuck.why)
        return True

    def keep_only(self, there: Iterable[Path]) -> None:
        """Forget every original that is not there any more."""
        for photo in self._stuck.keys() - set(there):
            del self._stuck[photo]

    def _try(self, found: Found, go: Going, why: str) -> None:
        try:
            go(found)
        except OSError as error:
            note = (
                f"{display_name(found.photo.name)}: {why}, but printd (user {os.geteuid()}) may "
                f"not move it away: {error.strerror or error}"
            )
            self._stuck[found.photo] = _Stuck(found, go, why, note)
        else:
            self._stuck.pop(found.photo, None)

    def _remove(self, found: Found) -> None:
        for path, identity in _parts(found):
            letting_go.remove(path, identity)

    def _keep(self, found: Found) -> None:
        for path, identity in _parts(found):
            letting_go.keep(path, identity, self._drop)


def _parts(found: Found) -> list[tuple[Path, Identity]]:
    """Return side file and photo: a photo that stays behind is known, a side file is not."""
    parts = [(found.side, found.side_identity), (found.photo, found.identity)]
    return [(path, identity) for path, identity in parts if path and identity]


def _is_same(one: Found, other: Found) -> bool:
    """Return whether both are the same drop; a change of rights makes no other one."""
    return _content(one.identity) == _content(other.identity) and _content(
        one.side_identity
    ) == _content(other.side_identity)


def _content(identity: Identity | None) -> tuple[int, ...] | None:
    if identity is None:
        return None
    return identity.device, identity.inode, identity.size, identity.mtime_ns
