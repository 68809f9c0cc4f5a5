"""Start and end G-code for Bambu Lab's machines, written by hand in the manner of its maker's.

It has the same commands in the same order, with the numbers that matter, and is what a preset of
OrcaSlicer holds: ``[word]`` and ``{word[0]}`` are filled in by the slicer. ``filled`` does so for a
small square of PLA; ``plate`` puts layers between as the slicer writes them.
"""

import re

WORDS = {
    "[bed_temperature_initial_layer_single]": "60",
    "[nozzle_temperature_initial_layer]": "220",
    "[initial_no_support_extruder]": "0",
    "{first_layer_print_min[0]}": "100",
    "{first_layer_print_min[1]}": "100",
    "{first_layer_print_size[0]}": "20",
    "{first_layer_print_size[1]}": "20",
    "{max_layer_z + 0.5}": "0.9",
    "{max_layer_z + 100.0}": "100.4",
}
MELODY = (
    "M17\nM400 S1\nM1006 S1\nM1006 A0 B10 L100 C37 D10 M60 E37 F10 N60\n"
    "M1006 A44 B10 L100 C48 D10 M60 E39 F10 N80\nM1006 W\n"
)
CIRCLE = "G2 I0.5 J0 F3000\n"
WRIGGLE = "G2 I1 J0 X2 Y0 F2000.1\n" + "G2 I-0.75 J0 X-1.5\nG2 I1 J0 X2\n" * 8
HOT = "M109 S[nozzle_temperature_initial_layer]\n"
PICTURE = (
    "M622.1 S1 ; older firmware: as if set\nM1002 judge_flag timelapse_record_flag\nM622 J1\n"
    "M400\nM991 S0 P-1\nM400 S3\nM623; end of the picture\n"
)
MEASURE = (
    "M1002 judge_flag g29_before_print_flag\nM622 J1\n    M1002 gcode_claim_action : 1\n"
    "    G29 A1 X{first_layer_print_min[0]} Y{first_layer_print_min[1]}"
    " I{first_layer_print_size[0]} J{first_layer_print_size[1]}\n    M400\n    M500 ; keep it\n"
    "M623\nM1002 judge_flag g29_before_print_flag\nM622 J0\n    M1002 gcode_claim_action : 13\n"
    "    G28\nM623\n"
)
TRIM = '{if curr_bed_type=="Textured PEI Plate"}\nG29.1 Z-0.04 ; the texture stands out\n{endif}\n'
FANS_OFF = "M106 S0\nM106 P2 S0\nM106 P3 S0\n"


def _purged(aside: str) -> str:
    """Return how the filament is loaded and purged; ``aside``: moves to shake it off."""
    return (
        "M109 S250 ; hot enough for any filament before\nM106 P1 S0\nG92 E0\nG1 E50 F200\nM400\n"
        "M104 S[nozzle_temperature_initial_layer]\nG92 E0\nG1 E50 F200\nM400\nM106 P1 S255\n"
        f"G92 E0\nG1 E5 F300\nM109 S200\nG92 E0\nG1 E-0.5 F300\n{aside}M400\nM106 P1 S0\n"
    )


