"""Files: there whole or not at all, whatever the disk says."""

import errno
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from printd.core.errors import DiskError, DiskFailed, DiskFull
from printd.core.files import (
    JobFolders,
    disk_problem,
    free_bytes,
    link_file,
    new_file,
    replace_unsynced,
    sha256_of,
    sync_file,
    write_file,
)
from tests.peers.disks import files_of_at_most, small_disk


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    with new_file(tmp_path / "a.stl") as stream:
        stream.write(b"half")
        stream.flush()
        assert names(tmp_path) == ["a.stl.part"]
    assert names(tmp_path) == ["a.stl"]
    assert stat.S_IMODE((tmp_path / "a.stl").stat().st_mode) == 0o600


def test_an_older_file_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    write_file(tmp_path / "a.stl", b"old")

    def break_off() -> None:
        with new_file(tmp_path / "a.stl") as stream:
            stream.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert (tmp_path / "a.stl").read_bytes() == b"old"
    assert names(tmp_path) == ["a.stl"]
    write_file(tmp_path / "a.stl", b"new")
    assert (tmp_path / "a.stl").read_bytes() == b"new"


def test_what_a_crash_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.stl.part").write_bytes(b"from before, and longer")
    write_file(tmp_path / "a.stl", b"new")
    assert (tmp_path / "a.stl").read_bytes() == b"new"
    assert names(tmp_path) == ["a.stl"]


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "a.stl.part").symlink_to(victim)
    write_file(tmp_path / "a.stl", b"new")
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize("write", [write_file, replace_unsynced])
def test_no_room_leaves_the_old_file_and_no_litter(tmp_path: Path, write: object) -> None:
    assert callable(write)
    write_file(tmp_path / "a.stl", b"old")
    with files_of_at_most(1000), pytest.raises(DiskFull, match=r"a\.stl"):
        write(tmp_path / "a.stl", b"x" * 100_000)
    assert (tmp_path / "a.stl").read_bytes() == b"old"
    assert names(tmp_path) == ["a.stl"]


def test_a_disk_that_fills_up_while_writing_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        with pytest.raises(DiskFull):
            write_file(disk / "a.stl", b"x" * 100_000)
        assert names(disk) == []
        write_file(disk / "b.stl", b"x" * 10_000)
        assert names(disk) == ["b.stl"]


def test_a_folder_that_is_gone_is_no_full_disk(tmp_path: Path) -> None:
    with pytest.raises(DiskFailed, match="No such file or directory"):
        write_file(tmp_path / "gone/a.stl", b"x")


@pytest.mark.peer("strace")
def test_a_sync_that_fails_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    program = (
        "import sys; from pathlib import Path; from printd.core.files import write_file;"
        "write_file(Path(sys.argv[1]), b'x')"
    )
    refuse = ["strace", "-o", str(tmp_path / "trace"), "-e", "inject=fsync:error=EIO:when=1"]
    done = subprocess.run(
        [*refuse, sys.executable, "-c", program, str(tmp_path / "here/a.stl")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r"DiskFailed: Syncing .*a\.stl\.part failed: Input/output error", done.stderr)
    assert names(tmp_path / "here") == []


def test_what_cannot_be_synced_is_not_safe(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with pytest.raises(DiskFailed):
        sync_file(writing, tmp_path / "a.stl")
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EFBIG, DiskFull),
        (errno.EIO, DiskFailed),
        (errno.EROFS, DiskFailed),
        (errno.EACCES, DiskFailed),
    ],
)
def test_only_no_room_passes_by_itself(number: int, kind: type[Exception]) -> None:
    problem = disk_problem(OSError(number, os.strerror(number)), Path("a.stl"))
    assert type(problem) is kind
    assert problem.exit_code == 74


def test_a_hash_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a").startswith("ba7816bf")
    with pytest.raises(DiskError, match="b cannot be read"):
        sha256_of(tmp_path / "b")


def test_job_folders_sort_by_time_and_are_never_repeated(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path)
    folders.prepare()
    folders.prepare()
    made = [folders.new() for _ in range(50)]
    assert len(set(made)) == 50
    assert sorted(path.name[:15] for path in made) == [path.name[:15] for path in made]
    assert folders.of(made[0].name) == made[0]
    assert stat.S_IMODE(made[0].stat().st_mode) == 0o700


def test_free_room_is_that_of_the_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        assert free_bytes(disk) == (64 * 1024, 1.0)
        write_file(disk / "a", b"x" * 32 * 1024)
        free, share = free_bytes(disk)
        assert free == 32 * 1024
        assert share == pytest.approx(0.5)


def test_a_file_gets_another_name_however_often_it_is_asked_for(tmp_path: Path) -> None:
    """A rename between two names of one file does nothing, and says that it did."""
    (tmp_path / "raw.stl").write_bytes(b"a shape")
    (tmp_path / "model.stl").write_bytes(b"an older one")
    for _ in range(2):
        link_file(tmp_path / "raw.stl", tmp_path / "model.stl")
        assert (tmp_path / "model.stl").samefile(tmp_path / "raw.stl")
        assert names(tmp_path) == ["model.stl", "raw.stl"]
