"""OctoPrint's words in ours: answers as they were observed, and words that nobody knows."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from printd.core.board import STARTABLE, Condition, Evidence, PrinterStatus
from printd.printers.octoprint.answers import ErrorAnswer, FileAnswer, HeatAnswer, JobAnswer
from printd.printers.octoprint.status import (
    PHASES,
    Phase,
    name_in,
    path_of,
    phase_of,
    status_of,
)
from tests.peers.octoprint_words import (
    FIRMWARE_ERROR,
    NEVER_SELECTED,
    NEXT_NEVER_SELECTED,
    NEXT_OFFLINE_AFTER_ERROR,
    OURS,
    STRANGERS,
    TEMPERATURES,
    finished,
    offline,
    printing,
    selected,
)

NAME = "pd-41-1-abcdefgh-cat"


def shown(
    answer: dict[str, Any],
    name: str | None = None,
    ended: Evidence | None = None,
    heat: dict[str, Any] | None = None,
) -> PrinterStatus:
    job = JobAnswer.model_validate(answer)
    temperatures = HeatAnswer.model_validate(heat or {})
    return status_of(job, temperatures, print_name=name, ended=ended, trouble="it broke")


@pytest.mark.parametrize(
    ("answer", "condition"),
    [
        (NEVER_SELECTED, Condition.IDLE),
        (NEXT_NEVER_SELECTED, Condition.IDLE),
        (FIRMWARE_ERROR, Condition.OFFLINE),
        (NEXT_OFFLINE_AFTER_ERROR, Condition.OFFLINE),
        (offline("Offline"), Condition.OFFLINE),
        (offline("Error"), Condition.OFFLINE),
        (offline("Opening serial connection"), Condition.OFFLINE),
        (offline("Detecting serial connection"), Condition.OFFLINE),
        (offline("Connecting"), Condition.OFFLINE),
        (selected(STRANGERS), Condition.IDLE),
        (finished(STRANGERS), Condition.FINISHED),
        (printing(STRANGERS), Condition.BUSY),
        (printing(STRANGERS, "Paused"), Condition.BUSY),
        (printing(STRANGERS, "Printing from SD"), Condition.BUSY),
        (printing(STRANGERS, "Transferring file to SD"), Condition.BUSY),
        (printing(STRANGERS, "Levelling the bed"), Condition.BUSY),
    ],
)
def test_what_is_not_ours_is_shown_without_a_name(
    answer: dict[str, Any], condition: Condition
) -> None:
    status = shown(answer)
    assert status.condition is condition
    assert status.print_name is None


@pytest.mark.parametrize(
    ("state", "condition"),
    [
        ("Starting", Condition.PRINTING),
        ("Printing", Condition.PRINTING),
        ("Resuming", Condition.PRINTING),
        ("Finishing", Condition.PRINTING),
        ("Cancelling", Condition.PRINTING),
        ("Pausing", Condition.PAUSED),
        ("Paused", Condition.PAUSED),
    ],
)
def test_our_print_is_shown_in_every_state(state: str, condition: Condition) -> None:
    status = shown(printing(OURS, state), NAME, heat=TEMPERATURES)
    assert status.condition is condition
    assert status.print_name == NAME
    assert status.progress == pytest.approx(0.0811, abs=1e-4)
    assert (status.nozzle_c, status.bed_c) == (209.8, 60.1)
    assert (status.nozzle_target_c, status.bed_target_c, status.chamber_c) == (210.0, 60.0, None)


@pytest.mark.parametrize("ended", [Evidence.FINISHED, Evidence.FAILED, Evidence.CANCELLED])
def test_an_end_of_ours_is_shown_with_its_name(ended: Evidence) -> None:
    status = shown(finished(OURS), NAME, ended)
    assert status.condition.value == ended.value
    assert status.print_name == NAME
    assert status.progress == (1.0 if ended is Evidence.FINISHED else None)
    assert status.trouble == ("it broke" if ended is Evidence.FAILED else None)


def test_a_print_of_ours_that_somebody_runs_again_is_not_ours() -> None:
    assert shown(printing(OURS), NAME, Evidence.FINISHED).condition is Condition.BUSY


def test_a_file_of_ours_that_is_only_selected_is_nothing_yet() -> None:
    status = shown(selected(OURS), NAME)
    assert (status.condition, status.print_name) == (Condition.IDLE, None)


def test_remaining_time_and_missing_temperatures() -> None:
    answer = printing(OURS)
    answer["progress"]["printTimeLeft"] = 125
    status = shown(answer, NAME, heat={"temperature": {"bed": {"actual": None}, "W": "?"}})
    assert (status.remaining_s, status.nozzle_c, status.bed_c) == (125.0, None, None)


@pytest.mark.parametrize(("pct", "progress"), [(None, None), (-100.0, 0.0), (100.4, 1.0)])
def test_progress_is_a_share(pct: float | None, progress: float | None) -> None:
    answer = printing(OURS)
    answer["progress"]["completion"] = pct
    assert shown(answer, NAME).progress == progress


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (FIRMWARE_ERROR, "Thermal Runaway, system stopped! Heater_ID: bed"),
        (NEXT_OFFLINE_AFTER_ERROR, "lost its printer after an error"),
        (offline("Offline"), "not connected to its printer"),
        (offline("Detecting serial connection"), "yet (Detecting serial connection)"),
    ],
)
def test_without_a_printer_it_says_why(answer: dict[str, Any], words: str) -> None:
    assert words in (shown(answer).trouble or "")


def test_only_one_state_takes_a_start() -> None:
    assert [state for state, phase in PHASES.items() if phase is Phase.READY] == ["Operational"]
    for state in [*PHASES, "", "operational", "Operational, sort of", "Offline?"]:
        ready = shown(offline(state)).condition in STARTABLE
        assert ready == (state == "Operational")


def test_words_are_compared_whole() -> None:
    assert phase_of("Offline after error") is Phase.AWAY
    assert phase_of("Printing from SD") is Phase.UNKNOWN


# Answers that are none.


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '"Operational"',
        '{"state": null}',
        '{"state": "Printing", "progress": {"completion": NaN}}',
        '{"state": "Printing", "job": {"file": []}}',
    ],
)
def test_an_answer_of_another_form_is_none(text: str) -> None:
    with pytest.raises(ValidationError):
        JobAnswer.model_validate(json.loads(text))


def test_a_strangers_words_are_made_fit_for_one_line() -> None:
    answer = JobAnswer.model_validate({"state": "Off\x1b[31m\nline", "error": "x" * 100_000})
    assert answer.state == "Off\ufffd[31m line"
    assert len(answer.error or "") <= 300


def test_a_file_on_the_printers_own_card_is_never_ours() -> None:
    answer = printing(path_of(NAME), "Printing from SD")
    answer["job"]["file"]["origin"] = "sdcard"
    assert JobAnswer.model_validate(answer).path is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (path_of(NAME), NAME),
        (None, None),
        ("benchy.gcode", None),
        ("printd/a/b.gcode", None),
        ("printd/.gcode", None),
        ("printd/x.gco", None),
        ("Printd/x.gcode", None),
    ],
)
def test_a_name_is_read_out_of_our_folder_only(path: str | None, name: str | None) -> None:
    assert name_in(path) == name


def test_missing_parts_of_a_file_are_nothing() -> None:
    file = FileAnswer.model_validate({"size": 4, "unknown": 1})
    assert (file.hash, file.prints.success, file.prints.failure) == (None, 0, 0)
    assert ErrorAnswer.model_validate({}).error == ""
