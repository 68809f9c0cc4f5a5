"""The ledger of a Bambu printer: what it keeps, whom it recognises, what it forgets never."""

import dataclasses
from pathlib import Path

import pytest

from printd.core.board import Evidence
from printd.printers.bambu.evidence import Before
from printd.printers.bambu.ledger import BambuLedger, Entry, details_of
from printd.printers.bambu.report import Phase
from printd.printers.bambu.start_command import remote_name, stem_of
from tests.peers.bambu_states import p1s

NAME = "pd-41-1-abcdefgh-a-cat-with-a-name-that-is-longer-than-any-display"
BEFORE = Before(Phase.FINISH, 7, subtask_id="11", subtask_name="cube")


@pytest.fixture
def ledger(tmp_path: Path) -> BambuLedger:
    made = BambuLedger(tmp_path)
    made.note(
        "uploaded",
        NAME,
        bytes=5,
        sha256="ab",
        folder="cache",
        plate=2,
        filaments=[(1, "PLA", "FFFFFF"), (3, "PETG", "")],
    )
    return made


def the_entry(ledger: BambuLedger) -> Entry:
    entry = ledger.entry(NAME)
    assert entry is not None
    return entry


def start(ledger: BambuLedger, number: int = 4711) -> None:
    ledger.note("start", NAME, id=number, before=details_of(BEFORE))


def test_what_was_written_is_read_by_the_next_one(ledger: BambuLedger, tmp_path: Path) -> None:
    start(ledger)
    ledger.note("active", NAME)
    ledger.note("cancel", NAME)
    again = the_entry(BambuLedger(tmp_path))
    assert again == the_entry(ledger)
    assert (again.folder, again.plate) == ("cache", 2)
    assert [(slot, str(one)) for slot, one in again.filaments] == [(1, "white PLA"), (3, "PETG")]
    sent = again.sent(is_watched=False, is_landing=False)
    assert sent.before == BEFORE
    assert (sent.was_asked, sent.was_active, sent.cancel_asked) == (True, True, True)
    assert again.asked_at is not None


@pytest.mark.parametrize(
    "shown",
    [
        {"subtask_id": "4711"},
        {"task_id": "4711"},
        {"subtask_name": stem_of(NAME)},
        {"gcode_file": f"/sdcard/cache/{remote_name(NAME)}"},
    ],
)
def test_a_print_is_recognised_by_any_sign(ledger: BambuLedger, shown: dict[str, str]) -> None:
    start(ledger)
    found = ledger.shown(p1s(**shown))
    assert found is not None
    assert found.print_name == NAME
    assert ledger.shown(p1s()) is None


def test_a_refused_start_was_not_asked_and_its_id_is_never_used_again(ledger: BambuLedger) -> None:
    start(ledger, 1)
    ledger.note("refused", NAME)
    assert not the_entry(ledger).was_asked
    start(ledger, 2)
    assert the_entry(ledger).id == 2
    assert set(ledger.ids()) == {1, 2}


def test_what_has_no_end_is_unresolved_until_a_person_settles_it(ledger: BambuLedger) -> None:
    assert ledger.unresolved() == []
    start(ledger)
    assert ledger.unresolved() == [the_entry(ledger)]
    ledger.note("settled", NAME)
    assert ledger.unresolved() == []
    assert the_entry(ledger).ended is None
    ledger.note("ended", NAME, evidence=Evidence.FAILED.value, trouble="it broke")
    ended = dataclasses.replace(the_entry(ledger), is_settled=False)
    assert (ended.ended, ended.trouble) == (Evidence.FAILED, "it broke")


def test_lines_about_names_that_were_never_uploaded_do_no_harm(ledger: BambuLedger) -> None:
    ledger.note("active", "pd-1-1-never")
    assert ledger.entry("pd-1-1-never") is None
