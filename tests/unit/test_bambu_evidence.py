"""What became of a print at a Bambu printer: the table of what can be known and seen.

Groups: the table, row by row; what can never be proof; whose print is shown; refusals.
"""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from printd.core.board import Evidence
from printd.printers.bambu.evidence import Before, Sent, Whose, evidence_of, refusal_of, whose
from printd.printers.bambu.report import ACTIVE, Phase, Snapshot
from tests.peers.bambu_states import p1s

NAME = "pd-41-1-abcdefgh-cat"
ID = 41975302
NEVER_HEARD = None
OURS: dict[str, Any] = {
    "subtask_name": NAME,
    "subtask_id": str(ID),
    "task_id": str(ID),
    "gcode_file": f"{NAME}.gcode.3mf",
}
BEFORE: dict[str, Any] = {}  # what ``p1s`` shows: the cube before
FOREIGN: dict[str, Any] = {
    "subtask_name": "vase",
    "subtask_id": "12",
    "task_id": "12",
    "gcode_file": "vase.gcode.3mf",
}
NOTHING: dict[str, Any] = {
    "subtask_name": "",
    "subtask_id": "0",
    "task_id": "0",
    "project_id": "0",
    "gcode_file": "",
    "total_layer_num": 0,
}
HMS_LOCKED = [{"attr": 0x0500_0500, "code": 0x0001_0007}]
BUSY, UNREADABLE, COULD_NOT, CANCELLED, UNSIGNED = (
    83902468,
    83902467,
    83902472,
    50348044,
    84033543,
)

UPLOADED = Sent(NAME)
AFTER_FINISH = Sent(NAME, ID, was_asked=True, before=Before.of(p1s()))
AFTER_FAILED = replace(AFTER_FINISH, before=Before.of(p1s(gcode_state="FAILED")))
AFTER_BOOT = replace(AFTER_FINISH, before=Before.of(p1s(gcode_state="IDLE", **NOTHING)))
NO_MEMORY = replace(AFTER_FINISH, before=None)
WATCHED = replace(AFTER_FINISH, is_watched=True)
SEEN = replace(AFTER_FINISH, was_active=True)
CANCELLING = replace(SEEN, cancel_asked=True)
REFUSED = replace(AFTER_FINISH, was_refused=True)
LANDING = replace(AFTER_BOOT, is_landing=True)
MET = replace(AFTER_BOOT, is_watched=True, met_another=True)
NOT, FAILED = Evidence.NOT_STARTED, Evidence.FAILED
ASKS, PHASE = 0x0300_C00C, 0x0300_0003


def shown(phase: str, identity: dict[str, Any], **fields: Any) -> Snapshot:
    return p1s(gcode_state=phase, **{**identity, **fields})


WITH_ERROR = replace(
    AFTER_FINISH, before=Before.of(shown("FAILED", BEFORE, print_error=UNREADABLE))
)


