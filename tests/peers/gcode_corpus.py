"""The corpus of the safety rules: for each, files that must be refused, and near misses.

A pair of files differs in little more than the thing that matters. Every file is a whole print
but for that. ``SLICERS`` are files in the shape that each slicer writes.
"""

from dataclasses import dataclass, field, replace

from printd.core.machine import Machine
from printd.gcode.lines import READING
from printd.gcode.verdict import Level

MACHINE = Machine(
    name="plain",
    flavour="marlin2",
    bed_w_mm=220,
    bed_d_mm=220,
    height_mm=250,
    nozzle_mm=0.4,
    max_nozzle_c=285,
    max_bed_c=110,
    model="ENDER3",
    zones=((-20, 0, 0, 40),),
    max_speed_mm_s=500,
    max_acceleration_mm_s2=3000,
    max_jerk_mm_s=10,
)
KLIPPER = replace(MACHINE, name="klipper", flavour="klipper")
CHAMBER = replace(MACHINE, name="chamber", has_chamber=True, max_chamber_c=60)
CHANGER = replace(MACHINE, name="changer", tools=4)
ALLOWING = replace(
    MACHINE,
    name="allowing",
    allow=(
        "M600",
        "M302",
        "M211",
        "M569",
        "M290",
        "M555",
        "M593",
        "M280",
        "G29.1",
        "M997",
        "M98",
        "M500",
    ),
)
MACROS = replace(KLIPPER, name="macros", allow=("PRINT_END",), homing_command="PRINT_START")

START = "M140 S60\nM104 S150\nG90\nM83\nG28\nM190 S60\nM109 S210\n"
PRINT = "G1 X10 Y10 Z0.2 F3000\nG1 X50 Y10 E2\n"
END = "M104 S0\nM140 S0\nM84 X Y E\n"
BLOCK = "; prusaslicer_config = begin\n; nozzle_diameter = 0.4\n; prusaslicer_config = end\n"
BOTH = (Level.OWN, Level.FOREIGN)


@dataclass(frozen=True)
class Case:
    """Two files: ``bad`` breaks ``rule`` and no other, ``near`` breaks none.

    Where they are single lines they stand in the middle of a print.
    """

    rule: str
    bad: str
    near: str
    machine: Machine = MACHINE
    levels: tuple[Level, ...] = BOTH
    also: frozenset[str] = field(default=frozenset())  # rules that the bad one cannot but break
    whole: bool = False
    called: str = ""  # when its bytes do not tell

    @property
    def name(self) -> str:
        """Return a short name."""
        if self.called:
            return self.called
        shown = repr(self.bad[-32:] if self.whole else self.bad[:32])[1:-1]
        return f"{self.rule} {shown}"

    def file(self, text: str, level: Level) -> bytes:
        """Return a whole file, with the end that our own slicer gives it."""
        content = text if self.whole else with_line(text)
        own_end = "" if level is Level.FOREIGN or content.endswith(BLOCK) else BLOCK
        return (content + own_end).encode("latin-1")


def with_line(line: str) -> str:
    """Return a print with a line in its middle, where everything is homed and hot."""
    return START + PRINT + line + "\n" + PRINT + END


def _case(rule: str, bad: str, near: str, *also: str, **more: object) -> Case:
    return Case(rule, bad, near, also=frozenset(also), **more)  # type: ignore[arg-type]


FOREIGN = (Level.FOREIGN,)
OWN = (Level.OWN,)

