"""The blocks of comments that G-code must carry for Bambu's printers: header, settings, code.

Without them a printer can hang while it unpacks the file, and counts no layers. G-code that has
them already is passed on byte by byte.
Source: OpenBambuAPI gcode.md; files of OrcaSlicer 2.3. Which lines a model insists on is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final

from printd import __version__
from printd.gcode.plate_facts import FILAMENT_MM, PlateFacts

CHUNK_BYTES: Final = 1 << 18
HEADER: Final = b"HEADER_BLOCK_START"
CODE_END: Final = b"\n; EXECUTABLE_BLOCK_END\n"


def dressed(gcode: IO[bytes], facts: PlateFacts) -> Iterator[bytes]:
    """Return G-code in chunks, with its blocks around it where it has none."""
    first = gcode.read(CHUNK_BYTES)
    is_bare = HEADER not in first
    if is_bare:
        yield opening(facts).encode()
    yield first
    while chunk := gcode.read(CHUNK_BYTES):
        yield chunk
    if is_bare:
        yield CODE_END


def opening(facts: PlateFacts) -> str:
    """Return what stands before the code."""
    time = duration(facts.time_s)
    header = [
        f"packed by printd {__version__}",
        f"model printing time: {time}; total estimated time: {time}",
        f"total layer number: {facts.layers}",
        f"total filament length [mm] : {facts.filament_mm:.2f}",
        f"total filament volume [cm^3] : {facts.filament_cm3:.2f}",
        f"total filament weight [g] : {facts.filament_g:.2f}",
        f"filament_density: {facts.density_g_cm3:g}",
        f"filament_diameter: {FILAMENT_MM:g}",
        f"max_z_height: {facts.height_mm:.2f}",
    ]
    settings = [
        f"printer_model = {facts.product}",
        f"nozzle_diameter = {facts.nozzle_mm:g}",
        f"filament_type = {facts.material}",
        f"filament_colour = #{facts.colour}",
        f"filament_ids = {facts.filament_code}",
    ]
    return (
        _block("HEADER_BLOCK", header)
        + _block("CONFIG_BLOCK", settings)
        + "; EXECUTABLE_BLOCK_START\n"
    )


def _block(name: str, lines: list[str]) -> str:
    return "".join(f"; {line}\n" for line in (f"{name}_START", *lines, f"{name}_END")) + "\n"


def duration(seconds: float) -> str:
    """Return ``1d 2h 3m 4s``, without the parts before the first that counts."""
    minutes, left_s = divmod(round(max(0.0, seconds)), 60)
    hours, left_m = divmod(minutes, 60)
    days, left_h = divmod(hours, 24)
    parts = [(days, "d"), (left_h, "h"), (left_m, "m"), (left_s, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{value}{unit}" for value, unit in parts)
