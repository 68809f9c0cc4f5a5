"""What people do through the command line, on the right states and on the wrong ones."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener, ended
from tests.peers.daemon import PRINTD, Daemon
from tests.peers.terminal import Terminal
from tests.photos import encoded, textured

SLOW = 10.0  # a print of eight minutes takes most of one


def picture(folder: Path, seed: int, name: str = "") -> Path:
    path = folder / (name or f"photo{seed}.png")
    path.write_bytes(encoded(textured(64, 64, seed), "PNG"))
    return path


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon that prints nothing: the bed of its printer is never cleared."""
    with ended(Daemon(tmp_path_factory.mktemp("commands"))) as daemon:
        yield daemon


def added(daemon: Daemon, *words: object) -> int:
    """Hand in a picture; returns its number."""
    ((answer),) = daemon.ask("add", *words)
    assert answer["code"] is None
    number: int = answer["job"]
    return number


def refused(daemon: Daemon, exit_code: int, code: str, *words: object) -> str:
    done = daemon.cli(*words)
    assert done.returncode == exit_code, done.stderr
    assert f"[{code}]" in done.stderr
    assert "→ " in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def wait_for(daemon: Daemon, number: int, state: State) -> None:
    def is_so() -> bool:
        with daemon.store() as store:
            return store.job(number).state is state

    daemon.wait_until(is_so, f"#{number} is {state}")


# Handing in.


def test_a_picture_is_handed_in_with_its_settings(daemon: Daemon, tmp_path: Path) -> None:
    path = picture(tmp_path, 1)

    number = added(daemon, path, "--name", "Mia", "--width-mm", "33", "--hold")

    job = daemon.ask("show", number)
    assert job["name"] == "Mia"
    assert job["settings"]["relief"]["width_mm"] == 33
    assert path.exists()
    assert list((daemon.data / "incoming").iterdir()) == []


def test_several_pictures_are_several_jobs(daemon: Daemon, tmp_path: Path) -> None:
    paths = [picture(tmp_path, seed) for seed in (2, 3)]

    answers = daemon.ask("add", "--hold", *paths)

    assert len({answer["job"] for answer in answers}) == 2


def test_the_same_key_again_is_the_same_job(daemon: Daemon, tmp_path: Path) -> None:
    path = picture(tmp_path, 4)

    first, second = (added(daemon, path, "--key", "k1", "--hold") for _ in range(2))
    other = added(daemon, path, "--key", "k2", "--hold")

    assert first == second != other
    assert daemon.unaccounted() == set()


def test_one_key_for_two_pictures_is_bad_usage(daemon: Daemon, tmp_path: Path) -> None:
    paths = [picture(tmp_path, seed) for seed in (5, 6)]

    refused(daemon, 64, "usage", "add", "--key", "k3", *paths)


