"""The base folder of an OctoPrint that asks nobody, prints at once and stays off the network.

The settings are complete: nothing has to be clicked. Its users are the owner, printd with an
application key, and a guest who may do nothing; none of them has a password, so that nobody waits
for OctoPrint to check one.
Source: observed on OctoPrint 1.11.8 and 2.0.0rc7, 2026-11.
"""

from pathlib import Path
from typing import Any, Final

import yaml

OWNER_KEY: Final = "OWNER" + "0" * 27
GUEST_KEY: Final = "GUEST" + "0" * 27
APP_KEY: Final = "PRINTD" + "0" * 37
STARTED: Final = "printd-test-started"  # what the printer is told at each start, with the path

# All of these cost time at the start or reach for the internet.
PLUGINS_OFF: Final = [
    *("achievements", "announcements", "backup", "discovery", "errortracking", "file_check"),
    *("firmware_check", "gcodeviewer", "health_check", "pi_support", "pluginmanager"),
    *("softwareupdate", "tracking"),
]


def write_base(folder: Path, port: int) -> None:
    """Make a fresh base folder for a server on ``port``."""
    (folder / "tmp").mkdir(parents=True)
    (folder / "data" / "appkeys").mkdir(parents=True)
    (folder / "scripts" / "gcode").mkdir(parents=True)
    told = f"M117 {STARTED} {{{{ event.path }}}}"
    (folder / "scripts" / "gcode" / "beforePrintStarted").write_text(told)
    _write(folder / "config.yaml", _settings(port))
    _write(folder / "users.yaml", _users())
    _write(folder / "data" / "appkeys" / "keys.yaml", _app_keys())


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content))


def _settings(port: int) -> dict[str, Any]:
    off = {"enabled": False}
    return {
        "server": {
            "host": "127.0.0.1",
            "port": port,
            "firstRun": False,
            "ignoreIncompleteStartup": True,  # a start that was killed leads to safe mode
            "onlineCheck": off,
            "pluginBlacklist": off,
            "pythonEolCheck": off,
            "ipCheck": off,
        },
        "serial": {"port": "VIRTUAL", "baudrate": 115200, "autoconnect": True},
        "gcodeAnalysis": {"runAt": "never"},
        "plugins": {
            # Its own noise on the line costs a second in any print longer than 100 lines.
            "virtual_printer": {"enabled": True, "simulated_errors": []},
            "tracking": off,
            "errortracking": off,
            "_disabled": PLUGINS_OFF,
        },
    }


def _users() -> dict[str, Any]:
    def user(key: str | None, *groups: str) -> dict[str, Any]:
        return {
            "active": True,
            "apikey": key,
            "groups": list(groups),
            "password": "",
            "permissions": [],
            "roles": ["user"],
            "settings": {},
        }

    return {
        "_version": 2,
        "owner": user(OWNER_KEY, "admins"),
        "printd": user(None, "users", "readonly"),
        "guest": user(GUEST_KEY),
    }


def _app_keys() -> dict[str, Any]:
    return {"printd": [{"api_key": APP_KEY, "app_id": "printd"}]}
