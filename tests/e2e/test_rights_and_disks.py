"""Where the machine says no: rights, file events, a full disk. The daemon lives on."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener, ended
from tests.peers.daemon import Daemon
from tests.peers.disks import small_disk
from tests.photos import encoded, textured

NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")
# Root to whom the kernel says no like to anybody; where nobody may not start the interpreter.
AS_WEAK_ROOT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-lease", "--")
NO_EVENTS = (
    *("unshare", "-Ur", "sh", "-c"),
    'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"',
    "sh",
)


def works(*command: str) -> bool:
    """Return whether this prefix can start the interpreter, also from a shell."""
    if shutil.which(command[0]) is None:
        return False
    look = [*command, "sh", "-c", '"$0" -c pass', sys.executable]
    return subprocess.run(look, check=False, capture_output=True).returncode == 0


def unprivileged() -> tuple[tuple[str, ...], int]:
    """Return what runs a program without rights, and as which user."""
    if os.geteuid() != 0:
        return (), os.geteuid()
    for prefix, user in ((AS_NOBODY, NOBODY), (AS_WEAK_ROOT, 0)):
        if works(*prefix):
            return prefix, user
    pytest.skip("running without rights needs setpriv")


def picture(seed: int = 1, size: int = 64) -> bytes:
    return encoded(textured(size, size, seed), "PNG")


class Weak:
    """A daemon without rights, in a folder that its user may enter; pytest's own may not be."""

    def __init__(self, folder: Path) -> None:
        self.prefix, self.user = unprivileged()
        folder.chmod(0o755)
        self.own(folder)
        self.daemon = Daemon(folder, {"drop": {"incomplete_after_s": 3.0}}, prefix=self.prefix)
        self.drop = self.daemon.drop
        self.drop.mkdir()
        self.own(self.drop)

    def own(self, path: Path) -> None:
        os.chown(path, self.user, self.user)

    def put(self, name: str, content: bytes) -> Path:
        path: Path = self.drop / name
        path.write_bytes(content)
        self.own(path)
        return path


@pytest.fixture
def weak() -> Iterator[Weak]:
    folder = Path(tempfile.mkdtemp(prefix="pd-"))
    try:
        yield Weak(folder)
    finally:
        shutil.rmtree(folder)


def test_a_drop_folder_without_write_permission_is_taken_from_once(weak: Weak) -> None:
    daemon = weak.daemon
    for name, content in (("cat.png", picture()), ("bad.png", b"no picture")):
        weak.put(name, content)
    weak.drop.chmod(0o555)
    stays = f"but printd (user {weak.user}) may not move it away: Permission denied"
    with ended(daemon):
        for starts in (1, 2):
            wanted = 2 * starts

            def said(wanted: int = wanted) -> bool:
                return daemon.log.count(stays) == wanted

            daemon.wait_until(said, "it is said once in each run")
            daemon.wait_until(lambda: len(daemon.jobs()) == 1, "cat.png is a job")
            assert daemon.stop() == 0
            daemon.start()

        assert [job.name for job in daemon.jobs()] == ["cat.png"]
        with daemon.store() as store:
            rejected = [event for event in store.events() if event.kind == "drop.rejected"]
        assert len(rejected) == 1
        assert daemon.unaccounted() == set()
        assert daemon.stop() == 0
    assert {path.name for path in weak.drop.iterdir()} == {"cat.png", "bad.png"}


def test_a_file_that_may_not_be_read_is_waited_for_and_then_refused(weak: Weak) -> None:
    daemon = weak.daemon
    with ended(daemon):
        for name in ("secret.png", "late.png"):
            beside = daemon.folder / "beside"
            beside.write_bytes(picture(len(name)))
            beside.chmod(0o000)
            weak.own(beside)
            beside.rename(weak.drop / name)
        daemon.wait_until(lambda: daemon.log.count("may not read the file") == 2, "it is said")
        (weak.drop / "late.png").chmod(0o644)

        sentence = daemon.refused("secret.png")

        assert f"printd (user {weak.user}) may not read the file: Permission denied." in sentence
        assert "code: photo_forbidden" in sentence
        assert [job.name for job in daemon.jobs()] == ["late.png"]
        assert daemon.unaccounted() == set()
        assert daemon.stop() == 0


