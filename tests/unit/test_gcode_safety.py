"""The safety rules: what each refuses, and what it lets through."""

import dataclasses
import hashlib
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.errors import DiskError, GcodeRefused
from printd.core.machine import Machine
from printd.gcode.lines import READING
from printd.gcode.safety import Level, Verdict, lint

MACHINE = Machine("m", "marlin2", 220, 220, 250, 0.4, 285, 110, material_max_c=230)
CHAMBER = dataclasses.replace(MACHINE, has_chamber=True, max_chamber_c=60)
KLIPPER = dataclasses.replace(MACHINE, flavour="klipper")

START = "M140 S60\nM104 S150\nG90\nM83\nG28\nM190 S60\nM109 S210\n"
PRINT = "G1 X10 Y10 Z0.2 F3000\nG1 X50 Y10 E2\n"
END = "M104 S0\nM140 S0\nM84 X Y E\n"


def judge(
    tmp_path: Path, text: str | bytes, machine: Machine = MACHINE, level: Level = Level.FOREIGN
) -> Verdict:
    path = tmp_path / "x.gcode"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return lint(path, machine, level)


def rules(verdict: Verdict) -> set[str]:
    return {refusal.rule for refusal in verdict.refusals}


def with_line(line: str) -> str:
    """Return a good file with a line in its middle, where everything is homed and hot."""
    return START + PRINT + line + "\n" + PRINT + END


def test_a_plain_print_passes(tmp_path: Path) -> None:
    verdict = judge(tmp_path, START + PRINT + END)
    assert verdict.refusals == ()
    assert (verdict.max_nozzle_c, verdict.max_bed_c) == (210, 60)
    assert verdict.bounds_mm == pytest.approx((50, 10, 0.2, 50, 10, 0.2))


def test_the_verdict_names_the_very_bytes_and_limits(tmp_path: Path) -> None:
    text = START + PRINT + END
    verdict = judge(tmp_path, text)
    assert verdict.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert verdict.holds_for(verdict.sha256, MACHINE)
    assert not verdict.holds_for("0" * 64, MACHINE)
    smaller = dataclasses.replace(MACHINE, bed_w_mm=100)
    assert not verdict.holds_for(verdict.sha256, smaller)


def test_a_verdict_survives_the_store(tmp_path: Path) -> None:
    for text in (START + PRINT + END, with_line("G1 X999")):
        verdict = judge(tmp_path, text)
        stored = json.dumps(dataclasses.asdict(verdict))
        assert Verdict.from_dict(json.loads(stored)) == verdict


def test_a_refusal_names_rule_line_and_reason(tmp_path: Path) -> None:
    verdict = judge(tmp_path, with_line("M104 S300"))
    with pytest.raises(GcodeRefused, match=r"G2, line 10: M104: 300 °C is above the limit of 240"):
        verdict.raise_if_refused()


def test_the_hash_covers_a_file_that_could_not_be_read_to_its_end(tmp_path: Path) -> None:
    content = b"G28\n\x00" + b"x" * 3_000_000
    assert judge(tmp_path, content).sha256 == hashlib.sha256(content).hexdigest()


def test_only_the_first_lines_of_each_rule_are_kept(tmp_path: Path) -> None:
    verdict = judge(tmp_path, with_line("G1 X500\n" * 1000 + "M104 S999"))
    assert len(verdict.refusals) == 6
    assert verdict.refused_lines > 1000
    assert rules(verdict) == {"G2", "G10"}


def test_a_file_of_nothing_but_faults_is_not_read_to_its_end(tmp_path: Path) -> None:
    content = b"!\n" * 150_000
    verdict = judge(tmp_path, content)
    assert verdict.sha256 == hashlib.sha256(content).hexdigest()
    assert 100_000 < verdict.refused_lines < 100_100


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DiskError):
        lint(tmp_path / "none", MACHINE)


