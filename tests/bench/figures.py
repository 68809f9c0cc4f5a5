"""How the measurements measure: processor time, memory of a fresh process, and a pace.

The seconds that are allowed were set on one machine, and another may be slower. So what was
measured is shown as it is, and what is allowed is multiplied by the *pace* of this machine: how
long a fixed piece of work takes here, to how long it takes on the other. A faster machine gets no
stricter limits. Ratios, memory and counts know no pace.
"""

import gc
import importlib
import io
import json
import re
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from printd.core.shipped import shipped

# For ``fixed_work`` on the machine of the limits, where numpy-stl writes a dense mesh of 1024 cells
# in 0.30 s (where it takes 0.58 s, ``fixed_work`` takes 0.082 s).
REFERENCE_S = 0.042
PACE_ROUNDS = 15  # so that a noisy moment is no excuse
PORTRAITS = ("astronaut", "camera", "chelsea")  # of ``looks.PHOTOS``: a woman, a man, a cat
# Runs work in a process of its own and says what it used; a child is charged with the memory of
# who starts it, so it is started from a small program.
SLICE = """
import resource, subprocess, sys

subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
BEFORE = """
import json, sys, time

def peak_kb():  # of this program's own; the figure of getrusage is handed on by the parent
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
"""
AFTER = """
before_kb, before_s = peak_kb(), time.process_time()
work()
print(json.dumps([time.process_time() - before_s, (peak_kb() - before_kb) / 1024]))
"""


def cpu_s(work: Callable[[], object]) -> float:
    """Return the processor time of one run in this process, which is warm."""
    gc.collect()
    before = time.process_time()
    work()
    return time.process_time() - before


def best_s(work: Callable[[], object], rounds: int = 5) -> float:
    return min(cpu_s(work) for _ in range(rounds))


def own_s(work: Callable[[], object], rounds: int = 5) -> tuple[float, float]:
    """Return the best times of our own code, and of the kernel, which hands out fresh memory.

    On a virtual machine a page that was never used before costs many times one that was; so the
    kernel's share says more of the machine's last minutes than of the work.
    """
    found = []
    for _ in range(rounds):
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF)
        work()
        after = resource.getrusage(resource.RUSAGE_SELF)
        found.append((after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime))
    return min(own for own, _ in found), min(kernel for _, kernel in found)


def fixed_work() -> Callable[[], None]:
    """Return work of the kinds that reliefs are made of: arithmetic, copying, decoding, packing."""
    rng = np.random.default_rng(1)
    values = rng.random((1024, 1024), dtype=np.float32)
    places = rng.integers(0, values.size, 1 << 20)
    photo = io.BytesIO()
    coarse = Image.fromarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
    coarse.resize((1024, 1024), Image.Resampling.BICUBIC).save(photo, "JPEG", quality=90)
    room, gathered = np.empty_like(values), np.empty(len(places), np.float32)
    text = rng.integers(0, 16, 1 << 21, dtype=np.uint8).tobytes()

    def work() -> None:
        for _ in range(10):
            np.multiply(values, values, out=room)
            np.sqrt(np.add(room, values, out=room), out=room)
            values.take(places, out=gathered, mode="clip")
        for _ in range(3):
            Image.open(io.BytesIO(photo.getvalue())).load()
        zlib.compress(text, 1)

    return work


def pace() -> float:
    """Return how many times slower this machine is now than that of the limits, at least 1."""
    return max(1.0, best_s(fixed_work(), PACE_ROUNDS) / REFERENCE_S)


@dataclass(frozen=True)
class Timed:
    """Seconds beside those that are allowed."""

    what: str
    seconds: float
    allowed_s: float
    pace: float

    @property
    def is_held(self) -> bool:
        return self.seconds <= self.allowed_s * self.pace

    def __str__(self) -> str:
        return (
            f"{self.what:34} {1000 * self.seconds:8.1f} ms CPU; allowed {1000 * self.allowed_s:.0f}"
            f" x pace {self.pace:.2f} = {1000 * self.allowed_s * self.pace:.0f} ms"
            f" (at pace 1: {1000 * self.seconds / self.pace:.1f} ms)"
            f"{'' if self.is_held else '   MISSED'}"
        )


def in_fresh_process(work: str, *words: object) -> tuple[float, float]:
    """Run Python text that defines ``work()``; return its CPU seconds and its extra memory in MB.

    What the text does before is not counted: imports, loading what is at hand.
    """
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + work + AFTER, *map(str, words)],
        check=True,
        capture_output=True,
        text=True,
    )
    cpu, memory_mb = json.loads(done.stdout.splitlines()[-1])
    return cpu, memory_mb


def start_s(modules: str) -> float:
    """Return the CPU seconds of a process that imports these modules and ends."""
    code = "import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], check=True)\n"
    code += (
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\nprint(used.ru_utime + used.ru_stime)"
    )
    words = [sys.executable, "-c", code, sys.executable, "-c", f"import {modules}"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return float(done.stdout)


def peer(module: str, package: str | None = None) -> Any | None:
    """Return a library to compare with; None, and a sentence, if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        print(f"{package or module} is left out ({error}): scripts/setup bench installs it.")
        return None


def sliced(model: Path) -> dict[str, float]:
    """Slice a model; return what it took and what came out."""
    gcode = model.with_suffix(".gcode")
    profile = shipped("profiles") / "generic" / "prusa.ini"
    words = ["prusa-slicer", "--load", str(profile), "--export-gcode", "--output", str(gcode)]
    measured = subprocess.run(
        [sys.executable, "-c", SLICE, *words, str(model)],
        check=True,
        capture_output=True,
        text=True,
    )
    used_s, memory_kb = measured.stdout.splitlines()[-1].split()
    text = gcode.read_text()
    return {
        "triangles": (model.stat().st_size - 84) / 50,
        "cpu_s": float(used_s),
        "memory_mb": int(memory_kb) / 1024,
        "print_s": _seconds(text),
        "filament_mm": float(_said(text, r"filament used \[mm\] = ([\d.]+)")),
        "layers": text.count(";LAYER_CHANGE"),
    }


def in_words(found: Mapping[str, float]) -> str:
    """Say what slicing took and gave."""
    return (
        f"{found['triangles']:8.0f} triangles, sliced in {found['cpu_s']:5.1f} s CPU,"
        f" {found['memory_mb']:4.0f} MB; prints {found['print_s']:6.0f} s,"
        f" {found['filament_mm']:8.1f} mm, {found['layers']:.0f} layers"
    )


def _seconds(gcode: str) -> float:
    said = _said(gcode, r"estimated printing time \(normal mode\) = (.+)")
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return float(sum(int(part[:-1]) * units[part[-1]] for part in said.split()))


def _said(gcode: str, pattern: str) -> str:
    found = re.search(pattern, gcode)
    assert found is not None
    return found.group(1)
