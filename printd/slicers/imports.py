"""Somebody's settings made into a profile of ours: a bundle, an export, a G-code, presets.

What comes in is not trusted: it is read by our own readers, within limits, and nothing of it is
run or looked up. The result is a whole folder that is checked like any other before it is there.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from printd.core.config_types import PLAIN_NAME
from printd.core.errors import NoSuchFile, NotPossibleNow, ProfileInvalid, SettingInvalid
from printd.core.files import disk_problem
from printd.core.shipped import shipped
from printd.slicers.checks import numbers_of
from printd.slicers.facts import FilamentFacts, read_facts
from printd.slicers.layers import Documents
from printd.slicers.orca_tree import read_tree
from printd.slicers.profiles import PRINTER_FILE, Profile, load_profile
from printd.slicers.prusa_ini import BED_KEYS, NOZZLE_KEYS, ini_text, read_ini, settings_in
from printd.slicers.vendor_bundle import flat, is_bundle, read_bundle
from printd.slicers.washing import washed

LARGEST_BUNDLE_BYTES: Final = 16 << 20  # the largest that is shipped has 3 MB
MARGIN_MM: Final = 5.0
NOZZLE: Final = "nozzle_diameter"
OFFSET_MM: Final = 10.0  # a bed may begin so far from 0,0 and be called the whole of it
BINARY: Final[Mapping[bytes, str]] = {
    b"GCDE": "binary G-code",
    b"PK\x03\x04": "a zip archive, such as 3MF",
    b"\x1f\x8b": "a gzip archive",
}
HEAD: Final = (
    "# Imported by `printd profiles import`. The limits of heat are what these settings ask for;\n"
    "# raise them here if your printer stands more.\n\n"
)
HOT_KEYS: Final = (*NOZZLE_KEYS, "nozzle_temperature", "nozzle_temperature_initial_layer")
_POINT = re.compile(r"\s*(-?[\d.]+)x(-?[\d.]+)\s*").fullmatch


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of many presets in a file are meant; None: the only one, or what the printer names."""

    printer: str | None = None
    print: str | None = None
    filament: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A profile that is not yet a folder."""

    facts: Mapping[str, Any]  # of printer.yaml
    documents: Documents
    notes: tuple[str, ...]  # what was changed, for the person

    def allowing(self, commands: Sequence[str]) -> Imported:
        """Return the same with commands allowed that a person has looked at."""
        allowed = [*self.facts.get("allow", ()), *commands]
        return replace(self, facts={**self.facts, "allow": allowed})


def without(new: Imported, keys: Sequence[str]) -> Imported:
    """Return the same without keys that a slicer does not know, and say so."""
    ((file, text),) = new.documents.items()
    kept = {key: value for key, value in read_ini(text, file).items() if key not in keys}
    note = f"The slicer does not know {', '.join(keys)}: left out."
    return replace(new, documents={file: ini_text(kept)}, notes=(*new.notes, note))


def imported(file: Path, choice: Choice, facts: bytes | None = None) -> Imported:
    """Read somebody's settings.

    Args:
        file: a bundle or an exported configuration of PrusaSlicer, a G-code file that it made, or
            a preset of OrcaSlicer or Bambu Studio in their folder of presets.
        choice: which presets.
        facts: ``printer.yaml`` of the printer, if it is known; else made of the settings.

    Raises:
        NoSuchFile: it is not there.
        ProfileInvalid: it cannot be used; the sentence says why.
        SettingInvalid: it has several presets, and none is named.
    """
    known = read_facts(facts, PRINTER_FILE).model_dump(exclude_unset=True) if facts else None
    if not file.is_file():
        raise NoSuchFile(f"There is no file {file}.")
    with file.open("rb") as stream:
        start = stream.read(4096)
    _refuse_binary(start, file.name)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        tree = read_tree(file, choice.printer, choice.print, choice.filament)
        known = known or _facts_of_model(tree.settings)
        facts_of = _fitted(known, tree.settings) if known else _orca_facts(tree.settings)
        return Imported(facts_of, tree.documents, tree.notes)
    settings, notes = washed(_settings_of(file, choice), file.name)
    facts_of = _fitted(known, settings) if known else _facts(settings, notes, file.name)
    return Imported(facts_of, {"prusa.ini": ini_text(settings)}, tuple(notes))


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a folder of ours.

    Raises:
        SettingInvalid: it is no plain name.
    """
    if re.fullmatch(PLAIN_NAME, name) is None:
        raise SettingInvalid(f"name: {name!r}; lower-case letters, digits, - and _, at most 32.")