def _core_xy(sound: str, scans: str, prime: str) -> str:
    """Return the start of P1S and X1 Carbon, whose bed goes down."""
    rubbed = "".join(
        f"G0 Z0.5 F20000\nG0 X125 Y{y}\nG0 Z-1.01\nG0 X131 F211\nG0 X124\n"
        for y in (259.5, 262.5, 260.0, 262.0)
    )
    return (
        f"{sound}M104 S75 ; the fan of the hot end runs\nM710 A1 S255\nM290 X40 Y40 Z2.6666666\n"
        "G91\nM17 Z0.4\nG380 S2 Z30 F300 ; away from the nozzle, until it touches something\n"
        "G380 S2 Z-25 F300 ;\nG1 Z5 F300;\nG90\nM17 X1.2 Y1.2 Z0.75\nM960 S5 P1\nG90\nM220 S100\n"
        "M221 S100\nM73.2   R1.0\nM1002 set_gcode_claim_speed_level : 5\n"
        "M221 X0 Y0 Z0 ; soft end stops off\nG29.1 Z0.0\nM204 S10000\n"
        "M1002 gcode_claim_action : 2\nM140 S[bed_temperature_initial_layer_single]\n"
        "M190 S[bed_temperature_initial_layer_single]\nM106 P3 S180\nM142 P1 R35 S40\n"
        "M106 P2 S100\nM104 S[nozzle_temperature_initial_layer]\nG91\n"
        "G0 Z10 F1200\nG90\nG28 X\nM975 S1\nG1 X60 F12000\nG1 Y245\nG1 Y265 F3000\nM620 M\n"
        f"M620 S[initial_no_support_extruder]A   ; load it\n    {HOT}    G1 X120 F12000\n\n"
        "    G1 X20 Y50 F12000\n    G1 Y-3\n    T[initial_no_support_extruder]\n    G1 X54 F12000\n"
        "    G1 Y265\n    M400\nM621 S[initial_no_support_extruder]A\nM620.1 E F299.338 T240\n"
        "M412 S1 ; notice its end\n"
        + _purged("G1 X70 F9000\nG1 X76 F15000\nG1 X65\nG1 X80 F6000\nG1 X165 F15000\n")
        + "M1002 gcode_claim_action : 14\nM975 S1\nM106 S255\nG1 X65 Y230 F18000\nG1 Y264 F6000\n"
        "M109 S200\nG1 X100 F18000\nG0 X135 Y253 F20000\nG28 Z P0 T300; roughly, hot as it is\n"
        "G29.2 S0\nG0 Z5 F20000\nG1 X60 Y265\nG92 E0\nG1 E-0.5 F300\n"
        + "G1 X100 F5000\nG1 X70 F15000\n"
        * 4
        + "G0 X128 Y261 Z-1.5 F20000 ; on the steel\nM104 S140\nM106 S255\nM221 S; keep them\n"
        f"M221 Z0\n{rubbed}G0 X128\n{CIRCLE * 4}M109 S140\n{CIRCLE * 4}M221 R; as they were\n"
        "G1 Z10 F1200\nM400\nG1 F30000\nG1 X128 Y128\nG29.2 S1\nM106 S0\n"
        f"{MEASURE}M975 S1\nM106 P3 S180\nM106 P2 S100\nM104 S[nozzle_temperature_initial_layer]\n"
        "G1 X128 Y128 Z10 F20000\nM400 P200\nM970.3 Q1 A7 B30 C80  H15 K0\nM974 Q1 S2 P0\n"
        "G1 X128 Y128 Z10 F20000\nM400 P200\nM970.3 Q0 A7 B30 C90 Q0 H15 K0\nM974 Q0 S2 P0\n"
        "M975 S1\nG1 F30000\nG1 X230 Y15\nG28 X ; both\nM975 S1\nG90\nM83\nT1000\n"
        f"G1 X18.0 Y1.0 Z0.8 F18000\n{HOT}G1 Z0.2\nG0 E2 F300\nG0 X240 E15 F3360\n"
        f"G0 Y11 E0.700 F840\nG0 X239.5\nG0 E0.2\nG0 Y1.5 E0.700\nG0 X18 E15 F3360\nM400\n{TRIM}"
        f"{scans}M1002 gcode_claim_action : 0\n{prime}{FANS_OFF}M975 S1\n"
    )


SCANS = (
    "M1002 judge_flag extrude_cali_flag\nM622 J1\n    T1000\n"
    "    G0 F1200.0 X231 Y15   Z0.2 E0.741\n"
    "    G0 X48.0 E12.0 F3360\n    M900 L1000.0 M1.0\n    M900 K0.040\n    G1 F1500.000 E-0.800\n"
    "M623 ; of the lines\nM104 S140\nM400\nM18 E\nM500 R\nM973 S3 P14\nG1 X120 Y1.0 Z0.3 F18000.0\n"
    "T1100\nG1 X235.0 Y1.0 Z0.3 F18000.0\nM960 S1 P1\nM973 S6 P0; by the camera\nM960 S0 P0\n"
    "M1002 judge_flag extrude_cali_flag\nM622 J1\n    M973 S1\n"
    "    G0 F6000 X228.500 Y4.500 Z0.000\n"
    "    M971 S6 P0\n    M973 S2 P0\n    M963 S1\n    M400 P1500\n    M964\n    T1100\n"
    "    G1 Z3 F3000\n    M400\n    M500 ; keep it\n    M969 S1 N3 A2000\n    G0 F360.000 X181 Z0\n"
    "    M980.3 A70.000 B3.5 C5.000 D14.0 E5.000 F175.000 H1.000 I0.000 J0.020 K0.040\n"
    "    T1000\n    G0 X45.000 Y4.000 F30000\n    M969 S0\n    G1 Z2 F20000\n"
    f"    {HOT}    G0 Z0.3\n    G1 F1500.000 E3.600\n    M1002 judge_last_extrude_cali_success\n"
    "    M622 J0\n        M900 K0.02 M0.16\n    M623\n    G1 X140.000 E0.31181 F840\n    M973 S4\n"
    f"M623\nM973 S4\nM400\n{HOT}M960 S1 P0\n"
)
PRIME = (
    "G90\nM83\nT1000\nG1 E-0.8 F1800\nG1 X18.0 Y2.5 Z0.8 F18000.0\nG1 E0.8\nG1 Z0.2\nG0 X239 E15\n"
)