CASES = (
    # Reading: what two firmwares could read differently, or not at all.
    _case(READING, "G1 X1 M104 S500", "G1 X1 Y1"),
    _case(READING, "G1 X1 G1 X2", "G1 X1\nG1 X2"),
    _case(READING, "G1 X1 X2", "G1 X1 Y2"),
    _case(READING, "N10 G1 X1*71", "G1 X1"),
    _case(READING, "G1 X1 (aside)", "G1 X1 ; (aside)"),
    _case(READING, "G1 X1e2", "G1 X1 E2"),
    _case(READING, "M104 S0x10", "M104 S0210"),
    _case(READING, "G1 Xnan", "G1 X0"),
    _case(READING, "G1 X1.2.3", "G1 X1.23"),
    _case(READING, "G1 X" + "9" * 40, "G1 X" + "0" * 8 + "9"),
    _case(READING, "G1 X--1", "G1 X+1"),
    _case(READING, "G1 X{1+1}", "M117 {1+1}"),
    _case(READING, "G1 X1\u00a0Y1", "G1 X1 Y1 ; \u00a0"),
    _case(READING, "g1 x1", "G1 X1"),
    _case(READING, "G1 X1" + " " * 95 + "Y1", "G1 X1" + " " * 80 + "Y1"),
    _case(READING, "; on\\", "; on \\ off"),
    _case(READING, "; a\rG1 X1", "; a\r\nG1 X1"),
    _case(READING, "/G1 X1", "; /G1 X1"),
    _case(READING, "X10 Y10", "G1 X10 Y10"),
    _case(READING, "; " + "x" * 5000, "; a = " + "x" * 4000, levels=FOREIGN),
    _case(READING, "; " + "x" * 66000, "; a = " + "x" * 5000, levels=OWN),
    _case(READING, "G01 X1", "G1 X01", machine=KLIPPER),
    _case(READING, "G28XY\nG1 X9 Y9 Z1", "G28 X Y\nG1 X9 Y9 Z1", machine=KLIPPER),
    _case(READING, "G 1 X1", "G1 X 1", machine=KLIPPER),
    _case(
        READING,
        "SET_PRESSURE_ADVANCE ADVANCE='1'",
        "SET_PRESSURE_ADVANCE ADVANCE=1",
        machine=KLIPPER,
    ),
    _case(READING, START + PRINT + END.rstrip(), START + PRINT + END, whole=True, levels=FOREIGN),
    # G1: the closed list.
    _case("G1", "M3 S255", "M106 S255"),
    _case("G1", "M420 S1", "M400"),
    _case("G1", "G10 P1 X5", "G10"),
    _case("G1", "M104.1 S200", "M104 S200"),
    _case("G1", "CLEAN_NOZZLE", "TURN_OFF_HEATERS\nM109 S210", machine=KLIPPER),
    _case("G1", "M593 F40", "G4 P1", machine=ALLOWING, levels=FOREIGN),
    _case("G1", "M420 S1", "M593 F40", machine=ALLOWING, levels=OWN),
    _case("G1", "G29.2 S0", "G29.1 Z0", machine=ALLOWING, levels=OWN),
    # G2: the nozzle.
    _case("G2", "M104 S241", "M104 S240"),
    _case("G2", "M109 R241", "M109 R240\nM109 S210"),
    _case("G2", "M104 T1 S300", "M104 T0 S200", "G9"),
    _case("G2", "M109 S200 B300", "M109 S200 B210"),
    _case("G2", "M104 S", "M104"),
    _case("G2", "M104 S-65236", "M104 S000000240", "G9"),
    _case("G2", "M0104 S0300", "M0104 S0240"),
    _case("G2", "M104 I0", "M104 S210"),
    _case(
        "G2",
        "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=241",
        "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=240",
        machine=KLIPPER,
    ),
    _case(
        "G2",
        "PRINT_START EXTRUDER_TEMP=300",
        "PRINT_START EXTRUDER_TEMP=210\nG1 X1 Y1 Z1",
        machine=MACROS,
        levels=OWN,
    ),
    # G3: the bed, and a chamber.
    _case("G3", "M140 S111", "M140 S110"),
    _case("G3", "M190 S60 R111", "M190 S60"),
    _case("G3", "M141 S60", "M104 S210", "G9"),
    _case("G3", "M141 S61\nM141 S0", "M141 S60\nM141 S0", machine=CHAMBER),
    _case(
        "G3", "PRINT_START BED=120", "PRINT_START BED=60\nG1 X1 Y1 Z1", machine=MACROS, levels=OWN
    ),
    # G4: protections.
    _case("G4", "M302 P1", "M105"),
    _case("G4", "M303 E0 S200", "M104 S200"),
    _case("G4", "M301 P1", "M114"),
    _case("G4", "M211 S0", "M17"),
    _case("G4", "M303 S200", "M302 S160", machine=ALLOWING, levels=OWN),
    _case("G4", "M564 S0", "M211 S0", machine=ALLOWING, levels=OWN),
    _case("G4", "G29\nG92 Z0.2\nG1 X9 Y9 Z2", "G29\nG1 X9 Y9 Z2\nG92 Z2", "G9"),
    _case("G4", "SET_PIN PIN=x VALUE=1", "M106 S1", machine=KLIPPER),
    _case("G4", "FORCE_MOVE STEPPER=stepper_x", "G1 X5", machine=KLIPPER),
    _case("G4", "SET_VELOCITY_LIMIT ACCEL=3001", "SET_VELOCITY_LIMIT ACCEL=3000", machine=KLIPPER),
    # G5: settings that outlast the print.
    _case("G5", "M500", "M400"),
    _case("G5", "M906 X1200", "M900 K0.05"),
    _case("G5", "M906 X1200", "M569 S1 X", machine=ALLOWING, levels=OWN),
    _case("G5", "M290 Z0.3\nM290 Z0.3", "M290 Z0.2\nM290 Z-0.2", machine=ALLOWING, levels=OWN),
    _case("G5", "SAVE_CONFIG", "M105", machine=KLIPPER),
    _case("G5", "PID_CALIBRATE HEATER=extruder TARGET=200", "M104 S200", machine=KLIPPER),
    _case("G5", "M500", "M555 X1", machine=ALLOWING, levels=OWN),
    # G6: the machine.
    _case("G6", "M997", "M105"),
    _case("G6", "M112", "M105"),
    _case("G6", "M81", "M84 S600"),
    _case("G6", "M42 P4 S255", "M106 P1 S255"),
    _case("G6", "M997", "M280 P0 S90", machine=ALLOWING, levels=OWN),
    _case("G6", "FIRMWARE_RESTART", "M105", machine=KLIPPER),
    # G7: hosts, files, networks.
    _case("G7", "M23 other.gco", "M73 P23"),
    _case("G7", 'M98 P"x.g"', "M105"),
    _case("G7", "M118 hello", "M117 hello", levels=FOREIGN),
    _case("G7", "M118 // action:pause", "M118 hello", levels=OWN),
    _case("G7", "M118 A1 Action:pause", "M118 A1 attention", levels=OWN),
    _case("G7", "@pause", "; @pause"),
    _case("G7", "while true", "M117 while true"),
    _case("G7", "M98 P1", "M555 X1", machine=ALLOWING, levels=OWN),
    _case("G7", "RUN_SHELL_COMMAND CMD=x", "M105", machine=KLIPPER),
    _case("G7", "SDCARD_PRINT_FILE FILENAME=x", "M105", machine=KLIPPER),
    _case("G7", "PRINT_FILE A=1", "PRINT_END", machine=MACROS, levels=OWN),
    # G8: waits.
    _case("G8", "M0 Click", "M400"),
    _case("G8", "M600", "M73 P50", levels=FOREIGN, machine=ALLOWING),
    _case("G8", "M601", "M600", levels=OWN, machine=ALLOWING),
    _case("G8", "G4 S61", "G4 S60"),
    _case("G8", "G4 P60001", "G4 P60000"),
    _case("G8", "G4 P-1", "G4 P1"),
    _case("G8", "M190 R20", "M190 R40"),
    _case("G8", "PAUSE", "G4 P1", machine=KLIPPER),
    _case(
        "G8",
        "TEMPERATURE_WAIT SENSOR=heater_bed MAXIMUM=20",
        "TEMPERATURE_WAIT SENSOR=heater_bed MAXIMUM=50",
        machine=KLIPPER,
    ),
    # G9: order.
    _case("G9", START.replace("G28", "G28 X Y") + PRINT + END, START + PRINT + END, whole=True),
    _case("G9", "M84\nG1 X5", "M84 S60\nG1 X5"),
    _case("G9", "M104 S149\nG1 X5 E1", "M104 S150\nG1 X5 E1"),
    _case("G9", START + PRINT + "M140 S0\n", START + PRINT + "M140 S0\nM104 S0\n", whole=True),
    _case("G9", START + PRINT + "M104 S0\n", START + PRINT + "M104 S0\nM140 S0\n", whole=True),
    _case("G9", with_line("M104 T1 S200"), with_line("M104 T1 S200\nM104 T1 S0"), whole=True),
    # G10: the envelope.
    _case("G10", "G1 X220.1", "G1 X220"),
    _case("G10", "G1 X-5 Y50", "G1 X-5 Y30"),
    _case("G10", "G1 Z251", "G1 Z250"),
    _case("G10", "G1 Z-0.2", "G1 Z-0.1"),
    _case("G10", "G91\nG1 X-90\nG90", "G91\nG1 X-9\nG90"),
    _case("G10", "G20\nG1 X9\nG21", "G20\nG1 X8\nG21"),
    _case("G10", "G92 X0\nG1 X200", "G92 X0\nG1 X100"),
    _case("G10", "G1 X0 Y100\nG2 X0 Y120 I0 J10\nG1 X9 Y9", "G1 X20 Y100\nG2 X20 Y120 I0 J10"),
    _case("G10", "G1 X5 Y100\nG3 X5 Y100 I-6", "G1 X7 Y100\nG3 X7 Y100 I-3"),
    _case("G10", "G2 X5 Y5", "G2 X5 Y5 R40"),
    _case("G10", "G29\nG91\nG1 X1\nG90\nG1 X9 Y9 Z1", "G29\nG1 X1 Y1 Z1"),
    _case("G10", "G54", "G21"),
    _case("G10", "G1 X", "G1 X1"),
    # G11: amounts.
    _case("G11", "G1 X5 E61", "G1 X5 E60"),
    _case("G11", "G1 X-10 Y10 E121\nG1 X10", "G1 X-10 Y10 E119\nG1 X10"),
    _case("G11", "G1 E-61", "G1 E-60"),
    _case("G11", "M221 S151", "M221 S150"),
    _case("G11", "M220 S9", "M220 S10"),
    _case(
        "G11",
        "; filament used [mm] = 10\n" + "G1 X5 E50\n" * 5,
        "; filament used [mm] = 60\n" + "G1 X5 E50\n" * 5,
    ),
    _case(
        "G11",
        "; estimated printing time (normal mode) = 4d 5h 0m 0s",
        "; estimated printing time (normal mode) = 4d 3h 0m 0s",
    ),
    _case("G11", "G1 F0.001\nG1 X200\nG1 X9\n" * 100, "G1 F60\nG1 X200\nG1 X9\nG1 F3000"),
    # G12: the machine's own limits.
    _case("G12", "M203 X501", "M203 X500", levels=FOREIGN),
    _case("G12", "M204 P3001", "M204 P3000", levels=FOREIGN),
    _case("G12", "M205 X11 Y5", "M205 X10 Y10 S20 B20000", levels=FOREIGN),
    # G13: tools.
    _case("G13", "T1", "T0", "G9"),
    _case("G13", "T4", "T3", machine=CHANGER),
    _case("G13", "M620 S1A", "M900 K0"),
    # G14: the shape.
    _case("G14", "G28\nM104 S0\nM140 S0\n", START + PRINT + END, whole=True),
    _case("G14", START + "G1 X10 Y10 Z1\n" + END, START + PRINT + END, whole=True),
    _case(
        "G14",
        "; generated by PrusaSlicer 2.9.2 on 2026\n" + START + PRINT + END,
        "; generated by PrusaSlicer 2.9.2 on 2026\n" + START + PRINT + END + BLOCK,
        whole=True,
        levels=FOREIGN,
    ),
    _case(
        "G14",
        START + PRINT + END + BLOCK.replace("0.4", "0.6"),
        START + PRINT + END + BLOCK,
        whole=True,
    ),
    _case(
        "G14",
        START + PRINT + END + BLOCK.replace("nozzle_diameter = 0.4", "printer_model = MK4"),
        START + PRINT + END + BLOCK.replace("nozzle_diameter = 0.4", "printer_model = ENDER3"),
        whole=True,
    ),
    _case("G14", 'M862.3 P "MK3S"', 'M862.3 P "ENDER3"'),
    _case("G14", "M862.1 P0.6", "M862.1 P0.4"),
    _case("G14", ";FLAVOR:RepRap (RepRap)", ";FLAVOR:Marlin"),
    _case("G14", (";" + "z" * 90 + "\n") * 60, ("; a = " + "z" * 80 + "\n") * 60),
    # G15: texts.
    _case("G15", "M117 <img src=x>", "M117 a < b"),
    _case("G15", "M117 go:M104 S500", "M117 go: 5 screws, at 500"),
    _case("G15", "M117 G28 now", "M117 G 28 now"),
    _case("G15", 'M862.3 P "ENDER3:M104 S1"', 'M862.3 P "ENDER3"', "G14"),
    _case("G15", "M117 a\\ b", "M117 a/b"),
)