def test_a_recipe_folder_that_may_not_be_entered_hides_no_other(weak: Weak) -> None:
    daemon = weak.daemon
    daemon.write_config({"recipes": {"keychain": {"width_mm": 20}, "zebra": {"width_mm": 20}}})
    keychain = weak.drop / "keychain"
    keychain.mkdir()
    keychain.chmod(0o000)
    weak.own(keychain)
    with ended(daemon):
        weak.put("cat.png", picture())
        daemon.wait_until(daemon.jobs, "cat.png is a job")

        daemon.wait_until(
            lambda: "keychain: cannot be looked at" in (weak.drop / "_status.txt").read_text(),
            "it is said",
        )

        assert (weak.drop / "zebra" / "README.txt").exists()
        assert (weak.drop / ".printd.lock").exists()
        assert not (weak.drop / "cat.png").exists()
        assert daemon.stop() == 0


def test_without_any_file_events_photos_are_found_all_the_same(open_daemon: Opener) -> None:
    if not works(*NO_EVENTS):
        pytest.skip("a world without file events needs unshare")
    daemon = open_daemon(prefix=NO_EVENTS)

    daemon.put("cat.png", picture())

    daemon.wait_until(daemon.jobs, "cat.png is a job")
    assert daemon.log.count("no file events for the drop folder") == 1
    assert daemon.stop() == 0


def test_with_file_events_a_photo_need_not_wait_for_the_next_scan(open_daemon: Opener) -> None:
    daemon = open_daemon({"drop": {"scan_s": 3600.0}})

    for number in range(2):
        daemon.put(f"{number}.png", picture(number))
        daemon.wait_for_job(f"{number}.png", State.SLICED)
    assert daemon.stop() == 0


def wait_for_printed(daemon: Daemon, count: int) -> None:
    daemon.wait_until(
        lambda: list(daemon.states().values()).count(State.PRINTED) == count,
        f"{count} are printed",
        60,
    )


def fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as stream:
        while stream.write(bytes(4096)):
            pass


@pytest.mark.peer("prusa-slicer")
def test_a_full_disk_stops_work_and_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", "24m") as data:
        daemon = Daemon(tmp_path)
        with ended(daemon):
            daemon.clear_bed()
            daemon.put("before.png", picture(1))
            daemon.wait_until(daemon.jobs, "the first is a job")
            fill(data / "ballast")  # in the middle of its way
            daemon.wait_until(lambda: "No room left" in daemon.log, "it is met")
            fill(data / "more ballast")
            for number in range(3):
                daemon.put(f"{number}.png", picture(number + 10, size=200))
            daemon.wait_until(
                lambda: "Free space on the disk" in (daemon.drop / "_status.txt").read_text(),
                "the status says so",
            )
            done = daemon.cli("add", daemon.drop / "0.png")
            assert done.returncode == 74, done.stderr
            assert "[disk_full]" in done.stderr
            assert {path.name for path in daemon.drop.glob("*.png")} == {"0.png", "1.png", "2.png"}
            assert daemon.runs

            (data / "ballast").unlink()
            (data / "more ballast").unlink()

            for printed in range(1, 5):
                wait_for_printed(daemon, printed)
                daemon.clear_bed()
            assert daemon.unaccounted() == set()
            assert daemon.hands().starts() == 4
            assert daemon.stop() == 0


def test_a_drop_folder_that_goes_away_is_said_and_taken_from_when_it_is_back(
    open_daemon: Opener,
) -> None:
    daemon = open_daemon()
    away = daemon.folder / "away"
    daemon.drop.rename(away)
    daemon.wait_until(lambda: "cannot be read: No such file" in daemon.log, "it is said")
    (away / "cat.png").write_bytes(picture())

    away.rename(daemon.drop)

    daemon.wait_until(daemon.jobs, "cat.png is a job")
    assert daemon.log.count("cannot be read: No such file") == 1
    assert daemon.stop() == 0
