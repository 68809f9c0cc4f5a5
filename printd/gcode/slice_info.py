"""Which filaments a plate of a ``.gcode.3mf`` uses, as its ``slice_info.config`` says. Pure.

Strangers write it, so nothing but a few attributes is looked for, and no XML is expanded.
Source: bbs_3mf.cpp of OrcaSlicer; read, not measured.
"""

from __future__ import annotations

import html
import re
from typing import Final

from printd.core.filaments import Filament
from printd.core.names import display_name

SLICE_INFO: Final = "Metadata/slice_info.config"
MOST_SLOTS: Final = 64
MATERIAL_CHARACTERS: Final = 32  # of a name that is shown
_PLATE: Final = re.compile(r"<plate>(.*?)</plate>", re.DOTALL)
_INDEX: Final = re.compile(r'<metadata key="index" value="(\d{1,3})"')
_FILAMENT: Final = re.compile(r"<filament ([^<>]{0,400})>")
_ATTRIBUTE: Final = re.compile(r'(\w{1,40})="([^"]{0,80})"')
_NUMBER: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?").fullmatch
_COLOUR: Final = re.compile(r"#([0-9A-Fa-f]{6})").match


def filaments_of(text: str, plate: int = 1) -> dict[int, Filament]:
    """Return the filaments of a plate by their slots, from 1; none when nothing is said."""
    for content in _PLATE.findall(text):
        index = _INDEX.search(content)
        if index is None or int(index[1]) != plate:
            continue
        return dict(filter(None, map(_filament, _FILAMENT.findall(content))))
    return {}


def _filament(attributes: str) -> tuple[int, Filament] | None:
    said = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}
    slot = said.get("id", "")
    if not (slot.isascii() and slot.isdigit() and 0 < int(slot) <= MOST_SLOTS):
        return None
    colour = _COLOUR(said.get("color", ""))
    weight = said.get("used_g", "")
    return int(slot), Filament(
        material=display_name(said.get("type", ""), MATERIAL_CHARACTERS),
        colour=colour[1].upper() if colour else "",
        needed_g=float(weight) if _NUMBER(weight) else None,
    )
