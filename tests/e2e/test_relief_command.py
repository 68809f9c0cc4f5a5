"""``printd relief`` as a person types it: files, pictures, report, and what is said of mistakes."""

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from printd.core.relief_presets import PRESETS
from printd.geometry.files.meshio import read_stl
from printd.geometry.mesh.mesh import check_closed
from tests.peers.typed import typed
from tests.photos import ASTRONAUT

QUICK = ("--mesh-quality", 128)


def relief(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return typed(["relief", *map(str, words)], folder=folder)


def pixels(file: Path, grey_px: int | None = None) -> NDArray[np.integer[Any]]:
    """Read a picture, also as a grey square of so many pixels."""
    with Image.open(file) as picture:
        return np.asarray(picture.convert("L").resize((grey_px, grey_px)) if grey_px else picture)


def facts_of(folder: Path, *words: object) -> dict[str, object]:
    done = relief(folder, *words, *QUICK, "--json")
    assert done.returncode == 0, done.stderr
    facts: dict[str, object] = json.loads(done.stdout)
    return facts


def test_a_report_tells_what_a_person_asks_before_printing(tmp_path: Path) -> None:
    done = relief(tmp_path, ASTRONAUT, "-o", "a.stl", "--report", *QUICK)

    assert done.returncode == 0, done.stderr
    for words in ("heights: ", "closed: yes", "volume: ", "finest part: ", "steepest slope: "):
        assert words in done.stdout
    assert "100 % Done" in done.stderr
    assert check_closed(read_stl(tmp_path / "a.stl")).is_closed
    assert [path.name for path in tmp_path.iterdir()] == ["a.stl"]


def test_a_hint_names_the_flag_that_mends_it(tmp_path: Path) -> None:
    done = relief(tmp_path, ASTRONAUT, "-o", "a.stl", "--base-mm", 0.2, *QUICK)

    assert "note: The base is 0.2 mm" in done.stderr
    assert "→ --base-mm 0.4" in done.stderr


@pytest.mark.parametrize("kind", ["stl", "3mf", "zip", "png"])
def test_every_kind_of_file_is_made_with_its_pictures(tmp_path: Path, kind: str) -> None:
    words = (ASTRONAUT, "-o", f"a.{kind}", "--preset", "coin", "--preview", "look.png")
    facts = facts_of(tmp_path, *words, "--material", "bronze")

    assert (tmp_path / f"a.{kind}").stat().st_size == facts["bytes"]
    assert pixels(tmp_path / "look.png").shape == (900, 1200, 3)
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip") as package:
            assert sorted(package.namelist()) == ["relief.mtl", "relief.obj", "texture.jpg"]
    if kind == "png":
        depth = pixels(tmp_path / "a.png")
        assert depth.dtype == np.uint16
        assert (int(depth.min()), int(depth.max())) == (0, 65535)


def test_a_height_map_that_was_written_comes_back_as_the_same_relief(tmp_path: Path) -> None:
    facts_of(tmp_path, ASTRONAUT, "-o", "map.png")
    again = facts_of(tmp_path, "map.png", "-o", "a.stl", "--depth", "picture", "--line-mm", 0)
    first = facts_of(tmp_path, ASTRONAUT, "-o", "b.stl")

    assert again["volume_mm3"] == pytest.approx(first["volume_mm3"], rel=0.01)
    assert again["depth"] == "the photo, which is a depth picture"


def test_heights_and_mask_may_lie_beside_the_photo(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 1, 128, dtype=np.float32), (128, 1))
    np.save(tmp_path / "ramp.npy", ramp)
    Image.fromarray((np.indices((64, 64)).min(0) > 20).astype(np.uint8) * 255).save(
        tmp_path / "mask.png"
    )

    facts = facts_of(
        tmp_path, ASTRONAUT, "-o", "a.stl", "--depth-file", "ramp.npy",
        "--mask-file", "mask.png", "--outline", "mask",
    )  # fmt: skip

    low, high = read_stl(tmp_path / "a.stl").bounds_mm
    assert facts["depth"] == "a depth picture beside the photo"
    assert (high - low)[0] == pytest.approx(80 * 43 / 64, abs=1.5)


def test_an_array_alone_has_heights_and_tones_and_no_colours(tmp_path: Path) -> None:
    np.save(tmp_path / "ramp.npy", np.tile(np.linspace(0, 1, 128, dtype=np.float32), (128, 1)))

    packed = facts_of(tmp_path, "ramp.npy", "-o", "a.zip", "--depth", "picture", "--line-mm", 0)
    plate = facts_of(
        tmp_path, "ramp.npy", "-o", "b.stl", "--preset", "lithophane", "--depth", "picture"
    )

    assert packed["volume_mm3"] == pytest.approx(80 * 80 * (4 + 8 / 2), rel=1e-3)
    with zipfile.ZipFile(tmp_path / "a.zip") as package:
        assert sorted(package.namelist()) == ["relief.mtl", "relief.obj"]
    assert plate["width_mm"] == 80
    done = relief(tmp_path, "ramp.npy", "-o", "c.stl")
    assert "--depth picture" in done.stderr


