"""The push socket of a real OctoPrint: who listens is woken; no print of a stranger is missed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.board import Condition, Evidence
from printd.core.names import print_name
from printd.printers.octoprint.printer import OctoPrintPrinter
from tests.peers.cutting_proxy import CuttingProxy
from tests.peers.octoprint import EACH_RELEASE, OctoPrint, Release, shared_octoprint
from tests.peers.octoprint_base import GUEST_KEY
from tests.peers.octoprint_files import slow_file
from tests.peers.virtual_printer import wait_until

SOON_S = 10.0  # on a busy machine; usually some milliseconds


@pytest.fixture(params=EACH_RELEASE)
def server(request: pytest.FixtureRequest) -> OctoPrint:
    release: Release = request.param
    return shared_octoprint(release)


@pytest.fixture
def woken() -> threading.Event:
    return threading.Event()


@pytest.fixture
def printer(
    server: OctoPrint, woken: threading.Event, tmp_path: Path
) -> Iterator[OctoPrintPrinter]:
    """Listen already."""
    made = OctoPrintPrinter("left", url=server.url, key=server.key, ledger=tmp_path / "ledger")
    made.listen(woken.set)
    assert woken.wait(SOON_S), "logged in"
    woken.clear()
    yield made
    made.close()


def test_what_happens_at_the_printer_wakes_the_listener(
    printer: OctoPrintPrinter, server: OctoPrint, woken: threading.Event, tmp_path: Path
) -> None:
    name = print_name(41, 1, "cat")
    printer.upload(slow_file(tmp_path / "slow.gcode"), name)
    printer.start(name)
    assert woken.wait(SOON_S)
    assert printer.status().condition is Condition.PRINTING
    for act in (server.hands.pause, server.hands.resume, server.hands.cancel):
        woken.clear()
        act()
        assert woken.wait(SOON_S)
    assert printer.evidence(name) is Evidence.CANCELLED


def test_a_strangers_print_of_milliseconds_is_seen(
    printer: OctoPrintPrinter, server: OctoPrint, woken: threading.Event
) -> None:
    assert printer.status().condition is Condition.IDLE
    server.hands.upload("theirs.gcode", "G28\n")
    server.hands.print_file("theirs.gcode")
    server.hands.wait_for("Operational")
    assert woken.wait(SOON_S)
    wait_until(lambda: printer.status().condition is Condition.BUSY, "it is seen")


def test_a_connection_that_breaks_is_made_again(
    server: OctoPrint, woken: threading.Event, tmp_path: Path
) -> None:
    with CuttingProxy(server.port, prefix="/octo") as proxy:
        printer = OctoPrintPrinter("left", url=proxy.url, key=server.key, ledger=tmp_path / "l")
        printer.listen(woken.set)
        assert woken.wait(SOON_S)
        proxy.unplug()
        woken.clear()
        proxy.plug_in()
        assert woken.wait(SOON_S), "logged in again"
        printer.close()
        assert not [t for t in threading.enumerate() if t.name == "push-left"]


def test_without_the_right_to_listen_it_is_asked_as_ever(
    server: OctoPrint, woken: threading.Event, tmp_path: Path
) -> None:
    printer = OctoPrintPrinter("left", url=server.url, key=GUEST_KEY, ledger=tmp_path / "l")
    printer.listen(woken.set)
    assert printer.status().condition is Condition.OFFLINE
    printer.close()
