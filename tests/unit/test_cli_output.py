"""How things are worded for a person at a terminal."""

from pathlib import Path

import pytest

from printd.cli.output import advice, note_words, origin
from printd.core.errors import DiskFull, SlicerMissing, SlicerTimeout
from printd.core.progress import read_progress


@pytest.mark.parametrize("text", ["", "0.", "nonsense", "0.4x Making"])
def test_a_progress_file_that_a_crash_cut_off_is_ignored(tmp_path: Path, text: str) -> None:
    file = tmp_path / "progress"
    file.write_text(text)

    found = read_progress(file)

    assert found in (None, (0.0, ""))


def test_progress_is_a_share_and_a_stage(tmp_path: Path) -> None:
    file = tmp_path / "progress"
    assert read_progress(file) is None
    file.write_text("0.45 Making infill\n")

    assert read_progress(file) == (0.45, "Making infill")


@pytest.mark.parametrize(
    ("warning", "said"),
    [
        ("photo_soft: The picture is small.", "The picture is small."),
        ("The model is not closed: look.", "The model is not closed: look."),
        ("warning: 3 layers", "warning: 3 layers"),
    ],
)
def test_a_note_is_said_without_its_code(warning: str, said: str) -> None:
    assert note_words(warning) == said


def test_how_a_file_was_made_is_said_as_far_as_it_is_known() -> None:
    of_people = {"profile": "generic", "material": "PLA", "slicer": "", "version": ""}
    sliced = {
        **of_people,
        "quality": "draft",
        "asked": {"quality": "Draft", "brim_mm": 3.0, "copies_on_bed": 9},
        "slicer": "prusa",
        "version": "2.5.0",
    }
    assert origin(of_people) == "PLA; for generic"
    assert origin(sliced) == "PLA, Draft, brim_mm 3.0, copies_on_bed 9; for generic, by prusa 2.5.0"


@pytest.mark.parametrize("kind", [SlicerMissing, SlicerTimeout])
def test_a_command_without_a_job_speaks_of_none(kind: type[SlicerMissing]) -> None:
    words = advice(kind("x"))

    assert "JOB" not in words
    assert words.endswith(", then try again.")


def test_other_advice_stays_as_it_is() -> None:
    assert advice(DiskFull("x")) == DiskFull.action