HOSTILE = {
    "NUL": b"G1 X1\x00\n",
    "escape": b"; \x1b[2J\n",
    "line of 1 MB": b"G1 X1" + b" " * (1 << 20) + b"\n",
    "comment of 1 MB": b";" + b"x" * (1 << 20) + b"\n",
    "binary G-code": b"GCDE\x01\x00",
    "gzip": b"\x1f\x8b\x08",
    "UTF-16": "G28\n".encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbfG28\n",
    "digits of another alphabet": "G1 X\u0661\n".encode(),
    "nothing": b"",
    "one line end": b"\n",
}


@dataclass(frozen=True)
class Sample:
    """A file in the shape of one slicer, and what it says of itself."""

    text: str
    slicer: str
    version: str
    time_s: float
    filament_mm: float
    layers: int
    machine: Machine = MACHINE
    objects: tuple[str, ...] = ()
    filament_g: float | None = None


_LAYER = (
    "{mark}\nG1 Z{z} F600\n;TYPE:External perimeter\n;WIDTH:0.45\nG1 F1200\n"
    "G1 X110 Y100 E.4\nG1 X110 Y110 E.4\nG1 X100 Y110 E.4\nG1 X100 Y100 E.4\n"
)


def _layers(mark: str, count: int = 2) -> str:
    return "".join(
        _LAYER.format(mark=mark.format(number), z=f"{0.2 * (number + 1):.1f}")
        for number in range(count)
    )