REFUSED = [
    # Reading: what two firmwares could read differently.
    (READING, "G1 X1 M104 S500"),
    (READING, "N5 M104 S500*3"),
    (READING, "(M104) G1"),
    (READING, "G1 X1e2"),
    # G1: unknown commands.
    ("G1", "M999999"),
    ("G1", "M3 S255"),
    ("G1", "M104.1 S200"),
    ("G1", "G10 P1 X5"),
    ("G1", "CLEAN_NOZZLE"),
    # G2: the nozzle.
    ("G2", "M104 S241"),
    ("G2", "m0104s0300"),
    ("G2", "M 104 S 300"),
    ("G2", "M109 R300"),
    ("G2", "M109 S210 R300"),
    ("G2", "M104 T1 S300"),
    ("G2", "M109 S200 B300 F1"),
    ("G2", "M104 I0"),
    ("G2", "M104 S"),
    ("G2", "; fine\rM104 S300"),
    ("G2", "G10 P0 S300 R200"),
    ("G2", "M568 P0 S300"),
    ("G2", "M104.1 S300"),
    ("G2", "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=300"),
    ("G2", "set_heater_temperature heater=extruder1 target=300.5"),
    ("G2", "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=3e2"),
    ("G2", "TEMPERATURE_WAIT SENSOR=extruder MINIMUM=300"),
    # G3: the bed and a chamber.
    ("G3", "M140 S111"),
    ("G3", "M190 S60 R111"),
    ("G3", "M190 R999999999"),
    ("G3", "M141 S0"),
    ("G3", "M191 S40"),
    ("G3", "SET_HEATER_TEMPERATURE HEATER=heater_bed TARGET=120"),
    ("G3", "SET_HEATER_TEMPERATURE HEATER=chamber TARGET=40"),
    # G9: order.
    ("G9", "M84\nG1 X5"),
    ("G9", "M18 Z\nG1 Z5"),
    ("G9", "M104 S100\nG1 X5 E1"),
    ("G9", "M104 S0\nG1 X5 E1"),
    # G10: the envelope.
    ("G10", "G1 X221"),
    ("G10", "G1 X-1"),
    ("G10", "G0 Y220.1"),
    ("G10", "G1 Z251"),
    ("G10", "G1 Z-0.2"),
    ("G10", "G91\nG1 X-60\nG90"),
    ("G10", "G91\nG1 Z-0.2\nG1 Z-0.2\nG90"),
    ("G10", "G20\nG1 X10\nG21"),
    ("G10", "G92 X0\nG1 X200"),
    ("G10", "G92 Z5\nG1 Z1"),
    ("G10", "G92.1"),
    ("G10", "G1 X0 Y100\nG2 X0 Y120 I0 J10"),
    ("G10", "G1 X10 Y100\nG2 X10 Y100 I-15 J0"),
    ("G10", "G1 X5 Y100\nG2 X5 Y120 R-11"),
    ("G10", "G2 X5 Y5"),
    ("G10", "G2 X5 Y5 I1 R5"),
    ("G10", "G1 X"),
    ("G10", "G29\nG91\nG1 X1\nG90"),
    ("G10", "G29\nG2 X5 Y5 I1"),
    ("G10", "G54"),
    ("G10", "G53"),
    ("G10", "G18"),
    ("G10", "G68 R45"),
    ("G10", "M206 X50"),
    ("G10", "M290 Z-1"),
    ("G10", "M92 X800"),
    ("G10", "G6 X5"),
    ("G10", "G5 I1 J1 P1 Q1 X5 Y5"),
    ("G10", "G1 X99999999999999999999999"),
    # G14: not for this printer.
    ("G14", "M862.1 P0.6"),
    ("G14", 'M862.3 P "MK3S"'),
]


@pytest.mark.parametrize(("rule", "line"), REFUSED)
def test_each_rule_refuses(tmp_path: Path, rule: str, line: str) -> None:
    machine = dataclasses.replace(MACHINE, model="ENDER3")
    assert rule in rules(judge(tmp_path, with_line(line), machine))


