"""Meshes of strangers, mended in a child as the daemon does it, and what PrusaSlicer says then."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from printd.core.compute import Compute
from printd.core.errors import PrintdError
from printd.core.files import JobFolders
from printd.core.jobs import State
from printd.core.mend_wishes import Wishes
from printd.core.shipped import shipped
from printd.geometry.files.meshio import read_stl
from printd.geometry.mesh.mesh import check_closed
from printd.pipeline import tasks
from printd.pipeline.repairing import MEND_LIMITS
from tests.peers.floor import Floor
from tests.peers.mesh_fixtures import HOSTILE, WHOLE, fixture, truth_mm3
from tests.peers.mesh_shapes import figure, with_holes
from tests.peers.mesh_writers import stl
from tests.peers.ordering import ordering
from tests.peers.stores import move_on, new_job

LONGEST_MM = 15.0  # a small print is sliced soon
COMPLAINTS = re.compile(
    r"repair|open edge|manifold|degenerate|reversed|backwards|errors? ", re.IGNORECASE
)


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(workers=1) as opened:
        yield opened


def mended(compute: Compute, content: bytes, folder: Path) -> dict[str, Any]:
    raw = folder / JobFolders.RAW_FOREIGN
    raw.write_bytes(content)
    files = raw, folder / JobFolders.MODEL, folder / JobFolders.PREVIEW
    wishes = Wishes(longest_mm=LONGEST_MM)
    return dict(compute.run(tasks.mend_model, *files, wishes, limits=MEND_LIMITS))


@pytest.mark.peer("prusa-slicer")
@pytest.mark.parametrize("name", WHOLE)
def test_every_fixture_is_one_whole_body_to_the_slicer(
    name: str, compute: Compute, tmp_path: Path
) -> None:
    report = mended(compute, fixture(name, 1500), tmp_path)
    truth = truth_mm3(name, 1500) * (LONGEST_MM / 100) ** 3
    assert report["volume_mm3"] == pytest.approx(truth, rel=0.01)
    assert (tmp_path / JobFolders.PREVIEW).read_bytes().startswith(b"\x89PNG")
    said = info(tmp_path / JobFolders.MODEL)
    assert "manifold = yes" in said
    assert "number_of_parts =  1" in said
    assert float(re.findall(r"volume = ([\d.]+)", said)[0]) == pytest.approx(truth, rel=0.01)
    assert not re.search(r"repaired|_fixed|facets_removed|reversed", said)


# What comes of the others is the same body as F5.
SLICED = [
    pytest.param(name, marks=() if name in ("F3", "F5", "F8") else pytest.mark.full)
    for name in WHOLE
]


@pytest.mark.peer("prusa-slicer")
@pytest.mark.parametrize("name", SLICED)
def test_the_slicer_takes_every_fixture_without_a_word_of_repair(
    name: str, compute: Compute, tmp_path: Path
) -> None:
    mended(compute, fixture(name, 1500), tmp_path)
    profile = shipped("profiles") / "generic" / "prusa.ini"
    gcode = tmp_path / "out.gcode"
    words = ["--load", str(profile), "--export-gcode", "--output", str(gcode), "--loglevel", "3"]
    done = subprocess.run(
        ["prusa-slicer", *words, str(tmp_path / JobFolders.MODEL)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert COMPLAINTS.findall(done.stdout + done.stderr) == []
    assert b";LAYER_CHANGE" in gcode.read_bytes()


def info(model: Path) -> str:
    words = ["prusa-slicer", "--info", str(model)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.mark.peer("prusa-slicer")
def test_the_slicer_does_complain_of_what_is_not_mended(tmp_path: Path) -> None:
    model = tmp_path / "m.stl"
    model.write_bytes(stl(with_holes(figure(1500).moved(times=40.0))))
    assert "manifold = yes" not in info(model)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_mended_is_told_from_the_child(
    name: str, compute: Compute, tmp_path: Path
) -> None:
    with pytest.raises(PrintdError) as refused:
        mended(compute, fixture(name), tmp_path)
    assert refused.value.code == HOSTILE[name]
    assert refused.value.problem.endswith(".")
    assert not (tmp_path / JobFolders.MODEL).exists()


def foreign_job(floor: Floor, content: bytes, **size: float) -> int:
    """Make a job of a mesh that a service has made; return its number."""
    new = new_job(1, settings={"relief": size, "material": "PLA"})
    folder = floor.folders.of(new.id)
    folder.mkdir()
    (folder / JobFolders.PHOTO).write_bytes(b"photo")
    (folder / JobFolders.RAW_FOREIGN).write_bytes(content)
    job = floor.store.accept(new)
    job = move_on(floor.store, job, State.ORDERED, "left")
    raw = {"foreign": True, "file": JobFolders.RAW_FOREIGN, "format": "glb", "up": "y"}
    floor.store.advance(job, State.MESHED, facts={"raw": raw})
    return job.number


def test_the_mesh_of_a_service_becomes_printable(floor: Floor) -> None:
    number = foreign_job(floor, fixture("F6"), longest_mm=60)
    job = floor.step(floor.store.job(number))
    assert job.state is State.PRINTABLE
    model = job.facts["model"]
    assert max(model["size_mm"]) == pytest.approx(60, abs=0.01)
    assert [one["code"] for one in model["mended"]["done"]][:2] == ["holes", "hollow"]
    assert model["mended"]["before"]["volume_mm3"] < 0.1 * model["volume_mm3"]
    mesh = read_stl(floor.folders.of(job.id) / JobFolders.MODEL)
    assert check_closed(mesh).is_closed
    assert check_closed(mesh).volume_mm3 == pytest.approx(truth_mm3("F6") * 0.6**3, rel=0.01)


def test_a_mesh_that_cannot_be_read_holds_the_job_with_its_sentence(floor: Floor) -> None:
    number = foreign_job(floor, fixture("F13-html"))
    job = floor.step(floor.store.job(number))
    assert job.state is State.HELD
    assert job.because is not None
    assert job.because.code == "mesh_unreadable"


def test_what_a_fake_service_delivers_is_mended(floor: Floor, tmp_path: Path) -> None:
    with ordering(floor, tmp_path / "services") as shop:
        job = shop.go_on(shop.job(consent="0.30"), until=State.PRINTABLE)
        assert job.state is State.PRINTABLE
        assert "mended" in job.facts["model"]