def test_a_lithophane_stands_and_shines(tmp_path: Path) -> None:
    words = ("--preset", "lithophane", "--light-on", "lit.png", "--width-mm", 60)
    facts = facts_of(tmp_path, ASTRONAUT, "-o", "a.stl", *words)

    assert facts["thickness_mm"] == pytest.approx(60)
    lit, photo = pixels(tmp_path / "lit.png", 128), pixels(ASTRONAUT, 128)
    assert np.corrcoef(lit.ravel(), photo.ravel())[0, 1] > 0.95


def test_the_step_wedge_tells_what_to_type_afterwards(tmp_path: Path) -> None:
    done = relief(tmp_path, "--step-wedge", "-o", "wedge.stl", "--thickest-mm", 3)

    assert done.returncode == 0, done.stderr
    assert '--plate-steps "0.80:? ' in done.stderr
    assert '3.00:?"' in done.stderr
    mesh = read_stl(tmp_path / "wedge.stl")
    assert check_closed(mesh).is_closed
    assert mesh.bounds_mm[1, 1] == pytest.approx(3)


def test_a_room_adds_presets_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "presets: {medal: {crop: square, outline: circle, holes: 1, hole_mm: 3}}\n"
    )

    facts = facts_of(tmp_path, ASTRONAUT, "-o", "a.stl", "--preset", "medal", "--width-mm", 40)

    assert facts["width_mm"] == pytest.approx(40, abs=0.05)
    wrong = relief(tmp_path, ASTRONAUT, "-o", "b.stl", "--preset", "medl")
    assert wrong.returncode == 64
    assert "medal" in wrong.stderr
    assert all(name in wrong.stderr for name in PRESETS)


@pytest.mark.parametrize(
    "words",
    [
        ("a.png", "-o", "a.png"),
        ("a.png", "-o", "b.stl", "--preview", "a.png"),
        ("a.png", "-o", "b.png", "--preview", "b.png"),
        ("a.png", "-o", "b.stl", "--mask-file", "m.png", "--preview", "./m.png"),
    ],
    ids=str,
)
def test_nothing_that_is_read_is_written_over(tmp_path: Path, words: tuple[str, ...]) -> None:
    for name in ("a.png", "m.png"):
        (tmp_path / name).write_bytes(ASTRONAUT.read_bytes())

    done = relief(tmp_path, *words)

    assert done.returncode == 64, done.stderr
    assert "another file of this command is there" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "m.png"]
    assert (tmp_path / "a.png").read_bytes() == ASTRONAUT.read_bytes()


def test_results_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    facts_of(tmp_path, ASTRONAUT, "-o", "a.stl", "--preview", "a.png")

    mask = os.umask(0o022)
    os.umask(mask)
    for name in ("a.stl", "a.png"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            (ASTRONAUT, "-o", "a.step"),
            64,
            "a.step: no such kind of file; known are .stl, .3mf, .zip, .png",
        ),
        ((ASTRONAUT, "-o", "a.stl", "--depth-intensity", "0.4"), 64, "a number from 0 to 0.3"),
        ((ASTRONAUT, "-o", "a.stl", "--tolerance-mm", "0"), 64, "a number from 0.001 to 1"),
        ((ASTRONAUT, "-o", "a.stl", "--base-thickness", "0"), 64, "a number from 0.01 to 0.5"),
        ((ASTRONAUT, "-o", "a.stl", "--holes", "two"), 64, "not a whole number"),
        ((ASTRONAUT, "-o", "a.stl", "--depth", "oracle"), 64, "there are builtin, picture"),
        ((ASTRONAUT, "-o", "a.stl", "--mask-file", "none.png"), 66, "There is no file none.png"),
        ((ASTRONAUT, "-o", "a.stl", "--preview", "b.png", "--material", "cheese"), 64, "white-pla"),
        (
            (ASTRONAUT, "-o", "a.stl", "--bend", "inner", "--relief-mm", "60"),
            64,
            "Use at most",
        ),
        (("-o", "a.stl"), 64, "--step-wedge"),
        ((ASTRONAUT, "-o", "a.stl", "--preview", "a.jpg"), 64, "pictures are PNG"),
        ((ASTRONAUT, "-o", "a.stl", "--light-on", "a.png"), 64, "--surface lithophane"),
        ((ASTRONAUT, "-o", "a.stl", "--crop", "0.5,0,0.501,1"), 1, "pixels; each side needs"),
    ],
    ids=lambda value: str(value[-1]) if isinstance(value, tuple) else None,
)
def test_a_mistake_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, words: tuple[object, ...], code: int, said: str
) -> None:
    done = relief(tmp_path, *words)

    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
