"""States and reports of Bambu printers, in the shape that their firmwares give them.

Written by hand after payloads that ha-bambulab has recorded of a P1S and an H2D, read 2026-11.
"""

from typing import Any, Final

from printd.printers.bambu.report import Snapshot

# As a P1S shows it at rest after its first print.
P1S: Final[dict[str, Any]] = {
    "command": "push_status",
    "msg": 0,
    "sequence_id": "7",
    "gcode_state": "FINISH",
    "mc_percent": 100,
    "mc_remaining_time": 0,
    "mc_print_stage": "1",
    "mc_print_sub_stage": 0,
    "layer_num": 52,
    "total_layer_num": 52,
    "gcode_file": "cube.gcode.3mf",
    "gcode_file_prepare_percent": "99",
    "subtask_name": "cube",
    "subtask_id": "11",
    "task_id": "11",
    "project_id": "11",
    "job_id": "0",
    "print_type": "local",
    "print_error": 0,
    "mc_print_error_code": "0",
    "fail_reason": "0",
    "hms": [],
    "stg_cur": 255,
    "stg": [2, 14, 1],
    "nozzle_temper": 31.5,
    "nozzle_target_temper": 0,
    "bed_temper": 28.25,
    "bed_target_temper": 0.0,
    "chamber_temper": 5,
    "nozzle_diameter": "0.4",
    "nozzle_type": "stainless_steel",
    "sdcard": True,
    "home_flag": 0x100 | 0x80 | 0x7,
    "lights_report": [{"node": "chamber_light", "mode": "on"}],
    "wifi_signal": "-53dBm",
    "upgrade_state": {"status": "IDLE", "new_version_state": 2},
    "ipcam": {"timelapse": "disable", "ipcam_record": "enable"},
    "s_obj": [206],
    "queue_number": 0,
    "lifecycle": "product",
    "net": {"info": [{"ip": 2064885952, "mask": 16580607}, {"ip": 0, "mask": 0}]},
    "ams": {
        "ams": [
            {
                "id": "0",
                "humidity": "4",
                "tray": [
                    {
                        "id": "0",
                        "tray_type": "PLA",
                        "tray_color": "FFFFFFFF",
                        "tray_info_idx": "GFA00",
                        "remain": 82,
                        "tag_uid": "7B45A8FF00000100",
                    },
                    {"id": "1", "tray_type": "PETG", "tray_color": "DE4343FF", "remain": -1},
                    {"id": "2"},
                    {"id": "3", "tray_type": "PLA", "tray_color": "161616FF", "remain": 50},
                ],
            }
        ],
        "ams_exist_bits": "1",
        "tray_exist_bits": "b",
        "tray_now": "255",
        "tray_tar": "255",
    },
    "vt_tray": {"id": "254", "tray_type": "", "tray_color": "00000000", "remain": 0},
}

# Whatever of an H2D is told in another way.
H2D: Final[dict[str, Any]] = {
    **{key: value for key, value in P1S.items() if key not in ("msg", "vt_tray", "sdcard")},
    "gcode_state": "RUNNING",
    "state": 4,
    "gcode_file": "/data/Metadata/plate_1.gcode",
    "chamber_temper": 49,
    "fun": "41AFFF9CFF",
    "home_flag": -1066934785,
    "stat": "17802181F0",
    "stg_cur": 14,
    "nozzle_temper": 40,
    "ipcam": {"rtsp_url": "rtsps://192.168.19.123:322/streaming/live/1"},
    "device": {
        "extruder": {"info": [{"id": 0, "temp": 14745864}, {"id": 1, "temp": 40}]},
        "nozzle": {
            "info": [
                {"diameter": 0.4000000059604645, "id": 0, "type": "HS01"},
                {"diameter": 0.4, "id": 1, "type": "HH01"},
            ]
        },
    },
    "ams": {
        "ams": [
            {"id": "128", "tray": [{"id": "0", "tray_type": "PA-GF", "tray_color": "000000FF"}]},
            {"id": "1", "tray": [{"id": "3", "tray_type": "PLA", "tray_color": "FFFFFFFF"}]},
        ],
        "tray_exist_bits": "10080",
        "tray_now": "7",
        "tray_tar": "128",
    },
    "vir_slot": [
        {"id": "254", "tray_type": "", "tray_color": "00000000"},
        {"id": "255", "tray_type": "TPU", "tray_color": "FF7A1AFF"},
    ],
}


def p1s(**fields: Any) -> Snapshot:
    """Return a P1S with some fields changed."""
    return Snapshot.of({**P1S, **fields})


def delta(number: int, **fields: Any) -> dict[str, Any]:
    """Return a message that tells only of some fields."""
    head = {"command": "push_status", "msg": 1, "sequence_id": str(number)}
    return {"print": {**head, **fields}}


def full(number: int, **fields: Any) -> dict[str, Any]:
    """Return a message that tells everything."""
    return {"print": {**P1S, "sequence_id": str(number), **fields}}