def _bed_slinger(chute: str, x_wipe: str, lip: str, *, mini: bool) -> str:
    """Return the start of A1 and A1 mini, whose bed goes forth and back."""
    chute_x, wipe_x = f"G1 X{chute} F3000\n", f"G1 X{x_wipe} F18000\n"
    shaken = (wipe_x + chute_x) * 3
    steel = (
        ("G0 X85 Y185 F10000", "G1 X25 Y175") if mini else ("G0 X128 Y261 F20000", "G1 X55 Y250")
    )
    touched = "".join(
        f"G380 S3 Z-5 F1200\nG1 Z2 F1200\nG1 X{x} F10000\n" for x in range(92, 100, 2)
    )
    homed = (
        "M18\nM109 S100 H170\nM104 S170\nM17\nM400\nG28 X\n"
        if mini
        else "G28 X\nG91\nG1 Z5 F1200\nG90\nG0 X128 F30000\nG0 Y254 F3000\nG91\nG1 Z-5 F1200\n"
        "M109 S25 H140\nM17 E0.3\nM83\nG1 E10 F1200\nG1 E-0.5 F30\nM17 D\n"
        "G28 Z P0 T140; roughly\nM104 S[nozzle_temperature_initial_layer]\n"
        "M1002 judge_flag build_plate_detect_flag\nM622 S1\n  G39.4\n  G90\n  G1 Z5 F1200\nM623\n"
    )
    return (
        "G392 S0\nM9833.2\nM1002 gcode_claim_action : 2\nM1002 set_filament_type:PLA\nM104 S140\n"
        f"M140 S[bed_temperature_initial_layer_single]\n{MELODY}M18\nG91\nG380 S2 Z30 F1200\n"
        "G380 S3 Z-15 F1200\nG90\nM204 S6000\nM630 S0 P0\nG91\nM17 Z0.3\nG90\n"
        f"M17 X0.65 Y{0.9 if mini else 1.2} Z0.5\nM960 S5 P1\nG90\nM220 S100\nM221 S100\n"
        f"M73.2   R1.0\nM982.2 S1\n{homed}M400\nM211 X0 Y0 Z0 ;soft end stops off\nM975 S1\nG90\n"
        f"{wipe_x}{chute_x}M620 M\nM620 S[initial_no_support_extruder]A\n"
        "    M1002 gcode_claim_action : 4\n    M400\n    M1002 set_filament_type:UNKNOWN\n"
        f"    {HOT}"
        f"    M104 S250\n    M400\n    T[initial_no_support_extruder]\n    {chute_x}    M400\n"
        "    M620.1 E F299.338 T240\n    M109 S250\n    M106 P1 S0\n    G92 E0\n    G1 E50 F200\n"
        "    M400\n    M1002 set_filament_type:PLA\nM621 S[initial_no_support_extruder]A\n"
        "M109 S240 H300\nG92 E0\nG1 E50 F200\nM400\nM106 P1 S178\nG92 E0\nG1 E5 F200\n"
        f"M104 S[nozzle_temperature_initial_layer]\nG92 E0\nG1 E-0.5 F300\n{shaken}M400\n"
        f"M106 P1 S0\nM975 S1\nG90\nM83\nT1000\nG1 X{chute} Y0{'' if mini else ' Z10'} F10000\n"
        "M412 S1\nM400 P10\n"
        "M620.3 W1; notice a tangle\nM1002 judge_flag extrude_cali_flag\nM622 J1\n"
        f"    M1002 gcode_claim_action : 8\n    {HOT}    G1 E10 F210\n    M983 F3.5 A0.3 H0.4\n"
        f"{shaken}    M1002 judge_last_extrude_cali_success\n    M622 J0\n"
        f"        M983 F3.5 A0.3 H0.4\n{shaken}    M623\n    M984 A0.1 E1 S1 F3.5 H0.4\nM623\n"
        "M104 S170\nM106 S255\nM1002 gcode_claim_action : 3\nG1 X90 Y90 F20000\nG28 Z P0 T300\n"
        "G1 Z5 F1200\nM400 P200\nM970.3 Q1 A5 K0 O3\nM974 Q1 S2 P0\nM970.2 Q1 K1 W58 Z0.1\n"
        "M974 S2\nM970 Q0 A10 B50 C90 H15 K0 M20 O3\nM974 Q0 S2 P0\nM975 S1\nG1 X0 Y5 F30000\n"
        "G28 X\nG1 Z4 F1200\nM1002 gcode_claim_action : 14\nM975 S1\nM211 S; keep them\n"
        "M211 X0 Y0 Z0\nM104 S170\nM83\nG1 E-1 F500\nG90\nM83\nM109 S170\n"
        f"G0 X90 Y{lip} F30000\n{touched}G1 Z5 F30000\n{steel[0]}\nM109 S170\n"
        "G28 Z P0 T300; on the steel\nG29.2 S0\nM104 S140\nG0 Z5 F20000\n"
        f"{steel[0]}\nG0 Z-1.01 F1200\nG91\n{WRIGGLE}G90\nG1 Z10 F1200\n{steel[1]} F30000\n"
        "G1 Z1.300 F1200\nG91\nG1 X-20 F30000\nG1 Y-0.5\nG1 X20\nG1 Z5.000 F1200\nG90\nM109 S140\n"
        "M106 S255\nM211 R; as they were\nG90\nG1 Z5 F1200\nG1 X0 Y0 F30000\nG29.2 S1\n"
        f"M190 S[bed_temperature_initial_layer_single]\nM109 S140\nM106 S0\n{MEASURE}"
        f"G1 X60 Y{lip} F30000\nG1 Z0.300 F1200\nM400\nG2814 Z0.32\nM900 S\nM900 C\nG90\nM83\n"
        f"{HOT}G0 X88 E8 F420\nG0 X93 E.3742 F840\nG91\nG1 X1 Z-0.300\nG1 X4\nG1 Z1 F1200\nG90\n"
        "M400\nM900 R\nG1 Z0.2\nM1002 gcode_claim_action : 0\nM400\n"
        f"{TRIM.replace('0.04', '0.02')}M960 S1 P0\nM960 S2 P0\n{FANS_OFF}M975 S1\nG90\nM83\n"
        "T1000\nM211 X0 Y0 Z0\nM1007 S1\nG29.4\n"
    )


