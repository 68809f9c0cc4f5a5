"""The units of systemd as they are for one configuration: shipped texts with some lines replaced.

systemd reads its own words into a line: ``%`` and ``$`` stand for something, spaces part words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from printd.core.errors import InternalError, SettingInvalid
from printd.core.shipped import shipped
from printd.core.web_config import WebConfig

SYSTEM: Final = "printd.service"
USER: Final = "user/printd.service"
KIOSK: Final = "printd-kiosk.service"
POLICY: Final = "printd-kiosk.json"
SHIPPED_PORT: Final = "8321"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0", "::"})  # noqa: S104


def command_line(program: Path, *words: str | Path) -> str:
    """Return a program and its arguments as ``ExecStart=`` wants them."""
    return " ".join([_word(str(program)), *(_word(str(word)).replace("$", "$$") for word in words)])


def path_list(paths: Iterable[Path]) -> str:
    """Return folders as ``ReadWritePaths=`` wants them; one that is missing is no fault."""
    return " ".join(_word(f"-{path}") for path in paths)


def _word(text: str) -> str:
    if not text.isprintable():
        raise SettingInvalid(
            f"{text!r} cannot stand in a unit of systemd.", action="Rename that folder."
        )
    text = text.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if re.search(r"[\s'\";\\]", text) else text


def unit(name: str, lines: Mapping[str, str]) -> str:
    """Return a shipped unit with the values of some keys replaced; each is there once.

    Args:
        name: ``SYSTEM`` or ``USER``.
        lines: key to value.
    """
    text = (shipped("systemd") / name).read_text(encoding="utf-8")
    for key, value in lines.items():
        line = f"{key}={value}".replace("\\", "\\\\")
        text, count = re.subn(rf"^{key}=.*$", line, text, flags=re.MULTILINE)
        if count != 1:
            raise InternalError(f"the shipped {name} has {count} lines {key}=")
    return text


def kiosk_files(web: WebConfig) -> dict[str, str]:
    """Return the kiosk's unit and what its browser may do, by their shipped names.

    Raises:
        SettingInvalid: the pages cannot be opened as a kiosk does.
    """
    if not web.enabled or web.port == 0 or web.host not in LOOPBACK:
        raise SettingInvalid(
            "The kiosk's screen opens http://localhost:PORT, and printd does not listen there.",
            action="Set `web: {enabled: true, host: 127.0.0.1, port: 8321}`; `host: 0.0.0.0` lets "
            "the network in, too.",
        )
    folder = shipped("systemd")
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in (KIOSK, POLICY)}
    return {name: text.replace(SHIPPED_PORT, str(web.port)) for name, text in texts.items()}
