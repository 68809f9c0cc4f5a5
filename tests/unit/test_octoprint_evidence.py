"""What became of a print at OctoPrint: the table of everything that can be seen and known.

Groups: the table, what can never be proof, the ledger, the errors of the libraries below.
"""

import ssl
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3

from printd.core.board import Evidence
from printd.core.errors import InternalError
from printd.printers.octoprint.answers import FileAnswer, JobAnswer
from printd.printers.octoprint.errors import (
    AnswerLost,
    NoAnswer,
    Refused,
    Unreachable,
    meaning,
    translated,
)
from printd.printers.octoprint.evidence import evidence_of
from printd.printers.octoprint.ledger import Entry, OctoPrintLedger
from printd.printers.octoprint.status import PHASES, RUNNING, path_of
from tests.peers.octoprint_words import (
    FIRMWARE_ERROR,
    NEVER_SELECTED,
    NEXT_OFFLINE_AFTER_ERROR,
    OURS,
    STRANGERS,
    file_answer,
    finished,
    offline,
    printing,
    selected,
)

NAME = "pd-41-1-abcdefgh-cat"
UPLOADED = Entry(bytes=4777, sha256="aa", sha1="bb", date=1795346294)
ASKED = Entry(bytes=4777, sha256="aa", sha1="bb", date=1795346294, was_asked=True)
CANCELLING = Entry(bytes=4, sha256="a", sha1="b", date=0, was_asked=True, cancel_asked=True)
NEVER_HEARD = None
FILE = file_answer(OURS)
GONE = None
DONE = file_answer(OURS, success=1)
BROKEN = file_answer(OURS, failure=1)
TWICE = file_answer(OURS, success=1, failure=1)


def evidence(
    entry: Entry | None, job: dict[str, Any], file: dict[str, Any] | None, error: str = ""
) -> Evidence:
    known = None if file is None else FileAnswer.model_validate(file)
    return evidence_of(NAME, entry, JobAnswer.model_validate(job), known, error)


@pytest.mark.parametrize(
    ("entry", "job", "file", "found"),
    [
        # It runs, whoever started it.
        (ASKED, printing(OURS), FILE, Evidence.RUNNING),
        (UPLOADED, printing(OURS, "Starting"), FILE, Evidence.RUNNING),
        (NEVER_HEARD, printing(OURS, "Paused"), FILE, Evidence.RUNNING),
        (ASKED, printing(OURS, "Cancelling"), FILE, Evidence.RUNNING),
        # It has ended, and OctoPrint has counted it.
        (ASKED, finished(OURS), DONE, Evidence.FINISHED),
        (ASKED, printing(STRANGERS), DONE, Evidence.FINISHED),
        (ASKED, NEVER_SELECTED, DONE, Evidence.FINISHED),
        (NEVER_HEARD, NEVER_SELECTED, DONE, Evidence.FINISHED),
        (ASKED, selected(OURS), BROKEN, Evidence.CANCELLED),
        (CANCELLING, NEVER_SELECTED, BROKEN, Evidence.CANCELLED),
        (ASKED, FIRMWARE_ERROR, BROKEN, Evidence.FAILED),
        (ASKED, NEXT_OFFLINE_AFTER_ERROR, BROKEN, Evidence.FAILED),
        (ASKED, offline("Offline"), BROKEN, Evidence.FAILED),
        (ASKED, NEVER_SELECTED, BROKEN, Evidence.FAILED),
        (ASKED, printing(STRANGERS), BROKEN, Evidence.FAILED),
        (ASKED, selected(OURS), TWICE, Evidence.UNKNOWN),
        # Nothing is to be seen: proof only when no command was sent.
        (UPLOADED, NEVER_SELECTED, FILE, Evidence.NOT_STARTED),
        (UPLOADED, selected(OURS), FILE, Evidence.NOT_STARTED),
        (UPLOADED, printing(STRANGERS), FILE, Evidence.NOT_STARTED),
        (UPLOADED, NEVER_SELECTED, GONE, Evidence.NOT_STARTED),
        (ASKED, NEVER_SELECTED, FILE, Evidence.UNKNOWN),
        (ASKED, selected(OURS), FILE, Evidence.UNKNOWN),
        (ASKED, finished(OURS), FILE, Evidence.UNKNOWN),
        (ASKED, printing(STRANGERS), FILE, Evidence.UNKNOWN),
        (ASKED, FIRMWARE_ERROR, FILE, Evidence.UNKNOWN),
        (ASKED, NEVER_SELECTED, GONE, Evidence.UNKNOWN),
        (NEVER_HEARD, NEVER_SELECTED, FILE, Evidence.UNKNOWN),
        (NEVER_HEARD, NEVER_SELECTED, GONE, Evidence.UNKNOWN),
    ],
)
def test_evidence(
    entry: Entry | None, job: dict[str, Any], file: dict[str, Any] | None, found: Evidence
) -> None:
    assert evidence(entry, job, file) is found


def test_an_error_of_the_firmware_is_no_cancel() -> None:
    assert evidence(ASKED, selected(OURS), BROKEN, "Heating failed") is Evidence.FAILED


def test_prints_that_were_counted_before_the_upload_are_not_ours() -> None:
    before = Entry(bytes=4, sha256="a", sha1="b", date=0, was_asked=True, successes=1, failures=1)
    assert evidence(before, NEVER_SELECTED, TWICE) is Evidence.UNKNOWN
    assert evidence(before, NEVER_SELECTED, file_answer(OURS, 2, 1)) is Evidence.FINISHED


