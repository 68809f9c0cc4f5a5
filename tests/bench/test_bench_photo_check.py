"""Checking a photo of 12 megapixels, and making the picture of it that a service is handed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from printd.core.compute import Compute, Limits
from printd.geometry.for_service import write_for_service
from printd.geometry.photo_check.checking import check_photo
from printd.pipeline import tasks
from tests import studio
from tests.bench.figures import Timed, best_s, pace

ROUNDS = 3
CHILD = Limits(memory_bytes=1 << 30, wall_s=60.0)
MOST_BYTES = 60_000_000


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("photo") / "photo.jpg"
    large = studio.portrait("astronaut").resize((4000, 3000), Image.Resampling.BICUBIC)
    large.save(file, quality=92)
    return file


@pytest.fixture(scope="module")
def table() -> Iterator[list[Timed]]:
    lines: list[Timed] = []
    yield lines
    print("", *lines, sep="\n")


def test_a_check(photo: Path, table: list[Timed]) -> None:
    seconds = best_s(lambda: check_photo(photo), ROUNDS)
    table.append(Timed("check of 12 Mpx", seconds, 0.6, pace()))
    assert table[-1].is_held


@pytest.mark.parametrize(("form", "allowed_s"), [("jpeg", 0.5), ("png", 0.9)])
def test_a_picture(
    photo: Path, tmp_path: Path, table: list[Timed], form: str, allowed_s: float
) -> None:
    def work() -> None:
        write_for_service(photo, tmp_path / "out", longest_px=1536, form=form)  # type: ignore[arg-type]

    table.append(Timed(f"12 Mpx as {form} of 1536 px", best_s(work, ROUNDS), allowed_s, pace()))
    assert table[-1].is_held


def test_a_cut_out_picture(photo: Path, tmp_path: Path, table: list[Timed]) -> None:
    def work() -> None:
        write_for_service(photo, tmp_path / "out", longest_px=1536, form="png", cut_background=True)

    table.append(Timed("... its background cut", best_s(work, ROUNDS), 1.1, pace()))
    assert table[-1].is_held


def test_the_largest_photos_fit_a_child_of_1_gib(tmp_path: Path) -> None:
    large = studio.portrait("astronaut").resize((8000, 6000), Image.Resampling.BICUBIC)
    with Compute(workers=1) as compute:
        for kind in ("PNG", "JPEG"):
            file = tmp_path / f"large.{kind}"
            large.save(file, kind)
            found = compute.run(tasks.check_photo, file, MOST_BYTES, limits=CHILD)
            made = compute.run(
                tasks.picture_for_service,
                file,
                tmp_path / "out",
                longest_px=2048,
                least_px=128,
                most_bytes=6_000_000,
                format="png",
                cut_background=True,
                limits=CHILD,
            )
            assert (found["width_px"], made["width_px"]) == (8000, 2048)
