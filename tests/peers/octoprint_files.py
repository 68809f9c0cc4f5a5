"""Small files that OctoPrint's virtual printer prints for a known time."""

import hashlib
from pathlib import Path

from printd.printers.base import PrintFile

STEP_S = 0.2


def slow_file(path: Path, *, for_s: float = 120.0, mark: str = "") -> PrintFile:
    """Write a file that prints for at least ``for_s`` and can be cancelled within a step."""
    steps = "".join(
        f"G4 P{STEP_S * 1000:.0f}\nG1 X{step % 100 + 1} F6000\n"
        for step in range(round(for_s / STEP_S))
    )
    return _judged(path, f"; {mark}\nG28\n{steps}M84\n")


def quick_file(path: Path, *, mark: str = "") -> PrintFile:
    """Write a file that prints in less time than anybody looks."""
    return _judged(path, f"; {mark}\nG28\nG1 X10 F6000\nM84\n")


def _judged(path: Path, text: str) -> PrintFile:
    path.write_text(text)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return PrintFile(path, digest, path.stat().st_size, verdict_ok=True, judged_sha256=digest)
