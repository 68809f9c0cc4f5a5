"""100 MB of G-code packed for Bambu's printers: how long, in how much memory; reports read."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from printd.printers.bambu.merge import Reports
from printd.printers.bambu.report import Snapshot
from printd.printers.bambu.status import status_of
from tests.peers.bambu_states import delta, full

SIZE_BYTES = 100_000_000
MOST_MB = 30.0
PRINTERS = 50
REPORTS_PER_S = 2
REPORTS = 2000
PROGRAM = """
import sys, time
from pathlib import Path
from printd.gcode.packing import packed
from printd.gcode.plate_facts import PlateFacts

def highest_mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if "VmHWM" in line).split()[1]) / 1024

gcode, picture, out = map(Path, sys.argv[1:])
facts = PlateFacts("Bambu Lab P1S", 0.4, 1.0, 1, 1.0, 1.0, 1.0, picture=picture)
before_mb, begin = highest_mb(), time.process_time()
packed(gcode, out, facts)
print(time.process_time() - begin, highest_mb() - before_mb, out.stat().st_size)
"""


def print_like(path: Path) -> None:
    """Write lines as a slicer does: no two are the same."""
    chance = random.Random(1)  # noqa: S311 - lengths, not secrets
    with path.open("w") as stream:
        while stream.tell() < SIZE_BYTES:
            x, y, e = (chance.uniform(0, 200) for _ in range(3))
            lines = (
                f"G1 X{x + n % 7:.3f} Y{y - n / 9:.3f} E{e / (n + 1):.5f}\n" for n in range(999)
            )
            stream.write("".join(lines))


def test_a_large_print_is_packed_in_little_memory(tmp_path: Path) -> None:
    print_like(gcode := tmp_path / "large.gcode")
    Image.new("RGB", (1200, 900), "red").save(picture := tmp_path / "toolpath.png")
    run = [sys.executable, "-c", PROGRAM, str(gcode), str(picture), str(tmp_path / "a.gcode.3mf")]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    seconds, megabytes, size = map(float, said)
    print(
        f"\n100 MB of G-code packed: {seconds:.1f} s of processor, {megabytes:.1f} MB more memory, "
        f"{size / 1e6:.0f} MB"
    )
    assert megabytes <= MOST_MB


def test_reports_of_many_printers_take_little_of_a_core() -> None:
    padding = {f"field_{number}": "x" * 60 for number in range(400)}  # 30 KB, as an H2D sends
    messages = {
        "full, 30 KB": [
            full(number, mc_percent=number % 100, **padding) for number in range(REPORTS)
        ],
        "deltas": [
            full(0),
            *(delta(number, mc_percent=number % 100) for number in range(1, REPORTS)),
        ],
    }
    for name, told in messages.items():
        raw = [json.dumps(message).encode() for message in told]
        reports, begin = Reports(), time.process_time()
        for frame in raw:
            reports.take(json.loads(frame))
            status_of(Snapshot.of(reports.state))
        each_s = (time.process_time() - begin) / len(raw)
        share = each_s * PRINTERS * REPORTS_PER_S
        print(
            f"\n{name}: {each_s * 1e6:.0f} us each; {PRINTERS} printers take {share:.1%} of a core"
        )
        assert share <= 0.05  # half of what they may take; the rest is for the network
