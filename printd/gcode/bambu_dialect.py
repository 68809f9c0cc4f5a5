"""The commands of Bambu Lab's firmware, as its maker's own presets write them.

Source: start, end, change and time-lapse G-code of the presets for P1S, X1 Carbon, A1 and A1 mini
in OrcaSlicer and Bambu Studio, 2023 to 2026, whose remarks say what most of it does. Where they do
not, the numbers are those that they use, and a little around.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from printd.core.machine import Machine
from printd.gcode.dialect import ANY, Dialect, Form, Range, at_any_time, before_layers

SWITCH: Final[Range] = (0.0, 1.0)
LARGEST_TRIM_MM: Final = 0.2  # of the height over the sheet; the presets use 0.04
LONGEST_WAIT_S: Final = 60.0
LONGEST_WAIT_MS: Final = 1000.0 * LONGEST_WAIT_S
ALIKE: Final = 1e-4  # numbers are written with seven decimals
NO_SLOT: Final = 255.0  # in place of a slot of the filament changer: take it out
UNLOADED: Final = ("T255", "T65535")
NOZZLE_SPACE, CAMERA_SPACE = "T1000", "T1100"  # places are those of the nozzle, of the camera

# Of G, M, N and T, which begin a command anywhere else: those that are parameters of these.
LETTERS: Final[Mapping[str, str]] = {
    "G28": "T",
    "M620": "M",
    "M900": "M",
    "M969": "N",
    "M970": "M",
    "M1006": "MN",
}

_JUDGED = re.compile(
    r"(?:gcode_claim_action|set_gcode_claim_speed_level) ?: ?\d{1,3}"
    r"|judge_flag \w{1,40}|judge_last_extrude_cali_success|set_flag \w{1,40} ?= ?[01]"
    r"|set_filament_type ?: ?[\w +-]{1,30}"
).fullmatch
_LABEL = re.compile(r"[A-Za-z0-9+/]{2,88}={0,2}").fullmatch  # which objects, as bits


def dialect_of(machine: Machine) -> Dialect:
    """Return what this machine understands."""
    forms = {**_EVERYWHERE, **_STARTING, **_of_machine(machine)}
    return Dialect(forms, {"M1002": _JUDGED, "M624": _LABEL})


def _forms(names: str, form: Form) -> dict[str, tuple[Form, ...]]:
    return dict.fromkeys(names.split(), (form,))


_EVERYWHERE: Final[Mapping[str, tuple[Form, ...]]] = {
    "G17": (at_any_time(),),  # the plane of every arc here anyway
    "G29.2": (at_any_time(S=SWITCH),),  # the measured bed is followed
    # It looks whether the head is caught in a print that came loose, and which sheet lies there.
    **_forms("G39.1 G39.3 G39.4", at_any_time(S=SWITCH)),
    "G392": (at_any_time(S=SWITCH),),  # it notices a clogged nozzle
    "M73.2": (at_any_time(R=(0.1, 10.0)),),  # how the time left is shown
    "M142": (at_any_time(P=SWITCH, R=(0.0, 60.0), S=(0.0, 60.0), T=(0.0, 60.0)),),  # vents, by °C
    "M201.2": (at_any_time(K=(0.1, 1.0)),),  # a share of the acceleration
    "M204.2": (at_any_time(K=(0.1, 1.0)),),
    "M221": (
        at_any_time(S=ANY),  # rule G11 looks at the share
        before_layers(X=(0, 0), Y=(0, 0), Z=(0, 0), R=(1, 1)),  # soft end stops off, and back
    ),
    "M400": (at_any_time(S=(0.0, LONGEST_WAIT_S), P=(0.0, LONGEST_WAIT_MS)),),
    "M412": (at_any_time(S=SWITCH),),  # it notices that the filament ends
    # Filament: M620 and M621 stand around a change, M622 and M623 around what is done only if
    # the flag that was asked for before is so, M624 and M625 around one object.
    "M621": (at_any_time(S=(0.0, NO_SLOT), A=ANY),),
    "M620.3": (at_any_time(W=SWITCH),),
    "M620.10": (at_any_time(A=SWITCH, F=ANY, L=ANY, H=ANY, T=ANY),),
    "M620.11": (at_any_time(S=SWITCH, I=(0.0, NO_SLOT), E=(-30.0, 30.0), F=ANY),),
    "M622": (at_any_time(J=SWITCH, S=SWITCH),),
    "M622.1": (at_any_time(S=SWITCH),),
    **_forms("M623 M625", at_any_time()),
    **_forms("M628 M629", at_any_time(S=SWITCH)),
    "M710": (at_any_time(A=SWITCH, S=(0.0, 255.0)),),  # the fan of the board
    "M900": (at_any_time(K=ANY, L=ANY, M=ANY, S=ANY, C=ANY, R=ANY),),
    "M960": (at_any_time(S=(0.0, 5.0), P=SWITCH),),  # lamps and lasers
    "M969": (at_any_time(S=SWITCH, N=ANY, A=ANY),),  # cameras, from here to M981
    "M971": (at_any_time(S=ANY, C=ANY, O=ANY, P=ANY),),
    "M973": (at_any_time(S=ANY, P=ANY),),
    "M975": (at_any_time(S=SWITCH),),  # vibrations are compensated
    "M976": (at_any_time(S=ANY, P=ANY),),
    "M977": (at_any_time(S=ANY, P=ANY),),
    "M981": (at_any_time(S=SWITCH, P=ANY),),
    "M991": (at_any_time(S=ANY, P=ANY),),  # a layer begins
    "M1003": (at_any_time(S=SWITCH),),
    "M1004": (at_any_time(S=ANY, P=ANY),),
    # Notes of a melody, which the motors hum.
    "M1006": (at_any_time(**dict.fromkeys("SWABCDEFLMN", ANY)),),
    "M1007": (at_any_time(S=SWITCH),),
    "M9833": (at_any_time(F=ANY, A=ANY, H=ANY),),
    **_forms(" ".join((*UNLOADED, NOZZLE_SPACE)), at_any_time()),
}
_STARTING: Final[Mapping[str, tuple[Form, ...]]] = {
    "G29.1": (before_layers(Z=(-LARGEST_TRIM_MM, LARGEST_TRIM_MM)),),
    "G29.4": (before_layers(S=SWITCH),),
    # Z goes until the nozzle touches something; ``BambuMotion`` looks how far.
    **_forms("G38 G380", before_layers(S=(2.0, 3.0), Z=ANY, F=ANY)),
    "G2814": (before_layers(Z=(0.2, 1.0)),),
    "M211": (before_layers(X=SWITCH, Y=SWITCH, Z=SWITCH, S=(1, 1), R=(1, 1)),),
    "M500": (before_layers(R=(1, 1)),),  # rule G5 looks whether there is something to keep
    "M630": (before_layers(S=ANY, P=ANY),),
    # The machine measures itself.
    **_forms("M970 M970.2 M970.3", before_layers(**dict.fromkeys("QABCHKMOWZ", ANY))),
    "M972": (before_layers(S=ANY, P=ANY),),
    "M974": (before_layers(Q=ANY, S=ANY, P=ANY),),
    **_forms("M963 M964", before_layers(S=ANY)),
    "M980.3": (before_layers(**dict.fromkeys("ABCDEFGHIJK", ANY)),),
    "M982.2": (before_layers(S=SWITCH),),
    **_forms("M983 M984", before_layers(**dict.fromkeys("ASEFH", ANY))),
    "M9833.2": (before_layers(),),
    CAMERA_SPACE: (before_layers(),),
}


def _of_machine(machine: Machine) -> dict[str, tuple[Form, ...]]:
    """Return the forms whose numbers are the machine's own."""
    x_mm, y_mm, z_mm = ((turn - ALIKE, turn + ALIKE) for turn in machine.turn_mm)
    x_a, y_a, z_a, e_a = ((0.0, most) for most in machine.motor_a)
    width, depth = (0.0, machine.bed_w_mm), (0.0, machine.bed_d_mm)
    hot = (0.0, machine.max_nozzle_c)
    left, front, right, back = machine.travel or (0.0, 0.0, machine.bed_w_mm, machine.bed_d_mm)
    return {
        "G28": (at_any_time(X=ANY, Y=ANY, Z=ANY, P=(0, 0), T=hot),),  # with a nozzle so hot
        "G29": (before_layers(A=SWITCH, X=width, Y=depth, I=width, J=depth),),
        "G39": (at_any_time(S=SWITCH, X=(left, right), Y=(front, back)),),
        # How fast and how hot (rule G2) to purge, or by which places the head goes to its cutter.
        "M620.1": (
            at_any_time(E=ANY, F=ANY, T=ANY),
            at_any_time(X=(left, right), Y=(front, back), F=ANY, P=(0.0, 2.0)),
        ),
        "M17": (at_any_time(X=x_a, Y=y_a, Z=z_a, E=e_a, S=(1, 1), R=(1, 1), D=(1, 1)),),
        # How far an axis goes in one turn of its motor: the machine's own, or every place is wrong.
        "M290": (before_layers(X=x_mm, Y=y_mm, Z=z_mm),),
        "M620": (at_any_time(M=(1, 1)), at_any_time(S=(0.0, NO_SLOT), A=ANY)),
    }
