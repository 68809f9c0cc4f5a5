"""A command whose output is closed, full, read in part, or has few signs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.loaded import INSTALLED

LONG = ("config", "schema")  # more than any pipe or buffer holds


def told(
    shell: str, *words: str, folder: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Type a command in a shell."""
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; "$@" {shell}', "-", INSTALLED, *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("words", [("version",), ("version", "--json"), LONG])
def test_a_full_disk_is_said_and_ends_with_74(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = told("> /dev/full", *words, folder=tmp_path)
    assert (done.returncode, done.stdout) == (74, "")
    assert done.stderr.startswith("Standard output cannot be written: No space left on device.\n→ ")
    assert done.stderr.count("\n") == 2


def test_a_reader_that_has_enough_is_no_fault(tmp_path: Path) -> None:
    done = told("| head -1", *LONG, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


@pytest.mark.parametrize("shell", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(tmp_path: Path, shell: str) -> None:
    done = told(shell, "version", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_database_never_becomes_standard_output(tmp_path: Path) -> None:
    assert told(">&-", "keys", "create", "a", "--scope", "submit", folder=tmp_path).returncode == 0
    assert "pd_" not in (tmp_path / "data/printd.db").read_text(errors="replace")


def test_signs_that_a_terminal_does_not_have_are_written_otherwise(tmp_path: Path) -> None:
    plain = {"PYTHONIOENCODING": "ascii"}
    done = told("", "keys", "revoke", "größe", folder=tmp_path, **plain)
    assert done.returncode == 1
    assert done.stderr == (
        "No key that works is called 'gr??e'.\n-> See `printd keys list`.  [no_such_key]\n"
    )
    done = told("", "recipes", "show", "größe", "--json", folder=tmp_path, **plain)
    assert "gr\\u00f6\\u00dfe" in done.stdout


def test_what_the_system_refuses_is_told_without_a_traceback(tmp_path: Path) -> None:
    assert told("", "keys", folder=tmp_path).returncode == 0
    done = told("", "backup", "/proc/x.tar.gz", folder=tmp_path)
    assert done.returncode == 66
    assert done.stderr.startswith("/proc/")
    assert "→ " in done.stderr


SWALLOWS = """
import os, signal
class Library:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)  # what it raises here is raised nowhere
Library()
def run(args):
    print("it went on")
"""
LOADS_IT = """
import sys, printd.cli
printd.cli.__path__.append(sys.argv[1])
printd.cli.loaded("swallows:run")(None)
"""


def test_ctrl_c_while_a_command_is_loaded_is_not_swallowed(tmp_path: Path) -> None:
    (tmp_path / "swallows.py").write_text(SWALLOWS)
    done = subprocess.run(
        [sys.executable, "-c", LOADS_IT, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGINT, "")
