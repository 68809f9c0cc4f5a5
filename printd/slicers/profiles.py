"""A profile: one folder that says what a class of printers is and how to slice for it.

``printer.yaml`` holds the machine's facts in our words; ``prusa.ini`` (or the three JSON files of
OrcaSlicer) every setting of the slicer, for one material and one quality. ``materials/`` and
``qualities/`` hold what others change. All are read, checked against each other and hashed before
anything is sliced; the hash is part of what a slice is cached by.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from printd.core.config import Config
from printd.core.errors import (
    ConfigInvalid,
    ProfileInvalid,
    ProfileMissing,
    SettingInvalid,
)
from printd.core.files import disk_problem
from printd.core.loaded import Loaded
from printd.core.loading import as_loaded
from printd.core.machine import Machine
from printd.core.matching import PrinterClass
from printd.core.names import slug
from printd.core.printer_config import BambuPrinterConfig, PrinterConfig
from printd.gcode.experimental import MAKER
from printd.slicers.facts import PrinterFacts, read_facts
from printd.slicers.layers import ENDING, LAY, Documents, Role, with_keys
from printd.slicers.orca_json import FILES, read_settings
from printd.slicers.prusa_ini import check_ini, ini_text, read_ini
from printd.slicers.prusa_sla import check_sla

PRINTER_FILE: Final = "printer.yaml"
SETTINGS_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "prusa": ("prusa.ini",),
    "orca": FILES,
    "resin": ("prusa-sla.ini",),
}
CONTAINER: Final = ".gcode.3mf"
# How the file ends that is made with a profile, by its kind.
ENDINGS: Final[Mapping[str, str]] = {"prusa": ".gcode", "orca": ".gcode", "resin": ".sl1"}
FOLDERS: Final[Mapping[Role, str]] = {"material": "materials", "quality": "qualities"}
LARGEST_FILE_BYTES: Final = 1 << 20
MOST_QUALITIES: Final = 50


class ProfileWaits(ProfileMissing):
    """A printer's facts are there; a slicer's settings are to be taken from the person's own."""

    code = "profile_waits"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one material or one quality sets, whatever was chosen before it."""

    name: str
    text: str  # in the slicer's own format
    max_c: float = 0.0  # of a material: the highest nozzle temperature


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as it was when it was read; plain values, so that it can cross processes."""

    name: str
    folder: Path
    kind: str  # of the slicer
    machine: Machine
    settings: tuple[tuple[str, str], ...]  # of the slicer, all files as one
    hash: str  # of the machine and all settings: 16 hex digits
    documents: tuple[tuple[str, str], ...] = ()  # file name, text: what the slicer is to be given
    material: str = ""
    quality: str = ""
    materials: tuple[Layer, ...] = ()
    qualities: tuple[Layer, ...] = ()

    @property
    def printer_class(self) -> PrinterClass:
        """Return what matching needs to know of it."""
        qualities = tuple(quality.name for quality in self.qualities)
        materials = tuple(material.name for material in self.materials)
        return PrinterClass(self.name, self.machine, qualities, materials)

    @property
    def makes(self) -> str:
        """Return how the file ends that is made with it, such as ``.gcode``."""
        return ENDINGS[self.kind]

    @property
    def takes_container(self) -> bool:
        """Return whether its machine wants G-code with a container around it."""
        return self.makes == ENDINGS["orca"] and self.machine.model.startswith(MAKER)

    @property
    def needs_external_spool(self) -> bool:
        """Return whether its files leave an AMS alone: they lack the maker's commands for it."""
        return self.takes_container and self.kind == "prusa"

    @property
    def endings(self) -> frozenset[str]:
        """Return how the file ends, and how the container around it ends if there is one."""
        return frozenset({self.makes, *([CONTAINER] if self.takes_container else [])})


