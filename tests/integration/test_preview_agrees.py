"""What a screen is sent is what the mesh is: every setting, also where the grids differ.

The mesh is the job's own, made by ``make_relief`` and read back from its file. It is sampled
straight down on the grid of the preview; the preview is read from the very bytes that are sent.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from printd.core.relief_presets import PRESETS
from printd.core.relief_settings import ReliefSettings, ReliefSize
from printd.depth.builtin import BuiltinDepth
from printd.geometry.decode.photo import read_facts
from printd.geometry.files.meshio import OWN_LIMITS, read_stl
from printd.geometry.mesh.mesh import Mesh
from printd.geometry.shape.view_field import FINEST
from printd.meshers.making import make_relief
from printd.meshers.preview.draft import Wanted
from printd.meshers.preview.figures import figures_of
from printd.meshers.preview.seen import heights_of
from tests.rasters import farthest_off
from tests.telling import Tell

Floats = NDArray[np.float64]

LAYER_MM = 0.2
STEEP = 1.0  # from here on a place is a step, which no two grids see at the same place
CELLS = 256
# Ten ways to set it, each of which reaches another part of the code; the pictures take turns.
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "portrait": {**PRESETS["portrait"], "width_mm": 80},
    "pet, organic, bent round": {**PRESETS["pet"], "bend": "outer", "bend_deg": 150},
    "logo": {**PRESETS["logo"], "width_mm": 60},
    "building with a rim": {**PRESETS["building"], "rim_mm": 3, "holes": 2, "width_mm": 100},
    "coin": {**PRESETS["coin"], "width_mm": 40},
    "large": {**PRESETS["large"], "width_mm": 180},
    "lithophane, standing": {**PRESETS["lithophane"], "width_mm": 90},
    "mould": {**PRESETS["mould"], "width_mm": 70},
    "cut off": {"depth_cutoff_pct": 30, "smoothing_px": 3, "outline": "rounded", "corner_mm": 12},
    "heart, upside down": {"outline": "heart", "invert": True, "mirror": True, "crop": "square"},
}
PICTURES = ("astronaut", "chelsea", "coins")


@dataclass(frozen=True)
class Seen:
    """What a screen has of a piece, read as a browser reads it."""

    z_mm: Floats  # (rows, cols)
    stays: NDArray[np.bool_]  # (rows, cols)
    edge_cells: Floats  # (rows, cols), how far inside, in cells
    x_mm: Floats  # of the columns
    y_mm: Floats  # of the rows
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Seen":
        cols, rows = facts["grid"]
        count = rows * cols
        numbers = np.frombuffer(facts["content"], "<u2", count).reshape(rows, cols)
        row, col = np.ogrid[:rows, :cols]
        edge = np.minimum.reduce(
            np.broadcast_arrays(row, rows - 1 - row, col, cols - 1 - col)
        ).astype(float)
        if facts["has_keep"]:
            keep = np.frombuffer(facts["content"], "u1", count, 2 * count).reshape(rows, cols)
            edge = (keep.astype(float) - 128) / 16
        assert len(facts["content"]) == count * (3 if facts["has_keep"] else 2)
        low, span = facts["z_mm"]
        return cls(
            low + span * numbers / 65535,
            edge >= 0,
            edge,
            np.linspace(0, facts["size_mm"][0], cols),
            np.linspace(facts["size_mm"][1], 0, rows),
            facts,
        )


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("preview")


@cache
def photo_in(room: Path, picture: str) -> Path:
    folder = room / picture
    folder.mkdir()
    Image.fromarray(getattr(data, picture)()).save(folder / "photo.bin", "PNG")
    return folder / "photo.bin"


def wanted_for(photo: Path, settings: ReliefSettings) -> Wanted:
    return Wanted(photo.parent, asdict(read_facts(photo)), settings, BuiltinDepth())


def standing(points: Floats, seen: Seen, settings: ReliefSettings) -> Floats:
    """Return points over the picture where a browser puts them, (n, 3); not moved to the corner."""
    x, up, z = points.T
    if settings.bend == "none":
        order = [0, 2, 1] if settings.standing else [0, 1, 2]
        upright: Floats = points[:, order] * ([1, -1, 1] if settings.standing else [1, 1, 1])
        return upright
    side, _, radius = seen.facts["bend"].split(",")
    sign, radius_mm = {"outer": 1.0, "inner": -1.0}[side], float(radius)
    angle = (x - seen.facts["size_mm"][0] / 2) / radius_mm
    front = z * np.cos(angle) - sign * 2 * radius_mm * np.sin(angle / 2) ** 2
    stands: Floats = np.stack([(radius_mm + sign * z) * np.sin(angle), -front, up], axis=1)
    return stands


def laid_flat(mesh: Mesh, seen: Seen, settings: ReliefSettings) -> Mesh:
    """Return a mesh as it was before it stood up or was bent, its picture where the screen's is."""
    points = mesh.vertices.astype(np.float64) + box_of(seen, settings)[0]
    if settings.bend != "none":
        _, _, radius = seen.facts["bend"].split(",")
        radius_mm = float(radius)
        towards = radius_mm - points[:, 1]  # from the axis to the viewer
        angle = np.arctan2(points[:, 0], towards)
        away = np.hypot(points[:, 0], towards) - radius_mm
        points = np.stack([angle * radius_mm + seen.x_mm[-1] / 2, points[:, 2], away], axis=1)
    elif settings.standing:
        points = np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)
    return Mesh(points.astype(np.float32), mesh.faces)


