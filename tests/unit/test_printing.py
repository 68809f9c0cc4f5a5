"""From a sliced file to an ended print: one printer, one start, and every end told apart."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from printd.core.beds import BedState
from printd.core.board import Evidence
from printd.core.clock import boot_id, boottime_s, utc_now
from printd.core.errors import NotHappened
from printd.core.files import JobFolders
from printd.core.jobs import Job, State
from printd.core.store import StaleJob
from printd.pipeline.starting import START_WITHIN_S, start_print
from tests.peers.floor import START_EVIDENCE_S, Floor
from tests.peers.stores import clear_bed

S = State


def code_of(job: Job) -> str | None:
    return job.because.code if job.because else None


def text_of(job: Job) -> str:
    return job.because.problem if job.because else ""


def bed_of(floor: Floor) -> BedState:
    return floor.beds.get("left").state


def age_mark(floor: Floor, seconds: float, *, boot: str | None = None) -> None:
    """Make the open mark older, or of another run of the machine."""
    with floor.store.database.write() as connection:
        connection.execute(
            "UPDATE mark SET began_boot = ?, boot_id = ?, began_at = ? WHERE outcome IS NULL",
            (
                boottime_s() - seconds,
                boot or boot_id(),
                (utc_now() - timedelta(seconds=seconds)).isoformat(timespec="milliseconds"),
            ),
        )


def change_facts(floor: Floor, job: Job, **gcode: Any) -> None:
    """Change what the store holds of a job's file."""
    facts = {**job.facts, "gcode": {**job.facts["gcode"], **gcode}}
    with floor.store.database.write() as connection:
        connection.execute(
            "UPDATE job SET facts = ? WHERE number = ?", (json.dumps(facts), job.number)
        )


def in_doubt(floor: Floor, fate: str = "ignored") -> Job:
    """Return a job whose start command got no answer."""
    job = floor.job_in(S.UPLOADED)
    floor.left.next_start = fate
    return floor.step(job)


# Choosing a printer.


def test_the_first_free_printer_is_assigned_under_a_new_name(floor: Floor) -> None:
    job = floor.job_in(S.SLICED)
    clear_bed(floor.store, "right")
    job = floor.step(job)
    assert (job.state, job.printer, job.attempt) == (S.ASSIGNED, "right", 1)
    assert job.print_name is not None
    assert job.print_name.startswith("pd-1-1-")


def test_without_a_free_printer_the_job_waits_and_nothing_is_written(floor: Floor) -> None:
    job = floor.job_in(S.SLICED)
    before = floor.store.events()
    assert floor.step(job) == job
    assert floor.store.events() == before


@pytest.mark.parametrize(
    "change",
    [
        {"profile": "gone"},
        {"profile_hash": "0" * 16},
        {"verdict": {"linter_version": 0}},
    ],
)
def test_a_file_sliced_by_other_rules_is_sliced_again(floor: Floor, change: dict[str, Any]) -> None:
    job = floor.job_in(S.SLICED)
    clear_bed(floor.store)
    change_facts(floor, job, **change)
    assert floor.step(job).state is S.PRINTABLE


def test_a_file_judged_for_other_limits_is_sliced_again(floor: Floor) -> None:
    job = floor.job_in(S.SLICED)
    clear_bed(floor.store)
    change_facts(floor, job, verdict={**job.facts["gcode"]["verdict"], "limits_hash": "0"})
    assert floor.step(job).state is S.PRINTABLE


def test_a_cancel_asked_at_a_printer_holds_when_the_job_goes_back(floor: Floor) -> None:
    job = floor.job_in(S.ASSIGNED)
    floor.store.want_cancel(job, "ann")
    job = floor.store.advance(job, S.SLICED, {})
    assert floor.step(job).state is S.CANCELLED


# Sending the file.


