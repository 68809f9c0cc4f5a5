"""The judge's door: reads a file's final bytes once, and says whether a printer may be told them.

Every G-code passes here before it is sent, our own included, and the verdict's hash is compared
again at the start. The rules themselves are rows of ``rules.RULES``. The judge works with numpy,
which the daemon never loads: it is called in a limited child.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from printd.core.errors import DiskError
from printd.core.machine import Machine
from printd.gcode.contents import Contents
from printd.gcode.verdict import LINTER_VERSION, Level, Refusal, Verdict

if TYPE_CHECKING:
    from printd.gcode.walk import Listener

__all__ = ["LINTER_VERSION", "Level", "Refusal", "Verdict", "lint", "lint_and_read"]


def lint(path: Path, machine: Machine, level: Level = Level.FOREIGN) -> Verdict:
    """Judge a file.

    Raises:
        DiskError: it cannot be read.
    """
    return lint_and_read(path, machine, level)[0]


def lint_and_read(
    path: Path, machine: Machine, level: Level = Level.FOREIGN, also: Sequence[Listener] = ()
) -> tuple[Verdict, Contents]:
    """Judge a file, and say what is in it, in one pass.

    Args:
        path: plain G-code.
        machine: that shall print it.
        level: where it comes from.
        also: who else is to be told of it; they have no say.

    Raises:
        DiskError: it cannot be read.
    """
    from printd.gcode.judge import judge

    try:
        with path.open("rb") as stream:
            return judge(stream, machine, level, also=also)
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error
