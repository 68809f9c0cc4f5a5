"""What OrcaSlicer's and Bambu Studio's return codes mean to us.

A code is negative in their sources, so the process shows 256 + code; their ``result.json`` holds
it as it is.
Source: ``cli_errors`` of both programs, OrcaSlicer 2.3 and Bambu Studio 2.x; read, not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from printd.core.errors import (
    RETRY,
    MeshUnprintable,
    MeshUnreadable,
    ModelTooLarge,
    PrintdError,
    ProfileInvalid,
    SlicerMemory,
    SlicerRefused,
    SlicerTimeout,
)

CODES_FROM: Final = -102  # the lowest that is known; signals, said by a shell, come below 154


@dataclass(frozen=True, slots=True)
class Meaning:
    """One code: our error, its fact, and what to do where the error's own words do not fit."""

    error: type[PrintdError]
    fact: str
    action: str | None = None


CHANGE_MODEL: Final = "Change the model, " + RETRY
OTHER_VERSION: Final = "Use another version of the slicer, or report this, " + RETRY
LET_IT_READ: Final = (
    "Let the slicer read the data folder (a Flatpak sees only what it is given), " + RETRY
)
COMPATIBLE: Final = (
    "Name the machine in compatible_printers of the profile's process.json, " + RETRY
)

CODES: Final[Mapping[int, Meaning]] = {
    -1: Meaning(SlicerRefused, "it could not set itself up", OTHER_VERSION),
    -2: Meaning(SlicerRefused, "it does not take the options that it was given", OTHER_VERSION),
    -3: Meaning(SlicerRefused, "it does not find a file that it was given", LET_IT_READ),
    -4: Meaning(SlicerRefused, "it takes no other file before a 3MF", OTHER_VERSION),
    -5: Meaning(ProfileInvalid, "it cannot use a settings file"),
    -6: Meaning(MeshUnreadable, "it cannot read the model"),
    -7: Meaning(ProfileInvalid, "the settings are not for a printer that melts filament"),
    -8: Meaning(SlicerRefused, "it does not support what was asked", OTHER_VERSION),
    -9: Meaning(SlicerRefused, "copying the model failed", CHANGE_MODEL),
    -10: Meaning(SlicerRefused, "scaling the model failed", CHANGE_MODEL),
    -11: Meaning(SlicerRefused, "it could not write the STL", OTHER_VERSION),
    -12: Meaning(SlicerRefused, "it could not write the OBJ", OTHER_VERSION),
    -13: Meaning(
        SlicerRefused, "it could not write the 3MF", "Look at the room on the disk, " + RETRY
    ),
    -14: Meaning(SlicerMemory, "it ran out of memory"),
    -15: Meaning(ProfileInvalid, "it does not support this machine for the file"),
    -16: Meaning(ProfileInvalid, "the machine does not fit the file"),
    -17: Meaning(ProfileInvalid, "the process is not for this machine", COMPATIBLE),
    -18: Meaning(ProfileInvalid, "settings have values that it does not take"),
    -19: Meaning(ProfileInvalid, "the settings would run a program (post_process)"),
    -20: Meaning(ProfileInvalid, "the bed is smaller than the process is for"),
    -21: Meaning(SlicerRefused, "it found no place for the model", CHANGE_MODEL),
    -22: Meaning(SlicerRefused, "it could not turn the model", CHANGE_MODEL),
    -23: Meaning(ProfileInvalid, "a setting of the machine was changed that must not be"),
    -24: Meaning(SlicerRefused, "the file is of a newer version than the slicer", OTHER_VERSION),
    -50: Meaning(ModelTooLarge, "nothing lies whole on the bed"),
    -51: Meaning(ProfileInvalid, "the settings contradict each other"),
    -52: Meaning(ModelTooLarge, "the model lies in part off the bed"),
    -53: Meaning(SlicerRefused, "it could not make its cache folder", OTHER_VERSION),
    -54: Meaning(SlicerRefused, "it could not write its cache", OTHER_VERSION),
    -55: Meaning(SlicerRefused, "it found no cache", OTHER_VERSION),
    -56: Meaning(SlicerRefused, "it cannot use its cache", OTHER_VERSION),
    -57: Meaning(SlicerRefused, "it could not load its cache", OTHER_VERSION),
    -58: Meaning(SlicerTimeout, "slicing took longer than its own limit"),
    -59: Meaning(
        MeshUnprintable, "the model has more triangles than its limit", "Use a coarser mesh."
    ),
    -60: Meaning(SlicerRefused, "nothing was left to print", CHANGE_MODEL),
    -61: Meaning(ProfileInvalid, "the filament is not for this plate"),
    -62: Meaning(ProfileInvalid, "the temperatures of the filaments are too far apart"),
    -63: Meaning(SlicerRefused, "prints one after the other would collide", CHANGE_MODEL),
    -64: Meaning(SlicerRefused, "models would collide", CHANGE_MODEL),
    -65: Meaning(ProfileInvalid, "the settings do not fit vase mode"),
    -66: Meaning(ProfileInvalid, "it finds no extruder for the filament"),
    -67: Meaning(ProfileInvalid, "only one TPU may be loaded"),
    -68: Meaning(ProfileInvalid, "the filament is not for this extruder"),
    -100: Meaning(SlicerRefused, "slicing failed", CHANGE_MODEL),
    -101: Meaning(SlicerRefused, "paths of the print would collide", CHANGE_MODEL),
    CODES_FROM: Meaning(
        SlicerRefused, "the print would leave the place where the machine can print", CHANGE_MODEL
    ),
}


def code_of(exit_code: int) -> int | None:
    """Return the return code that a process's exit code shows; None: it shows none."""
    code = exit_code - 256
    return code if CODES_FROM <= code < 0 else None