ACCEPTED = [
    "; nothing",
    "M104 S240",
    "M104",
    "M109 T0 R200\nM104 S210",
    "M140 S110",
    "G1 X220 Y220 Z250",
    "G1 X0 Y0 Z-0.1",
    "G0 X5 F9000",
    "G91\nG1 X-5\nG90\nM83",
    "G20\nG1 X1\nG21",
    "G92 E0",
    "G92 X0\nG1 X100",
    "G1 X110 Y100\nG2 X110 Y100 I5 J0",
    "G1 X5 Y100\nG3 X5 Y120 R10",
    "G28 X Y\nG1 X5 Y5",
    "G29\nG1 X5 Y5 Z5",
    "G80\nG1 X5 Y5 Z5",
    "G10\nG11",
    "G10 S1",
    "M84 S600\nG1 X5",
    "M73 P10 R5",
    "M106 S255\nM107",
    "M117 Drucke: {x} [y] (z) @, 12% <3 von 5",
    "M204 P500 T1000",
    "M862.1 P0.4",
    'M862.3 P "ENDER3"',
    "M900 K0.05",
    "T0",
    "G1 X5 ; wärmer",
]


@pytest.mark.parametrize("line", ACCEPTED)
def test_good_lines_pass_every_rule(tmp_path: Path, line: str) -> None:
    machine = dataclasses.replace(MACHINE, model="ENDER3")
    assert judge(tmp_path, with_line(line), machine).refusals == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (START.replace("G28\n", "") + PRINT + END, "before it was homed"),
        (START.replace("G28\n", "G28 X Y\n") + PRINT + END, "Z moves before it was homed"),
        ("G1 Z5\n" + START + PRINT + END, "before it was homed"),
        (START.replace("M109 S210", "M109 S149") + PRINT + END, "filament is pushed"),
        (START + PRINT + "M140 S0\n", "nozzle is not switched off"),
        (START + PRINT + "M104 S0\n", "bed is not switched off"),
        (START + PRINT + END + "M109 S200\n", "nozzle is not switched off"),
        (START + PRINT + END + "M109 S200\nG1 X20 E5\n", "nozzle is not switched off"),
        (START + "M104 T1 S200\n" + PRINT + END, "nozzle is not switched off"),
    ],
)
def test_order_is_kept_from_start_to_end(tmp_path: Path, text: str, said: str) -> None:
    verdict = judge(tmp_path, text)
    assert any(refusal.rule == "G9" and said in refusal.text for refusal in verdict.refusals)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("G28\nM104 S0\nM140 S0\n", "never heated"),
        (START + "G1 X10 Y10 Z0.2\n" + END, "no filament"),
        (START + PRINT + END + ";" + "z" * 3000 + "\n;" + "z" * 3000 + "\n", "unknown comments"),
        ("; generated by PrusaSlicer 2.5.0\n" + START + PRINT + END, "cut off"),
    ],
)
def test_what_is_no_whole_print_is_refused(tmp_path: Path, text: str, said: str) -> None:
    verdict = judge(tmp_path, text)
    assert any(refusal.rule == "G14" and said in refusal.text for refusal in verdict.refusals)


def block(*settings: str) -> str:
    lines = "".join(f"; {setting}\n" for setting in settings)
    return f"; prusaslicer_config = begin\n{lines}; prusaslicer_config = end\n"


@pytest.mark.parametrize(
    ("setting", "ok"),
    [
        ("nozzle_diameter = 0.4", True),
        ("nozzle_diameter = 0.6", False),
        ("nozzle_diameter = 0.4,0.6", False),
        ("gcode_flavor = marlin", True),
        ("gcode_flavor = klipper", False),
        ("printer_model = ENDER3", True),
        ("printer_model = MK4", False),
    ],
)
def test_a_file_for_another_printer_is_refused(tmp_path: Path, setting: str, ok: bool) -> None:
    machine = dataclasses.replace(MACHINE, model="ENDER3")
    verdict = judge(tmp_path, START + PRINT + END + block(setting), machine)
    assert rules(verdict) == (set() if ok else {"G14"})


def test_our_own_file_must_end_as_the_slicer_ends_it(tmp_path: Path) -> None:
    text = START + PRINT + END
    assert rules(judge(tmp_path, text, level=Level.OWN)) == {"G14"}
    assert judge(tmp_path, text + block(), level=Level.OWN).ok


