"""Where a height map comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from printd.core.config import DepthConfig, OnnxDepthConfig, PictureDepthConfig
from printd.depth.base import DepthSource
from printd.depth.builtin import BuiltinDepth
from printd.depth.onnx import OnnxDepth
from printd.depth.picture import PictureDepth


def _builtin(name: str, config: DepthConfig) -> DepthSource:  # noqa: ARG001  it has no settings
    return BuiltinDepth(name)


def _picture(name: str, config: DepthConfig) -> DepthSource:
    assert isinstance(config, PictureDepthConfig)  # noqa: S101  the kind has said so
    return PictureDepth(name, near=config.near)


def of_files(sources: Mapping[str, DepthConfig]) -> PictureDepth:
    """Return how a depth file beside a photo is read: as the source ``picture`` reads its own.

    Args:
        sources: of the configuration, in which ``picture`` always is.
    """
    config = sources["picture"]
    assert isinstance(config, PictureDepthConfig)  # noqa: S101  the configuration sees to it
    return PictureDepth("picture", near=config.near)


def _onnx(name: str, config: DepthConfig) -> DepthSource:
    assert isinstance(config, OnnxDepthConfig)  # noqa: S101  the kind has said so
    return OnnxDepth(
        name=name,
        family=config.family,
        path=config.path,
        sha256=config.sha256,
        data=dict(config.data),
        size_px=config.size_px,
        output=config.output,
        larger=config.larger,
        channels=config.channels,
        normalises=config.normalises,
        detail=config.detail,
        threads=config.threads,
        memory_bytes=config.memory_mb << 20,
        wall_s=config.timeout_s,
    )


# ``kind`` of the configuration to what makes that source: its name, its part of the configuration.
KINDS: Final[Mapping[str, Callable[[str, DepthConfig], DepthSource]]] = MappingProxyType(
    {"builtin": _builtin, "onnx": _onnx, "picture": _picture}
)
