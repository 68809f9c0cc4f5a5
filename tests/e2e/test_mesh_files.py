"""A mesh that somebody hands in is mended and printed; one that cannot be is refused."""

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.mesh_fixtures import fixture

SMALL_PIECES = {
    "recipes": {"default": {"width_mm": None, "longest_mm": 15}},
    "printers": {"p1": {"ejects": True}},
}


@pytest.mark.peer("prusa-slicer")
def test_meshes_of_people_are_mended_and_printed(open_daemon: Opener) -> None:
    daemon = open_daemon(SMALL_PIECES)
    daemon.clear_bed()
    daemon.put("figure.glb", fixture("F5"))  # a double skin: closed, and hollow
    daemon.put("cup.stl", fixture("F10-unit"))

    for name in ("figure.glb", "cup.stl"):
        job = daemon.wait_for_job(name, State.PRINTED)
        size = job.facts["model"]["size_mm"]
        assert max(size) == pytest.approx(15, abs=0.2)
    assert daemon.hands().starts() == 2
    shown = daemon.cli("show", "1").stdout
    assert "skin" in shown

    (daemon.folder / "page.obj").write_bytes(fixture("F13-html"))
    refused = daemon.cli("add", daemon.folder / "page.obj")
    assert refused.returncode != 0
    assert "mesh_unreadable" in refused.stderr


@pytest.mark.peer("prusa-slicer")
def test_a_mesh_keeps_its_size_when_nobody_names_one(open_daemon: Opener) -> None:
    daemon = open_daemon({"recipes": {"default": {"width_mm": None}}})
    (daemon.folder / "unit.stl").write_bytes(fixture("F10-unit"))
    unclear = daemon.cli("add", daemon.folder / "unit.stl")
    assert "mesh_size_unclear" in unclear.stderr

    sized = daemon.cli("add", daemon.folder / "unit.stl", "--longest-mm", "12")
    assert sized.returncode == 0, sized.stderr
    job = daemon.wait_for_job("unit.stl", State.SLICED)
    assert max(job.facts["model"]["size_mm"]) == pytest.approx(12, abs=0.2)
