"""A database that cannot be worked with: the daemon shows what it knows, and changes nothing."""

import json
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from printd.core.database import FILE
from printd.core.jobs import State
from printd.web.keys import Keys, Scope
from tests.e2e.conftest import ended
from tests.e2e.test_rights_and_disks import unprivileged
from tests.peers.api import at_home
from tests.peers.daemon import SERVED, Daemon, merged
from tests.peers.no_tls import NO_TLS
from tests.peers.notify import NotifySocket
from tests.photos import encoded, textured

PHOTO = encoded(textured(64, 64), "PNG")
# Held before anything is calculated: the job stays as it is, and its record too.
WAITS = {"recipes": {"default": {"approval": "always"}}}


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which a daemon has worked: one job, and a key of an operator."""
    with ended(Daemon(tmp_path_factory.mktemp("used"), merged(SERVED, WAITS))) as daemon:
        daemon.put("mia.png", PHOTO)
        daemon.wait_for_job("mia.png", State.HELD)
        with daemon.store() as store:
            key = Keys(store.database).create("desk", Scope.OPERATE, by="test")[1]
        assert daemon.stop() == 0
    return daemon.folder, key


@pytest.fixture
def daemon(used: tuple[Path, str]) -> Iterator[Daemon]:
    """A daemon on a copy of it, not started; its folder is one that any user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="pd-"))
    folder.chmod(0o755)
    shutil.copytree(used[0], folder, dirs_exist_ok=True)
    try:
        yield Daemon(folder, merged(SERVED, WAITS))
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def safe(used: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon in safe mode, for tests that only look."""
    folder = tmp_path_factory.mktemp("safe")
    shutil.copytree(used[0], folder, dirs_exist_ok=True)
    empty(folder / "data" / FILE)
    with Daemon(folder, merged(SERVED, WAITS)) as daemon:
        yield daemon
        assert daemon.stop() == 78


def write_letter(path: Path) -> None:
    path.write_bytes(b"Dear printd,\n" * 1000)


def spoil_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:12288] = os.urandom(8192)
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10_000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def make_newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE job ADD COLUMN smell TEXT NOT NULL DEFAULT 'none'")
        connection.execute("PRAGMA user_version=999")
    connection.close()


def database_files(daemon: Daemon) -> dict[str, bytes]:
    """Return the database and its log; an empty log and the index of a log say nothing."""
    files = [daemon.data / name for name in (FILE, f"{FILE}-wal")]
    return {
        file.name: content for file in files if file.exists() and (content := file.read_bytes())
    }


def over_tcp(daemon: Daemon, **headers: str) -> httpx.Client:
    url = re.findall(r"API: (http://\S+)/api/v1", daemon.log)[-1]
    return httpx.Client(base_url=url, headers=headers, timeout=30.0, verify=NO_TLS)


DAMAGES = [
    (write_letter, "database_damaged"),
    (spoil_in_the_middle, "database_damaged"),
    (cut, "database_damaged"),
    (empty, "database_damaged"),
    (make_newer, "database_newer"),
]


@pytest.mark.parametrize(("spoil", "code"), DAMAGES)
def test_it_shows_the_jobs_and_takes_and_changes_nothing(
    daemon: Daemon, spoil: Callable[[Path], None], code: str
) -> None:
    spoil(daemon.data / FILE)
    before = database_files(daemon)
    photo = daemon.put("tom.png", PHOTO)
    with daemon:
        with at_home(daemon.data) as home:
            state = home.get("/state").json()
            assert [(job["name"], job["state"]) for job in state["jobs"]] == [("mia.png", "held")]
            assert state["jobs"][0]["can"] == []
            assert state["needs_you"][0]["because"]["code"] == "safe_mode"
            assert "printd restore" in state["needs_you"][0]["because"]["action"]
            daemon.wait_until(
                lambda: home.get("/printers").json()["printers"][0]["condition"] == "idle",
                "the printer is watched",
            )
            refused = home.post("/jobs/1/approve", json={"seen": 0})
            assert (refused.status_code, refused.json()["code"]) == (503, "safe_mode")
            added = home.post("/jobs", files={"file": ("big.png", b"x" * 100_000)})
            assert (added.status_code, added.json()["code"]) == (503, "safe_mode")
        with over_tcp(daemon) as client:
            for path in ("/healthz", "/readyz"):
                answer = client.get(path)
                assert answer.status_code == 503
                assert answer.json()["checks"]["store"] == code
            page = client.get("/", headers={"Accept": "text/html"})
            assert page.status_code == 503
            assert FILE in page.text
            assert "mia.png" not in page.text  # nobody has said who looks
            kiosk = client.get("/kiosk", headers={"Accept": "text/html"})
            assert "ask the staff" in kiosk.text
            assert FILE not in kiosk.text

        assert daemon.stop() == 78
    assert database_files(daemon) == before
    assert photo.read_bytes() == PHOTO
    assert "Traceback" not in daemon.log


def test_its_page_speaks_german(safe: Daemon) -> None:
    with over_tcp(safe) as client:
        asked = {"Accept": "text/html", "Accept-Language": "de"}

        assert "im sicheren Modus" in client.get("/", headers=asked).text
        assert "außer Betrieb" in client.get("/kiosk", headers=asked).text


def test_keys_open_what_can_be_read_and_nothing_else(
    daemon: Daemon, used: tuple[Path, str]
) -> None:
    make_newer(daemon.data / FILE)
    with daemon:
        with over_tcp(daemon) as stranger:
            assert stranger.get("/api/v1/jobs").json()["code"] == "key_needed"
        with over_tcp(daemon, **{"X-Api-Key": used[1]}) as desk:
            assert [job["name"] for job in desk.get("/api/v1/jobs").json()["jobs"]] == ["mia.png"]
            assert desk.get("/api/v1/jobs/1").json()["timeline"]
            assert "mia.png" in desk.get("/", headers={"Accept": "text/html"}).text
            assert desk.get("/api/v1/recipes").json()["code"] == "safe_mode"
            assert desk.delete("/api/v1/keys/x").status_code == 503
        daemon.stop()


def test_a_key_that_cannot_be_looked_up_is_not_called_wrong(
    safe: Daemon, used: tuple[Path, str]
) -> None:
    with over_tcp(safe, **{"X-Api-Key": used[1]}) as desk:
        answer = desk.get("/api/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (503, "safe_mode")


def test_a_slicer_is_told_in_its_own_words(safe: Daemon) -> None:
    with over_tcp(safe) as slicer:
        for answer in (
            slicer.get("/octoprint/any/api/version"),
            slicer.post("/octoprint/any/api/files/local", files={"file": ("a.gcode", b"G28")}),
        ):
            assert answer.status_code == 503
            assert answer.text.startswith("The database")
            assert not answer.text.startswith("{")


def test_commands_say_it_first_and_show_what_is_known(daemon: Daemon) -> None:
    cut(daemon.data / FILE)
    with daemon:
        status = daemon.cli("status")
        assert status.stdout.splitlines()[0].endswith("it takes, starts and changes nothing.")
        assert status.stderr == ""
        assert "printd rebuild" in status.stdout.splitlines()[1]
        assert "p1" in status.stdout
        assert daemon.ask("status")["safe_mode"]["code"] == "safe_mode"
        assert [job["name"] for job in daemon.ask("jobs")] == ["mia.png"]
        assert "mia.png" in daemon.cli("show", "1").stdout
        assert [one["condition"] for one in daemon.ask("printers")] == ["idle"]
        for words in (("approve", "1"), ("printers", "bed-clear", "p1"), ("queue", "pause")):
            done = daemon.cli(*words)
            assert done.returncode == 78
            assert "[safe_mode]" in done.stderr
        found = daemon.cli("doctor").stdout
        assert "safe mode" in next(line for line in found.splitlines() if " daemon " in line)
        daemon.stop()
    done = daemon.cli("jobs")  # nobody runs: the records are read all the same
    assert "mia.png" in done.stdout
    assert FILE in done.stderr


def test_systemd_hears_that_it_lives_and_why_it_does_nothing(daemon: Daemon) -> None:
    empty(daemon.data / FILE)
    with NotifySocket() as told:
        daemon.launch({"NOTIFY_SOCKET": str(told.path), "WATCHDOG_USEC": "300000"})
        told.wait_for("WATCHDOG=1", 30, lambda: None)
        assert any(word.startswith("STATUS=safe mode: ") for word in told.heard)
        assert "READY=1" in told.heard
    assert daemon.stop() == 78


def test_the_drop_folder_says_that_pictures_stay(safe: Daemon) -> None:
    assert "yours stay here" in (safe.drop / "_status.txt").read_text()


@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_database_of_somebody_else_is_left_alone(daemon: Daemon, mode: int) -> None:
    prefix, user = unprivileged()
    for path in (daemon.folder, *daemon.folder.rglob("*")):
        os.chown(path, user, user)
    before = database_files(daemon)
    (daemon.data / FILE).chmod(mode)
    daemon.prefix = prefix
    with daemon:
        with at_home(daemon.data) as home:
            state = home.get("/state").json()
            assert [job["name"] for job in state["jobs"]] == ["mia.png"]
            assert "chown" in state["needs_you"][0]["because"]["action"]
        assert daemon.stop() == 78
    (daemon.data / FILE).chmod(0o600)
    assert database_files(daemon) == before


def test_a_database_that_is_damaged_while_it_runs_leads_there_too(daemon: Daemon) -> None:
    with daemon:
        spoil_in_the_middle(daemon.data / FILE)
        daemon.put("tom.png", encoded(textured(64, 64, 2), "PNG"))
        daemon.wait_until(lambda: "is in safe mode" in daemon.log, "it has seen it")
        daemon.wait_until((daemon.data / "safe-mode.json").exists, "it says so")
        before = database_files(daemon)
        done = daemon.cli("status")
        assert "safe mode" in done.stdout
        assert daemon.stop() == 78
    assert database_files(daemon) == before


def test_what_is_put_right_is_worked_with_again(daemon: Daemon) -> None:
    good = (daemon.data / FILE).read_bytes()
    cut(daemon.data / FILE)
    daemon.put("tom.png", encoded(textured(64, 64, 2), "PNG"))
    with daemon:
        daemon.kill()  # what it has noted for commands is left behind
    assert json.loads((daemon.data / "safe-mode.json").read_bytes())
    (daemon.data / FILE).write_bytes(good)
    with ended(daemon):
        daemon.wait_for_job("tom.png", State.HELD)
        assert {job["name"] for job in daemon.ask("jobs")} == {"mia.png", "tom.png"}
        assert daemon.ask("status")["safe_mode"] is None
        assert daemon.stop() == 0


def test_a_rebuilt_database_is_worked_with_again(daemon: Daemon) -> None:
    cut(daemon.data / FILE)
    with daemon:
        refused = daemon.cli("rebuild")
        assert "Another printd" in refused.stderr
        daemon.stop()
    assert daemon.cli("rebuild").returncode == 0
    with ended(daemon):
        assert [job["name"] for job in daemon.ask("jobs")] == ["mia.png"]
        assert daemon.stop() == 0
