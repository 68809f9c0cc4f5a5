"""A bench for each kind of slicer: a program, a profile, and programs that behave badly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import yaml

from printd.core.shipped import shipped
from printd.slicers.base import Program
from printd.slicers.find import find_slicer
from printd.slicers.profiles import Profile, load_profile
from tests.peers.orca_presets import write_profile

STAND_IN = Path(__file__).with_name("orca.py")
BAD_PRUSA = """\
#!/usr/bin/python3
import os, signal, sys, time
if "--help" in sys.argv:
    print("PrusaSlicer-2.9.2+TEST based on Slic3r")
    sys.exit(0)
out = sys.argv[sys.argv.index("--output") + 1]
"""
BAD_ORCA = """\
#!/usr/bin/python3
import json, os, signal, sys, time
if "--help" in sys.argv:
    print("OrcaSlicer-2.3.2:")
    sys.exit(0)
folder = sys.argv[sys.argv.index("--outputdir") + 1]
out = os.path.join(folder, "plate_1.gcode")
def note(code, sentence=""):
    with open(os.path.join(folder, "result.json"), "w") as file:
        json.dump({"return_code": code, "error_string": sentence, "sliced_plates": []}, file)
"""


class Bench(Protocol):
    """What the contract suite needs of a slicer."""

    @property
    def kind(self) -> str:
        """Return its kind."""

    def program(self) -> Program:
        """Return the program that slices."""

    def profile(self, folder: Path, layer_mm: float = 0.2) -> Profile:
        """Write and load a profile for a bed of 220 x 220 mm, 250 mm high, 5 mm margin."""

    def unknown_key(self, folder: Path) -> Profile:
        """Return the same with a setting that no slicer knows, ``layer_hight``."""

    def contradicting(self, folder: Path) -> Profile:
        """Return the same with a first layer of 0.6 mm, which its nozzle of 0.4 mm cannot lay."""

    def bad(self, folder: Path, behaviour: str) -> Program:
        """Return a program that says it is this slicer, and behaves so; ``out`` is its result."""


def _written(folder: Path, head: str, behaviour: str, kind: str) -> Program:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-slicer"
    path.write_text(head + behaviour)
    path.chmod(0o755)
    return find_slicer(kind, path)


@dataclass(frozen=True)
class PrusaBench:
    """The real PrusaSlicer."""

    kind: str = "prusa"

    def program(self) -> Program:
        return find_slicer("prusa")

    def profile(self, folder: Path, layer_mm: float = 0.2) -> Profile:
        return self._changed(folder, {"layer_height": f"{layer_mm:g}"})

    def unknown_key(self, folder: Path) -> Profile:
        return self._changed(folder, {"layer_hight": "0.2"})

    def contradicting(self, folder: Path) -> Profile:
        return self._changed(folder, {"first_layer_height": "0.6"})

    def bad(self, folder: Path, behaviour: str) -> Program:
        return _written(folder, BAD_PRUSA, behaviour, self.kind)

    def _changed(self, folder: Path, keys: dict[str, str]) -> Profile:
        shared = shipped("profiles") / "generic"
        folder.mkdir(parents=True)
        facts = yaml.safe_load((shared / "printer.yaml").read_bytes())
        facts.pop("materials_max_c", None)  # its other materials are not copied
        (folder / "printer.yaml").write_text(yaml.safe_dump(facts))
        lines = (shared / "prusa.ini").read_text().splitlines()
        kept = [line for line in lines if line.partition(" =")[0] not in keys]
        kept += [f"{key} = {value}" for key, value in keys.items()]
        (folder / "prusa.ini").write_text("\n".join(kept) + "\n")
        return load_profile(folder)


@dataclass(frozen=True)
class OrcaBench:
    """The stand-in for OrcaSlicer, for one machine."""

    model: str = "Test Machine"
    kind: str = "orca"

    def program(self) -> Program:
        return find_slicer("orca", STAND_IN)

    def profile(self, folder: Path, layer_mm: float = 0.2) -> Profile:
        changes = {"process.json": {"layer_height": f"{layer_mm:g}"}}
        return load_profile(write_profile(folder, changes, self.model))

    def unknown_key(self, folder: Path) -> Profile:
        changes = {"process.json": {"layer_hight": "0.2"}}
        return load_profile(write_profile(folder, changes, self.model))

    def contradicting(self, folder: Path) -> Profile:
        changes = {"process.json": {"initial_layer_print_height": "0.6"}}
        return load_profile(write_profile(folder, changes, self.model))

    def bad(self, folder: Path, behaviour: str) -> Program:
        return _written(folder, BAD_ORCA, behaviour, self.kind)


BENCHES: dict[str, Bench] = {
    "prusa": PrusaBench(),
    "orca": OrcaBench(),
    "orca for a Bambu machine": OrcaBench("Bambu Lab A1 mini"),
}
