"""The virtual machine with a clock that is set by hand: what physics does while nobody looks."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from printd.core.board import Condition, Evidence
from printd.core.errors import FolderUnusable
from printd.printers.virtual.hands import Hands
from printd.printers.virtual.history import Fault
from printd.printers.virtual.link import AnswerLost, Kept, Refused, Unreachable
from printd.printers.virtual.machine import VirtualMachine

NAME = "pd-1-1-abcdefgh-cat"
OTHER = "pd-2-1-bcdefghi-dog"
TEXT = b"G28\n"


@dataclasses.dataclass(frozen=True)
class Course:
    total_s: float = 100.0
    layer_starts_s: tuple[float, ...] = (10.0, 30.0, 60.0)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


Make = Callable[..., VirtualMachine]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Make:
    def build(speed: float = 1.0, *, ejects: bool = False) -> VirtualMachine:
        course = lambda _: Course()  # noqa: E731
        return VirtualMachine(tmp_path / "m", course, speed=speed, ejects=ejects, clock=clock)

    return build


@pytest.fixture
def machine(make: Make) -> VirtualMachine:
    return make()


@pytest.fixture
def hands(machine: VirtualMachine, tmp_path: Path, clock: Clock) -> Hands:
    return Hands(tmp_path / "m", clock)


def put(machine: VirtualMachine, name: str = NAME, content: bytes = TEXT) -> None:
    kept = Kept(len(content), hashlib.sha256(content).hexdigest())
    machine.upload(name, kept, [content])


def begin(machine: VirtualMachine, name: str = NAME) -> None:
    put(machine, name)
    machine.start(name)


def events(hands: Hands) -> list[str]:
    return [line["event"] for line in hands.journal()]


def test_time_passes_at_its_speed(make: Make, clock: Clock) -> None:
    machine = make(speed=10)
    begin(machine)
    clock.pass_s(3.5)
    status = machine.status()
    assert status.condition is Condition.PRINTING
    assert status.progress == pytest.approx(0.35)
    assert (status.layer, status.layers) == (2, 3)
    assert status.remaining_s == pytest.approx(6.5)


def test_before_the_first_layer_the_layer_is_zero(machine: VirtualMachine, clock: Clock) -> None:
    begin(machine)
    clock.pass_s(5)
    assert machine.status().layer == 0


def test_a_print_ends_at_its_own_time_though_it_is_seen_later(
    machine: VirtualMachine, hands: Hands, clock: Clock
) -> None:
    begin(machine)
    started_at = clock.now
    clock.pass_s(10_000)
    assert machine.evidence(NAME) is Evidence.FINISHED
    assert hands.journal()[-1]["at"] == (started_at + timedelta(seconds=100)).isoformat()


def test_another_process_finds_the_same_print(
    machine: VirtualMachine, make: Make, clock: Clock
) -> None:
    begin(machine)
    clock.pass_s(50)
    again = make(speed=1000)  # its own speed is for the next print
    assert again.status() == machine.status()
    clock.pass_s(49)
    assert again.evidence(NAME) is Evidence.RUNNING
    clock.pass_s(2)
    assert again.evidence(NAME) is Evidence.FINISHED


def test_a_clock_that_is_set_back_unprints_nothing(machine: VirtualMachine, clock: Clock) -> None:
    begin(machine)
    clock.pass_s(-86_400)
    assert machine.status().progress == 0
    assert machine.evidence(NAME) is Evidence.RUNNING


def test_paused_time_does_not_count(machine: VirtualMachine, clock: Clock) -> None:
    begin(machine)
    clock.pass_s(40)
    machine.pause(NAME)
    clock.pass_s(5000)
    assert machine.status().condition is Condition.PAUSED
    assert machine.status().progress == pytest.approx(0.4)
    machine.resume(NAME)
    clock.pass_s(59)
    assert machine.evidence(NAME) is Evidence.RUNNING
    clock.pass_s(2)
    assert machine.evidence(NAME) is Evidence.FINISHED


def test_every_start_command_has_its_line(machine: VirtualMachine, hands: Hands) -> None:
    begin(machine)
    for name in (NAME, OTHER):
        with pytest.raises(Refused, match="printing"):
            machine.start(name)
    answers = [line["answer"] for line in hands.journal() if line["event"] == "start"]
    assert answers == ["accepted", "refused", "refused"]
    assert hands.starts() == 1


def test_the_line_is_there_before_a_lost_answer(machine: VirtualMachine, hands: Hands) -> None:
    put(machine)
    hands.arm(Fault.LOSE_ANSWER)
    with pytest.raises(AnswerLost):
        machine.start(NAME)
    assert events(hands)[-2:] == ["start", "started"]


def test_a_start_onto_an_occupied_bed_happens_and_is_noted(
    machine: VirtualMachine, hands: Hands, clock: Clock
) -> None:
    begin(machine)
    clock.pass_s(101)
    begin(machine, OTHER)
    beds = [line["bed"] for line in hands.journal() if line["event"] == "started"]
    assert beds == ["clear", "occupied"]


def test_a_person_clears_the_bed(machine: VirtualMachine, hands: Hands, clock: Clock) -> None:
    begin(machine)
    with pytest.raises(Refused, match="still printing"):
        hands.remove_print()
    clock.pass_s(101)
    assert machine.status().condition is Condition.FINISHED
    hands.remove_print()
    hands.remove_print()
    assert hands.bed_is_clear()
    assert machine.status().condition is Condition.IDLE
    assert machine.evidence(NAME) is Evidence.FINISHED
    assert events(hands).count("bed_cleared") == 1


def test_an_ejector_clears_the_bed_of_a_finished_print(
    make: Make, hands: Hands, clock: Clock
) -> None:
    machine = make(ejects=True)
    begin(machine)
    clock.pass_s(101)
    assert machine.status().condition is Condition.FINISHED
    assert hands.bed_is_clear()
    assert events(hands)[-2:] == ["finished", "ejected"]


def test_an_ejector_leaves_a_cancelled_print_where_it_is(
    make: Make, hands: Hands, clock: Clock
) -> None:
    machine = make(ejects=True)
    begin(machine)
    machine.cancel(NAME)
    clock.pass_s(101)
    assert not hands.bed_is_clear()


def test_a_late_start_begins_once_at_its_time(
    machine: VirtualMachine, make: Make, hands: Hands, clock: Clock
) -> None:
    put(machine)
    hands.arm(Fault.START_LATE_S, 60)
    machine.start(NAME)
    assert machine.evidence(NAME) is Evidence.UNKNOWN
    assert machine.status().condition is Condition.IDLE
    clock.pass_s(70)
    assert make().status().progress == pytest.approx(0.1)
    assert machine.evidence(NAME) is Evidence.RUNNING
    assert hands.starts(NAME) == 1


def test_a_late_start_and_its_end_may_both_have_passed(
    machine: VirtualMachine, hands: Hands, clock: Clock
) -> None:
    put(machine)
    hands.arm(Fault.START_LATE_S, 60)
    machine.start(NAME)
    clock.pass_s(161)
    assert machine.evidence(NAME) is Evidence.FINISHED


def test_a_late_start_finds_the_machine_taken(
    machine: VirtualMachine, hands: Hands, clock: Clock
) -> None:
    put(machine)
    hands.arm(Fault.START_LATE_S, 60)
    machine.start(NAME)
    begin(machine, OTHER)
    clock.pass_s(70)
    assert machine.evidence(NAME) is Evidence.UNKNOWN
    assert machine.evidence(OTHER) is Evidence.RUNNING
    assert "dropped" in events(hands)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_it_fails_at_the_layer_it_was_told(
    machine: VirtualMachine, hands: Hands, clock: Clock, layer: int
) -> None:
    put(machine)
    hands.arm(Fault.FAIL_AT_LAYER, layer)
    machine.start(NAME)
    clock.pass_s(Course().layer_starts_s[layer - 1] - 0.1)
    assert machine.evidence(NAME) is Evidence.RUNNING
    clock.pass_s(0.2)
    assert machine.evidence(NAME) is Evidence.FAILED
    assert machine.status().layer == layer
    assert not hands.bed_is_clear()


def test_a_fault_strikes_one_start_only(
    machine: VirtualMachine, hands: Hands, clock: Clock
) -> None:
    put(machine)
    hands.arm(Fault.REFUSE)
    with pytest.raises(Refused):
        machine.start(NAME)
    machine.start(NAME)
    assert machine.evidence(NAME) is Evidence.RUNNING


def test_a_fault_can_be_taken_back(machine: VirtualMachine, hands: Hands) -> None:
    put(machine)
    hands.arm(Fault.REFUSE)
    hands.disarm(Fault.REFUSE)
    machine.start(NAME)


def test_offline_it_takes_nothing_but_goes_on_printing(
    machine: VirtualMachine, hands: Hands, clock: Clock
) -> None:
    begin(machine)
    hands.arm(Fault.OFFLINE)
    for call in (machine.start, machine.cancel, machine.evidence, machine.remove, machine.kept):
        with pytest.raises(Unreachable):
            call(NAME)
    clock.pass_s(101)
    hands.disarm(Fault.OFFLINE)
    assert machine.evidence(NAME) is Evidence.FINISHED
    assert events(hands).count("start") == 1


def test_half_an_upload_does_not_count(machine: VirtualMachine, tmp_path: Path) -> None:
    def cut() -> Iterator[bytes]:
        yield TEXT
        raise ConnectionResetError("cut")

    with pytest.raises(Refused):
        machine.upload(NAME, Kept(10, "0" * 64), cut())
    with pytest.raises(Refused, match="bytes arrived"):
        machine.upload(NAME, Kept(10, "0" * 64), [TEXT])
    assert machine.kept(NAME) is None
    with pytest.raises(Refused, match="no such file"):
        machine.start(NAME)
    assert list((tmp_path / "m" / "files").iterdir()) == []


def test_other_bytes_of_the_same_size_do_not_count(machine: VirtualMachine) -> None:
    kept = Kept(len(TEXT), hashlib.sha256(TEXT).hexdigest())
    with pytest.raises(Refused, match="bytes arrived"):
        machine.upload(NAME, kept, [b"G29\n"])
    assert machine.kept(NAME) is None


def test_a_late_start_finds_its_file_gone(
    machine: VirtualMachine, hands: Hands, clock: Clock
) -> None:
    put(machine)
    hands.arm(Fault.START_LATE_S, 60)
    machine.start(NAME)
    machine.remove(NAME)
    clock.pass_s(70)
    assert machine.status().condition is Condition.IDLE
    assert hands.starts() == 0


def test_a_place_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable, match="cannot be made"):
        VirtualMachine(tmp_path / "file" / "m", lambda _: Course())


def test_a_file_without_its_line_does_not_count(machine: VirtualMachine, tmp_path: Path) -> None:
    (tmp_path / "m" / "files" / NAME).write_bytes(TEXT)
    assert machine.kept(NAME) is None
    with pytest.raises(Refused, match="no such file"):
        machine.start(NAME)


def test_a_file_that_rotted_on_the_machine_is_not_ours(
    machine: VirtualMachine, tmp_path: Path
) -> None:
    put(machine)
    (tmp_path / "m" / "files" / NAME).write_bytes(b"G29\n")
    assert machine.kept(NAME) != Kept(len(TEXT), hashlib.sha256(TEXT).hexdigest())


def test_a_machine_that_lost_its_journal_proves_nothing(
    machine: VirtualMachine, tmp_path: Path
) -> None:
    begin(machine)
    (tmp_path / "m" / "journal.jsonl").unlink()
    assert machine.evidence(NAME) is Evidence.UNKNOWN


def test_a_damaged_journal_is_unreachable(machine: VirtualMachine, tmp_path: Path) -> None:
    begin(machine)
    (tmp_path / "m" / "journal.jsonl").write_text("?\n")
    with pytest.raises(Unreachable):
        machine.status()


def test_two_who_start_at_once_start_one_print(make: Make, hands: Hands) -> None:
    put(make())

    def start(_: int) -> bool:
        try:
            make().start(NAME)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(start, range(8))) == 1
    assert hands.starts() == 1
    assert events(hands).count("start") == 8


def test_a_stranger_can_be_stopped_at_the_display_only(
    machine: VirtualMachine, hands: Hands
) -> None:
    put(machine)
    hands.print_as_stranger(1000, print_name=NAME)  # even under a name of ours
    machine.cancel(NAME)
    assert machine.status().condition is Condition.BUSY
    assert machine.evidence(NAME) is Evidence.NOT_STARTED
    hands.cancel_at_display()
    assert machine.status().condition is Condition.CANCELLED
    assert hands.starts() == 0
    assert not hands.bed_is_clear()
