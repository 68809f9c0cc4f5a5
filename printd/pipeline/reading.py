"""What somebody left, copied and read whole once: a photo, words, a mesh, G-code.

A stranger's file is read in a limited child. What cannot be used says why in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from printd.core.beside import DEPTH_FILE_BYTES
from printd.core.compute import Compute, Limits
from printd.core.errors import (
    ComputeCrashed,
    ComputeMemory,
    ComputeTimeout,
    DiskError,
    GcodeRefused,
    InternalError,
    MeshTooLarge,
    MeshUnreadable,
    PhotoIncomplete,
    PhotoRefused,
    PhotoTooLarge,
    PhotoUnreadable,
    PrintdError,
    WrongKind,
)
from printd.core.given import MESH_FILE_BYTES, Given
from printd.core.jobs import Facts, State
from printd.core.prompts import PROMPT_FILE_BYTES, PromptRefused, words_of
from printd.gcode.lines import LARGEST_FILE_BYTES
from printd.geometry.decode.endmarker import has_end_marker
from printd.pipeline import tasks
from printd.pipeline.copying import Identity, copy_whole
from printd.pipeline.judging import IN_PARTS, Candidate, judged

T = TypeVar("T")
Look = Callable[[Path, int], Mapping[str, Any]]
DECODE_BYTES = 1 << 30
MESH_BYTES = 2 << 30
MESH_WALL_S = 120.0
UNREADABLE = (ComputeTimeout, ComputeMemory, ComputeCrashed, InternalError)


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of ours, synced, in a job folder that no row names yet."""

    folder: Path
    sha256: str
    identity: Identity
    facts: Facts  # of the job that it becomes
    state: State = State.RECEIVED  # where that job begins
    hold: PrintdError | None = None  # why a person has to look at it first

    @property
    def fingerprint(self) -> str:
        """Return what this very drop is known by.

        With its change time: the next copy of a file may get the inode number and the
        modification time of one that was taken, and is another drop.
        """
        return f"{self.identity}:{self.sha256}"


class Reading:
    """Makes copies of what was left, synced, and reads them.

    Every kind raises ``NotFinished`` when the file changes or is another one now, an error of its
    kind when it cannot be used, and ``DiskFull``; what is left in the folder is its caller's.

    Args:
        compute: where files are read.
        photo_bytes: a photo or mask may have so many.
        decode_timeout_s: so long may it take to read a picture, by the configuration of now.
    """

    def __init__(
        self, compute: Compute, photo_bytes: int, decode_timeout_s: Callable[[], float]
    ) -> None:
        self._compute = compute
        self._photo_bytes = photo_bytes
        self._decode_timeout_s = decode_timeout_s

    def photo(self, photo: Path, copy: Path, settled: Identity | None) -> Copied:
        """Copy a photo; it is decoded whole once."""
        sha256, identity = copy_whole(photo, copy, settled, self._photo_bytes)
        facts = self._looked_at(tasks.decode_photo, copy, self._photo_bytes)
        return Copied(copy.parent, sha256, identity, {"photo": {**facts, "bytes": identity.size}})

    def mesh(self, file: Path, copy: Path, settled: Identity | None, *, is_sized: bool) -> Copied:
        """Copy a mesh; it is read whole once, and mended later."""
        limits = Limits(memory_bytes=MESH_BYTES, wall_s=MESH_WALL_S)
        try:
            sha256, identity = copy_whole(file, copy, settled, MESH_FILE_BYTES)
            raw = _once_more(
                lambda: self._compute.run(tasks.look_at_mesh, copy, is_sized, limits=limits)
            )
        except PhotoTooLarge as error:
            raise MeshTooLarge(error.problem) from error
        except UNREADABLE as error:
            raise MeshUnreadable(f"The mesh cannot be read: {error.problem}") from error
        facts = {"raw": {**raw, "file": copy.name, "bytes": identity.size, "foreign": True}}
        return Copied(copy.parent, sha256, identity, facts, State.MESHED)

    def words(self, file: Path, copy: Path, settled: Identity | None) -> Copied:
        """Copy words; no picture is drawn of them yet."""
        try:
            sha256, identity = copy_whole(file, copy, settled, PROMPT_FILE_BYTES)
        except PhotoTooLarge as error:
            raise PromptRefused(f"This is no prompt: {error.problem}") from error
        words_of(copy.read_bytes())
        return Copied(copy.parent, sha256, identity, {})

    def gcode(
        self,
        file: Path,
        copy: Path,
        settled: Identity | None,
        given: Given,
        candidates: Sequence[Candidate],
    ) -> Copied:
        """Copy G-code; it is judged, so its job is sliced already."""
        try:
            sha256, identity = copy_whole(file, copy, settled, LARGEST_FILE_BYTES)
            facts, wrong = self._judged(copy, given, candidates)
        except PhotoTooLarge as error:
            raise GcodeRefused(error.problem, action=IN_PARTS) from error
        except (*UNREADABLE, DiskError) as error:
            raise GcodeRefused(
                f"The G-code cannot be read: {error.problem}", action="Slice it again."
            ) from error
        state = State.RECEIVED if wrong else State.SLICED
        return Copied(copy.parent, sha256, identity, facts, state, wrong)

    def beside(self, file: Path, copy: Path, *, is_depth: bool) -> None:
        """Copy what was given beside a photo: a mask, or depth.

        Raises:
            NotFinished: it changes, or is another file now.
            PhotoRefused: why it cannot be used.
            DiskFull: no room.
        """
        look: Look = tasks.look_at_depth if is_depth else tasks.look_at_mask
        max_bytes = DEPTH_FILE_BYTES if is_depth else self._photo_bytes
        try:
            copy_whole(file, copy, None, max_bytes)
            self._looked_at(look, copy, max_bytes)
        except PhotoRefused as error:
            what = "depth file" if is_depth else "mask"
            raise type(error)(
                f"The {what} beside the photo: {error.problem}",
                action=f"Give another {what}, or none.",
            ) from error

    def _judged(
        self, copy: Path, given: Given, candidates: Sequence[Candidate]
    ) -> tuple[Facts, WrongKind | None]:
        """Judge G-code; what is for other printers waits for a person, and is judged again then."""
        try:
            return _once_more(lambda: judged(copy, given, candidates, self._compute)), None
        except WrongKind as error:
            return {}, error

    def _looked_at(self, look: Look, copy: Path, max_bytes: int) -> Mapping[str, Any]:
        """Let a limited child read a file of a stranger."""
        limits = Limits(memory_bytes=DECODE_BYTES, wall_s=self._decode_timeout_s())
        try:
            return _once_more(lambda: self._compute.run(look, copy, max_bytes, limits=limits))
        except UNREADABLE as error:
            raise PhotoUnreadable(f"The picture cannot be decoded: {error.problem}") from error
        except PhotoUnreadable as error:
            if has_end_marker(copy) is False:
                raise PhotoIncomplete(f"The picture ends too early: {error.problem}") from error
            raise


def _once_more(look: Callable[[], T]) -> T:
    """Look again where a child died, perhaps not by the file: a machine short of memory kills."""
    try:
        return look()
    except ComputeCrashed:
        return look()
