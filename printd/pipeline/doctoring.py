"""What ``printd doctor`` looks at: the configuration and the world it meets, one line per check."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from printd import __version__
from printd.core.clock import utc_now
from printd.core.config import Config, SlicerConfig
from printd.core.damage import noted
from printd.core.database import is_network, is_owned, mount_kind
from printd.core.errors import PrintdError, ServiceAway
from printd.core.files import free_bytes
from printd.core.machine import Machine
from printd.core.mesher_config import OnnxDepthConfig
from printd.core.moments import stamp
from printd.core.printer_config import PrinterConfig
from printd.core.service_config import ServiceConfig
from printd.core.user import me
from printd.depth.weights import check_runtime, check_weights
from printd.pipeline.place import Place
from printd.printers import remarks
from printd.services.way import look
from printd.slicers.find import find_slicer
from printd.slicers.profiles import load_profile

BUILT_YEAR = 2026  # an earlier clock is wrong
AT_ONCE = 16  # printers that are asked; each that is switched off costs seconds


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: how it is, the stable name of the check, the fact, what to do."""

    verdict: Literal["ok", "warn", "fail"]
    check: str
    fact: str
    remedy: str = ""


def basics() -> Iterator[Finding]:
    """Look at what needs no configuration."""
    yield Finding("ok", "version", f"printd {__version__}")
    yield Finding("ok", "python", f"{platform.python_version()} at {sys.executable}")
    yield _clock()


def findings(place: Place) -> Iterator[Finding]:
    """Look at everything that a configuration names; nothing is changed, nothing is ordered."""
    config = place.config
    yield Finding("ok", "config", str(place.file or "no file: defaults"))
    yield _folder("data_dir", config.data_dir)
    yield _local(config.data_dir)
    yield _room(config)
    yield _folder("drop_dir", config.drop.path)
    yield _daemon(config)
    yield from _slicers(config)
    yield from _networks(config)
    yield from _services(config)
    yield from _printers(place)


def _clock() -> Finding:
    now = utc_now()
    if now.year < BUILT_YEAR:
        return Finding("fail", "clock", f"{now:%Y-%m-%d}", "Set the clock of this computer.")
    return Finding("ok", "clock", stamp(now, year=True))


def _folder(check: str, folder: Path) -> Finding:
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK):
        remedy = f"Give {me()} the right to write in {place}."
        return Finding("fail", check, f"{folder} cannot be written by {me()}", remedy)
    return Finding("ok", check, f"{folder}{'' if folder.exists() else ' (will be made)'}")


def _local(folder: Path) -> Finding:
    if folder.exists() and is_network(folder):
        remedy = "Name a folder on a local disk as `data_dir`."
        return Finding("fail", "data_dir_local", f"{folder} is on {mount_kind(folder)}", remedy)
    return Finding("ok", "data_dir_local", "on a local disk")


def _room(config: Config) -> Finding:
    place = config.data_dir
    while not place.exists():
        place = place.parent
    free, share = free_bytes(place)
    fact = f"{free / 1e9:.1f} GB free ({share:.0%})"
    limits = config.limits
    if free < limits.free_mb * 1e6 or share * 100 < limits.free_pct:
        return Finding("fail", "disk_free", fact, "Free space; no pictures are taken below this.")
    return Finding("ok", "disk_free", fact)


def _daemon(config: Config) -> Finding:
    if (why := noted(config.data_dir)) is not None:
        return Finding("fail", "daemon", why.problem, why.action)
    if is_owned(config.data_dir):
        return Finding("ok", "daemon", "runs")
    return Finding("warn", "daemon", "does not run", "Start it with `printd run`.")


def _slicers(config: Config) -> Iterator[Finding]:
    """Look at PrusaSlicer always, at others where the configuration names them."""
    for kind, slicer in {"prusa": SlicerConfig(), **config.slicers}.items():
        yield _tried(f"slicer_{kind}", partial(_slicer, kind, slicer.program))


def _slicer(kind: str, program: Path | None) -> str:
    found = find_slicer(kind, program)
    return f"{found.version} at {found.path}"


def _networks(config: Config) -> Iterator[Finding]:
    for name, depth in config.depth.items():
        if isinstance(depth, OnnxDepthConfig):
            yield _tried(f"depth_{name}", partial(_network, depth))


def _network(depth: OnnxDepthConfig) -> str:
    check_runtime()
    check_weights(depth.path, depth.sha256, depth.data)
    return f"{depth.family} at {depth.path}"


def _services(config: Config) -> Iterator[Finding]:
    """Look at the way to each service; nothing is ordered, and no key is shown."""
    entries = {
        f"{part}_{name}": entry
        for part, named in (
            ("mesher", config.meshers),
            ("depth", config.depth),
            ("pictures", config.pictures),
        )
        for name, entry in named.items()
        if isinstance(entry, ServiceConfig)
    }
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(_service, entries, entries.values())


def _service(check: str, entry: ServiceConfig) -> Finding:
    try:
        return Finding("ok", check, look(entry))
    except PrintdError as error:
        return Finding("fail", check, error.problem, error.advice)
    except ServiceAway as away:
        return Finding("fail", check, away.problem, "Look at the network, or at `base_url`.")


def _printers(place: Place) -> Iterator[Finding]:
    if not place.config.printers:
        remedy = "Name one under `printers:`; `printd config example` shows how."
        yield Finding("warn", "printers", "none is configured", remedy)
    for name, printer in place.config.printers.items():
        yield _tried(f"profile_{name}", partial(_profile, printer.profile, place.profile_folders))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [
            pool.submit(_remarks, name, printer, place)
            for name, printer in place.config.printers.items()
        ]
        for answer in asked:
            yield from answer.result()


def _remarks(name: str, printer: PrinterConfig, place: Place) -> list[Finding]:
    own_folder = place.config.data_dir / "printers" / name
    return [
        Finding(
            each.verdict,
            f"printer_{name}_{each.about}" if each.about else f"printer_{name}",
            each.fact,
            each.remedy,
        )
        for each in remarks(printer, own_folder, _machine(place, name))
    ]


def _machine(place: Place, name: str) -> Machine | None:
    """Return what the files of a printer are made for; None: its profile has a line of its own."""
    try:
        return place.profile_for(name).machine
    except PrintdError:
        return None


def _profile(name: str, folders: Sequence[Path]) -> str:
    profile = load_profile(name, folders)
    machine = profile.machine
    bed = f"{machine.bed_w_mm:.0f} x {machine.bed_d_mm:.0f} x {machine.height_mm:.0f} mm"
    tool = f"{machine.nozzle_mm} mm nozzle" if machine.nozzle_mm else "a display"
    return f"{profile.name}: {bed}, {tool}, {machine.material}"


def _tried(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding("ok", check, look())
    except PrintdError as error:
        return Finding("fail", check, error.problem, error.advice)
