"""The settings of a relief and of its print as flags: the names of the settings, with dashes.

A plain table, since the parser must not wait for the library that checks the values.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, Final

NUMBER, COUNT, WORD, SWITCH = float, int, str, bool
Flags = tuple[tuple[str, type, str], ...]
Table = Mapping[str, Flags]

# By heading: flag, type, what it says (and its default).
RELIEF_FLAGS: Final[Table] = {
    "size": (
        ("width-mm", NUMBER, "width of the piece (80)"),
        ("longest-mm", NUMBER, "longest side of the piece, instead of the width"),
        ("depth-intensity", NUMBER, "height of the relief, share of the longest side, 0-0.3 (0.1)"),
        ("relief-mm", NUMBER, "height of the relief in mm, instead"),
        ("base-thickness", NUMBER, "thickness under it, share of the longest side (0.05)"),
        ("base-mm", NUMBER, "thickness under it in mm, instead"),
    ),
    "picture": (
        ("crop", WORD, "none, square, a ratio 4:3, or left,top,right,bottom from 0 to 1"),
        ("surface", WORD, "relief (height is shape) or lithophane (thickness is tone)"),
        ("style", WORD, "detailed (objects, buildings) or organic (people, animals)"),
        ("flat-artwork", WORD, "plateaus of few colours: auto, yes or no"),
        ("mask", WORD, "auto: find the subject; none: the whole scene"),
    ),
    "height map": (
        ("noise-reduction", NUMBER, "0-50: smaller variations than this share of 255 go (0)"),
        ("smoothing-px", NUMBER, "smoothing, 0-20 pixels of a 1024-pixel map (0)"),
        ("enhance-details", NUMBER, "0-1: share of the fine detail added back (0)"),
        ("surface-smoothing", COUNT, "0-10 passes over the mesh (0)"),
        ("invert", SWITCH, "low becomes high"),
        ("mirror", SWITCH, "left becomes right"),
    ),
    "what can be made": (
        ("line-mm", NUMBER, "width of a printed line; what is finer goes; 0: nothing goes (0.4)"),
        ("draft-deg", NUMBER, "0-45: walls lean so much, for moulds (0)"),
        ("standing", SWITCH, "printed upright: without overhangs, and the file stands"),
        ("ball-mm", NUMBER, "radius of a ball-nose tool, for the picture (0)"),
    ),
    "piece": (
        ("mode", WORD, "solid, or planar: the surface alone"),
        ("depth-cutoff-pct", NUMBER, "0-95: what is lower than this share of the depth goes (0)"),
        ("z-zero", WORD, "of a planar piece: bottom, or top for milling"),
        ("outline", WORD, "rectangle, rounded, circle, ellipse, heart, or mask (the subject)"),
        ("corner-mm", NUMBER, "radius of the corners of a rounded piece (5)"),
        ("rim-width", NUMBER, "width of a level rim, share of the longest side, 0-0.3 (0)"),
        ("rim-mm", NUMBER, "width of the rim in mm, instead"),
        ("rim-height-mm", NUMBER, "height of the rim over the back (that of the highest point)"),
        ("holes", COUNT, "0-2 holes to hang it up (0)"),
        ("hole-mm", NUMBER, "their diameter (4)"),
        ("feet-mm", NUMBER, "how far feet of a standing piece reach to the front (0)"),
        ("bend", WORD, "none, outer (the picture outside) or inner"),
        ("bend-deg", NUMBER, "5-360: angle of the bend (120)"),
    ),
    "lithophane": (
        ("thinnest-mm", NUMBER, "where the picture is white (0.8)"),
        ("thickest-mm", NUMBER, "where it is black (3.2)"),
        ("absorption-per-mm", NUMBER, "of the plastic; 0.69 halves the light in 1 mm (1.05)"),
        ("plate-steps", WORD, 'what a printed step wedge lets through: "0.8:61 1.4:38 2:24"'),
    ),
    "mesh": (
        ("mesh-quality", COUNT, "cells along the longest side, 128-4096 (512)"),
        ("triangulation", WORD, "adaptive (few triangles within the tolerance) or dense"),
        ("tolerance-mm", NUMBER, "of adaptive triangles, 0.001-1 mm (0.02)"),
        ("texture", SWITCH, "in a ZIP of OBJ files: the photo on the top (on)"),
    ),
}


PRINT_FLAGS: Final[Table] = {
    "print": (
        ("quality", WORD, "one of the profile's: see `printd profiles list`"),
        ("supports", WORD, "none, or auto: where the slicer finds an overhang"),
        ("brim-mm", NUMBER, "width of a brim around the first layer"),
        ("layer-mm", NUMBER, "height of a layer"),
        ("infill-pct", NUMBER, "0-100: how full it is"),
        ("orient", WORD, "as_is, or least_support: turned to need the least support"),
        ("copies-on-bed", COUNT, "so many in one print"),
    ),
}


def add_setting_flags(parser: argparse.ArgumentParser, table: Table) -> None:
    """Take every setting of a table; one that is not typed is not set."""
    for heading, flags in table.items():
        group = parser.add_argument_group(heading)
        for flag, kind, words in flags:
            if kind is SWITCH:
                group.add_argument(
                    f"--{flag}", action=argparse.BooleanOptionalAction, default=None, help=words
                )
            else:
                shown = {NUMBER: "NUMBER", COUNT: "COUNT", WORD: "WORD"}[kind]
                group.add_argument(f"--{flag}", type=kind, metavar=shown, help=words)


def setting_values(args: argparse.Namespace, table: Table) -> dict[str, Any]:
    """Return the settings of a table that were typed, by their names."""
    names = [flag.replace("-", "_") for flags in table.values() for flag, _, _ in flags]
    return {name: value for name in names if (value := getattr(args, name)) is not None}
