"""The inbox on real folders: what is taken, what is refused, what is left, and nothing lost.

No printer and no daemon: ``Place`` looks when a test says so, and the test brings the time.
"""

import contextlib
import io
import itertools
import os
import signal
import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.database import FILE, Database
from printd.core.errors import AlreadyRunning, FolderUnusable, PrintdError
from printd.core.files import JobFolders
from printd.core.jobs import Job, State
from printd.core.recipes import order_for
from printd.core.requests import Requests
from printd.core.store import Store
from printd.daemon.handed_in import HandedIn
from printd.daemon.inbox import Inbox
from printd.pipeline.judging import Candidate
from printd.pipeline.taking import Taker
from tests.peers.computing import shared_compute
from tests.peers.disks import make_read_only, small_disk
from tests.peers.mesh_fixtures import fixture
from tests.photos import encoded, png, textured

LIMITS: Mapping[str, Any] = {"free_mb": 0, "free_pct": 0, "photo_max_mb": 2}
SETTLE_S = 2.0
INCOMPLETE_S = 600.0
NOBODYS = os.fsdecode(b"\xff\xfe.png")


def picture(seed: int = 1, kind: str = "PNG", size: int = 64) -> bytes:
    return encoded(textured(size, size, seed), kind)


class Place:
    """A drop folder, a data folder and the inbox between them."""

    def __init__(
        self,
        folder: Path,
        compute: Compute,
        *,
        limits: Mapping[str, Any] = LIMITS,
        candidates: Sequence[Candidate] = (),
        **drop: Any,
    ) -> None:
        folder.mkdir(exist_ok=True)
        settings = {
            "drop": {"settle_s": SETTLE_S, **drop},
            "recipes": {"default": {"width_mm": 20}, "keychain": {"width_mm": 30}},
            "limits": limits,
        }
        self.config = Config.model_validate(settings, context={"folder": folder})
        self.drop = self.config.drop.path
        self.config.data_dir.mkdir(exist_ok=True)
        self.database = Database(self.config.data_dir / FILE)
        self.database.prepare()
        self.store = Store(self.database)
        self.requests = Requests(self.database)
        self.folders = JobFolders(self.config.data_dir)
        self.folders.prepare()
        self.taker = Taker(self.config, self.store, self.folders, compute, candidates)
        self.handed_in = HandedIn(self.config, self.store, self.requests, self.taker)
        self.handed_in.sweep()
        self.inbox = Inbox(self.config, self.store, self.taker, self.handed_in, lambda: None)
        self.now_s = 0.0
        try:
            self.inbox.prepare()
        except PrintdError:
            self.close()
            raise

    def close(self) -> None:
        stopped = threading.Event()
        stopped.set()
        self.inbox.run(stopped)
        self.database.close()

    def put(self, name: str, content: bytes, folder: str = ".") -> Path:
        path = self.drop / folder / name
        path.write_bytes(content)
        return path

    def look(self, after_s: float = 0.0) -> None:
        """Look once, ``after_s`` later."""
        self.now_s += after_s
        self.inbox.scan(self.now_s)

    def settle(self) -> None:
        """Look twice, as far apart as a quiet file needs."""
        self.look()
        self.look(SETTLE_S)

    def wait(self, seconds: float) -> None:
        """Look once a minute for so long."""
        for _ in range(int(seconds / 60) + 1):
            self.look(60.0)

    @property
    def jobs(self) -> list[Job]:
        return self.store.jobs()

    @property
    def names(self) -> list[str]:
        return [job.name for job in self.jobs]

    @property
    def left(self) -> set[str]:
        """Names in the drop folder that are not printd's own furniture."""
        ours = {"README.txt", ".printd.lock", "keychain", "again", "_failed", "_done"}
        return {path.name for path in self.drop.iterdir()} - ours

    @property
    def notes(self) -> list[str]:
        return self.inbox.notes

    @property
    def rejected(self) -> list[str | None]:
        return [event.code for event in self.store.events() if event.kind == "drop.rejected"]

    def sentence(self, name: str) -> str:
        """Return why a file was refused; the file lies beside its sentence."""
        failed = self.drop / "_failed"
        assert (failed / name).exists()
        return (failed / f"{name}.txt").read_text(encoding="utf-8")

    def assert_no_litter(self) -> None:
        """What lies in the data folder belongs to a job, and is whole."""
        folders = {folder.name for folder in self.folders.root.iterdir()}
        assert folders == {job.id for job in self.jobs}
        for folder in self.folders.root.iterdir():
            assert {file.name for file in folder.iterdir()} == {"photo.bin", "job.json"}


