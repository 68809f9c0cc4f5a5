"""The corpus for Bambu Lab's machines: what their start code may do, done elsewhere.

Each pair stands in a whole file in the manner of the maker's presets; the near miss shows that the
same is allowed where the start code does it.
"""

from typing import Final

from printd.core.machine import Machine
from printd.core.shipped import shipped
from printd.gcode.lines import READING
from printd.slicers.facts import read_facts
from tests.peers.bambu_gcode import CODE, filled, whole
from tests.peers.gcode_corpus import FOREIGN, OWN, Case

# The profiles whose settings can be tried without OrcaSlicer; the machines are the same.
PROFILES: Final = {name: f"{name}-prusa" for name in CODE}


def machine_of(profile: str) -> Machine:
    """Return the machine of a shipped profile."""
    file = shipped("profiles") / profile / "printer.yaml"
    return read_facts(file.read_bytes(), profile).machine(profile)


MACHINES: Final = {name: machine_of(profile) for name, profile in PROFILES.items()}
P1S, A1 = "bambu-p1s", "bambu-a1"


def _at(where: str, rule: str, bad: str, near: str, *also: str, **more: object) -> Case:
    """Return a pair of files with lines at a place that ``bambu_gcode.plate`` names."""
    printer = str(more.pop("printer", P1S))
    return Case(
        rule,
        whole(printer, **{where: bad}),
        whole(printer, **{where: near}),
        MACHINES[printer],
        also=frozenset(also),
        whole=True,
        called=f"{rule} {printer}, {where}: {bad[:40]!r}",
        **more,  # type: ignore[arg-type]
    )


def _start(rule: str, bad: str, near: str, *also: str, **more: object) -> Case:
    return _at("before", rule, bad, near, *also, **more)


def _late(rule: str, bad: str, near: str, *also: str, **more: object) -> Case:
    return _at("between", rule, bad, near, *also, **more)


def _only_early(rule: str, lines: str, *also: str, **more: object) -> Case:
    """Return a pair: lines that may stand before the first layer, and after it may not."""
    printer = str(more.pop("printer", P1S))
    return Case(
        rule,
        whole(printer, between=lines),
        whole(printer, before=lines),
        MACHINES[printer],
        also=frozenset(also),
        whole=True,
        called=f"{rule} {printer}, too late: {lines[:40]!r}",
        **more,  # type: ignore[arg-type]
    )


_END = filled(CODE[P1S][1])
_FLAG = "M1002 judge_flag timelapse_record_flag\n"

