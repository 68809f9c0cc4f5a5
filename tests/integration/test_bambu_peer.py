"""The scripted Bambu printer itself, asked by programs that know nothing of printd."""

import ftplib
import hashlib
import socket
import ssl
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.peers import bambu_errors
from tests.peers.bambu import BambuLan, bambu_fleet
from tests.peers.bambu_files import plate_gcode, sliced
from tests.peers.bambu_journal import By
from tests.peers.bambu_models import A1, A1_MINI, MODELS, P1S, P2S, X1C, Model
from tests.peers.bambu_notice import announce
from tests.peers.bambu_strangers import Listener, Uploader
from tests.peers.containers import PLATE, packed
from tests.peers.virtual_printer import wait_until

pytestmark = pytest.mark.peer("mosquitto")

CAT = "cat.gcode.3mf"
LONG_S = 36000
quick = partial(BambuLan, clock=240.0, report_every_s=0.05)


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[BambuLan]:
    with quick(tmp_path / "printer") as started:
        yield started


@pytest.fixture
def listener(printer: BambuLan) -> Iterator[Listener]:
    with Listener(printer) as connected:
        connected.joined().tell("pushing", "pushall")
        wait_until(lambda: "home_flag" in connected.shown, "a full report")
        yield connected


@pytest.fixture
def client(printer: BambuLan) -> Iterator[Uploader]:
    uploader = Uploader(printer)
    yield uploader
    uploader.close()


def certificate_of(door: object) -> str:
    assert isinstance(door, ssl.SSLSocket)
    shown = door.getpeercert(binary_form=True)
    assert shown is not None
    return hashlib.sha256(shown).hexdigest()


def put(printer: BambuLan, name: str = CAT, seconds: int = 60) -> None:
    sliced(printer.card.folder / name, seconds)


# Doors.


def test_only_the_right_code_opens_both_doors(printer: BambuLan) -> None:
    with Listener(printer, code="87654321") as wrong:
        wait_until(lambda: bool(wrong.refusal), "the refusal")
    assert wrong.refusal in ("Not authorized", "Bad user name or password")
    with pytest.raises(ftplib.error_perm, match="530"):
        Uploader(printer, code="87654321")


def test_both_doors_speak_tls_1_2_and_show_one_certificate(
    printer: BambuLan, listener: Listener, client: Uploader
) -> None:
    doors = (listener.client.socket(), client.line)
    assert [isinstance(door, ssl.SSLSocket) and door.version() for door in doors] == ["TLSv1.2"] * 2
    shown = {certificate_of(door) for door in doors}
    assert shown == {printer.certificate.fingerprint}
    printer.change_certificate()
    assert shown != {printer.certificate.fingerprint}


def test_a_wrong_serial_connects_and_hears_nothing(printer: BambuLan) -> None:
    with Listener(printer, topic="device/01P00AWRONG/report") as deaf:
        deaf.joined().tell("pushing", "pushall")
        deaf.tell("info", "get_version")
        time.sleep(0.5)
    assert deaf.heard == []


# Reports.


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.code)
def test_each_model_prints_and_reports_as_it_does(tmp_path: Path, model: Model) -> None:
    with quick(tmp_path, model=model) as printer, Listener(printer) as listener:
        listener.joined().tell("pushing", "pushall")
        with Uploader(printer) as client:
            client.store(CAT, sliced(tmp_path / "made.3mf").read_bytes())
        listener.start(CAT)
        listener.wait_for("gcode_state", "FINISH")
    states = [report["gcode_state"] for report in listener.reports if "gcode_state" in report]
    assert list(dict.fromkeys(states)) == ["IDLE", "PREPARE", "RUNNING", "FINISH"]
    deltas = [report for report in listener.reports if report["msg"] == 1]
    assert bool(deltas) is model.deltas
    assert all("wifi_signal" not in report for report in deltas)
    shown = "/data/Metadata/plate_1.gcode" if not model.names_the_file else CAT
    assert listener.shown["gcode_file"] == shown
    (start,) = printer.journal.starts()
    assert (start.name, start.id, start.by, start.on_bed) == (CAT, "4711", By.ORDER, "")


