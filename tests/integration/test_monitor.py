"""The monitor: a printer's last word, lost and back said once, and what that means for its bed."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from printd.core.beds import BedState
from printd.core.board import Condition, Evidence, PrinterStatus
from printd.core.config import LimitsConfig
from printd.core.jobs import State
from printd.core.spools import Spools, Tray
from printd.daemon.monitor import HOT_BED_C, LOST_FOR, Monitor
from printd.printers.base import Printer
from printd.printers.virtual.hands import Hands
from printd.printers.virtual.printer import VirtualPrinter
from tests.peers.floor import Floor
from tests.peers.still_printer import StillPrinter
from tests.peers.stores import clear_bed
from tests.peers.virtual_printer import wait_until

LIMITS = LimitsConfig(poll_active_s=0.01, poll_idle_s=0.01, poll_unreachable_s=0.01)
LOST_S = LOST_FOR.total_seconds()


class Watch:
    """The monitor of the left printer of a floor, or of one that stands in its place."""

    def __init__(self, floor: Floor, printer: Printer | None = None) -> None:
        self.floor = floor
        self.changes = 0
        self.monitor = Monitor(
            printer or floor.left, floor.board, floor.fleet, floor.beds, LIMITS, self._changed
        )

    def _changed(self) -> None:
        self.changes += 1

    def look(self, now_s: float = 0.0) -> BedState:
        self.monitor.look(now_s)
        return self.floor.beds.get("left").state


@pytest.fixture
def watch(floor: Floor) -> Watch:
    clear_bed(floor.store)
    return Watch(floor)


def test_the_last_word_stands_on_the_board_and_in_the_store(watch: Watch, floor: Floor) -> None:
    job = floor.job_in(State.PRINTING)
    watch.look()
    seen = floor.board.get("left")
    status = floor.fleet.get("left").status
    assert seen is not None
    assert status is not None
    assert (seen.status.condition, seen.status.print_name) == (Condition.PRINTING, job.print_name)
    assert (status.condition, status.print_name) == (Condition.PRINTING, job.print_name)


def test_others_are_told_of_changes_only(watch: Watch, floor: Floor) -> None:
    watch.look()
    assert watch.changes == 0
    floor.left.is_plugged_in = False
    for _ in range(3):
        watch.look()
    assert watch.changes == 1


def test_what_a_printer_says_that_was_replaced_meanwhile_counts_no_more(
    watch: Watch, floor: Floor
) -> None:
    floor.left.is_plugged_in = False
    watch.monitor.retire()
    watch.look()
    assert watch.changes == 0
    seen, row = floor.board.get("left"), floor.fleet.get("left")
    assert seen is None or seen.status.condition is Condition.IDLE
    assert row.status is None or row.status.condition is Condition.IDLE


def test_lost_and_back_are_said_once(
    watch: Watch, floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "printd.daemon.monitor")
    for plugged_in in (False, False, True, True, False, True):
        floor.left.is_plugged_in = plugged_in
        watch.look()
    assert caplog.messages == [
        "left does not answer",
        "left is back",
        "left does not answer",
        "left is back",
    ]


def test_a_stranger_occupies_the_bed_for_good(watch: Watch, floor: Floor) -> None:
    floor.left.stranger = True
    assert watch.look() is BedState.OCCUPIED
    floor.left.stranger = False
    assert watch.look() is BedState.OCCUPIED


class Loadable(StillPrinter):
    """A printer that shows a stranger's finished print, and tells what is loaded."""

    material = "PLA"

    def status(self) -> PrinterStatus:
        tray = Tray(0, 0, 0, self.material, is_there=True)
        return PrinterStatus(Condition.FINISHED, spools=Spools((tray,), units=1))