@pytest.fixture(scope="module", autouse=True)
def signals_as_in_the_daemon() -> Iterator[None]:
    """A writer that meets the lease of a look at its file makes the kernel send SIGIO."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGIO, before)


@pytest.fixture(scope="module")
def compute() -> Compute:
    return shared_compute()


@pytest.fixture
def place(tmp_path: Path, compute: Compute) -> Iterator[Place]:
    place = Place(tmp_path, compute)
    yield place
    place.assert_no_litter()
    place.close()


@contextlib.contextmanager
def place_with(folder: Path, compute: Compute, **drop: Any) -> Iterator[Place]:
    place = Place(folder, compute, **drop)
    try:
        yield place
    finally:
        place.close()


# Taking.


def test_distinct_photos_become_distinct_jobs_with_their_bytes(place: Place) -> None:
    photos = {f"{number}.png": picture(number) for number in range(5)}
    for name, content in photos.items():
        place.put(name, content)

    place.settle()

    assert sorted(place.names) == sorted(photos)
    assert place.left == set()
    for job in place.jobs:
        assert (place.folders.of(job.id) / "photo.bin").read_bytes() == photos[job.name]
        assert job.state is State.RECEIVED
        assert (job.recipe, job.settings["relief"]["width_mm"]) == ("default", 20)


def test_a_folder_of_a_recipe_gives_that_recipe(place: Place) -> None:
    place.put("cat.png", picture(), "keychain")

    place.settle()

    (job,) = place.jobs
    assert (job.recipe, job.settings["relief"]["width_mm"]) == ("keychain", 30)


@pytest.mark.parametrize(
    "name",
    [
        *("a b  c.png", "😀🐈.png", "line\nbreak.png", "-rf.png", "--output=x.png", "_DSC1.png"),
        *(
            "x" * 251 + ".png",
            "é" * 125 + ".png",
            NOBODYS,
            "no ending",
            "$(reboot).png",
            "a\\b.png",
        ),
        *("cat.jpg", "PNG but.docx", "%s%n.png", "'; DROP TABLE job; --.png"),
    ],
)
def test_any_name_is_taken(place: Place, name: str) -> None:
    place.put(name, picture())

    place.settle()

    (job,) = place.jobs
    assert job.name.isprintable()
    assert len(job.name) <= 80
    assert place.left == set()


def test_names_of_printd_and_of_other_programs_are_left_in_peace(place: Place) -> None:
    names = ["_status.txt", ".cat.png.Xy12Zz", "cat.png.part", "Thumbs.db", "~$cat.png"]
    for name in names:
        place.put(name, picture())
    place.put("README.txt", picture())
    (place.drop / "_failed").mkdir()
    place.put("cat.png", picture(), "_failed")

    place.settle()
    place.wait(INCOMPLETE_S)

    assert place.jobs == []
    assert place.left == set(names)
    assert place.notes == []


# Is it finished?


def test_a_file_that_grows_is_not_taken_and_then_taken_whole(place: Place) -> None:
    content = picture(size=200)
    place.put("cat.png", b"")
    for end in range(0, len(content), len(content) // 10 + 1):
        place.put("cat.png", content[: end + 1])
        place.look(1.0)
        place.look(1.0)
        assert place.jobs == []
    place.put("cat.png", content)

    place.settle()

    (job,) = place.jobs
    assert (place.folders.of(job.id) / "photo.bin").read_bytes() == content


def test_a_file_that_stalls_is_waited_for_and_taken_when_the_rest_has_come(place: Place) -> None:
    content = picture(size=200)
    place.put("cat.png", content[:5000])
    place.settle()
    assert place.notes == ["cat.png: waiting for the rest of it"]
    place.look(0.5)  # also at a look in between, and on the person's page
    assert place.notes == ["cat.png: waiting for the rest of it"]

    place.wait(300)
    assert (place.jobs, place.left) == ([], {"cat.png"})
    place.put("cat.png", content)
    place.settle()

    assert place.names == ["cat.png"]
    assert place.notes == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_half_a_file_that_never_gets_its_rest_is_refused_in_the_end(
    place: Place, kind: str
) -> None:
    place.put("cat.jpg", picture(kind=kind, size=200)[:-400])
    place.settle()
    place.wait(INCOMPLETE_S - 120)
    assert place.left == {"cat.jpg"}

    place.wait(180)

    assert place.left == set()
    assert "code: photo_incomplete" in place.sentence("cat.jpg")
    assert place.rejected == ["photo_incomplete"]
    assert place.jobs == []


def test_a_file_that_somebody_still_writes_is_not_taken(place: Place) -> None:
    content = picture()
    with (place.drop / "cat.png").open("wb") as writer:
        writer.write(content)
        writer.flush()
        place.settle()
        place.wait(120)
        assert place.jobs == []

    place.look(60.0)
    assert place.names == ["cat.png"]


def test_a_reserved_file_is_not_taken_before_it_is_filled(place: Place) -> None:
    content = picture(kind="JPEG", size=200)
    with (place.drop / "cat.jpg").open("wb") as writer:
        os.posix_fallocate(writer.fileno(), 0, len(content))
        writer.write(content[: len(content) // 2])
        writer.flush()
        place.settle()
        place.wait(120)
    place.wait(60)  # as on a share, where no writer is seen
    assert place.jobs == []
    assert place.left == {"cat.jpg"}

    place.put("cat.jpg", content)
    place.settle()

    assert place.names == ["cat.jpg"]


def test_a_copier_that_sets_an_old_time_while_it_writes_does_not_look_quiet(place: Place) -> None:
    content = picture(size=200)
    path = place.put("cat.png", content)
    for _ in range(6):
        # Same size, same time of modification: only the change time shows that it is written.
        path.write_bytes(content)
        os.utime(path, (1_000_000, 1_000_000))
        place.look(1.0)
    assert place.jobs == []

    place.settle()
    assert place.names == ["cat.png"]


def test_a_file_renamed_into_place_is_taken_after_it_has_settled_there(place: Place) -> None:
    part = place.put(".cat.png.part", picture())
    place.settle()
    part.rename(place.drop / "cat.png")
    place.look(1.0)
    assert place.jobs == []

    place.look(SETTLE_S)
    assert place.names == ["cat.png"]


def test_a_file_replaced_between_look_and_copy_is_settled_anew(place: Place) -> None:
    place.put("cat.png", picture(1))
    place.look()
    other = place.put(".other", picture(2))
    other.rename(place.drop / "cat.png")

    place.look(SETTLE_S)
    assert place.jobs == []
    place.look(SETTLE_S)

    (job,) = place.jobs
    assert (place.folders.of(job.id) / "photo.bin").read_bytes() == picture(2)


def test_what_is_taken_of_a_file_that_is_rewritten_meanwhile_is_whole(
    tmp_path: Path, compute: Compute
) -> None:
    contents = [picture(seed, size=600) for seed in (1, 2)]
    stop = threading.Event()

    def rewrite(path: Path) -> None:
        for content in itertools.cycle(contents):
            if stop.wait(0.02):
                return
            with contextlib.suppress(FileNotFoundError):
                descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(content)

    with place_with(tmp_path, compute) as place:
        path = place.put("cat.png", contents[0])
        writer = threading.Thread(target=rewrite, args=(path,))
        writer.start()
        try:
            for _ in range(25):
                place.look(SETTLE_S)  # no time passes for the writer: it is met at every moment
        finally:
            stop.set()
            writer.join()
        place.settle()
        place.look(60.0)

        assert place.jobs
        for job in place.jobs:
            assert (place.folders.of(job.id) / "photo.bin").read_bytes() in contents
        assert place.left == set()
        assert place.rejected == []
        place.assert_no_litter()


def test_a_file_that_cannot_be_read_now_is_waited_for_and_harms_no_other(place: Place) -> None:
    broken = Path("/sys/class/net/lo/speed")  # a regular file that the kernel refuses to read
    target = place.put("cat.png", b"x")
    command = ["mount", "--bind", str(broken), str(target)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a file that cannot be read needs root")
    try:
        place.put("dog.png", picture())
        place.settle()
        place.wait(120)
    finally:
        subprocess.run(["umount", str(target)], check=True)
    assert place.names == ["dog.png"]
    assert place.notes == ["cat.png: it cannot be read: Invalid argument"]

    target.write_bytes(picture(2))
    place.settle()

    assert place.names == ["dog.png", "cat.png"]
    assert place.notes == []


# Refused.


def docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<xml/>")
    return out.getvalue()


def broken_jpeg() -> bytes:
    content = bytearray(encoded(textured(200, 200), "JPEG"))
    content[20:600] = bytes(580)
    return bytes(content)


def broken_png() -> bytes:
    content = bytearray(picture(size=200))
    content[len(content) // 2] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("letter.jpg", b"Dear printer,\n\nplease print.\n", "photo_unreadable"),
        ("report.docx", docx(), "photo_wrong_kind"),
        ("page.jpg", b"<!DOCTYPE html><html></html>", "photo_wrong_kind"),
        ("ps.jpg", b"%!PS-Adobe-3.0\n(x) show\n", "photo_wrong_kind"),
        ("cube.stl", b"solid cube\nendsolid\n", "mesh_empty"),
        ("page.glb", fixture("F13-html"), "mesh_unreadable"),
        ("broken.jpg", broken_jpeg(), "photo_unreadable"),
        ("broken.png", broken_png(), "photo_unreadable"),
        ("point.png", picture(size=1), "photo_too_small"),
        ("line.png", encoded(textured(1, 5000), "PNG"), "photo_too_small"),
        ("strip.png", encoded(textured(16, 5000), "PNG"), "photo_odd_shape"),
        ("bomb.png", png(12_000, 12_000, bytes(1501 * 12_000), bits=1), "photo_too_large"),
        ("wide.png", png(2**31 - 1, 16, b"", bits=1), "photo_odd_shape"),
        ("huge.jpg", b"\xff\xd8\xff" + bytes(2_000_001), "photo_too_large"),
        ("x" * 251 + ".jpg", b"no picture", "photo_unreadable"),
        ("-rf 😀\n.jpg", b"no picture", "photo_unreadable"),
        (NOBODYS, b"no picture", "photo_unreadable"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_what_is_no_usable_photo_is_refused_with_a_sentence(
    tmp_path: Path, compute: Compute, name: str, content: bytes, code: str
) -> None:
    with place_with(tmp_path, compute) as place:
        place.put(name, content)
        place.put("good.png", picture())

        place.settle()

        assert place.names == ["good.png"]
        assert place.left == set()
        (text,) = (place.drop / "_failed").glob("*.txt")
        problem, action, _, told, when = text.read_text(encoding="utf-8").splitlines()
        assert problem
        assert action
        assert told == f"code: {code}"
        assert when.startswith("time: ")
        assert place.rejected == [code]
        assert (place.drop / "_failed" / name).read_bytes() == content
        place.assert_no_litter()


def test_an_empty_file_is_waited_for_and_then_refused(place: Place) -> None:
    place.put("cat.png", b"")
    place.settle()
    place.look(20)
    assert place.left == {"cat.png"}
    assert place.notes == ["cat.png: empty so far"]

    place.wait(60)

    assert "code: photo_empty" in place.sentence("cat.png")
    assert place.jobs == []


def test_an_empty_file_that_is_filled_is_taken(place: Place) -> None:
    place.put("cat.png", b"")
    place.settle()
    place.put("cat.png", picture())

    place.settle()

    assert place.names == ["cat.png"]


def test_a_second_refused_file_of_a_name_does_not_cover_the_first(place: Place) -> None:
    for content in (b"one, no picture", b"two, no picture"):
        place.put("cat.jpg", content)
        place.settle()

    failed = place.drop / "_failed"
    assert (failed / "cat.jpg").read_bytes() == b"one, no picture"
    assert (failed / "cat-2.jpg").read_bytes() == b"two, no picture"


def test_a_refused_file_that_is_mended_and_dropped_again_is_taken(place: Place) -> None:
    place.put("cat.png", picture())
    place.put("cat.png.yaml", b"width_mm: 9999\n")
    place.settle()
    assert "code: sidefile_invalid" in place.sentence("cat.png")
    assert "code: sidefile_invalid" in place.sentence("cat.png.yaml")

    failed = place.drop / "_failed"
    (failed / "cat.png").rename(place.drop / "cat.png")
    (place.drop / "cat.png.yaml").write_bytes(b"width_mm: 55\n")
    place.settle()

    (job,) = place.jobs
    assert job.settings["relief"]["width_mm"] == 55


# Left lying.


def test_links_pipes_sockets_and_folders_are_left_and_never_opened(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    outside = place.drop.parent / "secret.png"
    outside.write_bytes(picture())
    (place.drop / "link.png").symlink_to(outside)
    os.mkfifo(place.drop / "fifo.png")
    (place.drop / "x.jpg").mkdir()
    (place.drop / "x.jpg" / "deep.png").write_bytes(picture())
    (place.drop / "holiday").mkdir()
    (place.drop / "holiday" / "beach.png").write_bytes(picture(2))
    here = os.open(place.drop, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(f"/proc/self/fd/{here}/socket.png")
    os.close(here)
    everything = {"link.png", "fifo.png", "x.jpg", "holiday", "socket.png"}

    began_s = time.monotonic()
    place.settle()
    place.wait(INCOMPLETE_S)

    assert time.monotonic() - began_s < 20  # a pipe that is opened waits for ever
    assert place.jobs == []
    assert place.left == everything
    assert {note.split(":")[0] for note in place.notes} == everything
    assert len(place.notes) == len(everything)
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert sorted(said) == sorted(place.notes)  # once each


def test_a_device_is_left(place: Place) -> None:
    try:
        os.mknod(place.drop / "null.png", 0o20644, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("making a device needs root")

    place.settle()

    assert place.notes == ["null.png: is a device, not a picture"]
    assert place.left == {"null.png"}


# Side files.


def test_a_side_file_sets_name_recipe_and_size(place: Place) -> None:
    place.put("cat.png", picture())
    place.put("cat.png.yaml", b"recipe: keychain\nname: ../../Mia\nwidth_mm: 42\n")

    place.settle()

    (job,) = place.jobs
    assert (job.name, job.recipe) == ("../../Mia", "keychain")
    assert job.settings["relief"]["width_mm"] == 42
    assert place.left == set()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"widht_mm: 60\n", "widht_mm: no such setting"),
        (b"width_mm: 2\n", "width_mm"),
        (b"width_mm: [\n", "is not YAML"),
        (b"- 60\n", "must hold lines"),
        (b"recipe: ../x\n", "no recipe '../x'"),
        (b"#" * 70_000, "longer than 64 kB"),
        (b"a: &a [1]\nb: [*a, *a]\n", "aliases"),
        (b"[" * 50_000, "must hold lines"),
        (b"\xff\x00\xff", "is not YAML"),
    ],
)
def test_a_side_file_that_cannot_be_followed_is_refused_with_its_photo(
    place: Place, content: bytes, words: str
) -> None:
    place.put("cat.png", picture())
    place.put("cat.png.yaml", content)

    place.settle()

    assert place.jobs == []
    assert place.left == set()
    for name in ("cat.png", "cat.png.yaml"):
        assert words in place.sentence(name)
        assert "code: sidefile_invalid" in place.sentence(name)


def test_the_photo_waits_while_its_side_file_is_being_written(place: Place) -> None:
    place.put("cat.png", picture())
    place.look()
    place.put("cat.png.yaml", b"width_mm: 4")
    place.look(SETTLE_S)
    place.put("cat.png.yaml", b"width_mm: 42\n")
    place.look(SETTLE_S)
    assert place.jobs == []

    place.look(SETTLE_S)

    assert place.jobs[0].settings["relief"]["width_mm"] == 42


def test_a_side_file_that_comes_too_late_is_refused_and_says_so(place: Place) -> None:
    place.put("cat.png", picture())
    place.settle()
    place.put("cat.png.yaml", b"width_mm: 42\n")

    place.settle()

    assert "came after its picture was taken" in place.sentence("cat.png.yaml")
    assert place.names == ["cat.png"]


def test_a_side_file_dropped_before_its_photo_waits_for_it(place: Place) -> None:
    # A photo of the same name was taken long ago; that is no reason to refuse this one.
    place.put("cat.png", picture(1))
    place.settle()
    place.wait(120)
    place.put("cat.png.yaml", b"width_mm: 42\n")
    place.settle()
    place.wait(120)
    assert place.left == {"cat.png.yaml"}
    assert place.notes == ["cat.png.yaml: waiting for its picture"]

    place.put("cat.png", picture(2))
    place.settle()

    assert place.jobs[1].settings["relief"]["width_mm"] == 42
    assert place.left == set()


def test_a_side_file_whose_photo_never_comes_is_refused_in_the_end(place: Place) -> None:
    place.put("cat.png.yaml", b"width_mm: 42\n")
    place.settle()
    place.wait(INCOMPLETE_S)

    assert "has no picture" in place.sentence("cat.png.yaml")
    assert place.left == set()


def test_a_lonely_side_file_does_not_keep_the_inbox_busy(place: Place) -> None:
    place.put("cat.png.yaml", b"width_mm: 42\n")
    place.settle()
    place.look(SETTLE_S)

    wait_s = place.inbox._settling.next_s(place.now_s)  # noqa: SLF001 - what ``run`` waits for

    assert wait_s is not None
    assert wait_s >= SETTLE_S


# Duplicates.


def test_the_same_bytes_again_are_held_and_name_the_earlier_job(place: Place) -> None:
    for name in ("cat.png", "copy of cat.png"):
        place.put(name, picture())
        place.settle()

    first, second = place.jobs
    assert first.state is State.RECEIVED
    assert second.state is State.HELD
    assert second.because is not None
    assert second.because.code == "duplicate"
    assert "#1" in second.because.problem
    assert place.left == set()


def test_two_copies_at_once_are_one_job_and_one_held(place: Place) -> None:
    for name in ("cat.png", "dog.png"):
        place.put(name, picture())

    place.settle()

    assert sorted(job.state for job in place.jobs) == [State.HELD, State.RECEIVED]


def test_the_same_bytes_with_another_recipe_are_no_duplicate(place: Place) -> None:
    place.put("cat.png", picture())
    place.put("cat.png", picture(), "keychain")

    place.settle()

    assert {job.state for job in place.jobs} == {State.RECEIVED}


def test_a_cancelled_job_is_no_reason_to_hold_but_an_older_one_is(place: Place) -> None:
    place.put("one.png", picture(1))
    place.settle()
    place.store.cancelled(place.jobs[0], "by a test", who="test")
    place.put("two.png", picture(1))
    place.settle()
    assert place.jobs[1].state is State.RECEIVED

    place.put("three.png", picture(1))
    place.settle()
    place.store.cancelled(place.jobs[2], "by a test", who="test")
    place.put("four.png", picture(1))
    place.settle()

    assert place.jobs[3].state is State.HELD
    assert place.jobs[3].because is not None
    assert "#2" in place.jobs[3].because.problem


def test_duplicates_are_printed_where_that_is_asked_for(tmp_path: Path, compute: Compute) -> None:
    with place_with(tmp_path, compute, on_duplicate="print") as place:
        for name in ("cat.png", "copy.png"):
            place.put(name, picture())
            place.settle()

        assert [job.state for job in place.jobs] == [State.RECEIVED, State.RECEIVED]


def test_duplicates_are_kept_and_not_printed_where_that_is_asked_for(
    tmp_path: Path, compute: Compute
) -> None:
    with place_with(tmp_path, compute, on_duplicate="skip") as place:
        for name in ("cat.png", "copy.png"):
            place.put(name, picture())
            place.settle()

        assert place.names == ["cat.png"]
        assert (place.drop / "_done" / "copy.png").read_bytes() == picture()
        said = (place.drop / "_done" / "copy.png.txt").read_text()
        assert "as #1 (received) with recipe default.\nPut it into again/" in said
        assert not (place.drop / "_done" / "cat.png").exists()
        assert place.left == set()
        place.assert_no_litter()


def test_again_repeats_the_newest_job_of_these_bytes_with_its_settings(place: Place) -> None:
    place.put("cat.png", picture())
    place.put("cat.png.yaml", b"recipe: keychain\nname: Mia\nwidth_mm: 42\n")
    place.settle()
    place.put("what was it called.png", picture(), "again")
    place.settle()

    first, second = place.jobs
    assert second.state is State.RECEIVED
    assert (second.name, second.recipe, second.settings) == ("Mia", "keychain", first.settings)
    assert second.again_of == 1


def test_again_answers_the_duplicate_that_is_asked_about(place: Place) -> None:
    for name, folder in (("cat.png", "."), ("copy.png", "."), ("once more.png", "again")):
        place.put(name, picture(), folder)
        place.settle()

    first, asked, more = place.jobs
    assert (first.state, more.state, more.again_of) == (State.RECEIVED, State.RECEIVED, 2)
    assert asked.because is not None
    assert (asked.state, asked.because.problem) == (State.CANCELLED, "#3 prints it once more.")
    place.assert_no_litter()


def test_a_side_file_that_would_not_count_is_refused_with_its_picture(place: Place) -> None:
    place.put("cat.png", picture())
    place.settle()
    place.put("more.png", picture(), "again")
    place.put("more.png.yaml", b"copies: 3\n", "again")
    place.settle()

    assert place.names == ["cat.png"]
    text = (place.drop / "_failed" / "more.png.txt").read_text()
    assert "This was #1, and again/ prints it with the settings it had" in text
    assert (place.drop / "_failed" / "more.png.yaml").is_file()
    assert place.left == set()
    place.assert_no_litter()


def test_a_side_file_counts_in_again_for_bytes_never_seen(place: Place) -> None:
    place.put("cat.png", picture(), "again")
    place.put("cat.png.yaml", b"recipe: keychain\n", "again")

    place.settle()

    assert [job.recipe for job in place.jobs] == ["keychain"]


def test_again_with_bytes_never_seen_is_a_new_photo(place: Place) -> None:
    place.put("cat.png", picture(), "again")

    place.settle()

    assert (place.jobs[0].recipe, place.jobs[0].again_of) == ("default", None)


# The same drop is never taken twice; another drop of the same file is.


def test_a_preserving_copy_of_a_taken_photo_is_another_drop(place: Place) -> None:
    # Same size and time of modification, and often the same inode number.
    for name in ("cat.png", "cat.png", "cat.png"):
        path = place.put(name, picture())
        os.utime(path, (1_000_000, 1_000_000))
        place.settle()

    assert [job.state for job in place.jobs] == [State.RECEIVED, State.HELD, State.HELD]
    assert place.left == set()


def test_a_kept_photo_moved_back_is_another_drop(tmp_path: Path, compute: Compute) -> None:
    with place_with(tmp_path, compute, keep_done=True) as place:
        place.put("cat.png", picture())
        place.put("cat.png.yaml", b"width_mm: 42\n")
        place.settle()
        done = place.drop / "_done"
        assert {path.name for path in done.iterdir()} == {"cat.png", "cat.png.yaml"}
        assert place.left == set()

        (done / "cat.png").rename(place.drop / "again" / "cat.png")
        place.settle()

        assert [job.state for job in place.jobs] == [State.RECEIVED, State.RECEIVED]
        assert place.jobs[1].again_of == 1


def test_a_drop_whose_original_was_not_removed_is_the_same_job_after_a_restart(
    tmp_path: Path, compute: Compute
) -> None:
    with place_with(tmp_path, compute) as place:
        path = place.put("cat.png", picture())
        place.settle()
        assert not path.exists()
    with place_with(tmp_path, compute) as place:
        # As a kill between the commit and the removal leaves it: the row names this very file.
        path = place.put("dog.png", picture(2))
        copied = place.taker.copy(path)
        order = order_for(place.config, "default", {})
        known = copied.fingerprint
        place.taker.accept(copied, "dog.png", order, who="test", fingerprint=known)
    with place_with(tmp_path, compute) as place:
        place.settle()

        assert place.names == ["cat.png", "dog.png"]
        assert place.left == set()
        place.assert_no_litter()


def test_a_read_only_folder_is_taken_from_once_and_said_once(
    tmp_path: Path, compute: Compute, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk(tmp_path / "drop", "4m") as drop:
        (drop / "cat.png").write_bytes(picture(1))
        (drop / "bad.png").write_bytes(b"no picture")
        make_read_only(drop)
        for _ in range(2):  # and not again after a restart
            caplog.clear()
            with place_with(tmp_path, compute) as place:
                place.settle()
                place.wait(300)

                assert place.names == ["cat.png"]
                assert place.rejected == ["photo_unreadable"]
                about, *stay = place.notes
                assert "cannot be written by printd (user 0): Read-only file system" in about
                assert sorted(stay) == [
                    "bad.png: The bytes of this file are not those of a picture, but printd "
                    "(user 0) may not move it away: Read-only file system",
                    "cat.png: it is taken, but printd (user 0) may not move it away: "
                    "Read-only file system",
                ]
                said = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
                for line in place.notes:
                    assert said.count(line) == 1
                place.assert_no_litter()
        assert {path.name for path in drop.iterdir()} == {"cat.png", "bad.png"}


def test_originals_leave_as_soon_as_the_folder_lets_them(tmp_path: Path, compute: Compute) -> None:
    with small_disk(tmp_path / "drop", "4m") as drop:
        (drop / "cat.png").write_bytes(picture(1))
        (drop / "bad.png").write_bytes(b"no picture")
        make_read_only(drop)
        with place_with(tmp_path, compute) as place:
            place.settle()
            subprocess.run(["mount", "-o", "remount,rw", str(drop)], check=True)
            (drop / "cat.png").chmod(0o666)  # what a person does first; it is the same drop
            place.look(60.0)
            place.look(60.0)

            assert place.names == ["cat.png"]
            assert place.left == set()
            assert "code: photo_unreadable" in place.sentence("bad.png")
            assert place.notes == []
            assert (drop / ".printd.lock").exists()


# The folder itself.


def test_a_drop_folder_that_goes_away_and_comes_back_is_taken_from_again(place: Place) -> None:
    away = place.drop.with_name("away")
    place.drop.rename(away)
    place.settle()
    assert place.notes == ["The drop folder cannot be read: No such file or directory."]

    place.drop.mkdir()  # another one, as after a mount
    place.put("cat.png", picture())
    place.settle()

    assert place.names == ["cat.png"]
    assert place.notes == []
    assert (place.drop / "keychain" / "README.txt").exists()


def test_file_events_are_seen_in_a_folder_that_was_replaced(place: Place) -> None:
    place.look()
    for _ in range(3):
        for path in sorted(place.drop.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        place.drop.rmdir()
        place.look()
        place.drop.mkdir()
        place.look()
        place.look()
        place.inbox._woken.clear()  # noqa: SLF001 - what ``run`` waits for

        place.put("cat.png", b"x")

        assert place.inbox._woken.wait(10)  # noqa: SLF001
        (place.drop / "cat.png").unlink()


def test_a_replaced_folder_is_locked_again(place: Place, tmp_path: Path, compute: Compute) -> None:
    place.drop.rename(tmp_path / "away")
    place.drop.mkdir()
    place.look()

    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(AlreadyRunning), place_with(other, compute, path=str(place.drop)):
        pass


def test_a_second_inbox_on_the_same_folder_says_who_has_it(
    place: Place, tmp_path: Path, compute: Compute
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with (
        pytest.raises(AlreadyRunning, match=str(os.getpid())),
        place_with(other, compute, path=str(place.drop)),
    ):
        pass


def test_a_drop_folder_that_is_a_file_is_refused(tmp_path: Path, compute: Compute) -> None:
    (tmp_path / "drop").write_bytes(b"")

    with pytest.raises(FolderUnusable, match="drop"), place_with(tmp_path, compute):
        pass


def test_the_furniture_of_a_person_is_kept(tmp_path: Path, compute: Compute) -> None:
    drop = tmp_path / "drop"
    (drop / "keychain").mkdir(parents=True)
    (drop / "README.txt").write_text("mine")
    (drop / "again").write_text("a file where a folder is expected")
    secret = tmp_path / "secret"
    (drop / "keychain" / "README.txt").symlink_to(secret)

    with place_with(tmp_path, compute) as place:
        place.put("cat.png", picture())
        place.settle()

        assert (drop / "README.txt").read_text() == "mine"
        assert not secret.exists()
        assert place.names == ["cat.png"]
        assert place.notes == ["again: is in the place of a recipe's folder"]


def test_what_an_older_printd_wrote_of_a_folder_is_renewed(
    tmp_path: Path, compute: Compute
) -> None:
    again, keychain = (tmp_path / "drop" / name for name in ("again", "keychain"))
    for folder, text in (
        (again, "A picture put here is printed once more, with the settings it had.\n"),
        (keychain, "Put pictures here (JPEG, PNG, WebP, HEIC).\n"),
    ):
        folder.mkdir(parents=True)
        (folder / "README.txt").write_text(text)

    with place_with(tmp_path, compute):
        assert "never printed" in (again / "README.txt").read_text()
        assert "may be changed" in (keychain / "README.txt").read_text()


# No room.


def test_without_room_photos_stay_and_are_taken_when_there_is_room_again(
    tmp_path: Path, compute: Compute
) -> None:
    with small_disk(tmp_path / "data", "2m") as data:
        Place(tmp_path, compute).close()
        ballast = data / "ballast"
        with place_with(tmp_path, compute) as place:
            for number in range(3):
                place.put(f"{number}.png", picture(number, size=100))
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as stream:
                while stream.write(bytes(4096)):
                    pass
            place.settle()
            place.wait(120)

            assert place.jobs == []
            assert place.left == {"0.png", "1.png", "2.png"}
            assert any("Free space on the disk" in line for line in place.notes)
            assert list(place.folders.root.iterdir()) == []

            ballast.unlink()
            place.wait(60)

            assert sorted(place.names) == ["0.png", "1.png", "2.png"]
            assert place.notes == []
            place.assert_no_litter()


def test_below_the_reserve_no_photo_is_taken(tmp_path: Path, compute: Compute) -> None:
    with small_disk(tmp_path / "data", "2m"):
        place = Place(tmp_path, compute, limits={"free_mb": 10})
        place.put("cat.png", picture())

        place.settle()

        assert place.jobs == []
        assert place.notes[0].startswith("Only 2 MB")
        place.assert_no_litter()
        place.close()
