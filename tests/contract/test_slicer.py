"""What any slicer must do for us, run over PrusaSlicer and the stand-in for OrcaSlicer."""

import json
from pathlib import Path

import pytest

from printd.core.errors import (
    ModelTooLarge,
    PrintCancelled,
    PrintdError,
    ProfileInvalid,
    SlicerCrashed,
    SlicerMemory,
    SlicerMissing,
    SlicerRefused,
    SlicerTimeout,
)
from printd.core.files import sha256_of
from printd.gcode.safety import Level, lint
from printd.slicers import KINDS
from printd.slicers.base import SliceReport
from printd.slicers.find import find_slicer
from printd.slicers.slicing import slice_model
from tests.peers.bodies import box
from tests.peers.programs import is_gone
from tests.peers.slicer_benches import BENCHES, Bench

pytestmark = pytest.mark.peer("prusa-slicer")  # which works inside the stand-in, too


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Bench:
    return BENCHES[request.param]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def sliced(
    bench: Bench,
    tmp_path: Path,
    out: Path,
    size: tuple[float, float, float] = (20, 30, 5),
    layer_mm: float = 0.2,
) -> SliceReport:
    model = box(tmp_path / "m.stl", *size)
    profile = bench.profile(tmp_path / "profile", layer_mm)
    return slice_model(model, profile, out, program=bench.program())


def test_every_kind_has_a_bench() -> None:
    assert {bench.kind for bench in BENCHES.values()} <= set(KINDS)
    assert {"prusa", "orca"} <= set(KINDS)


def test_a_box_becomes_a_plausible_print(bench: Bench, tmp_path: Path, out: Path) -> None:
    report = sliced(bench, tmp_path, out)
    assert report.slicer == bench.kind
    assert report.version
    assert report.layers == report.verdict.layers == 25
    assert 300 < report.print_time_s < 3600
    volume_mm3 = report.filament_mm * 2.405  # of 1.75 mm filament
    assert 0.2 * 3000 < volume_mm3 < 3000
    assert report.filament_g == pytest.approx(volume_mm3 * 1.24e-3, rel=0.02)


def test_it_stands_in_the_middle_of_the_bed_unturned(
    bench: Bench, tmp_path: Path, out: Path
) -> None:
    bounds = sliced(bench, tmp_path, out).verdict.bounds_mm
    assert bounds is not None
    assert bounds[0::3] == pytest.approx((100, 120), abs=0.5)
    assert bounds[1::3] == pytest.approx((95, 125), abs=0.5)
    assert bounds[5] == pytest.approx(5)


def test_the_largest_model_that_fits_is_sliced(bench: Bench, tmp_path: Path, out: Path) -> None:
    assert sliced(bench, tmp_path, out, (210, 210, 0.6)).verdict.ok


def test_the_profile_is_followed(bench: Bench, tmp_path: Path, out: Path) -> None:
    assert sliced(bench, tmp_path, out, layer_mm=0.3).layers == 17
    assert sliced_temperatures(out) == (210, 60)


def sliced_temperatures(out: Path) -> tuple[float, float]:
    verdict = json.loads((out / "slice.json").read_text())["verdict"]
    return verdict["max_nozzle_c"], verdict["max_bed_c"]


def test_what_is_kept_agrees_with_the_report(bench: Bench, tmp_path: Path, out: Path) -> None:
    report = sliced(bench, tmp_path, out)
    files = {"print.gcode", "toolpath.png", "layers.png"} | {report.container} - {""}
    assert set(report.files) - {"thumbnail.png"} == files
    assert {path.name for path in out.iterdir()} == {*report.files, "slice.json", "slice.log"}
    assert sha256_of(out / "print.gcode") == report.sha256 == report.verdict.sha256
    assert json.loads((out / "slice.json").read_text())["sha256"] == report.sha256
    profile = bench.profile(tmp_path / "again")
    assert lint(out / "print.gcode", profile.machine, Level.FOREIGN).refusals == ()