def test_a_picture_can_be_handed_in_and_held(daemon: Daemon, tmp_path: Path) -> None:
    number = added(daemon, picture(tmp_path, 7), "--hold")
    assert daemon.ask("show", number)["because"]["code"] == "needs_release"
    assert daemon.cli("add", picture(tmp_path, 8), "--hold", "--wait").returncode == 2

    assert daemon.cli("release", number).returncode == 0

    wait_for(daemon, number, State.SLICED)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "photo_empty"),
        (b"a letter", "photo_unreadable"),
        (b"%PDF-1.4", "photo_wrong_kind"),
        (encoded(textured(64, 64), "PNG")[:900], "photo_incomplete"),
        (encoded(textured(8, 8), "PNG"), "photo_too_small"),
    ],
)
def test_what_is_no_photo_is_refused_at_once(
    daemon: Daemon, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    before = daemon.jobs()

    refused(daemon, 1, code, "add", path)

    assert daemon.jobs() == before
    assert daemon.unaccounted() == set()
    assert list((daemon.data / "incoming").iterdir()) == []


def test_what_cannot_be_handed_in_is_said_before_anything_is_copied(
    daemon: Daemon, tmp_path: Path
) -> None:
    good = picture(tmp_path, 9)
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as stream:
        stream.truncate(20 << 30)
    os.mkfifo(tmp_path / "fifo.jpg")
    before = daemon.jobs()

    refused(daemon, 66, "no_such_file", "add", good, tmp_path / "none.jpg")
    refused(daemon, 66, "no_such_file", "add", good, tmp_path)
    refused(daemon, 66, "no_such_file", "add", good, tmp_path / "fifo.jpg")
    refused(daemon, 1, "photo_too_large", "add", good, huge)
    refused(daemon, 64, "recipe_unknown", "add", good, "--recipe", "../x")
    refused(daemon, 64, "setting_invalid", "add", good, "--width-mm", "2")

    assert daemon.jobs() == before


def test_a_name_that_begins_with_a_dash_can_be_handed_in(daemon: Daemon, tmp_path: Path) -> None:
    number = added(daemon, "--hold", "--", picture(tmp_path, 10, "-rf.png"))

    assert daemon.ask("show", number)["name"] == "-rf.png"


@pytest.mark.peer("prusa-slicer")
def test_without_a_daemon_pictures_are_kept_and_printed_later(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path / "d")
    paths = [picture(tmp_path, seed) for seed in (1, 2)]
    said = refused(daemon, 75, "daemon_away", "add", *paths)
    assert "copied and kept" in said
    (tmp_path / "no-photo.jpg").write_text("a letter")
    refused(daemon, 75, "daemon_away", "add", tmp_path / "no-photo.jpg")
    for path in paths:
        path.unlink()

    with ended(daemon):
        daemon.wait_until(lambda: len(daemon.jobs()) == 2, "both are jobs")

        assert sorted(daemon.states()) == ["photo1.png", "photo2.png"]
        daemon.wait_until(lambda: "add, asked by" in daemon.log, "the third is told to nobody else")
        assert daemon.stop() == 0
    for command in ("jobs", "printers", "queue", "show 1"):
        shown = daemon.cli(*command.split())
        assert "printd does not run; shown is what it last knew." in shown.stderr
    assert daemon.cli("status").stderr == ""  # says it first of all
    refused(daemon, 75, "daemon_away", "cancel", 1)
    refused(daemon, 75, "daemon_away", "printers", "bed-clear", "p1")
    with ended(daemon):
        wait_for(daemon, 1, State.CANCELLED)  # the request was kept; the bed's was not
        assert daemon.ask("printers")[0]["bed"] == "unknown"
        assert daemon.stop() == 0


# Asking for something that cannot be.


def test_wrong_words_are_answered_with_what_there_is(daemon: Daemon) -> None:
    for verb in ("cancel", "hold", "release", "retry"):
        refused(daemon, 66, "no_such_job", verb, 4711)
    refused(daemon, 66, "no_such_job", "show", "zzz")
    refused(daemon, 66, "no_such_job", "resolve", 4711, "printed")
    refused(daemon, 64, "usage", "jobs", "--state", "nonsense")
    refused(daemon, 64, "usage", "jobs", "--limit", "0")
    for days in ("0", "-1", "nan", "1e300"):
        refused(daemon, 64, "usage", "keys", "create", "a", "--scope", "submit", "--days", days)
    refused(daemon, 64, "setting_invalid", "printers", "out", "p1", "--note", " ")
    assert "p1" in refused(daemon, 66, "no_such_printer", "printers", "bed-clear", "p9")
    for bad in (("resolve", "1", "perhaps"), ("nonsense",), ("add",), ("printers", "bed-clear")):
        done = daemon.cli(*bad)
        assert done.returncode == 64, bad
        assert "usage" in done.stderr


def test_each_state_takes_only_what_fits_it(daemon: Daemon, tmp_path: Path) -> None:
    number = added(daemon, picture(tmp_path, 20))
    wait_for(daemon, number, State.SLICED)

    for words in (("retry", number), ("resolve", number, "printed")):
        assert "sliced" in refused(daemon, 1, "not_possible_now", *words)
    assert daemon.cli("release", number).returncode == 0  # it is still wanted
    assert daemon.cli("hold", number).returncode == 0
    refused(daemon, 1, "not_possible_now", "hold", number)
    refused(daemon, 1, "not_possible_now", "resolve", number, "printed")
    assert daemon.cli("release", number).returncode == 0
    wait_for(daemon, number, State.SLICED)
    assert daemon.cli("cancel", number).returncode == 0
    assert daemon.ask("show", number)["state"] == "cancelled"
    for words in (("cancel", number), ("hold", number), ("release", number)):
        refused(daemon, 1, "not_possible_now", *words)

    (again,) = daemon.ask("retry", number)

    assert again["job"] != number
    assert again["again_of"] == number
    assert daemon.ask("show", again["job"])["again_of"] == number
    assert f"again of #{number}" in daemon.cli("show", again["job"]).stdout
    assert daemon.ask("show", number)["state"] == "cancelled"
    assert re.fullmatch(
        rf"#\d+ is received, again of #{number}\n", daemon.cli("retry", number).stdout
    )


def test_one_refusal_of_many_is_told_and_the_others_are_done(
    daemon: Daemon, tmp_path: Path
) -> None:
    numbers = [added(daemon, picture(tmp_path, seed), "--hold") for seed in (21, 22)]
    daemon.cli("cancel", numbers[0])

    done = daemon.cli("cancel", "--json", *numbers)

    assert done.returncode == 1
    codes = [answer["code"] for answer in json.loads(done.stdout)]
    assert codes == ["not_possible_now", None]


def test_a_job_that_is_not_there_keeps_no_other_from_being_done(
    daemon: Daemon, tmp_path: Path
) -> None:
    number = added(daemon, picture(tmp_path, 23), "--hold")

    said = refused(daemon, 66, "no_such_job", "cancel", 4711, number)
    assert "There is no job #4711." in said
    assert daemon.ask("show", number)["state"] == "cancelled"

    done = daemon.cli("cancel", number, "zzz", 4711, "--json")
    assert done.returncode == 66
    codes = [answer["code"] for answer in json.loads(done.stdout)]
    assert codes == ["not_possible_now", "no_such_job", "no_such_job"]


# At a terminal.


def at_terminal(daemon: Daemon, *words: object) -> Terminal:
    typed = [str(word) for word in (PRINTD, *words, "--config", daemon.config)]
    return Terminal(typed, daemon.folder, os.environ)


def test_what_is_lost_is_asked_about_at_a_terminal(daemon: Daemon, tmp_path: Path) -> None:
    first, second = (added(daemon, picture(tmp_path, seed), "--hold") for seed in (24, 25))

    with at_terminal(daemon, "cancel", first, second) as person:
        person.answers(f"#{first} photo24.png: cancel it? Type yes or no:", "yes")
        person.answers(f"#{second} photo25.png: cancel it? Type yes or no:", "no")
        person.sees("Nothing was cancelled.")
        person.sees("--yes")
        assert person.code() == 64
    assert daemon.ask("show", first)["state"] == "held"  # one no is none of them

    with at_terminal(daemon, "cancel", first) as person:
        person.answers("cancel it?", "yes")
        person.sees(f"#{first} is cancelled")
        assert person.code() == 0
    with at_terminal(daemon, "cancel", second, "--yes") as person:
        person.sees(f"#{second} is cancelled")
        assert person.code() == 0
    with at_terminal(daemon, "forget", first) as person:
        person.answers(f"#{first} photo24.png: delete its pictures and files?", "\x04")
        person.sees("Nothing was deleted.")
        assert person.code() == 64
    assert daemon.cli("forget", first).returncode == 0  # a script means what it says


@pytest.mark.peer("prusa-slicer")
def test_whoever_waits_no_longer_hears_that_it_goes_on(daemon: Daemon, tmp_path: Path) -> None:
    with at_terminal(daemon, "add", picture(tmp_path, 26), "--wait") as person:
        person.sees("waiting for a printer: ")
        person.sees("printd printers bed-clear p1")  # what it waits for
        person.types("\x03")
        person.sees("goes on without you; look with `printd show ")
        assert person.code() == 130


# At the printer.


@pytest.mark.peer("prusa-slicer")
def test_wait_says_how_it_ends(open_daemon: Opener, tmp_path: Path) -> None:
    daemon = open_daemon()
    daemon.clear_bed()

    done = daemon.cli("add", picture(tmp_path, 1), "--wait")

    assert done.returncode == 0, done.stderr
    assert "printed on p1" in done.stderr
    done = daemon.cli("add", "--json", "--wait", picture(tmp_path, 2), "--hold")
    assert done.returncode == 2
    (answer,) = json.loads(done.stdout)
    assert (answer["job"], answer["state"]) == (2, "held")
    assert answer["because"]["code"] == "needs_release"
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    assert daemon.cli("add", bad, "--wait").returncode == 1
    assert daemon.stop() == 0


@pytest.mark.peer("prusa-slicer")
def test_a_print_is_cancelled_at_the_printer_and_the_bed_stays_occupied(
    open_daemon: Opener, tmp_path: Path
) -> None:
    daemon = open_daemon({"printers": {"p1": {"speed": SLOW}}})
    daemon.clear_bed()
    number = added(daemon, picture(tmp_path, 1))
    wait_for(daemon, number, State.PRINTING)

    for words in (("hold", number), ("retry", number), ("resolve", number, "printed")):
        refused(daemon, 1, "not_possible_now", *words)
    said = refused(daemon, 1, "not_possible_now", "printers", "bed-clear", "p1")
    assert (
        f"p1 is printing #{number}.\n→ Wait for its end, or run `printd cancel {number}`." in said
    )
    assert daemon.ask("cancel", number)[0]["asked"] is True
    wait_for(daemon, number, State.CANCELLED)

    assert daemon.ask("printers")[0]["bed"] == "occupied"
    assert [line["event"] for line in daemon.hands().journal()].count("cancelled") == 1
    refused(daemon, 1, "not_possible_now", "printers", "bed-clear", "p1", "--job", 99)
    daemon.clear_bed()
    assert daemon.ask("printers")[0]["bed"] == "clear"
    assert daemon.stop() == 0


@pytest.mark.peer("prusa-slicer")
def test_a_printer_out_of_service_gets_nothing_until_it_is_back(
    open_daemon: Opener, tmp_path: Path
) -> None:
    daemon = open_daemon()
    daemon.clear_bed()
    assert daemon.cli("printers", "out", "p1", "--note", "nozzle clogged").returncode == 0
    number = added(daemon, picture(tmp_path, 1))
    wait_for(daemon, number, State.SLICED)
    assert "nozzle clogged" in daemon.ask("show", number)["because"]["problem"]

    assert daemon.cli("printers", "in", "p1").returncode == 0

    wait_for(daemon, number, State.PRINTED)
    assert daemon.stop() == 0


@pytest.mark.peer("prusa-slicer")
def test_a_photo_is_handed_over_in_a_folder_and_resolved_by_a_person(
    open_daemon: Opener, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    card.mkdir()
    daemon = open_daemon({"printers": {"p1": None, "card": {"kind": "folder", "path": str(card)}}})
    for number, outcome in ((1, "printed"), (2, "failed")):
        daemon.put(f"{number}.png", encoded(textured(64, 64, number), "PNG"))
        job = daemon.wait_for_job(f"{number}.png", State.PRINTING)
        (handed_over,) = card.glob("*.gcode")
        assert handed_over.name == f"{job.print_name}.gcode"
        assert "printd resolve" in daemon.ask("show", number)["because"]["action"]
        refused(daemon, 1, "not_possible_now", "resolve", number, "not-started")

        assert daemon.cli("resolve", number, outcome).returncode == 0

        handed_over.unlink()  # as a person does who has printed it
    assert daemon.ask("show", 1)["state"] == "printed"
    failed = daemon.ask("show", 2)
    assert (failed["state"], failed["because"]["code"]) == ("held", "printer_fault")
    assert daemon.cli("cancel", 2).returncode == 0
    assert daemon.stop() == 0
