"""Every shipped profile through the real PrusaSlicer: sliced, judged, and as it was asked for."""

import json
import math
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from printd.core.errors import GcodeRefused, ProfileInvalid, SlicerRefused
from printd.core.print_settings import PrintSettings
from printd.core.relief_settings import ReliefSettings
from printd.core.shipped import shipped
from printd.meshers.making import make_relief
from printd.slicers.base import SliceReport
from printd.slicers.find import find_slicer
from printd.slicers.imports import Choice, imported, place, without
from printd.slicers.profiles import Profile, composed, load_profile, with_settings, written
from printd.slicers.prusa_ini import KNOWN_SINCE, differences
from printd.slicers.recipe_keys import with_recipe
from printd.slicers.slicing import slice_model
from printd.slicers.trial import try_out, unknown_keys
from tests.peers.bodies import box
from tests.photos import CAT

pytestmark = pytest.mark.peer("prusa-slicer")

PRINTERS = ("generic", "prusa-mk3s", "prusa-mk4", "voron-250")
QUALITIES = ("standard", "draft", "fine", "lithophane")
MATERIALS = ("PLA", "PETG", "TPU", "white PLA")
CUBE_MM = 20.0
BUNDLES = Path("/usr/share/PrusaSlicer/profiles")  # of the slicer's package; read, never kept
# One of each printer, material and quality; the long form slices all of them with each other.
SAMPLE = list(zip(PRINTERS, MATERIALS, QUALITIES, strict=True))
ALL = [
    (printer, material, quality)
    for printer in PRINTERS
    for material in MATERIALS
    for quality in QUALITIES
]


def shipped_profile(name: str, material: str | None = None, quality: str | None = None) -> Profile:
    return composed(load_profile(name, [shipped("profiles")]), material, quality)


def sliced(profile: Profile, model: Path, folder: Path) -> SliceReport:
    (folder / "out").mkdir()
    return slice_model(model, profile, folder / "out")


def check_as_asked(report: SliceReport, profile: Profile) -> None:
    """The temperatures, the place, the size and the layers are those of profile and model."""
    settings, machine, verdict = dict(profile.settings), profile.machine, report.verdict
    assert verdict.refusals == ()
    assert verdict.max_nozzle_c == max(
        float(settings["temperature"]), float(settings["first_layer_temperature"])
    )
    assert verdict.max_bed_c == float(settings["bed_temperature"])
    assert verdict.bounds_mm is not None
    x0, y0, _, x1, y1, z1 = verdict.bounds_mm
    width_mm, depth_mm, height_mm = report.model_mm
    brim_mm = float(settings["brim_width"])
    assert x1 - x0 == pytest.approx(width_mm + 2 * brim_mm, abs=1.5)  # whole lines
    assert y1 - y0 == pytest.approx(depth_mm + 2 * brim_mm, abs=1.5)  # whole lines
    assert (x0 + x1) / 2 == pytest.approx(machine.bed_w_mm / 2, abs=0.5)
    assert (y0 + y1) / 2 == pytest.approx(machine.bed_d_mm / 2, abs=0.5)
    first_mm, layer_mm = float(settings["first_layer_height"]), float(settings["layer_height"])
    assert report.layers == pytest.approx(1 + (height_mm - first_mm) / layer_mm, abs=1)
    assert z1 == pytest.approx(height_mm, abs=layer_mm)
    assert report.filament_g == pytest.approx(
        report.filament_mm * math.pi / 4 * 1.75**2 * float(settings["filament_density"]) / 1000,
        rel=0.02,
    )


def check_cube(tmp_path: Path, printer: str, material: str, quality: str) -> None:
    profile = shipped_profile(printer, material, quality)
    report = sliced(profile, box(tmp_path / "cube.stl", CUBE_MM, CUBE_MM, CUBE_MM), tmp_path)
    check_as_asked(report, profile)
    assert report.profile_hash == profile.hash


@pytest.mark.parametrize(("printer", "material", "quality"), SAMPLE)
def test_a_cube_is_sliced_as_the_profile_asks(
    tmp_path: Path, printer: str, material: str, quality: str
) -> None:
    check_cube(tmp_path, printer, material, quality)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("printer", "material", "quality"), ALL)
def test_a_cube_is_sliced_with_every_material_and_quality(
    tmp_path: Path, printer: str, material: str, quality: str
) -> None:
    check_cube(tmp_path, printer, material, quality)


@pytest.mark.parametrize("printer", PRINTERS)
def test_a_relief_is_sliced_as_the_profile_asks(tmp_path: Path, printer: str) -> None:
    profile = shipped_profile(printer, quality="fine")
    make_relief(CAT, ReliefSettings(longest_mm=25, mesh_quality=128), tmp_path / "relief.stl")
    report = sliced(profile, tmp_path / "relief.stl", tmp_path)
    check_as_asked(report, profile)


@pytest.mark.parametrize("printer", PRINTERS)
def test_a_standing_lithophane_is_sliced_full_of_plastic(tmp_path: Path, printer: str) -> None:
    profile = shipped_profile(printer, "white PLA", "lithophane")
    settings = ReliefSettings(
        surface="lithophane", standing=True, longest_mm=25, mesh_quality=128, feet_mm=8
    )
    made = make_relief(CAT, settings, tmp_path / "plate.stl")
    report = sliced(profile, tmp_path / "plate.stl", tmp_path)
    check_as_asked(report, profile)
    filled_mm3 = report.filament_mm * math.pi / 4 * 1.75**2
    assert 0.85 < filled_mm3 / made.volume_mm3 < 1.5  # with the brim, and lines of full width