def test_a_last_line_without_an_end_is_refused(tmp_path: Path) -> None:
    assert rules(judge(tmp_path, (START + PRINT + END).rstrip())) == {READING}


def test_a_chamber_is_heated_only_where_there_is_one(tmp_path: Path) -> None:
    assert judge(tmp_path, with_line("M141 S60\nM141 S0"), CHAMBER).ok
    assert rules(judge(tmp_path, with_line("M141 S61\nM141 S0"), CHAMBER)) == {"G3"}


def test_an_extra_zone_widens_the_bed_and_nothing_else(tmp_path: Path) -> None:
    machine = dataclasses.replace(MACHINE, zones=((-10, 0, 0, 20),))
    assert judge(tmp_path, with_line("G1 X-5 Y10"), machine).ok
    assert not judge(tmp_path, with_line("G1 X-5 Y30"), machine).ok
    assert not judge(tmp_path, with_line("G1 X-11 Y10"), machine).ok


def test_klipper_sets_heaters_by_name(tmp_path: Path) -> None:
    start = START.replace("M109 S210", "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=210\nM83")
    end = "TURN_OFF_HEATERS\n"
    assert judge(tmp_path, start + PRINT + end, KLIPPER).refusals == ()
    assert judge(tmp_path, start + PRINT + END.replace("M104 S0", ""), KLIPPER).refusals != ()


def test_a_profile_may_allow_commands_for_its_own_files_only(tmp_path: Path) -> None:
    machine = dataclasses.replace(MACHINE, allow=("M600", "M500", "CLEAN_NOZZLE"))
    own = with_line("M600\nCLEAN_NOZZLE") + block()
    assert judge(tmp_path, own, machine, Level.OWN).refusals == ()
    assert rules(judge(tmp_path, own, machine, Level.FOREIGN)) == {"G1", "G8"}


def test_what_stores_settings_cannot_be_allowed(tmp_path: Path) -> None:
    machine = dataclasses.replace(MACHINE, allow=("M500", "SAVE_CONFIG", "M23"))
    for line, rule in (("M500", "G5"), ("SAVE_CONFIG", "G5"), ("M23 x.gco", "G7")):
        assert rules(judge(tmp_path, with_line(line) + block(), machine, Level.OWN)) == {rule}


def test_a_profile_may_home_by_its_own_command(tmp_path: Path) -> None:
    machine = dataclasses.replace(MACHINE, homing_command="START_PRINT")
    text = START.replace("G28", "START_PRINT BED=60") + PRINT + END + block()
    assert judge(tmp_path, text, machine, Level.OWN).refusals == ()


def test_bounds_leave_out_what_comes_before_the_first_layer(tmp_path: Path) -> None:
    prime = "G1 X2 Y200 Z0.3\nG1 X2 Y10 E10\n"
    verdict = judge(tmp_path, START + prime + ";LAYER_CHANGE\n" + PRINT + END)
    assert verdict.bounds_mm == pytest.approx((50, 10, 0.2, 50, 10, 0.2))
    assert verdict.layers == 1


def test_filament_drawn_back_and_pushed_again_counts_once(tmp_path: Path) -> None:
    text = START + PRINT + "G1 E-5\nG1 E5\nG1 X60 E1\n" + END
    assert judge(tmp_path, text).extruded_mm == pytest.approx(3)


LINE_PARTS = (
    "G0 G1 G2 G28 G90 G91 G92 M104 M109 S999 X1 X-1 Y I5 R E1 Z-9 ; ( \r \n \t * 1e5 { \xff T1"
)
WORDS = st.sampled_from(LINE_PARTS.split(" "))


@given(st.lists(WORDS).map(" ".join) | st.binary(max_size=300).map(lambda b: b.decode("latin-1")))
def test_any_bytes_get_a_verdict(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        verdict = judge(Path(folder), text.encode("latin-1"))
    assert not verdict.ok  # nothing at random is a whole print
