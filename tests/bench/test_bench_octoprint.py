"""An upload of 100 MB to a real OctoPrint: as fast as curl, within its memory; a look at rest."""

import hashlib
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from printd.printers.octoprint.printer import OctoPrintPrinter
from tests.peers.octoprint import OctoPrint, shared_octoprint

pytestmark = pytest.mark.peer("octoprint")

SIZE_BYTES = 100_000_000
ROUNDS = 5
LOOKS = 100
PROGRAM = """
import sys, time
from pathlib import Path
from printd.printers.base import PrintFile
from printd.printers.octoprint.printer import OctoPrintPrinter

def highest_mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if "VmHWM" in line).split()[1]) / 1024

url, key, ledger, path, sha256, name = sys.argv[1:]
file = PrintFile(Path(path), sha256, Path(path).stat().st_size, True, sha256)
printer = OctoPrintPrinter("p1", url=url, key=key, ledger=Path(ledger))
printer.status()
before_mb, begin = highest_mb(), time.perf_counter()
printer.upload(file, name)
print(time.perf_counter() - begin, highest_mb() - before_mb)
"""


@pytest.fixture
def server() -> OctoPrint:
    return shared_octoprint()


def large_file(path: Path) -> str:
    """Write it and return its SHA-256."""
    lines = b"G1 X10.123 Y20.456 E0.01234 F1800\n" * 10_000
    with path.open("wb") as stream:
        while stream.tell() < SIZE_BYTES:
            stream.write(lines)
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def by_curl_s(server: OctoPrint, path: Path, name: str) -> float:
    words = ["-s", "-f", "-o", "/dev/null", "-H", f"X-Api-Key: {server.key}"]
    form = ["-F", f"file=@{path};filename={name}.gcode", "-F", "path=curl"]
    begin = time.perf_counter()
    subprocess.run(["curl", *words, *form, f"{server.url}/api/files/local"], check=True)
    return time.perf_counter() - begin


def test_a_large_upload_takes_little_memory_and_time(server: OctoPrint, tmp_path: Path) -> None:
    sha256 = large_file(path := tmp_path / "large.gcode")
    ours_s, curl_s, extra_mb = [], [], []
    for number in range(ROUNDS):
        where = [server.url, server.key, str(tmp_path / "ledger"), str(path), sha256]
        command = [sys.executable, "-c", PROGRAM, *where, f"pd-{number}-1-large"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        ours_s.append(float(said[0]))
        extra_mb.append(float(said[1]))
        if shutil.which("curl"):
            curl_s.append(by_curl_s(server, path, f"c{number}"))
    print(f"\n100 MB: {statistics.median(ours_s):.2f} s, {max(extra_mb):.1f} MB more")
    assert max(extra_mb) < 30
    if curl_s:
        ratio = statistics.median(ours_s) / statistics.median(curl_s)
        print(f"{ratio:.2f} times the time of curl")
        assert ratio < 2


def test_a_look_at_a_printer_at_rest_costs_little(server: OctoPrint, tmp_path: Path) -> None:
    printer = OctoPrintPrinter("p1", url=server.url, key=server.key, ledger=tmp_path / "ledger")
    printer.status()
    begin = time.process_time()
    for _ in range(LOOKS):
        printer.status()
    cost_s = (time.process_time() - begin) / LOOKS
    # Asked every 10 s when idle, 50 of them.
    print(f"\n{cost_s * 1000:.2f} ms a look, 50 printers at rest: {cost_s * 5:.2%} of a core")
    assert cost_s * 5 < 0.03
    printer.close()