def place(new: Imported, folder: Path) -> Profile:
    """Make the folder of a profile, whole and checked, or not at all.

    Raises:
        SettingInvalid: the folder's name is no plain name.
        NotPossibleNow: there is such a folder already.
        ProfileInvalid: what was imported cannot be used; nothing is left behind.
    """
    check_name(folder.name)
    if folder.exists():
        raise NotPossibleNow(
            f"{folder} is there already.", action="Move it away, or choose another `--name`."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=folder.parent) as work:
            made = Path(work) / folder.name
            made.mkdir()
            text = HEAD + yaml.safe_dump(dict(new.facts), sort_keys=False, allow_unicode=True)
            (made / PRINTER_FILE).write_text(text)
            for name, document in new.documents.items():
                (made / name).write_text(document)
            load_profile(made)
            shutil.move(made, folder)
    except OSError as error:
        raise disk_problem(error, folder) from error
    return load_profile(folder)


def _settings_of(file: Path, choice: Choice) -> Mapping[str, str]:
    """Return the settings of a file of PrusaSlicer."""
    if block := settings_in(file):
        return block
    if file.stat().st_size > LARGEST_BUNDLE_BYTES:
        raise ProfileInvalid(
            f"{file.name} is larger than {LARGEST_BUNDLE_BYTES >> 20} MB, and does not end with "
            "the settings of PrusaSlicer."
        )
    content = file.read_bytes()
    if b"\0" in content:
        raise ProfileInvalid(f"{file.name} is no text.")
    text = content.decode("utf-8-sig", "replace")
    if is_bundle(text):
        bundle = read_bundle(text, file.name)
        return flat(bundle, choice.printer, choice.print, choice.filament)
    return read_ini(text, file.name)


def _refuse_binary(start: bytes, name: str) -> None:
    for mark, what in BINARY.items():
        if start.startswith(mark):
            raise ProfileInvalid(
                f"{name} is {what}, not a text of settings.",
                action="Export the configuration from the slicer (File, Export) and import that.",
            )
    if b"\0" in start:
        raise ProfileInvalid(f"{name} is no text.")