def test_a_new_spool_wakes_the_others_and_says_nothing_of_the_bed(floor: Floor) -> None:
    printer = Loadable("left")
    watch = Watch(floor, printer)
    assert watch.look() is BedState.OCCUPIED
    clear_bed(floor.store)
    before = watch.changes
    printer.material = "PETG"
    assert watch.look() is BedState.CLEAR
    assert watch.changes == before + 1


class Machine:
    """A virtual printer in place of the left one, seen idle on a clear bed; its daemon restarts."""

    def __init__(self, floor: Floor, folder: Path) -> None:
        self.floor = floor
        self.printer = VirtualPrinter("left", folder=folder)
        self.hands = Hands(folder)
        self.restart()
        self.watch.look()
        clear_bed(floor.store)

    def restart(self) -> None:
        self.watch = Watch(self.floor, self.printer)

    def look(self) -> BedState:
        return self.watch.look()


@pytest.fixture
def machine(floor: Floor, tmp_path: Path) -> Machine:
    return Machine(floor, tmp_path / "machine")


@pytest.mark.parametrize("restarted", [False, True], ids=["between two looks", "daemon dead"])
def test_a_print_of_a_stranger_that_nobody_saw_occupies_the_bed(
    machine: Machine, *, restarted: bool
) -> None:
    assert machine.look() is BedState.CLEAR
    machine.hands.print_as_stranger(0.0)
    if restarted:
        machine.restart()
    assert machine.look() is BedState.OCCUPIED


def test_a_person_clears_what_a_stranger_left_and_it_stays_clear(
    machine: Machine, floor: Floor
) -> None:
    machine.hands.print_as_stranger(0.0)
    machine.look()
    clear_bed(floor.store)  # the display goes on to say that the stranger's print is finished
    for _ in range(3):
        assert machine.look() is BedState.CLEAR
    machine.restart()
    assert machine.look() is BedState.CLEAR


def test_a_stranger_cancelled_at_the_display_leaves_something_too(machine: Machine) -> None:
    machine.hands.print_as_stranger(3600.0)
    machine.hands.cancel_at_display()
    assert machine.look() is BedState.OCCUPIED


def test_a_printer_first_seen_after_a_strangers_print_has_an_occupied_bed(
    floor: Floor, tmp_path: Path
) -> None:
    floor.beds.ensure(["new"])
    clear_bed(floor.store, "new")
    Hands(tmp_path / "new").print_as_stranger(0.0)
    Watch(floor, VirtualPrinter("new", folder=tmp_path / "new")).look()
    assert floor.beds.get("new").state is BedState.OCCUPIED


def test_a_stranger_takes_the_bed_from_a_start_that_nobody_knows_of(
    machine: Machine, floor: Floor
) -> None:
    job = floor.job_in(State.UPLOADED)
    assert floor.store.begin(job, State.PRINTING, takes_bed=True) is not None
    assert floor.beds.get("left").job == job.number
    machine.hands.print_as_stranger(0.0)  # while the daemon is dead
    machine.restart()
    machine.look()
    floor.store.not_happened(floor.store.job(job.number), "the printer proves it")
    assert floor.beds.get("left").state is BedState.OCCUPIED


def test_a_late_start_under_an_old_name_occupies_a_bed_that_was_cleared(
    watch: Watch, floor: Floor
) -> None:
    assert watch.look() is BedState.CLEAR
    floor.left.started.append("pd-1-1-old")
    assert watch.look() is BedState.OCCUPIED
    floor.left.end(Evidence.FINISHED)
    assert watch.look() is BedState.OCCUPIED
    clear_bed(floor.store)
    assert watch.look() is BedState.CLEAR


def test_a_print_of_ours_keeps_its_bed_to_its_end(watch: Watch, floor: Floor) -> None:
    job = floor.job_in(State.PRINTING)
    watch.look()
    floor.left.end(Evidence.FINISHED)
    watch.look()
    assert floor.beds.get("left").job == job.number


