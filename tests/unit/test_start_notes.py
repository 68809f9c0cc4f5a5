"""What is noted of a start; what cannot be noted stays a doubt."""

from pathlib import Path

import pytest

from printd.core.clock import boottime_s
from printd.core.errors import InDoubt, PrinterOffline
from printd.printers.octoprint.ledger import OctoPrintLedger
from printd.printers.start_notes import StartNotes

NAME = "pd-41-1-abcdefgh-cat"


@pytest.fixture
def ledger(tmp_path: Path) -> OctoPrintLedger:
    made = OctoPrintLedger(tmp_path / "ledger")
    kept = {"bytes": 9, "sha256": "a", "sha1": "b", "date": 1, "successes": 0, "failures": 0}
    made.note("uploaded", NAME, **kept)
    made.note("start", NAME)
    return made


def was_asked(ledger: OctoPrintLedger) -> bool:
    entry = ledger.entry(NAME)
    return entry is not None and entry.was_asked


def test_a_start_in_time_is_sent_and_stays_noted(ledger: OctoPrintLedger) -> None:
    StartNotes("left", ledger, 60.0).check_in_time(NAME, boottime_s())
    assert was_asked(ledger)


def test_a_start_that_is_too_late_is_noted_as_not_sent(ledger: OctoPrintLedger) -> None:
    with pytest.raises(PrinterOffline, match="the start was not sent"):
        StartNotes("left", ledger, 60.0).check_in_time(NAME, boottime_s() - 61.0)
    assert not was_asked(ledger)


def test_a_proof_that_cannot_be_noted_is_none(ledger: OctoPrintLedger, tmp_path: Path) -> None:
    """Else the ledger would say, after a restart, that the start may come true."""
    file = tmp_path / "ledger" / "ledger.jsonl"
    file.unlink()
    file.mkdir()
    with pytest.raises(InDoubt) as doubt:
        StartNotes("left", ledger, 0.0).check_in_time(NAME, boottime_s() - 1.0)
    assert doubt.value.code == "start_in_doubt"