def test_the_progress_is_what_the_gcode_tells(printer: BambuLan, listener: Listener) -> None:
    put(printer, seconds=240)
    listener.start(CAT)
    listener.wait_for("gcode_state", "FINISH")
    layers = [report["layer_num"] for report in listener.reports if "layer_num" in report]
    assert [layer for layer in layers if layer] == [1, 2, 3]
    percents = [report["mc_percent"] for report in listener.reports if "mc_percent" in report]
    assert percents == [0, 33, 66, 100]
    assert listener.shown["total_layer_num"] == 0


# Starts.


def test_ids_change_first_and_the_state_later(printer: BambuLan, listener: Listener) -> None:
    put(printer)
    printer.quirks.prepare_after_s = 120
    assert listener.answer(listener.start(CAT, "99999999999"))["result"] == "success"
    listener.wait_for("subtask_id", str(2**31 - 1))
    assert (printer.hands.state, printer.journal.starts()) == ("IDLE", [])
    listener.wait_for("gcode_state", "RUNNING")


def test_told_twice_in_turn_it_prints_twice(printer: BambuLan, listener: Listener) -> None:
    put(printer)
    for _ in range(2):
        listener.start(CAT)
        listener.wait_for("gcode_state", "RUNNING")
        listener.wait_for("gcode_state", "FINISH")
    assert [line.on_bed for line in printer.journal.starts(CAT)] == ["", CAT]
    assert len(printer.journal.orders(CAT)) == 2


@pytest.mark.parametrize(("model", "goes_on"), [(P1S, True), (A1_MINI, False)])
def test_a_busy_printer_refuses_and_one_model_drops_its_print(
    tmp_path: Path, model: Model, goes_on: bool
) -> None:
    with quick(tmp_path, model=model) as printer, Listener(printer) as listener:
        put(printer, seconds=LONG_S)
        listener.joined().start(CAT)
        listener.wait_for("gcode_state", "RUNNING")
        listener.start(CAT, "4712")
        listener.wait_for("print_error", bambu_errors.BUSY)
        assert (printer.hands.state == "RUNNING") is goes_on
    assert len(printer.journal.starts()) == 1


def test_two_orders_at_once_are_one_start_and_one_refusal(
    printer: BambuLan, listener: Listener
) -> None:
    put(printer)
    printer.quirks.prepare_after_s = 100
    listener.start(CAT, "1")
    listener.start(CAT, "2")
    listener.wait_for("print_error", bambu_errors.BUSY)
    listener.wait_for("gcode_state", "FINISH")
    assert [line.id for line in printer.journal.starts()] == ["1"]
    assert len(printer.journal.orders()) == 2


def test_a_person_is_quicker(printer: BambuLan, listener: Listener) -> None:
    put(printer)
    printer.quirks.prepare_after_s = 100
    listener.answer(listener.start(CAT))
    printer.hands.start(seconds=240)
    listener.wait_for("print_error", bambu_errors.BUSY)
    listener.wait_for("gcode_state", "FINISH")
    assert listener.shown["subtask_name"] == "theirs"
    assert [line.by for line in printer.journal.starts()] == [By.SCREEN]


def test_ids_may_come_later_than_the_answer(printer: BambuLan, listener: Listener) -> None:
    put(printer)
    printer.quirks.identity_after_s = 60
    listener.answer(listener.start(CAT))
    assert "4711" not in [report.get("subtask_id") for report in listener.reports]
    listener.wait_for("subtask_id", "4711")


def test_while_it_installs_firmware_it_takes_nothing(printer: BambuLan, listener: Listener) -> None:
    put(printer)
    printer.quirks.upgrading = True
    listener.start(CAT)
    listener.wait_for("print_error", bambu_errors.UPGRADING)
    assert printer.hands.state == "IDLE"


