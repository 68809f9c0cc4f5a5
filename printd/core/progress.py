"""How far a task in a child is: one line in a file, replaced as it goes on."""

from __future__ import annotations

from pathlib import Path

from printd.core.files import replace_unsynced


def write_progress(file: Path | None, share: float, stage: str) -> None:
    """Replace the line, such as ``0.45 Making infill``; without a file nothing is said."""
    if file is not None:
        replace_unsynced(file, f"{share:.2f} {stage}\n".encode())


def read_progress(file: Path) -> tuple[float, str] | None:
    """Return share (0..1) and stage of a task; None: no file, or one that a crash cut off."""
    try:
        share, _, stage = file.read_text(encoding="utf-8", errors="replace").partition(" ")
        return float(share), stage.strip()
    except (FileNotFoundError, ValueError):
        return None