def test_the_file_is_sent_and_checked(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    assert floor.left.files == {job.print_name}
    assert floor.left.commands == []


def test_a_printer_lost_before_the_upload_loses_the_job(floor: Floor) -> None:
    job = floor.job_in(S.ASSIGNED)
    floor.left.is_plugged_in = False
    job = floor.step(job)
    assert (job.state, job.printer) == (S.SLICED, None)


@pytest.mark.parametrize("state", [S.ASSIGNED, S.UPLOADED])
@pytest.mark.parametrize("asked", ["", "PLA"])
def test_a_file_is_not_begun_on_another_material_than_it_was_made_for(
    floor: Floor, state: State, asked: str
) -> None:
    job = floor.job_in(state)
    change_facts(floor, job, material="PLA")
    with floor.store.database.write() as connection:
        connection.execute(
            "UPDATE job SET settings = json_set(settings, '$.material', ?)", (asked,)
        )
    floor.load("left", "PETG", "", who="ann")
    job = floor.step(job)
    assert (job.state, job.printer) == (S.SLICED, None)
    assert floor.left.commands == []
    assert floor.left.files == set()


def test_a_print_goes_on_when_something_else_is_loaded(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.load("left", "PETG", "red", who="ann")
    assert floor.step(job).state is S.PRINTING


def test_a_sliced_file_that_is_gone_is_said(floor: Floor) -> None:
    job = floor.job_in(S.ASSIGNED)
    (floor.folders.of(job.id) / JobFolders.GCODE).unlink()
    job = floor.step(job)
    assert (job.state, code_of(job)) == (S.HELD, "disk_error")


def test_a_sliced_file_that_was_changed_is_not_sent(floor: Floor) -> None:
    job = floor.job_in(S.ASSIGNED)
    (floor.folders.of(job.id) / JobFolders.GCODE).write_bytes(b"M104 S999\n")
    job = floor.step(job)
    assert (job.state, code_of(job)) == (S.FAILED, "internal_error")
    assert floor.left.files == set()


def test_a_cancel_before_the_upload_sends_nothing(floor: Floor) -> None:
    job = floor.job_in(S.ASSIGNED)
    floor.store.want_cancel(job, "ann")
    job = floor.step(job)
    assert (job.state, text_of(job)) == (S.CANCELLED, "Cancelled by ann before it was started.")
    assert floor.left.files == set()


# May it start?


@pytest.mark.parametrize(
    "obstacle",
    ["out of service", "bed in doubt", "bed occupied", "offline", "stranger", "file gone"],
)
def test_whatever_is_in_the_way_of_a_start_sends_the_job_back(floor: Floor, obstacle: str) -> None:
    job = floor.job_in(S.UPLOADED)
    name = job.print_name
    if obstacle == "out of service":
        floor.fleet.out_of_service("left", "new nozzle", who="ann")
    elif obstacle == "bed in doubt":
        floor.beds.doubt("left", "the bed is hot")
    elif obstacle == "bed occupied":
        floor.beds.occupied_by_stranger("left")
    elif obstacle == "offline":
        floor.left.is_plugged_in = False
    elif obstacle == "stranger":
        floor.left.stranger = True
    else:
        floor.left.lose_files()
    bed = bed_of(floor)
    job = floor.step(job)
    assert (job.state, job.printer, bed_of(floor)) == (S.SLICED, None, bed)
    assert floor.left.commands == []
    assert obstacle == "offline" or name not in floor.left.files


def take_out_left(floor: Floor) -> None:
    """Start the daemon with a configuration that has no ``left`` any more."""
    del floor.printers["left"]
    floor.config = floor.config.model_copy(
        update={"printers": {"right": floor.config.printers["right"]}}
    )


def test_a_printer_taken_out_of_the_configuration_is_not_started(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    take_out_left(floor)
    assert floor.step(job).state is S.SLICED


@pytest.mark.parametrize("state", [S.ASSIGNED, S.UPLOADED])
def test_a_job_at_a_printer_that_is_gone_waits_for_another(floor: Floor, state: State) -> None:
    job = floor.job_in(state)
    take_out_left(floor)
    assert floor.step(job).state is S.SLICED


def test_a_start_at_a_printer_that_is_gone_is_in_doubt_and_says_so(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    assert floor.store.begin(job, S.PRINTING, takes_bed=True)
    take_out_left(floor)
    job = floor.step(job)
    assert (job.state, job.in_doubt) == (S.HELD, True)
    assert job.because is not None
    assert "left is no longer configured" in job.because.problem


def test_a_print_at_a_printer_that_is_gone_is_in_doubt(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    take_out_left(floor)
    job = floor.step(job)
    assert (job.state, job.in_doubt) == (S.HELD, True)
    assert job.because is not None
    assert job.because.code == "end_unknown"


def test_nothing_is_started_before_the_monitor_has_looked_at_the_printer(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    floor.tools.board.forget("left")
    job = floor.step(job)
    assert (job.state, floor.left.commands) == (S.UPLOADED, [])
    assert floor.store.open_mark(job) is None


def test_a_cancel_before_the_start_removes_the_file(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    floor.store.want_cancel(job, "ann")
    job = floor.step(job)
    assert (job.state, floor.left.files, floor.left.commands) == (S.CANCELLED, set(), [])
    assert bed_of(floor) is BedState.CLEAR


def test_a_cancel_between_look_and_mark_wins(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    seen = floor.store.job(job.number)
    floor.store.want_cancel(job, "ann")
    with pytest.raises(StaleJob):
        floor.store.begin(seen, S.PRINTING, takes_bed=True)


def test_a_printer_taken_out_of_service_while_it_was_asked_is_not_started(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    floor.left.meanwhile = lambda: floor.fleet.out_of_service("left", "smoke", who="ann")
    job = floor.step(job)
    assert (job.state, floor.store.open_mark(job)) == (S.UPLOADED, None)
    job = floor.step(job)
    assert (job.state, floor.left.commands, floor.left.files) == (S.SLICED, [], set())
    assert bed_of(floor) is BedState.CLEAR


def test_two_starts_on_a_circuit_do_not_pass_each_other(floor: Floor) -> None:
    first, second = floor.job_in(S.UPLOADED), floor.job_in(S.UPLOADED, 2, printer="right")
    floor.limit({"stagger": 1})
    # The other was marked in between, whatever its own look had seen.
    floor.left.meanwhile = lambda: mark_start(floor, second)
    with floor.store.database.write() as connection:
        connection.execute("UPDATE job SET state = 'held' WHERE number = ?", (second.number,))
    first = floor.step(first)
    assert (floor.left.commands, floor.store.open_mark(first)) == ([], None)
    assert floor.step(first).state is S.SLICED


def mark_start(floor: Floor, job: Job) -> None:
    """Let the start of a job be marked by somebody who has looked already."""
    with floor.store.database.write() as connection:
        connection.execute("UPDATE job SET state = 'uploaded' WHERE number = ?", (job.number,))
    floor.store.begin(job, S.PRINTING, takes_bed=True)


# Starting.


def test_a_start_is_one_command(floor: Floor) -> None:
    job = floor.step(floor.job_in(S.UPLOADED))
    assert job.state is S.PRINTING
    assert floor.left.commands == floor.left.started == [job.print_name]


def test_a_refused_start_holds_the_job_and_gives_the_bed_back(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    floor.left.next_start = "refused"
    job = floor.step(job)
    assert (job.state, code_of(job), job.in_doubt) == (S.HELD, "start_refused", False)
    assert bed_of(floor) is BedState.CLEAR
    assert floor.left.files == set()


def test_a_start_that_was_decided_too_long_ago_is_not_sent(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    begun = floor.store.begin(job, S.PRINTING, takes_bed=True)
    assert begun is not None
    assert begun.mark is not None
    for mark in (
        replace(begun.mark, began_boot_s=begun.mark.began_boot_s - START_WITHIN_S - 0.1),
        replace(begun.mark, boot_id="another run of the machine"),
    ):
        with pytest.raises(NotHappened, match="was not sent"):
            start_print(replace(begun, mark=mark), floor.tools)
    assert floor.left.commands == []


# Evidence of a start.


@pytest.mark.parametrize(
    ("fate", "end", "state"),
    [
        ("lost", None, S.PRINTING),
        ("lost", Evidence.FINISHED, S.PRINTING),
        ("lost", Evidence.FAILED, S.PRINTING),
        ("lost", Evidence.CANCELLED, S.PRINTING),
        ("ignored", None, S.UPLOADED),
    ],
)
def test_a_lost_answer_is_settled_by_evidence_alone(
    floor: Floor, fate: str, end: Evidence | None, state: State
) -> None:
    job = in_doubt(floor, fate)
    assert (job.state, code_of(job)) == (S.UPLOADED, "start_in_doubt")
    if end:
        floor.left.end(end)
    job = floor.step(job)
    assert job.state is state
    assert len(floor.left.commands) == 1
    assert bed_of(floor) is BedState.OCCUPIED


def test_proof_that_nothing_started_gives_the_bed_back_and_starts_again(floor: Floor) -> None:
    job = floor.job_in(S.UPLOADED)
    assert floor.store.begin(job, S.PRINTING, takes_bed=True) is not None  # then a crash
    job = floor.step(job)
    assert (job.state, bed_of(floor), floor.left.commands) == (S.UPLOADED, BedState.CLEAR, [])
    job = floor.step(job)
    assert (job.state, len(floor.left.started)) == (S.PRINTING, 1)


def test_no_evidence_is_asked_for_until_the_deadline_then_a_person_is(floor: Floor) -> None:
    job = in_doubt(floor)
    age_mark(floor, START_EVIDENCE_S - 5)
    job = floor.step(job)
    assert (job.state, text_of(job)) == (S.UPLOADED, "Asking left whether #1 was started.")
    age_mark(floor, START_EVIDENCE_S + 1)
    job = floor.step(job)
    assert (job.state, code_of(job), job.in_doubt) == (S.HELD, "start_in_doubt", True)
    assert (job.printer, bed_of(floor)) == ("left", BedState.OCCUPIED)
    assert floor.left.files == set()  # so that nothing starts late
    assert len(floor.left.commands) == 1


def test_an_unreachable_printer_is_asked_until_the_deadline(floor: Floor) -> None:
    job = in_doubt(floor, "lost")
    floor.left.is_plugged_in = False
    job = floor.step(job)
    assert job.state is S.UPLOADED
    floor.left.is_plugged_in = True
    assert floor.step(job).state is S.PRINTING


def test_after_a_restart_of_the_machine_the_wall_clock_counts(floor: Floor) -> None:
    job = in_doubt(floor)
    age_mark(floor, 10, boot="before")
    assert floor.step(job).state is S.UPLOADED
    age_mark(floor, START_EVIDENCE_S + 1, boot="before")
    assert floor.step(job).state is S.HELD


def test_a_cancel_in_doubt_waits_for_the_evidence(floor: Floor) -> None:
    job = in_doubt(floor, "lost")
    floor.store.want_cancel(job, "ann")
    job = floor.step(job)
    assert job.state is S.PRINTING
    assert floor.step(job).state is S.PRINTING  # told to stop
    assert floor.step(job).state is S.CANCELLED


# Watching.


def test_a_print_that_runs_is_left_alone(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    before = floor.store.events()
    for _ in range(3):
        floor.look()
        assert floor.step(job) == job
    assert [event for event in floor.store.events() if event.job] == [
        event for event in before if event.job
    ]


def test_a_finished_print_is_printed_and_lies_on_the_bed(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.left.end(Evidence.FINISHED)
    job = floor.step(job)
    assert (job.state, bed_of(floor)) == (S.PRINTED, BedState.OCCUPIED)
    assert floor.left.files == set()


def test_a_print_that_was_thrown_off_leaves_a_clear_bed(floor: Floor) -> None:
    floor.left.throws_off = True
    job = floor.job_in(S.PRINTING)
    floor.left.end(Evidence.FINISHED)
    floor.step(job)
    assert bed_of(floor) is BedState.CLEAR


def test_a_failed_print_is_held_with_the_printers_own_words(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.left.trouble = "E7: jam"
    floor.left.end(Evidence.FAILED)
    job = floor.step(job)
    assert (job.state, code_of(job), job.in_doubt) == (S.HELD, "printer_fault", False)
    assert text_of(job) == "The print failed on left: E7: jam."
    assert bed_of(floor) is BedState.OCCUPIED


def test_a_print_stopped_at_the_display_is_cancelled(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.left.end(Evidence.CANCELLED)
    job = floor.step(job)
    assert text_of(job) == "Cancelled by a person at left while printing."
    assert (job.state, bed_of(floor)) == (S.CANCELLED, BedState.OCCUPIED)


def test_an_end_that_nobody_knows_is_asked_of_a_person(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.left.end_unseen()
    job = floor.step(job)
    assert (job.state, code_of(job), job.in_doubt) == (S.HELD, "end_unknown", True)
    assert (job.printer, bed_of(floor)) == ("left", BedState.OCCUPIED)


def test_a_printer_out_of_reach_is_said_and_goes_on(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.left.is_plugged_in = False
    floor.look()
    job = floor.step(job)
    assert (job.state, code_of(job)) == (S.PRINTING, "printer_offline")
    floor.left.is_plugged_in = True
    floor.look()
    job = floor.step(job)
    assert (job.state, code_of(job)) == (S.PRINTING, None)


def test_what_was_handed_over_without_a_bed_waits_for_a_person(floor: Floor) -> None:
    floor.left.has_bed = False
    job = floor.step(floor.job_in(S.PRINTING))
    assert (job.state, code_of(job)) == (S.PRINTING, "handed_over")
    assert job.print_name in floor.left.files


# Cancelling what prints.


def test_a_cancelled_print_is_told_to_stop_and_ends_by_its_own_evidence(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.store.want_cancel(job, "ann")
    job = floor.step(job)
    assert (job.state, code_of(job)) == (S.PRINTING, "cancelling")
    job = floor.step(job)
    assert (job.state, text_of(job)) == (S.CANCELLED, "Cancelled by ann while printing.")
    assert bed_of(floor) is BedState.OCCUPIED


def test_a_print_that_ended_before_it_could_be_cancelled_is_printed(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.left.end(Evidence.FINISHED)
    floor.store.want_cancel(job, "ann")
    assert floor.step(job).state is S.PRINTED


def test_a_printer_out_of_reach_is_told_to_stop_when_it_is_back(floor: Floor) -> None:
    job = floor.job_in(S.PRINTING)
    floor.store.want_cancel(job, "ann")
    floor.left.is_plugged_in = False
    job = floor.step(job)
    assert (job.state, code_of(job)) == (S.PRINTING, "cancelling")
    floor.left.is_plugged_in = True
    floor.step(job)
    assert floor.left.running is None
