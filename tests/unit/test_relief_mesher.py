"""The local mesher: what it writes, what it leaves behind, and what it says."""

import dataclasses
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image

from printd.core.compute import Limits
from printd.core.config import Config
from printd.core.errors import PhotoIncomplete, SettingInvalid
from printd.core.files import JobFolders
from printd.core.relief_settings import ReliefSettings
from printd.depth import of_files
from printd.depth.base import DepthMap
from printd.depth.builtin import BuiltinDepth
from printd.geometry.files.meshio import read_stl
from printd.geometry.mesh.mesh import check_closed
from printd.meshers.base import Ticket
from printd.meshers.making import make_relief
from printd.meshers.relief import ReliefMesher, relief_limits
from tests.photos import ASTRONAUT, CAT, encoded, textured

T = TypeVar("T")
COARSE = ReliefSettings(mesh_quality=128)


class Here:
    """Runs the work at once, in this process."""

    def run(self, fn: Callable[..., T], /, *args: object, limits: Limits, **kwargs: object) -> T:
        assert limits.memory_bytes > 1 << 30
        return fn(*args, **kwargs)


@pytest.mark.parametrize("photo", [ASTRONAUT, CAT])
def test_a_photo_becomes_a_closed_relief_of_the_size_reported(tmp_path: Path, photo: Path) -> None:
    out = tmp_path / "relief.stl"

    report = make_relief(photo, COARSE, out)

    mesh = read_stl(out)
    found = check_closed(mesh)
    assert found.is_closed
    assert found.triangles == report.triangles
    assert found.volume_mm3 == pytest.approx(report.volume_mm3, rel=1e-5)
    assert tuple(mesh.bounds_mm[1]) == (report.width_mm, report.height_mm, report.thickness_mm)
    assert report.thickness_mm == pytest.approx(12)
    assert report.bytes == out.stat().st_size


def test_the_same_photo_and_settings_give_the_same_bytes(tmp_path: Path) -> None:
    # A fresh process with another hash seed and folder must agree.
    program = (
        "import sys; from pathlib import Path; from printd.core.relief_settings import *;"
        "from printd.meshers.relief import make_relief;"
        "make_relief(Path(sys.argv[1]), ReliefSettings(mesh_quality=128), Path(sys.argv[2]))"
    )
    make_relief(CAT, COARSE, tmp_path / "a.stl")

    subprocess.run(
        [sys.executable, "-c", program, str(CAT), str(tmp_path / "b.stl")],
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )

    sums = {
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("a.stl", "b.stl")
    }
    assert len(sums) == 1


def test_a_broken_photo_leaves_nothing_behind(tmp_path: Path) -> None:
    photo, out = tmp_path / "photo.jpg", tmp_path / "relief.stl"
    photo.write_bytes(encoded(textured(300, 200), "JPEG")[:4000])

    with pytest.raises(PhotoIncomplete):
        make_relief(photo, COARSE, out)

    assert list(tmp_path.iterdir()) == [photo]


def test_an_older_file_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "relief.stl"
    out.write_bytes(b"old")

    make_relief(CAT, COARSE, out)

    assert check_closed(read_stl(out)).is_closed
    assert list(tmp_path.iterdir()) == [out]


