"""A photo taken, calculated, sliced and printed under the limits of the shipped systemd unit."""

import subprocess
import sys
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import ended
from tests.peers.daemon import SERVED, Daemon
from tests.photos import encoded, textured

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "systemd/printd.service"
CONFINED = (sys.executable, str(ROOT / "tests/peers/confined.py"), str(UNIT))


@pytest.mark.peer("systemd-analyze")
@pytest.mark.peer("prusa-slicer")
@pytest.mark.parametrize(
    "more",
    [(), ("--deny=setpriority",)],
    ids=["as shipped", "no niceness"],
)
def test_a_photo_is_printed_within_what_the_unit_allows(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    recipes = {"recipes": {"wide": {"width_mm": 20, "settings": {"mesh_quality": 128}}}}
    daemon = Daemon(tmp_path, {**SERVED, **recipes}, prefix=(*CONFINED, *more, "--"))
    daemon.drop.mkdir()
    daemon.drop.chmod(0o2770)  # as README says

    with ended(daemon):
        daemon.clear_bed()
        daemon.put("cat.png", encoded(textured(64, 64), "PNG"), "wide")
        daemon.wait_for_job("cat.png", State.PRINTED)
        assert daemon.stop() == 0

    assert (daemon.drop / "wide").stat().st_mode & 0o7777 == 0o2770  # its group may drop there too
    assert daemon.data.stat().st_mode & 0o077 == 0
    for path in daemon.data.rglob("*"):
        assert path.stat().st_mode & 0o007 == 0, path


@pytest.mark.peer("systemd-analyze")
def test_the_limits_are_real() -> None:
    """What the tests above rely on: the calls that are not allowed do fail."""
    program = (
        "import ctypes, mmap, os, socket\n"
        "for act in (\n"
        "    lambda: os.setpriority(os.PRIO_PROCESS, 0, 5),\n"
        "    lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),\n"
        "    lambda: mmap.mmap(-1, 4096, prot=7),\n"
        "    lambda: os.chroot('/'),\n"
        "):\n"
        "    try:\n"
        "        act()\n"
        "    except PermissionError:\n"
        "        continue\n"
        "    raise SystemExit(1)\n"
    )
    words = [*CONFINED, "--deny=setpriority", "--", sys.executable, "-c", program]
    assert subprocess.run(words, check=False).returncode == 0
