"""Lock files: one owner, who says who it is; freed by any death."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from printd.core.locks import is_locked, take_lock

HOLDER = """\
import sys, time
from pathlib import Path
from printd.core.locks import take_lock
take_lock(Path(sys.argv[1]), "the other one")
print("held", flush=True)
time.sleep(60)
"""


def test_the_second_is_told_who_has_the_lock(tmp_path: Path) -> None:
    descriptor = take_lock(tmp_path / "lock", "1234\n")
    with pytest.raises(BlockingIOError) as held:
        take_lock(tmp_path / "lock", "5678\n")
    assert held.value.args[1] == "1234"
    os.close(descriptor)
    os.close(take_lock(tmp_path / "lock", "5678\n"))
    assert (tmp_path / "lock").read_text() == "5678\n"


def test_looking_does_not_take(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "lock")
    descriptor = take_lock(tmp_path / "lock", "")
    assert is_locked(tmp_path / "lock")
    os.close(descriptor)
    assert not is_locked(tmp_path / "lock")


def test_the_death_of_the_owner_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError) as held:
            take_lock(path, "")
        assert held.value.args[1] == "the other one"
        other.send_signal(signal.SIGKILL)
        other.wait()
    os.close(take_lock(path, ""))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        take_lock(tmp_path / "lock", "")
    assert not (tmp_path / "elsewhere").exists()
