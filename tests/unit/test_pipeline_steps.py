"""Steps before the printer: what they say when the photo, the mesher or the size is not right."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from printd.core.board import OFFLINE
from printd.core.clock import utc_now
from printd.core.errors import DiskError, InternalError, ModelTooLarge, NotYet
from printd.core.files import JobFolders
from printd.core.jobs import State
from printd.pipeline.meshing import collect_mesh, may_order
from printd.pipeline.record import write_record
from printd.pipeline.slicing import slice_model
from tests.peers.floor import Floor

S = State


def test_a_photo_that_is_not_what_was_taken_is_not_ordered(floor: Floor) -> None:
    job = floor.job_in(S.RECEIVED)
    with pytest.raises(DiskError, match="not what was taken"):
        may_order(job, floor.tools)


def test_a_photo_that_is_gone_holds_the_job_and_the_daemon_lives_on(floor: Floor) -> None:
    job = floor.job_in(S.RECEIVED)
    (floor.folders.of(job.id) / JobFolders.PHOTO).unlink()
    assert floor.step(job).state is S.HELD


def test_a_job_folder_that_somebody_removed_gets_no_record(floor: Floor) -> None:
    job = floor.job_in(S.RECEIVED)
    write_record(floor.store, floor.folders, job.number)
    folder = floor.folders.of(job.id)
    assert (folder / JobFolders.RECORD).exists()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    write_record(floor.store, floor.folders, job.number)
    assert not folder.exists()


def test_a_record_may_be_written_by_several_threads_at_once(floor: Floor) -> None:
    number = floor.job_in(S.RECEIVED).number

    def write(_: int) -> None:
        write_record(floor.store, floor.folders, number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(400)))  # a fault of a thread is raised here

    folder = floor.folders.of(floor.store.job(number).id)
    assert json.loads((folder / JobFolders.RECORD).read_text())["number"] == number


def test_a_mesher_that_is_gone_is_a_fault(floor: Floor) -> None:
    job = floor.store.advance(floor.job_in(S.RECEIVED), S.ORDERED, {"ticket": TICKET})
    with pytest.raises(InternalError, match="'relief', which is gone"):
        collect_mesh(job, floor.tools)


TICKET = {"mesher": "relief", "order": "1", "details": {}}


def test_without_a_printer_nothing_is_sliced(floor: Floor) -> None:
    job = floor.job_in(S.PRINTABLE)
    floor.config = floor.config.model_copy(update={"printers": {}})
    with pytest.raises(NotYet, match="No printer is configured"):
        slice_model(job, floor.tools)


def test_too_many_copies_are_said_with_how_many_there_is_room_for(floor: Floor) -> None:
    large = {"model": {"size_mm": [100.0, 60.0, 12.0]}}
    job = floor.store.advance(floor.job_in(S.MESHED), S.PRINTABLE, large)
    job = replace(job, settings={**job.settings, "print": {"copies_on_bed": 9}})
    with pytest.raises(ModelTooLarge, match=r"9 of .* do not fit .*; 6 would") as refused:
        slice_model(job, floor.tools)
    assert refused.value.action.startswith("Set copies_on_bed to 6")


def test_a_model_that_fits_no_printer_is_said_with_its_size_whatever_else_is_wrong(
    floor: Floor,
) -> None:
    large = {"model": {"size_mm": [400.0, 60.0, 12.0]}}
    job = floor.store.advance(floor.job_in(S.MESHED), S.PRINTABLE, large)
    for printer in floor.printers:
        floor.fleet.saw(printer, OFFLINE, utc_now())
    with pytest.raises(ModelTooLarge, match=r"400\.0 x 60\.0 x 12\.0 mm does not fit"):
        slice_model(job, floor.tools)