@pytest.mark.parametrize("state", [*PHASES, "a word of later"])
def test_after_a_command_nothing_is_ever_proof_that_it_did_not_start(state: str) -> None:
    for job in (printing(OURS, state), printing(STRANGERS, state), offline(state)):
        for file in (FILE, DONE, BROKEN, GONE):
            assert evidence(ASKED, job, file) is not Evidence.NOT_STARTED


@pytest.mark.parametrize("state", PHASES)
def test_a_noted_end_stays(state: str) -> None:
    ended = Entry(bytes=4, sha256="a", sha1="b", date=0, ended=Evidence.CANCELLED)
    assert evidence(ended, printing(OURS, state), DONE) is Evidence.CANCELLED


@pytest.mark.parametrize("state", PHASES)
def test_only_our_own_path_runs(state: str) -> None:
    near = path_of(NAME + "x")
    assert evidence(ASKED, printing(near, state), FILE) is Evidence.UNKNOWN
    runs = PHASES[state] in RUNNING
    assert (evidence(ASKED, printing(OURS, state), FILE) is Evidence.RUNNING) == runs


# The ledger.


def note_upload(ledger: OctoPrintLedger, name: str = NAME) -> None:
    ledger.note(
        "uploaded", name, bytes=4, sha256="aa", sha1="bb", date=1.5, successes=0, failures=2
    )


def test_the_ledger_outlives_its_reader(tmp_path: Path) -> None:
    note_upload(ledger := OctoPrintLedger(tmp_path))
    ledger.note("start", NAME)
    ledger.note("cancel", NAME)
    ledger.note("ended", NAME, evidence="failed", trouble="it broke")
    again = OctoPrintLedger(tmp_path)
    assert again.entry(NAME) == Entry(
        bytes=4,
        sha256="aa",
        sha1="bb",
        date=1.5,
        failures=2,
        was_asked=True,
        cancel_asked=True,
        ended=Evidence.FAILED,
        trouble="it broke",
    )
    assert again.last_ended() == NAME
    assert again.entry("another") is None


def test_a_refusal_takes_the_start_back(tmp_path: Path) -> None:
    note_upload(ledger := OctoPrintLedger(tmp_path))
    ledger.note("start", NAME)
    ledger.note("refused", NAME)
    entry = OctoPrintLedger(tmp_path).entry(NAME)
    assert entry is not None
    assert not entry.was_asked


def test_after_the_next_start_the_last_end_is_over(tmp_path: Path) -> None:
    note_upload(ledger := OctoPrintLedger(tmp_path))
    note_upload(ledger, "next")
    ledger.note("ended", NAME, evidence="finished", trouble=None)
    ledger.note("start", "next")
    assert ledger.last_ended() is None


# The errors of the libraries below.


def below(base: type[Exception]) -> list[type[Exception]]:
    kinds = [base]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return kinds


def made(kind: type[Exception]) -> Exception:
    """Make an exception without the arguments that its constructor asks for."""
    return kind.__new__(kind)


@pytest.mark.parametrize("kind", below(requests.exceptions.RequestException))
def test_every_error_of_requests_has_a_meaning(kind: type[Exception]) -> None:
    with pytest.raises(NoAnswer), translated():
        raise made(kind)


@pytest.mark.parametrize("kind", below(urllib3.exceptions.HTTPError))
def test_every_error_of_urllib3_has_a_meaning(kind: type[Exception]) -> None:
    with pytest.raises(NoAnswer), translated():
        raise made(kind)


NOT_SENT = urllib3.exceptions.NewConnectionError(None, "refused")  # type: ignore[arg-type]
TOO_MANY = urllib3.exceptions.MaxRetryError(None, "/", NOT_SENT)  # type: ignore[arg-type]
BAD_CERTIFICATE = urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed"))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.ConnectionError(TOO_MANY), Unreachable),
        (requests.exceptions.ConnectTimeout(), Unreachable),
        (requests.exceptions.SSLError(BAD_CERTIFICATE), Unreachable),
        (requests.exceptions.SSLError(ssl.SSLError("record layer failure")), AnswerLost),
        (requests.exceptions.ReadTimeout(), AnswerLost),
        (requests.exceptions.ConnectionError(ConnectionResetError("reset")), AnswerLost),
        (requests.exceptions.ChunkedEncodingError(), AnswerLost),
        (requests.exceptions.JSONDecodeError("no JSON", "<html>", 0), AnswerLost),
        (TimeoutError("the upload is too slow"), AnswerLost),
        (BrokenPipeError(), AnswerLost),
    ],
)
def test_only_what_was_never_sent_is_unreachable(error: Exception, kind: type[NoAnswer]) -> None:
    assert type(meaning(error)) is kind


def test_errors_of_ours_pass() -> None:
    with pytest.raises(InternalError), translated():
        raise InternalError("The file has changed.")


@pytest.mark.parametrize(
    ("status", "by_octoprint", "is_proof"),
    [
        (403, True, True),
        (404, True, True),
        (409, True, True),
        (409, False, False),
        (404, False, False),
        (500, True, False),
        (503, True, False),
    ],
)
def test_only_a_refusal_of_octoprint_itself_is_proof(
    status: int, by_octoprint: bool, is_proof: bool
) -> None:
    assert Refused(status, "no", by_octoprint=by_octoprint).is_proof == is_proof
