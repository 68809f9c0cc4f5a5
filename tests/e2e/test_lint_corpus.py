"""``printd lint`` on the corpus: nothing dangerous passes, nothing that is nearly so is refused.

The real command, once for each file; what it found is told as a table at the end of the run. The
short form takes one pair of files for each rule and what two profiles slice (``printd profiles
check`` judges what each of them slices), the long form (``--full``) all of them.
``tests/unit/test_gcode_corpus.py`` asks the judge itself, without a command around it.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from printd.core.machine import Machine
from printd.core.shipped import shipped
from printd.gcode.verdict import Level
from printd.slicers.profiles import load_profile, profile_names
from printd.slicers.slicing import slice_model
from tests.peers.bambu_corpus import BAMBU_CASES
from tests.peers.bodies import box
from tests.peers.gcode_corpus import CASES, HOSTILE, MACHINE, SLICERS
from tests.peers.typed import typed
from tests.telling import Tell

AT_ONCE = 2
SLICED = ("prusa-mk3s", "voron-250")  # in the short form: Marlin and Klipper


@dataclass(frozen=True)
class File:
    """One file of the corpus, and what must become of it.

    Args:
        group: the row of the table.
        name: for a person.
        content: its bytes.
        printer: a profile, by name or as a folder.
        level: how strictly it is judged.
        rules: it is refused by one of these; empty: it passes.
        any_rule: it is refused, whatever by.
    """

    group: str
    name: str
    content: bytes
    printer: str
    level: Level
    rules: frozenset[str] = frozenset()
    any_rule: bool = False

    @property
    def is_bad(self) -> bool:
        return self.any_rule or bool(self.rules)


@dataclass(frozen=True)
class Found:
    """What the command said of a file."""

    file: File
    refused_by: frozenset[str]

    @property
    def is_miss(self) -> bool:
        wanted = self.refused_by & self.file.rules or (self.file.any_rule and self.refused_by)
        return self.file.is_bad and not wanted

    @property
    def is_alarm(self) -> bool:
        return not self.file.is_bad and bool(self.refused_by)


class Printers:
    """A profile for each machine of the corpus: a shipped one, or a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, machine: Machine) -> str:
        if (shipped("profiles") / machine.name).is_dir():
            return machine.name
        folder = self.root / machine.name
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / "printer.yaml").write_text(yaml.safe_dump(facts_of(machine)))
            settings = shipped("profiles") / "generic" / "prusa.ini"
            (folder / "prusa.ini").write_bytes(settings.read_bytes())
            assert load_profile(folder).machine == machine
        return str(folder)


def facts_of(machine: Machine) -> dict[str, object]:
    """Return the ``printer.yaml`` of a machine."""
    return {
        "kind": "prusa",
        "flavour": machine.flavour,
        "bed_mm": [machine.bed_w_mm, machine.bed_d_mm],
        "height_mm": machine.height_mm,
        "margin_mm": machine.margin_mm,
        "model": machine.model,
        "nozzle_mm": machine.nozzle_mm,
        "max_nozzle_c": machine.max_nozzle_c,
        "max_bed_c": machine.max_bed_c,
        "chamber": machine.has_chamber,
        "max_chamber_c": machine.max_chamber_c,
        "material": machine.material,
        "material_max_c": machine.material_max_c,
        "zones_mm": [list(zone) for zone in machine.zones],
        "homing_command": machine.homing_command,
        "allow": list(machine.allow),
        "tools": machine.tools,
        "max_speed_mm_s": machine.max_speed_mm_s,
        "max_acceleration_mm_s2": machine.max_acceleration_mm_s2,
        "max_jerk_mm_s": machine.max_jerk_mm_s,
    }


def pairs(printers: Printers, full: bool) -> Iterator[File]:
    """Give what must be refused, and what is nearly the same and must pass."""
    seen: set[str] = set()
    for case in (*CASES, *BAMBU_CASES):
        for level in case.levels:
            if not full and case.rule in seen:
                continue
            seen.add(case.rule)
            printer = printers.folder(case.machine)
            rules = frozenset({case.rule})
            yield File(case.rule, case.name, case.file(case.bad, level), printer, level, rules)
            yield File(case.rule, case.name, case.file(case.near, level), printer, level)


def hostile(printers: Printers, full: bool) -> Iterator[File]:
    printer = printers.folder(MACHINE)
    for name in list(HOSTILE) if full else list(HOSTILE)[::4]:
        yield File("hostile", name, HOSTILE[name], printer, Level.FOREIGN, any_rule=True)


def of_slicers(printers: Printers) -> Iterator[File]:
    for sample in SLICERS:
        printer = printers.folder(sample.machine)
        yield File("slicers", sample.slicer, sample.text.encode(), printer, Level.FOREIGN)


def of_prusaslicer(folder: Path, full: bool) -> Iterator[File]:
    """Give what the real PrusaSlicer makes with each shipped profile."""
    for name, place in profile_names([shipped("profiles")]):
        if (place / "prusa.ini").is_file() and (full or name in SLICED):
            out = folder / name
            out.mkdir()
            slice_model(box(out / "m.stl", 20, 20, 2), load_profile(place), out)
            content = (out / "print.gcode").read_bytes()
            yield File("profiles", name, content, name, Level.OWN)


def linted(file: File, path: Path) -> Found:
    """Run the command on one file."""
    path.write_bytes(file.content)
    words = ["lint", str(path), "--printer", file.printer, "--level", str(file.level), "--json"]
    done = typed(words, folder=path.parent)
    assert "Traceback" not in done.stderr, done.stderr
    said = json.loads(done.stdout)
    assert done.returncode == (0 if said["ok"] else 1), done.stderr
    return Found(file, frozenset(refusal["rule"] for refusal in said["refusals"]))


def table(found: list[Found]) -> list[str]:
    rows: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        rows[one.file.group].append(one)
    lines = [f"{'':10}{'must be refused':>17}{'missed':>8}{'must pass':>11}{'false alarms':>14}"]
    for group, ones in (*rows.items(), ("all", found)):
        bad = sum(one.file.is_bad for one in ones)
        misses, alarms = sum(one.is_miss for one in ones), sum(one.is_alarm for one in ones)
        lines.append(f"{group:10}{bad:17}{misses:8}{len(ones) - bad:11}{alarms:14}")
    return lines


@pytest.mark.peer("prusa-slicer")
@pytest.mark.timeout(3600)
def test_the_command_misses_nothing_and_raises_no_false_alarm(
    tmp_path: Path, request: pytest.FixtureRequest, tell: Tell
) -> None:
    full = request.config.getoption("--full")
    printers = Printers(tmp_path / "profiles")
    files = [
        *pairs(printers, full),
        *hostile(printers, full),
        *of_slicers(printers),
        *of_prusaslicer(tmp_path, full),
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        places = [tmp_path / f"{number}.gcode" for number in range(len(files))]
        found = list(pool.map(linted, files, places))
    tell("printd lint, once for each file:")
    for line in table(found):
        tell(line)
    wrong = [one for one in found if one.is_miss or one.is_alarm]
    assert [f"{one.file.name}: {sorted(one.refused_by)}" for one in wrong] == []
