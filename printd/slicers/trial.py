"""A profile tried out on the slicer that is there: it knows every key, and its cube may be printed.

The slicer passes over keys that it does not know without a word, and what start and end G-code
come to is known only when their placeholders are filled in. So both are tried.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from printd.core.errors import ProfileInvalid
from printd.geometry.files.meshio import write_stl
from printd.geometry.mesh.mesh import Mesh
from printd.slicers.base import Program, SliceReport
from printd.slicers.packing import started
from printd.slicers.profiles import Profile, composed, written
from printd.slicers.prusa import short_version
from printd.slicers.prusa_ini import KNOWN_SINCE, read_ini
from printd.slicers.prusa_words import last_words
from printd.slicers.run import Limits, run_slicer
from printd.slicers.slicing import slice_model

PROBE: Final = Limits(wall_s=60.0, cpu_s=60)
CUBE_MM: Final = 10.0
CORNERS: Final = [(x, y, z) for z in (0, 1) for y in (0, 1) for x in (0, 1)]
QUADS: Final = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (1, 3, 7, 5), (3, 2, 6, 7), (2, 0, 4, 6))


def try_out(profile: Profile, program: Program) -> SliceReport:
    """Try a profile, with every material and quality, on the slicer.

    Returns:
        The report of a sliced cube.

    Raises:
        ProfileInvalid: the slicer does not know a key; the sentence names it.
        SlicerRefused: it does not take a value; the sentence has its words.
        GcodeRefused: start or end G-code break a safety rule of the machine.
    """
    with tempfile.TemporaryDirectory(prefix="printd-trial-") as name:
        work = Path(name)
        if profile.kind != "orca":
            for count, variant in enumerate(_variants(profile)):
                folder = work / str(count)
                folder.mkdir()
                _check_known(variant, program, folder)
        out = work / "out"
        out.mkdir()
        model = work / "cube.stl"
        write_stl(model, _cube())
        return slice_model(model, profile, out, program=program)


def _variants(profile: Profile) -> Iterator[Profile]:
    """Return the profile with each material, and with each quality."""
    for material in profile.materials:
        yield composed(profile, material=material.name)
    for quality in profile.qualities[1:]:
        yield composed(profile, quality=quality.name)


def unknown_keys(profile: Profile, program: Program) -> list[str]:
    """Return the keys of a profile that PrusaSlicer would pass over.

    Raises:
        ProfileInvalid: it does not take a value; the sentence has its words.
    """
    with tempfile.TemporaryDirectory(prefix="printd-trial-") as name:
        return _unknown(profile, program, Path(name))


def _check_known(profile: Profile, program: Program, folder: Path) -> None:
    if unknown := _unknown(profile, program, folder):
        raise ProfileInvalid(
            f"{_called(profile)}: PrusaSlicer {program.version} does not know {', '.join(unknown)}."
        )


def _unknown(profile: Profile, program: Program, folder: Path) -> list[str]:
    """Have PrusaSlicer write the settings down again: what it does not know is missing then."""
    again = folder / "again.ini"
    words = ["--load", str(written(profile, folder)), "--config-compatibility", "disable"]
    argv = [*started(program.path, program.packing, folder), *words, "--save", str(again)]
    run = run_slicer(argv, folder, PROBE, folder / "log")
    if run.exit_code != 0 or not again.is_file():
        said = last_words(run.stdout, run.stderr).replace(f"{folder}/", "")
        raise ProfileInvalid(f"{_called(profile)}: the slicer does not take it: {said}")
    known = read_ini(again.read_text(encoding="utf-8"), again.name)
    version = short_version(program.version)
    return [
        key
        for key, _ in profile.settings
        if key not in known and KNOWN_SINCE.get(key, version) <= version
    ]


def _called(profile: Profile) -> str:
    return f"{profile.name} ({profile.material}, {profile.quality})"


def _cube() -> Mesh:
    faces = [face for a, b, c, d in QUADS for face in ((a, b, c), (a, c, d))]
    corners = np.array(CORNERS, np.float32) * np.float32(CUBE_MM)
    return Mesh(corners, np.array(faces, np.int32))