def test_what_a_recipe_asks_for_is_sliced(tmp_path: Path) -> None:
    asked = PrintSettings(supports="auto", brim_mm=3, layer_mm=0.24, infill_pct=100)
    profile = with_recipe(shipped_profile("generic"), asked)
    report = sliced(profile, box(tmp_path / "m.stl", 20, 20, 6), tmp_path)
    check_as_asked(report, profile)
    filled_mm3 = report.filament_mm * math.pi / 4 * 1.75**2
    assert filled_mm3 > 0.95 * 20 * 20 * 6


@pytest.mark.parametrize("name", ["voron-250", "generic-resin"])
def test_a_shipped_profile_is_tried_out_on_the_slicer(name: str) -> None:
    profile = shipped_profile(name)
    assert try_out(profile, find_slicer(profile.kind)).verdict.ok


def test_a_key_that_the_slicer_does_not_know_is_named() -> None:
    profile = with_settings(shipped_profile("generic"), {"layer_hight": "0.2"})
    assert unknown_keys(profile, find_slicer("prusa")) == ["layer_hight"]
    assert unknown_keys(shipped_profile("generic"), find_slicer("prusa")) == []


def test_a_value_that_the_slicer_does_not_take_is_named() -> None:
    profile = with_settings(shipped_profile("generic"), {"fill_pattern": "lace"})
    with pytest.raises(ProfileInvalid, match="fill_pattern"):
        unknown_keys(profile, find_slicer("prusa"))


def test_start_gcode_that_breaks_a_rule_is_found_by_slicing_a_cube() -> None:
    base = shipped_profile("generic")
    start = dict(base.settings)["start_gcode"]
    with pytest.raises(GcodeRefused, match="M500"):
        try_out(with_settings(base, {"start_gcode": start + "\\nM500"}), find_slicer("prusa"))


def test_a_placeholder_that_nobody_knows_is_told_in_the_slicers_words() -> None:
    profile = with_settings(shipped_profile("generic"), {"end_gcode": "M104 S{nothing_known}"})
    with pytest.raises(SlicerRefused):
        try_out(profile, find_slicer("prusa"))


def test_the_settings_in_a_sliced_file_become_the_same_profile(tmp_path: Path) -> None:
    profile = shipped_profile("generic", "PETG", "fine")
    sliced(profile, box(tmp_path / "m.stl", 10, 10, 2), tmp_path)
    mine = place(imported(tmp_path / "out/print.gcode", Choice()), tmp_path / "mine")
    asked, found = dict(profile.settings), dict(mine.settings)
    known = [key for key in asked if KNOWN_SINCE.get(key, (2, 5)) <= (2, 5)]
    assert differences({key: asked[key] for key in known}, found, (2, 5)) == []
    assert (mine.material, mine.machine.nozzle_limit_c) == ("PETG", 240)
    try_out(mine, find_slicer("prusa"))


@pytest.mark.parametrize(
    ("bundle", "choice"),
    [
        ("Creality", Choice(printer="Creality Ender-3 (0.4 mm nozzle)")),
        ("PrusaResearch", Choice(printer="Original Prusa i3 MK3S & MK3S+")),
    ],
)
def test_a_printer_of_the_slicers_own_bundles_is_imported_and_sliced(
    tmp_path: Path, bundle: str, choice: Choice
) -> None:
    file = BUNDLES / f"{bundle}.ini"
    if not file.is_file():
        pytest.skip(f"this PrusaSlicer brings no {file}")
    facts = (shipped("profiles") / "prusa-mk3s/printer.yaml").read_bytes()
    new = imported(file, choice, facts if bundle == "PrusaResearch" else None)
    mine = place(new, tmp_path / "mine")
    program = find_slicer("prusa")
    if unknown := unknown_keys(mine, program):
        mine = place(without(new, unknown), tmp_path / "again")
    assert try_out(mine, program).verdict.ok


def test_a_box_is_sliced_for_resin(tmp_path: Path) -> None:
    profile = shipped_profile("generic-resin")
    (tmp_path / "settings").mkdir()
    settings = written(profile, tmp_path / "settings")
    model, out = box(tmp_path / "m.stl", 20, 10, 1), tmp_path / "out.sl1"
    words = ["--load", str(settings), "--config-compatibility", "disable", "--export-sla"]
    place = ["--center", f"{profile.machine.bed_w_mm / 2},{profile.machine.bed_d_mm / 2}"]
    subprocess.run(
        ["prusa-slicer", *words, *place, "--dont-arrange", "--output", str(out), str(model)],
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(out) as package:
        pictures = sorted(name for name in package.namelist() if name.endswith(".png"))
        said = dict(
            line.split(" = ", 1)
            for line in package.read("config.ini").decode().splitlines()
            if " = " in line
        )
        picture = np.asarray(Image.open(BytesIO(package.read(pictures[10]))).convert("L"))
    assert len(pictures) == 20  # of 0.05 mm
    assert float(said["usedMaterial"]) == pytest.approx(0.2, rel=0.05)  # ml
    assert json.loads(said["expTime"]) == 8
    lit_mm2 = (picture > 127).sum() * (120.96 / 2560) ** 2
    assert lit_mm2 == pytest.approx(200, rel=0.02)