@pytest.mark.parametrize(
    ("sent", "now", "found"),
    [
        # It runs, whoever started it.
        (AFTER_FINISH, shown("PREPARE", OURS), Evidence.RUNNING),
        (AFTER_FINISH, shown("SLICING", OURS), Evidence.RUNNING),
        (AFTER_FINISH, shown("RUNNING", OURS), Evidence.RUNNING),
        (AFTER_FINISH, shown("PAUSE", OURS), Evidence.RUNNING),
        (UPLOADED, shown("RUNNING", OURS), Evidence.RUNNING),
        (REFUSED, shown("RUNNING", OURS), Evidence.RUNNING),
        (NO_MEMORY, shown("RUNNING", OURS), Evidence.RUNNING),
        # Ours is named, and the state is still that of the print before.
        (AFTER_FINISH, shown("FINISH", OURS), Evidence.UNKNOWN),
        (AFTER_FAILED, shown("FAILED", OURS), Evidence.UNKNOWN),
        (AFTER_BOOT, shown("IDLE", OURS), Evidence.UNKNOWN),
        (NO_MEMORY, shown("FINISH", OURS), Evidence.UNKNOWN),
        (NO_MEMORY, shown("FAILED", OURS), Evidence.UNKNOWN),
        # It has ended: it was seen to print, or the state before was another.
        (SEEN, shown("FINISH", OURS), Evidence.FINISHED),
        (AFTER_FAILED, shown("FINISH", OURS), Evidence.FINISHED),
        (AFTER_BOOT, shown("FINISH", OURS), Evidence.FINISHED),
        (SEEN, shown("FAILED", OURS), Evidence.FAILED),
        (AFTER_FINISH, shown("FAILED", OURS), Evidence.FAILED),
        (AFTER_FAILED, shown("FAILED", OURS, print_error=UNREADABLE), Evidence.FAILED),
        (AFTER_FAILED, shown("FAILED", OURS, print_error=COULD_NOT), Evidence.FAILED),
        (SEEN, shown("FAILED", OURS, print_error=CANCELLED), Evidence.CANCELLED),
        (SEEN, shown("FAILED", OURS, fail_reason=str(CANCELLED)), Evidence.CANCELLED),
        (AFTER_FAILED, shown("FAILED", OURS, print_error=CANCELLED), Evidence.CANCELLED),
        (CANCELLING, shown("FAILED", OURS), Evidence.CANCELLED),
        (CANCELLING, shown("FAILED", OURS, print_error=UNREADABLE), Evidence.FAILED),
        (replace(AFTER_FAILED, is_watched=True), shown("FAILED", OURS, print_error=BUSY), NOT),
        (AFTER_FAILED, shown("FAILED", OURS, print_error=BUSY), Evidence.UNKNOWN),
        (WITH_ERROR, shown("FAILED", OURS, print_error=UNREADABLE), Evidence.UNKNOWN),
        (SEEN, shown("FAILED", OURS, print_error=COULD_NOT, fail_reason=str(CANCELLED)), FAILED),
        # Another may have been printed since ours was sent, which still waits: their end is shown.
        (LANDING, shown("FINISH", OURS), Evidence.UNKNOWN),
        (LANDING, shown("FAILED", OURS), Evidence.UNKNOWN),
        (replace(LANDING, is_watched=True), shown("FINISH", OURS), Evidence.FINISHED),
        (replace(LANDING, was_active=True), shown("FINISH", OURS), Evidence.FINISHED),
        (MET, shown("FINISH", OURS), Evidence.UNKNOWN),
        (MET, shown("FAILED", OURS, print_error=COULD_NOT), Evidence.UNKNOWN),
        (replace(MET, was_active=True), shown("FINISH", OURS), Evidence.FINISHED),
        # What asks something ends nothing.
        (AFTER_FAILED, shown("FAILED", OURS, print_error=ASKS), Evidence.UNKNOWN),
        (AFTER_FAILED, shown("FAILED", OURS, print_error=PHASE), Evidence.UNKNOWN),
        # It was seen to print, and what is shown now tells nothing of its end.
        (SEEN, shown("IDLE", OURS), Evidence.UNKNOWN),
        (SEEN, shown("IDLE", NOTHING), Evidence.UNKNOWN),
        (SEEN, shown("FINISH", FOREIGN), Evidence.UNKNOWN),
        (SEEN, shown("RUNNING", FOREIGN), Evidence.UNKNOWN),
        (SEEN, shown("UNKNOWN", OURS), Evidence.UNKNOWN),
        # A start may have left, and nothing of ours is to be seen.
        (AFTER_FINISH, shown("FINISH", BEFORE), Evidence.UNKNOWN),
        (AFTER_FAILED, shown("FAILED", BEFORE), Evidence.UNKNOWN),
        (AFTER_FINISH, shown("IDLE", BEFORE), Evidence.UNKNOWN),
        (AFTER_FINISH, shown("RUNNING", FOREIGN), Evidence.UNKNOWN),
        (AFTER_FINISH, shown("FINISH", FOREIGN), Evidence.UNKNOWN),
        (AFTER_FINISH, shown("RUNNING", BEFORE), Evidence.UNKNOWN),
        (AFTER_FINISH, shown("IDLE", NOTHING), Evidence.UNKNOWN),  # a power cycle
        (AFTER_BOOT, shown("IDLE", NOTHING), Evidence.UNKNOWN),
        (NO_MEMORY, shown("IDLE", NOTHING), Evidence.UNKNOWN),
        # No start has left.
        (UPLOADED, shown("FINISH", BEFORE), Evidence.NOT_STARTED),
        (UPLOADED, shown("RUNNING", FOREIGN), Evidence.NOT_STARTED),
        (UPLOADED, shown("IDLE", NOTHING), Evidence.NOT_STARTED),
        (NEVER_HEARD, shown("IDLE", NOTHING), Evidence.UNKNOWN),
        (NEVER_HEARD, shown("RUNNING", OURS), Evidence.UNKNOWN),
        # Its own answer refused it.
        (REFUSED, shown("FINISH", BEFORE), Evidence.NOT_STARTED),
        (REFUSED, shown("RUNNING", FOREIGN), Evidence.NOT_STARTED),
        (REFUSED, shown("FINISH", OURS), Evidence.NOT_STARTED),  # named all the same, never begun
        # The printer complains as it did not before.
        (AFTER_FINISH, shown("FINISH", BEFORE, print_error=BUSY), Evidence.NOT_STARTED),
        (AFTER_FINISH, shown("FINISH", BEFORE, print_error=UNREADABLE), Evidence.NOT_STARTED),
        (AFTER_FINISH, shown("FINISH", BEFORE, print_error=UNSIGNED), Evidence.NOT_STARTED),
        (AFTER_FINISH, shown("FINISH", BEFORE, hms=HMS_LOCKED), Evidence.NOT_STARTED),
        (WATCHED, shown("FINISH", OURS, hms=HMS_LOCKED), Evidence.NOT_STARTED),
        (WATCHED, shown("RUNNING", FOREIGN, print_error=BUSY), Evidence.NOT_STARTED),
        # It may have printed while nobody watched, or will at the next power-on.
        (AFTER_FINISH, shown("FINISH", OURS, hms=HMS_LOCKED), Evidence.UNKNOWN),
        (AFTER_FINISH, shown("RUNNING", FOREIGN, print_error=BUSY), Evidence.UNKNOWN),
        (AFTER_FINISH, shown("IDLE", NOTHING, print_error=UNREADABLE), Evidence.UNKNOWN),
        (WATCHED, shown("RUNNING", FOREIGN, print_error=UNREADABLE), Evidence.UNKNOWN),
        (WATCHED, shown("FINISH", BEFORE, print_error=COULD_NOT), Evidence.UNKNOWN),
        (WATCHED, shown("RUNNING", BEFORE, print_error=UNREADABLE), Evidence.UNKNOWN),
    ],
)
def test_evidence(sent: Sent | None, now: Snapshot, found: Evidence) -> None:
    assert evidence_of(sent, now) is found