_PRUSA = (
    "; generated by PrusaSlicer 2.9.2 on 2026-01-31 at 12:00:00 UTC\n\n"
    "; external perimeters extrusion width = 0.45mm\n\nM73 P0 R22\nM201 X500 Y500 Z100 E3000\n"
    f";TYPE:Custom\n{START}G92 E0\nG21 ; set units to millimeters\nM83\n"
    + _layers(";LAYER_CHANGE\n;Z:0.2\n;HEIGHT:0.2\n; printing object a cube.stl id:0 copy 0")
    + f"; stop printing object a cube.stl id:0 copy 0\n;TYPE:Custom\n{END}"
    "; filament used [mm] = 3.20\n; filament used [cm3] = 0.01\n; filament used [g] = 0.01\n"
    "; filament cost = 0.00\n; total filament used [g] = 0.01\n"
    "; estimated printing time (normal mode) = 1d 2h 53m 1s\n"
    "; estimated first layer printing time (normal mode) = 1m 31s\n\n" + BLOCK
)
_ORCA = (
    "; HEADER_BLOCK_START\n; generated by OrcaSlicer 2.3.0 on 2026-01-31 at 12:00:00\n"
    "; total layer number: 2\n; filament_density: 1.24\n; max_z_height: 0.40\n"
    "; HEADER_BLOCK_END\n\n; EXECUTABLE_BLOCK_START\nM73 P0 R1\n"
    "EXCLUDE_OBJECT_DEFINE NAME=cube_0 CENTER=105,105 POLYGON=[[100,100],[110,100],[110,110]]\n"
    f"SET_VELOCITY_LIMIT ACCEL=3000 ACCEL_TO_DECEL=1500\n{START}"
    "EXCLUDE_OBJECT_START NAME=cube_0\n"
    + _layers(";LAYER_CHANGE\n;Z:0.2\n;HEIGHT:0.2")
    + f"EXCLUDE_OBJECT_END NAME=cube_0\n{END}; EXECUTABLE_BLOCK_END\n\n"
    "; filament used [mm] = 3.20\n; filament used [g] = 0.01\n; total layers count = 2\n"
    "; estimated printing time (normal mode) = 1m 31s\n\n; CONFIG_BLOCK_START\n"
    "; gcode_flavor = klipper\n; nozzle_diameter = 0.4\n; printer_model = ENDER3\n"
    "; CONFIG_BLOCK_END\n\n"
)
_BAMBU = (
    "; HEADER_BLOCK_START\n; BambuStudio 01.10.01.50\n"
    "; model printing time: 26s; total estimated time: 6m 9s\n; total layer number: 2\n"
    "; total filament length [mm] : 3.20\n; total filament weight [g] : 0.01\n"
    "; max_z_height: 0.40\n; HEADER_BLOCK_END\n\n; CONFIG_BLOCK_START\n"
    "; gcode_flavor = marlin\n; nozzle_diameter = 0.4\n; printer_model = ENDER3\n"
    f"; CONFIG_BLOCK_END\n\n; EXECUTABLE_BLOCK_START\nM73 P0 R6\n{START}"
    + _layers(
        "; CHANGE_LAYER\n; Z_HEIGHT: 0.2\n; LAYER_HEIGHT: 0.2\n; FEATURE: Outer wall\n"
        "; LINE_WIDTH: 0.42\nG1 X100 Y100\nG2 I3 J3 P1 F10000"
    )
    + f"{END}; EXECUTABLE_BLOCK_END\n"
)
_CURA = (
    ";FLAVOR:Marlin\n;TIME:174\n;Filament used: 0.0032m, 0m\n;Layer height: 0.2\n;MINX:100\n"
    ";MINY:100\n;MINZ:0.2\n;MAXX:110\n;MAXY:110\n;MAXZ:0.4\n;TARGET_MACHINE.NAME:ENDER3\n"
    ";Generated with Cura_SteamEngine 5.4.0\n"
    "M140 S60\nM105\nM190 S60\nM104 S200\nM105\nM109 S200\nM82 ;absolute extrusion mode\n"
    "G28 ;Home\nG1 Z15.0 F6000 ;Move the platform down 15mm\nG92 E0\nG1 F200 E3\nG92 E0\n"
    "G92 E0\nG1 F2700 E-5\n;LAYER_COUNT:2\n"
    + "".join(
        f";LAYER:{number}\nM107\nG0 F6000 X100 Y100 Z{0.2 * (number + 1):.1f}\n;MESH:cube.stl\n"
        f";TYPE:WALL-OUTER\nG1 F2700 E{number * 1.6:g}\nG1 F1200 X110 Y100 E{number * 1.6 + 0.4:g}"
        f"\nG1 X110 Y110 E{number * 1.6 + 0.8:g}\nG1 X100 Y110 E{number * 1.6 + 1.2:g}\n"
        f"G1 X100 Y100 E{number * 1.6 + 1.6:g}\n;MESH:NONMESH\n;TIME_ELAPSED:{number * 80}.5\n"
        for number in range(2)
    )
    + "M140 S0\nM107\nG91\nG1 E-2 F2700\nG1 Z0.2 E-2 F2400\nG90\nG1 X0 Y220\nM106 S0\n"
    'M104 S0\nM140 S0\nM84 X Y E\nM82\nM104 S0\n;End of Gcode\n;SETTING_3 {"a": "[general]"}\n'
)

SLICERS = (
    Sample(_PRUSA, "PrusaSlicer", "2.9.2", 96781, 3.2, 2, objects=("a cube.stl",), filament_g=0.01),
    Sample(
        _PRUSA.replace("PrusaSlicer 2.9.2", "SuperSlicer 2.5.59").replace("prusas", "SuperS"),
        "SuperSlicer",
        "2.5.59",
        96781,
        3.2,
        2,
        objects=("a cube.stl",),
        filament_g=0.01,
    ),
    Sample(_ORCA, "OrcaSlicer", "2.3.0", 91, 3.2, 2, KLIPPER, objects=("CUBE_0",), filament_g=0.01),
    Sample(_BAMBU, "BambuStudio", "01.10.01.50", 369, 3.2, 2, filament_g=0.01),
    Sample(_CURA, "Cura", "5.4.0", 174, 3.2, 2, objects=("cube.stl",)),
)
