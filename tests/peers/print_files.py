"""Small G-code files that print for a known time, with the verdict that a printer asks for."""

import hashlib
from pathlib import Path

from printd.printers.base import PrintFile

LAYER_MM = 0.2
DWELL_S = 0.1  # a printer that waits does not listen; a cancel has to wait for no more than this


def gcode(layers: int, layer_s: float, dwell_s: float = 0.0) -> str:
    """Return a print of ``layers`` layers that says, as slicers do, how long it takes.

    A printer that obeys each line, and does not believe what the file says, takes ``dwell_s`` for
    each layer.
    """
    claim = f"; estimated printing time (normal mode) = {round(layers * layer_s)}s"
    lines = ["G28", "G21", "G90", "M83", "M104 S200"]
    for layer in range(1, layers + 1):
        x_mm = 110 if layer % 2 else 10
        lines += [
            ";LAYER_CHANGE",
            f"G1 Z{layer * LAYER_MM:.2f} F6000",
            f"G1 X{x_mm} Y10 E4 F1200",
            *[f"G4 P{DWELL_S * 1000:g}"] * round(dwell_s / DWELL_S),
        ]
    return "\n".join([*lines, "M104 S0", "M84", claim, ""])


def print_file(
    path: Path, *, layers: int = 3, layer_s: float = 10.0, dwell_s: float = 0.0, mark: str = ""
) -> PrintFile:
    """Write such a file; ``mark`` makes its bytes differ from those of another."""
    path.write_text(f"; {mark}\n{gcode(layers, layer_s, dwell_s)}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    size = path.stat().st_size
    return PrintFile(path, digest, size, verdict_ok=True, judged_sha256=digest)