_CALM = "M400 ; all has been printed\nG92 E0\nG1 E-0.8 F1800\nG1 Z{max_layer_z + 0.5} F900\n"
_RESET = "M220 S100\nM201.2 K1.0\nM73.2   R1.0\nM1002 set_gcode_claim_speed_level : 0\n"
_LOWERED = "M400\nM17 S\nM17 Z0.4\nG1 Z{max_layer_z + 100.0} F600\nM400 P100\nM17 R\n"
_CORE_XY_END = (
    f"{_CALM}G1 X65 Y245 F12000\nG1 Y265 F3000\nM140 S0\n{FANS_OFF}G1 X100 F12000\nM620 S255\n"
    "G1 X20 Y50 F12000\nG1 Y-3\nT255\nG1 X65 F12000\nG1 Y265\nG1 X100 F12000\nM621 S255\nM104 S0\n"
    f"{PICTURE}{_LOWERED}{_RESET}M17 X0.8 Y0.8 Z0.5\n"
)


def _bed_slinger_end(chute: str, cutter: str) -> str:
    return (
        f"G392 S0 ;no clog any more\n{_CALM}G1 X0 Y100 F18000\nG1 X-13.0 F3000\n{PICTURE}M140 S0\n"
        f"{FANS_OFF}M620 S255\nG1 X{cutter} F15000\nT255\nG1 X0 F18000\nG1 X{chute} F3000\n"
        f"M621 S255\nM104 S0\n{_LOWERED}G90\nG1 X-13 Y180 F3600\n{_RESET}{MELODY}M400\nM18 X Y Z\n"
    )


