"""What a person may set about a relief, and the size in millimetres that follows.

Names, ranges and meanings are the same in the configuration, on the command line and on the
pages. Fractions are of the longest side of the piece; millimetres may be given instead and win.
Nothing here touches a picture: ``geometry`` and ``depth`` read these settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from printd.core.errors import SettingInvalid
from printd.core.relief_grid import adaptive_grid

DEFAULT_WIDTH_MM: Final = 80.0
THINNEST_BASE_MM: Final = 0.2  # one printed layer; thinner walls would have no height
OBLONG: Final = 0.02  # cells may be this much longer than wide


@dataclass(frozen=True, slots=True)
class ReliefSize:
    """The finished piece in millimetres, and its grid."""

    width_mm: float
    height_mm: float  # along y, the picture's height; not the thickness
    relief_mm: float  # between the lowest and the highest point of the surface
    base_mm: float  # under the lowest point
    cols: int  # cells along the width
    rows: int

    @property
    def longest_mm(self) -> float:
        """The longest side, of which the fractions are fractions."""
        return max(self.width_mm, self.height_mm)

    @property
    def cells(self) -> int:
        """Cells of the grid; a dense surface has two triangles on each."""
        return self.cols * self.rows


class ReliefSettings(BaseModel):
    """How a photo becomes a relief.

    ``ReliefSettings.of`` builds one from outside values and speaks in our own errors.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    style: Literal["detailed", "organic"] = "detailed"
    mask: Literal["auto", "none"] = "auto"  # none: the whole scene, no subject is sought
    depth_intensity: float = Field(default=0.1, ge=0, le=0.3)
    base_thickness: float = Field(default=0.05, ge=0.01, le=0.5)
    invert: bool = False
    mirror: bool = False
    noise_reduction: float = Field(default=0.0, ge=0, le=50)  # 255ths of the depth that are noise
    smoothing_px: float = Field(default=0.0, ge=0, le=20)  # sigma, in pixels of a 1024 map
    enhance_details: float = Field(default=0.0, ge=0, le=1)  # share of the fine band added back
    surface_smoothing: int = Field(default=0, ge=0, le=10)  # passes over the mesh grid
    mesh_quality: int = Field(default=512, ge=128, le=4096)  # cells along the longest side
    triangulation: Literal["adaptive", "dense"] = "adaptive"
    tolerance_mm: float = Field(default=0.02, ge=0.001, le=1)  # of adaptive triangles, vertically
    width_mm: float | None = Field(default=None, ge=5, le=2000)
    longest_mm: float | None = Field(default=None, ge=5, le=2000)
    relief_mm: float | None = Field(default=None, ge=0, le=600)
    base_mm: float | None = Field(default=None, ge=THINNEST_BASE_MM, le=1000)

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if self.width_mm is not None and self.longest_mm is not None:
            raise ValueError("width_mm and longest_mm exclude each other; give one")
        return self

    @classmethod
    def of(cls, *layers: Mapping[str, Any]) -> Self:
        """Build settings from mappings, later ones winning: a preset, then a person's values.

        A size or height in one layer replaces the other ways to say it in earlier layers.

        Raises:
            SettingInvalid: an unknown name, a value outside its range, or a contradiction.
        """
        values: dict[str, Any] = {}
        for layer in layers:
            for name in layer:
                for other in _SAYS_THE_SAME.get(name, ()):
                    if other not in layer:
                        values.pop(other, None)
            values.update(layer)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingInvalid(_in_words(error)) from error

    def resolve(self, aspect: float) -> ReliefSize:
        """Return the size of the piece for a picture of this aspect (width : height).

        Raises:
            SettingInvalid: the base would be thinner than a printed layer.
        """
        if self.longest_mm is not None:
            width_mm = self.longest_mm * min(1.0, aspect)
        else:
            width_mm = DEFAULT_WIDTH_MM if self.width_mm is None else self.width_mm
        height_mm = width_mm / aspect
        longest_mm = max(width_mm, height_mm)
        base_mm = self.base_thickness * longest_mm if self.base_mm is None else self.base_mm
        if base_mm < THINNEST_BASE_MM:
            raise SettingInvalid(
                f"base_thickness: {self.base_thickness:g} of {longest_mm:g} mm is a base of "
                f"{base_mm:.2g} mm; at least {THINNEST_BASE_MM} mm is needed."
            )
        adaptive = self.triangulation == "adaptive"
        cols, rows = (adaptive and adaptive_grid(self.mesh_quality, aspect)) or _grid(
            self.mesh_quality, aspect
        )
        return ReliefSize(
            width_mm=width_mm,
            height_mm=height_mm,
            relief_mm=(
                self.depth_intensity * longest_mm if self.relief_mm is None else self.relief_mm
            ),
            base_mm=base_mm,
            cols=cols,
            rows=rows,
        )


_SAYS_THE_SAME: Final[Mapping[str, tuple[str, ...]]] = {
    "width_mm": ("longest_mm",),
    "longest_mm": ("width_mm",),
    "depth_intensity": ("relief_mm",),
    "base_thickness": ("base_mm",),
}


def _grid(quality: int, aspect: float) -> tuple[int, int]:
    """Return cells along width and height: ``quality`` on the longest side, nearly square cells.

    Very long pictures at a low quality cannot have both: there the longest side yields.
    """
    ratio = max(aspect, 1 / aspect)
    short = max(1, round(quality / ratio))
    long = quality
    oblong = long / (short * ratio)
    if max(oblong, 1 / oblong) > 1 + OBLONG:
        long = round(short * ratio)
    return (long, short) if aspect >= 1 else (short, long)


def _in_words(error: ValidationError) -> str:
    return " ".join(_sentence(fault) for fault in error.errors(include_url=False))


def _sentence(fault: Any) -> str:
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] in {"extra_forbidden", "invalid_key"}:
        known = ", ".join(ReliefSettings.model_fields)
        return f"{name}: no such setting; known are {known}."
    if not name:
        return f"{fault['msg'].removeprefix('Value error, ')}."
    allowed = _allowed(name)
    return f"{name}: {fault['input']!r} is not {allowed or 'possible'}."


def _allowed(name: str) -> str:
    field = ReliefSettings.model_fields.get(name)
    if field is None:
        return ""
    limits = {
        key: value
        for part in field.metadata
        for key in ("ge", "le")
        if (value := getattr(part, key, None)) is not None
    }
    if limits:
        kind = "a whole number" if field.annotation is int else "a number"
        return f"{kind} from {limits['ge']:g} to {limits['le']:g}"
    if field.annotation is bool:
        return "true or false"
    return " or ".join(word for word in get_args(field.annotation) if isinstance(word, str))


# Starting points that a person picks by what the picture shows.
PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "portrait": {
            "style": "organic",
            "noise_reduction": 25,
            "smoothing_px": 6.0,
            "surface_smoothing": 3,
            "depth_intensity": 0.06,
            "base_thickness": 0.03,
        },
        "pet": {
            "style": "organic",
            "noise_reduction": 20,
            "smoothing_px": 4.0,
            "enhance_details": 0.2,
            "depth_intensity": 0.08,
            "base_thickness": 0.03,
        },
        "logo": {
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
        "large": {
            "noise_reduction": 10,
            "smoothing_px": 1.0,
            "enhance_details": 0.2,
            "mesh_quality": 1024,
            "depth_intensity": 0.05,
            "base_thickness": 0.02,
        },
    }
)
