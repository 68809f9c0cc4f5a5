"""The folder printer: what ledger and folder prove after a fall at any point, and bad folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.board import Condition, Evidence
from printd.core.errors import InternalError, PrinterOffline, StartRefused, UploadFailed
from printd.printers.base import PrintFile
from printd.printers.folder import FolderPrinter
from printd.printers.folder_ledger import Ledger
from tests.peers.disks import files_of_at_most, make_read_only, small_disk
from tests.peers.print_files import print_file

NAME = "pd-41-1-abcdefgh-cat"
FINAL = f"{NAME}.gcode"
PART = f".{NAME}.part"


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    return folder


@pytest.fixture
def printer(tmp_path: Path, card: Path) -> FolderPrinter:
    return FolderPrinter("card", folder=card, ledger=tmp_path / "ledger")


@pytest.fixture
def file(tmp_path: Path) -> PrintFile:
    return print_file(tmp_path / "cat.gcode")


def note(tmp_path: Path, event: str, **details: object) -> None:
    """Write a ledger line as a program does that falls right after it."""
    ledger = Ledger(tmp_path / "ledger")
    with ledger.held():
        ledger.write(event, NAME, **details)


def test_an_upload_shows_nothing_to_a_person(
    printer: FolderPrinter, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    assert [path.name for path in card.iterdir()] == [PART]


def test_a_start_hands_the_whole_file_over(
    printer: FolderPrinter, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    printer.start(NAME)
    assert [path.name for path in card.iterdir()] == [FINAL]
    assert (card / FINAL).read_bytes() == file.path.read_bytes()


def test_a_file_for_resin_keeps_its_ending(
    printer: FolderPrinter, card: Path, tmp_path: Path
) -> None:
    assert ".sl1" in printer.accepts
    printer.upload(print_file(tmp_path / "print.sl1"), NAME)
    printer.start(NAME)
    assert [path.name for path in card.iterdir()] == [f"{NAME}.sl1"]


def test_handed_over_stays_so_when_the_person_takes_the_file(
    printer: FolderPrinter, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    printer.start(NAME)
    (card / FINAL).unlink()
    assert printer.evidence(NAME) is Evidence.RUNNING


def test_hand_over_done_is_finished_at_once_and_stays_there(
    tmp_path: Path, card: Path, file: PrintFile
) -> None:
    printer = FolderPrinter("card", folder=card, ledger=tmp_path / "ledger", hand_over="done")
    printer.upload(file, NAME)
    printer.start(NAME)
    assert printer.evidence(NAME) is Evidence.FINISHED
    printer.cancel(NAME)
    printer.remove(NAME)
    assert printer.evidence(NAME) is Evidence.FINISHED
    assert (card / FINAL).exists()


def test_fallen_before_the_rename_it_is_certain_that_nothing_was_handed_over(
    printer: FolderPrinter, tmp_path: Path, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    note(tmp_path, "start")
    assert printer.evidence(NAME) is Evidence.NOT_STARTED
    printer.start(NAME)
    assert printer.evidence(NAME) is Evidence.RUNNING
    assert (card / FINAL).exists()


def test_fallen_after_the_rename_it_is_certain_that_it_was_handed_over(
    printer: FolderPrinter, tmp_path: Path, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    note(tmp_path, "start")
    (card / PART).rename(card / FINAL)
    assert printer.evidence(NAME) is Evidence.RUNNING
    printer.start(NAME)
    assert [path.name for path in card.iterdir()] == [FINAL]


def test_fallen_and_both_gone_nobody_knows(
    printer: FolderPrinter, tmp_path: Path, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    note(tmp_path, "start")
    (card / PART).unlink()
    assert printer.evidence(NAME) is Evidence.UNKNOWN


def test_what_is_removed_with_proof_stays_proven(
    printer: FolderPrinter, tmp_path: Path, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    note(tmp_path, "start")
    printer.remove(NAME)
    assert list(card.iterdir()) == []
    assert printer.evidence(NAME) is Evidence.NOT_STARTED
    with pytest.raises(StartRefused):
        printer.start(NAME)


def test_a_lost_ledger_proves_nothing(
    printer: FolderPrinter, tmp_path: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    (tmp_path / "ledger" / "ledger.jsonl").unlink()
    assert printer.evidence(NAME) is Evidence.UNKNOWN


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_is_there_is_never_overwritten(
    printer: FolderPrinter, card: Path, file: PrintFile, kind: str
) -> None:
    printer.upload(file, NAME)
    final = card / FINAL
    if kind == "file":
        final.write_text("somebody else's")
    elif kind == "folder":
        final.mkdir()
    else:
        final.symlink_to("nowhere")
    before = final.lstat()
    with pytest.raises(StartRefused, match="never overwritten"):
        printer.start(NAME)
    assert final.lstat() == before
    assert printer.evidence(NAME) is Evidence.NOT_STARTED


def test_a_link_in_the_place_of_the_hidden_file_is_replaced_not_followed(
    printer: FolderPrinter, tmp_path: Path, card: Path, file: PrintFile
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (card / PART).symlink_to(victim)
    printer.upload(file, NAME)
    assert victim.read_text() == "precious"
    assert printer.uploaded(file, NAME)


def test_a_hidden_file_that_rotted_is_not_handed_over(
    printer: FolderPrinter, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    (card / PART).write_bytes(b"M104 S999\n" + file.path.read_bytes()[10:])
    with pytest.raises(StartRefused, match="whole file"):
        printer.start(NAME)
    assert not (card / FINAL).exists()


def test_a_cancelled_print_is_taken_back(
    printer: FolderPrinter, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    printer.start(NAME)
    printer.cancel(NAME)
    assert list(card.iterdir()) == []
    assert printer.evidence(NAME) is Evidence.CANCELLED


def test_a_cancel_leaves_what_a_person_put_in_its_place(
    printer: FolderPrinter, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    printer.start(NAME)
    (card / FINAL).write_text("my own version")
    printer.cancel(NAME)
    assert (card / FINAL).read_text() == "my own version"


def test_the_same_name_is_not_uploaded_again_after_it_was_handed_over(
    printer: FolderPrinter, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    printer.start(NAME)
    with pytest.raises(InternalError, match="before"):
        printer.upload(file, NAME)
    assert [path.name for path in card.iterdir()] == [FINAL]


def test_a_folder_that_is_gone_is_not_invented(tmp_path: Path, file: PrintFile) -> None:
    printer = FolderPrinter("card", folder=tmp_path / "out", ledger=tmp_path / "ledger")
    assert printer.status().condition is Condition.OFFLINE
    with pytest.raises(PrinterOffline, match="not there"):
        printer.upload(file, NAME)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def tiny_card(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "tiny", "64k") as folder:
        yield folder


def test_a_full_card_is_said_and_left_clean(tmp_path: Path, tiny_card: Path) -> None:
    printer = FolderPrinter("card", folder=tiny_card, ledger=tmp_path / "ledger")
    large = print_file(tmp_path / "large.gcode", layers=5000)
    with pytest.raises(UploadFailed) as failed:
        printer.upload(large, NAME)
    assert "Free space" in failed.value.action
    assert list(tiny_card.iterdir()) == []
    printer.upload(print_file(tmp_path / "small.gcode"), NAME)
    printer.start(NAME)


def test_a_read_only_card_is_said(tmp_path: Path, tiny_card: Path, file: PrintFile) -> None:
    printer = FolderPrinter("card", folder=tiny_card, ledger=tmp_path / "ledger")
    printer.upload(file, NAME)
    make_read_only(tiny_card)
    status = printer.status()
    assert (status.condition, "read-only" in str(status.trouble)) == (Condition.OFFLINE, True)
    with pytest.raises(UploadFailed) as failed:
        printer.upload(file, "pd-42-1-other")
    assert "right to write" in failed.value.action
    with pytest.raises(StartRefused):
        printer.start(NAME)
    assert printer.evidence(NAME) is Evidence.NOT_STARTED


def test_a_full_ledger_lets_nothing_leave(
    printer: FolderPrinter, tmp_path: Path, card: Path, file: PrintFile
) -> None:
    printer.upload(file, NAME)
    full = (tmp_path / "ledger" / "ledger.jsonl").stat().st_size
    with files_of_at_most(full), pytest.raises(StartRefused, match="ledger"):
        printer.start(NAME)
    assert [path.name for path in card.iterdir()] == [PART]
    printer.start(NAME)
    assert printer.evidence(NAME) is Evidence.RUNNING


def test_a_full_ledger_takes_no_upload(
    printer: FolderPrinter, card: Path, file: PrintFile, tmp_path: Path
) -> None:
    for attempt in range(5):  # a ledger larger than the file that is sent
        printer.upload(file, f"{NAME}-{attempt}")
    full = (tmp_path / "ledger" / "ledger.jsonl").stat().st_size
    assert full > file.bytes
    with files_of_at_most(full), pytest.raises(PrinterOffline, match="ledger"):
        printer.upload(file, NAME)
    assert PART not in [path.name for path in card.iterdir()]
