"""PrusaSlicer's own word on what we make: whole, one part, of the size that was asked."""

import subprocess
from pathlib import Path

import pytest

from printd.core.compute import Compute
from printd.core.errors import PhotoIncomplete
from printd.core.relief_settings import ReliefSettings
from printd.geometry.files.meshio import read_stl, write_obj
from printd.meshers.making import make_relief
from printd.meshers.relief import ReliefMesher
from tests.photos import ASTRONAUT, CAT, encoded, textured


def info(model: Path) -> dict[str, str]:
    """Return what the slicer says of a model."""
    said = subprocess.run(
        ["prusa-slicer", "--info", str(model)], check=True, capture_output=True, text=True
    ).stdout
    pairs = (line.split("=", 1) for line in said.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


@pytest.mark.peer("prusa-slicer")
@pytest.mark.parametrize(
    ("photo", "settings"),
    [
        (ASTRONAUT, {}),
        (CAT, {"width_mm": 123.456, "relief_mm": 3.3, "base_mm": 0.2, "mesh_quality": 256}),
        (CAT, {"longest_mm": 60, "invert": True, "smoothing_px": 5, "mesh_quality": 128}),
    ],
)
def test_the_slicer_calls_a_relief_whole_and_of_the_size_asked(
    tmp_path: Path, photo: Path, settings: dict[str, float]
) -> None:
    out = tmp_path / "relief.stl"
    chosen = ReliefSettings.of(settings)
    report = make_relief(photo, chosen, out)
    assert report.photo_px is not None
    size = chosen.resolve(report.photo_px[0] / report.photo_px[1])

    said = info(out)

    assert (said["manifold"], said["number_of_parts"]) == ("yes", "1")
    assert int(said["number_of_facets"]) == report.triangles
    asked = (size.width_mm, size.height_mm, size.base_mm + size.relief_mm)
    for axis, length_mm in zip("xyz", asked, strict=True):
        assert float(said[f"min_{axis}"]) == 0
        assert float(said[f"size_{axis}"]) == pytest.approx(length_mm, abs=0.001)


@pytest.mark.peer("prusa-slicer")
def test_the_slicer_reads_our_obj_as_the_same_body(tmp_path: Path) -> None:
    make_relief(CAT, ReliefSettings(mesh_quality=128), tmp_path / "relief.stl")
    write_obj(tmp_path / "relief.obj", read_stl(tmp_path / "relief.stl"))

    stl, obj = info(tmp_path / "relief.stl"), info(tmp_path / "relief.obj")

    assert (obj["manifold"], obj["number_of_parts"]) == ("yes", "1")
    assert obj["number_of_facets"] == stl["number_of_facets"]
    assert float(obj["volume"]) == pytest.approx(float(stl["volume"]), rel=1e-4)


def test_the_mesher_works_in_a_limited_child(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(encoded(textured(300, 200), "JPEG")[:4000])
    with Compute(workers=1) as compute:
        mesher = ReliefMesher("relief", compute)
        settings = {"mesh_quality": 128}

        facts = mesher.collect(mesher.order(CAT, settings), CAT, settings, tmp_path / "cat.stl")
        with pytest.raises(PhotoIncomplete, match="stops before its end"):
            mesher.collect(mesher.order(broken, settings), broken, settings, tmp_path / "no.stl")

    assert facts["bytes"] == (tmp_path / "cat.stl").stat().st_size
    assert not (tmp_path / "no.stl").exists()
