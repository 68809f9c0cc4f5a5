"""What is said of a print around its G-code, in the words of Bambu's files.

Source: bbs_3mf.cpp of OrcaSlicer; the ids of filaments are those of its generic presets for Bambu's
printers. Read, not measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from printd.core.machine import Machine
from printd.gcode.contents import Bounds, Contents

# Products as printers and slicers name them, and the codes for them in files and broadcasts.
PRODUCT_CODES: Final = {
    "Bambu Lab X1 Carbon": "BL-P001",
    "Bambu Lab X1": "BL-P002",
    "Bambu Lab X1E": "C13",
    "Bambu Lab P1S": "C12",
    "Bambu Lab P1P": "C11",
    "Bambu Lab P2S": "N7",
    "Bambu Lab A1": "N2S",
    "Bambu Lab A1 mini": "N1",
    "Bambu Lab A2L": "N9",
    "Bambu Lab H2S": "O1S",
    "Bambu Lab H2D": "O1D",
    "Bambu Lab H2D Pro": "O1E",
    "Bambu Lab H2C": "O1C",
    "Bambu Lab X2D": "N6",
}
GENERIC: Final = {
    "PLA": "GFL99",
    "PETG": "GFG99",
    "ABS": "GFB99",
    "ASA": "GFB98",
    "TPU": "GFU99",
    "PC": "GFC99",
    "PA": "GFN99",
    "PVA": "GFS99",
}
DENSITY_G_CM3: Final = {"PLA": 1.24, "PETG": 1.27, "ABS": 1.04, "ASA": 1.07, "TPU": 1.21}
USUAL_G_CM3: Final = 1.2
MM3_PER_CM3: Final = 1000.0
# pi / 4 * 1.75²: of a millimetre of the filament that these printers take.
FILAMENT_MM2: Final = 2.4053
FILAMENT_MM: Final = 1.75
WHITE: Final = "FFFFFF"


@dataclass(frozen=True, slots=True)
class PlateFacts:
    """One plate."""

    product: str  # of the printer: "Bambu Lab P1S"
    nozzle_mm: float
    time_s: float
    layers: int
    height_mm: float
    filament_mm: float
    filament_g: float
    material: str = "PLA"
    colour: str = WHITE  # "RRGGBB"
    bounds_mm: Bounds | None = None  # of what is printed
    picture: Path | None = None  # of the print, any size; None: the display shows none

    @property
    def product_code(self) -> str:
        """Return the code of the printer, such as ``C12``; "" of one of later."""
        return PRODUCT_CODES.get(self.product, "")

    @property
    def filament_code(self) -> str:
        """Return the id of the generic filament of this material; "": there is none."""
        return GENERIC.get(self.material.upper(), "")

    @property
    def density_g_cm3(self) -> float:
        """Return what a cubic centimetre of the material weighs."""
        return DENSITY_G_CM3.get(self.material.upper(), USUAL_G_CM3)

    @property
    def filament_cm3(self) -> float:
        """Return the volume of the filament."""
        return self.filament_mm * FILAMENT_MM2 / MM3_PER_CM3


def plate_facts(
    contents: Contents,
    machine: Machine,
    *,
    colour: str = WHITE,
    picture: Path | None = None,
) -> PlateFacts:
    """Return the facts of G-code that has been read; what its slicer does not say is counted.

    Args:
        contents: of the G-code.
        machine: that it is for.
        colour: ``RRGGBB``.
        picture: of the print.
    """
    filament_mm = contents.filament_mm or contents.extruded_mm
    facts = PlateFacts(
        product=machine.model,
        nozzle_mm=machine.nozzle_mm,
        time_s=contents.time_s or contents.least_time_s,
        layers=contents.layers,
        height_mm=contents.bounds_mm[5] if contents.bounds_mm else 0.0,
        filament_mm=filament_mm,
        filament_g=0.0,
        material=(contents.filament_type or machine.material).split(";")[0].strip(),
        colour=colour,
        bounds_mm=contents.bounds_mm,
        picture=picture,
    )
    weight_g = contents.filament_g or facts.filament_cm3 * facts.density_g_cm3
    return replace(facts, filament_g=weight_g)
