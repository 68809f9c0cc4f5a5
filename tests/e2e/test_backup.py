"""Backup and restore with the real daemon: what waited waits for a person, and prints once."""

import shutil
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.stores import make_older
from tests.peers.typed import typed
from tests.photos import encoded, textured


@pytest.mark.peer("prusa-slicer")
def test_a_restored_daemon_starts_nothing_until_a_person_says_so(open_daemon: Opener) -> None:
    daemon = open_daemon()
    daemon.put("a.png", encoded(textured(64, 64, 1), "PNG"))
    daemon.wait_for_job("a.png", State.SLICED)
    assert daemon.cli("backup", "kept.tar.gz").returncode == 0
    daemon.clear_bed()
    daemon.wait_for_job("a.png", State.PRINTED)
    assert daemon.cli("restore", "kept.tar.gz").returncode == 69  # it runs
    assert daemon.stop() == 0
    shutil.rmtree(daemon.data / "jobs")

    done = daemon.cli("restore", "kept.tar.gz")
    assert done.returncode == 0, done.stderr
    assert "1 of them wait for you" in done.stdout

    daemon.start()
    daemon.clear_bed()
    (job,) = daemon.ask("jobs")
    assert (job["state"], job["because"]["code"]) == ("held", "restored")
    assert daemon.hands().starts() == 1
    assert daemon.cli("retry", 1).returncode == 0
    name = daemon.wait_for_job("a.png", State.PRINTED).print_name
    assert daemon.hands().starts() == 2
    assert daemon.hands().starts(name) == 1  # a name that no print has had before
    assert daemon.stop() == 0


def test_a_backup_takes_the_place_of_an_older_one_and_of_nothing_else(
    open_daemon: Opener,
) -> None:
    daemon = open_daemon()
    before = daemon.config.read_bytes()
    refused = daemon.cli("backup", daemon.config)
    assert (refused.returncode, "is there, and is no backup" in refused.stderr) == (64, True)
    assert daemon.config.read_bytes() == before
    folder = daemon.cli("backup", daemon.folder)
    assert "Name a file: " in folder.stderr
    for _ in range(2):
        assert daemon.cli("backup", "kept.tar.gz").returncode == 0


@pytest.mark.parametrize("words", [(), ("--config", "etc/mine.yaml")])
def test_a_machine_that_has_no_configuration_gets_that_of_the_backup(
    open_daemon: Opener, tmp_path: Path, words: tuple[str, ...]
) -> None:
    daemon = open_daemon({"data_dir": "elsewhere"})
    assert daemon.cli("backup", "kept.tar.gz").returncode == 0
    assert daemon.stop() == 0
    new = tmp_path / "new"
    (new / "etc").mkdir(parents=True)

    done = typed(["restore", str(daemon.folder / "kept.tar.gz"), *words], folder=new)

    assert done.returncode == 0, done.stderr
    config = new / (words[1] if words else "config.yaml")
    assert "its secrets are not in a backup" in done.stdout
    assert config.read_bytes() == daemon.config.read_bytes()
    assert (config.parent / "elsewhere" / "printd.db").exists()
    assert typed(["check", *words], folder=new).returncode == 0


@pytest.mark.peer("prusa-slicer")
def test_a_database_that_is_lost_is_made_of_the_records(open_daemon: Opener) -> None:
    daemon = open_daemon()
    daemon.put("a.png", encoded(textured(64, 64, 1), "PNG"))
    daemon.wait_for_job("a.png", State.SLICED)
    assert daemon.stop() == 0
    for file in daemon.data.glob("printd.db*"):
        file.unlink()

    assert daemon.cli("rebuild").returncode == 0

    daemon.start()
    daemon.clear_bed()
    (job,) = daemon.ask("jobs")
    assert (job["name"], job["state"], job["because"]["code"]) == ("a.png", "held", "restored")
    assert daemon.cli("retry", 1).returncode == 0
    daemon.wait_for_job("a.png", State.PRINTED)
    assert daemon.stop() == 0


def test_a_newer_printd_keeps_the_database_from_before_and_tells_where(
    open_daemon: Opener,
) -> None:
    daemon = open_daemon()
    assert daemon.stop() == 0
    for file in daemon.data.glob("printd.db*"):
        file.unlink()
    (daemon.data / "generation").unlink(missing_ok=True)
    make_older(daemon.data / "printd.db")
    daemon.start()
    listed = daemon.ask("backup", "--list")
    (kept,) = [copy for copy in listed if copy["why"] == "before an upgrade"]
    assert kept["file"] in daemon.log
    assert daemon.stop() == 0
    assert kept["file"] in daemon.cli("backup", "--list").stdout
    done = daemon.cli("restore", kept["file"])
    assert "1 jobs are back; 1 of them wait for you" in done.stdout, done.stderr
