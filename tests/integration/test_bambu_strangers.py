"""A library that many people print with finds a printer where the scripted one stands."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.bambu import BambuLan
from tests.peers.bambu_files import sliced
from tests.peers.virtual_printer import wait_until

PRESENT = importlib.util.find_spec("bambulabs_api") is not None
pytestmark = [
    pytest.mark.peer("mosquitto"),
    pytest.mark.optional_peer("bambulabs-api", present=PRESENT),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # how it asks for TLS
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
CAT = "cat.gcode.3mf"


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[BambuLan]:
    with BambuLan(tmp_path / "printer", clock=240.0, report_every_s=0.05) as started:
        yield started


@pytest.fixture
def client(printer: BambuLan) -> Iterator[Any]:
    from bambulabs_api.mqtt_client import PrinterMQTTClient  # it may be missing

    made = PrinterMQTTClient(printer.host, printer.code, printer.serial, port=printer.mqtt_port)
    made.connect()
    made.start()
    yield made
    made.stop()


def test_it_uploads_prints_and_reads_the_state(
    printer: BambuLan, client: Any, tmp_path: Path
) -> None:
    from bambulabs_api.ftp_client import PrinterFTPClient  # it may be missing

    storage = PrinterFTPClient(printer.host, printer.code, port=printer.ftps_port)
    with sliced(tmp_path / CAT, seconds=240).open("rb") as file:
        assert storage.upload_file(file, CAT).startswith("226")
    assert (printer.card.folder / CAT).read_bytes() == (tmp_path / CAT).read_bytes()
    wait_until(lambda: client.get_printer_state().name == "IDLE", "its first report")
    assert client.start_print_3mf(CAT, 1, use_ams=False)
    wait_until(lambda: client.get_printer_state().name == "RUNNING", "it prints")
    wait_until(lambda: client.get_printer_state().name == "FINISH", "it has finished")
    assert len(printer.journal.starts(CAT)) == 1