def test_without_developer_mode_it_refuses_and_says_so(tmp_path: Path) -> None:
    with quick(tmp_path, model=X1C) as printer, Listener(printer) as listener:
        printer.hands.developer_mode(on=False)
        answer = listener.joined().answer(listener.start(CAT))
        assert (answer["result"], answer["err_code"]) == ("failed", 84033543)
        assert "success" in listener.answer(listener.tell("info", "get_version"))["result"]
        listener.wait_for("fun", "3EC1AFFF9CFF")
        printer.quirks.refuses_barely = True
        assert "result" not in listener.answer(listener.tell("print", "pause"))
        listener.wait_for("hms", [{"attr": 0x05000500, "code": 0x00010007}])


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ({PLATE: plate_gcode(), f"{PLATE}.md5": b"0" * 32}, bambu_errors.UNREADABLE),
        ({PLATE: b""}, bambu_errors.UNREADABLE),
        ({"Metadata/plate_2.gcode": plate_gcode()}, bambu_errors.UNREADABLE),
        (None, bambu_errors.FILE_GONE),
    ],
    ids=["other md5", "empty", "other plate", "no file"],
)
def test_a_file_that_it_cannot_read_fails_before_it_prints(
    printer: BambuLan, listener: Listener, entries: dict[str, bytes] | None, code: int
) -> None:
    if entries is not None:
        packed(printer.card.folder / CAT, entries)
    listener.start(CAT)
    listener.wait_for("gcode_state", "FAILED")
    assert listener.shown["print_error"] == code
    assert printer.journal.starts() == []