def test_progress_is_told_while_it_runs_and_never_falls(
    bench: Bench, tmp_path: Path, out: Path
) -> None:
    told: list[tuple[float, str]] = []
    slice_model(
        box(tmp_path / "m.stl", 20, 30, 5),
        bench.profile(tmp_path / "profile"),
        out,
        program=bench.program(),
        on_progress=lambda share, stage: told.append((share, stage)),
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert "Generating perimeters" in [stage for _, stage in told]
    assert sum(0.0 < share < 0.95 for share in shares) >= 3


def test_a_setting_that_it_does_not_know_is_found(bench: Bench, tmp_path: Path, out: Path) -> None:
    with pytest.raises(ProfileInvalid, match="layer_hight is not known"):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            bench.unknown_key(tmp_path / "profile"),
            out,
            program=bench.program(),
        )
    assert not (out / "print.gcode").exists()


def test_settings_that_contradict_each_other_are_refused_in_its_words(
    bench: Bench, tmp_path: Path, out: Path
) -> None:
    with pytest.raises(PrintdError, match=r"(?i)layer height can.* nozzle diameter"):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            bench.contradicting(tmp_path / "profile"),
            out,
            program=bench.program(),
        )
    assert [path.name for path in out.iterdir()] == ["slice.log"]


def test_a_model_that_is_too_large_is_refused_before(
    bench: Bench, tmp_path: Path, out: Path
) -> None:
    with pytest.raises(ModelTooLarge):
        sliced(bench, tmp_path, out, (211, 20, 5))
    assert list(out.iterdir()) == []


def test_nothing_is_left_in_the_private_folder_or_outside(
    bench: Bench, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", "/nowhere")
    monkeypatch.setenv("HOME", "/nowhere")
    sliced(bench, tmp_path, out)
    assert {path.name for path in tmp_path.iterdir()} == {"m.stl", "profile", "out"}


def test_odd_names_are_no_options(bench: Bench, tmp_path: Path) -> None:
    out = tmp_path / "-o ü;x"
    out.mkdir()
    model = box(tmp_path / "--slice 'x'.stl", 10, 10, 2)
    report = slice_model(model, bench.profile(tmp_path / "p"), out, program=bench.program())
    assert report.layers == 10


def test_one_that_is_not_there_or_is_another_program_is_told(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(SlicerMissing, match="not on this machine"):
        find_slicer(bench.kind, tmp_path / "none")
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho I am another\n")
    with pytest.raises(SlicerMissing, match="may not be run"):
        find_slicer(bench.kind, other)
    other.chmod(0o755)
    with pytest.raises(SlicerMissing, match="I am another"):
        find_slicer(bench.kind, other)


# Programs that behave badly: none of what they leave is taken.

BAD: list[tuple[str, type[PrintdError], str]] = [
    ("sys.exit(0)", SlicerRefused, "without a usable file"),
    ("print('some words'); sys.exit(1)", SlicerRefused, "some words"),
    ("os.kill(os.getpid(), signal.SIGSEGV)", SlicerCrashed, "SIGSEGV"),
    ("os.abort()", SlicerCrashed, "SIGABRT"),
    ("os.kill(os.getpid(), signal.SIGKILL)", SlicerMemory, "memory"),
]


@pytest.mark.parametrize(("behaviour", "kind", "said"), BAD)
def test_a_bad_end_has_its_error_and_leaves_nothing(
    bench: Bench, tmp_path: Path, out: Path, behaviour: str, kind: type[PrintdError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            bench.profile(tmp_path / "profile"),
            out,
            program=bench.bad(tmp_path / "bin", behaviour),
        )
    assert [path.name for path in out.iterdir()] == ["slice.log"]


def test_one_that_hangs_is_ended_with_all_its_children(
    bench: Bench, tmp_path: Path, out: Path
) -> None:
    pids = tmp_path / "pids"
    behaviour = (
        "if os.fork() == 0: signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open('{pids}', 'a').write(f'{{os.getpid()}}\\n')\ntime.sleep(600)\n"
    )
    with pytest.raises(SlicerTimeout, match="did not end within 1 s"):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            bench.profile(tmp_path / "profile"),
            out,
            program=bench.bad(tmp_path / "bin", behaviour),
            timeout_s=1,
        )
    numbers = [int(line) for line in pids.read_text().split()]
    assert len(numbers) == 2
    assert all(is_gone(number) for number in numbers)


def test_one_that_is_cancelled_is_ended(bench: Bench, tmp_path: Path, out: Path) -> None:
    with pytest.raises(PrintCancelled):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            bench.profile(tmp_path / "profile"),
            out,
            program=bench.bad(tmp_path / "bin", "time.sleep(600)"),
            cancelled=lambda: True,
        )
