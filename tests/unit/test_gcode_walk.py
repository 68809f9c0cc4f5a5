"""Many lines at once mean what they mean one by one."""

import dataclasses
import functools
import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from printd.core.machine import Machine
from printd.gcode.contents import Contents
from printd.gcode.judge import judge
from printd.gcode.lines import LONGEST_COMMENT
from printd.gcode.rows import LETTERS, RENAME_E, rows_of
from printd.gcode.verdict import Level, Verdict
from printd.gcode.walk import walk, walk_plainly

MACHINE = Machine("m", "marlin2", 220, 220, 250, 0.4, 285, 110, max_speed_mm_s=100)
KLIPPER = dataclasses.replace(MACHINE, flavour="klipper", zones=((-10, 0, 0, 20),), tools=2)
HOT = "M140 S60\nG90\nM83\nG28\nM109 S210\n"

NUMBER = st.one_of(
    st.decimals(-20, 240, places=3).map(str),
    st.sampled_from(["0", "-0", ".5", "5.", "-.25", "007", "+1", "1e1", "", "-", "1-2", "9" * 14]),
)
WORD = st.tuples(st.sampled_from("XYZEFIJR"), NUMBER).map("".join)
SOME_WORDS = st.lists(WORD, max_size=4).map(" ".join)
XY = st.integers(0, 220)
GOOD = st.builds("G1 X{} Y{} E.{}".format, XY, XY, st.integers(0, 99999))
ODD = [
    "G90",
    "G91",
    "M82",
    "M83",
    "G28",
    "G20",
    "G21",
    "M84",
    "G92 E0",
    "G92 E5.5",
    "G92 X5",
    "G29",
    "M104 S0",
    "M104 S210",
    "M106 S255",
    "M204 P500",
    "M73 P5 R1",
    "T0",
    ";LAYER_CHANGE",
    ";TYPE:x",
    "; note",
    "G1 X1 ; note",
    "G1 X1  ;",
    "G1 Z5 F60000",
    "G1X1Y1",
    "g1 x1",
    "G1  X1",
    "G1 X1 ",
    "G1 X1\t",
    "G1 ",
    "G1",
    "G1 X1 X2",
    "G1 X1\\",
    "G1 X5;\\",
    "G1 E70",
    "M220 S150",
    "",
    "G4 P500",
    "G1 X1 Ü",
    "G1 X1 ; Ü",
    "BOX A=1",
    "\x00",
    "M117 hi",
    "G1 X5 F0",
    "G2 X1",
    "G1 X1 I1",
]
LINE = st.one_of(
    GOOD,
    GOOD,
    st.tuples(st.sampled_from(["G0", "G1", "G2", "G3", "G92"]), SOME_WORDS).map(" ".join),
    st.builds("G{} X{} Y{} I{} J{} E1".format, st.sampled_from([2, 3]), XY, XY, XY, XY),
    st.builds("G{} I{} J{}".format, st.sampled_from([2, 3]), st.integers(-5, 5), st.integers(0, 5)),
    st.sampled_from(ODD),
)
TEXT = st.lists(LINE, max_size=60)


class Drip:
    """Gives a few bytes at a time, so that blocks end anywhere."""

    def __init__(self, content: bytes, size: int) -> None:
        self._stream = io.BytesIO(content)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._size))


def close(one: Verdict | Contents, other: Verdict | Contents) -> bool:
    """Return whether two records are the same but for rounding."""
    pairs = zip(dataclasses.astuple(one), dataclasses.astuple(other), strict=True)
    return all(a == b or (_near(a) and b == pytest.approx(a, rel=1e-9, abs=1e-9)) for a, b in pairs)


def _near(value: object) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return bool(parts) and all(isinstance(part, float) for part in parts)


def both(
    content: bytes, machine: Machine, level: Level, size: int
) -> tuple[tuple[Verdict, Contents], tuple[Verdict, Contents]]:
    together = functools.partial(walk, fewest_together=1)
    return (
        judge(Drip(content, size), machine, level, together),
        judge(io.BytesIO(content), machine, level, walk_plainly),
    )


@settings(max_examples=100)
@given(TEXT, st.booleans(), st.sampled_from(list(Level)), st.sampled_from(["\n", "\r\n", "\r"]))
@example(["G1 X10 Y10 E1"] * 3 + ["G92 E0"] + ["G1 X20 E1"] * 2, True, Level.FOREIGN, "\n")
@example(["M82", "G1 E5", "G92 E0", "G1 X5 E2", "G1 X6 E3"], True, Level.OWN, "\n")
def test_together_and_one_by_one_agree(
    lines: list[str], is_klipper: bool, level: Level, end: str
) -> None:
    content = (HOT + end.join([*lines, "M104 S0", "M140 S0", ""])).encode()
    machine = KLIPPER if is_klipper else MACHINE
    (verdict, contents), (plain_verdict, plain_contents) = both(content, machine, level, 97)
    assert verdict.refusals == plain_verdict.refusals
    assert verdict.warnings == plain_verdict.warnings
    assert close(verdict, plain_verdict), (verdict, plain_verdict)
    assert close(contents, plain_contents), (contents, plain_contents)


@given(st.binary(max_size=400))
def test_any_bytes_agree(content: bytes) -> None:
    (verdict, contents), plain = both(content, MACHINE, Level.FOREIGN, 13)
    assert close(verdict, plain[0])
    assert close(contents, plain[1])


@given(st.decimals(-999999, 999999, places=4).map(str))
def test_numbers_are_read_to_the_last_bit(text: str) -> None:
    rows = rows_of(f"G1 X{text}\n".encode(), LONGEST_COMMENT)
    assert rows.values[0].tolist() == [float(text)]


@pytest.mark.parametrize(
    "line",
    [
        "G1 X1 Y2.5 Z.3 E-.8 F1800",
        "G1 F1800 X1 Y2 E3",
        "G0 X1",
        "G3 X1 Y1 I-1 J.5 E2",
        "G92 E0",
        "G1 X1 ; in words",
        "G1 X1;in words",
    ],
)
def test_the_forms_that_slicers_write_are_rows(line: str) -> None:
    rows = rows_of(f"; x\n{line}\nM107\n".encode(), LONGEST_COMMENT)
    assert rows.line.tolist() == [1]
    said = line.partition(";")[0].split()
    assert rows.kind.tolist() == [RENAME_E if said[0] == "G92" else int(said[0][1])]
    found = {
        letter: value
        for letter, value in zip(LETTERS, rows.values[:, 0].tolist(), strict=True)
        if not np.isnan(value)
    }
    assert found == {word[0]: float(word[1:]) for word in said[1:]}


@pytest.mark.parametrize(
    "line",
    [
        "G1",
        "G1 X",
        "G1  X1",
        "G1 X1 X2",
        "G1 X1-2",
        "G1 X1e2",
        "G1 X1 M104 S500",
        "G1 X1 (a)",
        "G10",
        "G1 X1\\",
        "G1 X1 R2",
        "G2 X1 Y1 R5",
        "G92 X1",
        "G92 E0 X1",
        "G1 X1234567890",
        "g1 X1",
        " G1 X1",
        "G1\tX1",
        "G1 X1*71",
        "G1 X\u0661",
        "G1 X1 I2",
        "G1 X1 ;" + "x" * 5000,
    ],
)
def test_every_other_form_is_left_to_be_read_by_itself(line: str) -> None:
    assert rows_of(f"{line}\n".encode(), LONGEST_COMMENT).line.tolist() == []
