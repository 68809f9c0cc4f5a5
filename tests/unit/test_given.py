"""What a job is made of: told by the name of a file, kept in the settings of its job."""

import pytest

from printd.core.given import KEY, Given


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("part.gcode", Given.GCODE),
        ("PART.GCODE", Given.GCODE),
        ("part.bgcode", Given.GCODE),
        ("part.gcode.3mf", Given.CONTAINER),
        ("Part.Gcode.3MF", Given.CONTAINER),
        ("castle.prompt.txt", Given.WORDS),
        ("Castle.Prompt.TXT", Given.WORDS),
        ("castle.txt", Given.PHOTO),
        ("part.3mf", Given.MESH),
        ("Part.STL", Given.MESH),
        ("part.glb", Given.MESH),
        ("part.obj", Given.MESH),
        ("part.gcode.jpg", Given.PHOTO),
        ("gcode", Given.PHOTO),
        ("mia.jpg", Given.PHOTO),
        ("", Given.PHOTO),
    ],
)
def test_a_file_is_taken_for_what_its_name_says(name: str, given: Given) -> None:
    assert Given.named(name) is given


def test_a_job_that_says_nothing_is_made_of_a_photo() -> None:
    assert Given.of({"mesher": "relief"}) is Given.PHOTO


@pytest.mark.parametrize("given", Given)
def test_what_is_kept_is_found_again(given: Given) -> None:
    assert Given.of({KEY: str(given)}) is given


def test_each_kind_has_a_name_of_its_own_in_the_folder_of_a_job() -> None:
    assert len({given.file for given in Given}) == len(Given)


def test_a_kind_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="sculpture"):
        Given.of({KEY: "sculpture"})
