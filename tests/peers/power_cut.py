"""A real run of printd recorded, and the judge who opens what a power cut has left of it.

The judge starts as the daemon starts (store, sweep, drop folder) and compares with what had left
the machine by then: originals that were dropped, start commands that were sent.
"""

import functools
import hashlib
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from printd.core.beds import Beds, BedState
from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.database import FILE, Database, own_folder
from printd.core.errors import StartupError
from printd.core.files import JobFolders
from printd.core.given import Given
from printd.core.jobs import Job, State
from printd.core.requests import Requests
from printd.core.store import Store
from printd.daemon.handed_in import HandedIn
from printd.daemon.inbox import Inbox
from printd.pipeline.copying import Identity
from printd.pipeline.judging import Candidate
from printd.pipeline.reading import Copied
from printd.pipeline.sweeping import sweep
from printd.pipeline.taking import Taker
from tests.peers import disk_model
from tests.peers.disk_model import Disk, cuts
from tests.peers.floor import GENERIC
from tests.peers.recording import Call, read_calls, wrapped
from tests.peers.shop import PRINTD, Shop
from tests.photos import encoded, textured

LOOKED_AT = ("data", "drop")
# Made for a moment or for display: printd promises nothing about them.
NOISE = ("/progress", "/_status.txt", "/.slicing-", "/slice.log", "/README.txt", "lock")
LOST = "P2: a photo is lost"
PRINTER = Candidate("any", frozenset({".gcode"}), GENERIC)
PATH = (State.RECEIVED, State.ORDERED, State.MESHED, State.PRINTABLE, State.SLICED)
MADE = {
    State.MESHED: (JobFolders.RAW,),
    State.PRINTABLE: (JobFolders.MODEL, JobFolders.PREVIEW),
    State.SLICED: (JobFolders.GCODE,),
}


@dataclass(frozen=True, slots=True)
class Recording:
    """One run: what was there before, what was done, what is there afterwards."""

    root: Path
    before: Path
    photos: dict[str, bytes]
    fingerprints: dict[str, str]  # of the photos as they lay in the drop folder
    calls: tuple[Call, ...]
    after: dict[str, bytes | None]
    kept_from: int = 0  # from which call on the photos must not be lost

    def disk(self) -> Disk:
        """Return the disk as it was before."""
        return Disk(self.root, LOOKED_AT, self.before)

    def syncs(self) -> list[tuple[int, str]]:
        """Return every sync of something of ours: its place among the calls, and of what."""
        disk = self.disk()
        return [
            (index, self.of(call))
            for index, call in enumerate(self.calls)
            if call.name == "sync" and disk.is_mine(call.paths[0])
        ]

    def commit_before(self, act: Callable[[Call], bool]) -> frozenset[int]:
        """Return the syncs that put the commit before the first call that is ``act`` on the disk.

        The last one of the thread that acts, and those of others since: the log is one file.
        """
        first = next(index for index, call in enumerate(self.calls) if act(call))
        before = [index for index, what in self.syncs() if index < first and what.endswith("-wal")]
        thread = self.calls[first].thread
        own = [index for index in before if self.calls[index].thread == thread] or before
        return frozenset(index for index in before if index >= own[-1])

    def of(self, call: Call) -> str:
        """Return what a call is about, without what differs from run to run."""
        return self.short(call).partition(" ")[2]

    def short(self, call: Call) -> str:
        """Return a call in words, without what differs from run to run."""
        names = [path.removeprefix(str(self.root)).lstrip("/") or "." for path in call.paths]
        return f"{call.name} {' '.join(_without_ids(name) for name in names)}"


def record(shop: Shop, until: State, photos: int, put: Callable[[int], None]) -> Recording:
    """Record a run of the daemon until every photo is at ``until``, and its end.

    Args:
        shop: whose daemon runs.
        until: of every job.
        photos: how many.
        put: drops one, by its seed.
    """
    before = shop.root / "before"
    for seed in range(photos):
        put(seed)
    dropped = [shop.drop / name for name in shop.dropped]
    contents = {path.name: path.read_bytes() for path in dropped}
    fingerprints = {path.name: fingerprint(path) for path in dropped}
    for name in LOOKED_AT:
        if (shop.root / name).exists():
            shutil.copytree(shop.root / name, before / name)
    calls = _run(shop, until, photos)
    after = dict(_on_disk(shop.root))
    return Recording(shop.root, before, contents, fingerprints, calls, after)


def record_handed_in(shop: Shop, until: State) -> Recording:
    """Record ``printd add`` without a daemon, which keeps the photo, and the run that takes it."""
    content = encoded(textured(48, 36, seed=1), "PNG")
    (shop.root / "mine.png").write_bytes(content)
    before = shop.root / "before"
    shutil.copytree(shop.drop, before / shop.drop.name)
    trace = shop.root / "add.txt"
    command = [*wrapped(trace), str(PRINTD), "add", "mine.png"]
    said = subprocess.run(command, cwd=shop.root, capture_output=True, text=True, check=False)
    assert "is copied and kept" in said.stderr, said.stderr
    added = tuple(read_calls(trace, shop.root))
    calls = (*added, *_run(shop, until, photos=1))
    after = dict(_on_disk(shop.root))
    return Recording(shop.root, before, {"mine.png": content}, {}, calls, after, len(added))


