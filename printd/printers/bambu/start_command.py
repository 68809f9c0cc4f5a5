"""The command that starts a print on a Bambu printer, complete, for each model. Pure.

Nothing is sent here. A start is told by its id and its name; neither is ever used twice, so that
what the printer reports later can be nobody else's.
Source: OpenBambuAPI mqtt.md, bambuddy, ha-bambulab, bambu-printer-manager, bambulabs_api; read,
not measured.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from printd.core.feeding import EXTERNAL_SPOOL, Feed
from printd.core.spools import NONE, Tray
from printd.printers.bambu.models import Model, UrlForm

ENDING: Final = ".gcode.3mf"
LONGEST_NAME: Final = 64  # characters; displays and cards take more, nobody needs them
LARGEST_ID: Final = 2**31 - 1  # P1S takes every larger one for this, and then for an old job
# How a printer is told where a file lies. Source: what users of each program report to work.
URLS: Final[dict[UrlForm, str]] = {
    "ftp_path": "ftp:///{path}",
    "ftp_host": "ftp://{path}",  # the name where a host would stand: only for files in the root
    "card": "file:///sdcard/{path}",
    "mounted_card": "file:///mnt/sdcard/{path}",
    "stick": "file:///media/usb0/{path}",
}
UNUSED: Final = -1
OUTSIDE: Final = {"ams_id": NONE, "slot_id": 0}  # with two nozzles: of the right one


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What the printer does before and while it prints."""

    bed_levelling: bool = True
    flow_calibration: bool = False
    vibration_calibration: bool = False
    layer_inspect: bool = False  # only with a lidar
    timelapse: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """One start.

    ``id`` is from ``fresh_id``; ``folder`` is where the file lies, "" for the root.
    """

    print_name: str
    id: int
    feed: Feed = EXTERNAL_SPOOL
    folder: str = ""
    url_form: UrlForm = "ftp_path"
    options: StartOptions = StartOptions()
    plate: int = 1
    md5: str = ""  # of the file; "": not compared, as every program but the maker's does


def stem_of(print_name: str) -> str:
    """Return the name of the file without its ending, which is also the name of the job."""
    return print_name[: LONGEST_NAME - len(ENDING)].rstrip("-")


def remote_name(print_name: str) -> str:
    """Return the name of the file at the printer."""
    return stem_of(print_name) + ENDING


def remote_path(print_name: str, folder: str) -> str:
    """Return where the file lies in the storage, without a slash before it."""
    inside = folder.strip("/")
    return f"{inside}/{remote_name(print_name)}" if inside else remote_name(print_name)


def url_of(path: str, form: UrlForm) -> str:
    """Return how the printer is told where a file lies."""
    return URLS[form].format(path=path)


def fresh_id(used: Collection[int], draw: Callable[[int], int] = secrets.randbelow) -> int:
    """Return an id that was never used: 1 to 2^31 - 1.

    Args:
        used: every id that this printer was ever sent.
        draw: a random number from 0 up to below its argument.
    """
    while (found := 1 + draw(LARGEST_ID)) in used:
        pass
    return found


def start_command(start: Start, model: Model, sequence_id: int) -> dict[str, Any]:
    """Return the message that starts a print."""
    path = remote_path(start.print_name, start.folder)
    return {
        "print": {
            "sequence_id": str(sequence_id),
            "command": "project_file",
            "param": f"Metadata/plate_{start.plate}.gcode",
            "url": url_of(path, start.url_form),
            "file": remote_name(start.print_name),
            "md5": start.md5,
            "subtask_name": stem_of(start.print_name),
            # One id in all three: without, the printer takes a second print for the first.
            "project_id": str(start.id),
            "task_id": str(start.id),
            "subtask_id": str(start.id),
            "profile_id": "0",
            "bed_type": "auto",
            **_calibrations(start.options, model),
            **_filaments(start.feed),
            "cfg": "0",
        }
    }


def _calibrations(options: StartOptions, model: Model) -> dict[str, Any]:
    """Return what is done first: booleans, because a number makes some models leave it out."""
    flow = options.flow_calibration and model.has_flow_cali
    return {
        "bed_leveling": options.bed_levelling,
        "auto_bed_leveling": int(options.bed_levelling),
        "flow_cali": flow,
        "extrude_cali_flag": int(flow),
        "extrude_cali_manual_mode": 0,
        "nozzle_offset_cali": 0,
        "vibration_cali": options.vibration_calibration and model.has_vibration_cali,
        "layer_inspect": options.layer_inspect and model.has_lidar,
        "timelapse": options.timelapse,
    }


def _filaments(feed: Feed) -> dict[str, Any]:
    """Return where each filament of the file comes from, in the old words and the new."""
    if not feed.use_ams:
        return {"use_ams": False, "ams_mapping": [UNUSED], "ams_mapping2": [OUTSIDE]}
    return {
        "use_ams": True,
        "ams_mapping": [UNUSED if tray is None else tray.number for tray in feed.trays],
        "ams_mapping2": [_place(tray) for tray in feed.trays],
    }


def _place(tray: Tray | None) -> dict[str, int]:
    if tray is None:
        return {"ams_id": NONE, "slot_id": NONE}
    return {"ams_id": tray.unit, "slot_id": tray.slot}
