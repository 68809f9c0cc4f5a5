"""The daemon and a scripted Bambu printer: a photo or a file handed in is printed once.

The oracle is the printer's journal. The slicer is the stand-in for OrcaSlicer.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.core.jobs import Job, State
from tests.e2e.conftest import Opener
from tests.peers.bambu import BambuLan
from tests.peers.bambu_shop import part, settings_for
from tests.peers.daemon import Daemon
from tests.photos import encoded, textured

pytestmark = pytest.mark.peer("mosquitto")

Opened = Callable[[], Daemon]


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[BambuLan]:
    with BambuLan(tmp_path / "machine", clock=600.0) as started:
        yield started


@pytest.fixture
def daemon_at(open_daemon: Opener, peer: BambuLan, tmp_path: Path) -> Opened:
    """Open a daemon whose only printer is the scripted one, its bed clear."""

    def opened() -> Daemon:
        daemon = open_daemon(settings_for(peer, tmp_path))
        daemon.clear_bed()
        return daemon

    return opened


def code_of(job: Job) -> str | None:
    return job.because.code if job.because else None


@pytest.mark.peer("prusa-slicer")
def test_a_photo_is_sliced_packed_and_printed_once(daemon_at: Opened, peer: BambuLan) -> None:
    peer.hands.load_ams(("PLA", "000000FF"))  # any colour will do: nobody has asked for one
    daemon = daemon_at()
    daemon.put("cat.jpg", encoded(textured(96, 64), "jpeg"))
    job = daemon.wait_for_job("cat.jpg", State.PRINTED)
    (start,) = peer.journal.starts()
    assert start.name == f"{job.print_name}.gcode.3mf"
    assert [line.end for line in peer.journal.ends()] == ["FINISH"]
    daemon.wait_until(lambda: not peer.card.names(), "the file is deleted there")


@pytest.mark.peer("prusa-slicer")
def test_what_prusa_slicer_made_waits_for_a_persons_word_and_is_printed_once(
    open_daemon: Opener, tmp_path: Path
) -> None:
    with BambuLan(tmp_path / "machine", clock=6000.0) as peer:
        daemon = open_daemon(settings_for(peer, tmp_path, "bambu-p1s-prusa"))
        daemon.clear_bed()
        daemon.put("cat.jpg", encoded(textured(96, 64), "jpeg"))
        held = daemon.wait_for_job("cat.jpg", State.HELD)
        assert code_of(held) == "experimental_gcode"
        assert not peer.card.names()
        daemon.cli("release", held.number)
        job = daemon.wait_for_job("cat.jpg", State.PRINTED)
        (start,) = peer.journal.starts()
        assert start.name == f"{job.print_name}.gcode.3mf"


def test_the_second_waits_until_the_bed_is_clear(
    daemon_at: Opened, peer: BambuLan, tmp_path: Path
) -> None:
    daemon = daemon_at()
    daemon.put("one.gcode.3mf", part(tmp_path, 60))
    daemon.wait_for_job("one.gcode.3mf", State.PRINTED)
    daemon.put("two.gcode.3mf", part(tmp_path, 61))
    waiting = daemon.wait_for_job("two.gcode.3mf", State.SLICED)
    assert daemon.ask("show", waiting.number)["because"]["code"] == "bed_not_clear"
    peer.hands.clear_bed()
    daemon.clear_bed()
    daemon.wait_for_job("two.gcode.3mf", State.PRINTED)
    assert [start.on_bed for start in peer.journal.starts()] == ["", ""]


def test_what_is_cancelled_here_stops_there_and_the_other_way_round(
    daemon_at: Opened, peer: BambuLan, tmp_path: Path
) -> None:
    daemon = daemon_at()
    daemon.put("one.gcode.3mf", part(tmp_path, 80_000))
    job = daemon.wait_for_job("one.gcode.3mf", State.PRINTING)
    daemon.cli("cancel", job.number)
    daemon.wait_for_job("one.gcode.3mf", State.CANCELLED)
    assert peer.hands.state == "FAILED"
    peer.hands.clear_bed()
    daemon.clear_bed()
    daemon.put("two.gcode.3mf", part(tmp_path, 80_001))
    daemon.wait_for_job("two.gcode.3mf", State.PRINTING)
    peer.hands.stop()
    daemon.wait_for_job("two.gcode.3mf", State.CANCELLED)
    assert len(peer.journal.orders()) == 2


def test_a_daemon_that_was_killed_finds_its_print(
    daemon_at: Opened, peer: BambuLan, tmp_path: Path
) -> None:
    daemon = daemon_at()
    daemon.put("one.gcode.3mf", part(tmp_path, 3_000))
    daemon.wait_for_job("one.gcode.3mf", State.PRINTING)
    daemon.kill()
    daemon.start()
    daemon.wait_for_job("one.gcode.3mf", State.PRINTED)
    assert len(peer.journal.orders()) == 1


def test_a_power_cut_at_the_printer_is_left_to_a_person(
    daemon_at: Opened, peer: BambuLan, tmp_path: Path
) -> None:
    daemon = daemon_at()
    daemon.put("one.gcode.3mf", part(tmp_path, 80_000))
    daemon.wait_for_job("one.gcode.3mf", State.PRINTING)
    peer.power_cycle()
    job = daemon.wait_for_job("one.gcode.3mf", State.HELD)
    assert code_of(job) == "end_unknown"
    assert len(peer.journal.orders()) == 1


def test_without_developer_mode_the_job_is_held_with_what_to_do(
    daemon_at: Opened, peer: BambuLan, tmp_path: Path
) -> None:
    peer.hands.developer_mode(on=False)
    daemon = daemon_at()
    daemon.put("one.gcode.3mf", part(tmp_path, 60))
    job = daemon.wait_for_job("one.gcode.3mf", State.HELD)
    assert code_of(job) == "start_refused"
    assert job.because is not None
    assert "Developer Mode" in job.because.action
    assert peer.journal.starts() == []


def test_a_start_that_never_shows_is_left_to_a_person_and_never_repeated(
    daemon_at: Opened, peer: BambuLan, tmp_path: Path
) -> None:
    peer.quirks.never_starts = True
    daemon = daemon_at()
    daemon.put("one.gcode.3mf", part(tmp_path, 60))
    job = daemon.wait_for_job("one.gcode.3mf", State.HELD)
    assert code_of(job) == "start_in_doubt"
    assert len(peer.journal.orders()) == 1
    daemon.wait_until(lambda: not peer.card.names(), "nothing can start late")


def test_a_job_waits_for_its_filament_and_prints_once_when_it_is_loaded(
    daemon_at: Opened, peer: BambuLan, tmp_path: Path
) -> None:
    peer.hands.load_ams(("PETG", "000000FF"), None)
    daemon = daemon_at()
    daemon.put("one.gcode.3mf", part(tmp_path, 60))
    job = daemon.wait_for_job("one.gcode.3mf", State.SLICED)
    daemon.wait_until(lambda: because(daemon, job)["code"] == "wrong_tray", "its tray is missed")
    sentence = because(daemon, job)["problem"]
    assert sentence == (
        "p1 needs PLA, and no tray of its AMS holds it "
        "(tray 1 of AMS 1: black PETG; tray 2 of AMS 1: empty)."
    )
    # The same sentence wherever somebody looks.
    assert sentence in daemon.cli("status").stdout
    assert sentence in daemon.cli("jobs").stdout
    daemon.wait_until(
        lambda: sentence in (daemon.drop / "_status.txt").read_text(), "it stands in the folder"
    )
    assert peer.journal.orders() == []

    peer.hands.load_ams(("PETG", "000000FF"), ("PLA", "FFFFFFFF"))

    daemon.wait_for_job("one.gcode.3mf", State.PRINTED)
    assert len(peer.journal.orders()) == len(peer.journal.starts()) == 1
    (asked,) = [one["print"] for one in peer.orders.received if is_start(one)]
    assert (asked["use_ams"], asked["ams_mapping"]) == (True, [1])


def because(daemon: Daemon, job: Job) -> dict[str, str]:
    found: dict[str, str] = daemon.ask("show", job.number)["because"] or {"code": "", "problem": ""}
    return found


def is_start(request: dict[str, Any]) -> bool:
    return bool(request.get("print", {}).get("command") == "project_file")
