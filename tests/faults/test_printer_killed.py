"""Killed at any moment of an upload or a start, the printer's evidence stays true."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from printd.core.board import Evidence
from printd.printers.virtual.hands import Hands
from tests.peers.print_forever import printer_of

KILLS = 15  # each a little later than the one before
STARTED = {Evidence.RUNNING, Evidence.FINISHED}
CERTAIN = {Evidence.NOT_STARTED, *STARTED}


def names_until_killed(kind: str, folder: Path, first: int, after_s: float) -> list[str]:
    command = [sys.executable, "-m", "tests.peers.print_forever", kind, str(folder), str(first)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    names = [program.stdout.readline().strip()]
    time.sleep(after_s)
    program.kill()
    names += program.stdout.read().split()
    program.stdout.close()
    program.wait()
    return names


def starts_of(kind: str, folder: Path, name: str) -> int:
    if kind == "folder":
        return len(list((folder / "card").glob(f"{name}.gcode")))
    return Hands(folder / "machine").starts(name)


@pytest.mark.parametrize("kind", ["virtual", "folder"])
def test_evidence_is_true_after_every_kill(tmp_path: Path, kind: str) -> None:
    for kill in range(KILLS):
        names = names_until_killed(kind, tmp_path, kill * 1000, after_s=kill * 0.01)
        printer = printer_of(kind, tmp_path)
        for name in names:
            evidence = printer.evidence(name)
            starts = starts_of(kind, tmp_path, name)
            last = name == names[-1]  # killed before its upload was known, nothing is certain
            assert evidence in CERTAIN or (last and starts == 0), name
            assert starts == (evidence in STARTED), f"{name}: {evidence}"
