"""The configuration of services that make meshes or height maps, far away or at home.

A key is never written here: ``key_file`` names the file that holds it. ``printd meshers`` and
``docs/meshers.md`` tell what each model is good for and what a run costs.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

from printd.core.config_types import Model, RelativePath, Seconds, WebAddress
from printd.core.prices import Amount

# What keys of services look like, so that one that is written in place of a file name is not
# taken for a name, and never shown.
LOOKS_LIKE_A_KEY: Final = re.compile(
    r"(r8_|msy_|tsk_|tcli_|sk-|AIza|hf_|Bearer |Key )\S{8,}|[0-9a-fA-F-]{20,}:[0-9a-fA-F]{16,}"
)


def _is_no_key(value: object) -> object:
    if isinstance(value, str) and LOOKS_LIKE_A_KEY.match(value.strip()):
        raise ValueError("this is a key itself; put it into a file, and name that file here")
    return value


def _is_asset_host(value: str) -> str:
    if re.fullmatch(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?", value) is None:
        raise ValueError(
            f"{value!r} is no host such as assets.example.com, or .example.com for all below it"
        )
    return value.lower()


KeyFile = Annotated[RelativePath, BeforeValidator(_is_no_key)]
AssetHost = Annotated[str, AfterValidator(_is_asset_host)]
Argument = StrictBool | StrictInt | StrictFloat | StrictStr
ArgumentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Megabytes = Annotated[float, Field(gt=0, le=2000)]
FaceCount = Annotated[int, Field(ge=1, le=5_000_000)]


class ServiceConfig(Model):
    """What all services have."""

    base_url: WebAddress
    local: bool = False  # it stands in the own network: http and private addresses are allowed
    ca_file: RelativePath | None = None  # who signed its certificate, if not a public one
    asset_hosts: list[AssetHost] = []  # where results may lie, besides where the service has them
    price_usd: Amount | None = None  # of one run; default: as `printd meshers` shows
    result_max_mb: Megabytes = 200.0
    order_timeout_s: Seconds = 3600.0  # an order that takes longer is given up
    lands_s: Seconds = 60.0  # an order without an answer, or a result, may take so long to show
    connect_s: Seconds = 15.0
    answer_s: Seconds = 120.0  # to an order or a look
    stall_s: Seconds = 60.0  # without one byte of a result
    download_s: Seconds = 900.0  # of a result, altogether

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if not self.local and not self.base_url.startswith("https://"):
            raise ValueError("`base_url` is not https; `local: true` allows http, at home")
        return self


class HostedConfig(ServiceConfig):
    """What services far away have, which want a key."""

    key_file: KeyFile  # holds the key, for its owner's eyes only


class ReplicateMesherConfig(HostedConfig):
    """Models at Replicate: TRELLIS, Hunyuan3D 3.1, Rodin Gen-2."""

    FACES: ClassVar = {"hunyuan3d-3.1": (40_000, 1_500_000), "rodin-2": (1, 500_000)}
    SEEDS: ClassVar = {"trellis": 2**31 - 1, "rodin-2": 65_535}

    kind: Literal["replicate"]
    model: Literal["trellis", "hunyuan3d-3.1", "rodin-2"]
    base_url: WebAddress = "https://api.replicate.com"
    hosts_with_key: list[AssetHost] = ["replicate.delivery", ".replicate.delivery"]
    version: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None  # another one
    seed: Annotated[int, Field(ge=0)] | None = None
    face_count: FaceCount | None = None
    arguments: dict[ArgumentName, Argument] = {}  # more for the model, as its page names them

    @model_validator(mode="after")
    def _fits_the_model(self) -> Self:
        _check_fit(self.model, self.seed, self.face_count, self.SEEDS, self.FACES)
        return self


class FalMesherConfig(HostedConfig):
    """Models at fal: TRELLIS 2, Hunyuan3D 3.1."""

    FACES: ClassVar = {
        "hunyuan3d-3.1": (40_000, 1_500_000),
        "trellis-2-512": (1_000, 5_000_000),
        "trellis-2-1024": (1_000, 5_000_000),
        "trellis-2-1536": (1_000, 5_000_000),
    }
    SEEDS: ClassVar = dict.fromkeys(
        ("trellis-2-512", "trellis-2-1024", "trellis-2-1536"), 2**31 - 1
    )

    kind: Literal["fal"]
    model: Literal[
        "trellis-2-512",
        "trellis-2-1024",
        "trellis-2-1536",
        "hunyuan3d-3.1",
        "hunyuan3d-3.1-rapid",
    ]
    base_url: WebAddress = "https://queue.fal.run"
    seed: Annotated[int, Field(ge=0)] | None = None
    face_count: FaceCount | None = None
    arguments: dict[ArgumentName, Argument] = {}

    @model_validator(mode="after")
    def _fits_the_model(self) -> Self:
        _check_fit(self.model, self.seed, self.face_count, self.SEEDS, self.FACES)
        return self


class MeshyMesherConfig(HostedConfig):
    """Meshy's own API: Meshy 5, Meshy 6; untextured, as prints need no colours."""

    kind: Literal["meshy"]
    model: Literal["meshy-5", "meshy-6"] = "meshy-6"
    base_url: WebAddress = "https://api.meshy.ai"
    face_count: Annotated[int, Field(ge=100, le=300_000)] = 200_000
    symmetry: Literal["off", "auto", "on"] = "auto"
    # Its list does not show which picture an order was for. So a lost order is known again only
    # where nobody else orders; otherwise a person says which one it is.
    shared_account: bool = False


