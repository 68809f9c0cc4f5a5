"""The virtual printer as a program of its own: what is on its way, cut off, or nonsense."""

import json
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from printd.core.board import Condition, Evidence
from printd.core.errors import PrinterOffline
from printd.printers.base import PrintFile
from printd.printers.virtual.link import Unreachable
from printd.printers.virtual.printer import VirtualPrinter
from printd.printers.virtual.socket_link import SocketLink
from tests.peers.print_files import print_file
from tests.peers.virtual_printer import VirtualPrinterProgram, wait_until

NAME = "pd-41-1-abcdefgh-cat"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[VirtualPrinterProgram]:
    started = VirtualPrinterProgram(tmp_path / "machine").start()
    yield started
    started.close()


@pytest.fixture
def printer(program: VirtualPrinterProgram) -> VirtualPrinter:
    return VirtualPrinter(
        "left", folder=program.folder, socket=program.socket, confirm_s=0.2, call_s=0.4
    )


@pytest.fixture
def file(tmp_path: Path) -> PrintFile:
    return print_file(tmp_path / "cat.gcode", layers=50, layer_s=1000)


def greeted(program: VirtualPrinterProgram) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.connect(str(program.socket))
    assert line.recv(100).endswith(b"\n")
    return line


def command(call: str, **more: object) -> bytes:
    return json.dumps({"call": call, "print": NAME, **more}).encode() + b"\n"


def test_a_command_on_its_way_is_obeyed_before_evidence_is_given(
    program: VirtualPrinterProgram, printer: VirtualPrinter, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    link = SocketLink(program.socket)
    with greeted(program) as line, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(link.evidence, NAME)
        line.sendall(command("start"))
        line.close()  # its sender is dead before the answer
        assert asked.result() is Evidence.RUNNING
    assert program.hands.starts(NAME) == 1


def test_a_command_that_lies_in_a_stopped_program_is_not_overtaken(
    program: VirtualPrinterProgram, printer: VirtualPrinter, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    with greeted(program) as line:
        program.signal(signal.SIGSTOP)
        line.sendall(command("start"))
    assert printer.evidence(NAME) is Evidence.UNKNOWN
    assert printer.status().condition is Condition.OFFLINE
    program.signal(signal.SIGCONT)
    evidence = SocketLink(program.socket).evidence(NAME)
    started = {Evidence.RUNNING: 1, Evidence.NOT_STARTED: 0}[evidence]
    assert program.hands.starts(NAME) == started
    assert printer.evidence(NAME) is evidence


def test_a_caller_who_is_silent_cannot_start_later(
    program: VirtualPrinterProgram, printer: VirtualPrinter, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    with greeted(program) as line:
        assert SocketLink(program.socket).evidence(NAME) is Evidence.NOT_STARTED
        with pytest.raises(BrokenPipeError):
            line.sendall(command("start"))
    assert printer.evidence(NAME) is Evidence.NOT_STARTED
    assert program.hands.starts() == 0


def test_a_start_to_a_stopped_program_is_not_sent(
    program: VirtualPrinterProgram, printer: VirtualPrinter, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    program.signal(signal.SIGSTOP)
    with pytest.raises(PrinterOffline):
        printer.start(NAME)
    program.signal(signal.SIGCONT)
    assert SocketLink(program.socket).evidence(NAME) is Evidence.NOT_STARTED
    assert program.hands.starts() == 0


def test_a_command_that_lies_in_a_killed_program_dies_with_it(
    program: VirtualPrinterProgram, printer: VirtualPrinter, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    with greeted(program) as line:
        program.signal(signal.SIGSTOP)
        line.sendall(command("start"))
        program.kill()
        assert printer.evidence(NAME) is Evidence.UNKNOWN
        program.start()
        assert printer.evidence(NAME) is Evidence.NOT_STARTED
    assert program.hands.starts() == 0


def test_an_upload_that_is_cut_off_leaves_nothing(
    program: VirtualPrinterProgram, printer: VirtualPrinter, file: PrintFile
) -> None:
    with greeted(program) as line:
        line.sendall(command("upload", bytes=file.bytes, sha256=file.sha256))
        line.sendall(file.path.read_bytes()[:-1])
        assert printer.status().condition is Condition.IDLE  # while it is under way
    files = program.folder / "files"
    wait_until(lambda: not list(files.iterdir()), "the half file is gone")
    assert not printer.uploaded(file, NAME)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"x\n",
        b"[]\n",
        b"\xff\n",
        b'{"call":"start"}\n',
        b'{"call":"nope","print":"x"}\n',
        b'{"call":"upload","print":"x","bytes":"many"}\n',
        b'{"call":"upload","print":"../x","bytes":0,"sha256":""}\n',
        b"x" * 100_000,
    ],
)
def test_nonsense_costs_one_connection(
    program: VirtualPrinterProgram, printer: VirtualPrinter, nonsense: bytes
) -> None:
    with greeted(program) as line:
        line.sendall(nonsense)
    assert SocketLink(program.socket).status().condition is Condition.IDLE


def test_something_else_at_the_socket_is_offline(tmp_path: Path) -> None:
    program = VirtualPrinterProgram(tmp_path / "machine")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(program.socket))
        door.listen()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(SocketLink(program.socket).status)
            line, _ = door.accept()
            with line:
                line.sendall(b"220 ready\n")
                with pytest.raises(Unreachable, match="Something else"):
                    asked.result()
    program.close()


def test_one_machine_is_served_once(program: VirtualPrinterProgram) -> None:
    assert program.run_another().wait(timeout=20) == 69


def test_it_ends_when_asked_to(program: VirtualPrinterProgram) -> None:
    assert program.stop() == 0
