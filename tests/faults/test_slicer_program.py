"""Slicers that are missing, hang, crash, lie or eat the machine: each ends in a sentence."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from printd.core.errors import (
    DiskFull,
    GcodeRefused,
    PrintCancelled,
    PrintdError,
    SlicerCrashed,
    SlicerMemory,
    SlicerMissing,
    SlicerRefused,
    SlicerTimeout,
)
from printd.core.shipped import shipped
from printd.slicers.find import find_slicer
from printd.slicers.profiles import Profile, load_profile
from printd.slicers.run import Limits, run_slicer
from printd.slicers.slicing import slice_model
from tests.peers.bodies import box
from tests.peers.programs import program

PROFILE = load_profile("generic", [shipped("profiles")])
WHOLE = "; prusaslicer_config = begin\\n; prusaslicer_config = end\\n"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def slice_with(
    tmp_path: Path, out: Path, behaviour: str, profile: Profile = PROFILE, timeout_s: float = 20
) -> None:
    slicer = find_slicer("prusa", program(tmp_path / "bin", behaviour))
    model = box(tmp_path / "m.stl", 10, 10, 2)
    slice_model(model, profile, out, program=slicer, timeout_s=timeout_s)


BAD = [
    ("sys.exit(0)", SlicerRefused, "it said nothing"),
    ("print('some words'); sys.exit(1)", SlicerRefused, "some words"),
    ("open(out, 'w').close()", SlicerRefused, "0 bytes"),
    ("open(out, 'w').write('G28\\n' * 5000)", SlicerRefused, "half a file"),
    ("os.symlink('/etc/passwd', out)", SlicerRefused, "without a usable file"),
    ("os.mkdir(out)", SlicerRefused, "without a usable file"),
    (
        f"open(out, 'w').write('G28\\n' * 5000 + '{WHOLE}')",
        GcodeRefused,
        "no filament is ever extruded",
    ),
    ("os.kill(os.getpid(), signal.SIGSEGV)", SlicerCrashed, "SIGSEGV"),
    ("os.abort()", SlicerCrashed, "SIGABRT"),
    ("os.kill(os.getpid(), signal.SIGKILL)", SlicerMemory, "memory"),
    (
        "try:\n    bytearray(6 << 30)\nexcept MemoryError:\n    print('std::bad_alloc')\n"
        "    sys.exit(1)",
        SlicerMemory,
        "bad_alloc",
    ),
]


@pytest.mark.parametrize(("behaviour", "kind", "said"), BAD)
def test_a_bad_end_has_its_sentence_and_leaves_nothing(
    tmp_path: Path, out: Path, behaviour: str, kind: type[PrintdError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        slice_with(tmp_path, out, behaviour)
    assert [path.name for path in out.iterdir()] == ["slice.log"]


def test_a_file_of_an_earlier_run_does_not_pass_for_the_result(tmp_path: Path, out: Path) -> None:
    (out / "print.gcode").write_text("G28\n")
    with pytest.raises(SlicerRefused):
        slice_with(tmp_path, out, "sys.exit(0)")
    assert not (out / "print.gcode").exists()


def test_a_result_for_other_settings_is_refused(tmp_path: Path, out: Path) -> None:
    # The program prints a good file, made long ago with another layer height.
    good = (
        "M140 S60\\nG90\\nM83\\nG28\\nM109 S210\\n;LAYER_CHANGE\\nG1 X110 Y110 Z0.2 F600\\n"
        "G1 X112 E5\\nM104 S0\\nM140 S0\\n; filament used [mm] = 50\\n"
        "; estimated printing time (normal mode) = 5m 0s\\n"
        "; prusaslicer_config = begin\\n; layer_height = 0.3\\n; prusaslicer_config = end\\n"
    )
    padding = "; x = 1\\n" * 200
    with pytest.raises(PrintdError, match="did not follow the profile"):
        slice_with(tmp_path, out, f"open(out, 'w').write('{padding}{good}')")


def test_a_slicer_that_hangs_is_ended_and_its_children_too(tmp_path: Path, out: Path) -> None:
    pids = tmp_path / "pids"
    behaviour = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        f"open('{pids}', 'a').write(f'{{os.getpid()}}\\n')\n"
        "time.sleep(600)\n"
    )
    with pytest.raises(SlicerTimeout, match="did not end within 1 s"):
        slice_with(tmp_path, out, behaviour, timeout_s=1)
    numbers = [int(line) for line in pids.read_text().split()]
    assert len(numbers) == 2
    assert all(is_gone(number) for number in numbers)


def test_a_slicer_that_floods_its_output_ends_and_the_log_is_cut(tmp_path: Path, out: Path) -> None:
    behaviour = "line = 'x' * 999\nfor _ in range(40000): print(line)\nsys.exit(1)"
    with pytest.raises(SlicerRefused, match="xxx"):
        slice_with(tmp_path, out, behaviour)
    assert (out / "slice.log").stat().st_size == 16 << 20


def test_a_slicer_that_fills_the_disk_is_stopped(tmp_path: Path) -> None:
    filler = program(tmp_path / "bin", "f = open(out, 'wb')\nwhile True: f.write(b'x' * 65536)")
    limits = Limits(wall_s=20, cpu_s=20, file_bytes=1 << 20)
    argv = [str(filler), "--output", str(tmp_path / "o"), "m"]
    run = run_slicer(argv, tmp_path, limits, tmp_path / "log")
    # Python itself ignores SIGXFSZ and gets an error instead; a C++ program dies by the signal.
    assert run.exit_code != 0
    assert (tmp_path / "o").stat().st_size <= 1 << 20


def test_a_c_program_that_fills_the_disk_dies_by_the_signal(tmp_path: Path) -> None:
    limits = Limits(wall_s=20, cpu_s=20, file_bytes=1 << 20)
    argv = ["/usr/bin/dd", "if=/dev/zero", f"of={tmp_path / 'o'}", "bs=64k"]
    run = run_slicer(argv, tmp_path, limits, tmp_path / "log")
    assert run.exit_code == -signal.SIGXFSZ


def test_a_slicer_that_computes_for_ever_is_ended(tmp_path: Path) -> None:
    spinner = program(tmp_path / "bin", "while True: pass")
    argv = [str(spinner), "--output", "o", "m"]
    limits = Limits(wall_s=60, cpu_s=1)
    run = run_slicer(argv, tmp_path, limits, tmp_path / "log")
    assert run.exit_code == -signal.SIGXCPU


def test_a_cancelled_slicer_is_ended(tmp_path: Path, out: Path) -> None:
    slicer = find_slicer("prusa", program(tmp_path / "bin", "time.sleep(600)"))
    model = box(tmp_path / "m.stl", 10, 10, 2)
    with pytest.raises(PrintCancelled):
        slice_model(model, PROFILE, out, program=slicer, cancelled=lambda: True)


def test_the_environment_is_built_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRINTD_SECRET", "42")
    teller = program(
        tmp_path / "bin",
        "print(sorted(os.environ), os.environ['HOME'], os.getcwd(), os.nice(0), "
        "sys.stdin.read() == '', os.umask(0), resource.getrlimit(resource.RLIMIT_CORE), "
        "os.getpgid(0) == os.getpid())",
    )
    argv = [str(teller), "--output", "o", "m"]
    run = run_slicer(argv, tmp_path, Limits(20, 20), tmp_path / "log")
    names = ["HOME", "LANG", "PATH", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"]
    names += ["XDG_DATA_HOME", "XDG_RUNTIME_DIR"]
    # LC_CTYPE: Python adds it to itself.
    shown = run.stdout.replace("'LC_CTYPE', ", "").strip()
    assert shown == f"{names} {tmp_path} {tmp_path} 10 True {0o077} (0, 0) True"


def test_a_missing_slicer_is_said(tmp_path: Path) -> None:
    with pytest.raises(SlicerMissing, match="none"):
        find_slicer("prusa", tmp_path / "none")


def test_a_program_without_the_right_to_run_is_a_missing_slicer(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "")
    path.chmod(0o644)
    with pytest.raises(SlicerMissing):
        find_slicer("prusa", path)


@pytest.mark.parametrize("words", ["GNU bash, version 5", ""])
def test_a_program_that_is_no_slicer_is_a_missing_slicer(tmp_path: Path, words: str) -> None:
    path = tmp_path / "prusa-slicer"
    path.write_text(f"#!/bin/sh\necho '{words}'\n")
    path.chmod(0o755)
    with pytest.raises(SlicerMissing, match="does not say"):
        find_slicer("prusa", path)


def test_a_slicer_that_vanishes_before_it_starts_is_said(tmp_path: Path, out: Path) -> None:
    path = program(tmp_path / "bin", "")
    slicer = find_slicer("prusa", path)
    path.unlink()
    model = box(tmp_path / "m.stl", 10, 10, 2)
    with pytest.raises(PrintdError, match="No such file"):
        slice_model(model, PROFILE, out, program=slicer)


@pytest.mark.peer("prusa-slicer")
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
@pytest.mark.parametrize("size_kb", [20, 64])
def test_a_full_disk_is_said_and_passes(tmp_path: Path, size_kb: int) -> None:
    model = box(tmp_path / "m.stl", 30, 30, 10)
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(disk)], check=True
    )
    try:
        with pytest.raises(DiskFull):
            slice_model(model, PROFILE, disk)
        assert {path.name for path in disk.iterdir()} <= {"slice.log"}
    finally:
        subprocess.run(["umount", str(disk)], check=True)


PARENT = """\
import sys
from pathlib import Path
from printd.slicers.run import Limits, run_slicer
folder = Path(sys.argv[1])
run_slicer([sys.argv[2], "--output", "o", "m"], folder, Limits(600, 600), folder / "log")
"""


def test_a_killed_parent_leaves_no_slicer(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    slicer = program(
        tmp_path / "bin",
        f"open('{pid_file}', 'w').write(str(os.getpid()) + ' ')\ntime.sleep(600)",
    )
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), str(slicer)])
    pid = int(waited_for(pid_file))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert is_gone(pid)


def waited_for(path: Path) -> str:
    deadline_s = time.monotonic() + 20
    while time.monotonic() < deadline_s:
        if path.exists() and path.read_text().endswith(" "):
            return path.read_text()
        time.sleep(0.01)
    raise AssertionError(f"{path.name} did not appear")


def is_gone(pid: int) -> bool:
    """Wait a moment for the kernel; a zombie counts as gone."""
    deadline_s = time.monotonic() + 5
    while time.monotonic() < deadline_s:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    return False
