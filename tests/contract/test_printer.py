"""What any printer must do. A new kind is done when its bench passes here.

Groups: uploads, starts, doubt, cancel and remove, reachability, foreign prints, ends, restarts.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.board import STARTABLE, Condition, Evidence
from printd.core.errors import (
    DiskError,
    InDoubt,
    InternalError,
    NotPossibleNow,
    PrinterOffline,
    StartRefused,
)
from printd.printers.base import PrintFile, StopsOthers
from printd.printers.virtual.history import Fault
from tests.peers.printer_benches import (
    BENCHES,
    CANNOT,
    NEEDS,
    Bench,
    Can,
    StrangersBench,
    VirtualBench,
    those_that_can,
)
from tests.peers.virtual_printer import wait_until

NAME = "pd-41-1-abcdefgh-cat"
OTHER = "pd-42-1-bcdefghi-dog"


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    kind = request.param if hasattr(request, "param") else request.getfixturevalue("kind")
    made = BENCHES[kind](tmp_path)
    yield made
    made.close()


def kinds_that(*abilities: Can) -> pytest.MarkDecorator:
    kinds = [pytest.param(kind, marks=NEEDS.get(kind, ())) for kind in those_that_can(*abilities)]
    return pytest.mark.parametrize("bench", kinds, indirect=True)


every_kind = kinds_that()


@pytest.fixture
def long_file(bench: Bench, tmp_path: Path) -> PrintFile:
    """Print for longer than any test, also at the speed of the benches."""
    return bench.file(tmp_path / "long.gcode", layers=5, layer_s=900_000, dwell_s=30)


@pytest.fixture
def short_file(bench: Bench, tmp_path: Path) -> PrintFile:
    """Print for a fraction of a second at the speed of the benches."""
    return bench.file(tmp_path / "short.gcode", layers=3, layer_s=5.0)


def begin(bench: Bench, file: PrintFile, name: str = NAME) -> None:
    bench.printer.upload(file, name)
    bench.printer.start(name)


def wait_for_evidence(bench: Bench, evidence: Evidence, name: str = NAME) -> None:
    wait_until(lambda: bench.printer.evidence(name) is evidence, f"evidence {evidence}")


@pytest.mark.parametrize("kind", list(BENCHES))
def test_what_a_kind_cannot_do_is_said(kind: str) -> None:
    assert all(reason for reason in CANNOT[kind].values())


# Uploads.


@every_kind
def test_an_uploaded_file_is_there(bench: Bench, long_file: PrintFile) -> None:
    assert not bench.printer.uploaded(long_file, NAME)
    bench.printer.upload(long_file, NAME)
    assert bench.printer.uploaded(long_file, NAME)


@every_kind
def test_an_upload_may_be_repeated(bench: Bench, long_file: PrintFile) -> None:
    bench.printer.upload(long_file, NAME)
    bench.printer.upload(long_file, NAME)
    bench.printer.start(NAME)
    assert bench.starts(NAME) == 1


@every_kind
def test_another_file_of_the_same_size_is_not_taken_for_ours(bench: Bench, tmp_path: Path) -> None:
    bench.printer.upload(bench.file(tmp_path / "a.gcode", mark="a"), NAME)
    assert not bench.printer.uploaded(bench.file(tmp_path / "b.gcode", mark="b"), NAME)


@every_kind
def test_a_file_without_its_verdict_is_refused(bench: Bench, long_file: PrintFile) -> None:
    unjudged = dataclasses.replace(long_file, verdict_ok=False)
    with pytest.raises(InternalError, match="without its safety verdict"):
        bench.printer.upload(unjudged, NAME)
    assert not bench.printer.uploaded(long_file, NAME)


@every_kind
def test_a_verdict_on_other_bytes_is_refused(bench: Bench, long_file: PrintFile) -> None:
    other = dataclasses.replace(long_file, judged_sha256="0" * 64)
    with pytest.raises(InternalError, match="not the file that was judged"):
        bench.printer.upload(other, NAME)
    assert not bench.printer.uploaded(long_file, NAME)


@every_kind
@pytest.mark.parametrize("change", ["longer", "shorter", "same size"])
def test_a_file_that_changed_after_its_verdict_is_not_sent(
    bench: Bench, long_file: PrintFile, change: str
) -> None:
    text = long_file.path.read_bytes()
    changed = {
        "longer": text + b"M104 S999\n",
        "shorter": text[:-10],
        "same size": text.replace(b"M104 S200", b"M104 S290"),
    }[change]
    long_file.path.write_bytes(changed)
    with pytest.raises(InternalError, match="has changed since"):
        bench.printer.upload(long_file, NAME)
    assert not bench.printer.uploaded(long_file, NAME)
    with pytest.raises(StartRefused):
        bench.printer.start(NAME)
    assert bench.starts() == 0


@every_kind
def test_a_file_that_is_gone_is_our_disk_not_the_printer(
    bench: Bench, long_file: PrintFile
) -> None:
    long_file.path.unlink()
    with pytest.raises(DiskError, match=r"long\.gcode"):
        bench.printer.upload(long_file, NAME)


@every_kind
@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "x" * 201, "a\nb"])
def test_a_name_that_could_leave_its_place_is_refused(
    bench: Bench, long_file: PrintFile, name: str
) -> None:
    with pytest.raises(InternalError, match="print name"):
        bench.printer.upload(long_file, name)


@every_kind
def test_two_names_are_two_files(bench: Bench, tmp_path: Path) -> None:
    first = bench.file(tmp_path / "first.gcode", mark="first")
    second = bench.file(tmp_path / "second.gcode", mark="second")
    bench.printer.upload(first, NAME)
    bench.printer.upload(second, OTHER)
    assert bench.printer.uploaded(first, NAME)
    assert bench.printer.uploaded(second, OTHER)


# Starts.


@every_kind
def test_an_idle_printer_can_be_started(bench: Bench) -> None:
    assert bench.printer.status().condition in STARTABLE


@every_kind
def test_evidence_after_a_start_is_that_it_runs(bench: Bench, long_file: PrintFile) -> None:
    begin(bench, long_file)
    assert bench.printer.evidence(NAME) is Evidence.RUNNING
    assert bench.starts(NAME) == 1


@every_kind
def test_before_a_start_it_is_certain_that_nothing_started(
    bench: Bench, long_file: PrintFile
) -> None:
    bench.printer.upload(long_file, NAME)
    assert bench.printer.evidence(NAME) is Evidence.NOT_STARTED


@every_kind
def test_of_a_name_never_heard_nothing_is_certain(bench: Bench) -> None:
    assert bench.printer.evidence(NAME) is Evidence.UNKNOWN


@every_kind
def test_a_refused_start_is_proof(bench: Bench, long_file: PrintFile) -> None:
    bench.printer.upload(long_file, NAME)
    bench.refuse_next_start(NAME)
    with pytest.raises(StartRefused):
        bench.printer.start(NAME)
    assert bench.printer.evidence(NAME) is Evidence.NOT_STARTED
    assert bench.starts() == 0


@every_kind
def test_a_start_without_a_file_is_refused(bench: Bench) -> None:
    with pytest.raises(StartRefused):
        bench.printer.start(NAME)
    assert bench.starts() == 0


@kinds_that(Can.SHOW_PROGRESS)
def test_a_running_print_is_shown_with_name_and_progress(
    bench: Bench, long_file: PrintFile
) -> None:
    begin(bench, long_file)
    wait_until(lambda: bench.printer.status().progress is not None, "it shows progress")
    status = bench.printer.status()
    assert status.condition is Condition.PRINTING
    assert status.print_name == NAME
    assert status.progress is not None
    assert 0 <= status.progress < 0.1


@kinds_that(Can.SHOW_LAYERS)
def test_a_running_print_is_shown_with_layers_and_time(bench: Bench, long_file: PrintFile) -> None:
    begin(bench, long_file)
    status = bench.printer.status()
    assert (status.layer, status.layers) == (1, 5)
    assert status.remaining_s == pytest.approx(45_000, rel=0.01)


@kinds_that(Can.BE_FOREIGN)
def test_a_start_while_another_of_ours_runs_is_refused(bench: Bench, long_file: PrintFile) -> None:
    begin(bench, long_file)
    bench.printer.upload(long_file, OTHER)
    with pytest.raises(StartRefused):
        bench.printer.start(OTHER)
    assert bench.printer.evidence(OTHER) is Evidence.NOT_STARTED
    assert bench.starts(OTHER) == 0


@kinds_that(Can.START_AGAIN)
def test_control_two_starts_are_counted_as_two(bench: Bench, short_file: PrintFile) -> None:
    begin(bench, short_file)
    wait_for_evidence(bench, Evidence.FINISHED)
    bench.printer.start(NAME)
    assert bench.starts(NAME) == 2


# Doubt.


@kinds_that(Can.LOSE_ANSWERS)
def test_a_lost_answer_is_settled_by_evidence(bench: StrangersBench, long_file: PrintFile) -> None:
    bench.printer.upload(long_file, NAME)
    bench.lose_next_answer(NAME)
    bench.printer.start(NAME)
    assert bench.starts(NAME) == 1


@kinds_that(Can.LOSE_ANSWERS, Can.BE_SLOW_TO_START)
def test_a_lost_answer_without_evidence_is_in_doubt_until_there_is_some(
    bench: VirtualBench, long_file: PrintFile
) -> None:
    bench.printer.upload(long_file, NAME)
    bench.hands.arm(Fault.LOSE_ANSWER)
    bench.hands.arm(Fault.START_LATE_S, 2.0)
    with pytest.raises(InDoubt) as doubt:
        bench.printer.start(NAME)
    assert doubt.value.code == "start_in_doubt"
    assert bench.printer.evidence(NAME) is Evidence.UNKNOWN
    wait_for_evidence(bench, Evidence.RUNNING)
    assert bench.starts(NAME) == 1


@kinds_that(Can.BE_SLOW_TO_START)
def test_a_start_that_is_accepted_and_never_made_stays_unknown(
    bench: VirtualBench, long_file: PrintFile
) -> None:
    bench.printer.upload(long_file, NAME)
    bench.hands.arm(Fault.NEVER_START)
    with pytest.raises(InDoubt):
        bench.printer.start(NAME)
    bench.printer.remove(NAME)
    assert bench.printer.status().condition is Condition.IDLE
    assert bench.printer.evidence(NAME) is Evidence.UNKNOWN
    assert bench.starts() == 0


@kinds_that(Can.BE_SLOW_TO_START)
def test_a_start_that_is_a_little_late_is_a_start(
    bench: VirtualBench, long_file: PrintFile
) -> None:
    bench.printer.upload(long_file, NAME)
    bench.hands.arm(Fault.START_LATE_S, 0.1)
    bench.printer.start(NAME)
    assert bench.printer.evidence(NAME) is Evidence.RUNNING


@kinds_that(Can.LOSE_ANSWERS, Can.REMEMBER_REFUSALS)
def test_a_refusal_whose_answer_is_lost_is_proof_all_the_same(
    bench: VirtualBench, long_file: PrintFile
) -> None:
    bench.printer.upload(long_file, NAME)
    bench.hands.arm(Fault.LOSE_ANSWER)
    bench.hands.arm(Fault.REFUSE)
    with pytest.raises(PrinterOffline):
        bench.printer.start(NAME)
    assert bench.printer.evidence(NAME) is Evidence.NOT_STARTED


@kinds_that(Can.LOSE_ANSWERS)
def test_a_busy_printer_that_prints_this_very_file_is_no_refusal(
    bench: Bench, long_file: PrintFile
) -> None:
    begin(bench, long_file)
    bench.printer.start(NAME)
    assert bench.starts(NAME) == 1


# Cancel, pause, remove.


@every_kind
def test_cancel_stops_this_print(bench: Bench, long_file: PrintFile) -> None:
    begin(bench, long_file)
    bench.printer.cancel(NAME)
    bench.printer.cancel(NAME)
    assert bench.printer.evidence(NAME) is Evidence.CANCELLED
    assert bench.printer.status().condition in STARTABLE


@every_kind
def test_cancel_of_another_print_does_nothing(bench: Bench, long_file: PrintFile) -> None:
    begin(bench, long_file)
    bench.printer.upload(long_file, OTHER)
    bench.printer.cancel(OTHER)
    bench.printer.cancel("pd-43-1-never-heard")
    assert bench.printer.evidence(NAME) is Evidence.RUNNING
    assert bench.printer.evidence(OTHER) is Evidence.NOT_STARTED


@every_kind
def test_remove_prevents_a_later_start(bench: Bench, long_file: PrintFile) -> None:
    bench.printer.upload(long_file, NAME)
    bench.printer.remove(NAME)
    bench.printer.remove(NAME)
    assert not bench.printer.uploaded(long_file, NAME)
    with pytest.raises(StartRefused):
        bench.printer.start(NAME)
    assert bench.starts() == 0


@kinds_that(Can.BE_SLOW_TO_START)
@pytest.mark.parametrize("word", ["remove", "cancel"])
def test_a_start_that_waits_can_be_prevented(
    bench: VirtualBench, long_file: PrintFile, word: str
) -> None:
    bench.printer.upload(long_file, NAME)
    bench.hands.arm(Fault.START_LATE_S, 1.5)
    with pytest.raises(InDoubt):
        bench.printer.start(NAME)
    getattr(bench.printer, word)(NAME)
    wait_until(
        lambda: any(line["event"] == "dropped" for line in bench.hands.journal()),
        "the late start is dropped",
    )
    assert bench.starts() == 0
    assert bench.printer.evidence(NAME) is Evidence.UNKNOWN


@every_kind
def test_remove_leaves_a_running_print_alone(bench: Bench, long_file: PrintFile) -> None:
    begin(bench, long_file)
    bench.printer.remove(NAME)
    assert bench.printer.evidence(NAME) is Evidence.RUNNING


@kinds_that(Can.PAUSE)
def test_a_paused_print_rests_and_goes_on(bench: Bench, long_file: PrintFile) -> None:
    begin(bench, long_file)
    bench.printer.pause(NAME)
    bench.printer.pause(NAME)
    resting = bench.printer.status()
    assert resting.condition is Condition.PAUSED
    assert bench.printer.status().progress == resting.progress
    assert bench.printer.evidence(NAME) is Evidence.RUNNING
    bench.printer.resume(NAME)
    assert bench.printer.status().condition is Condition.PRINTING


@every_kind
@pytest.mark.parametrize("word", ["pause", "resume"])
def test_only_what_runs_can_be_paused(bench: Bench, long_file: PrintFile, word: str) -> None:
    bench.printer.upload(long_file, NAME)
    with pytest.raises(NotPossibleNow):
        getattr(bench.printer, word)(NAME)


# Reachability.


@every_kind
def test_unreachable_is_offline_not_an_error(bench: Bench, long_file: PrintFile) -> None:
    begin(bench, long_file)
    bench.unplug()
    assert bench.printer.status().condition is Condition.OFFLINE
    assert bench.printer.evidence(OTHER) is Evidence.UNKNOWN
    bench.plug_in()
    assert bench.printer.status().condition is not Condition.OFFLINE
    assert bench.printer.evidence(NAME) is Evidence.RUNNING


@every_kind
def test_what_is_told_to_an_unreachable_printer_has_not_happened(
    bench: Bench, long_file: PrintFile
) -> None:
    bench.printer.upload(long_file, NAME)
    bench.unplug()
    with pytest.raises(PrinterOffline):
        bench.printer.upload(long_file, OTHER)
    with pytest.raises(PrinterOffline):
        bench.printer.uploaded(long_file, NAME)
    with pytest.raises(PrinterOffline):
        bench.printer.start(NAME)
    with pytest.raises(PrinterOffline):
        bench.printer.remove(NAME)
    bench.plug_in()
    assert bench.printer.evidence(NAME) is Evidence.NOT_STARTED
    assert bench.starts() == 0


# Foreign prints.


@kinds_that(Can.BE_FOREIGN)
def test_a_foreign_print_is_busy_and_never_touched(
    bench: StrangersBench, long_file: PrintFile
) -> None:
    bench.printer.upload(long_file, NAME)
    bench.print_as_stranger("benchy")
    for word in ("cancel", "remove"):
        getattr(bench.printer, word)("benchy")
    with pytest.raises(NotPossibleNow):
        bench.printer.pause("benchy")
    with pytest.raises(StartRefused):
        bench.printer.start(NAME)
    status = bench.printer.status()
    assert status.condition is Condition.BUSY
    assert status.print_name is None
    assert bench.printer.evidence("benchy") is Evidence.UNKNOWN


@kinds_that(Can.BE_FOREIGN)
def test_a_foreign_print_is_stopped_by_a_word_of_its_own(bench: StrangersBench) -> None:
    assert isinstance(bench.printer, StopsOthers)
    with pytest.raises(NotPossibleNow):
        bench.printer.stop_foreign()
    bench.print_as_stranger("benchy")
    wait_until(lambda: bench.printer.status().condition is Condition.BUSY, "it prints")

    bench.printer.stop_foreign()

    wait_until(lambda: bench.printer.status().condition is not Condition.BUSY, "it has stopped")


@kinds_that(Can.BE_FOREIGN)
def test_what_others_are_stopped_by_stops_no_print_of_ours(
    bench: StrangersBench, long_file: PrintFile
) -> None:
    begin(bench, long_file)
    assert isinstance(bench.printer, StopsOthers)

    with pytest.raises(NotPossibleNow):
        bench.printer.stop_foreign()

    assert bench.printer.evidence(NAME) is Evidence.RUNNING


# Ends.


@kinds_that(Can.END_BY_ITSELF)
def test_a_finished_print_is_finished(bench: Bench, short_file: PrintFile) -> None:
    begin(bench, short_file)
    wait_for_evidence(bench, Evidence.FINISHED)
    status = bench.printer.status()
    assert status.condition is Condition.FINISHED
    assert (status.print_name, status.progress) == (NAME, 1.0)


@kinds_that(Can.FAIL_AND_STAY)
def test_a_failed_print_is_failed(bench: VirtualBench, short_file: PrintFile) -> None:
    bench.printer.upload(short_file, NAME)
    bench.hands.arm(Fault.FAIL_AT_LAYER, 2)
    bench.printer.start(NAME)
    wait_for_evidence(bench, Evidence.FAILED)
    status = bench.printer.status()
    assert status.condition is Condition.FAILED
    assert (status.layer, status.layers) == (2, 3)
    assert status.trouble


@kinds_that(Can.BE_STOPPED_AT_DISPLAY)
def test_a_print_stopped_at_the_display_is_cancelled(
    bench: StrangersBench, long_file: PrintFile
) -> None:
    begin(bench, long_file)
    bench.cancel_at_display()
    assert bench.printer.evidence(NAME) is Evidence.CANCELLED
    assert bench.printer.status().condition is Condition.CANCELLED


@kinds_that(Can.END_BY_ITSELF)
def test_the_end_is_remembered_after_the_next_print(
    bench: StrangersBench, short_file: PrintFile, long_file: PrintFile
) -> None:
    begin(bench, short_file)
    wait_for_evidence(bench, Evidence.FINISHED)
    bench.remove_print()
    begin(bench, long_file, OTHER)
    assert bench.printer.evidence(NAME) is Evidence.FINISHED
    assert bench.printer.evidence(OTHER) is Evidence.RUNNING


# Restarts.


@every_kind
def test_a_restart_loses_nothing(bench: Bench, long_file: PrintFile) -> None:
    begin(bench, long_file)
    bench.printer.upload(long_file, OTHER)
    before = bench.printer.status().condition
    bench.restart()
    assert bench.printer.status().condition is before
    assert bench.printer.evidence(NAME) is Evidence.RUNNING
    assert bench.printer.evidence(OTHER) is Evidence.NOT_STARTED
    assert bench.printer.uploaded(long_file, OTHER)
    assert bench.starts() == 1


@kinds_that(Can.END_BY_ITSELF)
def test_a_print_ends_while_nobody_watches(bench: Bench, short_file: PrintFile) -> None:
    begin(bench, short_file)
    bench.unplug()
    bench.plug_in()
    bench.restart()
    wait_for_evidence(bench, Evidence.FINISHED)
    assert bench.starts() == 1
