"""What tells the models of the scripted Bambu printer apart.

Source: OpenBambuAPI, bambuddy, ha-bambulab and bambu-printer-manager, read 2026-10: serial
prefixes, URL forms, delta reports, ``stg_cur`` at rest, times from order to PREPARE.
"""

from dataclasses import dataclass, replace
from typing import Final

FTP_PATH: Final = "ftp:///"  # a path from the root of the storage
FTP_HOST: Final = "ftp://"  # the name where a host would stand: a file in the root
CARD: Final = "file:///sdcard/"
MOUNTED_CARD: Final = "file:///mnt/sdcard/"
STICK: Final = "file:///media/usb0/"


@dataclass(frozen=True, slots=True)
class Model:
    """One model.

    Attributes:
        product: ``product_name`` of ``get_version``.
        code: ``DevModel``, and ``printer_model_id`` of files made for it.
        prefix: of its serials.
        deltas: after the first full report only what has changed.
        stage_at_rest: ``stg_cur`` when nothing is done.
        names_the_file: ``gcode_file`` holds the .3mf; others show a path of their RAM disk.
        urls: forms of ``url`` in ``project_file`` that it understands.
        sends_fun: reports ``fun``, whose bit tells Developer Mode.
        lands_after_s: from an accepted start to PREPARE, in the printer's seconds.
        most_clients: MQTT connections at a time.
        clamps_ids: ids above 2^31 - 1 become that.
        starts_from_root: prints a .3mf that lies in the root when it is switched on.
        cancels_when_busy: a start that it is too busy for ends what it prints.
    """

    product: str
    code: str
    prefix: str
    deltas: bool
    stage_at_rest: int
    names_the_file: bool
    urls: tuple[str, ...]
    sends_fun: bool
    lands_after_s: float
    most_clients: int
    clamps_ids: bool = False
    starts_from_root: bool = False
    cancels_when_busy: bool = False


X1C: Final = Model(
    product="Bambu Lab X1 Carbon",
    code="BL-P001",
    prefix="00M",
    deltas=False,
    stage_at_rest=-1,
    names_the_file=False,
    urls=(FTP_PATH, FTP_HOST, CARD, MOUNTED_CARD),
    sends_fun=True,
    lands_after_s=2,
    most_clients=16,
)
P2S: Final = replace(
    X1C,
    product="Bambu Lab P2S",
    code="N7",
    prefix="22E",
    urls=(FTP_PATH, FTP_HOST, STICK),
)
H2D: Final = replace(P2S, product="Bambu Lab H2D", code="O1D", prefix="094", lands_after_s=50)
P1S: Final = Model(
    product="Bambu Lab P1S",
    code="C12",
    prefix="01P",
    deltas=True,
    stage_at_rest=255,
    names_the_file=True,
    urls=(FTP_PATH, FTP_HOST, CARD),
    sends_fun=False,
    lands_after_s=10,
    most_clients=4,
    clamps_ids=True,
    starts_from_root=True,
)
A1: Final = replace(
    P1S,
    product="Bambu Lab A1",
    code="N2S",
    prefix="039",
    stage_at_rest=0,
    urls=(FTP_HOST, CARD),
    lands_after_s=5,
    clamps_ids=False,
)
A1_MINI: Final = replace(
    A1, product="Bambu Lab A1 mini", code="N1", prefix="030", cancels_when_busy=True
)
MODELS: Final = (A1_MINI, A1, P1S, X1C, P2S, H2D)
