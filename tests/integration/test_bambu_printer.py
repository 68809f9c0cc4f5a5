"""The ``bambu`` printer against a scripted one with all its faults; its journal is the oracle.

Starts, doubt, refusals, ends, filament, models. What every printer must do is in the contract.
"""

import contextlib
import dataclasses
import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.core.board import STARTABLE, Condition, Evidence
from printd.core.errors import (
    CertificateChanged,
    InDoubt,
    NotPossibleNow,
    PrinterOffline,
    StartRefused,
    UploadFailed,
)
from printd.core.filaments import Filament
from printd.printers.bambu.printer import BambuPrinter, Waits
from printd.printers.base import PrintFile
from tests.peers.bambu import BambuLan
from tests.peers.bambu_bench import QUICK, adapter, address_of, bambu_file
from tests.peers.bambu_models import A1_MINI, MODELS, P1S, X1C
from tests.peers.bambu_speaker import Cut, Speaker
from tests.peers.certificates import Authority
from tests.peers.virtual_printer import wait_until

pytestmark = pytest.mark.timeout(60)
NAME = "pd-41-1-abcdefgh-cat"
OTHER = "pd-42-1-bcdefghi-dog"


@pytest.fixture
def peer(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[BambuLan]:
    model = getattr(request, "param", P1S)
    with BambuLan(tmp_path / "machine", broker=Speaker(), model=model) as started:
        started.quirks.heats_for_s = 0.0
        yield started


@pytest.fixture
def printer(peer: BambuLan, tmp_path: Path) -> Iterator[BambuPrinter]:
    made = adapter(peer, tmp_path / "ledger", lands_s=1.0)
    yield made
    made.close()


@pytest.fixture
def long_file(tmp_path: Path) -> PrintFile:
    return bambu_file(tmp_path / "long.gcode.3mf", layers=5, layer_s=10_000)


@pytest.fixture
def short_file(tmp_path: Path) -> PrintFile:
    return bambu_file(tmp_path / "short.gcode.3mf", layers=3, layer_s=5)


def speaker(peer: BambuLan) -> Speaker:
    assert isinstance(peer.broker, Speaker)
    return peer.broker


def begin(printer: BambuPrinter, file: PrintFile, name: str = NAME) -> None:
    printer.upload(file, name)
    printer.start(name)


def wait_for(printer: BambuPrinter, evidence: Evidence, name: str = NAME) -> None:
    wait_until(lambda: printer.evidence(name) is evidence, f"{evidence}")


def counted(peer: BambuLan) -> tuple[int, int]:
    """Return the start commands that arrived, and the physical starts."""
    assert peer.hands.state
    return len(peer.journal.orders()), len(peer.journal.starts())


def in_background(action: Callable[[], None]) -> tuple[threading.Thread, list[BaseException]]:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            action()
        except (PrinterOffline, StartRefused, InDoubt) as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failed


# The broker goes.


def test_without_a_connection_before_the_start_nothing_is_sent(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    printer.status()
    speaker(peer).arm(Cut.BEFORE, b"pushall")
    with pytest.raises(PrinterOffline):
        printer.start(NAME)
    assert printer.evidence(NAME) is Evidence.NOT_STARTED
    assert counted(peer) == (0, 0)
    printer.start(NAME)
    assert counted(peer) == (1, 1)


def test_a_start_that_was_lost_on_its_way_is_never_sent_again(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    speaker(peer).arm(Cut.BEFORE, b"project_file")
    with pytest.raises(InDoubt) as doubt:
        printer.start(NAME)
    assert doubt.value.code == "start_in_doubt"
    with pytest.raises(InDoubt):
        printer.start(NAME)
    assert printer.evidence(NAME) is Evidence.UNKNOWN
    sent = [message for _, message in speaker(peer).published if b"project_file" in message.payload]
    assert [message.qos for message in sent] == [0]
    assert counted(peer) == (0, 0)


def test_nothing_is_started_while_another_start_may_still_come_true(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile, tmp_path: Path
) -> None:
    printer.upload(long_file, OTHER)
    printer.upload(long_file, NAME)
    speaker(peer).arm(Cut.BEFORE, b"project_file")
    with pytest.raises(InDoubt):
        printer.start(NAME)
    printer.close()
    again = adapter(peer, tmp_path / "ledger", lands_s=60.0)
    with contextlib.closing(again), pytest.raises(StartRefused, match=f"may be .* print {NAME}"):
        again.start(OTHER)
    assert counted(peer) == (0, 0)


def test_a_start_whose_questions_took_too_long_is_not_sent(
    peer: BambuLan, long_file: PrintFile, tmp_path: Path
) -> None:
    """As on a machine that slept meanwhile."""
    waits = Waits(answer_s=3.0, lands_s=1.0, start_within_s=0.0, pace=QUICK)
    printer = BambuPrinter("left", address_of(peer), tmp_path / "ledger", waits=waits)
    with contextlib.closing(printer):
        printer.upload(long_file, NAME)
        with pytest.raises(PrinterOffline, match="too slowly"):
            printer.start(NAME)
        assert printer.evidence(NAME) is Evidence.NOT_STARTED
    assert counted(peer) == (0, 0)


def test_what_could_not_be_deleted_is_deleted_before_anything_else_is_started(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    speaker(peer).arm(Cut.BEFORE, b"project_file")
    with pytest.raises(InDoubt):
        printer.start(NAME)
    peer.quirks.refuses_delete = True
    with pytest.raises(PrinterOffline, match="did not delete"):
        printer.remove(NAME)
    with pytest.raises(UploadFailed, match="did not delete") as failed:
        printer.upload(long_file, OTHER)
    assert f"Delete {NAME}.gcode.3mf at the printer" in failed.value.action
    assert peer.card.names() == [f"cache/{NAME}.gcode.3mf"]
    peer.quirks.refuses_delete = False
    printer.upload(long_file, OTHER)
    assert peer.card.names() == [f"cache/{OTHER}.gcode.3mf"]


def test_a_file_that_was_not_wanted_any_more_goes_with_the_next_one(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    peer.quirks.refuses_delete = True
    with pytest.raises(PrinterOffline, match="did not delete"):
        printer.remove(NAME)
    peer.quirks.refuses_delete = False
    printer.upload(long_file, OTHER)
    assert peer.card.names() == [f"cache/{OTHER}.gcode.3mf"]


def test_a_file_on_a_card_that_was_taken_out_is_not_taken_for_deleted(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    peer.quirks.never_starts = True
    printer.upload(long_file, NAME)
    with pytest.raises(InDoubt):
        printer.start(NAME)
    peer.hands.take_card()
    with pytest.raises(PrinterOffline):
        printer.remove(NAME)
    peer.hands.put_card()

    def is_removed() -> bool:
        try:
            printer.remove(NAME)
        except PrinterOffline:  # it has not reported yet that the card is back
            return False
        return True

    wait_until(is_removed, "the card is back")
    assert peer.card.names() == []


def test_the_rest_of_an_upload_that_broke_off_is_deleted_before_the_next(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    peer.quirks.stalls_at = 0
    thread, failed = in_background(lambda: printer.upload(long_file, NAME))
    wait_until(lambda: peer.card.names() != [], "it has begun")
    peer.unplug()  # nor can the rest be deleted
    thread.join()
    assert [type(one) for one in failed] == [PrinterOffline]
    assert peer.card.names() == [f"cache/{NAME}.gcode.3mf"]
    peer.quirks.stalls_at = None
    peer.plug_in()
    printer.upload(long_file, OTHER)
    assert peer.card.names() == [f"cache/{OTHER}.gcode.3mf"]


def test_a_start_after_which_the_connection_is_lost_is_found_by_its_evidence(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    peer.quirks.prepare_after_s = 30
    printer.upload(long_file, NAME)
    speaker(peer).arm(Cut.AFTER, b"project_file")
    printer.start(NAME)
    assert printer.evidence(NAME) is Evidence.RUNNING
    assert counted(peer) == (1, 1)


def test_nobody_connects_anew_while_the_printer_reads_the_file(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    peer.quirks.parses_alone = True
    peer.quirks.prepare_after_s = 20
    printer.upload(long_file, NAME)
    speaker(peer).arm(Cut.AFTER, b"project_file")
    printer.start(NAME)
    assert printer.evidence(NAME) is Evidence.RUNNING


def test_a_print_goes_on_while_the_network_is_away(
    peer: BambuLan, printer: BambuPrinter, short_file: PrintFile
) -> None:
    begin(printer, short_file)
    peer.unplug()
    wait_until(lambda: printer.status().condition is Condition.OFFLINE, "the loss")
    wait_until(lambda: peer.hands.state == "FINISH", "its end")
    peer.plug_in()
    assert printer.evidence(NAME) is Evidence.FINISHED


# Echoes are no starts, and starts need no echo.


@pytest.mark.parametrize("quirk", ["never_starts", "never_active"])
def test_a_start_that_is_only_said_yes_to_stays_in_doubt(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile, quirk: str
) -> None:
    setattr(peer.quirks, quirk, True)
    printer.upload(long_file, NAME)
    with pytest.raises(InDoubt):
        printer.start(NAME)
    assert printer.evidence(NAME) is Evidence.UNKNOWN
    printer.remove(NAME)
    assert peer.card.names() == []
    assert counted(peer) == (1, 0)


def test_a_start_that_comes_after_the_wait_finds_no_file(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    peer.quirks.prepare_after_s = 200  # more than three seconds
    printer.upload(long_file, NAME)
    with pytest.raises(InDoubt):
        printer.start(NAME)
    printer.remove(NAME)
    wait_until(lambda: peer.hands.state == "FAILED", "the late start")
    assert counted(peer) == (1, 0)
    wait_for(printer, Evidence.FAILED)


def test_a_start_is_seen_without_an_echo_and_with_a_late_one(
    peer: BambuLan, printer: BambuPrinter, short_file: PrintFile
) -> None:
    peer.quirks.echo_after_s = 2.0
    begin(printer, short_file)
    wait_for(printer, Evidence.FINISHED)
    assert counted(peer) == (1, 1)


@pytest.mark.parametrize("peer", [P1S, X1C], ids=lambda model: model.code, indirect=True)
def test_a_start_is_seen_by_its_name_where_no_id_is_shown(
    peer: BambuLan, printer: BambuPrinter, short_file: PrintFile
) -> None:
    peer.quirks.hides_ids = True
    for name in (NAME, OTHER):
        begin(printer, short_file, name)
        wait_for(printer, Evidence.FINISHED, name)
    assert counted(peer) == (2, 2)


def test_our_name_beside_the_end_of_the_print_before_is_no_end(
    peer: BambuLan, printer: BambuPrinter, short_file: PrintFile, long_file: PrintFile
) -> None:
    begin(printer, short_file)
    wait_for(printer, Evidence.FINISHED)
    peer.quirks.prepare_after_s = 40  # under our ids, still FINISH
    printer.upload(long_file, OTHER)
    seen = []
    thread, failed = in_background(lambda: printer.start(OTHER))
    while thread.is_alive():
        status = printer.status()
        seen.append((status.condition, status.print_name))
        thread.join(0.02)
    assert failed == []
    assert (Condition.FINISHED, OTHER) not in seen
    assert Condition.BUSY not in {condition for condition, _ in seen}  # a stranger's would be
    assert (Condition.PRINTING, OTHER) in seen
    assert printer.evidence(NAME) is Evidence.FINISHED


def test_doubled_and_swapped_reports_change_nothing(
    peer: BambuLan, printer: BambuPrinter, short_file: PrintFile
) -> None:
    peer.quirks.doubles_reports = peer.quirks.swaps_reports = peer.quirks.bad_bytes = True
    begin(printer, short_file)
    wait_for(printer, Evidence.FINISHED)
    assert counted(peer) == (1, 1)


# printd goes.


def test_a_start_that_was_decided_before_a_kill_is_in_doubt(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile, tmp_path: Path
) -> None:
    printer.upload(long_file, NAME)
    speaker(peer).arm(Cut.BEFORE, b"project_file")  # the line is written, the command never comes
    in_background(lambda: printer.start(NAME))[0].join(0.5)
    again = adapter(peer, tmp_path / "ledger", lands_s=1.0)
    try:
        assert again.evidence(NAME) is Evidence.UNKNOWN
        with pytest.raises(InDoubt):
            again.start(NAME)
    finally:
        again.close()
    assert counted(peer) == (0, 0)


def test_after_a_restart_a_start_that_lands_late_is_waited_for(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile, tmp_path: Path
) -> None:
    peer.quirks.prepare_after_s = 40
    printer.upload(long_file, NAME)
    thread, failed = in_background(lambda: printer.start(NAME))
    wait_until(lambda: counted(peer)[0] == 1, "the command")
    printer.close()
    thread.join()
    assert [type(one) for one in failed] == [InDoubt]
    again = adapter(peer, tmp_path / "ledger", lands_s=3.0)
    try:
        assert again.evidence(NAME) is Evidence.RUNNING
    finally:
        again.close()
    assert counted(peer) == (1, 1)


def test_after_a_restart_nobody_connects_while_the_printer_reads_the_file(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile, tmp_path: Path
) -> None:
    peer.quirks.parses_alone = True
    peer.quirks.prepare_after_s = 15
    printer.upload(long_file, NAME)
    thread, failed = in_background(lambda: printer.start(NAME))
    wait_until(lambda: counted(peer)[0] == 1, "the command")
    printer.close()
    thread.join()
    assert [type(one) for one in failed] == [InDoubt]
    again = adapter(peer, tmp_path / "ledger", lands_s=3.0)
    try:
        assert again.evidence(NAME) is Evidence.RUNNING
    finally:
        again.close()
    assert counted(peer) == (1, 1)


# The printer's power goes.


def test_after_a_power_cycle_nobody_knows(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    begin(printer, long_file)
    assert counted(peer) == (1, 1)
    peer.power_cycle()
    wait_until(lambda: printer.status().condition is Condition.IDLE, "it is back")
    assert printer.evidence(NAME) is Evidence.UNKNOWN
    with pytest.raises(InDoubt):
        printer.start(NAME)
    assert counted(peer) == (1, 1)


def test_our_files_are_not_printed_at_power_on(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    peer.power_cycle()
    wait_until(lambda: printer.status().condition is Condition.IDLE, "it is back")
    assert counted(peer) == (0, 0)


def test_what_nobody_knows_keeps_the_printer_busy_until_its_bed_is_cleared(
    peer: BambuLan, printer: BambuPrinter, short_file: PrintFile, tmp_path: Path
) -> None:
    begin(printer, short_file)
    wait_for(printer, Evidence.FINISHED)
    printer.upload(short_file, OTHER)
    thread, _ = in_background(lambda: printer.start(OTHER))
    wait_until(lambda: counted(peer)[0] == 2, "the command")
    printer.close()  # it prints while nobody looks, on a printer that showed an end before
    thread.join()
    wait_until(lambda: len(peer.journal.ends()) == 2, "its end")
    again = adapter(peer, tmp_path / "ledger", lands_s=0.1)
    try:
        if again.evidence(OTHER) is Evidence.UNKNOWN:  # nobody has seen it print
            assert again.status().condition is Condition.BUSY
        again.bed_cleared()
        assert again.status().condition in STARTABLE
    finally:
        again.close()


# The printer says no.


@pytest.mark.parametrize("barely", [False, True])
def test_without_developer_mode_a_start_is_refused_and_it_is_said_what_to_do(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile, *, barely: bool
) -> None:
    peer.quirks.refuses_barely = barely
    peer.hands.developer_mode(on=False)
    printer.upload(long_file, NAME)
    with pytest.raises(StartRefused, match="Developer Mode is off") as refused:
        printer.start(NAME)
    assert "Switch on LAN Only Mode and Developer Mode" in refused.value.action
    assert printer.evidence(NAME) is Evidence.NOT_STARTED
    assert counted(peer) == (1, 0)


@pytest.mark.parametrize("peer", [m for m in MODELS if m.sends_fun][:1], indirect=True)
def test_a_printer_that_tells_of_its_lock_is_not_asked_to_start(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    peer.hands.developer_mode(on=False)
    wait_until(lambda: printer.status().condition is Condition.OFFLINE, "the lock")
    assert "Developer Mode" in str(printer.status().trouble)
    with pytest.raises(StartRefused, match="Developer Mode"):
        printer.start(NAME)
    assert counted(peer) == (0, 0)


@pytest.mark.parametrize("peer", [P1S, A1_MINI], indirect=True)
def test_a_person_who_starts_at_the_same_moment_wins(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    peer.quirks.prepare_after_s = 40
    printer.upload(long_file, NAME)
    thread, failed = in_background(lambda: printer.start(NAME))
    wait_until(lambda: counted(peer)[0] == 1, "the command")
    peer.hands.start("theirs.gcode.3mf", 10_000)
    thread.join()
    assert failed
    assert isinstance(failed[0], (StartRefused, InDoubt))
    assert printer.evidence(NAME) in (Evidence.NOT_STARTED, Evidence.UNKNOWN)
    assert peer.journal.starts(NAME) == []


@pytest.mark.parametrize("theirs_s", [60, 10_000])
def test_a_start_that_waits_behind_another_print_does_not_come_on_top_of_it(
    peer: BambuLan, tmp_path: Path, long_file: PrintFile, theirs_s: int
) -> None:
    """What waits in the printer begins when theirs is over; its file is gone then."""
    peer.quirks.prepare_after_s = 300  # five seconds
    printer = adapter(peer, tmp_path / "ledger", lands_s=8.0)
    try:
        printer.upload(long_file, NAME)
        thread, failed = in_background(lambda: printer.start(NAME))
        wait_until(lambda: counted(peer)[0] == 1, "the command")
        peer.hands.start("theirs.gcode.3mf", theirs_s)
        wait_until(lambda: f"cache/{NAME}.gcode.3mf" not in peer.card.names(), "it is deleted")
        thread.join()
        assert printer.evidence(NAME) is not Evidence.FINISHED
        assert not failed or isinstance(failed[0], (StartRefused, InDoubt))
    finally:
        printer.close()
    assert peer.journal.starts(NAME) == []


def test_a_file_that_the_printer_cannot_read_is_a_failure_with_its_reason(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    kept = peer.card.folder / "cache" / f"{NAME}.gcode.3mf"
    kept.write_bytes(kept.read_bytes().replace(b"G28", b"G29"))
    printer.start(NAME)
    wait_for(printer, Evidence.FAILED)
    assert "cannot read the file" in str(printer.status().trouble)
    assert counted(peer) == (1, 0)


@pytest.mark.parametrize("is_late", [False, True])
def test_a_truncated_upload_is_never_started(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile, *, is_late: bool
) -> None:
    if is_late:
        printer.upload(long_file, NAME)
        kept = peer.card.folder / "cache" / f"{NAME}.gcode.3mf"
        kept.write_bytes(kept.read_bytes()[:-1])
        assert not printer.uploaded(long_file, NAME)
    else:
        peer.quirks.truncates_to = 1000
        with pytest.raises(UploadFailed, match="kept 1000 bytes"):
            printer.upload(long_file, NAME)
        assert peer.card.names() == []
    with pytest.raises(StartRefused):
        printer.start(NAME)
    assert counted(peer) == (0, 0)


def test_another_certificate_is_told_from_a_printer_that_is_off(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    peer.change_certificate(authority=Authority.make())
    with pytest.raises(CertificateChanged, match=peer.certificate.fingerprint):
        printer.upload(long_file, OTHER)
    with pytest.raises(CertificateChanged):
        printer.start(NAME)
    wait_until(lambda: "certificate" in str(printer.status().trouble), "the reason")
    assert printer.status().condition is Condition.OFFLINE
    assert counted(peer) == (0, 0)


def test_a_print_is_found_again_when_the_certificate_is_the_right_one_again(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    begin(printer, long_file)
    peer.change_certificate(authority=Authority.make())
    wait_until(lambda: "certificate" in str(printer.status().trouble), "the reason")
    assert printer.evidence(NAME) is Evidence.UNKNOWN
    with pytest.raises(PrinterOffline):
        printer.cancel(NAME)
    peer.restore_certificate()
    wait_for(printer, Evidence.RUNNING)
    assert counted(peer) == (1, 1)


def test_another_access_code_is_told_with_what_to_do(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    peer.change_code("87654321")
    with pytest.raises(PrinterOffline, match="access code") as away:
        printer.start(NAME)
    assert "display" in away.value.action
    wait_until(lambda: "access code" in str(printer.status().trouble), "the reason")
    assert counted(peer) == (0, 0)


def test_without_its_card_a_printer_cannot_be_used(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    printer.upload(long_file, NAME)
    peer.hands.take_card()
    wait_until(lambda: printer.status().condition is Condition.OFFLINE, "no card")
    assert "memory card" in str(printer.status().trouble)
    with pytest.raises(UploadFailed):
        printer.upload(long_file, OTHER)
    peer.hands.put_card()
    wait_until(lambda: printer.status().condition in STARTABLE, "the card")


# Ends.


def test_a_failure_keeps_its_reason(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    begin(printer, long_file)
    peer.hands.fail(0x0300_4000)
    wait_for(printer, Evidence.FAILED)
    status = printer.status()
    assert status.condition is Condition.FAILED
    assert "0300_4000" in str(status.trouble)
    peer.hands.show(print_error=0)
    wait_until(lambda: "0300_4000" in str(printer.status().trouble), "the reason is kept")


def test_a_print_that_rests_says_why(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    begin(printer, long_file)
    wait_until(lambda: peer.hands.state == "RUNNING", "it prints")
    peer.hands.run_out()
    wait_until(lambda: printer.status().condition is Condition.PAUSED, "the pause")
    assert "run out" in str(printer.status().trouble)


def test_a_person_s_cancel_is_a_cancel_also_when_nobody_looked(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    begin(printer, long_file)
    peer.unplug()
    peer.hands.stop()
    peer.plug_in()
    assert printer.evidence(NAME) is Evidence.CANCELLED


def test_a_pause_that_is_not_allowed_is_an_error(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    begin(printer, long_file)
    peer.hands.developer_mode(on=False)
    with pytest.raises(NotPossibleNow, match="Developer Mode"):
        printer.pause(NAME)
    assert peer.hands.state == "RUNNING"


# Filament.


def with_filament(file: PrintFile, material: str, colour: str) -> PrintFile:
    slice_info = (
        '<config><plate><metadata key="index" value="1"/>'
        f'<filament id="1" type="{material}" color="#{colour}"/></plate></config>'
    )
    with zipfile.ZipFile(file.path, "a") as archive:
        archive.writestr("Metadata/slice_info.config", slice_info)
    content = file.path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return dataclasses.replace(file, sha256=digest, judged_sha256=digest, bytes=len(content))


def test_what_a_print_is_made_of_is_what_matching_has_said(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    peer.hands.load_ams(("PLA", "FFFFFFFF"), ("PETG", "000000FF"))
    file = with_filament(long_file, "PLA", "FFFFFF")
    wanted = {1: Filament("PETG", needed_g=12.5)}
    printer.upload(dataclasses.replace(file, filaments=wanted), NAME)
    printer.start(NAME)
    assert order_of(peer)["ams_mapping"] == [1]


def order_of(peer: BambuLan) -> dict[str, Any]:
    starts = [one["print"] for one in peer.orders.received if "print" in one]
    return next(one for one in starts if one["command"] == "project_file")


def test_the_tray_is_chosen_by_material_and_colour(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile
) -> None:
    peer.hands.load_ams(("PETG", "FFFFFFFF"), None, ("PLA", "161616FF"), ("PLA", "F8F8F8FF"))
    begin(printer, with_filament(long_file, "PLA", "FFFFFF"))
    assert (order_of(peer)["use_ams"], order_of(peer)["ams_mapping"]) == (True, [3])
    assert printer.evidence(NAME) is Evidence.RUNNING


@pytest.mark.parametrize(
    ("trays", "problem"),
    [((None, None), "every tray of its AMS is empty"), ((("PETG", "FFFFFFFF"),), "no tray")],
)
def test_without_its_filament_a_print_is_not_started(
    peer: BambuLan, printer: BambuPrinter, long_file: PrintFile, trays: Any, problem: str
) -> None:
    peer.hands.load_ams(*trays)
    printer.upload(with_filament(long_file, "PLA", "FFFFFF"), NAME)
    with pytest.raises(StartRefused, match=problem) as refused:
        printer.start(NAME)
    assert "Load white PLA" in refused.value.action
    assert counted(peer) == (0, 0)


# Models, light.


@pytest.mark.parametrize("peer", MODELS, ids=lambda model: model.code, indirect=True)
def test_each_model_prints(peer: BambuLan, printer: BambuPrinter, short_file: PrintFile) -> None:
    begin(printer, short_file)
    wait_for(printer, Evidence.FINISHED)
    assert counted(peer) == (1, 1)
    (start,) = peer.journal.starts()
    assert 0 < int(start.id) < 2**31
    printer.remove(NAME)
    assert peer.card.names() == []
    status = printer.status()
    assert (status.condition, status.print_name) == (Condition.FINISHED, NAME)


def test_layers_and_time_are_shown(printer: BambuPrinter, tmp_path: Path) -> None:
    begin(printer, bambu_file(tmp_path / "five.gcode.3mf", layers=5, layer_s=60))
    wait_until(lambda: printer.status().layer == 2, "the second layer")
    status = printer.status()
    assert status.layers == 5
    assert status.remaining_s == 4 * 60
    assert status.progress == 0.2


def test_the_light_can_be_switched(peer: BambuLan, printer: BambuPrinter) -> None:
    peer.hands.developer_mode(on=False)  # it obeys all the same
    printer.light(on=False)
    wait_until(lambda: "off" in str(peer.orders.received), "the order")


def test_each_start_has_an_id_of_its_own_and_a_ledger_keeps_them(
    peer: BambuLan, printer: BambuPrinter, short_file: PrintFile
) -> None:
    for name in (NAME, OTHER):
        begin(printer, short_file, name)
        wait_for(printer, Evidence.FINISHED, name)
    first, second = (line.id for line in peer.journal.starts())
    assert first != second
