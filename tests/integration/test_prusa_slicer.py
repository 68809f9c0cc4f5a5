"""A model through the real PrusaSlicer, with the profile that is shipped."""

import json
import math
import os
import pickle
import shutil
from pathlib import Path

import pytest

from printd.core.errors import (
    MeshUnprintable,
    MeshUnreadable,
    ModelTooLarge,
    NoSuchFile,
    ProfileInvalid,
    SlicerRefused,
)
from printd.core.files import sha256_of
from printd.core.shipped import shipped
from printd.gcode.safety import Level, lint
from printd.gcode.timeline import timeline
from printd.slicers.find import find_slicer
from printd.slicers.profiles import Profile, load_profile
from printd.slicers.slicing import slice_model
from tests.peers.bodies import box

pytestmark = pytest.mark.peer("prusa-slicer")


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("generic", [shipped("profiles")])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def test_a_box_becomes_a_plausible_print(tmp_path: Path, out: Path, profile: Profile) -> None:
    report = slice_model(box(tmp_path / "m.stl", 20, 30, 5), profile, out)
    assert report.layers == 25
    assert 300 < report.print_time_s < 3600
    volume_mm3 = report.filament_mm * math.pi / 4 * 1.75**2
    assert 0.2 * 20 * 30 * 5 < volume_mm3 < 20 * 30 * 5
    assert report.filament_g == pytest.approx(volume_mm3 * 1.24e-3, rel=0.02)


def test_the_print_stands_in_the_middle_of_the_bed(
    tmp_path: Path, out: Path, profile: Profile
) -> None:
    bounds = slice_model(box(tmp_path / "m.stl", 20, 30, 5), profile, out).verdict.bounds_mm
    assert bounds is not None
    assert bounds[0::3] == pytest.approx((100, 120), abs=0.5)
    assert bounds[1::3] == pytest.approx((95, 125), abs=0.5)
    assert bounds[5] == pytest.approx(5)


def test_the_largest_model_that_fits_is_sliced(tmp_path: Path, out: Path, profile: Profile) -> None:
    assert slice_model(box(tmp_path / "m.stl", 210, 210, 0.6), profile, out).verdict.ok


def test_what_is_kept_agrees_with_the_report(tmp_path: Path, out: Path, profile: Profile) -> None:
    report = slice_model(box(tmp_path / "m.stl", 10, 10, 2), profile, out)
    assert set(report.files) == {"print.gcode", "toolpath.png", "layers.png"}
    assert {path.name for path in out.iterdir()} == {*report.files, "slice.json", "slice.log"}
    assert all(sha256_of(out / name) == sha256 for name, sha256 in report.files.items())
    assert sha256_of(out / "print.gcode") == report.sha256 == report.verdict.sha256
    assert json.loads((out / "slice.json").read_text())["sha256"] == report.sha256
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301 -- our own bytes
    assert "Slicing result exported" in (out / "slice.log").read_text()


def test_the_result_is_judged_the_same_again(tmp_path: Path, out: Path, profile: Profile) -> None:
    report = slice_model(box(tmp_path / "m.stl", 10, 10, 2), profile, out)
    assert lint(out / "print.gcode", profile.machine, Level.OWN) == report.verdict
    # A file of ours is good enough for a stranger's scrutiny.
    assert lint(out / "print.gcode", profile.machine, Level.FOREIGN).refusals == ()


def test_the_course_of_the_print_ends_when_the_slicer_says(
    tmp_path: Path, out: Path, profile: Profile
) -> None:
    report = slice_model(box(tmp_path / "m.stl", 10, 10, 2), profile, out)
    course = timeline(out / "print.gcode")
    assert course.total_s == pytest.approx(report.print_time_s)
    assert course.layers == report.layers
    assert 0 < course.layer_starts_s[0] < course.layer_starts_s[-1] < course.total_s


