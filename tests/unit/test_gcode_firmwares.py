"""No file passes that does harm when a firmware reads it in its own way."""

import dataclasses
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from printd.core.machine import Machine
from printd.gcode.judge import judge
from printd.gcode.verdict import Level
from tests.peers.firmwares import FIRMWARES, Harm

MACHINE = Machine("m", "marlin2", 220, 220, 250, 0.4, 285, 110)
FORBIDDEN = frozenset(
    {"M997", "M500", "M502", "M302", "M303", "M112", "M81", "M92", "M206", "M211", "M999", "M0"}
    | {"M600", "M23", "M24", "M28", "M30", "M98", "M42", "SAVE_CONFIG", "FORCE_MOVE", "RESTART"}
    | {"RUN_SHELL_COMMAND", "SET_PIN"}
)
START = ["M140 S60", "G90", "M83", "G28", "M190 S60", "M109 S210", "G1 X9 Y9 Z0.2 F3000"]
END = ["G1 X50 Y10 E2", "M104 S0", "M140 S0", "M84"]
EVIL = [
    *("M104 S300", "M109R300", "M140 S200", "M190S200", "G1 X500", "G1 Y-50", "G0Z-5", "M997"),
    *("M500", "M302 P1", "G92 Z0", "G91", "G90", "G20", "G28", "G28 X", "M84", "M112", "M23 a.g"),
    *("SAVE_CONFIG", "FORCE_MOVE STEPPER=X DISTANCE=9", "SET_PIN PIN=x VALUE=1", "T0", "G92 X0"),
    *("M117", "M117 hi", "M118 x", "M862.3 P", '"', "M73 P5", "M106 S255", "M104 S0", "M104"),
    *("S300", "S", "X500", "Z-3", "E5", "P1", "N10", "N10 ", "*71", "0300", "3e2", "+300", "1"),
    *(";", ":", "#", "(", ")", "\\", "\r", "\r\n", "\n", "\t", " ", "  ", "/", "{", "}", "@", "_"),
    *(" " * 90, "a" * 95, "\x00", "\xa0", "é", "G", "M", "10", "4", "."),
]
PIECE = st.sampled_from(EVIL) | st.sampled_from(EVIL).map(str.lower)
HOSTILE = st.lists(PIECE, min_size=1, max_size=5).map("".join)


def harm_of(content: bytes, machine: Machine) -> list[str]:
    found = []
    for firmware in FIRMWARES[machine.flavour]:
        harm = Harm(240, 110, 220, 250, FORBIDDEN)
        for command in firmware(content):
            harm.execute(command)
        found += [f"{firmware.__name__}: {text}" for text in harm.found]
        if harm.hot:
            found.append(f"{firmware.__name__}: the nozzle stays hot")
    return found


def passes(content: bytes, machine: Machine, level: Level = Level.FOREIGN) -> bool:
    return judge(io.BytesIO(content), machine, level)[0].ok


def written(*hostile: str, end: str = "\n") -> bytes:
    return end.join([*START, *hostile, *END, ""]).encode("latin-1")


@pytest.mark.parametrize("flavour", sorted(FIRMWARES))
def test_a_plain_file_passes_and_does_no_harm(flavour: str) -> None:
    machine = dataclasses.replace(MACHINE, flavour=flavour)
    content = written("G1 X20 Y20 E1", "; M104 S300", "M117 hi")
    assert passes(content, machine)
    assert harm_of(content, machine) == []


@pytest.mark.parametrize(
    ("flavour", "line"),
    [
        ("marlin2", "M117 a:M104 S300"),
        ("marlin2", "M117 G1 X500"),
        ("marlin2", 'M862.3 P "x:M104 S300"'),
        ("marlin2", "M117 " + "x" * 90 + "M104 S300"),
        ("marlin2", "M104 S300"),
        ("marlin2", "N5 M104 S300*12"),
        ("marlin2", "m104 s300"),
        ("klipper", "m104s300"),
        ("klipper", "G1 E1\nM104TS0\nG1 E1\nM104S300"),
        ("klipper", "force_move stepper=x"),
        ("klipper", "; x\rM500\nG91\rG90\nG1 X-20"),
    ],
)
def test_the_models_see_the_harm_of_tricks_that_are_known(flavour: str, line: str) -> None:
    machine = dataclasses.replace(MACHINE, flavour=flavour)
    assert harm_of(written(line), machine)
    assert not passes(written(line), machine)


@settings(max_examples=300)
@given(
    st.lists(HOSTILE, min_size=1, max_size=3),
    st.sampled_from(sorted(FIRMWARES)),
    st.sampled_from(["\n", "\n", "\r\n"]),
)
@example(["M117 x\\", "M104 S0"], "marlin2", "\n")
@example(["G 28", "M0104 S300"], "klipper", "\n")
@example(["M104 S210.9"], "marlin2", "\n")
@example(["M104TS300"], "klipper", "\n")
def test_what_passes_does_no_harm_to_any_firmware(
    hostile: list[str], flavour: str, end: str
) -> None:
    machine = dataclasses.replace(MACHINE, flavour=flavour)
    content = written(*hostile, end=end)
    if passes(content, machine):
        assert harm_of(content, machine) == []


@settings(max_examples=200)
@given(st.data(), st.sampled_from(sorted(FIRMWARES)))
def test_a_good_file_with_changed_bytes_passes_only_if_it_does_no_harm(
    data: st.DataObject, flavour: str
) -> None:
    machine = dataclasses.replace(MACHINE, flavour=flavour)
    content = bytearray(written("G1 X20 Y20 E1 ; on", "M106 S255", "M117 hi"))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    if passes(bytes(content), machine):
        assert harm_of(bytes(content), machine) == []
