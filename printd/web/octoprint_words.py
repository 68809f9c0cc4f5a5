"""What an OctoPrint answers, as far as slicers read it.

Always ready and never printing, whatever the printers do: a slicer that hears of a busy printer
does not send, and here a job that is sent waits for its turn.

Source: OctoPrint's REST API, version 1.11; read by PrusaSlicer 2.9, OrcaSlicer 2.3 and the
OctoPrint plug-in 3.7 of Cura.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from printd import __version__

Words = Mapping[str, Any]
API: Final = "0.1"
SPEAKS: Final = "1.5.0"  # the version whose API this is
READY: Final = "Operational"
_AXES: Final[Mapping[str, int]] = {"x": 6000, "y": 6000, "z": 200, "e": 300}
_FLAGS: Final[Mapping[str, bool]] = {
    "operational": True,
    "ready": True,
    "printing": False,
    "pausing": False,
    "paused": False,
    "cancelling": False,
    "error": False,
    "closedOrError": False,
    "sdReady": False,
}


def version() -> Words:
    """Answer the test button: slicers want ``api``, and ``text`` to begin with OctoPrint."""
    return {"api": API, "server": SPEAKS, "text": f"OctoPrint (printd {__version__})"}


def server() -> Words:
    """Answer what the server is."""
    return {"version": SPEAKS, "safemode": None}


def user(name: str) -> Words:
    """Answer who holds the key."""
    return {
        "name": name,
        "active": True,
        "user": True,
        "admin": False,
        "apikey": None,
        "session": "",
        "permissions": [],
        "groups": ["users"],
        "_is_external_client": False,
        "_login_mechanism": "apikey",
    }


def settings() -> Words:
    """Answer the settings: no plug-in, no camera, no memory card."""
    return {
        "plugins": {},
        "feature": {"sdSupport": False, "temperatureGraph": False},
        "webcam": {"webcamEnabled": False},
    }


def profiles(queue: str) -> Words:
    """Answer the one printer that a queue looks like."""
    axes = {name: {"speed": speed, "inverted": False} for name, speed in _AXES.items()}
    profile = {
        "id": "_default",
        "name": queue,
        "model": "printd",
        "current": True,
        "default": True,
        "heatedBed": True,
        "heatedChamber": False,
        "axes": axes,
    }
    return {"profiles": {"_default": profile}}


def printer() -> Words:
    """Answer how the printer is: ready."""
    return {
        "state": {"text": READY, "error": "", "flags": dict(_FLAGS)},
        "temperature": {},
        "sd": {"ready": False},
    }


def job() -> Words:
    """Answer what is printed: nothing."""
    file = {"name": None, "path": None, "origin": None, "size": None, "date": None}
    filament = {"length": None, "volume": None}
    return {
        "job": {"file": file, "estimatedPrintTime": None, "filament": filament, "user": None},
        "progress": dict.fromkeys(("completion", "filepos", "printTime", "printTimeLeft")),
        "state": READY,
    }


def taken(base: str, name: str) -> Words:
    """Answer an upload; nobody reads whether it prints, and it waits for its turn.

    Args:
        base: the address of the queue, without a slash at its end.
        name: of the file.
    """
    path = quote(name)
    refs = {
        "resource": f"{base}/api/files/local/{path}",
        "download": f"{base}/downloads/files/local/{path}",
    }
    local = {"name": name, "path": name, "origin": "local", "refs": refs}
    return {
        "done": True,
        "effectivePrint": False,
        "effectiveSelect": False,
        "files": {"local": local},
    }