class TripoMesherConfig(HostedConfig):
    """Tripo's own API, version 3; untextured."""

    kind: Literal["tripo"]
    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,40}$")] = "v3.1-20260211"
    base_url: WebAddress = "https://openapi.tripo3d.ai"
    face_count: Annotated[int, Field(ge=1000, le=2_000_000)] | None = None  # default: as it likes
    detail: Literal["standard", "detailed"] = "standard"
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    shared_account: bool = False  # as of Meshy, where Tripo shows no picture


class RodinMesherConfig(HostedConfig):
    """Rodin's own API (Hyper3D): an STL from the service."""

    kind: Literal["rodin"]
    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,40}$")] = "Gen-2"  # its "tier"
    base_url: WebAddress = "https://api.hyper3d.com"
    face_count: Annotated[int, Field(ge=500, le=1_000_000)] = 150_000
    seed: Annotated[int, Field(ge=0, le=65_535)] | None = None


class GeminiDepthConfig(HostedConfig):
    """Depth pictures from Google's image models, for reliefs; the style is the relief's."""

    kind: Literal["gemini"]
    model: Literal["nano-banana-2", "nano-banana-pro", "edit"] = "nano-banana-2"
    base_url: WebAddress = "https://generativelanguage.googleapis.com"
    size: Literal["1K", "2K", "4K"] = "2K"
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}$")] | None = None  # a later one
    answer_s: Seconds = 300.0  # it answers with the picture itself


class GeminiPicturesConfig(HostedConfig):
    """Pictures from words, and photos without their background, by Google's image models."""

    kind: Literal["gemini"]
    model: Literal["nano-banana-2", "nano-banana-pro"] = "nano-banana-2"
    base_url: WebAddress = "https://generativelanguage.googleapis.com"
    size: Literal["1K", "2K", "4K"] = "1K"
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}$")] | None = None  # a later one
    answer_s: Seconds = 300.0  # it answers with the picture itself


class TripoDepthConfig(HostedConfig):
    """Depth pictures from Tripo's depth estimator, for reliefs."""

    kind: Literal["tripo-depth"]
    base_url: WebAddress = "https://openapi.tripo3d.ai"
    size_px: Annotated[int, Field(ge=126, le=2016)] = 1008
    detail: Annotated[float, Field(ge=0, le=1)] = 0.3  # of the photo, which estimators lose
    shared_account: bool = False


class HunyuanServerMesherConfig(ServiceConfig):
    """The ``api_server`` of Hunyuan3D-2 or 2.1 on a machine of one's own.

    The licence of these weights does not apply in the European Union, the United Kingdom and South
    Korea: nobody there gets any right from it. Nothing uses this kind unless it is configured.
    """

    kind: Literal["hunyuan-server"]
    model: Literal["2.0", "2.1"] = "2.0"
    base_url: WebAddress = "http://127.0.0.1:8081"
    local: bool = True
    key_file: KeyFile | None = None  # of a proxy before it; the server itself asks for none
    order_timeout_s: Seconds = 1800.0  # it answers with the mesh itself
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None  # default: another each time
    octree_resolution: Annotated[int, Field(ge=64, le=512)] = 256
    steps: Annotated[int, Field(ge=1, le=100)] = 20
    guidance: Annotated[float, Field(ge=0.1, le=20)] = 5.0
    face_count: Annotated[int, Field(ge=1000, le=100_000)] = 100_000
    arguments: dict[ArgumentName, Argument] = {}

    @model_validator(mode="after")
    def _fits_the_server(self) -> Self:
        if self.model == "2.1" and self.steps > 20:
            raise ValueError("`steps` of version 2.1 is at most 20")
        return self


class LocalAiMesherConfig(ServiceConfig):
    """TRELLIS 2 in a LocalAI of one's own."""

    kind: Literal["localai"]
    model: Annotated[str, Field(pattern=r"^[\w.:/-]{1,100}$")] = "trellis2-4b-geometry"
    base_url: WebAddress = "http://127.0.0.1:8080"
    local: bool = True
    key_file: KeyFile | None = None  # if it asks for one
    order_timeout_s: Seconds = 3600.0  # it answers when the mesh is made
    quality: Literal["auto", "coarse", "512", "1024"] = "auto"
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    arguments: dict[ArgumentName, Argument] = {}  # of `params`


def _check_fit(
    model: str,
    seed: int | None,
    face_count: int | None,
    seeds: dict[str, int],
    faces: dict[str, tuple[int, int]],
) -> None:
    """Refuse what a model does not take, before it costs a refused order.

    Raises:
        ValueError: with the sentence for the configuration.
    """
    if seed is not None and seed > seeds.get(model, -1):
        raise ValueError(
            f"`seed`: {model} takes one up to {seeds[model]}"
            if model in seeds
            else f"`seed`: {model} takes none"
        )
    if face_count is None:
        return
    if model not in faces:
        raise ValueError(f"`face_count`: {model} takes none")
    least, most = faces[model]
    if not least <= face_count <= most:
        raise ValueError(f"`face_count`: {model} takes {least:,} to {most:,}")
