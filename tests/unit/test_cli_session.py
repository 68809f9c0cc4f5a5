"""What a command says when the daemon does not answer."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from printd.cli.session import DaemonBusy, session
from printd.core.database import own_folder
from printd.core.errors import DaemonAway


@pytest.fixture
def args(tmp_path: Path) -> argparse.Namespace:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"data_dir": "data", "drop": {"path": "drop"}}))
    return argparse.Namespace(config=str(config))


def test_a_daemon_that_runs_and_does_not_answer_is_busy_and_not_to_be_started(
    args: argparse.Namespace, tmp_path: Path
) -> None:
    with session(args, create=True) as here:
        lock = own_folder(tmp_path / "data")  # as a daemon has it that comes to nothing
        try:
            with pytest.raises(DaemonBusy) as caught:
                here.ask("hold", {"job": 1}, within_s=0.1)
        finally:
            os.close(lock)

        assert "The request is kept." in caught.value.problem
        assert "printd jobs" in caught.value.action
        assert "printd run" not in str(caught.value)
        assert len(here.requests.open(["hold"])) == 1


def test_a_daemon_that_does_not_run_is_to_be_started(args: argparse.Namespace) -> None:
    with session(args, create=True) as here:
        with pytest.raises(DaemonAway) as caught:
            here.ask("hold", {"job": 1})

        assert caught.value.code == "daemon_away"
        assert "printd run" in caught.value.action
        assert len(here.requests.open(["hold"])) == 1


@pytest.mark.parametrize(
    ("command", "unused"),
    [
        ("printd.cli", "pydantic yaml sqlite3 httpx"),
        ("printd.cli.printers", "printd.slicers printd.web httpx fastapi uvicorn"),
        ("printd.cli.ask", "printd.slicers printd.web httpx fastapi uvicorn"),
        ("printd.cli.status", "printd.slicers printd.web.server httpx fastapi uvicorn"),
    ],
)
def test_a_command_loads_nothing_heavy_that_it_does_not_use(command: str, unused: str) -> None:
    program = (
        f"import sys, printd.cli, {command}; print(*sorted(set(sys.argv[1:]) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *unused.split()], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
