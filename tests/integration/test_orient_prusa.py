"""The way up that is chosen needs less support, says the real slicer; copies lie side by side."""

from pathlib import Path

import pytest

from printd.core.errors import ModelTooLarge
from printd.core.print_settings import PrintSettings
from printd.core.shipped import shipped
from printd.geometry.files.meshio import MeshLimits, write_stl
from printd.geometry.mesh.mesh import Mesh
from printd.slicers.base import SliceReport
from printd.slicers.profiles import Profile, load_profile
from printd.slicers.recipe_keys import with_recipe
from printd.slicers.slicing import slice_model
from tests.peers.bodies import blocks, box
from tests.peers.figures import CHAIR, T_SHAPE, mushroom, turned_by

pytestmark = pytest.mark.peer("prusa-slicer")
TABLE = blocks([[[x in (0, 3) and y in (0, 3)] * 3 + [True] for y in range(4)] for x in range(4)])


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("generic", [shipped("profiles")])


def sliced(model: Path, profile: Profile, asked: PrintSettings) -> SliceReport:
    out = model.parent / "out"
    out.mkdir(exist_ok=True)
    return slice_model(model, with_recipe(profile, asked), out, asked=asked)


def test_a_table_is_printed_on_its_top_without_support(tmp_path: Path, profile: Profile) -> None:
    model = tmp_path / "table.stl"
    write_stl(model, TABLE)
    as_is = sliced(model, profile, PrintSettings(supports="auto"))
    turned = sliced(model, profile, PrintSettings(supports="auto", orient="least_support"))
    assert turned.filament_g < 0.9 * as_is.filament_g
    assert turned.model_mm == pytest.approx((40, 40, 40))
    without = sliced(model, profile, PrintSettings(supports="none", orient="least_support"))
    assert turned.filament_g == pytest.approx(without.filament_g, rel=0.02)


@pytest.mark.parametrize("mesh", [CHAIR, T_SHAPE, mushroom()], ids=["chair", "T", "mushroom"])
def test_the_chosen_way_up_needs_little_of_the_support_of_others(
    tmp_path: Path, profile: Profile, mesh: Mesh
) -> None:
    model = tmp_path / "m.stl"
    filament_g = {}
    for name, degrees, orient in (
        ("as it is", 0.0, "as_is"),
        ("over", 180.0, "as_is"),
        ("aside", 90.0, "as_is"),
        ("askew", 60.0, "as_is"),
        ("chosen", 60.0, "least_support"),
    ):
        write_stl(model, turned_by(mesh, 1, 0.3, 0, degrees))
        asked = PrintSettings.of({"orient": orient, "supports": "auto"})
        filament_g[name] = sliced(model, profile, asked).filament_g
    chosen_g = filament_g.pop("chosen")
    assert chosen_g < 0.9 * max(filament_g.values())
    assert chosen_g < 1.02 * min(filament_g.values())


def test_copies_are_printed_side_by_side(tmp_path: Path, profile: Profile) -> None:
    model = box(tmp_path / "m.stl", 40, 30, 2)
    one = sliced(model, profile, PrintSettings())
    six = sliced(model, profile, PrintSettings(copies_on_bed=6))
    assert six.model_mm == pytest.approx((3 * 46 - 6, 2 * 36 - 6, 2))
    assert six.filament_mm == pytest.approx(6 * one.filament_mm, rel=0.1)
    assert six.asked == {"copies_on_bed": 6}
    assert six.verdict.ok


def test_more_copies_than_there_is_room_for_are_refused_with_their_number(
    tmp_path: Path, profile: Profile
) -> None:
    model = box(tmp_path / "m.stl", 100, 100, 2)
    with pytest.raises(ModelTooLarge, match="there is room for 4"):
        sliced(model, profile, PrintSettings(copies_on_bed=5))


def test_a_piece_that_fits_only_turned_is_turned(tmp_path: Path) -> None:
    long_bed = load_profile("prusa-mk3s", [shipped("profiles")])
    width, depth = long_bed.machine.room_mm
    assert width > depth
    report = sliced(box(tmp_path / "m.stl", depth, width, 1), long_bed, PrintSettings())
    assert report.model_mm[:2] == pytest.approx((width, depth))


def test_more_triangles_than_are_sliced_together_are_refused(
    tmp_path: Path, profile: Profile
) -> None:
    with pytest.raises(ModelTooLarge, match="Set copies_on_bed to 8"):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            profile,
            tmp_path,
            asked=PrintSettings(copies_on_bed=9),
            mesh_limits=MeshLimits(max_triangles=100),
        )
