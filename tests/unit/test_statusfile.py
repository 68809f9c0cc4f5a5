"""``_status.txt``: what a person reads who knows nothing but the drop folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from printd.core.jobs import Because, Job, State
from printd.daemon.statusfile import StatusFile, status_text

NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def job(number: int, state: State, *, moved_at: datetime = NOW) -> Job:
    return Job(
        number=number,
        id=f"id{number}",
        state=state,
        name=f"cat{number}.jpg",
        recipe="default",
        settings={},
        sha256="",
        created_at=moved_at,
        moved_at=moved_at,
        printer="left" if state in (State.PRINTING, State.PRINTED) else None,
    )


def test_nothing_to_say_is_said() -> None:
    assert status_text([], [], NOW) == "Nothing is waiting.\n"


def test_each_job_stands_under_what_is_true_of_it_with_its_reason() -> None:
    held = Because("duplicate", "It was printed as #1.", "Run `printd release 2`.")
    jobs = [
        (job(1, State.PRINTED), None),
        (job(2, State.HELD), held),
        (job(3, State.PRINTING), Because("printing", "Layer 2 of 9.")),
        (job(5, State.CANCELLED), Because("cancelled", "Cancelled by ana.")),
        (job(4, State.SLICED), Because("bed_not_clear", "The bed of p1 is not clear.")),
    ]

    assert status_text(jobs, [], NOW) == (
        "Needs a person\n"
        "  #2 cat2.jpg: needs a person. It was printed as #1. Run `printd release 2`.\n"
        "\n"
        "Printing\n"
        "  #3 cat3.jpg: printing on left. Layer 2 of 9.\n"
        "\n"
        "Under way\n"
        "  #4 cat4.jpg: waiting for a printer. The bed of p1 is not clear.\n"
        "\n"
        "Finished today\n"
        "  #1 cat1.jpg: printed on left\n"
        "  #5 cat5.jpg: Cancelled by ana.\n"
    )


def test_what_finished_on_another_day_is_not_said() -> None:
    jobs = [(job(1, State.PRINTED, moved_at=NOW - timedelta(days=2)), None)]

    assert status_text(jobs, [], NOW) == "Nothing is waiting.\n"


def test_only_the_last_of_many_finished_jobs_are_said() -> None:
    jobs = [(job(number, State.PRINTED), None) for number in range(1, 101)]

    lines = status_text(jobs, [], NOW).splitlines()

    assert len(lines) == 21
    assert lines[-1] == "  #100 cat100.jpg: printed on left"


def test_what_is_left_lying_is_said() -> None:
    text = status_text([], ["link.jpg: is a link"], NOW)

    assert text == "Left lying\n  link.jpg: is a link\n"


def test_the_file_is_replaced_whole_and_only_when_its_text_is_another(tmp_path: Path) -> None:
    status = StatusFile(tmp_path)
    status.write("one\n")
    first = (tmp_path / "_status.txt").stat()
    status.write("one\n")
    assert (tmp_path / "_status.txt").stat() == first

    status.write("two\n")

    assert (tmp_path / "_status.txt").stat().st_ino != first.st_ino
    assert [file.name for file in tmp_path.iterdir()] == ["_status.txt"]
    assert (tmp_path / "_status.txt").read_text() == "two\n"


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("kept")
    for name in ("_status.txt", "_status.txt.part"):
        (drop / name).symlink_to(secret)

    StatusFile(drop).write("one\n")

    assert secret.read_text() == "kept"
    assert (drop / "_status.txt").read_text() == "one\n"
    assert not (drop / "_status.txt").is_symlink()


def test_after_a_folder_has_been_away_the_text_is_written_again(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    status = StatusFile(drop)
    status.write("one\n")
    drop.mkdir()

    status.write("one\n")

    assert (drop / "_status.txt").read_text() == "one\n"

    drop.rename(tmp_path / "away")
    drop.mkdir()
    status.write("one\n")

    assert (drop / "_status.txt").read_text() == "one\n"
