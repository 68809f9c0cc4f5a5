"""A real OctoPrint that is killed, full, in other hands, or behind a proxy that says no.

The oracle of starts is the virtual printer's own log.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from printd.core.board import Condition, Evidence
from printd.core.errors import InDoubt, NotPossibleNow, PrinterOffline, UploadFailed
from printd.core.names import print_name
from printd.printers.base import PrintFile
from printd.printers.octoprint.printer import OctoPrintPrinter
from printd.printers.octoprint.status import path_of
from tests.peers.cutting_proxy import Cut, CuttingProxy, answer
from tests.peers.disks import small_disk
from tests.peers.octoprint import OctoPrint, shared_octoprint
from tests.peers.octoprint_files import slow_file
from tests.peers.octoprint_shop import START, UPLOAD

pytestmark = pytest.mark.peer("octoprint")

Make = Callable[..., OctoPrintPrinter]
LARGE_S = 20_000.0  # of a print whose file is about 3 MB: it goes over the line in many pieces


@pytest.fixture
def name() -> str:
    """Return a name that OctoPrint has never heard: its history outlives its files."""
    return print_name(41, 1, "cat")


@pytest.fixture
def server() -> OctoPrint:
    return shared_octoprint()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OctoPrint]:
    """Be killed without harm to other tests."""
    with OctoPrint(tmp_path / "octoprint") as started:
        yield started


@pytest.fixture
def file(tmp_path: Path) -> PrintFile:
    return slow_file(tmp_path / "slow.gcode")


@pytest.fixture
def large(tmp_path: Path) -> PrintFile:
    return slow_file(tmp_path / "large.gcode", for_s=LARGE_S)


@pytest.fixture
def printer_at(tmp_path: Path) -> Iterator[Make]:
    made: list[OctoPrintPrinter] = []

    def make(url: str, server: OctoPrint, *, answer_s: float = 5.0) -> OctoPrintPrinter:
        printer = OctoPrintPrinter(
            "left",
            url=url,
            key=server.key,
            ledger=tmp_path / "ledger",
            answer_s=answer_s,
            confirm_s=0.5,
            settle_s=0.3,
        )
        made.append(printer)
        return printer

    yield make
    for printer in made:
        printer.close()


# OctoPrint is killed.


@pytest.mark.parametrize(
    "moment", [pytest.param("on_request", marks=pytest.mark.full), "on_answered"]
)
def test_an_octoprint_killed_in_an_upload_gets_the_file_again(
    own_server: OctoPrint, name: str, large: PrintFile, printer_at: Make, moment: str
) -> None:
    def kill(asked: str) -> None:
        if asked == UPLOAD:
            own_server.kill()

    with CuttingProxy(own_server.port) as proxy:
        printer = printer_at(proxy.url, own_server)
        setattr(proxy, moment, kill)
        with pytest.raises((UploadFailed, PrinterOffline)):
            printer.upload(large, name)
        setattr(proxy, moment, None)
        own_server.start()
        printer.upload(large, name)
        assert printer.uploaded(large, name)
        assert own_server.hands.content(path_of(name)) == large.path.read_bytes()
    assert own_server.hands.starts() == 0


@pytest.mark.parametrize(
    ("moment", "starts"),
    [pytest.param("on_request", 0, marks=pytest.mark.full), ("on_answered", 1)],
)
def test_an_octoprint_killed_at_a_start_leaves_it_in_doubt(
    own_server: OctoPrint, name: str, file: PrintFile, printer_at: Make, moment: str, starts: int
) -> None:
    def kill(asked: str) -> None:
        if asked.startswith(START):
            own_server.kill()

    with CuttingProxy(own_server.port) as proxy:
        printer = printer_at(proxy.url, own_server)
        printer.upload(file, name)
        setattr(proxy, moment, kill)
        with pytest.raises(InDoubt):
            printer.start(name)
        own_server.start()
        assert printer.evidence(name) is Evidence.UNKNOWN
        with pytest.raises(InDoubt):
            printer.start(name)
        assert proxy.count(START) == 1
    assert own_server.hands.starts() <= starts


# Its disk.


@pytest.mark.parametrize(
    ("where", "said"),
    [("uploads", "left on its disk"), pytest.param("tmp", "storage", marks=pytest.mark.full)],
)
def test_a_disk_that_is_full_at_the_server_keeps_nothing_and_is_tried_again(
    tmp_path: Path,
    name: str,
    large: PrintFile,
    file: PrintFile,
    printer_at: Make,
    where: str,
    said: str,
) -> None:
    server = OctoPrint(tmp_path / "octoprint")
    folder = server.folder / where
    if folder.exists():
        folder.rmdir()
    with small_disk(folder, "1m"), server:
        printer = printer_at(server.url, server)
        for _ in range(2):
            with pytest.raises(UploadFailed, match=said):
                printer.upload(large, name)
            assert server.hands.file(path_of(name)) is None
        assert printer.evidence(name) is not Evidence.RUNNING
        for left in folder.rglob("*.tmp"):
            left.unlink()  # OctoPrint 1.11 keeps what it has received of an upload
        printer.upload(file, name)
        printer.start(name)
        assert printer.evidence(name) is Evidence.RUNNING


def test_a_file_without_room_at_the_server_is_not_sent(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make
) -> None:
    """What breaks off there for want of room would stay, and take more of it."""
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server)
        room = f'{{"files": [], "free": {2 * file.bytes - 1}}}'
        proxy.arm(Cut.ANSWER, "GET /api/files/local?", answer=answer("200 OK", room))
        with pytest.raises(UploadFailed, match="left on its disk"):
            printer.upload(file, name)
        assert proxy.count(UPLOAD) == 0
        printer.upload(file, name)
        assert printer.uploaded(file, name)


# A proxy in front of it.


@pytest.mark.parametrize("when", [Cut.ANSWER, Cut.EARLY])
def test_a_proxy_that_takes_no_large_body_is_named(
    server: OctoPrint, name: str, large: PrintFile, printer_at: Make, when: Cut
) -> None:
    """As nginx does from 1 MB on, unless it is told otherwise: an answer before the body's end."""
    page = "<html><head><title>413 Request Entity Too Large</title></head></html>"
    said = answer("413 Request Entity Too Large", page, kind="text/html")
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server)
        proxy.arm(when, UPLOAD, answer=said)
        with pytest.raises(UploadFailed, match="client_max_body_size"):
            printer.upload(large, name)
        printer.upload(large, name)
        assert printer.uploaded(large, name)


