"""``printd mend``: somebody's mesh by hand, told in words and as JSON."""

import json
import subprocess
from pathlib import Path

import pytest

from printd.geometry.files.meshio import read_stl
from printd.geometry.mesh.mesh import check_closed
from tests.peers.mesh_fixtures import fixture
from tests.peers.typed import typed


def mend(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return typed(["mend", *map(str, words)], folder=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shell.glb").write_bytes(fixture("F5"))
    (tmp_path / "page.glb").write_bytes(fixture("F13-html"))
    return tmp_path


def test_a_mesh_is_mended_drawn_and_told_of(folder: Path) -> None:
    done = mend(folder, "shell.glb", "-o", "out.stl", "--longest-mm", 50, "--preview", "out.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out.stl: ")
    assert "hollow shell" in done.stdout
    assert (folder / "out.png").read_bytes().startswith(b"\x89PNG")
    mesh = read_stl(folder / "out.stl")
    assert check_closed(mesh).is_closed
    assert mesh.bounds_mm[1].max() == pytest.approx(50, abs=0.01)


def test_json_holds_the_whole_report(folder: Path) -> None:
    done = mend(folder, "shell.glb", "-o", "out.stl", "--up", "z", "--json")
    report = json.loads(done.stdout)
    assert report["size_mm"][1] == pytest.approx(100, abs=0.01)  # its y was taken for depth
    assert "hollow" in [one["code"] for one in report["mended"]["done"]]
    assert report["mended"]["before"]["volume_mm3"] < 0.1 * report["volume_mm3"]


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("page.glb", "-o", "out.stl"), 1, "mesh_unreadable"),
        (("none.glb", "-o", "out.stl"), 66, "no_such_file"),
        (("shell.glb", "-o", "shell.glb"), 64, "setting_invalid"),
        (("shell.glb", "-o", "out.stl", "--longest-mm", "0"), 64, "setting_invalid"),
        (("shell.glb", "-o", "out.stl", "--longest-mm", "nan"), 64, "setting_invalid"),
        (("shell.glb", "-o", "out.stl", "--preview", "out.jpg"), 64, "setting_invalid"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    folder: Path, words: tuple[str, ...], exit_code: int, code: str
) -> None:
    done = mend(folder, *words)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert f"[{code}]" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["page.glb", "shell.glb"]
