"""What PrusaSlicer's last words mean, and what a person can do about them.

It knows two exit codes, and 2.9 ends with 0 after many a failure: so the words decide, then the
signal that it died by, and the code last.
Source: measured on 2.5.0 and 2.9.2 (Debian 12 and 13) without a display.
"""

from __future__ import annotations

import re
import signal
from typing import Final

from printd.core.errors import (
    RETRY,
    DiskError,
    DiskFull,
    ModelTooLarge,
    PrintdError,
    SlicerCrashed,
    SlicerMemory,
    SlicerMissing,
    SlicerRefused,
    SlicerTimeout,
)

SHOWN: Final = 300  # characters of the slicer's own words

TOO_LARGE: Final = ("Objects could not fit on the bed", "outside of the print volume")
NO_MEMORY: Final = ("std::bad_alloc", "Cannot allocate memory")
DISK_FULL: Final = ("Is the disk full?", "No space left on device")
NOT_WRITABLE: Final = "Cannot open the file for writing"
NOT_RUN: Final = frozenset({126, 127})  # of stdbuf and shells: the program cannot be started
# Nothing in a model makes a program get these: somebody sent them.
FROM_OUTSIDE: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})

BAD_MODEL: Final = "Export the model again, as one closed body in millimetres, " + RETRY
TOO_THIN: Final = "Make the model larger or thicker, and mend its holes if it has any, " + RETRY
WRONG_SETTING: Final = "Mend what the slicer names in the profile, " + RETRY
OTHER_VERSION: Final = "Name a PrusaSlicer of 2.5 to 2.9 in `slicers:`, " + RETRY
NO_SCRIPT: Final = "Leave `post_process` of the profile empty, " + RETRY
NO_PLACE: Final = "See that the data folder can be written to, " + RETRY
# What to do about a refusal, by a part of its words; the first that is found counts.
ADVICE: Final = (
    ("Loading of a model file failed", BAD_MODEL),
    ("because it's empty", BAD_MODEL),
    ("Unknown file format", BAD_MODEL),
    ("contains invalid coordinate", BAD_MODEL),
    ("No layers were detected", TOO_THIN),
    ("The print is empty", TOO_THIN),
    ("will cause an empty print", WRONG_SETTING),
    ("Invalid value", WRONG_SETTING),
    ("No value supplied", WRONG_SETTING),
    ("Error while reading config file", WRONG_SETTING),
    ("configation is not valid", WRONG_SETTING),  # so it is spelled
    ("custom G-code sections", WRONG_SETTING),
    ("greater than nozzle diameter", WRONG_SETTING),
    ("Relative extruder addressing", WRONG_SETTING),
    ("Only a single object", WRONG_SETTING),
    ("an FFF configuration", WRONG_SETTING),
    ("out of printer profile bounds", WRONG_SETTING),  # of resin: exposure times
    ("Elevation is too low", WRONG_SETTING),  # of resin: supports without a pad
    ("ost-processing script", NO_SCRIPT),
    ("Unknown option", OTHER_VERSION),
)

is_progress = re.compile(r"\s*(\d{1,3})\s*%?\s*=>\s*(.*)").fullmatch
_LOG = re.compile(r"\[[^\]]*\] \[0x[0-9a-f]+\] \[\w+\]\s*").match
# A mesh that is not closed: a block for each bad edge.
_EDGE = re.compile(r"\s*(facet \(\d+\)/|vertex \d+/\d+ )").match
# The section, the sentence and the line of a template that it cannot read.
_TEMPLATE = re.compile(r"custom G-code sections:\s*\n+(\w+)\n(Parsing error.*)\n(.*)\n").search
_SCRIPT = re.compile(r"Post-processing script .* failed\.").search


def meaning(exit_code: int, stdout: str, stderr: str) -> PrintdError:
    """Return what a failure means, with the slicer's own last words and what to do."""
    said = stdout + "\n" + stderr
    words = last_words(stdout, stderr)
    if any(text in said for text in TOO_LARGE):
        return ModelTooLarge(f"PrusaSlicer finds no room for the model: {words}")
    if any(text in said for text in NO_MEMORY):
        return SlicerMemory(f"PrusaSlicer ran out of memory: {words}")
    if any(text in said for text in DISK_FULL):
        return DiskFull(f"PrusaSlicer found the disk full: {words}")
    if NOT_WRITABLE in said:
        return DiskError(
            f"PrusaSlicer could not write its file: {words}",
            action=NO_PLACE,
        )
    number = exit_code - 128 if exit_code > 128 else -exit_code  # 128 + n: said by a shell
    if number > 0:
        return _death(number, words)
    if exit_code in NOT_RUN:
        return SlicerMissing(f"PrusaSlicer cannot be started: {words}")
    ended = "ended without a usable file" if exit_code == 0 else "refused"
    return SlicerRefused(f"PrusaSlicer {ended}: {words}", action=_advice(said))


def last_words(stdout: str, stderr: str) -> str:
    """Return what says most: the last line of stderr, else of stdout, that says something."""
    if template := _TEMPLATE(stderr):
        section, sentence, line = template.groups()
        return f"{section}: {sentence}: {line}"[:SHOWN]
    if script := _SCRIPT(stderr):
        return script[0][:SHOWN]  # its exit code comes last
    for text in (stderr, stdout):
        for line in reversed(text.splitlines()):
            mark = _LOG(line)
            bare = (line[mark.end() :] if mark else line).strip()
            if bare and not (is_progress(line) or _EDGE(line) or bare.startswith("Initializing")):
                return bare[:SHOWN]
    return "it said nothing."


def _death(number: int, words: str) -> PrintdError:
    """Return what it means that the slicer died by a signal that is not printd's."""
    if number == signal.SIGKILL:
        return SlicerMemory(f"PrusaSlicer ran out of memory: {words}")
    if number == signal.SIGXCPU:
        return SlicerTimeout("PrusaSlicer used up the processor time that it may have.")
    if number == signal.SIGXFSZ:
        return SlicerRefused("PrusaSlicer wrote a file larger than it may.")
    if number in FROM_OUTSIDE:
        return SlicerCrashed(
            f"PrusaSlicer was ended from outside, by {_signal_name(number)}: {words}",
            action="Nothing is wrong with the model: " + RETRY.removeprefix("then "),
        )
    return SlicerCrashed(f"PrusaSlicer died by {_signal_name(number)}: {words}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _advice(said: str) -> str | None:
    return next((action for part, action in ADVICE if part in said), None)