def _run(shop: Shop, until: State, photos: int) -> tuple[Call, ...]:
    trace = shop.root / "run.txt"
    shop.start(wrapped=wrapped(trace))

    def there() -> bool:
        records = [json.loads(file.read_bytes()) for file in shop.data.glob("jobs/*/job.json")]
        return [record["state"] for record in records] == [until] * photos

    shop.until(there, f"recorded until {until}", attended=False)
    os.kill(int((shop.data / "lock").read_text()), signal.SIGTERM)  # strace keeps its own from it
    assert shop.gone() == 0, shop.said()
    return tuple(read_calls(trace, shop.root))


def fingerprint(photo: Path) -> str:
    """Return what printd knows this very file by."""
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()
    return Copied(photo, digest, Identity.of(photo.lstat()), {}).fingerprint


def _on_disk(root: Path) -> Iterator[tuple[str, bytes | None]]:
    for name in LOOKED_AT:
        for path in [root / name, *(root / name).rglob("*")]:
            yield str(path.relative_to(root)), None if path.is_dir() else path.read_bytes()


def _without_ids(path: str) -> str:
    parts = path.split("/")
    if len(parts) > 2 and parts[1] == "jobs":
        parts[2] = "JOB"
    if len(parts) > 2 and parts[1] == "incoming":
        parts[2] = "COPY" + Path(parts[2]).suffix
    return "/".join(_plain(part) for part in parts)


def _plain(part: str) -> str:
    """Return a name without what is drawn by lot."""
    return next((plain for plain in (".slicing", ".begun") if part.startswith(f"{plain}-")), part)


