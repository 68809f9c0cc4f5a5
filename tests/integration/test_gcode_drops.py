"""G-code in the drop folder: off by default; taken, refused and known again as photos are."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from printd.core.compute import Compute
from printd.core.files import JobFolders
from printd.core.given import Given
from printd.core.jobs import State
from printd.core.recipes import Order
from printd.core.store import NewJob
from printd.pipeline.judging import Candidate
from printd.pipeline.record import write_record
from printd.pipeline.sweeping import sweep
from tests.integration.test_inbox import INCOMPLETE_S, SETTLE_S, Place, picture
from tests.peers.computing import shared_compute
from tests.peers.containers import whole
from tests.peers.floor import GENERIC
from tests.peers.gcode_corpus import END, PRINT, START

GOOD = (START + PRINT + END).encode()
TOO_HOT = (START + "M104 S400\n" + PRINT + END).encode()
PLAIN = Candidate("p1", frozenset({".gcode"}), GENERIC)
Opened = Callable[..., Place]


@pytest.fixture(scope="module")
def compute() -> Compute:
    return shared_compute()


@pytest.fixture
def opened(tmp_path: Path, compute: Compute) -> Iterator[Opened]:
    """Open a drop folder that takes G-code for one printer."""
    with ExitStack() as stack:

        def opened(**drop: Any) -> Place:
            place = Place(tmp_path, compute, candidates=[PLAIN], **{"gcode": True, **drop})
            stack.callback(place.close)
            return place

        yield opened


def test_it_is_off_by_default_and_said_how_to_switch_it_on(
    tmp_path: Path, compute: Compute
) -> None:
    place = Place(tmp_path, compute, candidates=[PLAIN])
    for name in ("part.gcode", "PART.GCODE", "part.bgcode", "part.gcode.3mf"):
        place.put(name, GOOD)
    place.settle()
    for name in ("part.gcode", "PART.GCODE", "part.bgcode", "part.gcode.3mf"):
        assert "code: gcode_off" in place.sentence(name)
    assert "write `gcode: true` under `drop:`" in place.sentence("part.gcode")
    assert (place.jobs, place.left) == ([], set())
    place.assert_no_litter()
    place.close()


def test_a_good_file_is_a_job_that_is_sliced(opened: Opened) -> None:
    place = opened()
    place.put("part.gcode", GOOD, "keychain")
    place.settle()
    (job,) = place.jobs
    assert (job.name, job.state, job.given) == ("part.gcode", State.SLICED, Given.GCODE)
    assert job.facts["gcode"]["verdict"]["level"] == "foreign"
    folder = place.folders.of(job.id)
    pictures = {JobFolders.TOOLPATH, JobFolders.STRIP}
    assert {file.name for file in folder.iterdir()} == {"print.gcode", "job.json", *pictures}
    assert (folder / "print.gcode").read_bytes() == GOOD
    assert place.left == set()


def test_a_bad_file_is_refused_with_line_and_rule_and_is_no_job(opened: Opened) -> None:
    place = opened()
    place.put("hot.gcode", TOO_HOT)
    place.settle()
    said = place.sentence("hot.gcode")
    assert said.startswith("The G-code is refused for p1 (generic). G2, line 8: ")
    assert "code: gcode_refused" in said
    assert (place.jobs, place.rejected) == ([], ["gcode_refused"])
    place.assert_no_litter()


def test_binary_gcode_is_refused_by_name(opened: Opened) -> None:
    place = opened()
    place.put("part.bgcode", b"GCDE\1\0\0\0\1\0" + bytes(range(256)))
    place.settle()
    assert "the file is binary G-code, not plain G-code" in place.sentence("part.bgcode")


def test_a_picture_in_disguise_is_refused(opened: Opened) -> None:
    place = opened()
    place.put("cat.gcode", picture())
    place.put("part.jpg", GOOD)
    place.settle()
    assert "control character" in place.sentence("cat.gcode")
    assert "code: photo_unreadable" in place.sentence("part.jpg")


def test_a_container_is_refused_where_no_printer_takes_it(opened: Opened, tmp_path: Path) -> None:
    place = opened()
    place.put("part.gcode.3mf", whole(tmp_path / "x", GOOD).read_bytes())
    place.settle()
    said = place.sentence("part.gcode.3mf")
    assert "No printer of this configuration takes .gcode.3mf files." in said
    assert "Export plain G-code" in said


def test_a_file_that_is_cut_off_is_waited_for_then_refused(opened: Opened) -> None:
    place = opened()
    place.put("part.gcode", GOOD[: len(GOOD) // 2])
    place.settle()
    assert place.notes == ["part.gcode: waiting for the rest of it"]
    place.wait(INCOMPLETE_S + 60)
    assert "the file may be cut off" in place.sentence("part.gcode")
    assert place.jobs == []


def test_a_file_whose_rest_comes_is_taken(opened: Opened) -> None:
    place = opened()
    path = place.put("part.gcode", GOOD[: len(GOOD) // 2])
    place.settle()
    with path.open("ab") as stream:
        stream.write(GOOD[len(GOOD) // 2 :])
    place.wait(120)
    assert place.names == ["part.gcode"]
    assert place.notes == []


def test_a_file_that_is_too_large_is_refused_unread(opened: Opened) -> None:
    place = opened()
    path = place.put("part.gcode", GOOD)
    os.truncate(path, 501_000_000)  # sparse: it takes no room
    place.settle()
    assert "501 MB; up to 500 MB are taken." in place.sentence("part.gcode")
    place.assert_no_litter()


def test_an_empty_file_is_refused_as_any_other(opened: Opened) -> None:
    place = opened()
    place.put("part.gcode", b"")
    place.settle()
    place.wait(120)
    assert "code: photo_empty" in place.sentence("part.gcode")


def test_settings_beside_gcode_are_refused_with_it(opened: Opened) -> None:
    place = opened()
    place.put("part.gcode", GOOD)
    place.put("part.gcode.yaml", b"width_mm: 30\n")
    place.settle()
    assert "G-code is printed as it is" in place.sentence("part.gcode")
    assert (place.jobs, place.left) == ([], set())


def test_the_same_file_again_is_held_and_goes_on_where_it_was(opened: Opened) -> None:
    place = opened()
    for name in ("part.gcode", "copy.gcode"):
        place.put(name, GOOD)
        place.settle()
    first, second = place.jobs
    assert (first.state, second.state, second.held_from) == (
        State.SLICED,
        State.HELD,
        State.SLICED,
    )
    assert second.because is not None
    assert second.because.problem.startswith("This G-code was taken on ")
    assert second.because.problem.endswith("as #1 (waiting for a printer).")
    assert place.store.resume(second, who="ann").state is State.SLICED


@pytest.mark.parametrize(("policy", "jobs"), [("print", 2), ("skip", 1)])
def test_what_the_configuration_says_of_duplicates_holds(
    opened: Opened, policy: str, jobs: int
) -> None:
    place = opened(on_duplicate=policy)
    for name in ("part.gcode", "copy.gcode"):
        place.put(name, GOOD)
        place.settle()
    assert [job.state for job in place.jobs] == [State.SLICED] * jobs
    assert (place.drop / "_done" / "copy.gcode").exists() == (policy == "skip")


def test_again_prints_it_once_more(opened: Opened) -> None:
    place = opened()
    place.put("part.gcode", GOOD)
    place.settle()
    place.put("any.gcode", GOOD, "again")
    place.settle()
    first, second = place.jobs
    assert (second.state, second.again_of) == (State.SLICED, first.number)
    assert (second.name, second.settings) == ("part.gcode", first.settings)


def test_a_taken_file_is_kept_where_that_is_wanted(opened: Opened) -> None:
    place = opened(keep_done=True)
    place.put("part.gcode", GOOD)
    place.settle()
    assert (place.drop / "_done" / "part.gcode").read_bytes() == GOOD


def test_photos_are_taken_as_ever_beside_it(opened: Opened) -> None:
    place = opened()
    place.put("cat.png", picture())
    place.put("part.gcode", GOOD)
    place.settle()
    assert {job.name: job.state for job in place.jobs} == {
        "cat.png": State.RECEIVED,
        "part.gcode": State.SLICED,
    }


# What a crash has left.


def test_a_copy_that_was_never_accepted_is_swept_and_taken_again(opened: Opened) -> None:
    place = opened()
    place.put("part.gcode", GOOD)
    copied = place.taker.copy(place.drop / "part.gcode", given=Given.GCODE)
    assert copied.state is State.SLICED
    sweep(place.store, place.folders)
    assert not copied.folder.exists()
    place.settle()
    assert place.names == ["part.gcode"]


def test_a_drop_that_was_accepted_is_not_taken_twice(opened: Opened) -> None:
    place = opened()
    path = place.put("part.gcode", GOOD)
    copied = place.taker.copy(path, given=Given.GCODE)
    order = Order("", {"given": ".gcode"})
    place.taker.accept(copied, path.name, order, who="x", fingerprint=copied.fingerprint)
    place.settle()
    assert (place.names, place.left) == (["part.gcode"], set())


def test_gcode_without_a_row_is_held_and_judged_before_it_goes_on(opened: Opened) -> None:
    place = opened()
    folder = place.folders.new()
    (folder / JobFolders.GCODE).write_bytes(GOOD)
    lost = NewJob(folder.name, "part.gcode", "", {"given": ".gcode"}, "0" * 64)
    write_record(place.store, place.folders, place.store.accept(lost).number)
    with place.database.write() as connection:
        connection.execute("DELETE FROM job")
    sweep(place.store, place.folders)
    (job,) = place.jobs
    assert (job.state, job.held_from, job.given) == (State.HELD, State.RECEIVED, Given.GCODE)


def test_the_settle_time_is_that_of_photos(opened: Opened) -> None:
    place = opened()
    path = place.put("part.gcode", GOOD)
    place.look()
    place.look(SETTLE_S / 2)
    path.touch()
    place.look(SETTLE_S / 2)
    assert place.jobs == []
    place.look(SETTLE_S)
    assert len(place.jobs) == 1
