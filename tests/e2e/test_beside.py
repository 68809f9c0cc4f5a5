"""A mask and a height map that are given beside a photo go with its job, and with its next one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from printd.core.jobs import State
from tests.e2e.conftest import ended
from tests.e2e.test_commands import added, refused, wait_for
from tests.peers.daemon import Daemon
from tests.photos import ASTRONAUT

SMALL = ("--mesh-quality", 128, "--line-mm", 0, "--width-mm", 80, "--relief-mm", 8, "--base-mm", 4)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon that prints nothing: the bed of its printer is never cleared."""
    with ended(Daemon(tmp_path_factory.mktemp("beside"))) as daemon:
        yield daemon


def ramp(folder: Path) -> Path:
    path = folder / "ramp.npy"
    np.save(path, np.tile(np.linspace(0, 1, 128, dtype=np.float32), (128, 1)))
    return path


def half(folder: Path) -> Path:
    path = folder / "half.png"
    mask = np.zeros((64, 64), np.uint8)
    mask[:, 32:] = 255
    Image.fromarray(mask).save(path)
    return path


def raw_of(daemon: Daemon, number: int) -> dict[str, object]:
    wait_for(daemon, number, State.SLICED)
    facts: dict[str, object] = daemon.ask("show", number)["facts"]["raw"]
    return facts


def test_the_heights_that_were_given_are_printed(daemon: Daemon, tmp_path: Path) -> None:
    number = added(daemon, ASTRONAUT, "--depth-file", ramp(tmp_path), *SMALL)

    raw = raw_of(daemon, number)

    assert raw["depth"] == "a depth picture beside the photo"
    assert raw["volume_mm3"] == pytest.approx(80 * 80 * (4 + 8 / 2), rel=1e-3)
    assert list((daemon.data / "incoming").iterdir()) == []


def test_the_mask_that_was_given_is_the_outline(daemon: Daemon, tmp_path: Path) -> None:
    number = added(daemon, ASTRONAUT, "--mask-file", half(tmp_path), "--outline", "mask", *SMALL)

    assert raw_of(daemon, number)["width_mm"] == pytest.approx(40, abs=1.5)


def test_what_a_print_would_show_is_told_with_the_job(daemon: Daemon) -> None:
    number = added(daemon, ASTRONAUT, *SMALL, "--relief-mm", 0.4)
    wait_for(daemon, number, State.SLICED)

    assert "note: The relief rises by 0.4 mm" in daemon.cli("show", number).stdout


def test_once_more_is_with_the_same_heights(daemon: Daemon, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(np.asarray(Image.open(ASTRONAUT))[::-1]).save(photo)
    number = added(daemon, photo, "--depth-file", ramp(tmp_path), *SMALL)
    wait_for(daemon, number, State.SLICED)
    assert daemon.cli("cancel", number).returncode == 0
    wait_for(daemon, number, State.CANCELLED)

    ((retried),) = daemon.ask("retry", number)
    target = daemon.put("photo.png", photo.read_bytes(), "again")
    daemon.wait_until(lambda: not target.exists(), "taken once more")
    dropped = max(job.number for job in daemon.jobs())

    assert len({number, retried["job"], dropped}) == 3
    for another in (retried["job"], dropped):
        assert raw_of(daemon, another)["depth"] == "a depth picture beside the photo"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\x93NUMPY\x01", "photo_unreadable"), (b"a letter", "photo_unreadable")],
)
def test_heights_that_cannot_be_used_are_refused_at_once(
    daemon: Daemon, tmp_path: Path, content: bytes, code: str
) -> None:
    broken = tmp_path / "broken.npy"
    broken.write_bytes(content)
    before = daemon.jobs()

    refused(daemon, 1, code, "add", ASTRONAUT, "--depth-file", broken)

    assert daemon.jobs() == before
    assert daemon.unaccounted() == set()
    assert list((daemon.data / "incoming").iterdir()) == []


def test_a_depth_file_may_be_larger_than_a_photo(daemon: Daemon, tmp_path: Path) -> None:
    large = tmp_path / "large.npy"
    np.save(large, np.tile(np.linspace(0, 1, 3000), (3000, 1)))  # 72 MB
    number = added(daemon, ASTRONAUT, "--depth-file", large, *SMALL, "--width-mm", 70, "--hold")

    assert daemon.ask("show", number)["state"] == State.HELD


def test_an_array_is_no_mask(daemon: Daemon, tmp_path: Path) -> None:
    said = refused(daemon, 1, "photo_wrong_kind", "add", ASTRONAUT, "--mask-file", ramp(tmp_path))

    assert "The mask beside the photo: This is an array of numbers" in said


def test_a_mask_that_would_be_ignored_is_refused_at_once(daemon: Daemon, tmp_path: Path) -> None:
    mask = ("--mask-file", half(tmp_path), "--mask", "none")

    refused(daemon, 64, "setting_invalid", "add", ASTRONAUT, *mask)


def test_one_mask_for_two_pictures_is_bad_usage(daemon: Daemon, tmp_path: Path) -> None:
    refused(daemon, 64, "usage", "add", "--mask-file", half(tmp_path), ASTRONAUT, ASTRONAUT)
