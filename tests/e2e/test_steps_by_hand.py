"""``relief``, ``slice`` and ``lint`` without a daemon: what is said before anything is made."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.peers.typed import typed
from tests.photos import encoded, textured


def printd(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return typed([*map(str, words)], folder=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(encoded(textured(64, 64), "PNG"))
    (tmp_path / "a.stl").write_bytes(b"solid x\nendsolid x\n")
    (tmp_path / "taken").mkdir()
    return tmp_path


@pytest.mark.parametrize("out", ["none/x", "a.png/x", "taken"])
def test_a_result_that_has_no_place_is_66_before_anything_is_made(folder: Path, out: str) -> None:
    before = sorted(os.listdir(folder))  # noqa: PTH208 - names
    for words in (
        ("relief", "a.png", "-o", out),
        ("relief", "a.png", "-o", "a2.stl", "--preview", out),
        ("slice", "a.stl", "--printer", "generic", "-o", out),
    ):
        done = printd(folder, *words)

        assert done.returncode == 66, (words, done.stderr)
        assert "[no_such_file]" in done.stderr
        assert "folder" in done.stderr
        assert "start printd again" not in done.stderr
    assert sorted(os.listdir(folder)) == before  # noqa: PTH208


def test_a_step_by_hand_speaks_of_no_job(folder: Path) -> None:
    for words in (
        ("slice", "a.stl", "--printer", "nosuch", "-o", "x.gcode"),
        ("lint", "a.png", "--printer", "nosuch"),
        ("slice", "a.stl", "--printer", "nosuch", "-o", "x.gcode", "--json"),
    ):
        done = printd(folder, *words)

        assert done.returncode == 1, done.stderr
        assert "then try again." in done.stderr
        assert "JOB" not in done.stdout + done.stderr


def test_a_soft_photo_is_noted_in_a_sentence_without_a_code(folder: Path) -> None:
    done = printd(folder, "relief", "a.png", "-o", "b.stl", "--mesh-quality", 128)

    assert done.returncode == 0, done.stderr
    assert "note: The picture has 64 by 64 pixels" in done.stderr
