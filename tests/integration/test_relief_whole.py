"""From a file to a file: what must hold whatever the picture and the settings are."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from printd.core.errors import PrintdError, SettingInvalid
from printd.core.relief_presets import PRESETS
from printd.core.relief_settings import ReliefSettings
from printd.depth.picture import PictureDepth
from printd.geometry.files.meshio import read_stl, read_triangles
from printd.geometry.mesh.mesh import Mesh, check_closed
from printd.meshers.making import Beside, ReliefReport, make_relief
from tests.photos import ASTRONAUT, CAT, encoded, textured

COARSE = {"mesh_quality": 128, "longest_mm": 64, "line_mm": 0}
GIVEN = PictureDepth()


def hills(rows: int = 160, cols: int = 128) -> NDArray[np.uint16]:
    """Return a depth map of 16 bits that is like no turned or mirrored one."""
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : cols * 1j]
    heights = np.sin(3 * x + 1) * np.cos(4 * y * x) + 0.3 * np.sin(9 * y)
    heights = (heights - heights.min()) / np.ptp(heights)
    levels: NDArray[np.uint16] = np.rint(65535 * heights).astype(np.uint16)
    return levels


def made(folder: Path, heights: NDArray[np.uint16], **values: object) -> tuple[Mesh, ReliefReport]:
    photo, out = folder / "depth.png", folder / "out.stl"
    Image.fromarray(heights).save(photo)
    report = make_relief(photo, ReliefSettings.of(COARSE, values), out, GIVEN)
    return read_stl(out), report


def triangles(folder: Path, heights: NDArray[np.uint16], **values: object) -> NDArray[np.float32]:
    """Return the triangles in the order of the file."""
    made(folder, heights, **values)
    return read_triangles(folder / "out.stl")


def points(mesh: Mesh) -> NDArray[np.float64]:
    """Return the vertices by their place on the bed, lower ones first."""
    x_mm, y_mm, z_mm = mesh.vertices.astype(np.float64).T
    order = np.lexsort((z_mm, (100 * y_mm + 0.3).round(), (100 * x_mm + 0.3).round()))
    ordered: NDArray[np.float64] = np.stack([x_mm, y_mm, z_mm], axis=1)[order]
    return ordered


def test_a_turned_picture_is_the_turned_piece(tmp_path: Path) -> None:
    upright, _ = made(tmp_path, hills(), triangulation="dense")
    turned, _ = made(tmp_path, np.rot90(hills()), triangulation="dense")

    x_mm, y_mm, z_mm = upright.vertices.T
    # To the left by a quarter: x becomes up.
    expected = Mesh(np.stack([y_mm.max() - y_mm, x_mm, z_mm], axis=1), upright.faces)
    assert points(turned) == pytest.approx(points(expected), abs=2e-3)


@pytest.mark.parametrize("triangulation", ["adaptive", "dense"])
def test_twice_the_size_is_twice_every_coordinate(tmp_path: Path, triangulation: str) -> None:
    one, two = (
        triangles(
            tmp_path,
            hills(),
            triangulation=triangulation,
            longest_mm=64 * times,
            tolerance_mm=0.02 * times,
        )
        for times in (1, 2)
    )

    assert two == pytest.approx(2 * one, abs=1e-3)


def test_a_mirrored_picture_is_the_mirrored_piece_and_twice_is_none(tmp_path: Path) -> None:
    plain, _ = made(tmp_path, hills(), triangulation="dense")
    mirrored, _ = made(tmp_path, hills(), triangulation="dense", mirror=True)
    twice, _ = made(tmp_path, hills()[:, ::-1], triangulation="dense", mirror=True)

    assert points(twice) == pytest.approx(points(plain), abs=1e-3)
    flipped = plain.vertices * np.array([-1, 1, 1]) + np.array([plain.bounds_mm[1, 0], 0, 0])
    expected = Mesh(flipped.astype(np.float32), plain.faces)
    assert points(mirrored) == pytest.approx(points(expected), abs=1e-3)


def test_an_inverted_picture_is_the_inverted_piece(tmp_path: Path) -> None:
    inverted, _ = made(tmp_path, hills(), triangulation="dense", invert=True)
    negative, _ = made(tmp_path, 65535 - hills(), triangulation="dense")

    assert points(inverted) == pytest.approx(points(negative), abs=2e-3)


def test_artwork_of_swapped_colours_is_the_same_piece(tmp_path: Path) -> None:
    meshes = []
    for ink, paper in (("black", "white"), ("white", "black")):
        picture = Image.new("RGB", (300, 200), paper)
        draw = ImageDraw.Draw(picture)
        draw.ellipse((40, 30, 140, 150), fill=ink)
        draw.rectangle((180, 60, 260, 170), fill=ink)
        picture.save(tmp_path / "art.png")
        settings = ReliefSettings.of(COARSE, {"triangulation": "dense"})
        make_relief(tmp_path / "art.png", settings, tmp_path / "out.stl")
        meshes.append(read_stl(tmp_path / "out.stl"))

    # Only at the edges of the ink the mean of black and white leans to one side.
    apart_mm = np.abs(points(meshes[0]) - points(meshes[1])).max(axis=1)
    assert (apart_mm < 0.1).mean() > 0.95
    assert apart_mm.max() < 0.1 * 6.4


@pytest.mark.parametrize("crop", ["square", "3:2", "0.25,0,0.75,0.5"])
def test_a_part_of_a_picture_is_the_piece_of_the_cut_picture(tmp_path: Path, crop: str) -> None:
    heights = hills(240, 120)
    boxes = {
        "square": (0, 60, 120, 180),
        "3:2": (0, 80, 120, 160),
        "0.25,0,0.75,0.5": (30, 0, 90, 120),
    }
    left, top, right, bottom = boxes[crop]

    part, _ = made(tmp_path, heights, crop=crop, triangulation="dense")
    cut, _ = made(tmp_path, heights[top:bottom, left:right], triangulation="dense")

    assert part.bounds_mm == pytest.approx(cut.bounds_mm, abs=1e-3)
    assert points(part)[:, :2] == pytest.approx(points(cut)[:, :2], abs=1e-3)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_makes_what_it_is_for(tmp_path: Path, preset: str) -> None:
    settings = ReliefSettings.of(PRESETS[preset], {"mesh_quality": 160, "longest_mm": 60})
    out = tmp_path / "out.stl"

    report = make_relief(
        ASTRONAUT, settings, out, beside=Beside(preview=tmp_path / "a.png", measure=True)
    )

    assert report.measured is not None
    assert report.measured.closed == (preset != "cnc")
    longest = max(report.width_mm, report.height_mm, report.thickness_mm)
    assert longest == pytest.approx(60, abs=0.05)
    stands = report.thickness_mm > 30
    assert stands == (preset == "lithophane")
    assert read_stl(out).bounds_mm[0, 2] == pytest.approx(
        -report.thickness_mm if preset == "cnc" else 0
    )


def odd_pictures(folder: Path) -> dict[str, Path]:
    """Write pictures that a person may hand in by mistake."""
    wide = Image.fromarray(np.linspace(0, 65535, 900 * 40).reshape(40, 900).astype(np.uint16))
    pictures = {
        "black.png": Image.new("RGB", (64, 48)),
        "white.png": Image.new("L", (48, 64), 255),
        "one-pixel.png": Image.new("L", (1, 1)),
        "ribbon.png": Image.new("L", (1, 5000)),
        "deep.png": wide.crop((0, 0, 600, 40)),
        "grey-alpha.png": textured(64, 64).convert("LA"),
        "clear.png": Image.new("RGBA", (64, 64), (0, 0, 0, 0)),
        "cmyk.jpg": textured(64, 48).convert("CMYK"),
        "two-tone.png": Image.fromarray((np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)),
    }
    for name, picture in pictures.items():
        picture.save(folder / name)
    (folder / "words.jpg").write_bytes(b"no picture")
    (folder / "half.jpg").write_bytes(encoded(textured(200, 200), "JPEG")[:3000])
    return {path.name: path for path in folder.iterdir()}


WISHES: dict[str, dict[str, object]] = {
    "plain": {},
    "cut off": {"depth_cutoff_pct": 95},
    "inverted cut": {"depth_cutoff_pct": 30, "invert": True},
    "subject": {"outline": "mask"},
    "sliver": {"crop": "0.5,0,0.501,1"},
    "coin": {"crop": "square", "outline": "circle", "rim_width": 0.3},
    "holed heart": {"outline": "heart", "holes": 2, "hole_mm": 3},
    "ring": {"bend": "outer", "bend_deg": 360},
    "inner arc": {"bend": "inner", "bend_deg": 90},
    "lithophane": {"surface": "lithophane", "standing": True, "feet_mm": 20},
    "mould": {"invert": True, "draft_deg": 45, "rim_mm": 5},
    "flat": {"relief_mm": 0, "base_mm": 0.2},
    "dense": {"triangulation": "dense", "noise_reduction": 50, "smoothing_px": 20},
}


@pytest.mark.parametrize("wish", WISHES)
def test_an_odd_picture_is_a_closed_piece_or_a_sentence(tmp_path: Path, wish: str) -> None:
    settings = ReliefSettings.of(COARSE, WISHES[wish])
    pictures = odd_pictures(tmp_path)
    kept = sorted(pictures)
    good = 0

    for (name, photo), depth in itertools.product(pictures.items(), (None, GIVEN)):
        out = tmp_path / "out.stl"
        refused = refusal(photo, settings, out, depth)
        if refused is None:
            assert check_closed(read_stl(out)).is_closed, (name, depth)
            out.unlink()
            good += 1
        else:
            assert len(refused.problem) > 20, name
            assert refused.action, name
        assert sorted(path.name for path in tmp_path.iterdir()) == kept
    if wish not in ("subject", "cut off", "sliver"):
        assert good >= 6


def refusal(
    photo: Path, settings: ReliefSettings, out: Path, depth: PictureDepth | None
) -> PrintdError | None:
    """Make a piece; return the sentence if it is refused."""
    try:
        make_relief(photo, settings, out, depth)
    except PrintdError as refused:
        return refused
    return None


@pytest.mark.parametrize("value", [0, 255], ids=["nothing", "everything"])
def test_a_mask_of_nothing_or_everything_is_not_followed_and_said(
    tmp_path: Path, value: int
) -> None:
    beside = Beside(mask=tmp_path / "mask.png")
    Image.new("L", (90, 60), value).save(tmp_path / "mask.png")
    plain, out = ReliefSettings.of(COARSE), tmp_path / "out.stl"

    report = make_relief(CAT, plain, out, beside=beside)

    assert check_closed(read_stl(out)).is_closed
    assert any(warning.startswith(("mask_empty", "mask_full")) for warning in report.warnings)
    with pytest.raises(SettingInvalid, match="none was found"):
        make_relief(CAT, plain.model_copy(update={"outline": "mask"}), out, beside=beside)