def test_a_photo_of_one_colour_is_a_plate_and_says_so(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(encoded(Image.new("RGB", (640, 600), "orange"), "PNG"))

    report = make_relief(photo, COARSE, tmp_path / "relief.stl")

    assert report.triangles == 12
    assert report.thickness_mm == pytest.approx(4)
    assert [warning.split(":")[0] for warning in report.warnings] == ["photo_flat"]


def test_a_small_photo_says_that_it_looks_soft(tmp_path: Path) -> None:
    report = make_relief(CAT, COARSE, tmp_path / "relief.stl")

    assert [warning.split(":")[0] for warning in report.warnings] == [
        "photo_soft",
        "mask_doubtful",  # the cat fills the picture
    ]
    assert report.photo_px == (451, 300)


@pytest.mark.parametrize("size", [(16, 16), (320, 16), (16, 320)])
@pytest.mark.parametrize("quality", [128, 512])
def test_the_smallest_photos_become_closed_reliefs(
    tmp_path: Path, size: tuple[int, int], quality: int
) -> None:
    photo, out = tmp_path / "photo.png", tmp_path / "relief.stl"
    photo.write_bytes(encoded(textured(*size), "PNG"))

    make_relief(photo, ReliefSettings(mesh_quality=quality, longest_mm=60), out)

    assert check_closed(read_stl(out)).is_closed
    assert max(read_stl(out).bounds_mm[1]) == pytest.approx(60)


def test_inverted_reliefs_have_the_other_volume(tmp_path: Path) -> None:
    upright = make_relief(CAT, COARSE, tmp_path / "a.stl")
    inverted = make_relief(CAT, ReliefSettings(mesh_quality=128, invert=True), tmp_path / "b.stl")

    plate = upright.width_mm * upright.height_mm
    assert upright.volume_mm3 + inverted.volume_mm3 == pytest.approx(plate * (4 + 12), rel=1e-4)


@dataclasses.dataclass(frozen=True)
class Ramp(BuiltinDepth):
    """A source of height maps that rises to the right, and notes each time it is asked."""

    asked: Path = Path("asked")

    def depends_on(
        self, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> dict[str, object]:
        return {"source": "ramp", "style": settings.style}

    def height_map(
        self, photo: Path, settings: ReliefSettings, longest_px: int, mask: Path | None = None
    ) -> DepthMap:
        with self.asked.open("a") as note:
            note.write("1")
        ramp = np.linspace(0, 1, longest_px, dtype=np.float32)
        return DepthMap(np.tile(ramp, (longest_px, 1)), ("ramp: It rises to the right.",), "a ramp")


def test_heights_come_from_the_source_that_is_given(tmp_path: Path) -> None:
    report = make_relief(ASTRONAUT, COARSE, tmp_path / "relief.stl", Ramp(asked=tmp_path / "asked"))

    assert report.volume_mm3 == pytest.approx(80 * 80 * (4 + 8 / 2), rel=1e-3)
    assert report.depth == "a ramp"
    assert report.warnings[-1] == "ramp: It rises to the right."


def test_the_built_in_source_is_the_default(tmp_path: Path) -> None:
    default = make_relief(CAT, COARSE, tmp_path / "a.stl")
    given = make_relief(CAT, COARSE, tmp_path / "b.stl", BuiltinDepth())

    assert given == default
    assert (tmp_path / "a.stl").read_bytes() == (tmp_path / "b.stl").read_bytes()


def test_another_setting_never_asks_for_the_heights_again(tmp_path: Path) -> None:
    asked, folder = tmp_path / "asked", tmp_path / "job"
    folder.mkdir()
    mesher = ReliefMesher("relief", Here(), Ramp(asked=asked))
    ticket = mesher.order(CAT, {})
    first = {"mesh_quality": 128, "width_mm": 50}

    made = [
        mesher.collect(ticket, CAT, first | change, folder / "raw.stl")
        for change in ({}, {"invert": True}, {"relief_mm": 3, "smoothing_px": 4}, {"rim_mm": 3})
    ]

    assert asked.read_text() == "1"
    assert len({facts["volume_mm3"] for facts in made}) == 4
    mesher.collect(ticket, CAT, first | {"style": "organic"}, folder / "raw.stl")
    assert asked.read_text() == "11"


@pytest.mark.parametrize(("near", "share"), [("white", 0.25), ("black", 0.75)])
def test_a_depth_file_beside_the_photo_is_read_as_the_configuration_says(
    tmp_path: Path, near: str, share: float
) -> None:
    config = Config.model_validate({"depth": {"picture": {"kind": "picture", "near": near}}})
    mesher = ReliefMesher("relief", Here(), BuiltinDepth(), of_files(config.depth))
    photo = tmp_path / JobFolders.PHOTO
    photo.write_bytes(CAT.read_bytes())
    upper_quarter = np.zeros((60, 90), np.uint8)
    upper_quarter[:15] = 255
    Image.fromarray(upper_quarter).save(tmp_path / JobFolders.DEPTH, "PNG")
    settings = {"mesh_quality": 128, "width_mm": 90, "relief_mm": 4, "base_mm": 2}

    facts = mesher.collect(mesher.order(photo, settings), photo, settings, tmp_path / "raw.stl")

    mean_mm = facts["volume_mm3"] / facts["width_mm"] / facts["height_mm"]
    assert (mean_mm - 2) / 4 == pytest.approx(share, abs=0.01)


def test_a_surface_alone_is_nothing_to_print() -> None:
    with pytest.raises(SettingInvalid, match="mode: planar is a surface alone"):
        ReliefMesher("relief", Here()).order(CAT, {"mode": "planar"})


def test_an_order_is_answered_at_once_and_collected_later(tmp_path: Path) -> None:
    mesher = ReliefMesher("relief", Here())
    settings = {"mesh_quality": 128, "width_mm": 50}

    ticket = mesher.order(CAT, settings)
    kept = Ticket.from_facts(ticket.as_facts())
    facts = mesher.collect(kept, CAT, settings, tmp_path / "relief.stl")

    assert kept == ticket
    assert facts["width_mm"] == 50
    assert facts["triangles"] == check_closed(read_stl(tmp_path / "relief.stl")).triangles
    assert mesher.find(CAT, datetime.now(UTC)) == ticket


def test_an_order_with_a_wrong_setting_is_refused() -> None:
    with pytest.raises(SettingInvalid, match="mesh_quality: 5 is not"):
        ReliefMesher("relief", Here()).order(CAT, {"mesh_quality": 5})


def test_more_cells_may_use_more() -> None:
    small, large = relief_limits(COARSE), relief_limits(ReliefSettings(mesh_quality=4096))

    assert small.memory_bytes == 2**30 + 100 * 128**2
    assert large.memory_bytes > 2 * small.memory_bytes
    assert large.wall_s > small.wall_s


@pytest.mark.parametrize(
    "module", ["printd.meshers.relief", "printd.depth.builtin", "printd.geometry.decode.endmarker"]
)
def test_what_the_daemon_imports_loads_no_heavy_library(module: str) -> None:
    program = (
        f"import sys, {module};"
        "print(*({'numpy', 'scipy', 'PIL', 'trimesh'} & set(sys.modules)), end='')"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout

    assert loaded == ""


def test_adaptive_triangles_are_few_and_the_same_piece(tmp_path: Path) -> None:
    fine = ReliefSettings(mesh_quality=256)

    few = make_relief(CAT, fine, tmp_path / "few.stl")
    dense = fine.model_copy(update={"triangulation": "dense"})
    many = make_relief(CAT, dense, tmp_path / "many.stl")

    assert few.triangles < 0.8 * many.triangles
    assert (few.width_mm, few.thickness_mm) == (many.width_mm, many.thickness_mm)
    assert few.volume_mm3 == pytest.approx(many.volume_mm3, rel=2e-3)
    assert check_closed(read_stl(tmp_path / "few.stl")).is_closed


def test_more_triangles_than_a_print_may_have_are_refused(tmp_path: Path) -> None:
    for triangulation in ("adaptive", "dense"):
        settings = ReliefSettings.of({"mesh_quality": 128, "triangulation": triangulation})
        with pytest.raises(SettingInvalid, match="a print may have 1,000"):
            make_relief(CAT, settings, tmp_path / "out.stl", None, 1000)
    assert list(tmp_path.iterdir()) == []
