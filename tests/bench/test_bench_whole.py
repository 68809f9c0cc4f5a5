"""The whole way: from a photo to a closed file, and on to G-code, beside plain heightmap tools."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from printd.core.relief_settings import ReliefSettings
from printd.depth.picture import PictureDepth
from printd.geometry.decode.lightness import read_grey, read_picture
from printd.geometry.files.meshio import MeshLimits, read_stl
from printd.geometry.mesh.mesh import check_closed
from printd.geometry.mesh.relief import heights_in_mm, write_relief_stl
from printd.geometry.shape.finish import finished
from printd.meshers.making import make_relief
from tests.bench.figures import (
    PORTRAITS,
    Timed,
    best_s,
    cpu_s,
    in_fresh_process,
    pace,
    peer,
    sliced,
    start_s,
)
from tests.looks import PHOTOS
from tests.photos import ASTRONAUT

PIECE = {"longest_mm": 100.0, "relief_mm": 6.0, "base_mm": 3.0}
DENSE = ReliefSettings.of({"mesh_quality": 1024, "triangulation": "dense", "line_mm": 0}, PIECE)
LITHOPHANE_CELLS = 512
LITHOPHANE = """
import lithophane

def work():  # 10 pixels a millimetre is its own grid
    grid = lithophane.jpg_to_stl(sys.argv[1], width_mm=float(sys.argv[3]) / 10, show=False)
    lithophane.make_mesh(*grid).save(sys.argv[2])
"""
OURS = """
from pathlib import Path
from printd.core.relief_settings import ReliefSettings
from printd.geometry.mesh import build
from printd.geometry.heights import height
from printd.geometry.shape import surface
from printd.meshers.making import make_relief

settings = ReliefSettings.of({
    "surface": "lithophane", "triangulation": sys.argv[4], "mesh_quality": int(sys.argv[3]),
})
def work():
    make_relief(Path(sys.argv[1]), settings, Path(sys.argv[2]))