def box_of(seen: Seen, settings: ReliefSettings) -> Floats:
    """Return the box around all that a screen shows, before it is moved to the corner, (2, 3)."""
    left, near, right, far = seen.facts["bounds_mm"]
    x_mm, y_mm = np.meshgrid(seen.x_mm, seen.y_mm)
    front = np.stack([x_mm, y_mm, seen.z_mm], axis=-1)[seen.stays]
    corners = [[x, y, 0.0] for x in (left, right) for y in (near, far)]
    back = front * [1, 1, 0]
    points = standing(np.concatenate([front, back, corners]), seen, settings)
    return np.stack([points.min(axis=0), points.max(axis=0)])


def slopes(seen: Seen) -> Floats:
    """Return how steep the surface is at each sample."""
    down, across = np.gradient(seen.z_mm, seen.y_mm[0] - seen.y_mm[1], seen.x_mm[1])
    slope: Floats = np.hypot(down, across)
    return slope


@pytest.mark.parametrize("number", range(len(SETTINGS)), ids=list(SETTINGS))
def test_a_screen_shows_the_mesh(room: Path, number: int, tell: Tell) -> None:
    name, values = [*SETTINGS.items()][number]
    photo = photo_in(room, PICTURES[number % len(PICTURES)])
    settings = ReliefSettings.of(values)
    wanted = wanted_for(photo, settings)
    seen = Seen.of(heights_of(wanted, CELLS))
    out = photo.with_name(f"{number}.stl")
    report = make_relief(photo, settings, out)
    mesh = read_stl(out, OWN_LIMITS)

    flat = laid_flat(mesh, seen, settings)
    width_mm, height_mm = seen.facts["size_mm"]
    grid = ReliefSize(width_mm, height_mm, 0, 0, len(seen.x_mm) - 1, len(seen.y_mm) - 1)
    off = farthest_off(flat, seen.z_mm.astype(np.float32), grid)
    is_top = ~np.isnan(off)
    level = is_top & seen.stays & (slopes(seen) <= STEEP)
    p99 = float(np.quantile(off[level], 0.99))
    whole = float(np.quantile(off[is_top & seen.stays], 0.99))
    strays = np.abs(seen.edge_cells[is_top != seen.stays])
    box = box_of(seen, settings)
    sides = np.diff(box, axis=0)[0]
    made = np.array([report.width_mm, report.height_mm, report.thickness_mm])
    farthest = float(strays.max(initial=0))
    mesh_cells, steep = max(seen.facts["mesh_grid"]), 1 - level.sum() / is_top.sum()
    tell(
        f"{name:24} mesh of {mesh_cells} cells, {report.triangles} triangles; p99 {p99:.3f} mm"
        f" where not steep, {whole:.3f} mm with the {steep:.0%} that is;"
        f" box {np.abs(sides - made).max():.4f} mm, outline {farthest:.1f} cells"
    )

    if mesh_cells <= FINEST:  # the very same numbers, but for triangles and 16 bits
        assert p99 < 1.05 * settings.tolerance_mm
    assert p99 < LAYER_MM
    assert farthest <= 1
    assert steep < 0.6
    if settings.bend == "none":
        assert sides == pytest.approx(made, abs=LAYER_MM / 2)
        assert figures_of(wanted, 1.8)["size_mm"] == pytest.approx(made, abs=0.01)
    if not seen.facts["has_keep"] and settings.bend == "none":
        base_mm, relief_mm = seen.facts["base_mm"], seen.facts["relief_mm"]
        flat_mm = [*seen.facts["size_mm"], base_mm + relief_mm]
        low, high = flat.bounds_mm
        assert high - low == pytest.approx(flat_mm, abs=1e-3)


CHANGES: Mapping[str, Any] = {"base_mm": 3.3, "relief_mm": 2.7, "invert": None, "mirror": None}


@pytest.mark.parametrize("values", SETTINGS.values(), ids=list(SETTINGS))
def test_what_a_screen_may_change_by_itself_is_right(room: Path, values: Mapping[str, Any]) -> None:
    photo = photo_in(room, "chelsea")
    before = ReliefSettings.of(values, {"mesh_quality": 128})
    seen = Seen.of(heights_of(wanted_for(photo, before), 64))
    base_mm, relief_mm = seen.facts["base_mm"], seen.facts["relief_mm"]
    for name in seen.facts["uniforms"]:
        value = CHANGES[name] or not getattr(before, name)
        after = ReliefSettings.of(values, {"mesh_quality": 128, name: value})
        asked = Seen.of(heights_of(wanted_for(photo, after), 64))
        expected, stays = seen.z_mm, seen.stays
        if name == "base_mm":
            expected = seen.z_mm + value - base_mm
        elif name == "relief_mm":
            expected = base_mm + (seen.z_mm - base_mm) * value / relief_mm
        elif name == "invert":
            expected = 2 * base_mm + relief_mm - seen.z_mm
        else:
            expected, stays = seen.z_mm[:, ::-1], seen.stays[:, ::-1]
        assert np.abs(asked.z_mm - expected).max() < 1e-3, name
        assert (asked.stays == stays).all(), name
    assert "mirror" in seen.facts["uniforms"]


def test_a_ring_meets_itself(room: Path) -> None:
    settings = ReliefSettings.of(
        {"bend": "inner", "bend_deg": 360, "width_mm": 150, "mesh_quality": 128}
    )
    seen = Seen.of(heights_of(wanted_for(photo_in(room, "chelsea"), settings), 64))
    assert seen.facts["bend"] == f"inner,360,{150 / (2 * np.pi):.4f}"
    assert (seen.z_mm[:, 0] == seen.z_mm[:, -1]).all()
