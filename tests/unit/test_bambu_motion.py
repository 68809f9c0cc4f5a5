"""Where the nozzle is on a printer with Bambu Lab's firmware, and what is not known of it."""

import io

import pytest

from printd.core.machine import Machine
from printd.gcode.bambu_dialect import LETTERS, dialect_of
from printd.gcode.bambu_motion import BambuMotion
from printd.gcode.commands import command_of, quick_move
from printd.gcode.judge import judge
from printd.gcode.lines import MalformedLine
from printd.gcode.motion import Move
from printd.gcode.rules.base import LONGEST_START_MM
from printd.gcode.verdict import Level
from tests.peers.bambu_corpus import MACHINES, P1S
from tests.peers.bambu_gcode import CODE, filled, plate, whole

MACHINE = MACHINES[P1S]
HOMED = ("G28", "G1 X10 Y20 Z5")


def follow(*lines: str) -> tuple[BambuMotion, Move]:
    """Return the motion and the last move."""
    motion = BambuMotion(MACHINE)
    last = None
    for number, line in enumerate(lines, start=1):
        words = quick_move(line.encode())
        move = motion.quick(number, words) if words else None
        last = move or motion.see(command_of(line.encode(), number, LETTERS)) or last
    assert last is not None
    return motion, last


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        (["G28", "G1 X10"], (10, None, None)),
        (["G28 X", "G1 X10 Y20", "G28 Z P0 T300", "G1 Z5"], (10, 20, 5)),
        ([*HOMED, "G29.2 S0", "G1 X6"], (6, 20, 5)),
        ([*HOMED, "T1", "G1 X6"], (6, None, None)),
        ([*HOMED, "G380 S3 Z-5", "G1 X6"], (6, 20, None)),
        ([*HOMED, "T1000", "G1 X6"], (6, 20, 5)),
        ([*HOMED, "T1100", "T1000", "G1 X6"], (6, None, None)),
        ([*HOMED, "M622 J1", "G1 X9 Y20", "M623", "G1 Z6"], (None, 20, 6)),
        ([*HOMED, "M622 J1", "M622 J0", "G1 X9", "M623", "M623", "G1 Z6"], (None, 20, 6)),
        ([*HOMED, "M622 J1", "T1", "M623", "G2 Z6 I0.5 J0.5"], (None, None, 6)),
    ],
)
def test_places_are_followed(lines: list[str], end: tuple[float | None, ...]) -> None:
    move = follow(*lines)[1]
    assert ((move.x, move.y, move.z), move.trouble) == (end, "")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["G91", "G1 Z5", "G1 Z-6"], "goes back further"),
        (["G91", "G1 Z5", "M18", "G1 Z-1"], "goes back further"),
        (["G91", "M622 J1", "G1 Z5", "M623", "G1 Z-1"], "goes back further"),
        (["G91", "G28", "G1 X1"], "not known"),
        (["G380 S2 Z30"], "not homed"),
        (["G28", "G1 Z5", "G380 S2 Z1"], "touches a place that is not known"),
        ([*HOMED, "G380 S2 Z-6"], "outside -5 mm"),
        ([*HOMED, "M622 J1", "G91", "M623", "G1 X1"], "depends on a flag"),
        ([*HOMED, "M622 J1", "T1", "M623", "G2 Z6 I3 J0.5"], "place that is not known"),
        ([*HOMED, "M620 S1A", "T1", "G91", "G1 X9", "G1 X7"], "not known"),
    ],
)
def test_what_is_not_certain_is_told(lines: list[str], said: str) -> None:
    assert said in follow(*lines)[1].trouble


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["M623"], "nothing began"),
        ([*HOMED, "M622 J1", "G92 X5", "M623"], "depends on a flag"),
        ([*HOMED, "M622 J1", "G20", "M623"], "depends on a flag"),
        (["M622 J1"] * 9, "within one another"),
    ],
)
def test_conditions_that_leave_something_unclear_are_faults(lines: list[str], said: str) -> None:
    motion = follow("G1 X1", *lines)[0]
    assert said in motion.fault


def test_only_listed_letters_are_parameters() -> None:
    assert command_of(b"G28 Z P0 T300", 1, LETTERS).words == {"Z": None, "P": 0, "T": 300}
    with pytest.raises(MalformedLine, match="second command"):
        command_of(b"G28 Z P0 T300", 1)
    with pytest.raises(MalformedLine, match="second command"):
        command_of(b"G1 X1 T300", 1, LETTERS)


def test_a_command_of_the_dialect_is_accepted_in_its_forms_alone() -> None:
    dialect = dialect_of(MACHINE)

    def objection(line: bytes, *, starting: bool = True) -> str | None:
        return dialect.objection(command_of(line, 1, LETTERS), starting=starting)

    assert objection(b"G29.1 Z-0.04") == ""
    assert "may stand only before the first layer" in (
        objection(b"G29.1 Z-0.04", starting=False) or ""
    )
    assert "outside" in (objection(b"G29.1 Z-0.4") or "")
    assert "not known" in (objection(b"G29.1 Q1") or "")
    assert objection(b"M104 S200") is None


def refused(text: str, machine: Machine = MACHINE) -> set[str]:
    verdict = judge(io.BytesIO(text.encode()), machine, Level.FOREIGN)[0]
    return {refusal.rule for refusal in verdict.refusals}


def test_a_file_that_marks_no_layers_does_not_start_for_ever() -> None:
    code, end = (filled(part) for part in CODE[P1S])
    unmarked = plate(code, end).replace("; CHANGE_LAYER\n", "")
    pushes = int(LONGEST_START_MM / 50)
    assert refused(unmarked) == set()
    late = "G92 E0\n" + "G1 E50 F200\n" * pushes + "M109 S250\nM109 S220\n"
    assert "G2" in refused(unmarked.replace("; FEATURE: Outer wall\n", late))
    hot = "M109 S250\nG92 E0\n" + "G1 E50 F200\n" * pushes
    assert "G9" in refused(unmarked.replace("; FEATURE: Outer wall\n", hot))


@pytest.mark.parametrize("name", MACHINES)
def test_another_machine_refuses_the_start_code(name: str) -> None:
    plain = Machine("plain", "marlin", 256, 256, 256, 0.4, 300, 100)
    assert {"G1", "G5", "G10"} <= refused(whole(name), plain)


def test_the_start_of_the_large_printers_does_not_fit_the_small_one() -> None:
    assert "G10" in refused(whole(P1S), MACHINES["bambu-a1-mini"])
