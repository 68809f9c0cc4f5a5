"""The pass over a file behind ``reader.read``."""

from __future__ import annotations

from typing import BinaryIO

from printd.core.errors import GcodeRefused
from printd.core.machine import Machine
from printd.gcode.contents import Contents
from printd.gcode.firmwares import motion_of
from printd.gcode.gather import Gathered
from printd.gcode.lines import LONGEST_OWN_COMMENT, MalformedLine
from printd.gcode.timeline import PLAIN
from printd.gcode.walk import walk


def contents_of(stream: BinaryIO, name: str, machine: Machine | None) -> Contents:
    """Return what is in a file.

    Raises:
        GcodeRefused: it is no plain G-code, but binary, compressed or cut.
    """
    gathered = Gathered()
    motion = motion_of(machine or PLAIN)
    try:
        walk(stream, motion, gathered.listeners, LONGEST_OWN_COMMENT)
    except MalformedLine as error:
        raise GcodeRefused(f"{name}, line {error.line}: {error.text}.") from error
    return gathered.contents()