def test_a_print_that_falls_idle_before_our_eyes_was_broken_off() -> None:
    last = shown("RUNNING", OURS)
    assert evidence_of(SEEN, shown("IDLE", OURS), last) is Evidence.FAILED
    assert evidence_of(CANCELLING, shown("IDLE", OURS), last) is Evidence.CANCELLED


def test_but_not_another_print() -> None:
    last = shown("RUNNING", FOREIGN)
    assert evidence_of(SEEN, shown("IDLE", OURS), last) is Evidence.UNKNOWN
    assert evidence_of(SEEN, shown("IDLE", OURS), shown("FINISH", OURS)) is Evidence.UNKNOWN


# What can never be proof.

EVERYTHING = list(product(Phase, (OURS, BEFORE, FOREIGN, NOTHING)))
ASKED = (AFTER_FINISH, AFTER_FAILED, AFTER_BOOT, NO_MEMORY, WATCHED, SEEN, CANCELLING)


@pytest.mark.parametrize(("phase", "identity"), EVERYTHING)
def test_after_a_command_no_state_alone_proves_that_it_did_not_start(
    phase: Phase, identity: dict[str, Any]
) -> None:
    now = shown(phase.value, identity)
    for sent in ASKED:
        for last in (None, now, shown("RUNNING", OURS)):
            assert evidence_of(sent, now, last) is not Evidence.NOT_STARTED


@pytest.mark.parametrize(("phase", "identity"), EVERYTHING)
@pytest.mark.parametrize("error", [BUSY, UNREADABLE, UNSIGNED, COULD_NOT, CANCELLED])
def test_what_was_seen_to_print_is_never_not_started(
    error: int, phase: Phase, identity: dict[str, Any]
) -> None:
    now = shown(phase.value, identity, print_error=error, hms=HMS_LOCKED)
    for sent in (SEEN, CANCELLING, replace(SEEN, is_watched=True, was_refused=True)):
        assert evidence_of(sent, now) is not Evidence.NOT_STARTED


