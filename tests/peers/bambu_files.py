"""Files for scripted Bambu printers, made without printd."""

from pathlib import Path

from tests.peers.containers import whole


def plate_gcode(seconds: int = 60, layers: int = 3, *, blocks: bool = True) -> bytes:
    """Return G-code that says that it takes ``seconds``, with its progress."""
    lines = []
    if blocks:
        minutes, rest = divmod(seconds, 60)
        lines += [
            "; HEADER_BLOCK_START",
            "; BambuStudio 02.00.01.50",
            f"; model printing time: {minutes}m {rest}s; total estimated time: {minutes}m {rest}s",
            f"; total layer number: {layers}",
            "; HEADER_BLOCK_END",
            "; CONFIG_BLOCK_START",
            "; nozzle_diameter = 0.4",
            "; CONFIG_BLOCK_END",
            "; EXECUTABLE_BLOCK_START",
        ]
    lines += ["M190 S60", "M109 S220", "G28"]
    for layer in range(1, layers + 1):
        percent = 100 * (layer - 1) // layers
        left_min = round(seconds * (100 - percent) / 6000)
        lines += [f"M73 P{percent} R{left_min}", f"M73 L{layer}", *["G1 X100 Y100 E1 F3000"] * 20]
    lines += ["M140 S0", "M104 S0", "M73 P100 R0", *["; EXECUTABLE_BLOCK_END"][: int(blocks)]]
    return "\n".join(lines).encode() + b"\n"


def sliced(path: Path, seconds: int = 60, layers: int = 3) -> Path:
    """Write a ``.gcode.3mf`` of one plate that prints for so long."""
    return whole(path, plate_gcode(seconds, layers))
