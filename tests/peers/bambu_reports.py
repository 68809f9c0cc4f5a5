"""The reports of a scripted Bambu printer: the first state, full and delta frames.

Source: OpenBambuAPI mqtt.md and payloads recorded in the tests of ha-bambulab, read 2026-10.
"""

import copy
import json
from typing import Any, Final

from tests.peers.bambu_card import Card
from tests.peers.bambu_models import Model
from tests.peers.bambu_quirks import Quirks

SIGNED_ONLY: Final = "3EC1AFFF9CFF"  # ``fun`` without and with Developer Mode
DEVELOPER: Final = "3EC18FFF9CFF"
NO_UTF8: Final = b"\xff\xfe"


def boot_state(model: Model, card: Card) -> dict[str, Any]:
    """Return what a printer shows that has just been switched on: it remembers nothing."""
    state = {
        "gcode_state": "IDLE",
        "gcode_file": "",
        "gcode_file_prepare_percent": "0",
        "subtask_name": "",
        "subtask_id": "0",
        "task_id": "0",
        "project_id": "0",
        "job_id": "0",
        "print_type": "idle",
        "print_error": 0,
        "fail_reason": "0",
        "hms": [],
        "stg": [],
        "stg_cur": model.stage_at_rest,
        "mc_print_stage": "1",
        "mc_percent": 0,
        "mc_remaining_time": 0,
        "layer_num": 0,
        "total_layer_num": 0,
        "nozzle_temper": 24.5,
        "nozzle_target_temper": 0.0,
        "bed_temper": 23.75,
        "bed_target_temper": 0.0,
        "chamber_temper": 5.0,
        "nozzle_diameter": "0.4",
        "nozzle_type": "hardened_steel",
        "spd_lvl": 2,
        "wifi_signal": "-53dBm",
        "s_obj": [],
        "lights_report": [{"node": "chamber_light", "mode": "on"}],
        "upgrade_state": {"status": "IDLE", "new_version_state": 2},
        "ipcam": {"timelapse": "disable", "ipcam_record": "enable", "rtsp_url": "disable"},
        "net": {"info": [{"ip": 16777343, "mask": 255}]},
        "home_flag": card.flags | 7,
        "sdcard": card.is_in,
        "ams": {"ams": [], "tray_now": "255", "tray_tar": "255", **_bits([])},
        "vt_tray": {"id": "254", "tray_type": "PLA", "tray_color": "FFFFFFFF", "remain": -1},
    }
    if model.sends_fun:
        state["fun"] = DEVELOPER
    return state


def ams_unit(trays: list[tuple[str, str] | None]) -> dict[str, Any]:
    """Return ``ams`` with one unit; a tray is its material and RRGGBBAA, None when empty."""
    filled = [
        {"id": str(slot)}
        if tray is None
        else {
            "id": str(slot),
            "tray_type": tray[0],
            "tray_color": tray[1],
            "cols": [tray[1]],
            "tray_info_idx": "GFL99",
            "remain": -1,
        }
        for slot, tray in enumerate(trays)
    ]
    unit = {"id": "0", "humidity": "4", "temp": "25.1", "tray": filled}
    return {"ams": [unit], "tray_now": "255", "tray_tar": "255", **_bits(trays)}


def _bits(trays: list[tuple[str, str] | None]) -> dict[str, str]:
    present = sum(1 << slot for slot, tray in enumerate(trays) if tray)
    return {"ams_exist_bits": "1" if trays else "0", "tray_exist_bits": f"{present:x}"}


def changed(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that differ: objects down to their fields, trays alone, lists whole."""
    delta: dict[str, Any] = {}
    for name, value in now.items():
        old = before.get(name)
        if value == old:
            continue
        if isinstance(value, dict) and isinstance(old, dict):
            delta[name] = changed(old, value)
        elif name in ("ams", "tray") and isinstance(old, list) and len(old) == len(value):
            pairs = zip(old, value, strict=True)
            delta[name] = [{"id": b["id"], **changed(a, b)} for a, b in pairs if a != b]
        else:
            delta[name] = value
    return delta


class Reporter:
    """Makes frames of what is shown; keeps what was reported last, and the habits of a model."""

    def __init__(self, model: Model, quirks: Quirks) -> None:
        self._model = model
        self._quirks = quirks
        self._last: dict[str, Any] | None = None
        self._number = 0
        self._held: bytes | None = None

    def regular(self, shown: dict[str, Any]) -> list[bytes]:
        """Return what the printer says by itself now."""
        if self._last is None or not self._model.deltas:
            return self.full(shown)
        delta = changed(self._last, shown)
        if not delta:
            return []
        self._last = copy.deepcopy(shown)
        return self._frames(delta, full=False)

    def full(self, shown: dict[str, Any]) -> list[bytes]:
        """Return everything, as asked for by ``pushall``."""
        self._last = copy.deepcopy(shown)
        return self._frames(shown, full=True)

    def _frames(self, fields: dict[str, Any], *, full: bool) -> list[bytes]:
        if self._quirks.silent:
            return []
        self._number += 1
        head = {"command": "push_status", "msg": 0 if full else 1, "sequence_id": str(self._number)}
        content = {**fields, **head}
        if full and self._quirks.padding:
            content["padding"] = "x" * self._quirks.padding
        frame = json.dumps({"print": content}, indent=4 if self._quirks.padding else None).encode()
        if self._quirks.bad_bytes:
            frame = frame.replace(b'"wifi_signal": "', b'"wifi_signal": "' + NO_UTF8)
        frames = [frame, frame] if self._quirks.doubles_reports else [frame]
        return self._swapped(frames)

    def _swapped(self, frames: list[bytes]) -> list[bytes]:
        if self._held is not None:
            frames, self._held = [*frames, self._held], None
        elif self._quirks.swaps_reports:
            self._held, frames = frames[-1], frames[:-1]
        return frames
