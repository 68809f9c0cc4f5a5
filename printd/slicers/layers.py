"""Settings laid over settings: a material, a quality, what a recipe asks for.

A slicer's settings are documents, file name and text, as they are handed to it. Each kind of
slicer has its own way of laying one over them; all are pure, and what is laid last wins.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, Literal

from printd.core.errors import ProfileInvalid
from printd.slicers.orca_json import read_preset
from printd.slicers.prusa_ini import ini_text, read_ini

Documents = Mapping[str, str]  # file name -> text, in the order in which a slicer gets them
Role = Literal["material", "quality"]

ORCA_FILE: Final[Mapping[Role, str]] = {"material": "filament.json", "quality": "process.json"}


def lay_ini(below: Documents, text: str, _role: Role) -> dict[str, str]:
    """Lay the keys of one settings file over another.

    Raises:
        ProfileInvalid: a key that the file below does not name, so that leaving the layer out
            would leave it to the slicer.
    """
    ((file, base),) = below.items()
    settings, laid = read_ini(base, file), read_ini(text, file)
    if unknown := sorted(laid.keys() - settings.keys()):
        raise ProfileInvalid(f"{', '.join(unknown)} must be named in {file}, too.")
    return {file: ini_text({**settings, **laid})}


def lay_presets(below: Documents, text: str, role: Role) -> dict[str, str]:
    """Put one preset of OrcaSlicer in the place of another."""
    return {**below, ORCA_FILE[role]: text}


LAY: Final[Mapping[str, Callable[[Documents, str, Role], dict[str, str]]]] = {
    "prusa": lay_ini,
    "orca": lay_presets,
    "resin": lay_ini,
}
ENDING: Final[Mapping[str, str]] = {"prusa": ".ini", "orca": ".json", "resin": ".ini"}


def with_keys(kind: str, below: Documents, keys: Mapping[str, str]) -> dict[str, str]:
    """Set single keys: of OrcaSlicer in its process, where all that a recipe asks for stands."""
    if kind == "orca":
        file = ORCA_FILE["quality"]
        preset = {**read_preset(below[file].encode(), file), **keys}
        return {**below, file: json.dumps(preset, indent=1, ensure_ascii=False) + "\n"}
    ((file, base),) = below.items()
    return {file: ini_text({**read_ini(base, file), **keys})}
