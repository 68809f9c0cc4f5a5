"""Files to the storage of a scripted Bambu printer, over its FTPS with all its faults."""

import gc
import ssl
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.printers.bambu.failures import NoAnswer, OtherCertificate
from printd.printers.bambu.ftps import Refused
from printd.printers.bambu.storage import NoRoom, NotWhole, Storage, held_back
from printd.printers.bambu.tls import context_for
from tests.peers.bambu import BambuLan
from tests.peers.bambu_quirks import Quirks

pytestmark = pytest.mark.peer("mosquitto")
MB = 1 << 20
NAME = "pd-1-1-abcdefgh-cat.gcode.3mf"


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[BambuLan]:
    with BambuLan(tmp_path / "printer") as started:
        yield started


def storage(
    printer: BambuLan, *, code: str = "", clear_data: bool = False, **trust: Any
) -> Storage:
    trust = trust or {"fingerprint": printer.certificate.fingerprint, "ca_file": None}
    context = context_for(printer.serial, newest=ssl.TLSVersion.TLSv1_2, **trust)
    return Storage(
        printer.host,
        printer.ftps_port,
        code or printer.code,
        context,
        answer_s=2.0,
        reply_s=1.0,
        stall_s=0.5,
        clear_data=clear_data,
    )


def pieces(count: int) -> Iterator[bytes]:
    return (bytes([number]) * MB for number in range(count))


def store(printer: BambuLan, count: int = 2, folder: str = "cache", name: str = NAME) -> None:
    storage(printer).store(folder, name, count * MB, pieces(count))


def test_a_printer_that_stalls_on_encrypted_data_takes_clear_one(printer: BambuLan) -> None:
    printer.quirks.stalls_at = 0
    printer.quirks.refuses_clear_data = False
    storage(printer, clear_data=True).store("cache", NAME, 2 * MB, pieces(2))
    assert (printer.card.folder / "cache" / NAME).read_bytes() == b"".join(pieces(2))


def test_a_file_arrives_whole_and_can_be_deleted(printer: BambuLan) -> None:
    store(printer, 3)
    kept = printer.card.folder / "cache" / NAME
    assert kept.read_bytes() == b"".join(pieces(3))
    assert storage(printer).size("cache", NAME) == 3 * MB
    for _ in range(2):
        storage(printer).remove("cache", NAME)
    assert storage(printer).size("cache", NAME) is None
    assert not kept.exists()


def test_a_file_of_the_same_name_is_replaced(printer: BambuLan) -> None:
    store(printer, 3)
    store(printer, 2)
    assert storage(printer).size("cache", NAME) == 2 * MB


def test_a_folder_that_is_missing_is_made_unless_something_is_only_asked(printer: BambuLan) -> None:
    assert storage(printer).size("ours/printd", NAME) is None
    assert not (printer.card.folder / "ours").exists()
    store(printer, folder="ours/printd")
    assert printer.card.names() == [f"ours/printd/{NAME}"]
    storage(printer).remove("theirs", NAME)


def test_nothing_is_deleted_while_the_card_is_not_in(printer: BambuLan) -> None:
    store(printer)
    printer.hands.take_card()
    with pytest.raises(Refused):
        storage(printer).remove("cache", NAME)
    printer.hands.put_card()
    assert printer.card.names() == [f"cache/{NAME}"]


def test_the_authority_is_enough(printer: BambuLan) -> None:
    trusting = storage(printer, fingerprint=None, ca_file=printer.certificate.authority)
    trusting.store("", NAME, MB, pieces(1))
    assert printer.card.names() == [NAME]


def test_without_pin_and_authority_nothing_is_trusted(printer: BambuLan) -> None:
    with pytest.raises(ValueError, match="fingerprint or an authority"):
        storage(printer, fingerprint=None, ca_file=None)


def _truncates(quirks: Quirks) -> None:
    quirks.truncates_to = MB + 5


