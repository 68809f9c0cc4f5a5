"""A slicer that is there and cannot be asked what it is."""

import errno
import os
from pathlib import Path

import pytest

from printd.core.errors import DiskFull, SlicerMissing
from printd.slicers import find
from printd.slicers.find import Found, program_of

GONE = Found("prusa", Path("/nowhere/prusa-slicer"), 0, 0)


def test_a_program_that_cannot_be_read_is_said() -> None:
    with pytest.raises(SlicerMissing, match="/nowhere/prusa-slicer cannot be asked"):
        program_of(GONE)


def test_a_full_disk_says_nothing_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "prusa-slicer"
    program.write_text("#!/bin/sh\n")

    def full(*_words: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(find, "run_slicer", full)
    with pytest.raises(DiskFull):
        program_of(Found("prusa", program, 0, 0))
