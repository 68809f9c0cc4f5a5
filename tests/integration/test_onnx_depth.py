"""Depth from networks: real files in the real runtime, whose answers are computed by hand."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto
from PIL import Image

from printd.core.compute import Compute, Limits
from printd.core.errors import DepthMissing, DepthUnfit, PrintdError
from printd.core.mesher_config import OnnxDepthConfig
from printd.core.relief_settings import ReliefSettings
from printd.depth import KINDS
from printd.depth.base import DepthMap
from printd.depth.kept import NOTE, asked_once
from printd.depth.onnx import OnnxDepth
from tests.peers.networks import MOST, SHARES, network
from tests.photos import ASTRONAUT

Floats = NDArray[np.float32]
SETTINGS = ReliefSettings()
WIDTH, HEIGHT = 84, 56
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def colours(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Return red rising to the right, green downwards, blue in between."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    planes = np.stack([across, down, (across + 1 - down) / 2], axis=-1)
    return np.asarray(np.rint(255 * planes), np.uint8)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(colours()).save(path)
    return path


def answer(mean: tuple[float, ...], std: tuple[float, ...], shown: NDArray[np.uint8]) -> Floats:
    """Return what the networks of these tests say of a picture."""
    levels = np.abs((shown / 255 - np.array(mean)) / np.array(std))
    return np.asarray((np.minimum(levels, MOST) * np.array(SHARES)).sum(axis=-1), np.float32)


def spread(values: NDArray[np.floating]) -> NDArray[np.floating]:
    low, high = np.quantile(values, (0.001, 0.999))
    return np.asarray(np.clip((values - low) / (high - low), 0, 1))


def near(distance: NDArray[np.floating]) -> NDArray[np.floating]:
    return spread(1 / (distance / np.median(distance) + 0.01))


def source(tmp_path: Path, family: str, build: dict[str, Any] | None = None, **more: Any) -> Any:
    path = tmp_path / "net.onnx"
    sha256 = network(path, **(build or {}))
    settings = {"kind": "onnx", "family": family, "path": path, "sha256": sha256, **more}
    return KINDS["onnx"]("net", OnnxDepthConfig.model_validate(settings))


def heights(found: OnnxDepth, photo: Path) -> Floats:
    return found.height_map(photo, SETTINGS, 512).heights


# One row for each family: what it wants to be shown, which end is near, open or fixed sides.
FIXED = (1, 3, HEIGHT, WIDTH)
VIEWS = ("batch", 1, 3, "height", "width")


@pytest.mark.parametrize(
    ("family", "build", "size_px", "shown_as", "is_nearness"),
    [
        ("depth-anything-v2", {}, 56, IMAGENET, True),
        ("depth-anything-v2", {"shape": FIXED}, None, IMAGENET, True),
        ("depth-anything-v2-metric", {}, 56, IMAGENET, False),
        ("depth-anything-3", {"shape": VIEWS}, 84, IMAGENET, False),
        ("midas", {"shape": FIXED}, None, IMAGENET, True),
        ("midas-dpt", {"shape": FIXED}, None, HALF, True),
        ("depth-pro", {"shape": FIXED}, None, HALF, False),
    ],
)
def test_a_family_is_shown_what_it_wants_and_understood(
    tmp_path: Path,
    photo: Path,
    family: str,
    build: dict[str, Any],
    size_px: int | None,
    shown_as: tuple[tuple[float, ...], tuple[float, ...]],
    is_nearness: bool,
) -> None:
    found = heights(source(tmp_path, family, build, size_px=size_px), photo)

    said = answer(*shown_as, colours())
    wanted = spread(said) if is_nearness else near(said)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=2e-3)


def test_the_right_answers_differ_enough_to_be_told_apart() -> None:
    # The control of the test above: a wrong mean, deviation, order or end shows.
    said = answer(*IMAGENET, colours())
    wrong = [
        spread(answer(*HALF, colours())),
        spread(answer(IMAGENET[0], HALF[1], colours())),
        spread(answer(HALF[0], IMAGENET[1], colours())),
        spread(answer(*IMAGENET, colours()[..., ::-1])),
        spread(answer(IMAGENET[0][::-1], IMAGENET[1][::-1], colours())),
        near(said),
        1 - spread(said),
    ]

    assert min(np.abs(spread(said) - other).max() for other in wrong) > 0.01


def test_channels_may_be_wanted_in_the_other_order(tmp_path: Path, photo: Path) -> None:
    found = heights(source(tmp_path, "midas", {"shape": FIXED}, channels="bgr"), photo)

    # Blue takes the place, and the share, of red; each keeps its own mean.
    levels = np.abs((colours() / 255 - np.array(IMAGENET[0])) / np.array(IMAGENET[1]))
    said = (np.minimum(levels, MOST) * np.array(SHARES[::-1])).sum(axis=-1)
    np.testing.assert_allclose(found, spread(said), atol=2e-3)


def test_a_network_that_normalises_itself_is_shown_plain_colours(
    tmp_path: Path, photo: Path
) -> None:
    found = heights(source(tmp_path, "midas", {"shape": FIXED}, normalises=True), photo)

    said = answer((0, 0, 0), (1, 1, 1), colours())
    np.testing.assert_allclose(found, spread(said), atol=2e-3)


def test_the_configuration_may_say_which_end_is_near(tmp_path: Path, photo: Path) -> None:
    found = heights(source(tmp_path, "depth-pro", {"shape": FIXED}, larger="nearer"), photo)

    np.testing.assert_allclose(found, spread(answer(*HALF, colours())), atol=2e-3)


def test_half_precision_is_spoken(tmp_path: Path, photo: Path) -> None:
    build = {"kind": TensorProto.FLOAT16, "shape": FIXED}

    found = heights(source(tmp_path, "midas", build), photo)

    np.testing.assert_allclose(found, spread(answer(*IMAGENET, colours())), atol=1e-2)


@pytest.mark.parametrize(
    ("family", "size", "seen"),
    [
        ("depth-anything-v2", (768, 512), (523, 784)),  # the short side: 518 by 784
        ("depth-anything-3", (768, 512), (336, 504)),  # the long side
        ("midas", (768, 512), (256, 384)),
        ("depth-anything-v2", (2000, 200), (154, 1540)),  # no more than 2 * 518 long: 1036 by 98
    ],
)
def test_an_open_network_sees_the_photo_at_the_size_of_its_family(
    tmp_path: Path, family: str, size: tuple[int, int], seen: tuple[int, int]
) -> None:
    path = tmp_path / "wide.png"
    Image.fromarray(colours(*size)).save(path)

    found = heights(source(tmp_path, family), path)

    if seen[1] < 1000:
        assert found.shape == seen
    assert found.shape[1] / found.shape[0] == pytest.approx(size[0] / size[1], rel=0.01)
    assert max(found.shape) <= 1100


def test_a_fixed_square_gives_the_photo_back_its_shape(tmp_path: Path, photo: Path) -> None:
    found = heights(source(tmp_path, "midas", {"shape": (1, 3, 64, 64)}), photo)

    assert found.shape == (64, 96)
    np.testing.assert_allclose(
        found, spread(answer(*IMAGENET, colours(96, 64))), atol=0.08
    )  # twice resampled


def test_an_answer_of_another_size_is_understood(tmp_path: Path, photo: Path) -> None:
    found = heights(source(tmp_path, "midas", {"shape": FIXED, "pooled": 4}), photo)

    assert found.shape == (HEIGHT // 4, WIDTH // 4)


@pytest.mark.parametrize(
    ("output", "others"),
    [
        ("predicted_depth", {"focallength_px": (1,)}),
        ("predicted_depth", {"confidence": (1, "a", "b"), "sky": (1, "a", "b")}),
        ("depth", {"depth_conf": (1, "a", "b"), "extrinsics": (1, 3, 4)}),
        ("797", {"focal": (1,)}),
    ],
)
def test_the_depth_is_found_among_other_outputs(
    tmp_path: Path, photo: Path, output: str, others: dict[str, Any]
) -> None:
    build = {"shape": FIXED, "output": output, "others": others}

    found = heights(source(tmp_path, "midas", build), photo)

    np.testing.assert_allclose(found, spread(answer(*IMAGENET, colours())), atol=2e-3)


def test_outputs_that_nobody_can_tell_apart_are_named(tmp_path: Path, photo: Path) -> None:
    build = {"shape": FIXED, "output": "a", "others": {"b": (1, "h", "w")}}

    with pytest.raises(DepthUnfit, match=r"None of the outputs of net\.onnx.*'b', 'a'"):
        heights(source(tmp_path, "midas", build), photo)

    chosen = source(tmp_path, "midas", build, output="a")
    np.testing.assert_allclose(
        heights(chosen, photo), spread(answer(*IMAGENET, colours())), atol=2e-3
    )


# Files that are not what they should be.


def test_changed_weights_are_not_run(tmp_path: Path, photo: Path) -> None:
    found = source(tmp_path, "midas", {"shape": FIXED})
    with found.path.open("ab") as stream:
        stream.write(b"\0")

    with pytest.raises(DepthUnfit, match=r"net\.onnx has the SHA-256 [0-9a-f]{64}, the conf"):
        heights(found, photo)


def test_missing_weights_are_said(tmp_path: Path, photo: Path) -> None:
    found = source(tmp_path, "midas", {"shape": FIXED})
    found.path.unlink()

    with pytest.raises(DepthMissing, match=r"There is no file .*net\.onnx"):
        heights(found, photo)


def test_weights_beside_the_network_must_be_named_and_unchanged(
    tmp_path: Path, photo: Path
) -> None:
    build = {"shape": FIXED, "external": "net.onnx_data"}

    with pytest.raises(DepthUnfit, match=r"keeps weights in a file 'net\.onnx_data'"):
        heights(source(tmp_path, "midas", build), photo)

    weights = tmp_path / "net.onnx_data"
    data = {weights.name: hashlib.sha256(weights.read_bytes()).hexdigest()}
    found = source(tmp_path, "midas", build, data=data)
    np.testing.assert_allclose(
        heights(found, photo), spread(answer(*IMAGENET, colours())), atol=2e-3
    )
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    with pytest.raises(DepthUnfit, match=r"net\.onnx_data has the SHA-256"):
        heights(found, photo)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x08" * 500])
def test_a_file_that_is_no_network_is_said(tmp_path: Path, photo: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    found = OnnxDepth("net", "midas", path, hashlib.sha256(content).hexdigest())

    with pytest.raises(DepthUnfit, match=r"net\.onnx cannot be loaded: "):
        heights(found, photo)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        ({"shape": (2, 3, HEIGHT, WIDTH)}, "a picture is 1 x 3 x height x width"),
        ({"shape": (1, 3, HEIGHT, WIDTH), "kind": TensorProto.DOUBLE}, "tensor.double"),
        ({"shape": (1, 3, 8, 8), "pooled": 8}, "None of the outputs"),
    ],
)
def test_a_network_of_another_kind_is_said(
    tmp_path: Path, photo: Path, build: dict[str, Any], words: str
) -> None:
    with pytest.raises(DepthUnfit, match=words):
        heights(source(tmp_path, "midas", build), photo)


def test_an_output_that_is_no_map_is_said(tmp_path: Path, photo: Path) -> None:
    build = {"shape": (1, 3, 8, 8), "pooled": 8}

    with pytest.raises(DepthUnfit, match=r"has the shape \(1, 1, 1\), which is no map"):
        heights(source(tmp_path, "midas", build, output="predicted_depth"), photo)


def test_a_size_that_the_network_cannot_take_is_said(tmp_path: Path, photo: Path) -> None:
    with pytest.raises(DepthUnfit, match="takes pictures of 84 by 56 pixels only"):
        heights(source(tmp_path, "midas", {"shape": FIXED}, size_px=128), photo)


def test_without_the_runtime_the_remedy_is_named(
    tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = source(tmp_path, "midas", {"shape": FIXED})
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(DepthMissing) as missing:
        heights(found, photo)

    assert "pip install 'printd[onnx]'" in missing.value.action


def test_a_photo_of_one_colour_is_a_flat_plate_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    Image.new("RGB", (WIDTH, HEIGHT), (90, 90, 90)).save(path)
    found = source(tmp_path, "midas", {"shape": FIXED})

    made = found.height_map(path, SETTINGS, 512)

    assert not made.heights.any()
    assert [warning.split(":")[0] for warning in made.warnings] == ["depth_flat"]
    assert not found.fitted(made, path, SETTINGS, 512).heights.any()


# As a job does it.


def run_in_a_child(found: OnnxDepth, photo: Path, memory_bytes: int) -> tuple[str, float]:
    with Compute(workers=1) as compute:
        return compute.run(
            middle_of, found, photo, limits=Limits(memory_bytes=memory_bytes, wall_s=60)
        )


def middle_of(found: OnnxDepth, photo: Path) -> tuple[str, float]:
    made = asked_once(found, photo, SETTINGS, 128)
    return made.source, float(made.heights[made.heights.shape[0] // 2].mean())


def test_a_network_runs_in_a_child_with_the_memory_it_asks_for(tmp_path: Path, photo: Path) -> None:
    found = source(tmp_path, "midas", {"shape": FIXED}, detail=0)

    words, _ = run_in_a_child(found, photo, found.memory_bytes)

    assert words == "the network net (midas)"


def test_errors_of_a_network_arrive_from_the_child(tmp_path: Path, photo: Path) -> None:
    found = source(tmp_path, "midas", {"shape": FIXED})
    found.path.write_bytes(b"changed")

    with pytest.raises(DepthUnfit):
        run_in_a_child(found, photo, found.memory_bytes)


def test_settings_may_change_without_the_network_being_asked_again(
    tmp_path: Path, photo: Path
) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    found = source(tmp_path, "midas", {"shape": FIXED})
    first = asked_once(found, photo, SETTINGS, 256, folder=folder)
    found.path.unlink()  # whoever asks again now fails

    changes: list[dict[str, Any]] = [
        {"style": "organic"},
        {"mask": "none"},
        {"crop": "square"},
        {"mesh_quality": 1024},
        {"outline": "circle"},
        {"longest_mm": 120.0},
    ]
    for change in changes:
        settings = ReliefSettings.of(change)
        made = asked_once(found, photo, settings, settings.mesh_quality, folder=folder)
        assert isinstance(made, DepthMap)
    again = asked_once(found, photo, SETTINGS, 256, folder=folder)
    np.testing.assert_array_equal(first.heights, again.heights)
    (folder / NOTE).unlink()
    with pytest.raises(PrintdError):
        asked_once(found, photo, SETTINGS, 256, folder=folder)


def test_detail_of_the_photo_comes_back_on_a_smooth_answer(tmp_path: Path) -> None:
    smooth = source(tmp_path, "midas", {"shape": (1, 3, 256, 256), "pooled": 32}, detail=0)
    crisp = source(tmp_path, "midas", {"shape": (1, 3, 256, 256), "pooled": 32}, detail=1)
    settings = ReliefSettings(mask="none")

    plain = asked_once(smooth, ASTRONAUT, settings, 256).heights
    rich = asked_once(crisp, ASTRONAUT, settings, 256).heights

    assert plain.shape == rich.shape == (256, 256)
    assert np.abs(np.diff(rich)).mean() > 1.5 * np.abs(np.diff(plain)).mean()
    assert np.corrcoef(plain.ravel(), rich.ravel())[0, 1] > 0.8


def test_the_runtime_is_not_loaded_with_the_sources() -> None:
    program = (
        "import sys, printd.depth;"
        "print([name for name in ('onnxruntime', 'numpy', 'PIL') if name in sys.modules])"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert said.stdout == "[]\n"


def test_too_little_memory_is_said(tmp_path: Path, photo: Path) -> None:
    found = source(tmp_path, "midas", {"shape": (1, 3, 3000, 3000)})

    with pytest.raises(DepthUnfit) as refused:
        run_in_a_child(found, photo, 1000 << 20)

    assert refused.value.problem == "The network net.onnx needs more memory than it may have."
