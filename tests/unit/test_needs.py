"""What needs a person, and what of it comes first."""

from dataclasses import replace

from printd.core.jobs import Because, Job, State
from printd.core.needs import AWAY as OFFLINE
from printd.core.needs import BED, BY_HAND, needs_of
from printd.core.needs import FAULT as FAULT_SHOWN
from printd.core.standing import Standing
from tests.unit.test_matching import ALONE
from tests.unit.test_order import NOON


def held(number: int, code: str, *, in_doubt: bool = False) -> Job:
    because = Because(code, f"because of {code}")
    job = Job(
        number=number,
        id=str(number),
        name=f"n{number}",
        state=State.HELD,
        recipe="default",
        settings={},
        sha256="",
        created_at=NOON,
        moved_at=NOON,
        because=because,
    )
    return replace(job, in_doubt=in_doubt)


NOT_CLEAR = Because("bed_not_clear", "The bed of left has not been cleared.")
UNKNOWN = Because("bed_unknown", "It is not known.")
AWAY = Because("offline", "far has not answered.")
FAULT = Because("fault_shown", "ill shows 0300_8014.")


def test_faults_come_first_then_doubts_approvals_beds_and_lost_printers() -> None:
    jobs = [
        held(1, "needs_approval"),
        held(2, "start_in_doubt", in_doubt=True),
        held(3, "printer_fault"),
    ]
    right = Because("bed_not_clear", "The bed of right has not been cleared.")
    stops = {"far": AWAY, "ill": FAULT, "left": NOT_CLEAR, "right": right, "new": UNKNOWN}
    standing = Standing({7: right, 8: right}, stops, {}, {}, {})

    needs = needs_of(jobs, standing)

    assert [need.of for need in needs] == [
        "ill",
        "#3 n3",
        "#2 n2",
        "#1 n1",
        "#7 and 1 more wait for right",
        "left",
        "far",
    ]
    assert [need.job for need in needs] == [None, 3, 2, 1, None, None, None]
    assert [need.printer for need in needs] == ["ill", None, None, None, "right", "left", "far"]


def test_jobs_in_line_that_only_a_person_helps_are_named_once_for_each_reason() -> None:
    jobs = [replace(held(number, "x"), state=State.SLICED, because=None) for number in range(1, 6)]
    red = Because("wrong_material", "The recipe asks for red PLA; left has PLA loaded.", "Load it.")
    gone = Because("wrong_printer", "#3 may only be printed on gone.", "Run `printd move 3`.")
    busy = Because("busy", "left prints #9.")
    reasons = {1: busy, 2: red, 3: gone, 4: red, 5: NOT_CLEAR}
    standing = Standing(reasons, {"far": AWAY, "left": NOT_CLEAR}, {}, {}, {})

    needs = needs_of(jobs, standing)

    assert [(need.of, need.job, need.because) for need in needs] == [
        ("#5 waits for left", None, NOT_CLEAR),
        ("#2 n2 and 1 more", 2, red),
        ("#3 n3", 3, gone),
        ("far", None, AWAY),
    ]


def test_every_reason_of_the_table_is_told_apart_by_whom_it_waits_for() -> None:
    """Time, a printer or the house may pass these by itself; the others are for a person."""
    passes = {"busy", "closed_hours", "queue_paused", "staggered", "disk_full", "out_of_service"}
    assert set(ALONE) - BY_HAND - passes == {*BED, FAULT_SHOWN, OFFLINE}


def test_a_bed_that_was_never_seen_and_that_nobody_waits_for_needs_nobody() -> None:
    assert needs_of([], Standing({}, {"new": UNKNOWN}, {}, {}, {})) == []
