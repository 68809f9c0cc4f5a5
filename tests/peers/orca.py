#!/usr/bin/env python3
"""A stand-in for OrcaSlicer's command line, because the program cannot be installed everywhere.

It obeys the documented options, return codes, progress and output, refuses what is documented as
refused, and has PrusaSlicer do the slicing. Written from the documents, not from what printd
types; where they do not say, it is the stricter of two. What it cannot prove is named in
``tests/integration/test_orca_slicer.py``. It prints, like the real program, hardly anything.
Run it by path; standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.peers.orca_gcode import Sliced, dressed, ini_of, write_container
from tests.peers.orca_inputs import (
    Refused,
    Triangle,
    bounds,
    mesh_of,
    placed,
    settings_of,
    validate,
)
from tests.peers.orca_presets import KEYS, PLATES

VERSION = "2.3.2"
ERRORS = {
    0: "Success.",
    -2: "Invalid parameters to the slicer.",
    -3: "The input files to the slicer are not found.",
    -5: "The input preset file is invalid and can not be parsed.",
    -6: "The input model file to the slicer can not be parsed.",
    -8: "Unsupported CLI instruction.",
    -13: "Failed exporting 3mf files.",
    -17: "The selected printer is not compatible with the process preset in the 3mf.",
    -50: "One of the plate is empty or has no object fully inside it.",
    -51: "There are some incorrect slicing parameters in the 3mf.",
    -58: "Slicing time of a certain plate exceeds the limit.",
    -59: "Triangle count of single plate exceeds the limit.",
    -100: "Failed slicing the model.",
}
OPTIONS = """
slice load-settings load-filaments export-3mf outputdir arrange orient mtcpp mstpp debug datadir
pipe curr-bed-type
"""
WITH_VALUE = frozenset(OPTIONS.split())
ALONE = frozenset({"min-save", "ensure-on-bed", "allow-newer-file", "no-check", "help"})
# Options of the real program that this one knows of and does not do.
NOT_DONE = """
scale rotate rotate-x rotate-y repetitions assemble convert-unit uptodate uptodate-settings
uptodate-filaments info export-stl export-settings load-filament-ids load-defaultfila
clone-objects skip-objects load-custom-gcodes load-assemble-list load-slicedata
export-slicedata normative-check
"""
NOT_HERE = frozenset(NOT_DONE.split())
OPEN_TRIES = 50
OPEN_EVERY_S = 0.02
LINE_BYTES = 511  # longer lines of progress are cut


class Pipe:
    """Progress, if somebody reads."""

    def __init__(self, path: str | None) -> None:
        self.descriptor = -1
        self.total = 0
        for _ in range(OPEN_TRIES if path else 0):
            with contextlib.suppress(OSError):
                self.descriptor = os.open(str(path), os.O_WRONLY | os.O_NONBLOCK)
                return
            time.sleep(OPEN_EVERY_S)

    def tell(self, plate: int, percent: int, message: str) -> None:
        told = int(3 + 0.9 * percent) if plate else percent
        self.total = max(self.total, told)
        line = json.dumps(
            {
                "message": message,
                "plate_count": 1 if plate else 0,
                "plate_index": plate,
                "plate_percent": percent,
                "total_percent": self.total,
            },
            separators=(",", ":"),
        )
        if self.descriptor >= 0:
            with contextlib.suppress(OSError):
                os.write(self.descriptor, (line + "\n").encode()[:LINE_BYTES])


def parsed(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return options and input files."""
    options: dict[str, str] = {}
    files: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            files.append(word)
            continue
        name, found, value = word[2:].partition("=")
        if name in NOT_HERE:
            raise Refused(-8, f"The stand-in does not do --{name}")
        if name in ALONE:
            options[name] = "1"
        elif name in WITH_VALUE or name.replace("-", "_") in KEYS:
            options[name] = value if found else next(rest, "")
            if not options[name]:
                raise Refused(-2, f"No value supplied for --{name}")
        else:
            raise Refused(-2, f"Unknown option --{name}")
    for name in ("slice", "arrange", "orient", "mtcpp", "mstpp", "debug"):
        if name in options and not re.fullmatch(r"-?\d+", options[name]):
            raise Refused(-2, f"Invalid value supplied for --{name}")
    return options, files


