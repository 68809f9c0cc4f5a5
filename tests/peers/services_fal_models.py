"""The models that the fake fal runs: what they take and cost (sections 4.5 and 4.6)."""

from typing import Any, Final

from tests.peers.services_fields import Field

SLAT: Final = {
    f"{part}_slat_{name}": field
    for part in ("shape", "tex")
    for name, field in (
        ("guidance_strength", Field("float", low=0, high=10)),
        ("guidance_rescale", Field("float", low=0, high=1)),
        ("sampling_steps", Field("int", low=1, high=50)),
        ("rescale_t", Field("float", low=1, high=6)),
    )
}
TRELLIS_2: Final = {
    "image_url": Field("str", required=True),
    "seed": Field("int"),
    "resolution": Field("any"),
    "ss_guidance_strength": Field("float", low=0, high=10),
    "ss_guidance_rescale": Field("float", low=0, high=1),
    "ss_sampling_steps": Field("int", low=1, high=50),
    "ss_rescale_t": Field("float", low=1, high=6),
    **SLAT,
    "decimation_target": Field("int", low=1),
    "texture_size": Field("int", low=1),
    "remesh": Field("bool"),
    "remesh_band": Field("float"),
    "remesh_project": Field("float"),
}
RAPID: Final = {
    "input_image_url": Field("str", required=True),
    "enable_pbr": Field("bool"),
    "enable_geometry": Field("bool"),
}
VIEWS: Final = ("back", "left", "right", "top", "bottom", "left_front", "right_front")
PRO: Final = {
    "input_image_url": Field("str", required=True),
    **{f"{view}_image_url": Field("str") for view in VIEWS},
    "generate_type": Field("str", choices=("Normal", "LowPoly", "Geometry")),
    "face_count": Field("int", low=40_000, high=1_500_000),
    "enable_pbr": Field("bool"),
}
MODELS: Final = {
    "fal-ai/trellis-2": TRELLIS_2,
    "fal-ai/hunyuan-3d/v3.1/pro/image-to-3d": PRO,
    "fal-ai/hunyuan-3d/v3.1/rapid/image-to-3d": RAPID,
    "fal-ai/trellis": {"image_url": Field("str", required=True), "seed": Field("int")},
}
# Of the pro model no price was seen.
RAPID_USD, PRO_USD, PBR_USD, TRELLIS_USD = 0.225, 0.375, 0.15, 0.02
RESOLUTIONS_USD: Final = {512: 0.25, 1024: 0.3, 1536: 0.35}


def price(app: str, given: dict[str, Any]) -> float:
    """Return what a request costs, in USD."""
    if app == "fal-ai/trellis-2":
        return RESOLUTIONS_USD[int(given.get("resolution", 1024))]
    if app == "fal-ai/trellis":
        return TRELLIS_USD
    base = RAPID_USD if "/rapid/" in app else PRO_USD
    return base + (PBR_USD if given.get("enable_pbr") else 0.0)
