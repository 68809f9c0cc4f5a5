"""The plain facts of a printer's build, as matching, slicing and the safety rules read them.

They come from a profile's ``printer.yaml``. Two printers with equal facts may print the same
G-code; ``limits_hash`` names what a safety verdict was given for. No printer is spoken to here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

Zone = tuple[float, float, float, float]  # x from, y from, x to, y to; mm
Depth = tuple[float, float, float, float, float]  # a zone, and the lowest Z there; mm


@dataclass(frozen=True, slots=True)
class Machine:
    """What a class of printers can do, and what it must never be told to do.

    The bed's front left corner is X0 Y0. Temperatures are the highest that may be asked for.
    """

    name: str
    flavour: str  # "marlin", "marlin2", "klipper", "reprapfirmware"
    bed_w_mm: float
    bed_d_mm: float
    height_mm: float
    nozzle_mm: float
    max_nozzle_c: float
    max_bed_c: float
    has_chamber: bool = False
    max_chamber_c: float = 0.0
    material: str = "PLA"
    material_max_c: float = 230.0
    margin_mm: float = 5.0  # kept free at each side of the bed, for models
    model: str = ""  # as the slicer's profile calls the printer; "" when it does not say
    zones: tuple[Zone, ...] = ()  # places off the bed where the nozzle may go, as for wiping
    home_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)  # where homing ends
    homing_command: str = "G28"
    allow: tuple[str, ...] = ()  # commands beyond the base list, own files only
    tools: int = 1  # filaments that the printer changes between by itself, with one nozzle
    # The highest of any axis, as the firmware has them; 0: not said, and not compared.
    max_speed_mm_s: float = 0.0
    max_acceleration_mm_s2: float = 0.0
    max_jerk_mm_s: float = 0.0
    max_print_h: float = 100.0  # four days: longer than a print that anybody looks after
    max_filament_m: float = 400.0  # a spool of 1 kg holds 330 m of PLA
    pixels: tuple[int, int] = (0, 0)  # of the display of a resin printer
    firmware: str = ""  # one whose own commands are known, such as "bambu"; "": nothing beside the
    # flavour. Only with such a firmware do the next four mean anything.
    travel: Zone | None = None  # how far the head reaches, the bed and what is beside it
    wiping: tuple[Depth, ...] = ()  # where the nozzle is wiped, and how far below the bed
    turn_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)  # X, Y, Z in one turn of their motors
    motor_a: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)  # most for X, Y, Z, E

    @property
    def nozzle_limit_c(self) -> float:
        """Return the highest nozzle target: the printer's, or 10 °C over the material's."""
        return min(self.max_nozzle_c, self.material_max_c + 10.0)

    @property
    def limits_hash(self) -> str:
        """Return a name for exactly these facts: 16 hex digits."""
        facts = json.dumps(asdict(self), sort_keys=True).encode()
        return hashlib.sha256(facts).hexdigest()[:16]

    @property
    def room_mm(self) -> tuple[float, float]:
        """Return width and depth of the bed that models may take, its margin left free."""
        return self.bed_w_mm - 2 * self.margin_mm, self.bed_d_mm - 2 * self.margin_mm
