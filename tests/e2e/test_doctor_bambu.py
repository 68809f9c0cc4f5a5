"""``printd doctor`` at a scripted Bambu printer: each fault has its line, and what to do."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.core.clock import to_text, utc_now
from printd.printers.ledger import FILE
from tests.peers import bambu_errors
from tests.peers.bambu import BambuLan
from tests.peers.bambu_models import X1C
from tests.peers.bambu_shop import settings_for
from tests.peers.daemon import Daemon

pytestmark = pytest.mark.peer("mosquitto")

Row = dict[str, str]
Opened = Callable[..., Daemon]
WELL = {"access_code_file", "certificate", "", "developer_mode", "storage"}


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[BambuLan]:
    with BambuLan(tmp_path / "machine") as started:
        yield started


@pytest.fixture
def shop(tmp_path: Path, peer: BambuLan) -> Opened:
    """Configure the printer as p1 of a daemon that does not run; ``said`` over its keys."""

    def opened(**said: Any) -> Daemon:
        daemon = Daemon(tmp_path / "d", settings_for(peer, tmp_path))
        daemon.write_config({"printers": {"p1": said}})
        return daemon

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


def test_all_is_well(shop: Opened, peer: BambuLan) -> None:
    daemon = shop()

    found = rows(daemon)

    assert set(found) == WELL
    assert {row["verdict"] for row in found.values()} == {"ok"}
    assert found[""]["fact"] == "Bambu Lab P1S with firmware 01.09.00.00, at 127.0.0.1"
    assert found["developer_mode"]["fact"] == "on: it takes commands"
    assert found["storage"]["fact"] == "30.0 GB free"
    assert peer.journal.orders() == []
    assert not daemon.data.exists()


def test_a_wrong_access_code(shop: Opened, peer: BambuLan, tmp_path: Path) -> None:
    daemon = shop()
    (tmp_path / "p1.code").write_text("87654321")

    assert faults(daemon) == {"access_code": "It does not accept the access code"}
    told = daemon.cli("doctor")
    assert told.returncode == 1
    assert "87654321" not in told.stdout
    assert "Read the access code at the printer's display" in told.stdout


def test_without_developer_mode_a_p1_says_so_when_it_is_told_something(
    shop: Opened, peer: BambuLan
) -> None:
    peer.hands.developer_mode(on=False)
    daemon = shop()

    found = rows(daemon)["developer_mode"]

    assert found["verdict"] == "fail"
    assert "Developer Mode is off" in found["fact"]
    assert "Switch on LAN Only Mode and Developer Mode" in found["remedy"]


def test_without_developer_mode_some_firmwares_complain_in_a_report_alone(
    shop: Opened, peer: BambuLan
) -> None:
    peer.hands.developer_mode(on=False)
    peer.quirks.refuses_barely = True

    assert list(faults(shop())) == ["developer_mode"]


def test_without_developer_mode_an_x1_says_so_by_itself(tmp_path: Path) -> None:
    with BambuLan(tmp_path / "machine", model=X1C) as peer:
        daemon = Daemon(tmp_path / "d", settings_for(peer, tmp_path))
        peer.hands.developer_mode(on=False)
        told = len(peer.orders.received)

        assert list(faults(daemon)) == ["developer_mode"]
        commands = [body["command"] for one in peer.orders.received[told:] for body in one.values()]
        assert "print_speed" not in commands


def test_what_prints_is_not_disturbed(shop: Opened, peer: BambuLan) -> None:
    peer.hands.start(seconds=100_000)
    daemon = shop()

    found = rows(daemon)

    assert {row["verdict"] for row in found.values()} == {"ok"}
    assert "what prints is not disturbed" in found["developer_mode"]["fact"]
    assert not any("print" in request for request in peer.orders.received)


def test_all_that_its_state_tells_is_told_at_once(shop: Opened, peer: BambuLan) -> None:
    peer.hands.take_card()
    peer.hands.fail(bambu_errors.RUNOUT)
    peer.hands.show(upgrade_state={"status": "DOWNLOADING"}, nozzle_diameter="0.6")

    found = faults(shop(ftps_port=1, model="A1"))

    assert found == {
        "model": "it is a Bambu Lab P1S; `model` says A1",
        "firmware": "the printer updates its firmware",
        "card": "the printer has no memory card",
        "nozzle": "the printer has a nozzle of 0.6 mm; its profile is for 0.4 mm",
        "display": "the filament on the external spool has run out (07FF_8011)",
        "storage": "Nothing listens at its storage (port 1)",
    }


def test_a_card_that_is_nearly_full(shop: Opened, peer: BambuLan) -> None:
    peer.hands.fill_card(free_bytes=120_000_000)

    assert faults(shop()) == {"storage": "0.1 GB free"}


def test_without_lan_mode_both_doors_are_closed(shop: Opened, peer: BambuLan) -> None:
    daemon = shop()
    peer.unplug()

    found = faults(daemon)

    assert list(found) == [""]
    assert found[""].endswith("LAN Only Mode is off, or this is another device")


def test_one_closed_port_is_named(shop: Opened) -> None:
    assert faults(shop(mqtt_port=1)) == {"": "127.0.0.1: Nothing listens at its MQTT (port 1)"}


def test_another_printer_at_this_address(shop: Opened, peer: BambuLan) -> None:
    found = faults(shop(serial="01P00A999999999"))

    assert found == {
        "serial": f"127.0.0.1 shows a certificate of {peer.serial}, not of 01P00A999999999"
    }


def test_a_certificate_that_has_changed(shop: Opened, peer: BambuLan) -> None:
    daemon = shop()
    peer.change_certificate()

    found = faults(daemon)

    assert list(found) == ["certificate"]
    assert peer.certificate.fingerprint in found["certificate"]


def test_nobody_connects_while_a_start_is_on_its_way(shop: Opened, peer: BambuLan) -> None:
    daemon = shop(lands_s=240)
    ledger = daemon.data / "printers" / "p1" / FILE
    ledger.parent.mkdir(parents=True)
    before = {
        "phase": "IDLE",
        **dict.fromkeys(("subtask_id", "task_id", "subtask_name", "gcode_file"), ""),
        "print_error": 0,
    }
    name = {"at": to_text(utc_now()), "print": "pd-1-1-abcdefgh-x"}
    lines = [
        {"event": "uploaded", **name, "bytes": 1, "sha256": "0" * 64, "folder": "cache"},
        {"event": "start", **name, "id": 5, "before": before},
    ]
    lines[0] |= {"plate": 1, "filaments": []}
    ledger.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    found = faults(daemon)

    assert list(found) == [""]
    assert "it has just been told to start a print" in found[""]
    assert peer.orders.received == []