def matters(path: str) -> bool:
    """Return whether a promise may hang on this path."""
    return not any(noise in f"/{path}" for noise in NOISE)


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken promise, and the moment and way of the cut that shows it."""

    promise: str
    after: str
    cut: str

    def __str__(self) -> str:
        return f"{self.promise} (cut after {self.after!r}: {self.cut})"


@dataclass
class Judge:
    """Opens what is left and says which promises are broken; never twice the same bytes.

    Args:
        recording: of which run.
        folder: where the state is laid out.
        compute: decodes photos that are taken anew.
        tamper: a control may take something away before the judge looks.
    """

    recording: Recording
    folder: Path
    compute: Compute
    tamper: Callable[[Database], None] | None = None
    states: int = 0
    _verdicts: dict[object, list[str]] = field(default_factory=dict)
    _continued: dict[object, list[str]] = field(default_factory=dict)

    def judge(
        self, state: disk_model.State, sent: tuple[str, ...] = (), *, kept: bool = True
    ) -> list[str]:
        """Return the promises that this state breaks.

        Args:
            state: what is left.
            sent: print names of the starts that had been sent by then.
            kept: whether the photos had been dropped, or a command had said that they are kept.
        """
        key = (
            frozenset(
                (path, left.digest if left else None)
                for path, left in state.items()
                if matters(path)
            ),
            sent,
        )
        if key not in self._verdicts:
            self.states += 1
            self._lay_out(state)
            self._verdicts[key] = self._open(sent)
        found = self._verdicts[key]
        return found if kept else [promise for promise in found if promise != LOST]

    def _lay_out(self, state: disk_model.State) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        for path, left in state.items():
            place = self.folder / path
            if left is None:
                place.mkdir(exist_ok=True)
            else:
                place.write_bytes(left.content())
        (self.folder / "drop").mkdir(exist_ok=True)

    @functools.cached_property
    def _config(self) -> Config:
        return Config.model_validate(
            {"drop": {"settle_s": 0.1, "gcode": True}, "limits": {"free_mb": 1, "free_pct": 0}},
            context={"folder": self.folder},
        )

    def _open(self, sent: tuple[str, ...]) -> list[str]:
        config = self._config
        lock = own_folder(config.data_dir)
        database = Database(config.data_dir / FILE)
        try:
            database.prepare()
            if self.tamper is not None:
                self.tamper(database)
            return [
                *self._started(database, sent),
                *self._whole(database),
                *self._go_on(config, database),
            ]
        except StartupError as error:
            return [f"printd does not start: {error.code}: {error.problem}"]
        finally:
            database.close()
            os.close(lock)

    def _started(self, database: Database, sent: tuple[str, ...]) -> Iterator[str]:
        """P1: a start that was sent has its mark, and its bed is taken."""
        jobs = {job.print_name: job for job in Store(database).jobs()}
        beds = Beds(database).all()
        for name in sent:
            job = jobs.get(name)
            if job is None:
                yield "P1: a start was sent that no job knows"
                continue
            mark = database.row(
                "SELECT 1 FROM mark WHERE job = ? AND step = 'printing' AND attempt = ?",
                job.number,
                job.attempt,
            )
            if mark is None:
                yield "P1: a start was sent without its mark"
            if not any(
                bed.state is BedState.OCCUPIED and bed.job == job.number for bed in beds.values()
            ):
                yield "P5: a start was sent, and its bed is not taken"

    def _whole(self, database: Database) -> Iterator[str]:
        """P2: a file that a row says is made is there, whole."""
        for job in Store(database).jobs():
            folder = self.folder / "data/jobs" / job.id
            if not _is(folder / job.given.file, job.sha256):
                yield "P2: a job without its whole photo"
            for state, names in MADE.items():
                if job.given is Given.PHOTO and _reached(job, state):
                    yield from (
                        f"P2: {state} without its whole {name}"
                        for name in names
                        if not _same(
                            folder / name, self.recording.after[f"data/jobs/{job.id}/{name}"]
                        )
                    )

    def _go_on(self, config: Config, database: Database) -> list[str]:
        """P2, P3: go on as the daemon does; then every photo is exactly one job."""
        store = Store(database)
        folders = JobFolders(config.data_dir)
        folders.prepare()
        photos = sorted(path.name for path in config.drop.path.glob("photo-*"))
        key = (
            tuple((job.id, job.state) for job in store.jobs()),
            tuple(tuple(row) for row in database.rows("SELECT fingerprint FROM drop_taken")),
            tuple(photos),
            tuple(tuple(row) for row in database.rows("SELECT seq, args, done_at FROM request")),
            frozenset(
                (path.name, path.read_bytes()) for path in config.data_dir.glob("incoming/*")
            ),
            tuple(sorted(str(path) for path in folders.root.glob("*/*") if matters(str(path)))),
        )
        if key not in self._continued:
            taker = Taker(config, store, folders, self.compute, [PRINTER])
            handed_in = HandedIn(config, store, Requests(database), taker)
            handed_in.sweep()
            sweep(store, folders)
            for name in photos:
                self._is_the_same_file(database, name, config.drop.path / name)
            handed_in.take_all()
            if photos:
                self._take(Inbox(config, store, taker, handed_in, lambda: None))
            self._continued[key] = list(self._counted(store, folders))
        return self._continued[key]

    def _is_the_same_file(self, database: Database, name: str, photo: Path) -> None:
        """Tell the store the identity that a file of the drop folder got by being laid out."""
        with database.write() as connection:
            connection.execute(
                "UPDATE drop_taken SET fingerprint = ? WHERE fingerprint = ?",
                (fingerprint(photo), self.recording.fingerprints[name]),
            )

    @staticmethod
    def _take(inbox: Inbox) -> None:
        inbox.prepare()
        inbox.scan(0.0)
        inbox.scan(1000.0)
        stop = threading.Event()
        stop.set()
        inbox.run(stop)

    def _counted(self, store: Store, folders: JobFolders) -> Iterator[str]:
        jobs = store.jobs()
        for content in self.recording.photos.values():
            digest = hashlib.sha256(content).hexdigest()
            mine = [job for job in jobs if job.sha256 == digest]
            whole = [job for job in mine if _is(folders.of(job.id) / job.given.file, digest)]
            if not whole:
                yield LOST
            if len(mine) > 1:
                yield "P3: a photo is two jobs"


def _reached(job: Job, state: State) -> bool:
    return job.state not in PATH or PATH.index(job.state) >= PATH.index(state)


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _same(path: Path, content: bytes | None) -> bool:
    return path.is_file() and path.read_bytes() == content


def is_start(call: Call) -> bool:
    """Return whether this call sends the start command to a printer."""
    return call.name == "send" and b'"call": "start"' in call.data


def lets_go(call: Call) -> bool:
    """Return whether this call removes an original from the drop folder."""
    return call.name == "unlink" and "/drop/photo-" in call.paths[0]


def find(
    recording: Recording,
    judge: Judge,
    *,
    deaf: Callable[[int, Call], bool] = lambda index, call: False,
    between: tuple[int, int] = (0, 1 << 60),
    seeds: int = 0,
    first: bool = False,
) -> list[Finding]:
    """Cut the power after every call, in every way; return the broken promises.

    Args:
        recording: of which run.
        judge: who looks.
        deaf: which syncs do nothing.
        between: after which calls the power is cut.
        seeds: how many ways by chance, beside the planned ones.
        first: stop at the first finding.
    """
    disk = recording.disk()
    sent: list[str] = []
    found: list[Finding] = []
    for index, call in enumerate(recording.calls):
        if is_start(call):
            sent.append(json.loads(call.data)["print"])
        elif not any(disk.is_mine(path) for path in call.paths) or call.name == "seek":
            disk.obey(call)
            continue
        disk.obey(call, deaf=deaf(index, call))
        quiet = call.paths and not any(matters(path) for path in call.paths)
        if quiet or not between[0] <= index < between[1]:
            continue
        pending = disk.pending(matters)
        for cut in cuts(pending, range(index * 100, index * 100 + seeds)):
            for promise in judge.judge(
                disk.after_cut(cut), tuple(sent), kept=index >= recording.kept_from
            ):
                found.append(Finding(promise, recording.short(call), cut.title))
                if first:
                    return found
    return found