# Other requests whose line is cut.


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(Cut.BEFORE, marks=pytest.mark.full),
        Cut.AFTER,
        pytest.param(Cut.SILENT, marks=pytest.mark.full),
    ],
)
@pytest.mark.parametrize("word", ["pause", "resume", "cancel", "remove"])
def test_a_command_that_is_cut_is_given_again(
    server: OctoPrint, name: str, file: PrintFile, printer_at: Make, word: str, cut: Cut
) -> None:
    with CuttingProxy(server.port) as proxy:
        printer = printer_at(proxy.url, server, answer_s=0.5)
        printer.upload(file, name)
        printer.start(name)
        if word == "resume":
            printer.pause(name)
        if word == "remove":
            server.hands.cancel()
        proxy.arm(cut, "DELETE" if word == "remove" else "POST /api/job")
        with pytest.raises((PrinterOffline, NotPossibleNow)):
            getattr(printer, word)(name)
        getattr(printer, word)(name)
        if word == "remove":
            assert server.hands.file(path_of(name)) is None
        ends = {"pause": Evidence.RUNNING, "resume": Evidence.RUNNING}
        assert printer.evidence(name) is ends.get(word, Evidence.CANCELLED)
        if word in ends:
            paused = Condition.PAUSED if word == "pause" else Condition.PRINTING
            assert printer.status().condition is paused
    assert server.hands.starts(path_of(name)) == 1