@pytest.mark.parametrize("phase", Phase)
def test_only_our_own_print_runs(phase: Phase) -> None:
    for identity in (BEFORE, FOREIGN, NOTHING):
        for sent in ASKED:
            assert evidence_of(sent, shown(phase.value, identity)) is not Evidence.RUNNING
    runs = evidence_of(WATCHED, shown(phase.value, OURS)) is Evidence.RUNNING
    assert runs == (phase in ACTIVE)


@pytest.mark.parametrize(("phase", "identity"), EVERYTHING)
def test_a_noted_end_stays(phase: Phase, identity: dict[str, Any]) -> None:
    for ended in (Evidence.FINISHED, Evidence.FAILED, Evidence.CANCELLED):
        sent = replace(SEEN, ended=ended)
        assert evidence_of(sent, shown(phase.value, identity)) is ended


@pytest.mark.parametrize("error", [BUSY, UNREADABLE, UNSIGNED])
def test_a_complaint_that_was_there_before_proves_nothing(error: int) -> None:
    before = shown("FINISH", BEFORE, print_error=error)
    sent = replace(WATCHED, before=Before.of(before))
    assert evidence_of(sent, before) is Evidence.UNKNOWN


def test_a_lock_that_was_there_before_proves_nothing() -> None:
    before = shown("FINISH", BEFORE, hms=HMS_LOCKED)
    assert evidence_of(replace(WATCHED, before=Before.of(before)), before) is Evidence.UNKNOWN


def test_names_without_ids_prove_nothing_unwatched() -> None:
    """A model that shows no ids names two prints of one file alike."""
    no_ids = {"subtask_id": "0", "task_id": "0"}
    before = shown("FINISH", no_ids)
    sent = replace(AFTER_FINISH, before=Before.of(before))
    now = shown("FINISH", no_ids, print_error=UNREADABLE)
    assert evidence_of(sent, now) is Evidence.UNKNOWN
    assert evidence_of(replace(sent, is_watched=True), now) is Evidence.NOT_STARTED


# Whose print is shown.


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (OURS, Whose.OURS),
        # One field is enough: models differ in what they show.
        ({**NOTHING, "subtask_id": str(ID)}, Whose.OURS),
        ({**NOTHING, "task_id": str(ID)}, Whose.OURS),
        ({**NOTHING, "job_id": str(ID)}, Whose.OURS),
        ({**NOTHING, "subtask_name": NAME}, Whose.OURS),
        ({**NOTHING, "gcode_file": f"{NAME}.gcode.3mf"}, Whose.OURS),
        ({**NOTHING, "gcode_file": f"/sdcard/cache/{NAME}.gcode.3mf"}, Whose.OURS),
        ({**FOREIGN, "subtask_name": NAME}, Whose.OURS),
        (BEFORE, Whose.BEFORE),
        (NOTHING, Whose.NOBODYS),
        (FOREIGN, Whose.ANOTHER),
        ({**NOTHING, "gcode_file": "/data/Metadata/plate_1.gcode"}, Whose.ANOTHER),
        ({**FOREIGN, "subtask_name": f"{NAME}x"}, Whose.ANOTHER),
        ({**FOREIGN, "subtask_id": f"{ID}0"}, Whose.ANOTHER),
    ],
)
def test_whose(fields: dict[str, Any], found: Whose) -> None:
    assert whose(AFTER_FINISH, shown("RUNNING", fields)) is found


def test_an_id_that_was_never_sent_is_not_ours() -> None:
    assert whose(UPLOADED, shown("RUNNING", NOTHING)) is Whose.NOBODYS


# Refusals.


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"print_error": BUSY}, "0500_4004"),
        ({"print_error": UNSIGNED}, "0502_4007"),
        ({"hms": HMS_LOCKED, "print_error": BUSY}, "0502_4007"),
        ({"print_error": CANCELLED}, None),
        ({"print_error": PHASE}, None),
        ({}, None),
    ],
)
def test_a_refusal_is_told_with_what_to_do(fields: dict[str, Any], code: str | None) -> None:
    found = refusal_of(WATCHED, shown("FINISH", BEFORE, **fields))
    assert (found.code if found else None) == code
    assert found is None or found.action
