"""A model through the real PrusaSlicer to layers of resin: judged, plausible, as asked."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from printd.core.errors import (
    GcodeRefused,
    ModelTooLarge,
    PrintdError,
    ProfileInvalid,
    SlicerRefused,
)
from printd.core.files import sha256_of
from printd.core.print_settings import PrintSettings
from printd.core.relief_settings import ReliefSettings
from printd.core.shipped import shipped
from printd.gcode import sl1
from printd.meshers.making import make_relief
from printd.slicers.base import Program
from printd.slicers.find import find_slicer
from printd.slicers.profiles import Profile, load_profile, with_settings
from printd.slicers.recipe_keys import with_recipe
from printd.slicers.slicing import slice_model
from printd.slicers.trial import try_out
from tests.peers.bodies import box
from tests.photos import CAT

pytestmark = pytest.mark.peer("prusa-slicer")

BAD = """\
#!/usr/bin/python3
import sys
if "--help" in sys.argv:
    print("PrusaSlicer-2.9.2+TEST based on Slic3r")
    sys.exit(0)
out = sys.argv[sys.argv.index("--output") + 1]
"""


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("generic-resin", [shipped("profiles")])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def bad(folder: Path, behaviour: str) -> Program:
    path = folder / "slicer"
    path.write_text(BAD + behaviour)
    path.chmod(0o755)
    return find_slicer("resin", path)


def test_a_box_becomes_layers_of_resin(profile: Profile, tmp_path: Path, out: Path) -> None:
    report = slice_model(box(tmp_path / "m.stl", 20, 10, 1), profile, out)
    assert (report.slicer, report.file, report.layers) == ("resin", "print.sl1", 20)
    assert report.verdict.ok
    assert report.verdict.layers == 20
    assert report.resin_ml == pytest.approx(0.2, rel=0.05)
    assert report.filament_g == pytest.approx(0.22, rel=0.05)  # 1.1 g/ml
    assert report.cost == pytest.approx(0.01, rel=0.05)  # 50 for a litre
    assert 300 < report.print_time_s < 1200
    names = {"print.sl1", "layers.png", "slice.json", "slice.log"}
    assert {path.name for path in out.iterdir()} == names
    assert sha256_of(out / "print.sl1") == report.sha256 == report.verdict.sha256


def test_it_stands_in_the_middle_of_the_display(
    profile: Profile, tmp_path: Path, out: Path
) -> None:
    bounds = slice_model(box(tmp_path / "m.stl", 20, 10, 1), profile, out).verdict.bounds_mm
    assert bounds == pytest.approx((50.48, 29.02, 0, 70.48, 39.02, 1.0), abs=0.05)


def test_the_file_says_what_it_was_made_with(profile: Profile, tmp_path: Path, out: Path) -> None:
    thick = with_settings(profile, {"layer_height": "0.1", "exposure_time": "12"})
    report = slice_model(box(tmp_path / "m.stl", 20, 10, 1), thick, out)
    assert report.layers == 10  # 0.05 + 9 x 0.1 mm: the top is the nearest to 1 mm
    assert sl1.settings_of(out / "print.sl1")["exposure_time"] == "12"
    _, contents = sl1.judge_and_read(
        out / "print.sl1", thick.machine, sl1.ResinLimits.of(dict(thick.settings))
    )
    assert contents is not None
    assert (contents.layer_mm, contents.exposure_s) == (0.1, 12)


def test_a_relief_is_seen_layer_by_layer(profile: Profile, tmp_path: Path, out: Path) -> None:
    make_relief(CAT, ReliefSettings(longest_mm=60, mesh_quality=128), tmp_path / "m.stl")
    report = slice_model(tmp_path / "m.stl", profile, out)
    assert report.verdict.bounds_mm is not None
    assert report.verdict.bounds_mm[5] == pytest.approx(report.model_mm[2], abs=0.06)
    strip = Image.open(BytesIO(sl1.strip(out / "print.sl1"))).convert("L")
    lit = [
        sum(strip.crop((8 + 208 * cell, 8, 208 + 208 * cell, strip.height)).histogram()[100:])
        for cell in range(6)
    ]
    assert strip.width == 6 * 208 + 8
    # A relief only grows narrower, but for the elephant's foot that is taken off below.
    assert lit[1:] == sorted(lit[1:], reverse=True)
    assert lit[0] > 2 * lit[4] > 0


def test_what_hangs_over_stands_on_supports_around_it(
    profile: Profile, tmp_path: Path, out: Path
) -> None:
    supported = with_recipe(profile, PrintSettings(supports="auto"))
    report = slice_model(box(tmp_path / "m.stl", 20, 10, 4), supported, out)
    assert report.verdict.ok
    assert report.layers == 80  # it is not put on stilts


@pytest.mark.parametrize("size", [(118, 10, 1), (65, 65, 1), (10, 10, 151)])
def test_a_model_that_is_too_large_is_refused_before(
    profile: Profile, tmp_path: Path, out: Path, size: tuple[float, float, float]
) -> None:
    with pytest.raises(ModelTooLarge):
        slice_model(box(tmp_path / "m.stl", *size), profile, out)
    assert list(out.iterdir()) == []


def test_the_largest_model_reaches_no_border(profile: Profile, tmp_path: Path, out: Path) -> None:
    assert slice_model(box(tmp_path / "m.stl", 116.9, 64, 0.5), profile, out).verdict.ok


def test_a_slicer_that_does_not_know_a_key_is_found(
    profile: Profile, tmp_path: Path, out: Path
) -> None:
    odd = with_settings(profile, {"exposure_times": "8"})
    with pytest.raises(ProfileInvalid, match="exposure_times is not known"):
        slice_model(box(tmp_path / "m.stl", 10, 10, 1), odd, out)


def test_supports_without_a_pad_are_refused_in_its_words(
    profile: Profile, tmp_path: Path, out: Path
) -> None:
    stilts = with_settings(profile, {"supports_enable": "1"})
    with pytest.raises(SlicerRefused, match="Elevation is too low"):
        slice_model(box(tmp_path / "m.stl", 10, 10, 1), stilts, out)
    assert [path.name for path in out.iterdir()] == ["slice.log"]


WORDS = (
    "import io, zipfile\nwith zipfile.ZipFile(out, 'w') as z: z.writestr('config.ini', 'x' * 2000)"
)


@pytest.mark.parametrize(
    ("behaviour", "kind", "said"),
    [
        ("open(out, 'wb').write(b'G28\\n' * 1000)", SlicerRefused, "half a file"),
        ("open(out, 'wb').write(b'PK')", SlicerRefused, "2 bytes"),
        ("", SlicerRefused, "without a usable file"),
        (WORDS, GcodeRefused, "rule R4"),
    ],
)
def test_what_a_bad_slicer_leaves_is_not_taken(
    profile: Profile,
    tmp_path: Path,
    out: Path,
    behaviour: str,
    kind: type[PrintdError],
    said: str,
) -> None:
    with pytest.raises(kind, match=said):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 1), profile, out, program=bad(tmp_path, behaviour)
        )
    assert not (out / "print.sl1").exists()


def test_another_file_in_its_place_is_gone_before(
    profile: Profile, tmp_path: Path, out: Path
) -> None:
    (out / "print.sl1").write_bytes(b"old")
    with pytest.raises(SlicerRefused):
        slice_model(box(tmp_path / "m.stl", 10, 10, 1), profile, out, program=bad(tmp_path, ""))
    assert not (out / "print.sl1").exists()


def test_progress_is_told_and_never_falls(profile: Profile, tmp_path: Path, out: Path) -> None:
    told: list[tuple[float, str]] = []
    slice_model(
        box(tmp_path / "m.stl", 20, 30, 5),
        profile,
        out,
        on_progress=lambda share, stage: told.append((share, stage)),
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert "Rasterizing layers" in [stage for _, stage in told]


def test_the_profile_is_tried_out_with_a_cube(profile: Profile) -> None:
    assert try_out(profile, find_slicer("resin")).layers == 200


def test_members_are_named_after_the_job(profile: Profile, tmp_path: Path, out: Path) -> None:
    slice_model(box(tmp_path / "m.stl", 10, 10, 0.5), profile, out)
    with zipfile.ZipFile(out / "print.sl1") as package:
        names = package.namelist()
    assert names == ["config.ini", "prusaslicer.ini", *(f"out{n:05d}.png" for n in range(10))]