"""


def twelve_megapixels(path: Path) -> Path:
    """Write a photo as a camera does it, with grain."""
    grain = np.random.default_rng(1).normal(0, 4, (3000, 4000, 1))
    large = Image.open(ASTRONAUT).convert("RGB").resize((4000, 3000))
    content = io.BytesIO()
    pixels = (np.asarray(large) + grain).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(content, "JPEG", quality=90)
    path.write_bytes(content.getvalue())
    return path


@pytest.mark.timeout(600)
def test_twelve_megapixels_to_a_closed_stl(tmp_path: Path) -> None:
    photo, out = twelve_megapixels(tmp_path / "large.jpg"), tmp_path / "relief.stl"
    started_s = start_s(
        "printd.meshers.making, printd.geometry.heights.height, printd.geometry.mesh.build"
    )
    print(f"\nphoto of 12 megapixels to closed adaptive STL; start {1000 * started_s:.0f} ms CPU")
    timed = []
    for quality, allowed_s in ((512, 0.4), (1024, 0.8), (2048, 2.2)):
        settings = ReliefSettings(mesh_quality=quality)
        report = make_relief(photo, settings, out)
        seconds = best_s(lambda: make_relief(photo, settings, out), 4)  # noqa: B023
        read_s = best_s(lambda: read_picture(photo, quality), 3)  # noqa: B023
        timed.append(Timed(f"  Q {quality}", seconds, allowed_s, pace()))
        print(f"{timed[-1]}; {report.triangles} triangles; decoding {1000 * read_s:.0f} ms of it")
        assert check_closed(read_stl(out, MeshLimits(max_triangles=10_000_000))).is_closed
    assert all(one.is_held for one in timed)


@pytest.mark.timeout(900)
def test_lithophane_beside_ours(tmp_path: Path) -> None:
    photo, out = tmp_path / "photo.jpg", tmp_path / "plate.stl"
    Image.open(ASTRONAUT).convert("RGB").save(photo, quality=92)
    print(f"\na lithophane of {LITHOPHANE_CELLS} cells, from a photo to its STL, fresh processes")
    rows = [("printd, adaptive", OURS, "adaptive"), ("printd, dense", OURS, "dense")]
    if peer("lithophane") is not None:
        rows.append(("lithophane", LITHOPHANE, ""))
    seconds: dict[str, float] = {}
    for name, work, way in rows:
        seconds[name], memory_mb = in_fresh_process(work, photo, out, LITHOPHANE_CELLS, way)
        mesh = read_stl(out, MeshLimits(max_triangles=10_000_000))
        closed = "closed" if check_closed(mesh).is_closed else "NOT closed"
        print(
            f"  {name:18} {len(mesh.faces):8} triangles, {1000 * seconds[name]:8.0f} ms CPU,"
            f" {memory_mb:5.0f} MB more; {closed}"
        )
    assert seconds["printd, dense"] < seconds.get("lithophane", np.inf)


@pytest.mark.peer("prusa-slicer")
@pytest.mark.timeout(2400)
def test_portrait_photos_to_gcode(tmp_path: Path) -> None:
    print(
        "\nphoto to G-code in all, Q 1024, 6 mm on 100 mm (allowed 0.4 of plain)"
        "\n  ours: the whole pipeline, without what a nozzle cannot lay, adaptive triangles"
        "\n  dense: the same pipeline, nothing taken out, two triangles for each cell"
        "\n  plain: the photo's lightness as height, as a heightmap tool does it (with our writer)"
    )
    ratios = []
    for name in PORTRAITS:
        photo = PHOTOS[name]
        settings = ReliefSettings.of({"mesh_quality": 1024}, PIECE)
        files = {words: tmp_path / f"{words}.stl" for words in ("ours", "dense", "plain")}
        seconds = {
            "ours": cpu_s(lambda: make_relief(photo, settings, files["ours"])),  # noqa: B023
            "dense": cpu_s(lambda: make_relief(photo, DENSE, files["dense"])),  # noqa: B023
            "plain": cpu_s(lambda: write_plain(photo, settings, files["plain"])),  # noqa: B023
        }
        totals = {words: in_all(name, words, files[words], seconds[words]) for words in files}
        ratios.append(totals["ours"] / totals["plain"])
        to_dense = totals["ours"] / totals["dense"]
        print(f"  {name:10} ours : plain = {ratios[-1]:.2f}, ours : dense = {to_dense:.2f}")
    assert max(ratios) <= 0.4


@pytest.mark.peer("prusa-slicer")
@pytest.mark.timeout(900)
def test_smooth_maps_to_gcode(tmp_path: Path) -> None:
    print(
        "\nsmooth depth picture to G-code in all, Q 1024, 6 mm on 100 mm (wished 0.15)"
        "\n  ours, dense: as above; least: within a quarter of a layer, hardly any triangles:"
        "\n  what is left is the slicer's own work on such a shape"
    )
    for name, heights in smooth_maps(1024).items():
        photo = tmp_path / f"{name}.png"
        Image.fromarray(np.rint(65535 * heights).astype(np.uint16)).save(photo)
        ways = {
            "ours": ReliefSettings.of({"mesh_quality": 1024}, PIECE),
            "dense": DENSE,
            "least": ReliefSettings.of({"mesh_quality": 1024, "tolerance_mm": 0.05}, PIECE),
        }
        totals = {}
        for words, settings in ways.items():
            model = tmp_path / f"{words}.stl"
            made_s = cpu_s(lambda: make_relief(photo, settings, model, PictureDepth()))  # noqa: B023
            totals[words] = in_all(name, words, model, made_s)
        ratio, least = totals["ours"] / totals["dense"], totals["least"] / totals["dense"]
        print(f"  {name:10} ours : dense = {ratio:.2f}, least : dense = {least:.2f}")
        assert ratio <= 0.5
        assert ratio <= 1.5 * least


def smooth_maps(quality: int) -> dict[str, NDArray[np.float32]]:
    down, across = np.indices((quality, quality)) / (quality - 1) - 0.5
    dome = np.sqrt(np.maximum(0, 0.25 - down**2 - across**2))
    noise = np.random.default_rng(1).standard_normal((quality, quality))
    hills = ndimage.gaussian_filter(noise, quality / 16)
    return {
        name: ((heights - heights.min()) / np.ptp(heights)).astype(np.float32)
        for name, heights in (("dome", dome), ("hills", hills))
    }


def write_plain(photo: Path, settings: ReliefSettings, out: Path) -> None:
    """Write the relief of a plain heightmap tool."""
    grey = read_grey(photo, settings.mesh_quality)
    size = settings.resolve(grey.shape[1] / grey.shape[0])
    heights_mm = heights_in_mm(finished(grey, ReliefSettings(), size.rows, size.cols), size)
    with out.open("wb") as stream:
        write_relief_stl(stream, heights_mm, size)


def in_all(name: str, words: str, model: Path, made_s: float) -> float:
    """Slice a model, print a line for it, and return the CPU seconds of both."""
    found = sliced(model)
    print(
        f"  {name:10} {words:6} {found['triangles']:8.0f} triangles; made {made_s:5.2f} s,"
        f" sliced {found['cpu_s']:5.1f} s CPU, {found['memory_mb']:4.0f} MB;"
        f" prints {found['print_s'] / 60:4.0f} min"
    )
    return made_s + found["cpu_s"]