def load_profile(name_or_path: str | Path, search: Sequence[Path] = ()) -> Profile:
    """Read and check a profile, with all its materials and qualities.

    Args:
        name_or_path: a folder, or the name of one in ``search``.
        search: folders of profiles, looked through in this order.

    Raises:
        ProfileMissing: no such folder, or a file is missing in it.
        ProfileWaits: it is there, and its settings are still to be imported.
        ProfileInvalid: a file cannot be used; the sentence names the key or line.
    """
    folder = find_profile(name_or_path, search)
    printer = read_file(folder / PRINTER_FILE)
    facts = read_facts(printer, f"{folder.name}/{PRINTER_FILE}")
    if needs_import(folder, facts.kind):
        raise ProfileWaits(
            f"The profile {folder.name} has facts of the printer and no settings of a slicer.",
            action="Take them from your OrcaSlicer or Bambu Studio: "
            f"`printd profiles import PRESET.json --name {folder.name}`.",
        )
    contents = {name: read_file(folder / name) for name in SETTINGS_FILES[facts.kind]}
    base = _base(folder, facts, contents)
    layers = {role: _completed(base, role, list(_layers(folder, facts, role))) for role in FOLDERS}
    profile = replace(base, materials=layers["material"], qualities=layers["quality"])
    for material in profile.materials:
        composed(profile, material=material.name)
    for quality in profile.qualities:
        composed(profile, quality=quality.name)
    return profile


def composed(profile: Profile, material: str | None = None, quality: str | None = None) -> Profile:
    """Return the profile for a material and a quality; what is None stays as it is.

    Which was chosen before does not matter. What a recipe sets itself is laid over last, by
    ``with_settings``.

    Raises:
        SettingInvalid: the profile has no such material or quality.
        ProfileInvalid: together they ask for what the machine cannot do.
    """
    of = _named(profile, "material", profile.materials, material or profile.material)
    as_ = _named(profile, "quality", profile.qualities, quality or profile.quality)
    lay = LAY[profile.kind]
    documents: Documents = lay(dict(profile.documents), of.text, "material")
    documents = lay(documents, as_.text, "quality")
    machine = replace(profile.machine, material=of.name, material_max_c=of.max_c)
    return _made(replace(profile, machine=machine, material=of.name, quality=as_.name), documents)


def with_settings(profile: Profile, keys: Mapping[str, str]) -> Profile:
    """Return the profile with single keys of the slicer set, as a recipe asks for them.

    Raises:
        ProfileInvalid: the machine cannot do it.
    """
    return _made(profile, with_keys(profile.kind, dict(profile.documents), keys))


def written(profile: Profile, folder: Path) -> Path:
    """Put a profile's settings, as they were composed, into files of a folder of its own.

    Returns:
        The file; the folder when the slicer has several.

    Raises:
        DiskFull, DiskFailed: it cannot be written.
    """
    places = [folder / name for name, _ in profile.documents]
    for place, (_, text) in zip(places, profile.documents, strict=True):
        try:
            place.write_text(text, encoding="utf-8")
        except OSError as error:
            raise disk_problem(error, place) from error
    return places[0] if len(places) == 1 else folder


def configured_profiles(config: Config, search: Sequence[Path]) -> dict[str, Profile]:
    """Return the profile of each configured printer, for the material that is loaded.

    Raises:
        ConfigInvalid: profiles cannot be used; a line for each names the printer.
    """
    profiles: dict[str, Profile] = {}
    faults: list[str] = []
    for name, printer in config.printers.items():
        try:
            profile = load_profile(printer.profile, search)
            profiles[name] = composed(profile, material=printer.material)
            if not profile.endings & printer.takes:
                faults.append(
                    f"printers.{name}.profile: {profile.name} makes {profile.makes} files; "
                    f"printers of the kind {printer.kind} take "
                    f"{' and '.join(sorted(printer.takes))}."
                )
            if profile.needs_external_spool and _may_feed_from_ams(printer):
                faults.append(
                    f"printers.{name}.spool: what PrusaSlicer makes loads nothing from an AMS; "
                    f"{profile.name} needs `spool: external`."
                )
        except ProfileWaits as error:
            faults.append(f"printers.{name}.profile: {error}")  # no file is to be mended
        except (ProfileMissing, ProfileInvalid) as error:
            faults.append(f"printers.{name}.profile: {error.problem}")
        except SettingInvalid as error:
            faults.append(f"printers.{name}.{error.problem}")
    if not faults:
        faults = list(_recipe_faults(config, profiles))
    if faults:
        raise ConfigInvalid("\n".join(faults))
    return profiles


