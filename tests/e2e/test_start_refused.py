"""What a daemon says that cannot begin: a sentence, the right exit code, and nothing touched."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from printd.core.database import FILE
from tests.e2e.conftest import Opener
from tests.peers.daemon import PRINTD, Daemon


def said(done: subprocess.CompletedProcess[str], code: str, *words: str) -> None:
    assert f"[{code}]" in done.stderr
    assert "→ " in done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    return Daemon(tmp_path, as_program=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("drop: {setle_s: 3}\n", ["drop.setle_s: unknown key", "did you mean `settle_s`?"]),
        ("nonsense: 1\n", ["nonsense: unknown key"]),
        ("drop: {settle_s: soon}\n", ["drop.settle_s: 'soon'", "valid number"]),
        ("drop: {settle_s: -1}\n", ["drop.settle_s: -1", "greater than 0"]),
        ("drop: 3\n", ["drop: must hold keys and values"]),
        ("printers: {p1: {kind: virtul}}\n", ["printers.p1.kind", "virtual, folder"]),
        ("printers: {p1: {kind: folder}}\n", ["printers.p1.path: missing"]),
        ("printers: {'../x': {kind: virtual}}\n", ["../x"]),
        ("recipes: {a: {preset: nosuch}}\n", ["nosuch", "portrait"]),
        ("recipes: {again: {}}\n", ["again", "word of the drop folder"]),
        ("recipes: {a: {width_mm: 1}}\n", ["recipes.a", "width_mm"]),
        ("recipes: {default: {settings: {relief: 1}}}\n", ["no such setting"]),
        ("- a\n- b\n", ["must hold keys and values"]),
        ("drop: [\n", ["is not YAML"]),
        ("\x00", ["is not YAML"]),
        ("drop: {settle_s: soon, x: 1}\nlog: {level: loud}\n", ["settle_s", "drop.x", "log.level"]),
    ],
)
def test_a_wrong_configuration_is_78_and_says_what_and_where(
    daemon: Daemon, text: str, words: list[str]
) -> None:
    daemon.config.write_text(text)

    for command in ("run", "check"):
        done = daemon.cli(command)

        assert done.returncode == 78, done.stderr
        said(done, "config_invalid", "config.yaml", *words)
    assert not daemon.data.exists()


def test_a_missing_configuration_is_78_and_named(tmp_path: Path) -> None:
    for command in ("run", "check", "jobs"):
        done = subprocess.run(
            [PRINTD, command, "--config", tmp_path / "none.yaml"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 78
        said(done, "config_invalid", "none.yaml", "No such file")


def test_a_configuration_that_is_a_folder_is_78(tmp_path: Path) -> None:
    done = subprocess.run(
        [PRINTD, "run", "--config", tmp_path], capture_output=True, text=True, check=False
    )

    assert done.returncode == 78
    said(done, "config_invalid", "directory")


def test_a_missing_profile_is_said(daemon: Daemon) -> None:
    daemon.write_config({"printers": {"p1": {"profile": "nosuch"}}})

    done = daemon.run_to_its_end()

    assert done.returncode == 78, done.stderr
    said(done, "config_invalid", "printers.p1.profile", "no profile nosuch")


def test_a_drop_folder_that_cannot_be_is_78(daemon: Daemon) -> None:
    daemon.drop.write_bytes(b"a file")

    done = daemon.run_to_its_end()

    assert done.returncode == 78
    said(done, "folder_unusable", str(daemon.drop))


def test_a_data_folder_that_cannot_be_is_78(daemon: Daemon) -> None:
    daemon.data.write_bytes(b"a file")

    done = daemon.run_to_its_end()

    assert done.returncode == 78
    said(done, "folder_unusable", str(daemon.data))


def spoil_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:12288] = os.urandom(8192)
    path.write_bytes(content)


def write_letter(path: Path) -> None:
    path.write_bytes(b"This is not a database.\n" * 500)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10_000])


def make_newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("PRAGMA user_version=999")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (write_letter, "database_damaged"),
        (spoil_in_the_middle, "database_damaged"),
        (cut, "database_damaged"),
        (make_newer, "database_newer"),
    ],
)
def test_a_database_that_cannot_be_used_is_78_and_left_as_it_is(
    daemon: Daemon, spoil: Callable[[Path], None], code: str
) -> None:
    with daemon:
        assert daemon.stop() == 0
    spoil(daemon.data / FILE)
    before = (daemon.data / FILE).read_bytes()

    done = daemon.run_to_its_end()

    assert done.returncode == 78, done.stderr
    said(done, code, FILE)
    assert (daemon.data / FILE).read_bytes() == before
    daemon.cli("jobs")
    assert (daemon.data / FILE).read_bytes() == before


def test_a_second_daemon_on_the_data_is_69_and_names_the_first(open_daemon: Opener) -> None:
    first = open_daemon()
    assert first.program is not None

    done = first.run_to_its_end()

    assert done.returncode == 69
    said(done, "already_running", f"process {first.program.pid}")
    assert first.runs


def test_a_second_daemon_on_the_drop_folder_is_69_and_names_the_first(
    open_daemon: Opener, daemon: Daemon
) -> None:
    first = open_daemon()
    assert first.program is not None
    daemon.write_config({"drop": {"path": str(first.drop)}})

    done = daemon.run_to_its_end()

    assert done.returncode == 69
    said(done, "already_running", str(first.program.pid), str(first.drop))
    assert first.runs


def test_after_a_kill_no_lock_is_left(open_daemon: Opener) -> None:
    daemon = open_daemon()
    daemon.kill()

    daemon.start()

    assert daemon.stop() == 0