BAMBU_CASES: Final = (
    # The whole of each machine's own code, and one that is another machine's.
    *(
        Case(
            "G14",
            whole(name, settings="; printer_model = Bambu Lab H2D"),
            whole(name),
            MACHINES[name],
            whole=True,
            called=f"G14 the start and end of {name}",
        )
        for name in CODE
    ),
    _start(READING, "G28 Z P0 M300", "G28 Z P0 T300"),
    _start(READING, "M1006 A0 G10", "M1006 A0 M60 N60"),
    _start(READING, "M970.3 Q0 A7 Q1", "M970.3 Q0 A7 Q0"),
    # G1: the firmware's own commands, each in its forms.
    _start("G1", "M9999 S1", "M975 S1"),
    _start("G1", "M620 Q1", "M620 M"),
    _start("G1", "M1002 run another_file", "M1002 judge_flag extrude_cali_flag"),
    _start("G1", "G29.1 Z-1", "G29.1 Z-0.04"),
    _start("G1", "M17 X1.9", "M17 X1.2"),
    _start("G1", "M201.2 K9", "M201.2 K1.0"),
    _late("G1", "M620.1 X20 Y300 F21000 P0", "M620.1 X20 Y200 F21000 P0"),
    _only_early("G1", "G29.1 Z-0.04"),
    _only_early("G1", "M970.3 Q1 A7 B30 C80 H15 K0"),
    _only_early("G1", "M221 Z0\nM221 R"),
    # G2: hot for purging, and only then.
    _start("G2", "M109 S301\nM109 S220", "M109 S300\nM109 S220"),
    _start("G2", "M620.1 E F300 T301", "M620.1 E F300 T300"),
    _only_early("G2", "M109 S250\nM109 S220"),
    _late("G2", "M620.1 E F300 T250", "M620.1 E F300 T240"),
    _start("G3", "M190 S101\nM190 S60", "M190 S100\nM190 S60"),
    # G4: the limits of the machine.
    _only_early("G4", "M211 X0 Y0 Z0", printer=A1),
    _start("G4", "M302 P1", "M412 S1"),
    _start("G4", "M301 P20", "M142 P1 R35 S40"),
    # G5: what is kept.
    _start("G5", "M500", "G28\nG29 A1 X9 Y9 I9 J9\nM500"),
    _only_early("G5", "G28\nG29 A1 X9 Y9 I9 J9\nM500", "G1"),
    _start("G5", "M290 X80 Y40 Z2.6666666", "M290 X40 Y40 Z2.6666666", "G10"),
    _only_early("G5", "M290 X40 Y40 Z2.6666666", "G10"),
    _start("G5", "M502", "M400"),
    _start("G5", "M851 Z-2", "G29.1 Z-0.02", "G10"),
    _start(
        "G5",
        "M203 X900\nG28\nG29 A1\nM500",
        "M203 X500\nG28\nG29 A1\nM500",
        levels=OWN,
    ),
    _start("G6", "M997", "M960 S5 P1"),
    _start("G6", "M42 P4 S255", "M710 A1 S255"),
    _start("G7", "M28 x.gcode", "M1004 S5 P1"),
    _late("G8", "M400 U1", "M400 S3"),
    _late("G8", "M400 P90000", "M400 P300"),
    # G9: homed, hot and cold again, and off for certain.
    _at("first", "G9", "G91\nG1 Z-5\nG90", "G91\nG1 Z5\nG1 Z-5\nG90", "G10"),
    _at("first", "G9", "G91\nG380 S2 Z9\nG380 S2 Z-10\nG90", "G91\nG380 S2 Z9\nG90", "G10"),
    _at("first", "G9", "G91\nG1 X5\nG90", "G91\nG1 Z5\nG90", "G10"),
    _start("G9", "M104 S0\nG1 E20\nM104 S220", "M104 S0\nG1 E10\nM104 S220"),
    _start("G9", "M104 S250", "M104 S250\nM104 S220"),
    _start("G9", f"M104 S250\n{_FLAG}M622 J1\nM104 S220\nM623", "M104 S250\nM104 S220"),
    _start("G9", "G29.2 S0", "G29.2 S0\nG29.2 S1"),
    _start("G9", "T1100", "T1100\nT1000", "G10"),
    _at(
        "end",
        "G9",
        _END.replace("M104 S0\n", f"{_FLAG}M622 J1\nM104 S0\nM623\n"),
        _END.replace("M104 S0\n", f"{_FLAG}M622 J1\nM400\nM623\nM104 S0\n"),
    ),
    _at("end", "G9", _END.replace("M140 S0\n", ""), _END),
    # G10: where the machine reaches, and what for.
    _start("G10", "G1 X60 Y266", "G1 X60 Y265"),
    _start("G10", "G1 X-49 Y0", "G1 X-48 Y0", printer=A1),
    _late("G10", "G1 X60 Y264\nG1 X80 E1", "G1 X60 Y264\nG1 E1\nG1 X80"),
    _start("G10", "G1 X128 Y128 Z-1", "G1 X128 Y261 Z-1\nG1 Z5"),
    _start("G10", "G1 X128 Y261 Z-2", "G1 X128 Y261 Z-1.5\nG1 Z5"),
    _start("G10", "G1 X128 Y261 Z-1\nG1 X60", "G1 X128 Y261 Z-1\nG1 X124\nG1 Z5"),
    _only_early("G10", "G1 X128 Y261 Z-1\nG1 Z5"),
    _start("G10", "G1 X9 Y9\nG380 S3 Z-9\nG1 Z5", "G1 X9 Y9\nG380 S3 Z-5\nG1 Z5"),
    _start("G10", "G29 A X200 Y200 I100 J20", "G29 A X200 Y200 I50 J20"),
    _start("G10", "T1100\nG1 X9 E1\nT1000", "T1100\nG1 X9\nT1000"),
    _start(
        "G10",
        f"{_FLAG}M622 J1\nG1 X9 Y9\nM623\nG91\nG1 X5\nG90",
        f"{_FLAG}M622 J1\nG1 X9 Y9\nM623\nG1 X9\nG91\nG1 X5\nG90",
    ),
    _start(
        "G10",
        f"{_FLAG}M622 J1\nG91\nM623\nG1 X9\nG90",
        f"{_FLAG}M622 J1\nG91\nM623\nG90\nM83\nG1 X9",
    ),
    _late("G10", "G28\nG91\nG1 X1\nG90", "G28\nG1 X1"),
    _start("G11", "G1 E61", "G1 E60"),
    _start("G12", "M203 X501", "M203 X500", levels=FOREIGN),
    _late("G13", "T16", "T15"),
    _late("G13", "T1000\nT999", "T1000\nT1"),
    # G14: conditions.
    _start("G14", "M622 J1", "M622 J1\nM623", "G9"),
    _start("G14", "M623", "M622 J1\nM623"),
    _start("G14", "M622 J1\nG92 X5\nM623", "M622 J1\nM623\nG92 E5"),
    _late("G15", "M117 go:M104 S500", "M1002 set_filament_type:PLA"),
)
