"""Presets in the manner of Bambu Lab's own, taken in, sliced and judged; the stand-in slices."""

import json
from pathlib import Path

import pytest

from printd.core.shipped import shipped
from printd.gcode.container import judged
from printd.gcode.verdict import Level
from printd.slicers.facts import read_facts
from printd.slicers.imports import Choice, imported, place
from printd.slicers.slicing import slice_model
from printd.slicers.trial import try_out
from tests.peers.bambu_gcode import CODE
from tests.peers.bodies import box
from tests.peers.orca_presets import PRESETS
from tests.peers.slicer_benches import OrcaBench


def tree(folder: Path, profile: str) -> Path:
    """Write a vendor's folder of presets for a machine; return the machine's preset."""
    facts = read_facts((shipped("profiles") / profile / "printer.yaml").read_bytes(), profile)
    model, side_mm = facts.model, f"{facts.bed_mm[0]:g}"
    name = f"{model} 0.4 nozzle"
    start, end = CODE[profile]
    machine = {
        "name": name,
        "printer_model": model,
        "printable_area": ["0x0", f"{side_mm}x0", f"{side_mm}x{side_mm}", f"0x{side_mm}"],
        "printable_height": f"{facts.height_mm:g}",
        "machine_start_gcode": start,
        "machine_end_gcode": end,
        "layer_change_gcode": "M73 L{layer_num+1}\nM991 S0 P{layer_num}",
        "default_print_profile": PRESETS["process.json"]["name"],
        "default_filament_profile": [PRESETS["filament.json"]["name"]],
    }
    for file, changes in (
        ("machine.json", machine),
        ("process.json", {"compatible_printers": [name]}),
        ("filament.json", {"compatible_printers": [name]}),
    ):
        preset = {**PRESETS[file], **changes}
        place_ = folder / "BBL" / str(preset["type"]) / f"{preset['name']}.json"
        place_.parent.mkdir(parents=True, exist_ok=True)
        place_.write_text(json.dumps(preset))
    return folder / "BBL/machine" / f"{name}.json"


@pytest.mark.peer("prusa-slicer")
@pytest.mark.parametrize("name", CODE)
def test_the_makers_presets_become_a_profile_whose_files_pass(name: str, tmp_path: Path) -> None:
    facts = (shipped("profiles") / name / "printer.yaml").read_bytes()
    new = imported(tree(tmp_path, name), Choice(), facts)
    profile = place(new, tmp_path / "profiles" / name)
    program = OrcaBench().program()
    assert try_out(profile, program).verdict.refusals == ()
    out = tmp_path / "out"
    out.mkdir()
    report = slice_model(box(tmp_path / "m.stl", 20, 20, 2), profile, out, program=program)
    assert report.verdict.max_nozzle_c == 250
    # A stranger's file for the same machine is the same file.
    verdict, _ = judged(out / report.container, profile.machine, Level.FOREIGN)
    assert verdict.refusals == ()
    assert verdict.layers == 10
