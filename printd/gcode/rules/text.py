"""G15, and the form of lines that firmwares of this flavour could read in another way."""

from __future__ import annotations

import re
from typing import Final

from printd.gcode.commands import Command
from printd.gcode.lines import READING
from printd.gcode.rules.base import Rule

# Marlin's buffer holds one byte more; firmware of old takes what follows for another command.
LONGEST_MARLIN_CODE: Final = 95

_TAG = re.compile(r"<[A-Za-z/!?]").search
_RUN = re.compile(rb"[A-Z_]{2}").search
_COMMAND = re.compile(r"[GMT]\d", re.IGNORECASE).search
_NEXT_COMMAND = re.compile(r"[:#]\s*[GMTN]\s*\d", re.IGNORECASE).search
# Their texts are read by firmware that is younger than that.
_NOT_SHOWN: Final = frozenset({"M115", "M624", "M862", "M1002"})


class Text(Rule):
    """G15: a text says something to a person, and nothing to a machine.

    Firmware of old looks for ``G`` and a number anywhere in a line, and takes ``:`` and ``#``
    in files on the card for the end of it; pages of hosts have shown texts unescaped.
    Source: Marlin 1.0 and 1.1, ``get_command`` and ``get_sdcard_commands``.
    """

    number = "G15"
    action = "Change the text so that it is only words."

    def command(self, command: Command) -> str:
        """Look at every text that a command carries."""
        if not command.text:
            return ""
        if _TAG(command.text):
            return f"{command.name}: the text may be taken for part of a page"
        if "\\" in command.text:
            return f"{command.name}: a backslash in the text"
        shown = command.name not in _NOT_SHOWN
        if _NEXT_COMMAND(command.text) or (shown and _COMMAND(command.text)):
            return f"{command.name}: some firmware finds a command in the text"
        return ""


class Form(Rule):
    """Reading: spellings that some firmware of this flavour does not read as it is read here.

    Source: Marlin 1.0 to 2.1, ``queue.cpp``; Klipper, ``gcode.py``.
    """

    number = READING
    action = "Write the line as slicers do."
    minds_moves = True

    def command(self, command: Command) -> str:
        """Look at the line as it was written."""
        code = command.code
        if self.machine.flavour.startswith("marlin"):
            if len(code) > LONGEST_MARLIN_CODE:
                return f"the line is longer than {LONGEST_MARLIN_CODE} bytes, which is cut"
            if not command.text and not code.isupper():
                return "lower-case letters, which not every firmware reads"
        if self.machine.flavour == "klipper" and command.named is None:
            written = code[: len(command.name)].decode("ascii").upper()
            if written != command.name or code[len(written) : len(written) + 1].isdigit():
                return f"{command.name} is not written so, and not recognised"
            if not command.text and _RUN(code.upper()):
                return "letters with nothing between them, which are read as one name"
        return ""