def test_progress_is_told_and_never_falls(tmp_path: Path, out: Path, profile: Profile) -> None:
    told: list[tuple[float, str]] = []
    slice_model(
        box(tmp_path / "m.stl", 10, 10, 2),
        profile,
        out,
        progress_file=tmp_path / "progress",
        on_progress=lambda share, stage: told.append((share, stage)),
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert "Exporting G-code" in [stage for _, stage in told]
    assert (tmp_path / "progress").read_text() == "1.00 Sliced\n"


def test_a_model_with_an_odd_name_and_place_is_no_option(tmp_path: Path, profile: Profile) -> None:
    out = tmp_path / "-o ü"
    out.mkdir()
    model = box(tmp_path / "--export 'x'.stl", 10, 10, 2)
    assert slice_model(model, profile, out).layers == 10


def test_two_runs_make_the_same_print(tmp_path: Path, out: Path, profile: Profile) -> None:
    model = box(tmp_path / "m.stl", 10, 10, 2)
    first = slice_model(model, profile, out)
    second = slice_model(model, profile, out)
    assert second.layers == first.layers
    assert second.filament_mm == pytest.approx(first.filament_mm, rel=0.01)


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ((211, 20, 5), ModelTooLarge),
        ((20, 211, 5), ModelTooLarge),
        ((20, 20, 251), ModelTooLarge),
        ((20, 20, 0.3), MeshUnprintable),
        ((0.1, 20, 5), MeshUnprintable),
    ],
)
def test_a_model_of_a_wrong_size_is_refused_before_slicing(
    tmp_path: Path,
    out: Path,
    profile: Profile,
    size: tuple[float, float, float],
    kind: type[Exception],
) -> None:
    with pytest.raises(kind):
        slice_model(box(tmp_path / "m.stl", *size), profile, out)
    assert list(out.iterdir()) == []


def test_a_model_inside_out_is_refused(tmp_path: Path, out: Path, profile: Profile) -> None:
    with pytest.raises(MeshUnprintable, match="volume"):
        slice_model(box(tmp_path / "m.stl", 20, 20, -5), profile, out)


def test_what_is_no_model_is_refused(tmp_path: Path, out: Path, profile: Profile) -> None:
    (tmp_path / "m.stl").write_bytes(b"PK\x03\x04" * 100)
    with pytest.raises(MeshUnreadable):
        slice_model(tmp_path / "m.stl", profile, out)
    with pytest.raises(MeshUnreadable, match="no STL"):
        slice_model(tmp_path / "m.3mf", profile, out)
    with pytest.raises(NoSuchFile):
        slice_model(tmp_path / "none.stl", profile, out)


def test_a_post_too_thin_to_print_is_told_in_the_slicers_words(
    tmp_path: Path, out: Path, profile: Profile
) -> None:
    with pytest.raises(SlicerRefused, match="The print is empty"):
        slice_model(
            box(tmp_path / "m.stl", 0.4, 0.4, 0.4),
            extended(profile, tmp_path, "perimeter_generator = classic\n"),
            out,
        )


def test_a_setting_the_slicer_does_not_know_is_found(
    tmp_path: Path, out: Path, profile: Profile
) -> None:
    profile = extended(profile, tmp_path, "layer_hight = 0.1\n")
    with pytest.raises(ProfileInvalid, match="layer_hight is not known"):
        slice_model(box(tmp_path / "m.stl", 10, 10, 2), profile, out)
    assert not (out / "print.gcode").exists()


def test_a_value_the_slicer_does_not_know_is_refused(
    tmp_path: Path, out: Path, profile: Profile
) -> None:
    profile = extended(profile, tmp_path, "support_material_pattern = lace\n")
    with pytest.raises(SlicerRefused, match="support_material_pattern"):
        slice_model(box(tmp_path / "m.stl", 10, 10, 2), profile, out)


def extended(profile: Profile, tmp_path: Path, line: str) -> Profile:
    """Return the profile with one line replaced or added."""
    folder = shutil.copytree(profile.folder, tmp_path / "extended")
    text = (profile.folder / "prusa.ini").read_text()
    key = line.partition(" =")[0]
    kept = [old for old in text.splitlines(keepends=True) if not old.startswith(f"{key} =")]
    (folder / "prusa.ini").write_text("".join(kept) + line)
    return load_profile(folder)


def test_a_profile_that_changes_meanwhile_is_sliced_as_it_was_read(
    tmp_path: Path, out: Path, profile: Profile
) -> None:
    mine = extended(profile, tmp_path, "")
    (mine.folder / "prusa.ini").write_text("layer_height = 9\n")
    report = slice_model(box(tmp_path / "m.stl", 10, 10, 2), mine, out)
    assert report.profile_hash == mine.hash
    assert report.verdict.ok


def test_the_version_is_found() -> None:
    program = find_slicer()
    assert program.path.is_absolute()
    assert program.version.count(".") == 2


def test_the_slicer_gets_nothing_of_our_environment(
    tmp_path: Path, out: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A display or a broken loader path would show at once.
    monkeypatch.setenv("LD_PRELOAD_SECRET", "x")
    monkeypatch.setenv("TMPDIR", "/nowhere")
    before = os.listdir(tmp_path)  # noqa: PTH208 -- names only
    slice_model(box(tmp_path / "m.stl", 10, 10, 2), profile, out)
    assert set(os.listdir(tmp_path)) - set(before) == {"m.stl"}  # noqa: PTH208 -- names only