def loaded_config(config: Config, words: Mapping[str, Loaded], search: Sequence[Path]) -> Config:
    """Return the configuration as it holds, with what people have said is loaded.

    Args:
        config: as its file says.
        words: by printer; one whose material the profile has no more is void.
        search: folders of profiles.

    Raises:
        ConfigInvalid: profiles cannot be used; a line for each names the printer.
    """
    if not words:
        return config
    profiles = configured_profiles(config, search)
    return as_loaded(
        config, words, {name: of.printer_class.materials for name, of in profiles.items()}
    )


def _may_feed_from_ams(printer: PrinterConfig) -> bool:
    return isinstance(printer, BambuPrinterConfig) and printer.spool != "external"


def _recipe_faults(config: Config, profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Name the recipes that ask for a quality or a material that none of their printers has."""
    for name, recipe in config.recipes.items():
        classes = [profiles[printer].printer_class for printer in recipe.printers or profiles]
        qualities = (quality for of in classes for quality in of.qualities)
        yield from _unknown(f"recipes.{name}.quality", recipe.quality, qualities)
        if "material" in recipe.model_fields_set:  # what nobody has written is held when it comes
            materials = (material for of in classes for material in of.materials)
            yield from _unknown(f"recipes.{name}.material", recipe.material, materials)


def _unknown(key: str, asked: str | None, known: Iterable[str]) -> Iterator[str]:
    names = sorted({*known})
    if asked and names and asked.casefold() not in {name.casefold() for name in names}:
        yield f"{key}: {asked!r}; the profiles have {', '.join(names)}."


def find_profile(name_or_path: str | Path, search: Sequence[Path] = ()) -> Path:
    """Return the folder of a profile.

    Raises:
        ProfileMissing: there is none of that name.
    """
    path = Path(name_or_path)
    candidates = [path] if path.is_absolute() else [*(place / path for place in search), path]
    for candidate in candidates:
        if (candidate / PRINTER_FILE).is_file():
            return candidate.resolve()
    looked = ", ".join(str(candidate) for candidate in candidates)
    raise ProfileMissing(f"There is no profile {name_or_path} (looked for {looked}).")


def profile_names(search: Sequence[Path]) -> list[tuple[str, Path]]:
    """Return name and folder of every profile; one that is found first hides later ones."""
    found: dict[str, Path] = {}
    for place in search:
        if place.is_dir():
            for folder in sorted(place.iterdir()):
                if (folder / PRINTER_FILE).is_file():
                    found.setdefault(folder.name, folder.resolve())
    return sorted(found.items())


def needs_import(folder: Path, kind: str) -> bool:
    """Return whether a folder holds a printer's facts alone."""
    return not any((folder / name).exists() for name in SETTINGS_FILES[kind]) and kind == "orca"


def read_file(path: Path, most_bytes: int = LARGEST_FILE_BYTES) -> bytes:
    """Return the bytes of a file of a profile.

    Raises:
        ProfileMissing: it cannot be read.
        ProfileInvalid: it is larger than such a file is.
    """
    shown = f"{path.parent.name}/{path.name}"
    try:
        with path.open("rb") as stream:
            content = stream.read(most_bytes + 1)
    except OSError as error:
        raise ProfileMissing(f"{shown} cannot be read: {error.strerror or error}.") from error
    if len(content) > most_bytes:
        raise ProfileInvalid(f"{shown} is larger than {most_bytes >> 20} MB.")
    return content


def _base(folder: Path, facts: PrinterFacts, contents: Mapping[str, bytes]) -> Profile:
    """Return the profile as its own settings files make it."""
    READERS[facts.kind](contents, facts.machine(folder.name), folder.name)
    documents = {name: content.decode("utf-8-sig", "replace") for name, content in contents.items()}
    empty = Profile(
        folder.name,
        folder,
        facts.kind,
        facts.machine(folder.name),
        settings=(),
        hash="",
        material=facts.material,
        quality=facts.quality,
    )
    return _made(empty, documents)


def _made(profile: Profile, documents: Documents) -> Profile:
    """Return the profile with these documents, checked and hashed."""
    if profile.kind != "orca":  # equal settings make equal bytes, however they were written down
        documents = {name: ini_text(read_ini(text, name)) for name, text in documents.items()}
    contents = {name: text.encode() for name, text in documents.items()}
    settings = READERS[profile.kind](contents, profile.machine, profile.name)
    said = json.dumps([profile.kind, asdict(profile.machine), dict(documents)], sort_keys=True)
    return replace(
        profile,
        documents=tuple(documents.items()),
        settings=tuple(settings.items()),
        hash=hashlib.sha256(said.encode()).hexdigest()[:16],
    )


def _layers(folder: Path, facts: PrinterFacts, role: Role) -> Iterator[Layer]:
    """Read the files of the materials that the facts name, or of the qualities that are there."""
    place, ending = folder / FOLDERS[role], ENDING[facts.kind]
    if role == "material":
        for name, max_c in facts.materials_max_c.items():
            yield Layer(name, _text(place / f"{slug(name)}{ending}"), max_c)
        return
    for file in sorted(place.glob(f"*{ending}"))[:MOST_QUALITIES]:
        yield Layer(file.stem, _text(file))


def _text(file: Path) -> str:
    return read_file(file).decode("utf-8-sig", "replace")


def _completed(base: Profile, role: Role, layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return the layers of a role, that of the base first.

    Each sets every key that any of them sets, so that one takes the place of another whole.
    """
    name = base.material if role == "material" else base.quality
    if base.kind == "orca":
        own = dict(base.documents)["filament.json" if role == "material" else "process.json"]
        return (Layer(name, own, base.machine.material_max_c), *layers)
    settings = dict(base.settings)
    read = [read_ini(layer.text, f"{base.name}/{FOLDERS[role]}") for layer in layers]
    keys = {key for each in read for key in each}
    shared = {key: settings[key] for key in keys if key in settings}
    own = ini_text(shared)
    completed = [
        replace(layer, text=ini_text({**shared, **each}))
        for layer, each in zip(layers, read, strict=True)
    ]
    return (Layer(name, own, base.machine.material_max_c), *completed)


def _named(profile: Profile, what: Role, layers: Sequence[Layer], name: str) -> Layer:
    for layer in layers:
        if layer.name.casefold() == name.casefold():
            return layer
    known = ", ".join(layer.name for layer in layers)
    raise SettingInvalid(
        f"{what}: {name!r}; the profile {profile.name} has {known}.",
        action="Use one of these, or give the profile a file for it.",
    )


def _prusa_settings(contents: Mapping[str, bytes], machine: Machine, folder: str) -> dict[str, str]:
    ((file, content),) = contents.items()
    name = f"{folder}/{file}"
    settings = read_ini(content.decode("utf-8-sig", "replace"), name)
    check_ini(settings, machine, name)
    return settings


def _resin_settings(contents: Mapping[str, bytes], machine: Machine, folder: str) -> dict[str, str]:
    ((file, content),) = contents.items()
    name = f"{folder}/{file}"
    settings = read_ini(content.decode("utf-8-sig", "replace"), name)
    check_sla(settings, machine, name)
    return settings


READERS: Final[Mapping[str, Callable[[Mapping[str, bytes], Machine, str], dict[str, str]]]] = {
    "prusa": _prusa_settings,
    "orca": read_settings,
    "resin": _resin_settings,
}
