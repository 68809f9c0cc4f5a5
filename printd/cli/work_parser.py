"""What can be typed for one step by hand: a relief, a mended mesh, a slice, a check."""

from __future__ import annotations

import argparse
from typing import Any

from printd.cli.job_parser import beside_flags
from printd.cli.parsing import command
from printd.cli.setting_flags import PRINT_FLAGS, RELIEF_FLAGS, add_setting_flags
from printd.core.relief_presets import PRESETS


def add_works(commands: Any) -> None:
    """Add the commands that need no daemon and leave no job."""
    _relief(commands)
    _mend(commands)
    _slice(commands)
    _photo_check(commands)
    _lint(commands)


def _relief(commands: Any) -> None:
    relief = command(
        commands,
        "relief",
        "relief:relief",
        "make a relief of a picture",
        "relief mia.jpg -o mia.3mf --preset portrait --width-mm 80 --preview mia.png",
    )
    relief.add_argument("photo", nargs="?")
    relief.add_argument(
        "-o", "--output", required=True, metavar="OUT.stl", help="also .3mf, .zip (OBJ), .png"
    )
    relief.add_argument("--preset", help=f"starting point: {', '.join(PRESETS)}, or yours")
    relief.add_argument("--report", action="store_true", help="tell how fine, steep, closed it is")
    relief.add_argument("--preview", metavar="OUT.png", help="also draw the piece")
    relief.add_argument("--material", default="white-pla", help="of that picture (white-pla)")
    relief.add_argument("--light-on", metavar="OUT.png", help="draw a lithophane lit from behind")
    relief.add_argument(
        "--depth",
        metavar="NAME",
        help="where heights come from: builtin, picture (the photo is a depth picture), or one of "
        "the configuration",
    )
    beside_flags(relief)
    relief.add_argument(
        "--near", choices=("white", "black", "auto"), help="in depth pictures (white)"
    )
    relief.add_argument(
        "--step-wedge", action="store_true", help="make the wedge that measures a plastic instead"
    )
    add_setting_flags(relief, RELIEF_FLAGS)


def _mend(commands: Any) -> None:
    mending = command(
        commands,
        "mend",
        "mend:mend",
        "make somebody's mesh printable",
        "mend figure.glb -o figure.stl --longest-mm 100 --preview figure.png",
    )
    mending.add_argument("mesh", metavar="MESH", help="GLB, OBJ, STL, 3MF, or a ZIP with one")
    mending.add_argument("-o", "--output", required=True, metavar="OUT.stl")
    mending.add_argument(
        "--longest-mm", type=float, default=100.0, metavar="N", help="its longest side (100)"
    )
    mending.add_argument("--up", choices=("y", "z"), help="which axis is up; default: as its kind")
    mending.add_argument(
        "--orient", choices=("as_is", "least_support"), default="as_is", help="which way up (as_is)"
    )
    mending.add_argument(
        "--nozzle-mm", type=float, default=0.4, metavar="N", help="for thin walls (0.4)"
    )
    mending.add_argument("--preview", metavar="OUT.png", help="also draw it")


def _slice(commands: Any) -> None:
    slicing = command(
        commands,
        "slice",
        "works:slice_",
        "slice a model",
        "slice mia.stl --printer p1 -o mia.gcode",
    )
    slicing.add_argument("model", metavar="MODEL.stl")
    slicing.add_argument("--printer", required=True, help="a configured printer, or a profile")
    slicing.add_argument("-o", "--output", required=True, metavar="OUT.gcode")
    slicing.add_argument(
        "--material", metavar="WORD", help="of the profile; default: the loaded one"
    )
    add_setting_flags(slicing, PRINT_FLAGS)
    _picture_flags(slicing)


def _photo_check(commands: Any) -> None:
    photo_check = command(
        commands,
        "photo-check",
        "photo_check:photo_check",
        "measure what a mesh service could make of photos",
        "photo-check mia.jpg",
    )
    photo_check.add_argument("photos", nargs="+", metavar="FILE")
    photo_check.add_argument("--mask-file", metavar="FILE", help="picture of the subject of one")


def _lint(commands: Any) -> None:
    lint = command(
        commands,
        "lint",
        "works:lint",
        "judge G-code for a printer",
        "lint x.gcode --printer generic",
    )
    lint.add_argument("file", metavar="FILE.gcode")
    lint.add_argument("--printer", required=True, help="a configured printer, or a profile")
    lint.add_argument("--level", choices=("own", "foreign"), default="foreign")
    _picture_flags(lint)


def _picture_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preview", metavar="OUT.png", help="also draw the print from above")
    parser.add_argument("--layers", metavar="OUT.png", help="also draw some of its layers")
