"""A model through the stand-in for OrcaSlicer, and through the real one where it is.

OrcaSlicer and Bambu Studio cannot be installed from a registry, so ``tests/peers/orca.py`` stands
for them. These facts of the adapter are read, not measured; only the real program proves them:

- ``--arrange 0`` leaves a mesh where its file says, and a bed of which the corner is the origin;
- ``--help`` says the version without a display, and ends;
- a slice without ``--export-3mf`` needs no display, with it ``xvfb-run`` is enough of one;
- an AppImage runs unpacked below the limits of a run (4 GB of addresses, 256 open files);
- a Flatpak of the system sees a folder that it is given, and ends when its group is killed;
- ``--pipe``, ``--outputdir`` and ``result.json`` as the sources of 2.3 have them;
- the settings block names every key that a file sets, apart from ``orca_json.UNTOLD``;
- which of the keys of ``orca_json.REQUIRED`` exist in which version;
- the container's G-code and checksum are those of ``plate_1.gcode``;
- every return code but those that the stand-in can give, and their sentences.

``test_the_real_program_…`` runs where ``orca-slicer`` (or another of its names) is on PATH, or
where the variable ``PRINTD_ORCA`` names a program such as an AppImage.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from printd.core.errors import (
    GcodeRefused,
    MeshUnreadable,
    ModelTooLarge,
    PrintdError,
    ProfileInvalid,
    SlicerRefused,
)
from printd.core.files import sha256_of
from printd.slicers.find import find_slicer
from printd.slicers.orca import OrcaSlicer
from printd.slicers.profiles import load_profile
from printd.slicers.slicing import slice_model
from tests.peers.bodies import box
from tests.peers.orca_presets import MACHINE, write_profile
from tests.peers.programs import is_gone
from tests.peers.slicer_benches import STAND_IN, OrcaBench

BAMBU = OrcaBench("Bambu Lab A1 mini")
PLAIN = OrcaBench()
prusa_inside = pytest.mark.peer("prusa-slicer")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


# The container that Bambu's machines take.


@prusa_inside
def test_a_container_holds_the_very_code_that_was_judged(tmp_path: Path, out: Path) -> None:
    profile = BAMBU.profile(tmp_path / "profile")
    report = slice_model(box(tmp_path / "m.stl", 20, 20, 2), profile, out, program=BAMBU.program())
    assert report.container == "print.gcode.3mf"
    assert report.files[report.container] == sha256_of(out / report.container)
    with zipfile.ZipFile(out / report.container) as archive:
        assert archive.read("Metadata/plate_1.gcode") == (out / "print.gcode").read_bytes()
    assert b"; CHANGE_LAYER" in (out / "print.gcode").read_bytes()


@prusa_inside
def test_other_machines_get_bare_code(tmp_path: Path, out: Path) -> None:
    report = slice_model(
        box(tmp_path / "m.stl", 20, 20, 2),
        PLAIN.profile(tmp_path / "profile"),
        out,
        program=PLAIN.program(),
    )
    assert report.container == ""
    assert not (out / "print.gcode.3mf").exists()


@prusa_inside
def test_an_older_container_does_not_pass_for_this_ones(tmp_path: Path, out: Path) -> None:
    (out / "print.gcode.3mf").write_bytes(b"old")
    slice_model(
        box(tmp_path / "m.stl", 10, 10, 2),
        PLAIN.profile(tmp_path / "profile"),
        out,
        program=PLAIN.program(),
    )
    assert not (out / "print.gcode.3mf").exists()


# Programs that lie.

CODE = "'; HEADER_BLOCK_START\\n' + 'G28\\n' * 999"
ENDS = "'; EXECUTABLE_BLOCK_END\\n; CONFIG_BLOCK_START\\n; CONFIG_BLOCK_END\\n'"
ZIP = (
    "import zipfile\n"
    "with zipfile.ZipFile(out + '.3mf', 'w') as archive:\n"
    "    archive.writestr('Metadata/plate_1.gcode', code)\n"
    "    archive.writestr('Metadata/plate_1.gcode.md5', md5)\n"
)
LIES = [
    ("open(out, 'w').close()", SlicerRefused, "0 bytes"),
    (f"open(out, 'w').write({CODE})", SlicerRefused, "half a file"),
    ("os.symlink('/etc/passwd', out)", SlicerRefused, "without a usable file"),
    ("os.mkdir(out)", SlicerRefused, "without a usable file"),
    ("open(out, 'w').write('x' * 5000); note(-5, 'bad preset')", ProfileInvalid, "bad preset"),
    (f"open(out, 'w').write({CODE} + {ENDS}); note(0)", GcodeRefused, "rule G"),
    ("note(-50); sys.exit(206)", ModelTooLarge, r"\(-50\)"),
    ("sys.stderr.write('why\\n'); sys.exit(155)", SlicerRefused, r"\(-101\): why"),
]


@pytest.mark.parametrize(("behaviour", "kind", "said"), LIES)
def test_what_a_lying_program_leaves_is_not_taken(
    tmp_path: Path, out: Path, behaviour: str, kind: type[PrintdError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            PLAIN.profile(tmp_path / "profile"),
            out,
            program=PLAIN.bad(tmp_path / "bin", behaviour),
        )
    assert [path.name for path in out.iterdir()] == ["slice.log"]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("code = 'G28\\n' * 999; md5 = '0' * 32\n" + ZIP, "states the checksum"),
        ("code = 'G28\\n' * 999; md5 = ''\n" + ZIP, "states the checksum none"),
        ("open(out + '.3mf', 'wb').write(b'PK\\x03\\x04' + b'x' * 5000)", "not whole"),
        ("open(out, 'w').write('G28\\n' * 999)", "without a usable file"),
        ("os.symlink('/etc/passwd', out + '.3mf')", "without a usable file"),
    ],
)
def test_a_container_that_is_not_right_is_not_taken(
    tmp_path: Path, out: Path, behaviour: str, said: str
) -> None:
    with pytest.raises(SlicerRefused, match=said):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            BAMBU.profile(tmp_path / "profile"),
            out,
            program=BAMBU.bad(tmp_path / "bin", behaviour),
        )
    assert [path.name for path in out.iterdir()] == ["slice.log"]


def test_progress_that_falls_is_not_shown(tmp_path: Path, out: Path) -> None:
    behaviour = (
        "pipe = os.open(sys.argv[sys.argv.index('--pipe') + 1], os.O_WRONLY | os.O_NONBLOCK)\n"
        "for total in (10, 50, 30, 90):\n"
        "    line = json.dumps({'message': f'at {total}', 'total_percent': total})\n"
        "    os.write(pipe, line.encode() + b'\\n')\n"
        'os.write(pipe, b\'{"message":"cut\')\n'
    )
    told: list[tuple[float, str]] = []
    with pytest.raises(SlicerRefused):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            PLAIN.profile(tmp_path / "profile"),
            out,
            program=PLAIN.bad(tmp_path / "bin", behaviour),
            on_progress=lambda share, stage: told.append((share, stage)),
        )
    assert told[1:] == [(0.1, "at 10"), (0.5, "at 50"), (0.5, "at 30"), (0.9, "at 90")]


PARENT = """\
import sys
from pathlib import Path
from printd.core.compute import Compute, Limits
from printd.core.print_settings import PrintSettings
from printd.pipeline import tasks
from printd.slicers.find import find_slicer
from printd.slicers.profiles import load_profile
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with Compute(workers=1) as compute:
        compute.run(
            tasks.slice_model, folder / "m.stl", load_profile(folder / "profile"),
            PrintSettings(), folder / "out",
            program=find_slicer("orca", folder / "bin/orca-slicer"),
            timeout_s=600, progress_file=folder / "progress",
            limits=Limits(memory_bytes=4 << 30, wall_s=600.0),
        )
