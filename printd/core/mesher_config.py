"""The parts of the configuration that say who makes meshes, and where height maps come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from printd.core.config_types import FileName, Model, Name, RelativePath, Seconds, Sha256
from printd.core.service_config import (
    FalMesherConfig,
    GeminiDepthConfig,
    HunyuanServerMesherConfig,
    LocalAiMesherConfig,
    MeshyMesherConfig,
    ReplicateMesherConfig,
    RodinMesherConfig,
    TripoDepthConfig,
    TripoMesherConfig,
)


class ReliefMesherConfig(Model):
    """The mesher that is built in: a relief, without network, key or weights."""

    kind: Literal["relief"] = "relief"
    depth: Name = "builtin"  # of ``depth``: where its height maps come from


def _is_relief_without_a_word(value: Any) -> Any:
    """An entry that names no kind is of the built-in one."""
    if isinstance(value, Mapping) and "kind" not in value:
        return {"kind": "relief", **value}
    return value


MesherConfig = Annotated[
    Annotated[
        ReliefMesherConfig
        | ReplicateMesherConfig
        | FalMesherConfig
        | MeshyMesherConfig
        | TripoMesherConfig
        | RodinMesherConfig
        | HunyuanServerMesherConfig
        | LocalAiMesherConfig,
        Field(discriminator="kind"),
    ],
    BeforeValidator(_is_relief_without_a_word),
]


class BuiltinDepthConfig(Model):
    """Height maps from the photo itself: its subject, its slopes."""

    kind: Literal["builtin"]


class PictureDepthConfig(Model):
    """Height maps that somebody has made: a depth picture, or a photo that is one."""

    kind: Literal["picture"]
    near: Literal["white", "black", "auto"] = "white"  # auto: what stands in the middle


class OnnxDepthConfig(Model):
    """Height maps from a network on this machine, in an ONNX file of your own."""

    kind: Literal["onnx"]
    family: Literal[
        "depth-anything-v2",
        "depth-anything-v2-metric",
        "depth-anything-3",
        "midas",
        "midas-dpt",
        "depth-pro",
    ]
    path: RelativePath
    sha256: Sha256  # of the file: weights that nobody has named are not run
    data: dict[FileName, Sha256] = {}  # files beside it that hold weights
    size_px: Annotated[int, Field(ge=56, le=4096)] | None = None  # default: as the family does
    output: str | None = None  # which output is the depth; default: the one that looks like it
    larger: Literal["nearer", "farther"] | None = None  # default: as the family does
    channels: Literal["rgb", "bgr"] = "rgb"
    normalises: bool = False  # true: mean and deviation are part of the file
    detail: Annotated[float, Field(ge=0, le=1)] = 0.3  # of the photo, which networks lose
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    memory_mb: Annotated[int, Field(ge=512, le=65536)] = 4096
    timeout_s: Seconds = 300.0


DepthConfig = Annotated[
    BuiltinDepthConfig
    | PictureDepthConfig
    | OnnxDepthConfig
    | GeminiDepthConfig
    | TripoDepthConfig,
    Field(discriminator="kind"),
]
