"""What tells the models of Bambu's printers apart: how they report, where files go, what they can.

Source: bambuddy (serial prefixes, codes), ha-bambulab (folders), Bambu Studio (resources/printers:
what a model can calibrate), bambulabs_api, bambu-printer-manager; read, not measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

Family = Literal["X1", "P1", "P2", "A1", "H2", "X2"]
UrlForm = Literal["ftp_path", "ftp_host", "card", "mounted_card", "stick"]
OTHER: Final = "Bambu Lab"  # a model of later


@dataclass(frozen=True, slots=True)
class Model:
    """One model."""

    product: str  # as the printer and the slicers name it
    code: str  # as its broadcasts and the files made for it name it
    family: Family
    prefix: str  # of serial numbers; "": not told by it
    url_form: UrlForm  # how a file is named that is to be printed
    folder: str = ""  # of the storage; "": its root, which every model has
    deltas: bool = False  # reports only what has changed
    has_lidar: bool = False  # looks at the first layer
    has_flow_cali: bool = True
    has_vibration_cali: bool = True
    nozzles: int = 1
    needs_card: bool = True  # has no storage of its own


_X1: Final = Model("Bambu Lab X1 Carbon", "BL-P001", "X1", "00M", "ftp_path", has_lidar=True)
# A file that is left in the root of the card may be printed at the next power-on.
_P1: Final = Model(
    "Bambu Lab P1S", "C12", "P1", "01P", "ftp_path", "cache", deltas=True, has_flow_cali=False
)
_A1: Final = replace(
    _P1,
    product="Bambu Lab A1",
    code="N2S",
    family="A1",
    prefix="039",
    url_form="card",
    has_flow_cali=True,
)
_P2: Final = Model("Bambu Lab P2S", "N7", "P2", "22E", "ftp_path", has_vibration_cali=False)
_H2: Final = Model("Bambu Lab H2S", "O1S", "H2", "093", "ftp_path")

MODELS: Final[tuple[Model, ...]] = (
    _X1,
    replace(_X1, product="Bambu Lab X1", code="BL-P002", prefix="00W"),
    replace(_X1, product="Bambu Lab X1E", code="C13", prefix="03W"),
    _P1,
    replace(_P1, product="Bambu Lab P1P", code="C11", prefix="01S"),
    _P2,
    _A1,
    replace(_A1, product="Bambu Lab A1 mini", code="N1", prefix="030"),
    replace(_A1, product="Bambu Lab A2L", code="N9", prefix=""),
    _H2,
    # One prefix for all with two nozzles: their own word for what they are is better.
    replace(_H2, product="Bambu Lab H2D", code="O1D", prefix="094", nozzles=2),
    replace(_H2, product="Bambu Lab H2D Pro", code="O1E", prefix="", nozzles=2),
    replace(_H2, product="Bambu Lab H2C", code="O1C", prefix="", nozzles=2, needs_card=False),
    replace(
        _H2,
        product="Bambu Lab X2D",
        code="N6",
        family="X2",
        prefix="",
        nozzles=2,
        needs_card=False,
    ),
)
SAME: Final = {"O2D": "O1E", "O1C2": "O1C"}  # codes of variants
UNKNOWN: Final = replace(_X1, product=OTHER, code="", prefix="", has_lidar=False)


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
