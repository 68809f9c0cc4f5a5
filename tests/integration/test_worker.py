"""The worker: which job is looked at when, on real threads over a floor of still printers."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from printd.core.board import Evidence
from printd.core.clock import utc_now
from printd.core.errors import DiskFailed, DiskFull, PrinterOffline
from printd.core.files import JobFolders
from printd.core.jobs import AT_PRINTER, State
from printd.core.matching import Offer
from printd.daemon.worker import ROOM_AGAIN_S, Worker
from printd.pipeline.turns import Line
from printd.printers.base import PrintFile
from tests.peers.floor import Floor
from tests.peers.still_printer import StillPrinter
from tests.peers.stores import clear_bed
from tests.peers.virtual_printer import wait_until

S = State
A_WHILE_S = 3600.0


class Crew:
    """A worker on a floor, driven by ticks; the printers are looked at when something moved."""

    def __init__(self, floor: Floor, *, net_lanes: int = 4) -> None:
        self.floor = floor
        self.offers_read = 0
        self.when_offered: Callable[[], None] = lambda: None
        self.asked = 0
        self.refuse_asking: Exception | None = None
        self.moved: list[str | None] = []
        self.faults: list[BaseException] = []
        self.worker = Worker(
            floor.store,
            replace(floor.tools, offers=self._offers, line=Line(floor.store, self._offers)),
            cpu_lanes=1,
            net_lanes=net_lanes,
            asked=self._asked,
            moved=self._on_move,
            failed=self.faults.append,
            beat=lambda: None,
        )

    def _offers(self) -> list[Offer]:
        self.offers_read += 1
        self.when_offered()
        return list(self.floor.offers())

    def _asked(self) -> None:
        self.asked += 1
        if self.refuse_asking:
            raise self.refuse_asking

    def _on_move(self, printer: str | None) -> None:
        self.moved.append(printer)
        self.floor.look()
        self.worker.wake_waiting()

    def tick(self, later_s: float = 0.0) -> None:
        """Hand out what is due, and wait until the lanes are empty."""
        self.worker.tick(time.monotonic() + later_s)
        wait_until(self.worker.is_idle, "the lanes are empty")
        assert self.faults == []

    def state_of(self, number: int) -> State:
        return self.floor.store.job(number).state

    def close(self) -> None:
        stop = threading.Event()
        stop.set()
        self.worker.run(stop)


@contextmanager
def crew_of(floor: Floor, net_lanes: int = 4) -> Iterator[Crew]:
    crew = Crew(floor, net_lanes=net_lanes)
    yield crew
    crew.close()


@pytest.fixture
def crew(floor: Floor) -> Iterator[Crew]:
    with crew_of(floor) as made:
        yield made


# From state to state.


def test_a_job_goes_from_sliced_to_printed_step_by_step(crew: Crew, floor: Floor) -> None:
    job = floor.job_in(S.SLICED)
    clear_bed(floor.store)
    states = []
    for _ in range(3):
        crew.tick()
        states.append(crew.state_of(job.number))
    assert states == [S.ASSIGNED, S.UPLOADED, S.PRINTING]
    floor.left.end(Evidence.FINISHED)
    floor.look()
    crew.tick(A_WHILE_S)
    assert crew.state_of(job.number) is S.PRINTED
    assert crew.moved == ["left"] * 4


def test_every_move_is_written_beside_the_files(crew: Crew, floor: Floor) -> None:
    job = floor.job_in(S.SLICED)
    clear_bed(floor.store)
    crew.tick()
    record = (floor.folders.of(job.id) / JobFolders.RECORD).read_text()
    assert '"state": "assigned"' in record


def test_ended_and_held_jobs_are_left_alone(crew: Crew, floor: Floor) -> None:
    floor.store.stop(floor.job_in(S.SLICED, 1), S.HELD, PrinterOffline("x"))
    floor.store.cancelled(floor.job_in(S.SLICED, 2), "Not wanted.", who="ann")
    crew.tick(A_WHILE_S)
    assert (crew.moved, crew.offers_read) == ([], 0)


# Order.


def test_the_first_come_gets_the_printer(floor: Floor) -> None:
    for number in (1, 2, 3):
        floor.job_in(S.SLICED, number)
    clear_bed(floor.store)
    with crew_of(floor, net_lanes=1) as crew:
        for _ in range(8):
            crew.tick()
        assert [crew.state_of(number) for number in (1, 2, 3)] == [S.PRINTING, S.SLICED, S.SLICED]


def test_what_prints_is_looked_at_before_what_waits(floor: Floor) -> None:
    floor.job_in(S.SLICED, 1)
    floor.job_in(S.PRINTING, 2)
    floor.left.end(Evidence.FINISHED)
    with crew_of(floor, net_lanes=1) as crew:
        seen: list[State] = []
        crew.when_offered = lambda: seen.append(crew.state_of(2))
        crew.tick()
        assert crew.state_of(2) is S.PRINTED
        crew.tick()
        assert set(seen) == {S.PRINTED}


def test_a_full_lane_delays_and_loses_nothing(floor: Floor) -> None:
    for number, printer in enumerate(("left", "right"), start=1):
        floor.job_in(S.SLICED, number)
        clear_bed(floor.store, printer)
    with crew_of(floor, net_lanes=1) as crew:
        for _ in range(8):
            crew.tick()
        assert {crew.state_of(number) for number in (1, 2)} <= AT_PRINTER


def test_a_slow_printer_holds_up_nobody_else(floor: Floor) -> None:
    slow = SlowPrinter("left")
    floor.printers["left"] = slow
    first = floor.job_in(S.ASSIGNED, 1)
    second = floor.job_in(S.ASSIGNED, 2, printer="right")
    with crew_of(floor) as crew:
        crew.worker.tick(time.monotonic())
        wait_until(lambda: crew.state_of(second.number) is S.UPLOADED, "the other goes on")
        assert crew.state_of(first.number) is S.ASSIGNED
        crew.worker.tick(time.monotonic())  # what is under way is not begun again
        slow.go_on.set()
        wait_until(lambda: crew.state_of(first.number) is S.UPLOADED, "the slow one is done")
        wait_until(crew.worker.is_idle, "the lanes are empty")
        assert slow.uploads == 1


def test_lanes_for_a_new_printer_are_there_at_once_and_fewer_end_nothing(floor: Floor) -> None:
    slow = SlowPrinter("left")
    floor.printers["left"] = slow
    first = floor.job_in(S.ASSIGNED, 1)
    second = floor.job_in(S.ASSIGNED, 2, printer="right")
    with crew_of(floor, net_lanes=1) as crew:
        crew.worker.tick(time.monotonic())
        assert slow.began.wait(10)  # it has the only lane
        crew.worker.use_net_lanes(2)
        crew.worker.tick(time.monotonic())
        wait_until(lambda: crew.state_of(second.number) is S.UPLOADED, "the other has a lane")
        crew.worker.use_net_lanes(0)
        slow.go_on.set()
        wait_until(crew.worker.is_idle, "the slow one is done")
        crew.tick()
        states = [crew.state_of(number) for number in (first.number, second.number)]
        assert states == [S.UPLOADED, S.UPLOADED]


# Waiting.


def test_a_job_without_a_printer_is_parked_until_something_changes(
    crew: Crew, floor: Floor
) -> None:
    job = floor.job_in(S.SLICED)
    for _ in range(5):
        crew.tick()
    assert crew.offers_read == 1
    clear_bed(floor.store)
    crew.worker.wake()
    crew.tick()
    assert crew.offers_read == 1
    crew.worker.wake_waiting()
    crew.tick()
    assert crew.state_of(job.number) is S.ASSIGNED


def test_a_parked_job_is_looked_at_again_after_a_while(crew: Crew, floor: Floor) -> None:
    floor.job_in(S.SLICED)
    crew.tick()
    crew.tick(A_WHILE_S)
    assert crew.offers_read == 2


def test_a_floor_full_of_waiting_jobs_is_at_rest(floor: Floor) -> None:
    for number in range(1, 6):
        floor.job_in(S.SLICED, number)
    floor.job_in(S.PRINTING, 6)
    crew = Crew(floor)
    stop = threading.Event()
    thread = threading.Thread(target=crew.worker.run, args=(stop,))
    thread.start()
    wait_until(lambda: crew.offers_read == 1, "all were looked at together")
    time.sleep(0.6)  # a loop that does not rest would look thousands of times
    stop.set()
    crew.worker.wake()
    thread.join(10)
    assert not thread.is_alive()
    assert crew.offers_read == 1


def test_a_step_that_is_tried_again_later_is_not_tried_now(crew: Crew, floor: Floor) -> None:
    job = floor.job_in(S.SLICED)
    clear_bed(floor.store)
    floor.store.retry(job, PrinterOffline("It does not answer."), utc_now())
    crew.tick()
    crew.worker.wake_waiting()
    crew.tick()
    assert crew.offers_read == 0


def test_a_wish_to_cancel_is_followed_at_once(crew: Crew, floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.look()
    crew.tick()
    floor.store.want_cancel(job, "ann")
    crew.worker.wake_waiting()
    crew.tick()
    assert floor.left.running is None


# What other programs ask.


def test_people_are_asked_once_for_each_change_by_another_program(crew: Crew, floor: Floor) -> None:
    for _ in range(3):
        crew.tick()
    assert crew.asked == 1


def test_what_could_not_be_written_is_tried_when_there_may_be_room(
    crew: Crew, floor: Floor
) -> None:
    crew.refuse_asking = DiskFull("No room.")
    crew.tick()
    crew.tick(ROOM_AGAIN_S - 1)
    assert crew.asked == 1
    crew.refuse_asking = None
    crew.tick(ROOM_AGAIN_S + 1)
    crew.tick(ROOM_AGAIN_S + 1)
    assert crew.asked == 2


# Faults.


def test_a_full_disk_in_a_start_is_found_out_by_evidence_later(floor: Floor) -> None:
    floor.printers["left"] = printer = FullDisk("left")
    job = floor.job_in(S.UPLOADED)
    with crew_of(floor) as crew:
        crew.tick()
        assert crew.state_of(job.number) is S.UPLOADED
        crew.tick()
        assert printer.commands == [job.print_name]
        crew.tick(ROOM_AGAIN_S + 1)
        assert crew.state_of(job.number) is S.PRINTING
        assert printer.commands == [job.print_name]


def test_a_disk_that_failed_in_a_step_is_handed_on(floor: Floor) -> None:
    floor.printers["left"] = FailedDisk("left")
    floor.job_in(S.UPLOADED)
    with crew_of(floor) as crew:
        crew.worker.tick(time.monotonic())
        wait_until(lambda: bool(crew.faults), "the fault is handed on")
        assert [type(fault) for fault in crew.faults] == [DiskFailed]


class SlowPrinter(StillPrinter):
    """A printer that takes its time with an upload."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.began = threading.Event()
        self.go_on = threading.Event()
        self.uploads = 0

    def upload(self, file: PrintFile, print_name: str) -> None:
        self.uploads += 1
        self.began.set()
        assert self.go_on.wait(10)
        super().upload(file, print_name)


class FullDisk(StillPrinter):
    """A printer whose adapter finds our disk full after the command has left."""

    def start(self, print_name: str) -> None:
        super().start(print_name)
        raise DiskFull("No room for the answer.")


class FailedDisk(StillPrinter):
    """A printer whose adapter finds our disk broken after the command has left."""

    def start(self, print_name: str) -> None:
        super().start(print_name)
        raise DiskFailed("The disk is gone.")