# Start and end for each shipped profile.
CODE = {
    "bambu-p1s": (_core_xy("", "", ""), _CORE_XY_END),
    "bambu-x1c": (_core_xy(MELODY, SCANS, PRIME), _CORE_XY_END + "M960 S5 P0\n"),
    "bambu-a1": (
        _bed_slinger("-48.2", "-28.5", "-0.5", mini=False),
        _bed_slinger_end("-48.2", "267"),
    ),
    "bambu-a1-mini": (
        _bed_slinger("-13.5", "0", "-4", mini=True),
        _bed_slinger_end("-13.5", "181"),
    ),
}


def filled(code: str) -> str:
    """Fill in what the slicer does, for a textured sheet."""
    for word, value in WORDS.items():
        code = code.replace(word, value)
    code = re.sub(r"\{(?:if [^}]*|endif)\}\n", "", code)
    assert not re.search(r"[{}\[\]]", code), code
    return code


def _layer(number: int) -> str:
    z_mm = 0.2 * (number + 1)
    walls = "".join(f"G1 X{x} Y{y} E.66\n" for x, y in ((120, 100), (120, 120), (100, 120)))
    return (
        f"; CHANGE_LAYER\n; Z_HEIGHT: {z_mm:.1f}\n; LAYER_HEIGHT: 0.2\nG1 E-.8 F1800\n"
        f"M73 L{number + 1}\nM991 S0 P{number} ;the next layer\n; OBJECT_ID: 15\nM204 S10000\n"
        f"G1 X100 Y100 F30000\nG1 Z{z_mm:.1f}\n; start printing object, unique label id: 15\n"
        f"M624 AQAAAAAAAAA=\nG17\nG3 Z{z_mm + 0.4:.1f} I1.217 J0 P1  F30000\nG1 Z{z_mm:.1f}\n"
        f"G1 E.8 F1800\n; FEATURE: Outer wall\n; LINE_WIDTH: 0.42\nG1 F1200\n{walls}"
        "; stop printing object, unique label id: 15\nM625\n"
    )


def plate(
    start: str,
    end: str,
    *,
    first: str = "",
    before: str = "",
    between: str = "",
    settings: str = "",
) -> str:
    """Return a whole file of two layers.

    Args:
        start: of the machine, filled in.
        end: likewise.
        first: lines before everything.
        before: lines just before the first layer.
        between: lines after it.
        settings: lines of the block of settings.
    """

    def lines(text: str) -> str:
        return f"{text}\n" if text else ""

    return (
        "; HEADER_BLOCK_START\n; BambuStudio 02.00.01.50\n"
        "; model printing time: 26s; total estimated time: 6m 9s\n; total layer number: 2\n"
        "; total filament length [mm] : 3.96\n; total filament weight [g] : 0.01\n"
        "; max_z_height: 0.40\n; HEADER_BLOCK_END\n\n; CONFIG_BLOCK_START\n"
        f"; gcode_flavor = marlin\n; nozzle_diameter = 0.4\n{lines(settings)}; CONFIG_BLOCK_END\n\n"
        f"; EXECUTABLE_BLOCK_START\nM73 P0 R6\nM106 S0\nM106 P2 S0\n{lines(first)}{start}"
        f"; filament of this tray\nM106 P3 S150\nG90\nG21\nM83\nM981 S1 P20000\n{lines(before)}"
        f"{_layer(0)}{lines(between)}{_layer(1)}M981 S0 P20000\nM106 S0\n{end}M73 P100 R0\n"
        "; EXECUTABLE_BLOCK_END\n"
    )


def whole(profile: str, **changes: str) -> str:
    """Return ``plate`` for a shipped profile, with its settings as the slicer tells them."""
    start, end = (filled(code) for code in CODE[profile])
    start_words = CODE[profile][0].replace("\n", "\\n")
    changes.setdefault("settings", f"; machine_start_gcode = {start_words}")
    return plate(changes.pop("start", start), changes.pop("end", end), **changes)
