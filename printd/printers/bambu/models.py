"""What tells the models of Bambu's printers apart: how they report, where files go, what they can.

Source: bambuddy (serial prefixes, codes), ha-bambulab (folders), Bambu Studio (resources/printers:
what a model can calibrate), bambulabs_api, bambu-printer-manager; read, not measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from printd.gcode.plate_facts import PRODUCT_CODES

Family = Literal["X1", "P1", "P2", "A1", "H2", "X2"]
UrlForm = Literal["ftp_path", "ftp_host", "card", "mounted_card", "stick"]
MAKER: Final = "Bambu Lab"
OTHER: Final = MAKER  # a model of later


@dataclass(frozen=True, slots=True)
class Model:
    """One model."""

    product: str  # as the printer and the slicers name it
    family: Family
    prefix: str  # of serial numbers; "": not told by it
    url_form: UrlForm  # how a file is named that is to be printed
    folder: str = ""  # of the storage; "": its root, which every model has
    deltas: bool = False  # reports only what has changed
    has_lidar: bool = False  # looks at the first layer
    has_flow_cali: bool = True
    has_vibration_cali: bool = True
    needs_card: bool = True  # has no storage of its own

    @property
    def code(self) -> str:
        """Return what its broadcasts, and the files made for it, call it."""
        return PRODUCT_CODES.get(self.product, "")


_X1: Final = Model("Bambu Lab X1 Carbon", "X1", "00M", "ftp_path", has_lidar=True)
# A file that is left in the root of the card may be printed at the next power-on.
_P1: Final = Model(
    "Bambu Lab P1S", "P1", "01P", "ftp_path", "cache", deltas=True, has_flow_cali=False
)
_A1: Final = replace(
    _P1,
    product="Bambu Lab A1",
    family="A1",
    prefix="039",
    url_form="card",
    has_flow_cali=True,
)
_P2: Final = Model("Bambu Lab P2S", "P2", "22E", "ftp_path", has_vibration_cali=False)
_H2: Final = Model("Bambu Lab H2S", "H2", "093", "ftp_path")

MODELS: Final[tuple[Model, ...]] = (
    _X1,
    replace(_X1, product="Bambu Lab X1", prefix="00W"),
    replace(_X1, product="Bambu Lab X1E", prefix="03W"),
    _P1,
    replace(_P1, product="Bambu Lab P1P", prefix="01S"),
    _P2,
    _A1,
    replace(_A1, product="Bambu Lab A1 mini", prefix="030"),
    replace(_A1, product="Bambu Lab A2L", prefix=""),
    _H2,
    # One prefix for all with two nozzles: their own word for what they are is better.
    replace(_H2, product="Bambu Lab H2D", prefix="094"),
    replace(_H2, product="Bambu Lab H2D Pro", prefix=""),
    replace(_H2, product="Bambu Lab H2C", prefix="", needs_card=False),
    replace(
        _H2,
        product="Bambu Lab X2D",
        family="X2",
        prefix="",
        needs_card=False,
    ),
)
SAME: Final = {"O2D": "O1E", "O1C2": "O1C"}  # codes of variants
UNKNOWN: Final = replace(_X1, product=OTHER, prefix="", has_lidar=False)


def model_of(*, product: str = "", code: str = "", serial: str = "") -> Model:
    """Return the model, by the best that is known; ``UNKNOWN`` for one of later.

    Args:
        product: as ``get_version`` says.
        code: as broadcasts say.
        serial: of the printer.
    """
    names = {model.product.casefold(): model for model in MODELS}
    codes = {model.code: model for model in MODELS}
    prefixes = {model.prefix: model for model in MODELS if model.prefix}
    found = names.get(product.strip().casefold()) or codes.get(SAME.get(code, code))
    return found or prefixes.get(serial[:3].upper()) or UNKNOWN
