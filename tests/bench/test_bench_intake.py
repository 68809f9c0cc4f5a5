"""Taking a photo and moving a job, beside the bare disk work that each cannot do without."""

import hashlib
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from printd.core.compute import Compute
from printd.core.config import Config
from printd.core.database import FILE, Database
from printd.core.files import JobFolders
from printd.core.jobs import State
from printd.core.recipes import order_for
from printd.core.store import NewJob, Store
from printd.pipeline.taking import Taker

ROUNDS = 40
MOVES = 200


def timed_ms(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - before)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def photo_of_12_mpx(path: Path) -> None:
    rng = np.random.default_rng(3)
    coarse = Image.fromarray(rng.integers(0, 255, (300, 400, 3), dtype=np.uint8))
    coarse.resize((4000, 3000), Image.Resampling.BICUBIC).save(path, quality=92)


def bare_intake(photo: Path, target: Path) -> None:
    """Copy, hash, decode and four syncs: what no safe intake can leave out."""
    digest = hashlib.sha256()
    with photo.open("rb") as source, target.open("wb") as copy:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
        for _ in range(3):
            copy.write(b"x")
            copy.flush()
            os.fsync(copy.fileno())
    with Image.open(photo) as image:
        image.load()


def test_settled_photo_to_durable_job(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo_of_12_mpx(photo)
    config = Config.model_validate({}, context={"folder": tmp_path})
    config.data_dir.mkdir()
    database = Database(config.data_dir / FILE)
    database.prepare()
    store, folders = Store(database), JobFolders(config.data_dir)
    folders.prepare()
    order = order_for(config, "default", {})
    ours, bare = [], []
    with Compute() as compute:
        taker = Taker(config, store, folders, compute)

        def take() -> None:
            copied = taker.copy(photo)
            taker.accept(copied, photo.name, order, who="bench")

        take()
        for round_ in range(ROUNDS):
            bare.append(timed_ms(lambda: bare_intake(photo, tmp_path / "bare")))
            ours.append(timed_ms(take))
            os.utime(photo, ns=(round_, round_))
    database.close()
    allowed = 2 * p95(bare) + 20
    print(
        f"\nintake of {photo.stat().st_size / 1e6:.1f} MB, 12 Mpx: p95 {p95(ours):.1f} ms "
        f"(bare {p95(bare):.1f} ms, allowed {allowed:.1f} ms); "
        f"median {statistics.median(ours):.1f} ms (bare {statistics.median(bare):.1f} ms)"
    )
    assert p95(ours) <= allowed


def bare_write(descriptor: int) -> None:
    os.pwrite(descriptor, b"m" * 4096, 0)
    os.fdatasync(descriptor)


def test_one_move(tmp_path: Path) -> None:
    database = Database(tmp_path / FILE)
    database.prepare()
    store = Store(database)
    jobs = [
        store.accept(NewJob(f"job-{number}", "a.jpg", "default", {}, "0" * 64))
        for number in range(MOVES)
    ]
    descriptor = os.open(tmp_path / "bare", os.O_RDWR | os.O_CREAT)
    os.pwrite(descriptor, b"m" * (1 << 20), 0)
    os.fsync(descriptor)
    ours, bare = [], []
    for job in jobs:
        bare.append(timed_ms(lambda: bare_write(descriptor)))
        ours.append(timed_ms(lambda job=job: store.advance(job, State.ORDERED, {"ticket": {}})))  # type: ignore[misc]
    os.close(descriptor)
    database.close()
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    print(
        f"\none move: median {statistics.median(ours):.2f} ms, bare 4 kB + fdatasync "
        f"{statistics.median(bare):.2f} ms, ratio {ratio:.2f} (allowed 3)"
    )
    assert ratio <= 3