"""


def test_a_killed_daemon_leaves_neither_the_program_nor_its_children(
    tmp_path: Path, out: Path
) -> None:
    # As xvfb-run does, and an AppImage, and a Flatpak: what we start is not all that runs.
    PLAIN.profile(tmp_path / "profile")
    box(tmp_path / "m.stl", 10, 10, 2)
    pids = tmp_path / "pids"
    behaviour = f"os.fork()\nopen('{pids}', 'a').write(f'{{os.getpid()}}\\n')\ntime.sleep(600)\n"
    PLAIN.bad(tmp_path / "bin", behaviour)
    (tmp_path / "parent.py").write_text(PARENT)
    words = [sys.executable, str(tmp_path / "parent.py"), str(tmp_path)]
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(Path.cwd())}) as parent:
        deadline_s = time.monotonic() + 60
        while not pids.exists() or pids.read_text().count("\n") < 2:
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        parent.kill()
    assert all(is_gone(int(line)) for line in pids.read_text().split())


# The stand-in alone: what is documented as refused is refused.


def stand_in(folder: Path, *words: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    ran = subprocess.run(
        [str(STAND_IN), *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


def given(folder: Path, changes: dict[str, dict[str, Any]] | None = None) -> list[str]:
    write_profile(folder, changes)
    (folder / "o").mkdir(exist_ok=True)
    return [
        "--load-settings",
        f"{folder}/machine.json;{folder}/process.json",
        "--load-filaments",
        f"{folder}/filament.json",
        "--slice",
        "0",
        "--outputdir",
        str(folder / "o"),
    ]


def result(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "o/result.json").read_text())
    return loaded


@prusa_inside
def test_the_stand_in_slices_what_it_arranged(tmp_path: Path) -> None:
    model = str(box(tmp_path / "m.stl", 20, 20, 2))
    code, stdout, stderr = stand_in(tmp_path, *given(tmp_path), "--arrange", "1", model)
    assert (code, stdout, stderr) == (0, "", "")
    assert result(tmp_path)["return_code"] == 0
    assert result(tmp_path)["sliced_plates"][0]["triangle_count"] == 12
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == [
        "plate_1.gcode",
        "result.json",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--layer-hight", "0.2"], -2, "Unknown option --layer-hight"),
        (["--export-gcode"], -2, "Unknown option --export-gcode"),
        (["--slice", "all"], -2, "Invalid value"),
        (["--rotate", "90"], -8, "does not do --rotate"),
        (["--mtcpp", "5"], -59, ""),
        (["--arrange", "0"], -50, "fully inside"),
        (["--arrange", "1"], -50, "fully inside"),
        (["--arrange", "0", "--layer-height", "0.6"], -51, "nozzle diameter"),
        (["another.stl"], -8, "one model"),
    ],
)
def test_the_stand_in_refuses_what_is_documented(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    width_mm = 300 if code == -50 else 20
    model = str(box(tmp_path / "m.stl", width_mm, 20, 2))
    ended, stdout, stderr = stand_in(tmp_path, *given(tmp_path), *words, model)
    assert ended == 256 + code
    assert said in stderr
    assert stdout.endswith(f"run found error, return {code}, exit...\n")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"machine.json": {"type": None}}, -5),
        ({"machine.json": {"type": "machine_model"}}, -5),
        ({"process.json": {"from": "project"}}, -5),
        ({"filament.json": {"from": None}}, -5),
        ({"filament.json": {"type": "process"}}, -5),
        ({"process.json": {"compatible_printers": []}}, -17),
        ({"process.json": {"compatible_printers": ["Another"]}}, -17),
        ({"filament.json": {"compatible_printers": ["Another"]}}, -5),
        ({"process.json": {"layer_height": 0.2}}, -5),
        ({"machine.json": {"before_layer_change_gcode": ""}}, -51),
    ],
)
def test_the_stand_in_refuses_wrong_settings(
    tmp_path: Path, changes: dict[str, dict[str, Any]], code: int
) -> None:
    model = str(box(tmp_path / "m.stl", 20, 20, 2))
    ended, _, stderr = stand_in(tmp_path, *given(tmp_path, changes), model)
    assert ended == 256 + code
    assert stderr
    assert result(tmp_path)["return_code"] == code
    assert result(tmp_path)["error_string"]


@pytest.mark.parametrize(
    ("content", "code"), [(None, -3), (b"", -6), (b"x" * 200, -6), (b"\0" * 84, -6)]
)
def test_the_stand_in_refuses_wrong_models(
    tmp_path: Path, content: bytes | None, code: int
) -> None:
    model = tmp_path / "m.stl"
    if content is not None:
        model.write_bytes(content)
    assert stand_in(tmp_path, *given(tmp_path), str(model))[0] == 256 + code


def test_the_stand_in_looks_up_nothing_that_is_inherited(tmp_path: Path) -> None:
    # The leaf of a chain loads, and what its parent says becomes what was compiled in: here a
    # layer without the reset that relative filament needs.
    changes = {"machine.json": {"inherits": MACHINE, "before_layer_change_gcode": None}}
    model = str(box(tmp_path / "m.stl", 20, 20, 2))
    ended, _, stderr = stand_in(tmp_path, *given(tmp_path, changes), model)
    assert ended == 205
    assert "Relative extruder addressing" in stderr


def test_the_stand_in_tells_its_progress_only_to_a_reader(tmp_path: Path) -> None:
    model = str(box(tmp_path / "m.stl", 20, 20, 2))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    lines: list[str] = []

    def read() -> None:
        with pipe.open() as stream:
            lines.extend(stream)

    reader = threading.Thread(target=read)
    reader.start()
    stand_in(tmp_path, *given(tmp_path), "--arrange", "0", "--pipe", str(pipe), model)
    reader.join(10)
    told = [json.loads(line) for line in lines]
    assert told[0]["message"] == "Start to load files"
    assert all(one.keys() >= {"plate_index", "plate_percent", "total_percent"} for one in told)
    code, _, _ = stand_in(tmp_path, *given(tmp_path), "--layer-height", "1", "--pipe", "no", model)
    assert code == 205


@prusa_inside
def test_the_stand_in_draws_only_on_a_display(tmp_path: Path) -> None:
    model = str(box(tmp_path / "m.stl", 20, 20, 2))
    for env, pictures in (({}, False), ({"DISPLAY": ":99"}, True)):
        words = [*given(tmp_path), "--export-3mf", "a.gcode.3mf", "--min-save", model]
        assert stand_in(tmp_path, *words, env=env)[0] == 0
        with zipfile.ZipFile(tmp_path / "o/a.gcode.3mf") as archive:
            assert ("Metadata/plate_1.png" in archive.namelist()) is pictures


def test_a_preset_that_the_stand_in_refuses_is_refused_by_us_before(tmp_path: Path) -> None:
    with pytest.raises(ProfileInvalid):
        load_profile(write_profile(tmp_path, {"process.json": {"compatible_printers": []}}))


@prusa_inside
def test_a_setting_of_the_file_that_gets_lost_on_the_way_is_found(
    tmp_path: Path, out: Path
) -> None:
    # A wrapper that overrides a setting, as a slicer does that knows better.
    wrapper = tmp_path / "orca-slicer"
    wrapper.write_text(f'#!/bin/sh\nexec {STAND_IN} --wall-loops 7 "$@"\n')
    wrapper.chmod(0o755)
    with pytest.raises(ProfileInvalid, match="wall_loops = 2 became 7"):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            PLAIN.profile(tmp_path / "profile"),
            out,
            program=find_slicer("orca", wrapper),
        )


@prusa_inside
def test_a_container_is_drawn_on_a_virtual_display_where_there_is_one(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = tmp_path / "bin/xvfb-run"
    screen.parent.mkdir()
    screen.write_text('#!/bin/sh\n[ "$1" = -a ] && shift\nDISPLAY=:99 exec "$@"\n')
    screen.chmod(0o755)
    wrapper = tmp_path / "bin/orca-slicer"
    wrapper.write_text(f'#!/bin/sh\nexec {STAND_IN} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{screen.parent}:{os.environ['PATH']}")
    slice_model(
        box(tmp_path / "m.stl", 10, 10, 2),
        BAMBU.profile(tmp_path / "profile"),
        out,
        program=find_slicer("orca"),
    )
    with zipfile.ZipFile(out / "print.gcode.3mf") as archive:
        assert "Metadata/plate_1.png" in archive.namelist()


@prusa_inside
def test_the_command_slices_with_the_slicer_that_the_profile_is_for(tmp_path: Path) -> None:
    config = {"slicers": {"orca": {"program": str(STAND_IN)}}}
    (tmp_path / "config.yaml").write_text(json.dumps(config))  # which is YAML, too
    words = ["slice", str(box(tmp_path / "m.stl", 10, 10, 2)), "--json"]
    words += ["--printer", str(write_profile(tmp_path / "mine")), "-o", str(tmp_path / "o.gcode")]
    ran = subprocess.run(
        [sys.executable, "-m", "printd", *words, "--config", str(tmp_path / "config.yaml")],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert (report["slicer"], report["version"], report["layers"]) == ("orca", "2.3.2", 10)


def test_a_model_that_the_slicer_cannot_read_is_told(tmp_path: Path, out: Path) -> None:
    with pytest.raises(MeshUnreadable, match=r"\(-6\)"):
        slice_model(
            box(tmp_path / "m.stl", 10, 10, 2),
            PLAIN.profile(tmp_path / "profile"),
            out,
            program=PLAIN.bad(tmp_path / "bin", "sys.exit(250)"),
        )


# The real program.


def real_program() -> Path | None:
    named = os.environ.get("PRINTD_ORCA")
    names = [named] if named else OrcaSlicer.programs
    return next((Path(found) for name in names if (found := shutil.which(name))), None)


@pytest.mark.optional_peer("orca-slicer", present=real_program() is not None)
@pytest.mark.parametrize("bench", [PLAIN, BAMBU], ids=["plain", "bambu"])
def test_the_real_program_slices_as_the_stand_in_does(
    tmp_path: Path, out: Path, bench: OrcaBench
) -> None:
    program = find_slicer("orca", real_program())
    assert program.version
    report = slice_model(
        box(tmp_path / "m.stl", 20, 20, 5), bench.profile(tmp_path / "p"), out, program=program
    )
    bounds = report.verdict.bounds_mm
    assert bounds is not None
    assert bounds[0::3] == pytest.approx((100, 120), abs=0.5)
    assert report.layers == 25


@pytest.mark.optional_peer("orca-slicer", present=real_program() is not None)
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"process.json": {"compatible_printers": ["Another"]}}, -17),
        ({"machine.json": {"from": "project"}}, -5),
        ({"process.json": {"layer_height": "0.6"}}, -51),
    ],
)
def test_the_real_program_refuses_as_the_stand_in_does(
    tmp_path: Path, changes: dict[str, dict[str, Any]], code: int
) -> None:
    model = str(box(tmp_path / "m.stl", 20, 20, 2))
    program = real_program()
    assert program is not None
    ran = subprocess.run([str(program), *given(tmp_path, changes), model], timeout=100, check=False)
    assert ran.returncode == 256 + code
    assert stand_in(tmp_path, *given(tmp_path, changes), model)[0] == 256 + code
