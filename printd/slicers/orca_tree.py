"""Presets of OrcaSlicer and Bambu Studio as they are installed: made into three whole files.

A preset names its parent, and lately templates, by name; the command line does not look them up.
So the chain is followed here, inside the folder of the vendor and nowhere else.
Source: the presets' documented form (``inherits``, ``include``, ``compatible_printers``); read,
not measured on an installed program.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from printd.core.errors import ProfileInvalid, SettingInvalid
from printd.slicers.layers import Documents
from printd.slicers.orca_json import ABOUT
from printd.slicers.profiles import read_file
from printd.slicers.vendor_bundle import chosen

ROLES: Final = ("machine", "process", "filament")
SHARED_VENDOR: Final = "OrcaFilamentLibrary"  # beside the vendors; filaments inherit from it
DEEPEST: Final = 32
MOST_PRESETS: Final = 20_000
DROPPED: Final = frozenset(
    """
    inherits include compatible_printers compatible_printers_condition compatible_prints
    compatible_prints_condition instantiation setting_id renamed_from
    print_host print_host_webui printhost_apikey printhost_cafile printhost_user
    printhost_password printhost_port printhost_authorization_type
    """.split()  # noqa: SIM905 -- reads better
)

Preset = dict[str, Any]
Value = str | list[str]


@dataclass(frozen=True, slots=True)
class Tree:
    """Three presets with all that they inherit."""

    documents: Documents
    settings: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Folder:
    """Where the presets of a vendor lie, by role and name; only names have been read."""

    files: Mapping[tuple[str, str], Path]

    def names(self, role: str) -> list[str]:
        return [name for each, name in self.files if each == role]


def read_tree(file: Path, machine: str | None, process: str | None, filament: str | None) -> Tree:
    """Flatten a machine, a process and a filament.

    Args:
        file: a machine's preset in the folder of its vendor, or the vendor's own file beside it.
        machine: its name; None: that of ``file``.
        process: of the print; None: as the machine names it.
        filament: None: as the machine names it.

    Raises:
        SettingInvalid: a preset is not named, or not there; the sentence says which there are.
        ProfileInvalid: a preset is broken, inherits what is not there, or itself.
    """
    first = _read(file)
    role = first.get("type", "")
    if role in ROLES and role != "machine":
        raise SettingInvalid(
            f"{file.name} is the preset of a {role}.",
            action="Import that of the machine, and name this one with "
            f"`--{'print' if role == 'process' else role}`.",
        )
    folder = _folder(_vendor_of(file, role))
    own = str(first.get("name", file.stem)) if role == "machine" else None
    printer = chosen(folder.names("machine"), "printer", machine or own)
    flat = {"machine": _resolved(folder, "machine", printer)}
    for each, flag, asked in (("process", "print", process), ("filament", "filament", filament)):
        name = asked or _first(flat["machine"].get(f"default_{flag}_profile"))
        flat[each] = _resolved(folder, each, chosen(folder.names(each), flag, name))
    notes = [note for preset in flat.values() for note in _washed(preset)]
    for role_, preset in flat.items():
        preset |= {"type": role_, "from": "system"}
        if role_ != "machine":
            preset["compatible_printers"] = [flat["machine"]["name"]]
    documents = {f"{role_}.json": _text(preset) for role_, preset in flat.items()}
    return Tree(documents, dict(_settings(flat)), tuple(notes))


def _vendor_of(file: Path, role: str) -> Path:
    """Return the folder of the vendor: the one that holds the folders of the roles."""
    if role not in ROLES:
        beside = file.with_suffix("")
        if beside.is_dir():
            return beside
        raise ProfileInvalid(f"{file.name} is no preset, and no folder of presets is beside it.")
    for parent in list(file.resolve().parents)[:4]:
        if (parent / "machine").is_dir() and (parent / "process").is_dir():
            return parent
    raise ProfileInvalid(
        f"{file.name} lies in no folder of presets (machine, process, filament).",
        action="Name the preset where OrcaSlicer or Bambu Studio is installed: "
        "resources/profiles/VENDOR/machine/NAME.json.",
    )


def _folder(vendor: Path) -> _Folder:
    files: dict[tuple[str, str], Path] = {}
    for place in (vendor.parent / SHARED_VENDOR, vendor):  # the vendor's own come last, and win
        for role in ROLES:
            for file in _inside(place / role, place):
                files[role, file.stem] = file
                if len(files) > MOST_PRESETS:
                    raise ProfileInvalid(f"{vendor} holds more than {MOST_PRESETS} presets.")
    return _Folder(files)


def _inside(folder: Path, vendor: Path) -> Iterator[Path]:
    """Return the presets in a folder; a link that leads out of the vendor's is passed over."""
    root = vendor.resolve()
    for file in sorted(folder.rglob("*.json")):
        if file.resolve().is_relative_to(root):
            yield file


def _resolved(folder: _Folder, role: str, name: str, below: Sequence[str] = ()) -> Preset:
    """Return a preset with all that it inherits: parent, then templates, then its own keys."""
    line = [*below, name]
    if name in below or len(line) > DEEPEST:
        raise ProfileInvalid(f"The {role} {name} inherits itself.")
    file = folder.files.get((role, name))
    if file is None:
        by = f", which {below[-1]} names" if below else ""
        raise ProfileInvalid(f"There is no {role} {name}{by} in the folder of presets.")
    own = _read(file)
    together: Preset = {}
    for parent in [*_listed(own.get("inherits")), *_listed(own.get("include"))]:
        together |= _resolved(folder, role, parent, line)
    together |= {key: value for key, value in own.items() if not _is_nil(value)}
    return together | {"name": str(own.get("name") or name)}


def _read(file: Path) -> Preset:
    try:
        loaded = json.loads(read_file(file).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ProfileInvalid(f"{file.name}: not JSON: {error}.") from error
    if not isinstance(loaded, dict):
        raise ProfileInvalid(f"{file.name}: not an object of settings.")
    return loaded


def _washed(preset: Preset) -> Iterator[str]:
    """Take out what would run, what reaches a network, and what the command line chokes on."""
    if any(_listed(preset.get("post_process"))):
        yield f"post_process of {preset['name']} was taken out: it would run a program."
    preset["post_process"] = []
    for key in [*preset.keys() & DROPPED]:
        del preset[key]
    preset["name"] = str(preset["name"]).removeprefix("# ").strip()  # of copies, in the window
    for key, value in preset.items():
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, str) for part in parts):
            raise ProfileInvalid(f"{preset['name']}: {key} is no text and no list of texts.")


def _settings(flat: Mapping[str, Preset]) -> Iterator[tuple[str, str]]:
    for preset in flat.values():
        for key, value in preset.items():
            if key not in ABOUT:
                yield key, value if isinstance(value, str) else ",".join(value)


def _listed(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(part) for part in value if part]
    return [str(value)] if value else []


def _first(value: object) -> str | None:
    return next(iter(_listed(value)), None)


def _is_nil(value: object) -> bool:
    """Return whether a value stands for that of the parent."""
    return value == "nil" or (isinstance(value, list) and "nil" in value)


def _text(preset: Preset) -> str:
    return json.dumps(preset, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
