"""A profile: one folder that says what a class of printers is and how to slice for it.

``printer.yaml`` holds the machine's facts in our words, ``prusa.ini`` every setting of the
slicer. Both are read, checked against each other and hashed before anything is sliced; the hash
is part of what a slice is cached by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from printd.core.config import Config
from printd.core.errors import ConfigInvalid, ProfileInvalid, ProfileMissing
from printd.core.machine import Machine
from printd.slicers.prusa_ini import check_ini, read_ini

PRINTER_FILE = "printer.yaml"
SETTINGS_FILE = {"prusa": "prusa.ini"}
LARGEST_FILE_BYTES = 1 << 20

Length = Annotated[float, Field(gt=0, le=10_000)]
Celsius = Annotated[float, Field(ge=0, le=500)]


class PrinterFacts(BaseModel):
    """``printer.yaml``, key by key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["prusa"]
    flavour: Literal["marlin", "marlin2", "klipper", "reprapfirmware"]
    bed_mm: tuple[Length, Length]
    height_mm: Length
    nozzle_mm: Annotated[float, Field(gt=0, le=5)]
    max_nozzle_c: Celsius
    max_bed_c: Celsius
    chamber: bool
    max_chamber_c: Celsius = 0.0
    material: str
    material_max_c: Celsius
    margin_mm: Annotated[float, Field(ge=0, le=100)] = 0
    model: str = ""
    zones_mm: tuple[tuple[float, float, float, float], ...] = ()
    home_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    homing_command: str = "G28"
    allow: tuple[str, ...] = ()

    def machine(self, name: str) -> Machine:
        """Return the facts as the rest of the program knows them."""
        return Machine(
            name=name,
            flavour=self.flavour,
            bed_w_mm=self.bed_mm[0],
            bed_d_mm=self.bed_mm[1],
            height_mm=self.height_mm,
            nozzle_mm=self.nozzle_mm,
            max_nozzle_c=self.max_nozzle_c,
            max_bed_c=self.max_bed_c,
            has_chamber=self.chamber,
            max_chamber_c=self.max_chamber_c,
            material=self.material,
            material_max_c=self.material_max_c,
            margin_mm=self.margin_mm,
            model=self.model,
            zones=self.zones_mm,
            home_mm=self.home_mm,
            homing_command=self.homing_command.upper(),
            allow=tuple(command.upper() for command in self.allow),
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as it was when it was read; plain values, so that it can cross processes."""

    name: str
    folder: Path
    kind: str  # of the slicer
    machine: Machine
    settings: tuple[tuple[str, str], ...]  # of the slicer, in the order of the file
    files: tuple[tuple[str, str], ...]  # name, SHA-256
    hash: str  # of all files: 16 hex digits

    @property
    def settings_file(self) -> Path:
        """Return the file to hand to the slicer."""
        return self.folder / SETTINGS_FILE[self.kind]


def load_profile(name_or_path: str | Path, search: Sequence[Path] = ()) -> Profile:
    """Read and check a profile.

    Args:
        name_or_path: a folder, or the name of one in ``search``.
        search: folders of profiles, looked through in this order.

    Raises:
        ProfileMissing: no such folder, or a file is missing in it.
        ProfileInvalid: a file cannot be used; the sentence names the key or line.
    """
    folder = _find(name_or_path, search)
    printer = _read(folder / PRINTER_FILE)
    facts = _facts(printer, folder / PRINTER_FILE)
    machine = facts.machine(folder.name)
    settings_path = folder / SETTINGS_FILE[facts.kind]
    content = _read(settings_path)
    settings = read_ini(content.decode("utf-8-sig", "replace"), _shown(settings_path))
    check_ini(settings, machine, _shown(settings_path))
    files = (
        (PRINTER_FILE, hashlib.sha256(printer).hexdigest()),
        (settings_path.name, hashlib.sha256(content).hexdigest()),
    )
    together = hashlib.sha256(repr(files).encode()).hexdigest()[:16]
    return Profile(
        folder.name, folder, facts.kind, machine, tuple(settings.items()), files, together
    )


def configured_profiles(config: Config, search: Sequence[Path]) -> dict[str, Profile]:
    """Return the profile of each configured printer.

    Raises:
        ConfigInvalid: profiles cannot be used; a line for each names the printer.
    """
    profiles: dict[str, Profile] = {}
    faults: list[str] = []
    for name, printer in config.printers.items():
        try:
            profiles[name] = load_profile(printer.profile, search)
        except (ProfileMissing, ProfileInvalid) as error:
            faults.append(f"printers.{name}.profile: {error.problem}")
    if faults:
        raise ConfigInvalid("\n".join(faults))
    return profiles


def _find(name_or_path: str | Path, search: Sequence[Path]) -> Path:
    path = Path(name_or_path)
    candidates = [path] if path.is_absolute() else [*(place / path for place in search), path]
    for candidate in candidates:
        if (candidate / PRINTER_FILE).is_file():
            return candidate.resolve()
    looked = ", ".join(str(candidate) for candidate in candidates)
    raise ProfileMissing(f"There is no profile {name_or_path} (looked for {looked}).")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise ProfileMissing(
            f"{_shown(path)} cannot be read: {error.strerror or error}."
        ) from error
    if len(content) > LARGEST_FILE_BYTES:
        raise ProfileInvalid(f"{_shown(path)} is larger than {LARGEST_FILE_BYTES >> 20} MB.")
    return content


def _facts(content: bytes, path: Path) -> PrinterFacts:
    try:
        loaded: Any = yaml.safe_load(content)
        return PrinterFacts.model_validate(loaded)
    except yaml.YAMLError as error:
        raise ProfileInvalid(f"{_shown(path)}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ProfileInvalid(f"{_shown(path)}: {key}: {first['msg']}.") from error


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
