"""``.sl1``, what a resin printer is told: a zip of one picture per layer and a page of numbers.

The door, as ``gcode.safety`` is for G-code: ``judge_sl1`` reads a file's final bytes and says
whether a printer may be given them, ``strip`` draws some of its layers. Both decode pictures and
are called in a limited child; the daemon never loads the library for that.
Source: files of PrusaSlicer 2.5.0, measured; newer ones add ``config.json`` and pictures of the
model in ``thumbnail/``, read in its sources.
"""

from __future__ import annotations

from pathlib import Path

from printd.core.errors import DiskError
from printd.core.machine import Machine
from printd.gcode.sl1.archive import SETTINGS, Archive
from printd.gcode.sl1.config import Sl1Contents, pairs_of
from printd.gcode.sl1.faults import Fault
from printd.gcode.sl1.limits import ResinLimits
from printd.gcode.verdict import Level, Verdict

__all__ = [
    "ResinLimits",
    "Sl1Contents",
    "judge_and_read",
    "judge_sl1",
    "settings_of",
    "strip",
]


def judge_sl1(
    path: Path, machine: Machine, limits: ResinLimits, level: Level = Level.FOREIGN
) -> Verdict:
    """Judge a file.

    Raises:
        DiskError: it cannot be read.
    """
    return judge_and_read(path, machine, limits, level)[0]


def judge_and_read(
    path: Path, machine: Machine, limits: ResinLimits, level: Level = Level.FOREIGN
) -> tuple[Verdict, Sl1Contents | None]:
    """Judge a file, and say what is in it; None when that cannot be made out.

    Raises:
        DiskError: it cannot be read.
    """
    from printd.gcode.sl1.judge import judge

    try:
        with path.open("rb") as stream:
            return judge(stream, machine, limits, level)
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def settings_of(path: Path) -> dict[str, str]:
    """Return the slicer's settings that a file says it was made with.

    Raises:
        GcodeRefused: they cannot be read.
        DiskError: the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return pairs_of(Archive(stream).read_text(SETTINGS))
    except Fault as fault:
        raise fault.told(path.name) from fault
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def strip(path: Path) -> bytes:
    """Return a PNG of some layers side by side, from the first to the last.

    Raises:
        GcodeRefused: it is no file of layers that can be read.
        DiskError: it cannot be read.
    """
    from printd.gcode.sl1.picture import strip_of

    try:
        with path.open("rb") as stream:
            return strip_of(stream)
    except Fault as fault:
        raise fault.told(path.name) from fault
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error
