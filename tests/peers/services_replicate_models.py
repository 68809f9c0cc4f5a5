"""The models that the fake Replicate runs: what they take and cost (sections 3.6 to 3.8)."""

from typing import Final

from tests.peers.services_fields import Field

TRELLIS_VERSION: Final = "4876f2a8da1c544772dffa32e8889da4a1bab3a1f5c1937bfcfccb99ae347251"
STEPS: Final = Field("int", low=1, high=50)
TRELLIS: Final = {
    "images": Field("list", required=True, low=1),
    **dict.fromkeys(
        ("generate_model", "generate_color", "generate_normal", "save_gaussian_ply"), Field("bool")
    ),
    **dict.fromkeys(("return_no_background", "randomize_seed"), Field("bool")),
    "seed": Field("int"),
    **dict.fromkeys(("ss_sampling_steps", "slat_sampling_steps"), STEPS),
    **dict.fromkeys(
        ("ss_guidance_strength", "slat_guidance_strength"), Field("float", low=0, high=10)
    ),
    "texture_size": Field("int", low=512, high=2048),
    "mesh_simplify": Field("float", low=0.9, high=0.98),
}
HUNYUAN: Final = {
    "image": Field("str"),
    "prompt": Field("str", high=1024),
    "enable_pbr": Field("bool"),
    "face_count": Field("int", low=40_000, high=1_500_000),
    "generate_type": Field("str", choices=("Normal", "Geometry")),
}
RODIN: Final = {
    "prompt": Field("str"),
    "images": Field("list", low=1, high=5),
    "seed": Field("int", low=0, high=65535),
    "quality": Field("str", choices=("high", "medium", "low", "extra-low")),
    "quality_override": Field("int", low=1),
    "material": Field("str", choices=("PBR", "Shaded", "All", "None")),
    "geometry_file_format": Field("str", choices=("glb", "usdz", "fbx", "obj", "stl")),
    "mesh_mode": Field("str", choices=("Quad", "Raw")),
    "bbox_condition": Field("any"),
    **dict.fromkeys(("TAPose", "use_original_alpha", "preview_render"), Field("bool")),
    "addons": Field("any"),
    "tier": Field("str"),
}
MODELS: Final = {
    "firtoz/trellis": TRELLIS,
    "tencent/hunyuan-3d-3.1": HUNYUAN,
    "hyper3d/rodin": RODIN,
}
COMMUNITY: Final = {"firtoz/trellis": TRELLIS_VERSION}
# "A few cents" for TRELLIS, the price of fal for Rodin; that of Hunyuan was not seen.
PRICES: Final = {"firtoz/trellis": 0.04, "tencent/hunyuan-3d-3.1": 0.25, "hyper3d/rodin": 0.4}
