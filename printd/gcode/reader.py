"""What is in a G-code file: time, filament, extents, heat, pictures, objects; judged by nobody.

``safety.lint_and_read`` gives the same beside a verdict. Reading works with numpy, which the
daemon never loads: it is called in a limited child.
"""

from __future__ import annotations

from pathlib import Path

from printd.core.errors import DiskError
from printd.core.machine import Machine
from printd.gcode.contents import Contents


def read(path: Path, machine: Machine | None = None) -> Contents:
    """Read a file once, however long it is; lines that have no certain meaning are counted.

    Args:
        path: plain G-code.
        machine: whose firmware reads it; None: any Marlin.

    Raises:
        GcodeRefused: it is no plain G-code, but binary, compressed or cut.
        DiskError: it cannot be read.
    """
    from printd.gcode.reading import contents_of

    try:
        with path.open("rb") as stream:
            return contents_of(stream, path.name, machine)
    except OSError as error:
        raise DiskError(f"{path.name} cannot be read: {error.strerror or error}.") from error
