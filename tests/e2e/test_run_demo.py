"""``printd run --demo``: a whole shop in every state, in a folder of its own and nowhere else."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.core.database import FILE, Database
from printd.web.kiosk_pin import KioskPin
from printd.web.people import People
from tests.peers.daemon import PRINTD
from tests.peers.with_us import WITH_US

SHOWN_WITHIN_S = 240.0


class Shown:
    """The demo as a child program, and what stands on its screen."""

    def __init__(self, place: Path, *words: object, **environment: str) -> None:
        self.home = place / "home"
        self.temporary = place / "tmp"
        for folder in (self.home, self.temporary):
            folder.mkdir(parents=True, exist_ok=True)
        self.screen_file = place / "screen.txt"
        with self.screen_file.open("wb") as screen:
            self.program = subprocess.Popen(
                [*WITH_US, PRINTD, "run", "--demo", *map(str, words)],
                cwd=self.home,
                env={**self._environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
            )

    def _environment(self) -> dict[str, str]:
        known = {key: word for key, word in os.environ.items() if not key.startswith("PRINTD_")}
        # A person's own words; the demo must not listen to them.
        own = {"PRINTD_DATA_DIR": str(self.home / "mine"), "PRINTD_DROP__PATH": "elsewhere"}
        places = {"HOME": str(self.home), "TMPDIR": str(self.temporary)}
        return {**known, **own, **places}

    @property
    def screen(self) -> str:
        return self.screen_file.read_text()

    def wait_for(self, words: str) -> None:
        until_s = time.monotonic() + SHOWN_WITHIN_S
        while words not in self.screen:
            assert self.program.poll() is None, self.screen
            assert time.monotonic() < until_s, self.screen
            time.sleep(0.1)

    @property
    def config(self) -> Path:
        found = re.search(r"--config (\S+)", self.screen)
        assert found is not None
        return Path(found.group(1))

    def ask(self, *words: str) -> Any:
        done = subprocess.run(
            [PRINTD, words[0], "--json", "--config", self.config, *words[1:]],
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def end(self) -> int:
        self.program.send_signal(signal.SIGINT)
        return self.program.wait(30)


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[list[Shown]]:
    """Demos that are ended after the test, whatever comes of it."""
    begun: list[Shown] = []
    yield begun
    for one in begun:
        if one.program.poll() is None:
            one.program.kill()
            one.program.wait(10)


@pytest.mark.peer("prusa-slicer")
def test_every_state_is_there_and_stays(shown: list[Shown], tmp_path: Path) -> None:
    demo = Shown(tmp_path)
    shown.append(demo)
    demo.wait_for("as it is to be seen")
    demo.wait_for("lead nowhere")

    jobs = demo.ask("jobs")
    codes = {job["because"]["code"] for job in jobs if job["because"]}
    states = {job["state"] for job in jobs}
    printers = {one["name"]: one for one in demo.ask("printers")}
    status = demo.ask("status")

    assert states >= {"received", "sliced", "printing", "printed", "held", "cancelled"}
    waits = {"wrong_material", "bed_not_clear", "busy"}
    holds = {"needs_approval", "needs_release", "needs_choice", "needs_price_consent"}
    assert codes >= waits | holds | {"duplicate", "start_in_doubt", "printer_fault"}
    signed = [job["sign_off"]["word"] for job in jobs if job["sign_off"]]
    assert sorted(signed) == ["bad", "good"]
    assert any(job["state"] == "printed" and not job["sign_off"] for job in jobs)
    conditions = {name: one["condition"] for name, one in printers.items()}
    assert conditions["window"] == "idle"
    assert conditions["workbench"] == "printing"
    assert conditions["shelf"] == "finished"
    stops = {one["name"]: one["because"] for one in status["printers"] if one["because"]}
    assert stops["corner"]["code"] == "out_of_service"
    assert printers["workbench"]["remaining_s"] > 3600
    assert "goes on without it" not in demo.screen
    assert "was not done" not in demo.screen

    assert demo.end() == 0
    assert not demo.config.parent.exists()
    assert list(demo.temporary.iterdir()) == []
    assert list(demo.home.iterdir()) == []


def test_without_a_slicer_it_shows_what_it_can_and_goes_on_in_its_folder(
    shown: list[Shown], tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    first = Shown(tmp_path, "--data", kept, PATH=str(tmp_path))
    shown.append(first)
    first.wait_for("lead nowhere")
    assert "nothing is printed" in first.screen
    jobs = first.ask("jobs")
    assert {job["state"] for job in jobs} >= {"received", "held", "cancelled"}
    assert first.end() == 0

    second = Shown(tmp_path, "--data", kept, PATH=str(tmp_path))
    shown.append(second)
    second.wait_for("lead nowhere")
    assert [job["number"] for job in second.ask("jobs")] == [job["number"] for job in jobs]
    (password,) = re.findall(r"password: (\S+)\)", second.screen)
    (digits,) = re.findall(r"staff corner: (\d+)\)", second.screen)
    database = Database(kept / "data" / FILE)
    database.use()
    assert People(database).known("demo", password).scope == "admin"
    assert KioskPin(database).is_this(digits)
    database.close()
    assert second.end() == 0
    assert (kept / "config.yaml").exists()


@pytest.mark.full
def test_ended_in_the_middle_it_leaves_nothing(shown: list[Shown], tmp_path: Path) -> None:
    demo = Shown(tmp_path)
    shown.append(demo)
    demo.wait_for("Pictures are drawn.")
    assert demo.end() == 0
    assert list(demo.temporary.iterdir()) == []


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "config.yaml").write_text("data_dir: data\n")
    done = subprocess.run(
        [PRINTD, "run", "--demo", "--data", mine], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78
    assert "Name an empty folder" in done.stderr
    assert [file.name for file in mine.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize("words", [("--data", "x"), ("--demo", "--config", "config.yaml")])
def test_it_takes_no_configuration_of_anybodys(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [PRINTD, "run", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 64
    assert list(tmp_path.iterdir()) == []
