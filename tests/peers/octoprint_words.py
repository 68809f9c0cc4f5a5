"""What OctoPrint said: its answers in each situation.

Source: recorded of OctoPrint 1.11.8 and 2.0.0rc7 (``NEXT_``) with the virtual printer,
November 2026.
"""

from typing import Any, Final

Answer = dict[str, Any]

OURS: Final = "printd/pd-41-1-abcdefgh-cat.gcode"
STRANGERS: Final = "slow.gcode"

NO_PROGRESS: Final = {
    "completion": None,
    "filepos": None,
    "printTime": None,
    "printTimeLeft": None,
    "printTimeLeftOrigin": None,
}
NEVER_SELECTED: Final[Answer] = {
    "job": {
        "estimatedPrintTime": None,
        "filament": {"length": None, "volume": None},
        "file": {"date": None, "name": None, "origin": None, "path": None, "size": None},
        "lastPrintTime": None,
        "user": None,
    },
    "progress": NO_PROGRESS,
    "state": "Operational",
}
FIRMWARE_ERROR: Final[Answer] = {
    "error": "Thermal Runaway, system stopped! Heater_ID: bed - Printer halted. kill() called!",
    "job": {
        "averagePrintTime": None,
        "estimatedPrintTime": None,
        "filament": None,
        "file": {
            "date": None,
            "display": None,
            "name": None,
            "origin": None,
            "path": None,
            "size": None,
        },
        "lastPrintTime": None,
        "user": None,
    },
    "progress": NO_PROGRESS,
    "state": "Offline after error",
}
NEXT_NEVER_SELECTED: Final[Answer] = {
    "error": None,
    "job": {
        "estimatedPrintTime": None,
        "filament": {},
        "file": {
            "date": None,
            "display": None,
            "name": None,
            "origin": None,
            "path": None,
            "size": None,
            "upload": None,
        },
        "lastPrintTime": None,
        "user": None,
    },
    "progress": NO_PROGRESS,
    "state": "Operational",
}
NEXT_OFFLINE_AFTER_ERROR: Final[Answer] = {**NEXT_NEVER_SELECTED, "state": "Offline after error"}
TEMPERATURES: Final[Answer] = {
    "state": {"text": "Printing"},
    "temperature": {
        "bed": {"actual": 60.1, "offset": 0, "target": 60.0},
        "tool0": {"actual": 209.8, "offset": 0, "target": 210.0},
    },
}


def printing(path: str, state: str = "Printing") -> Answer:
    """Return ``GET /api/job`` in the middle of a print."""
    return {
        "job": {
            "averagePrintTime": None,
            "estimatedPrintTime": None,
            "filament": None,
            "file": _file(path, 888),
            "lastPrintTime": None,
            "user": "_api",
        },
        "progress": {
            "completion": 8.108108108108109,
            "filepos": 72,
            "printTime": 2,
            "printTimeLeft": None,
            "printTimeLeftOrigin": "linear",
        },
        "state": state,
    }


def finished(path: str) -> Answer:
    """Return ``GET /api/job`` after a print that went well; its file stays selected."""
    return {
        "job": {
            "averagePrintTime": 3.648112756000046,
            "estimatedPrintTime": 51.3422780868669,
            "filament": {"tool0": {"length": 9.95, "volume": 0.0}},
            "file": _file(path, 4777),
            "lastPrintTime": 3.648112756000046,
            "user": "_api",
        },
        "progress": {
            "completion": 100.0,
            "filepos": 4777,
            "printTime": 3,
            "printTimeLeft": 0,
            "printTimeLeftOrigin": None,
        },
        "state": "Operational",
    }


def selected(path: str) -> Answer:
    """Return ``GET /api/job`` of a file that is selected, and also after a cancel."""
    return {**finished(path), "progress": NO_PROGRESS}


def offline(state: str) -> Answer:
    """Return ``GET /api/job`` while no printer is connected, or is being connected."""
    return {**NEVER_SELECTED, "state": state}


def file_answer(path: str, success: int = 0, failure: int = 0) -> Answer:
    """Return ``GET /api/files/local/PATH``; the counters are absent until a print has ended."""
    answer: Answer = {
        "date": 1795346294,
        "display": path.rpartition("/")[2],
        "hash": "8a31913ef267e3a124844ac7422d77d5422ed425",
        "name": path.rpartition("/")[2],
        "origin": "local",
        "path": path,
        "size": 4777,
        "type": "machinecode",
        "typePath": ["machinecode", "gcode"],
        "user": "_api",
    }
    if success or failure:
        last = {"date": 1795346298.537086, "printTime": 3.648112756000046, "success": failure == 0}
        answer["prints"] = {"success": success, "failure": failure, "last": last}
    return answer


def _file(path: str, size: int) -> Answer:
    name = path.rpartition("/")[2]
    return {
        "date": 1795346286,
        "display": name,
        "name": name,
        "origin": "local",
        "path": path,
        "size": size,
    }
