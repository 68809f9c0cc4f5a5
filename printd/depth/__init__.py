"""Where a height map comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from printd.core.errors import SettingInvalid
from printd.core.mesher_config import DepthConfig, OnnxDepthConfig, PictureDepthConfig
from printd.depth import gemini, tripo
from printd.depth.base import DepthSource
from printd.depth.builtin import BuiltinDepth
from printd.depth.onnx import OnnxDepth
from printd.depth.picture import PictureDepth
from printd.depth.service_base import DepthService


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

# The same for services that are paid for a depth picture, which a relief is made of.
SERVICES: Final[Mapping[str, Callable[[str, Any], DepthService]]] = MappingProxyType(
    {"gemini": gemini.of, "tripo-depth": tripo.of}
)


def sources_of(entries: Mapping[str, DepthConfig]) -> dict[str, DepthSource]:
    """Return the sources of height maps that cost nothing."""
    return {
        name: KINDS[entry.kind](name, entry)
        for name, entry in entries.items()
        if entry.kind in KINDS
    }


def services_of(entries: Mapping[str, DepthConfig]) -> dict[str, DepthService]:
    """Return those that are paid for."""
    return {
        name: SERVICES[entry.kind](name, entry)
        for name, entry in entries.items()
        if entry.kind in SERVICES
    }


def free_source(name: str, config: DepthConfig) -> DepthSource:
    """Return a source that may be used without anybody's consent.

    Raises:
        SettingInvalid: it is paid for.
    """
    if config.kind in SERVICES:
        raise SettingInvalid(
            f"The source of heights {name!r} is a service that is paid for each photo.",
            action="Add the photo with a recipe whose mesher has it, or name another source.",
        )
    return KINDS[config.kind](name, config)
