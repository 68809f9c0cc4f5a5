"""What a person may set about a relief, and the size in millimetres that follows.

Names, ranges and meanings are the same in the configuration, on the command line and on the
pages. Fractions are of the longest side of the piece; millimetres may be given instead and win.
Nothing here touches a picture: ``geometry`` and ``depth`` read these settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from printd.core.crop import crop_box
from printd.core.errors import SettingInvalid
from printd.core.plate_steps import plate_steps
from printd.core.relief_grid import OBLONG, adaptive_grid
from printd.core.setting_words import in_words

DEFAULT_WIDTH_MM: Final = 80.0
LONGEST_MM: Final = 2000.0  # of a piece, whatever its width
THINNEST_BASE_MM: Final = 0.2  # one printed layer; thinner walls would have no height


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

    # What of the picture counts, and what its height means.
    crop: str = "none"  # none, square, a ratio "4:3", or "left,top,right,bottom" from 0 to 1
    surface: Literal["relief", "lithophane"] = "relief"  # height is shape, or carries the tone
    style: Literal["detailed", "organic"] = "detailed"
    flat_artwork: Literal["auto", "yes", "no"] = "auto"  # plateaus of few colours
    mask: Literal["auto", "none"] = "auto"  # none: the whole scene, no subject is sought

    # The height map.
    depth_intensity: float = Field(default=0.1, ge=0, le=0.3)
    depth_cutoff_pct: float = Field(default=0.0, ge=0, le=95)  # of the depth: what is lower goes
    base_thickness: float = Field(default=0.05, ge=0.01, le=0.5)
    invert: bool = False
    mirror: bool = False
    noise_reduction: float = Field(default=0.0, ge=0, le=50)  # 255ths of the depth that are noise
    smoothing_px: float = Field(default=0.0, ge=0, le=20)  # sigma, in pixels of a 1024 map
    enhance_details: float = Field(default=0.0, ge=0, le=1)  # share of the fine band added back
    surface_smoothing: int = Field(default=0, ge=0, le=10)  # passes over the mesh grid

    # What can be made of it.
    line_mm: float = Field(default=0.4, ge=0, le=2)  # what a nozzle lays; finer waves go; 0: all
    draft_deg: float = Field(default=0.0, ge=0, le=45)  # walls lean so much, so that casts come out
    standing: bool = False  # printed upright: nothing overhangs, and the file stands
    ball_mm: float = Field(default=0.0, ge=0, le=25)  # radius of a milling tool, for the picture

    # The piece.
    mode: Literal["solid", "planar"] = "solid"  # planar: the top surface alone
    z_zero: Literal["bottom", "top"] = "bottom"  # top: of a planar piece, for milling
    outline: Literal["rectangle", "rounded", "circle", "ellipse", "heart", "mask"] = "rectangle"
    corner_mm: float = Field(default=5.0, ge=0, le=500)  # radius of a rounded piece
    rim_width: float = Field(default=0.0, ge=0, le=0.3)
    rim_mm: float | None = Field(default=None, ge=0, le=300)  # width of a level rim
    rim_height_mm: float | None = Field(default=None, ge=0.2, le=1000)  # over the back
    holes: int = Field(default=0, ge=0, le=2)  # to hang it up
    hole_mm: float = Field(default=4.0, ge=1, le=50)
    feet_mm: float = Field(default=0.0, ge=0, le=200)  # how far feet reach to the front
    bend: Literal["none", "outer", "inner"] = "none"  # the picture on the outside, or inside
    bend_deg: float = Field(default=120.0, ge=5, le=360)

    # A plate that is lit from behind.
    thinnest_mm: float = Field(default=0.8, ge=0.2, le=20)
    thickest_mm: float = Field(default=3.2, ge=0.2, le=20)
    absorption_per_mm: float = Field(default=1.05, ge=0.05, le=10)  # of white PLA
    plate_steps: str | None = None  # "0.8:61 1.4:38 2:24": mm and per cent of a printed wedge

    # The mesh and its file.
    mesh_quality: int = Field(default=512, ge=128, le=4096)  # cells along the longest side
    triangulation: Literal["adaptive", "dense"] = "adaptive"
    tolerance_mm: float = Field(default=0.02, ge=0.001, le=1)  # of adaptive triangles, vertically
    texture: bool = True  # of OBJ files: the photo on the top
    width_mm: float | None = Field(default=None, ge=5, le=2000)
    longest_mm: float | None = Field(default=None, ge=5, le=2000)
    relief_mm: float | None = Field(default=None, ge=0, le=600)
    base_mm: float | None = Field(default=None, ge=THINNEST_BASE_MM, le=1000)

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if self.width_mm is not None and self.longest_mm is not None:
            raise ValueError("width_mm and longest_mm exclude each other; give one")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.thinnest_mm >= self.thickest_mm:
            raise ValueError("thinnest_mm must be less than thickest_mm")
        lies = self.bend == "none" and not self.standing
        if self.z_zero == "top" and (self.mode == "solid" or not lies):
            raise ValueError("z_zero top is for mode planar, lying; other pieces stand on a bed")
        if self.feet_mm and (self.bend != "none" or self.outline not in _ON_FEET):
            raise ValueError("feet_mm is for flat pieces whose outline is rectangle or rounded")
        if self.feet_mm and not self.standing:
            raise ValueError("feet_mm is for standing pieces; set standing too")
        return self

    @field_validator("crop")
    @classmethod
    def _is_a_crop(cls, value: str) -> str:
        crop_box(value, 1000, 1000)
        return value

    @field_validator("plate_steps")
    @classmethod
    def _are_steps(cls, value: str | None) -> str | None:
        if value is not None:
            plate_steps(value)
        return value

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
                for other in SAYS_THE_SAME.get(name, ()):
                    if other not in layer:
                        values.pop(other, None)
            values.update(layer)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingInvalid(in_words(cls, error)) from error

    def resolve(self, aspect: float) -> ReliefSize:
        """Return the size of the piece for a picture of this aspect (width : height).

        Args:
            aspect: of what ``crop`` leaves of the picture.

        Raises:
            SettingInvalid: the base would be thinner than a printed layer.
        """
        if self.longest_mm is not None:
            width_mm = self.longest_mm * min(1.0, aspect)
        else:
            width_mm = DEFAULT_WIDTH_MM if self.width_mm is None else self.width_mm
        height_mm = width_mm / aspect
        if max(width_mm, height_mm) > LONGEST_MM:
            raise SettingInvalid(
                f"A piece of {width_mm:g} x {height_mm:g} mm is too long; up to {LONGEST_MM:g} mm "
                "are made.",
                action="Use a smaller size, or another part of the picture.",
            )
        relief_mm, base_mm = self._thicknesses_mm(max(width_mm, height_mm))
        adaptive = self.triangulation == "adaptive"
        cols, rows = (adaptive and adaptive_grid(self.mesh_quality, aspect)) or _grid(
            self.mesh_quality, aspect
        )
        return ReliefSize(width_mm, height_mm, relief_mm, base_mm, cols, rows)

    def _thicknesses_mm(self, longest_mm: float) -> tuple[float, float]:
        """Return what the surface rises by, and what lies under it."""
        if self.surface == "lithophane":
            return self.thickest_mm - self.thinnest_mm, self.thinnest_mm
        relief_mm = self.depth_intensity * longest_mm if self.relief_mm is None else self.relief_mm
        if self.mode == "planar":
            return relief_mm, 0.0
        base_mm = self.base_thickness * longest_mm if self.base_mm is None else self.base_mm
        if base_mm < THINNEST_BASE_MM:
            raise SettingInvalid(
                f"base_thickness: {self.base_thickness:g} of {longest_mm:g} mm is a base of "
                f"{base_mm:.2g} mm; at least {THINNEST_BASE_MM} mm is needed."
            )
        return relief_mm, base_mm

    def rim_width_mm(self, size: ReliefSize) -> float:
        """Return how wide the rim of a piece is; 0: it has none."""
        return self.rim_width * size.longest_mm if self.rim_mm is None else self.rim_mm


_ON_FEET: Final = ("rectangle", "rounded")
SAYS_THE_SAME: Final[Mapping[str, tuple[str, ...]]] = {
    "width_mm": ("longest_mm",),
    "longest_mm": ("width_mm",),
    "depth_intensity": ("relief_mm",),
    "base_thickness": ("base_mm",),
    "rim_width": ("rim_mm",),
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
