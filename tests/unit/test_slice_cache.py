"""Slices that were made before: found by what decides them, served only as they were judged."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from printd.core.errors import NotYet
from printd.core.files import JobFolders, sha256_of
from printd.core.print_settings import PrintSettings
from printd.core.shipped import shipped
from printd.slicers.base import Program
from printd.slicers.cache import SliceCache, slice_key
from printd.slicers.profiles import composed, load_profile, with_settings

KEY = 64 * "a"
GCODE, REPORT = JobFolders.GCODE, JobFolders.REPORT


@pytest.fixture
def cache(tmp_path: Path) -> SliceCache:
    return SliceCache(tmp_path / "slices", 1200)


def sliced(folder: Path, content: bytes = b"G1 X1\n") -> Path:
    """Return a folder as slicing leaves it."""
    folder.mkdir(parents=True)
    (folder / GCODE).write_bytes(content)
    report = {"files": {GCODE: sha256_of(folder / GCODE)}, "layers": 3}
    (folder / REPORT).write_text(json.dumps(report))
    return folder


def test_what_was_sliced_once_is_put_into_the_next_job(cache: SliceCache, tmp_path: Path) -> None:
    first, second = sliced(tmp_path / "one"), tmp_path / "two"
    second.mkdir()
    (second / GCODE).write_text("old")

    assert cache.get(KEY, second) is None
    cache.put(KEY, first)
    report = cache.get(KEY, second)

    assert report is not None
    assert report["layers"] == 3
    assert (second / GCODE).read_bytes() == b"G1 X1\n"
    assert sorted(path.name for path in second.iterdir()) == [GCODE, REPORT]


def test_a_slice_whose_bytes_have_changed_is_never_served(
    cache: SliceCache, tmp_path: Path
) -> None:
    first = sliced(tmp_path / "one")
    cache.put(KEY, first)
    # The file is shared: a program that writes into the job's copy changes the cached one.
    with (first / GCODE).open("ab") as stream:
        stream.write(b"M104 S400\n")

    assert cache.get(KEY, tmp_path) is None
    assert not (tmp_path / GCODE).exists()
    assert not (cache.folder / KEY).exists()


@pytest.mark.parametrize("left", ["nothing", "no report", "half a report", "no file"])
def test_half_an_entry_is_no_slice(cache: SliceCache, tmp_path: Path, left: str) -> None:
    cache.put(KEY, sliced(tmp_path / "one"))
    entry = cache.folder / KEY
    if left in ("nothing", "no file"):
        (entry / GCODE).unlink()
    if left in ("nothing", "no report"):
        (entry / REPORT).unlink()
    if left == "half a report":
        (entry / REPORT).write_text('{"files": {"ab')

    assert cache.get(KEY, tmp_path) is None


def test_a_report_that_has_changed_is_never_served(cache: SliceCache, tmp_path: Path) -> None:
    cache.put(KEY, sliced(tmp_path / "one"))
    report = cache.folder / KEY / REPORT
    report.write_text(report.read_text().replace('"layers": 3', '"layers": 4'))

    assert cache.get(KEY, tmp_path) is None
    assert not (cache.folder / KEY).exists()


@pytest.mark.parametrize("place", ["is a file", "is nowhere", "is full"])
def test_a_cache_that_cannot_be_used_harms_no_job(
    cache: SliceCache,
    tmp_path: Path,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if place == "is a file":
        cache.folder.write_text("not a folder")
    elif place == "is nowhere":
        cache.folder.symlink_to("/proc/nowhere")
    else:
        monkeypatch.setattr(os, "link", refusing(errno.ENOSPC))

    cache.put(KEY, sliced(tmp_path / "one"))

    assert "is not kept for other jobs" in caplog.text
    assert cache.get(KEY, tmp_path) is None


def test_what_cannot_be_linked_into_a_job_is_sliced_again(
    cache: SliceCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(KEY, sliced(tmp_path / "one"))
    monkeypatch.setattr(os, "link", refusing(errno.EMLINK))
    assert cache.get(KEY, tmp_path) is None


def test_one_who_makes_room_meanwhile_harms_nobody(
    cache: SliceCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(KEY, sliced(tmp_path / "one"))
    link = os.link

    def late(file: Path, name: Path, **words: bool) -> None:
        shutil.rmtree(cache.folder / KEY, ignore_errors=True)
        link(file, name, **words)

    monkeypatch.setattr(os, "link", late)
    assert cache.get(KEY, tmp_path) is None


def refusing(number: int) -> Callable[..., None]:
    def refuse(*_paths: Path, **_words: bool) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_the_same_is_made_by_one_at_a_time(cache: SliceCache) -> None:
    with cache.alone(KEY):
        with cache.alone(64 * "b"):
            pass
        with pytest.raises(NotYet, match="is being sliced for another job"), cache.alone(KEY):
            pass
    with cache.alone(KEY):
        pass


def test_the_least_used_slices_make_room(cache: SliceCache, tmp_path: Path) -> None:
    for number in range(3):
        cache.put(f"{number}", sliced(tmp_path / f"job{number}", 400 * bytes([65 + number])))
        os.utime(cache.folder / f"{number}", (number, number))
    assert cache.get("1", tmp_path) is not None  # used just now

    cache.put("3", sliced(tmp_path / "job3", 400 * b"Z"))

    assert {entry.name for entry in cache.folder.iterdir()} == {"1", "3"}
    assert (tmp_path / "job0" / GCODE).read_bytes() == 400 * b"A"


def test_what_a_crash_has_left_is_swept_at_the_next_start(
    cache: SliceCache, tmp_path: Path
) -> None:
    cache.sweep()
    cache.put(KEY, sliced(tmp_path / "one"))
    sliced(cache.folder / ".begun-1")

    cache.tidy()
    assert (cache.folder / ".begun-1").exists()  # perhaps another child is at it
    cache.sweep()

    assert [entry.name for entry in cache.folder.iterdir()] == [KEY]


def test_whatever_decides_the_bytes_or_the_verdict_is_in_the_name(tmp_path: Path) -> None:
    model, other = tmp_path / "a.stl", tmp_path / "b.stl"
    model.write_bytes(b"solid")
    other.write_bytes(b"other")
    profile = load_profile("generic", [shipped("profiles")])
    asked = PrintSettings()
    program = Program("prusa", Path("/usr/bin/prusa-slicer"), "2.5.0")

    def key(model: Path = model, **changed: object) -> str:
        parts = {"profile": profile, "asked": asked, "program": program, **changed}
        return slice_key(model, **parts)  # type: ignore[arg-type]

    keys = {
        key(),
        key(other),
        key(profile=with_settings(profile, {"brim_width": "3"})),
        key(profile=composed(profile, material="PETG")),
        key(asked=PrintSettings(supports="auto")),
        key(program=replace(program, version="2.9.2")),
        key(program=replace(program, kind="orca")),
    }

    assert len(keys) == 7
    assert key() in keys
    assert key(program=replace(program, path=Path("/opt/prusa-slicer"))) == key()


def test_a_report_that_names_no_file_is_no_slice(cache: SliceCache, tmp_path: Path) -> None:
    folder = sliced(tmp_path / "one")
    (folder / REPORT).write_text(json.dumps({"layers": 3}))
    cache.put(KEY, folder)
    assert cache.get(KEY, tmp_path) is None