def test_a_print_that_was_ejected_while_the_printer_was_asked_does_not_occupy(
    floor: Floor,
) -> None:
    class Slow(StillPrinter):
        def status(self) -> PrinterStatus:
            clear_bed(floor.store)  # as the end of an ejected print does, meanwhile
            return PrinterStatus(Condition.PRINTING, print_name="pd-1-1-old")

    watch = Watch(floor, Slow("left"))
    assert watch.look() is BedState.CLEAR


def test_a_word_that_cannot_be_kept_is_not_acted_upon_and_judged_later(
    machine: Machine, floor: Floor
) -> None:
    machine.look()
    machine.hands.print_as_stranger(0.0)
    other = sqlite3.connect(floor.store.database.path, isolation_level=None)
    floor.store.database.rows("PRAGMA busy_timeout=50")
    other.execute("BEGIN IMMEDIATE")
    machine.look()
    assert floor.board.get("left") is None
    other.execute("ROLLBACK")
    other.close()
    assert machine.look() is BedState.OCCUPIED
    assert floor.board.get("left") is not None


def test_a_printer_long_out_of_reach_has_a_bed_that_nobody_knows(
    watch: Watch, floor: Floor
) -> None:
    floor.left.is_plugged_in = False
    assert watch.look(100.0) is BedState.CLEAR
    assert watch.look(100.0 + LOST_S) is BedState.CLEAR
    assert watch.look(100.1 + LOST_S) is BedState.UNKNOWN


def test_a_printer_lost_now_and_then_keeps_its_bed(watch: Watch, floor: Floor) -> None:
    for hours in range(0, 30, 6):
        floor.left.is_plugged_in = False
        watch.look(hours * 3600.0)
        floor.left.is_plugged_in = True
        assert watch.look(hours * 3600.0 + 60) is BedState.CLEAR


@pytest.mark.parametrize(
    ("bed_c", "state"),
    [(None, BedState.CLEAR), (HOT_BED_C, BedState.CLEAR), (HOT_BED_C + 1, BedState.UNKNOWN)],
)
def test_a_hot_bed_without_a_print_of_ours_is_doubted(
    watch: Watch, floor: Floor, bed_c: float | None, state: BedState
) -> None:
    floor.left.bed_c = bed_c
    assert watch.look() is state


def test_a_printer_without_a_bed_has_none_to_doubt(watch: Watch, floor: Floor) -> None:
    floor.left.has_bed = False
    floor.left.stranger = True
    assert watch.look() is BedState.CLEAR


@contextmanager
def running(monitor: Monitor) -> Iterator[None]:
    """Run a monitor in its thread, and see that it ends."""
    stop = threading.Event()
    thread = threading.Thread(target=monitor.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    monitor.wake()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("turn", "key"),
    [("plain", "poll_idle_s"), ("stranger", "poll_active_s"), ("unplugged", "poll_unreachable_s")],
)
def test_it_looks_as_often_as_the_printer_needs(floor: Floor, turn: str, key: str) -> None:
    slow = LimitsConfig(poll_active_s=3600, poll_idle_s=3600, poll_unreachable_s=3600)
    limits = slow.model_copy(update={key: 0.01})
    floor.left.stranger = turn == "stranger"
    floor.left.is_plugged_in = turn != "unplugged"
    monitor = Monitor(floor.left, floor.board, floor.fleet, floor.beds, limits, lambda: None)
    before = floor.left.looks
    with running(monitor):
        wait_until(lambda: floor.left.looks > before + 2, "it looks again and again")


def test_it_looks_at_once_when_it_is_woken(floor: Floor) -> None:
    limits = LimitsConfig(poll_active_s=3600, poll_idle_s=3600, poll_unreachable_s=3600)
    monitor = Monitor(floor.left, floor.board, floor.fleet, floor.beds, limits, lambda: None)
    before = floor.left.looks
    with running(monitor):
        wait_until(lambda: floor.left.looks == before + 1, "it looks once")
        monitor.wake()
        wait_until(lambda: floor.left.looks == before + 2, "it looks once more")
