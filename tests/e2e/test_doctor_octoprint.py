"""``printd doctor``, ``check`` and ``printers`` at a real OctoPrint: each fault has its line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from printd.core.jobs import State
from printd.printers.octoprint.status import path_of
from tests.peers.cutting_proxy import Cut, CuttingProxy, answer
from tests.peers.daemon import Daemon
from tests.peers.octoprint import EACH_RELEASE, OctoPrint, Release, shared_octoprint
from tests.peers.octoprint_base import GUEST_KEY
from tests.peers.octoprint_files import slow_file

SLOW = (
    b"M140 S25\nM104 S150\nG90\nM83\nG28\nG1 X10 Y10 Z0.2 F3000\nG1 X50 Y10 E2\n"
    + b"G4 P100\nG1 X51 E0.1\nG1 X50 E0.1\n" * 300
    + b"M104 S0\nM140 S0\nM84 X Y E\n"
)

Row = dict[str, str]
Opened = Callable[..., Daemon]


@pytest.fixture(params=EACH_RELEASE)
def server(request: pytest.FixtureRequest) -> OctoPrint:
    release: Release = request.param
    return shared_octoprint(release)


@pytest.fixture
def shop(tmp_path: Path, server: OctoPrint) -> Opened:
    """Configure the server as p1 of a daemon that does not run."""

    def opened(url: str = "", key: str = server.key, mode: int = 0o600) -> Daemon:
        file = tmp_path / "p1.key"
        file.write_text(key)
        file.chmod(mode)
        where = {"url": url or server.url, "key_file": str(file), "answer_s": 2}
        return Daemon(
            tmp_path / "d",
            {
                "drop": {"gcode": True},
                "printers": {"p1": {"kind": "octoprint", "speed": None, **where}},
            },
        )

    return opened


def rows(daemon: Daemon) -> dict[str, Row]:
    """Return what doctor says of the printer, by what it is about."""
    found = json.loads(daemon.cli("doctor", "--json").stdout)
    start = "printer_p1"
    return {
        row["check"].removeprefix(start).lstrip("_"): row
        for row in found
        if row["check"].startswith(start)
    }


def faults(daemon: Daemon) -> dict[str, str]:
    """Return the facts that are not fine; each has a remedy."""
    bad = {about: row for about, row in rows(daemon).items() if row["verdict"] != "ok"}
    assert all(row["remedy"].endswith((".", "`.")) for row in bad.values())
    return {about: row["fact"] for about, row in bad.items()}


def test_all_is_well(shop: Opened) -> None:
    found = rows(shop())

    assert {row["verdict"] for row in found.values()} == {"ok"}
    wanted = {"key_file", "", "version", "key", "connection", "storage", "alone"}
    assert set(found) == wanted


def test_a_wrong_key(shop: Opened) -> None:
    daemon = shop(key="WRONG")

    assert list(faults(daemon)) == ["key"]
    assert "does not know the key" in faults(daemon)["key"]
    assert "WRONG" not in daemon.cli("doctor").stdout
    assert daemon.cli("doctor").returncode == 1


def test_a_key_of_somebody_who_may_not_print(shop: Opened) -> None:
    found = faults(shop(key=GUEST_KEY))

    assert list(found) == ["key"]
    assert "its user guest lacks STATUS, FILES_LIST" in found["key"]


def test_a_key_that_others_may_read(shop: Opened) -> None:
    daemon = shop(mode=0o644)

    assert "can be read or changed by others" in faults(daemon)["key_file"]
    checked = daemon.cli("check")
    assert checked.returncode == 78
    assert f"chmod 600 {daemon.folder.parent / 'p1.key'}" in checked.stderr


def test_a_server_that_is_off(shop: Opened) -> None:
    assert "No connection could be made" in faults(shop("http://127.0.0.1:1"))[""]


def test_a_prefix_that_is_wrong(shop: Opened, server: OctoPrint) -> None:
    assert "no OctoPrint at this address (404)" in faults(shop(f"{server.url}/elsewhere"))[""]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (answer("200 OK", "<html>"), "Something else than OctoPrint answers there"),
        (answer("302 Found", more="Location: /login"), "It points elsewhere (302)"),
        (answer("502 Bad Gateway", "<html>"), "it answers 502"),
    ],
)
def test_a_server_that_is_no_octoprint(
    shop: Opened, server: OctoPrint, said: bytes, words: str
) -> None:
    with CuttingProxy(server.port) as proxy:
        proxy.arm(Cut.ANSWER, "GET /", answer=said, for_ever=True)
        assert words in faults(shop(proxy.url))[""]


def test_a_server_that_sleeps(shop: Opened, server: OctoPrint) -> None:
    with CuttingProxy(server.port) as proxy:
        proxy.arm(Cut.SILENT, "GET /api/job", for_ever=True)
        assert "It did not answer in time" in faults(shop(proxy.url))[""]


def test_a_printer_that_is_not_connected(shop: Opened, server: OctoPrint) -> None:
    server.hands.disconnect()

    assert faults(shop()) == {"connection": "OctoPrint is not connected to its printer"}


def test_a_printer_that_has_halted(shop: Opened, server: OctoPrint) -> None:
    server.hands.firmware_error()

    words = "lost its printer" if server.release is Release.NEXT else "Thermal Runaway"
    assert words in faults(shop())["connection"]


@pytest.mark.parametrize(
    ("version", "words"),
    [("1.8.7", "1.8.7 is too old"), ("2.1.0", "2.1.0 is not known"), ("dev", "dev is not known")],
)
def test_a_version_nobody_has_tried(
    shop: Opened, server: OctoPrint, version: str, words: str
) -> None:
    with CuttingProxy(server.port) as proxy:
        said = answer("200 OK", json.dumps({"server": version}))
        proxy.arm(Cut.ANSWER, "GET /api/version", answer=said, for_ever=True)
        assert words in faults(shop(proxy.url))["version"]


def test_a_disk_that_is_nearly_full(shop: Opened, server: OctoPrint) -> None:
    with CuttingProxy(server.port) as proxy:
        said = answer("200 OK", json.dumps({"files": [], "free": 12_000_000}))
        proxy.arm(Cut.ANSWER, "GET /api/files/local?", answer=said, for_ever=True)
        assert faults(shop(proxy.url))["storage"] == "0.0 GB free on its disk"


def test_a_print_of_somebody_else(shop: Opened, server: OctoPrint, tmp_path: Path) -> None:
    server.hands.upload("theirs.gcode", slow_file(tmp_path / "slow.gcode").path.read_bytes())
    server.hands.print_file("theirs.gcode")
    server.hands.wait_for("Printing")

    assert "it prints theirs.gcode, which this printd has not started" in faults(shop())["alone"]


def test_files_of_another_printd(shop: Opened, server: OctoPrint) -> None:
    server.hands.upload(path_of("pd-1-1-abcdefgh-x"), "G28\n")

    assert "that this printd has not sent: 1" in faults(shop())["alone"]


def test_a_doctor_leaves_nothing_in_the_data_folder(shop: Opened) -> None:
    daemon = shop()

    daemon.cli("doctor")

    assert not daemon.data.exists()


def test_the_print_of_this_printd_is_no_stranger(shop: Opened, server: OctoPrint) -> None:
    with shop() as daemon:
        daemon.clear_bed()
        daemon.put("part.gcode", SLOW)
        daemon.wait_for_job("part.gcode", State.PRINTING)

        assert faults(daemon) == {}
        assert "p1  printing #1" in daemon.cli("printers").stdout


def test_the_list_says_why_a_printer_is_away(shop: Opened, server: OctoPrint) -> None:
    server.hands.disconnect()
    with shop() as daemon:
        daemon.wait_until(
            lambda: "offline: OctoPrint is not connected" in daemon.cli("printers").stdout, "said"
        )
