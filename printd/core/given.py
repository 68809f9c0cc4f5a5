"""What a job is made of: a photo, words, a mesh, or G-code that is printed as it is.

It stands in the job's settings, and by it the first step is chosen; without a word it is a photo.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from printd.core.files import JobFolders

KEY: Final = "given"  # in the settings of a job
PROMPT: Final = ".prompt.txt"
_BINARY: Final = ".bgcode"  # taken for G-code, which its judge says it is not
MESH_FILE_BYTES: Final = 200_000_000
MESHES: Final = (".stl", ".glb", ".obj", ".3mf")


class Given(StrEnum):
    """The kinds; the value of G-code is the suffix that printers accept."""

    PHOTO = "photo"
    WORDS = "words"
    MESH = "mesh"
    GCODE = ".gcode"
    CONTAINER = ".gcode.3mf"

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Given:
        """Return what the settings of a job say.

        Raises:
            ValueError: they name no kind.
        """
        return cls(settings.get(KEY, cls.PHOTO))

    @classmethod
    def named(cls, name: str) -> Given:
        """Return what a person's file is taken for by its name; its bytes decide later."""
        lower = name.lower()
        if lower.endswith(cls.CONTAINER):
            return cls.CONTAINER
        if lower.endswith((cls.GCODE, _BINARY)):
            return cls.GCODE
        if lower.endswith(PROMPT):
            return cls.WORDS
        return cls.MESH if lower.endswith(MESHES) else cls.PHOTO

    @property
    def file(self) -> str:
        """Return its name in the folder of a job."""
        return _FILES[self]

    @property
    def is_gcode(self) -> bool:
        """It is printed as it is; of anything else we make the G-code."""
        return self in (Given.GCODE, Given.CONTAINER)

    @property
    def words(self) -> str:
        """Return what people call it."""
        if self is Given.WORDS:
            return "prompt"
        return "G-code" if self.is_gcode else self.value


_FILES: Final[Mapping[Given, str]] = {
    Given.PHOTO: JobFolders.PHOTO,
    Given.WORDS: JobFolders.WORDS,
    Given.MESH: JobFolders.RAW_FOREIGN,
    Given.GCODE: JobFolders.GCODE,
    Given.CONTAINER: JobFolders.CONTAINER,
}