def _fitted(known: Mapping[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    """Return the known facts of a printer for settings of one material and one quality."""
    kept = {key: value for key, value in known.items() if key not in ("materials_max_c", "quality")}
    material = settings.get("filament_type", "PLA").split(";")[0]
    if material != known["material"]:
        hottest = max(numbers_of("", key, settings.get(key, "0"))[0] for key in HOT_KEYS)
        kept |= {"material": material, "material_max_c": hottest}
    return kept


def _facts_of_model(settings: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the facts of a shipped printer of the presets' model, with their nozzle.

    Its firmware and how far it travels stand in no preset; its start code needs both.
    """
    model = settings.get("printer_model", "")
    for file in sorted(shipped("profiles").glob(f"*/{PRINTER_FILE}")):
        facts = read_facts(file.read_bytes(), file.parent.name)
        if model and facts.kind == "orca" and facts.model == model:
            nozzle_mm = numbers_of("the preset", NOZZLE, settings.get(NOZZLE, ""))[0]
            return facts.model_dump(exclude_unset=True) | {"nozzle_mm": nozzle_mm}
    return None


def _facts(settings: dict[str, str], notes: list[str], name: str) -> dict[str, Any]:
    """Return the facts of a printer that its slicer's settings tell; the bed begins at 0,0."""
    width_mm, depth_mm, offset_mm = _bed(settings["bed_shape"], name)
    settings["bed_shape"] = f"0x0,{width_mm:g}x0,{width_mm:g}x{depth_mm:g},0x{depth_mm:g}"
    if offset_mm:
        notes.append(f"The bed begins at 0,0, and {offset_mm:g} mm around stay free.")
    flavours = FilamentFacts.model_fields["flavour"].annotation
    flavour = settings["gcode_flavor"]
    if flavour not in getattr(flavours, "__args__", ()):
        raise ProfileInvalid(f"{name}: printd cannot judge G-code for the firmware {flavour}.")
    nozzle_c = max(max(numbers_of(name, key, settings[key])) for key in NOZZLE_KEYS)
    bed_c = max(max(numbers_of(name, key, settings[key])) for key in BED_KEYS)
    notes.append(f"The limits of heat are {nozzle_c:g} °C and {bed_c:g} °C, as the settings ask.")
    return {
        "kind": "prusa",
        "flavour": flavour,
        **({"model": model} if (model := settings.get("printer_model", "")) else {}),
        "bed_mm": [width_mm, depth_mm],
        "height_mm": numbers_of(name, "max_print_height", settings["max_print_height"])[0],
        "nozzle_mm": numbers_of(name, "nozzle_diameter", settings["nozzle_diameter"])[0],
        "max_nozzle_c": nozzle_c,
        "max_bed_c": bed_c,
        "chamber": False,
        "max_speed_mm_s": _highest(settings, "machine_max_feedrate_"),
        "max_acceleration_mm_s2": _highest(settings, "machine_max_acceleration_"),
        "max_jerk_mm_s": _highest(settings, "machine_max_jerk_"),
        "material": settings["filament_type"].split(";")[0],
        "material_max_c": nozzle_c,
        "margin_mm": max(MARGIN_MM, offset_mm),
    }


def _highest(settings: Mapping[str, str], start: str) -> float:
    """Return the highest value of any axis; 0: none is given."""
    given = [numbers_of("", key, value) for key, value in settings.items() if key.startswith(start)]
    return max((number for numbers in given for number in numbers), default=0.0)


def _orca_facts(settings: Mapping[str, str]) -> dict[str, Any]:
    """Return the facts of a printer that the settings of OrcaSlicer tell."""
    from_orca = {
        "bed_shape": settings.get("printable_area", ""),
        "gcode_flavor": settings.get("gcode_flavor", ""),
        "max_print_height": settings.get("printable_height", ""),
        "nozzle_diameter": settings.get("nozzle_diameter", ""),
        "printer_model": settings.get("printer_model", ""),
        "temperature": settings.get("nozzle_temperature", ""),
        "first_layer_temperature": settings.get("nozzle_temperature_initial_layer", ""),
        "bed_temperature": settings.get("textured_plate_temp", ""),
        "first_layer_bed_temperature": settings.get("hot_plate_temp", ""),
        "filament_type": settings.get("filament_type", "PLA"),
        **{
            key.replace("max_speed", "max_feedrate"): value
            for key, value in settings.items()
            if key.startswith("machine_max_")
        },
    }
    return _facts(from_orca, [], "the preset") | {"kind": "orca"}


def _bed(shape: str, name: str) -> tuple[float, float, float]:
    """Return width and depth of a bed from 0,0, and how far from there it really begins."""
    points = [_POINT(part) for part in shape.split(",")]
    corners = {(float(point[1]), float(point[2])) for point in points if point is not None}
    across, along = {x for x, _ in corners}, {y for _, y in corners}
    if None in points or len(points) != 4 or len(across) != 2 or len(along) != 2:
        raise ProfileInvalid(
            f"{name}: the bed {shape[:60]} is no rectangle; printd knows no other."
        )
    offset_mm = max(min(across), min(along))
    if min(*across, *along) < 0 or offset_mm > OFFSET_MM:
        raise ProfileInvalid(f"{name}: the bed {shape[:60]} does not begin at 0,0.")
    return max(across), max(along), offset_mm