def test_a_file_cut_short_is_unreadable(printer: BambuLan, listener: Listener) -> None:
    whole = sliced(printer.folder / "made.3mf").read_bytes()
    (printer.card.folder / CAT).write_bytes(whole[: len(whole) // 2])
    listener.start(CAT)
    listener.wait_for("print_error", bambu_errors.UNREADABLE)


@pytest.mark.parametrize(
    ("model", "url", "starts"),
    [
        (P1S, f"ftp:///{CAT}", True),
        (A1, f"ftp:///{CAT}", False),
        (A1, f"file:///sdcard/{CAT}", True),
        (P2S, f"file:///media/usb0/{CAT}", True),
        (P2S, f"file:///sdcard/{CAT}", False),
    ],
)
def test_each_model_has_its_urls(tmp_path: Path, model: Model, url: str, starts: bool) -> None:
    with quick(tmp_path, model=model) as printer, Listener(printer) as listener:
        put(printer)
        listener.joined().start(CAT, url=url)
        listener.wait_for("gcode_state", "RUNNING" if starts else "FAILED")


def test_gcode_without_its_blocks_is_never_unpacked(printer: BambuLan, listener: Listener) -> None:
    packed(printer.card.folder / CAT, {PLATE: plate_gcode(blocks=False)})
    listener.start(CAT)
    listener.wait_for("gcode_state", "PREPARE")
    time.sleep(1)
    assert (printer.hands.state, printer.journal.starts()) == ("PREPARE", [])


def test_trays_must_be_there(printer: BambuLan, listener: Listener) -> None:
    put(printer)
    listener.start(CAT, use_ams=True, ams_mapping=[1])
    listener.wait_for("print_error", bambu_errors.NO_AMS)
    printer.hands.load_ams(("PLA", "FF0000FF"), None, ("PETG", "000000FF"), None)
    listener.start(CAT, use_ams=True, ams_mapping=[1])
    listener.wait_for("print_error", bambu_errors.BAD_MAPPING)
    assert printer.hands.state == "PAUSE"
    listener.tell("print", "stop")
    listener.wait_for("print_error", 0)
    listener.start(CAT, use_ams=True, ams_mapping=[2])
    listener.wait_for("gcode_state", "FINISH")


# What goes wrong on the way.


def test_a_command_is_dropped_once(printer: BambuLan, listener: Listener) -> None:
    put(printer)
    printer.quirks.drops["project_file"] = 1
    dropped = listener.start(CAT)
    taken = listener.start(CAT)
    listener.answer(taken)
    listener.wait_for("gcode_state", "FINISH")
    assert [number for number in (dropped, taken) if listener.answers(number)] == [taken]
    assert (len(printer.journal.orders()), len(printer.journal.starts())) == (2, 1)


def test_answers_come_late_or_never(printer: BambuLan, listener: Listener) -> None:
    put(printer)
    printer.quirks.echo_after_s = 1.0
    late = listener.start(CAT)
    listener.wait_for("gcode_state", "RUNNING")
    assert listener.answers(late) == []
    listener.answer(late)
    listener.wait_for("gcode_state", "FINISH")
    printer.quirks.starts_silently = True
    silent = listener.start(CAT)
    listener.wait_for("gcode_state", "RUNNING")
    assert listener.answers(silent) == []


def test_success_may_mean_nothing(printer: BambuLan, listener: Listener) -> None:
    put(printer)
    printer.quirks.never_starts = True
    assert listener.answer(listener.start(CAT))["result"] == "success"
    printer.quirks.never_starts = False
    printer.quirks.never_active = True
    listener.start(CAT, "4712")
    listener.wait_for("subtask_id", "4712")
    time.sleep(0.5)
    assert (printer.hands.state, printer.journal.starts()) == ("IDLE", [])


def test_reports_come_twice_out_of_order_and_with_bad_bytes(
    printer: BambuLan, listener: Listener
) -> None:
    printer.quirks.doubles_reports = True
    listener.tell("pushing", "pushall")
    wait_until(lambda: len(listener.reports) >= 3, "three reports")
    numbers = [int(report["sequence_id"]) for report in listener.reports]
    assert numbers[-1] == numbers[-2]
    printer.quirks.doubles_reports = False
    printer.quirks.swaps_reports = True
    printer.quirks.bad_bytes = True
    listener.heard.clear()
    for _ in range(2):
        listener.tell("pushing", "pushall")
    wait_until(lambda: len(listener.reports) >= 2, "two reports")
    numbers = [int(report["sequence_id"]) for report in listener.reports]
    assert numbers == sorted(numbers, reverse=True)
    with pytest.raises(UnicodeDecodeError):
        listener.raw[-1].decode()


def test_reports_may_be_long_and_indented(tmp_path: Path) -> None:
    with quick(tmp_path, model=X1C) as printer, Listener(printer) as listener:
        printer.quirks.padding = 32_000
        wait_until(lambda: any(len(raw) > 32_000 for raw in listener.raw), "a long report")
    assert b'{\n    "print"' in listener.raw[-1]


def test_a_silent_printer_still_acts(printer: BambuLan, listener: Listener) -> None:
    printer.quirks.silent = True
    listener.heard.clear()
    printer.hands.start()
    wait_until(lambda: printer.hands.state == "FINISH", "it has finished")
    assert listener.reports == []


# Storage.


def test_an_upload_is_whole_and_never_over_another(printer: BambuLan, client: Uploader) -> None:
    content = bytes(range(256)) * 4096
    assert client.store("a.bin", content).startswith("226")
    assert client.size("a.bin") == len(content)
    assert (printer.card.folder / "a.bin").read_bytes() == content
    with pytest.raises(ftplib.error_perm, match="553"):
        client.store("a.bin", content)
    client.delete("a.bin")
    with pytest.raises(ftplib.error_perm, match="550"):
        client.delete("a.bin")
    assert client.sendcmd("AVBL").startswith("213 ")
    client.mkd("mine")
    assert client.store("mine/a.bin", content).startswith("226")


def test_the_data_channel_must_resume_the_session(client: Uploader) -> None:
    client.resumes = False
    with pytest.raises(ftplib.error_perm, match="522"):
        client.store("a.bin", b"a")


def test_a_close_notify_is_never_answered(client: Uploader) -> None:
    line = client.transfercmd("STOR a.bin")
    line.settimeout(0.5)
    line.sendall(b"a")
    with pytest.raises(TimeoutError):
        line.unwrap()  # type: ignore[attr-defined]  # an SSLSocket
    line.close()
    assert client.voidresp().startswith("226")
    assert client.size("a.bin") == 1


def test_226_and_426_prove_nothing(printer: BambuLan, client: Uploader) -> None:
    printer.quirks.truncates_to = 1000
    assert client.store("short.bin", b"a" * 5000).startswith("226")
    assert client.size("short.bin") == 1000
    printer.quirks.truncates_to = None
    printer.quirks.lies_426 = True
    with pytest.raises(ftplib.error_temp, match="426"):
        client.store("whole.bin", b"a" * 5000)
    assert client.size("whole.bin") == 5000


def test_an_upload_stalls(printer: BambuLan, client: Uploader) -> None:
    printer.quirks.stalls_at = 100_000
    with client.transfercmd("STOR a.bin") as line:
        line.settimeout(0.5)
        with pytest.raises(TimeoutError):
            line.sendall(b"a" * 50_000_000)


def test_some_stall_on_protected_data_alone(printer: BambuLan, client: Uploader) -> None:
    with pytest.raises(ftplib.error_perm, match="536"):
        client.prot_c()
    printer.quirks.refuses_clear_data = False
    printer.quirks.stalls_at = 1000
    client.prot_c()
    assert client.store("a.bin", b"a" * 500_000).startswith("226")
    assert client.size("a.bin") == 500_000


def test_answers_to_an_upload_come_late_and_size_may_be_missing(
    printer: BambuLan, client: Uploader
) -> None:
    printer.quirks.late_226_s = 0.5
    begun = time.monotonic()
    assert client.store("a.bin", b"a").startswith("226")
    assert time.monotonic() - begun >= 0.5
    printer.quirks.refuses_size = True
    with pytest.raises(ftplib.error_perm, match="502"):
        client.size("a.bin")
    names: list[str] = []
    client.dir(names.append)
    assert any(line.split()[4] == "1" and line.endswith(" a.bin") for line in names)
    printer.quirks.refuses_store = True
    with pytest.raises(ftplib.error_perm, match="553"):
        client.store("b.bin", b"a")


@pytest.mark.parametrize("name", ["a?.3mf", "a:b.3mf", "a.3mf.", "ä" * 128])
def test_names_that_a_card_cannot_hold_are_refused(client: Uploader, name: str) -> None:
    with pytest.raises(ftplib.error_perm, match="553"):
        client.store(name, b"a")


def test_an_upload_is_cut(printer: BambuLan, client: Uploader) -> None:
    printer.quirks.breaks_off_at = 100_000
    with pytest.raises((OSError, ftplib.error_temp)):
        client.store("a.bin", b"a" * 50_000_000)


def test_a_missing_and_a_full_card_take_nothing(
    printer: BambuLan, listener: Listener, client: Uploader
) -> None:
    printer.hands.take_card()
    listener.wait_for("sdcard", value=False)
    with pytest.raises(ftplib.error_perm, match="553"):
        client.store("a.bin", b"a")
    listener.start(CAT)
    listener.wait_for("print_error", bambu_errors.NO_CARD)
    printer.hands.put_card()
    printer.hands.fill_card(1000)
    assert client.store("a.bin", b"a" * 1000).startswith("226")
    with pytest.raises(ftplib.error_perm, match="553"):
        client.store("b.bin", b"a")


# A person, and the power.


def test_a_person_prints_pauses_and_stops(printer: BambuLan, listener: Listener) -> None:
    printer.hands.start(seconds=LONG_S)
    listener.wait_for("gcode_state", "RUNNING")
    assert listener.shown["subtask_name"] == "theirs"
    printer.hands.pause()
    listener.wait_for("gcode_state", "PAUSE")
    listener.tell("print", "resume")
    listener.wait_for("gcode_state", "RUNNING")
    printer.hands.stop()
    listener.wait_for("gcode_state", "FAILED")
    assert bambu_errors.CANCELLED in [r.get("print_error") for r in listener.reports]
    listener.wait_for("print_error", 0)
    assert printer.hands.on_bed == "theirs.gcode.3mf"
    printer.hands.clear_bed()
    listener.wait_for("gcode_state", "IDLE")
    assert [line.by for line in printer.journal.starts()] == [By.SCREEN]


def test_filament_runs_out_and_parts_fail(printer: BambuLan, listener: Listener) -> None:
    printer.hands.start(seconds=LONG_S)
    listener.wait_for("gcode_state", "RUNNING")
    printer.hands.run_out()
    listener.wait_for("print_error", bambu_errors.RUNOUT)
    assert (printer.hands.state, listener.shown["stg_cur"]) == ("PAUSE", 6)
    printer.hands.resume()
    listener.wait_for("gcode_state", "RUNNING")
    printer.hands.fail(0x03004001)
    listener.wait_for("gcode_state", "FAILED")
    assert listener.shown["print_error"] == 0x03004001


def test_another_code_shuts_out_the_old_one(printer: BambuLan) -> None:
    old = printer.code
    printer.change_code("abcdefgh")
    with Listener(printer, code=old) as wrong:
        wait_until(lambda: bool(wrong.refusal), "the refusal")
    with Listener(printer) as right:
        right.joined()


@pytest.mark.parametrize("model", [X1C, P1S])
def test_without_power_it_forgets_and_some_print_what_lies_in_the_root(
    tmp_path: Path, model: Model
) -> None:
    with quick(tmp_path, model=model) as printer:
        printer.hands.start(seconds=LONG_S)
        wait_until(lambda: printer.hands.state == "RUNNING", "it prints")
        printer.power_cycle()
        with Listener(printer) as listener:
            listener.joined().tell("pushing", "pushall")
            wait_until(lambda: "home_flag" in listener.shown, "a full report")
            if model.starts_from_root:
                listener.wait_for("gcode_state", "RUNNING")
            else:
                assert (printer.hands.state, listener.shown["subtask_name"]) == ("IDLE", "")
    by = [line.by for line in printer.journal.starts()]
    assert by == [By.SCREEN, By.POWER_ON][: 1 + model.starts_from_root]
    assert printer.journal.ends()[0].end == "power"


def test_unplugged_it_prints_on(printer: BambuLan) -> None:
    printer.hands.start()
    printer.unplug()
    wait_until(lambda: printer.hands.state == "FINISH", "it has finished")
    printer.plug_in()
    with Listener(printer) as listener:
        listener.joined().tell("pushing", "pushall")
        listener.wait_for("gcode_state", "FINISH")


def test_it_makes_itself_known(printer: BambuLan) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5)
        announce(printer, ear.getsockname()[1], name="Kitchen")
        said = ear.recv(2000).decode()
    lines = dict(line.split(": ", 1) for line in said.splitlines()[1:] if line)
    names = ("USN", "Location", "DevModel.bambu.com", "DevName.bambu.com")
    assert [lines[name] for name in names] == [printer.serial, "127.0.0.1", "C12", "Kitchen"]
    assert printer.code not in said


def test_many_share_a_broker(tmp_path: Path) -> None:
    with bambu_fleet(tmp_path, 50, storage=False) as printers:
        put(printers[7])
        with Listener(printers[7]) as listener, Listener(printers[8]) as other:
            listener.joined().start(CAT)
            listener.wait_for("gcode_state", "FINISH")
            other.joined().tell("pushing", "pushall")
            wait_until(lambda: "home_flag" in other.shown, "a full report")
    assert [len(printer.journal.starts()) for printer in printers] == [0] * 7 + [1] + [0] * 42