def _breaks_off(quirks: Quirks) -> None:
    quirks.breaks_off_at = MB + 5


def _refuses(quirks: Quirks) -> None:
    quirks.refuses_store = True


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(_truncates, NotWhole), (_breaks_off, NotWhole), (_refuses, Refused)],
)
def test_what_is_not_whole_is_an_error_and_is_deleted(
    printer: BambuLan, fault: Callable[[Quirks], None], expected: type[Exception]
) -> None:
    fault(printer.quirks)
    with pytest.raises(expected):
        store(printer)
    assert printer.card.names() == []


# The server that is told to stall leaves its sockets to the garbage.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_printer_that_takes_no_more_bytes_is_given_up(tmp_path: Path) -> None:
    with BambuLan(tmp_path / "printer") as printer:
        printer.quirks.stalls_at = MB
        with pytest.raises((NotWhole, NoAnswer)):
            store(printer, 16)
        printer.quirks.stalls_at = None
        assert printer.card.names() == []
        store(printer)
    del printer
    gc.collect()


def _lies(quirks: Quirks) -> None:
    quirks.lies_426 = True


def _is_late(quirks: Quirks) -> None:
    quirks.late_226_s = 1.5  # longer than we wait: another connection asks


def _lists(quirks: Quirks) -> None:
    quirks.refuses_size = True


@pytest.mark.parametrize("fault", [_lies, _is_late, _lists])
def test_what_is_whole_is_whole_whatever_the_answer_is(
    printer: BambuLan, fault: Callable[[Quirks], None]
) -> None:
    fault(printer.quirks)
    store(printer)
    assert storage(printer).size("cache", NAME) == 2 * MB


def test_what_does_not_fit_is_not_sent(printer: BambuLan) -> None:
    printer.hands.fill_card(MB)
    with pytest.raises(NoRoom, match=r"1\.0 MB left; the file takes 2\.1 MB"):
        store(printer)
    assert printer.card.names() == []


def test_the_end_of_a_file_leaves_only_when_all_of_it_was_read(printer: BambuLan) -> None:
    def changed() -> Iterator[bytes]:
        yield b"a" * 1000
        yield b"b" * 1000
        assert printer.card.names() in ([], [f"cache/{NAME}"])
        raise LookupError("it is another file by now")

    with pytest.raises(LookupError):
        storage(printer).store("cache", NAME, 2000, changed())
    assert printer.card.names() == []


def test_each_piece_is_held_back_until_the_next_is_there() -> None:
    read = []

    def chunks() -> Iterator[bytes]:
        for piece in (b"1", b"2", b"3"):
            read.append(piece)
            yield piece

    held = held_back(chunks())
    assert (next(held), read) == (b"1", [b"1", b"2"])
    assert [*held] == [b"2", b"3"]
    assert [*held_back(iter(()))] == [b""]


def test_why_nobody_answers_is_said(printer: BambuLan) -> None:
    with pytest.raises(NoAnswer, match="does not accept the access code") as wrong:
        storage(printer, code="87654321").free_bytes()
    assert wrong.value.lasting
    assert "access_code_file" in wrong.value.action
    with pytest.raises(OtherCertificate):
        storage(printer, fingerprint="0" * 64, ca_file=None).free_bytes()
    right = storage(printer)
    printer.unplug()
    with pytest.raises(NoAnswer, match="Nothing listens") as away:
        right.free_bytes()
    assert "LAN Only Mode" in away.value.action


def test_after_its_end_nothing_is_sent(printer: BambuLan) -> None:
    ours = storage(printer)
    ours.close()
    with pytest.raises(NoAnswer, match="about to end"):
        ours.store("", NAME, MB, pieces(1))


def test_a_large_file_takes_no_more_memory_than_a_small_one(printer: BambuLan) -> None:
    tracemalloc.start()
    try:
        store(printer, 40)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 12 * MB  # the server's share is in it
