"""Failpoints: they act when planned, at the n-th time, and never in service."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import printd
from printd.core.failpoints import NAMES

PROGRAM = """\
import sys
from printd.core.failpoints import hit
for _ in range(3):
    hit("move.in")
    print("passed", flush=True)
"""


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: text for key, text in os.environ.items() if not key.startswith("PRINTD_")}
    kept.pop("INVOCATION_ID", None)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_plan_nothing_happens() -> None:
    done = run()
    assert (done.returncode, done.stdout.split()) == (0, ["passed"] * 3)


@pytest.mark.parametrize(("plan", "passed"), [("move.in", 0), ("move.in:1", 0), ("move.in:3", 2)])
def test_a_planned_kill_comes_at_the_nth_time(plan: str, passed: int) -> None:
    done = run(PRINTD_FAULT=f"{plan}=kill")
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["passed"] * passed


def test_a_plan_for_another_place_does_nothing_here() -> None:
    assert run(PRINTD_FAULT="move.before=kill").returncode == 0


def test_a_planned_error_is_that_of_the_system() -> None:
    done = run(PRINTD_FAULT="move.in:2=raise:ENOSPC")
    assert done.stdout.split() == ["passed"]
    assert "OSError: [Errno 28] failpoint move.in" in done.stderr


def test_a_planned_pause_ends_by_itself() -> None:
    began = time.monotonic()
    assert run(PRINTD_FAULT="move.in=sleep:0.3").returncode == 0
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("plan", ["nowhere=kill", "move.in", "move.in=explode", "=kill"])
def test_a_plan_that_means_nothing_is_refused(plan: str) -> None:
    done = run(PRINTD_FAULT=plan)
    assert done.returncode != 0
    assert "is no failpoint" in done.stderr


def test_under_systemd_a_plan_is_refused() -> None:
    done = run(PRINTD_FAULT="move.in=kill", INVOCATION_ID="abc")
    assert done.returncode == 1
    assert "failpoints are for tests only" in done.stderr
    assert run(INVOCATION_ID="abc").returncode == 0


def test_every_failpoint_is_somewhere_in_the_program_and_listed() -> None:
    source = "".join(path.read_text() for path in Path(printd.__path__[0]).rglob("*.py"))
    assert set(re.findall(r'\bhit\("([a-z.]+)"\)', source)) == NAMES
