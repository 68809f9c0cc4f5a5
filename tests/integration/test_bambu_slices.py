"""PrusaSlicer's G-code for Bambu machines: shipped profiles, and the container around a slice."""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from printd.core.files import JobFolders
from printd.core.shipped import shipped
from printd.gcode.container import judged, opened
from printd.gcode.packing import PLATE
from printd.gcode.slice_info import SLICE_INFO, filaments_of
from printd.gcode.verdict import Level
from printd.pipeline.tasks import read_given_gcode
from printd.slicers.base import SliceReport
from printd.slicers.profiles import Profile, load_profile
from printd.slicers.slicing import slice_model
from tests.peers.bodies import box
from tests.unit.test_gcode_packing import NEEDED, PICTURES, entries

pytestmark = pytest.mark.peer("prusa-slicer")

CORNER_MM = (18, 28)  # at the front left
NAMES = ("bambu-a1-mini-prusa", "bambu-a1-prusa", "bambu-p1s-prusa", "bambu-x1c-prusa")


@dataclass(frozen=True)
class Slice:
    """What came of a bar that is as wide as a model may be on its machine."""

    profile: Profile
    report: SliceReport
    folder: Path

    @property
    def container(self) -> Path:
        return self.folder / self.report.container

    def gcode(self) -> bytes:
        return (self.folder / self.report.file).read_bytes()


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Slice]:
    """Return what slices for a shipped profile, once."""

    @functools.cache
    def of(name: str) -> Slice:
        folder = tmp_path_factory.mktemp(name)
        profile = load_profile(name, [shipped("profiles")])
        model = box(folder / "in.stl", profile.machine.room_mm[0], 4, 0.6)
        return Slice(profile, slice_model(model, profile, folder), folder)

    return of


@pytest.mark.parametrize("name", NAMES)
def test_a_slice_for_a_bambu_machine_lies_in_a_container_that_is_judged_safe(
    name: str, slices: Callable[[str], Slice]
) -> None:
    made = slices(name)
    report, file = made.report, made.container
    assert report.container == JobFolders.CONTAINER
    assert report.files[report.container] == hashlib.sha256(file.read_bytes()).hexdigest()
    found = entries(file)
    assert found.keys() == NEEDED | PICTURES
    assert made.gcode() in found[PLATE]
    digest = hashlib.md5(found[PLATE], usedforsecurity=False).hexdigest()
    assert found[f"{PLATE}.md5"].decode() == digest.upper()
    verdict, (contents,) = judged(file, made.profile.machine, Level.OWN)
    assert verdict.refusals == ()
    assert contents.layers == report.layers
    with opened(file) as container:
        filament = filaments_of(container.text(SLICE_INFO))[1]
    assert (filament.material, filament.colour) == ("PLA", "B0B0B0")
    assert filament.needed_g == pytest.approx(report.filament_g, abs=0.01)


@pytest.mark.parametrize("name", ["bambu-p1s-prusa", "bambu-x1c-prusa"])
def test_nothing_reaches_the_corner_of_the_cutter(
    name: str, slices: Callable[[str], Slice]
) -> None:
    made = slices(name)
    assert made.profile.machine.margin_mm >= CORNER_MM[0]
    at = {"X": 256.0, "Y": 256.0}
    for line in made.gcode().decode().splitlines():
        move = {word[0]: word[1:] for word in line.split(";")[0].split()}
        if move.get("G") in ("0", "1"):
            at |= {axis: float(move[axis]) for axis in "XY" if axis in move}
            assert at["X"] > CORNER_MM[0] or at["Y"] > CORNER_MM[1], line


def test_the_printer_is_told_layers_and_progress(slices: Callable[[str], Slice]) -> None:
    made = slices("bambu-a1-mini-prusa")
    lines = entries(made.container)[PLATE].decode().splitlines()
    assert f"; total layer number: {made.report.layers}" in lines
    told = [line for line in lines if line.startswith("M73 L")]
    assert told == [f"M73 L{number}" for number in range(1, made.report.layers + 1)]
    assert any(line.startswith("M73 P") for line in lines)
    places = [
        lines.index(f"; {block}_BLOCK_{end}")
        for block in ("HEADER", "CONFIG", "EXECUTABLE")
        for end in ("START", "END")
    ]
    assert places == sorted(places)


def test_handed_in_again_it_is_still_known_as_prusa_slicers(
    slices: Callable[[str], Slice],
) -> None:
    made = slices("bambu-a1-prusa")
    found = read_given_gcode(made.container, made.profile.machine)
    assert found.verdict.ok
    assert [plate.slicer for plate in found.plates] == ["PrusaSlicer"]


def test_for_other_machines_there_is_no_container(slices: Callable[[str], Slice]) -> None:
    made = slices("generic")
    assert made.report.container == ""
    assert not (made.folder / JobFolders.CONTAINER).exists()
