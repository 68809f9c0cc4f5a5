"""The demo: a real photo, a real daemon, a virtual printer at high speed.

Everything is done as a person would: the photo is copied into the drop folder, and the bed is
cleared by the command line. At the end ``demo-out/`` (``--out``) holds what was made.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "demo-out"
PRINTD = Path(sys.executable).with_name("printd")
DEADLINE_S = 1800.0
LOOK_S = 0.5
CONFIG = """\
data_dir: data
web: {port: 0}
drop: {path: drop, settle_s: 0.5}
printers:
  demo: {kind: virtual, profile: generic, speed: 3000}
limits: {poll_idle_s: 0.5, poll_active_s: 0.5, free_mb: 200, free_pct: 0}
"""
STEPS = {
    "received": "photo taken",
    "ordered": "mesher accepted it",
    "meshed": "relief made",
    "printable": "mesh checked, picture drawn",
    "sliced": "sliced and judged safe",
    "assigned": "printer chosen",
    "uploaded": "file sent",
    "printing": "print started",
    "printed": "printed",
}
RESULTS = {
    "raw.stl": "relief.stl",
    "preview.png": "preview.png",
    "toolpath.png": "toolpath.png",
    "layers.png": "layers.png",
    "print.gcode": "print.gcode",
    "job.json": "job.json",
}


def main() -> int:
    """Run the demo; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photo", type=Path, help="your own picture")
    parser.add_argument("--out", type=Path, default=OUT, help="where the results go")
    args = parser.parse_args()
    photo = args.photo or sample_photo()
    if not photo.is_file():
        print(f"There is no picture {photo}.", file=sys.stderr)
        return 66
    with tempfile.TemporaryDirectory(prefix="printd-demo-") as name:
        work = Path(name)
        (work / "config.yaml").write_text(CONFIG)
        with (work / "printd.log").open("wb") as log:
            daemon = subprocess.Popen([PRINTD, "run"], cwd=work, stderr=log)
            try:
                return play(work, photo, args.out, daemon)
            except Stopped as stopped:
                print(stopped, file=sys.stderr)
                print((work / "printd.log").read_text(), file=sys.stderr)
                return 1
            finally:
                daemon.terminate()
                daemon.wait(30)


class Stopped(Exception):
    """The demo cannot go on."""


def sample_photo() -> Path:
    """Return the astronaut (NASA, public domain) that scikit-image installs."""
    import skimage

    return Path(skimage.__file__).parent / "data" / "astronaut.png"


def play(work: Path, photo: Path, out: Path, daemon: subprocess.Popen[bytes]) -> int:
    """Drop the photo, clear the bed, follow the job, collect the results."""
    wait_for((work / "drop" / "_status.txt").exists, daemon)
    wait_for(lambda: ask(work, "printers")[0]["condition"] == "idle", daemon)
    print(f"printd runs; its drop folder is {work / 'drop'}")
    subprocess.run([PRINTD, "printers", "bed-clear", "demo"], cwd=work, check=True)
    shutil.copyfile(photo, work / "drop" / photo.name)
    print(f"dropped {photo.name}")
    job = follow(work, daemon)
    subprocess.run([PRINTD, "printers", "bed-clear", "demo"], cwd=work, check=True)
    collect(work, photo, out, job)
    return 0


def follow(work: Path, daemon: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Print each step as it becomes true; return the job at its end."""
    said = 0
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        jobs = ask(work, "jobs")
        if jobs:
            job: dict[str, Any] = ask(work, "show", str(jobs[0]["number"]))
            if not job:
                continue
            moves = [line for line in job["timeline"] if line["to"]]
            for before, move in zip([None, *moves], moves, strict=False):
                if moves.index(move) >= said:
                    print_step(before, move)
            said = len(moves)
            if job["state"] == "printed":
                return job
            if job["state"] in ("held", "failed", "cancelled"):
                raise Stopped(f"{job['because']['problem']} {job['because']['action']}")
        refused = list((work / "drop" / "_failed").glob("*.txt"))
        if refused:
            raise Stopped(refused[0].read_text())
        if daemon.poll() is not None:
            raise Stopped(f"printd ended with {daemon.returncode}")
        show_progress(work)
        time.sleep(LOOK_S)
    raise Stopped("The demo took too long.")


def print_step(before: dict[str, Any] | None, move: dict[str, Any]) -> None:
    """Print what has become true and how long it took."""
    took = f"{seconds(move['at']) - seconds(before['at']):6.1f} s" if before else " " * 8
    print(f"\r  {took}  {STEPS.get(move['to'], move['to'])}", flush=True)


def show_progress(work: Path) -> None:
    """Show the layer that the printer is at, on a terminal."""
    printer = ask(work, "printers")[0]
    if printer["layers"] and printer["condition"] == "printing" and sys.stdout.isatty():
        print(f"\r            layer {printer['layer']} of {printer['layers']} ", end="", flush=True)


def collect(work: Path, photo: Path, out: Path, job: dict[str, Any]) -> None:
    """Copy what was made to ``out`` and say where it is."""
    if out == OUT:
        shutil.rmtree(out, ignore_errors=True)  # only ours: another folder may hold more
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(photo, out / photo.name)
    folder = work / "data" / "jobs" / job["id"]
    for source, target in RESULTS.items():
        shutil.copyfile(folder / source, out / target)
    (out / "job.json").write_text(json.dumps(job, indent=2, ensure_ascii=False))
    total_s = seconds(job["moved_at"]) - seconds(job["created_at"])
    gcode = job["facts"]["gcode"]
    hours = gcode["print_time_s"] / 3600
    print(f"printed in {total_s:.0f} s; a real printer would take about {hours:.1f} h.")
    for name in sorted([photo.name, *RESULTS.values()]):
        path = out / name
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        print(f"  {shown}  {path.stat().st_size / 1e6:.1f} MB")


def ask(work: Path, *words: str) -> Any:
    """Return what a command says as JSON."""
    done = subprocess.run(
        [PRINTD, *words[:1], "--json", *words[1:]],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,  # what fails is asked again
    )
    if done.returncode != 0:
        print(f"asked again: {done.stderr.strip()}", file=sys.stderr)
        return []
    return json.loads(done.stdout)


def seconds(moment: str) -> float:
    """Return a moment of the timeline in seconds."""
    return datetime.fromisoformat(moment).timestamp()


def wait_for(is_so: Any, daemon: subprocess.Popen[bytes]) -> None:
    """Wait until ``is_so()``."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if is_so():
                return
        except (IndexError, KeyError):
            pass  # no printer in the answer yet
        if daemon.poll() is not None:
            raise Stopped(f"printd ended with {daemon.returncode}")
        time.sleep(0.1)
    raise Stopped("printd did not become ready.")


if __name__ == "__main__":
    sys.exit(main())
