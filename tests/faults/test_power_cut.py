"""The power goes at any moment of a real run: what was promised holds on what is left.

The daemon runs under strace; every prefix of what it told the kernel is replayed on a disk that
may lose whatever was not synced, and opened as the daemon opens it. The controls take one thing
away and must find a broken promise; what they found is told at the end of the run.
"""

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from printd.core.compute import Compute
from printd.core.database import Database
from printd.core.jobs import State
from tests.peers.power_cut import (
    Judge,
    Recording,
    find,
    is_start,
    lets_go,
    record,
    record_handed_in,
)
from tests.peers.recording import Call
from tests.peers.shop import Shop
from tests.telling import Tell

pytestmark = [pytest.mark.peer("strace"), pytest.mark.peer("prusa-slicer")]
FIRST, PRINT, ADD, GCODE = "first start", "print", "add", "gcode"
FULL_PHOTOS, FULL_SEEDS = 2, 6

# Taken away for a whole run: every sync of this file or folder. The log and the file of the
# database without their syncs are ``synchronous=OFF``.
NEEDED = (
    (FIRST, "."),  # the name of the data folder itself
    (FIRST, "data"),  # the names of the database, its log, and the folder of all jobs
    (FIRST, "data/jobs"),
    (FIRST, "data/jobs/JOB"),
    (FIRST, "data/jobs/JOB/photo.bin.part"),
    (FIRST, "data/jobs/JOB/raw.stl.part"),
    (FIRST, "data/jobs/JOB/preview.png.part"),
    (FIRST, "data/jobs/JOB/.slicing/out.gcode"),
    (FIRST, "data/printd.db-journal"),
    (FIRST, "data/printd.db"),
    (FIRST, "data/printd.db-wal"),
    (ADD, "data"),
    (ADD, "data/incoming"),
    (ADD, "data/incoming/COPY.part"),
    (GCODE, "data/jobs"),
    (GCODE, "data/jobs/JOB"),
    (GCODE, "data/jobs/JOB/print.gcode.part"),
    (PRINT, "data/printd.db"),
    (PRINT, "data/printd.db-wal"),
)
# Nothing that was promised hangs on these: they are repeated, or only for people to read. The
# folders of embedded printers and of ledgers are needed by printers that this run does not have.
NOT_PROMISED = frozenset(
    {
        "data/jobs/JOB/.slicing",
        "data/jobs/JOB/.slicing/in.obj.part",
        "data/jobs/JOB/.slicing/layers.png",  # to be looked at
        "data/jobs/JOB/.slicing/toolpath.png",
        "data/jobs/JOB/slice.json.part",
        "data/slices",  # a slice that is lost is made again
        "data/slices/.begun",
        "data/jobs/JOB/depth.npy.part",  # asked for again where that costs nothing
        "data/jobs/JOB/depth.json.part",
        "data/printers",
        "data/generation.part",  # one that is lost makes the next start careful
    }
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of states are laid out in it."""
    memory = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it
    made = Path(tempfile.mkdtemp(prefix="pd-", dir=memory if memory.is_dir() else None))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def recordings(folder: Path, request: pytest.FixtureRequest) -> dict[str, Recording]:
    """A first start with photos, or G-code; a run that prints photos; a photo handed in."""
    photos = FULL_PHOTOS if request.config.getoption("--full") else 1
    return {
        FIRST: recorded(Shop(folder / "first"), State.SLICED, photos),
        PRINT: recorded(
            Shop(folder / "print", printers=tuple(f"p{n}" for n in range(photos))),
            State.PRINTED,
            photos,
            prepare=with_clear_beds,
        ),
        ADD: handed_in(Shop(folder / "add", printers=("p0",))),
        GCODE: recorded(Shop(folder / "gcode"), State.SLICED, photos, put=Shop.put_gcode),
    }


def recorded(
    shop: Shop,
    until: State,
    photos: int,
    prepare: Callable[[Shop], None] | None = None,
    put: Callable[[Shop, int], None] = Shop.put,
) -> Recording:
    try:
        shop.open()
        if prepare is not None:
            prepare(shop)
        return record(shop, until, photos, partial(put, shop))
    finally:
        shop.close()


def handed_in(shop: Shop) -> Recording:
    try:
        return record_handed_in(shop, State.PRINTABLE)
    finally:
        shop.close()


def with_clear_beds(shop: Shop) -> None:
    """Run the daemon once, unrecorded, and clear all beds."""

    def clear() -> bool:
        with shop.desk() as desk:
            return all(bed.state == "clear" for bed in desk.beds.all().values())

    shop.start_and_wait()
    shop.until(clear, "the beds are clear")
    assert shop.end(signal.SIGTERM) == 0


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(2) as made:
        yield made


@pytest.fixture(scope="module")
def judges(recordings: dict[str, Recording], folder: Path, compute: Compute) -> dict[str, Judge]:
    """One for each recording: what one test has left on the disk, the others need not open."""
    return {
        which: Judge(recording, folder / "state", compute)
        for which, recording in recordings.items()
    }


@pytest.mark.parametrize("which", [FIRST, PRINT, ADD, GCODE])
def test_the_recording_is_whole(recordings: dict[str, Recording], which: str) -> None:
    """Replayed without a cut it gives every byte that the run has left on the real disk."""
    disk = recordings[which].disk()
    for call in recordings[which].calls:
        disk.obey(call)
    assert disk.seen() == recordings[which].after


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("which", [FIRST, PRINT, ADD, GCODE])
def test_no_power_cut_breaks_a_promise(
    recordings: dict[str, Recording], judges: dict[str, Judge], which: str, full: bool, tell: Tell
) -> None:
    judge = judges[which]
    found = find(recordings[which], judge, seeds=FULL_SEEDS if full else 1)
    tell(f"power cut, {which}: {judge.states} states opened, {len(found)} broken promises")
    assert not found, "\n".join(str(finding) for finding in found[:20])


@pytest.mark.parametrize(("which", "what"), NEEDED)
def test_without_a_sync_a_promise_breaks(
    recordings: dict[str, Recording], judges: dict[str, Judge], which: str, what: str, tell: Tell
) -> None:
    recording = recordings[which]
    away = {index for index, of in recording.syncs() if of == what}
    assert away, f"nothing syncs {what}"
    found = find(
        recording,
        judges[which],
        deaf=lambda index, _: index in away,
        between=(min(away), len(recording.calls)),
        first=True,
    )
    assert found, f"{what} need not be synced, or the judge is blind"
    tell(f"without the sync of {what} ({which}): {found[0]}")


@pytest.mark.parametrize(
    ("which", "act", "promise"),
    [(FIRST, lets_go, "P2"), (GCODE, lets_go, "P2"), (PRINT, is_start, "P1")],
    ids=["original", "G-code", "start"],
)
def test_without_the_one_commit_before_an_act_a_promise_breaks(
    recordings: dict[str, Recording],
    judges: dict[str, Judge],
    which: str,
    act: Callable[[Call], bool],
    promise: str,
    tell: Tell,
) -> None:
    recording = recordings[which]
    away = recording.commit_before(act)
    found = find(
        recording,
        judges[which],
        deaf=lambda index, _: index in away,
        between=(min(away), len(recording.calls)),
        first=True,
    )
    assert found
    assert found[0].promise.startswith(promise)
    tell(f"without the one commit before {act.__name__} ({which}): {found[0]}")


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("DELETE FROM mark WHERE step = 'printing'", "P1: a start was sent without its mark"),
        ("UPDATE printer SET bed = 'clear'", "P5: a start was sent, and its bed is not taken"),
    ],
    ids=["mark", "bed"],
)
def test_without_the_mark_or_the_bed_the_judge_finds_it(
    recordings: dict[str, Recording],
    folder: Path,
    compute: Compute,
    statement: str,
    promise: str,
    tell: Tell,
) -> None:
    def tamper(database: Database) -> None:
        with database.write() as connection:
            connection.execute(statement)

    recording = recordings[PRINT]
    judge = Judge(recording, folder / "state", compute, tamper)
    sent = next(index for index, call in enumerate(recording.calls) if is_start(call))
    found = find(recording, judge, between=(sent, sent + 1), first=True)
    assert [finding.promise for finding in found] == [promise]
    tell(f"{statement}: {found[0]}")


@pytest.mark.parametrize("which", [FIRST, PRINT, ADD, GCODE])
def test_every_sync_is_one_that_a_promise_needs_or_a_known_other(
    recordings: dict[str, Recording], which: str
) -> None:
    needed = {what for _, what in NEEDED}
    assert {what for _, what in recordings[which].syncs()} <= needed | NOT_PROMISED


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("which", [FIRST, PRINT, ADD, GCODE])
def test_every_single_sync_is_taken_away_once(
    recordings: dict[str, Recording], judges: dict[str, Judge], which: str, tell: Tell
) -> None:
    """For the record: a commit before which nothing left the machine breaks nothing by itself."""
    recording = recordings[which]
    syncs = recording.syncs()
    for place, (index, what) in enumerate(syncs):
        until = next((later for later, other in syncs[place + 1 :] if other == what), 1 << 60)
        found = find(
            recording,
            judges[which],
            deaf=lambda at, _, away=index: at == away,  # type: ignore[misc]
            between=(index, until),
            first=True,
        )
        tell(f"without sync {index} of {what} ({which}): {found[0] if found else 'nothing'}")
        assert not found or what not in NOT_PROMISED
