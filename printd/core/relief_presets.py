"""Starting points that a person picks by what the picture shows or what the piece is for.

Each is a set of relief settings; a room adds its own under `presets` in the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "portrait": {
            "style": "organic",
            "noise_reduction": 8,
            "smoothing_px": 1.5,
            "surface_smoothing": 1,
            "depth_intensity": 0.06,
            "base_thickness": 0.03,
        },
        "pet": {
            "style": "organic",
            "noise_reduction": 12,
            "smoothing_px": 2.5,
            "enhance_details": 0.2,
            "depth_intensity": 0.08,
            "base_thickness": 0.03,
        },
        "logo": {
            "flat_artwork": "yes",
            "noise_reduction": 5,
            "smoothing_px": 0.5,
            "enhance_details": 0.5,
            "mesh_quality": 1024,
            "depth_intensity": 0.02,
            "base_thickness": 0.02,
        },
        "building": {
            "noise_reduction": 10,
            "smoothing_px": 1.0,
            "enhance_details": 0.4,
            "depth_intensity": 0.08,
            "base_thickness": 0.03,
        },
        "coin": {
            "style": "organic",
            "crop": "square",
            "outline": "circle",
            "rim_width": 0.03,
            "noise_reduction": 15,
            "smoothing_px": 2.0,
            "enhance_details": 0.3,
            "depth_intensity": 0.035,
            "base_thickness": 0.03,
        },
        "large": {
            "noise_reduction": 10,
            "smoothing_px": 1.0,
            "enhance_details": 0.2,
            "mesh_quality": 1024,
            "tolerance_mm": 0.05,
            "depth_intensity": 0.05,
            "base_thickness": 0.02,
        },
        "lithophane": {
            "surface": "lithophane",
            "standing": True,
            "noise_reduction": 5,
            "smoothing_px": 0.5,
            "mesh_quality": 1024,
        },
        "mould": {
            "style": "organic",
            "invert": True,
            "mirror": True,
            "draft_deg": 3.0,
            "rim_mm": 5.0,
            "noise_reduction": 20,
            "smoothing_px": 4.0,
            "depth_intensity": 0.08,
            "base_thickness": 0.05,
        },
        "stamp": {
            "flat_artwork": "yes",
            "mirror": True,
            "noise_reduction": 5,
            "mesh_quality": 1024,
            "relief_mm": 2.0,
            "base_mm": 3.0,
        },
        "cnc": {
            "style": "organic",
            "mode": "planar",
            "z_zero": "top",
            "ball_mm": 1.5,
            "line_mm": 0.0,
            "noise_reduction": 15,
            "smoothing_px": 2.0,
            "enhance_details": 0.2,
            "mesh_quality": 1024,
            "depth_intensity": 0.06,
        },
    }
)