def sliced(triangles: list[Triangle], settings: dict[str, str], pipe: Pipe, mstpp: int) -> Sliced:
    """Have PrusaSlicer slice the model where it stands."""
    with tempfile.TemporaryDirectory(prefix="orca-inside-") as name:
        folder = Path(name)
        model, ini, out = folder / "in.stl", folder / "in.ini", folder / "out.gcode"
        rows = (struct.pack("<12fH", 0, 0, 0, *a, *b, *c, 0) for a, b, c in triangles)
        model.write_bytes(b"\0" * 80 + struct.pack("<I", len(triangles)) + b"".join(rows))
        ini.write_text(ini_of(settings, PLATES[settings["curr_bed_type"]]))
        low, high = bounds(point for triangle in triangles for point in triangle)
        center = f"{(low[0] + high[0]) / 2:.4f},{(low[1] + high[1]) / 2:.4f}"
        command = ["stdbuf", "-oL", str(shutil.which("prusa-slicer")), "--load", ini.name]
        command += ["--center", center, "--dont-arrange", "--export-gcode", "--output", str(out)]
        started_s = time.monotonic()
        with subprocess.Popen(
            [*command, str(model)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as inner:
            assert inner.stdout is not None
            assert inner.stderr is not None
            for line in inner.stdout:
                if match := re.match(r"\s*(\d+) => (.*)", line):
                    pipe.tell(1, int(match[1]), match[2].split(" to /")[0])
            said = inner.stderr.read().strip().splitlines()
        if inner.returncode != 0 or not out.exists():
            raise Refused(-100, said[-1] if said else "")
        if mstpp and time.monotonic() - started_s > mstpp:
            raise Refused(-58, "")
        return Sliced(out)


def write_result(folder: Path, code: int, took_s: float = 0, triangles: int = 0) -> None:
    plates = []
    if code == 0:
        plates.append(
            {
                "id": 1,
                "sliced_time": int(took_s),
                "sliced_time_with_cache": int(took_s),
                "triangle_count": triangles,
                "warning_message": "",
            }
        )
    result = {
        "error_string": ERRORS.get(code, "Unknown error."),
        "export_time": 0,
        "plate_index": 0 if code != -50 else 1,
        "prepare_time": 0,
        "return_code": code,
        "sliced_plates": plates,
    }
    with contextlib.suppress(OSError):
        (folder / "result.json").write_text(json.dumps(result, indent=4))


def run(options: dict[str, str], files: list[str], out: Path) -> None:
    pipe = Pipe(options.get("pipe"))
    pipe.tell(0, 1, "Start to load files")
    triangles = mesh_of(files)
    settings = settings_of(options)
    if len(triangles) > int(options.get("mtcpp", "0") or 0) > 0:
        raise Refused(-59, "")
    arrange = options.get("arrange", "-1") != "0"  # of a file that is no project: on, unless told
    triangles = placed(triangles, settings, arrange)
    if "no-check" not in options:
        validate(settings)
    pipe.tell(1, 5, "Slicing mesh")
    started_s = time.monotonic()
    made = sliced(triangles, settings, pipe, int(options.get("mstpp", "0")))
    bambu = settings["printer_model"].startswith("Bambu Lab")
    now = time.strftime("%Y-%m-%d at %H:%M:%S")
    gcode = dressed(made, settings, bambu, f"generated by OrcaSlicer {VERSION} on {now}")
    try:
        (out / "plate_1.gcode").write_text(gcode)
        pipe.tell(1, 100, "Slicing finished")
        if "export-3mf" in options:
            target = out / options["export-3mf"]
            write_container(target, gcode, made.statistics, "DISPLAY" in os.environ)
    except OSError as error:
        raise Refused(-13, str(error)) from error
    write_result(out, 0, time.monotonic() - started_s, len(triangles))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main(words: list[str]) -> NoReturn:
    out = Path()
    try:
        options, files = parsed(words)
        out = Path(options.get("outputdir", "."))
        if "help" in options:
            say(f"OrcaSlicer-{VERSION}:\nUsage: orca-slicer [ OPTIONS ] [ file.3mf/file.stl ... ]")
            sys.exit(0)
        if "slice" not in options:
            sys.stderr.write("Error: unable to open display\n")
            sys.exit(255)  # it would open its window
        run(options, files, out)
    except Refused as refused:
        if str(refused):
            sys.stderr.write(f"{refused}\n")
        if refused.code != -2:
            write_result(out, refused.code)
        say(f"run found error, return {refused.code}, exit...")
        sys.exit(256 + refused.code)
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
