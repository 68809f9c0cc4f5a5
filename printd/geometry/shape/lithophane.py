"""A picture that shows when light falls through it: thin where it is light, thick where dark.

The eye sees lightness, not light. What a plate can show lies between its own white, the thinnest
part, and its own black, the thickest; the picture's lightness is spread over just that range, so
that steps which look equal in the photo look equal in the plate.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSize
from printd.geometry.decode.luminance import LUMINANCE
from printd.geometry.filters import gaussian
from printd.geometry.shape.plate import Plate

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Bytes = NDArray[np.uint8]

TONES: Final = 1 << 16  # of the table from lightness to thickness: steps far below a micrometre
SCATTER_MM: Final = 0.2  # how far light spreads sideways in a plate, a standard deviation
GLOW: Final = ((1.0, 0.70, 0.38), (1.0, 0.86, 0.64))  # linear sRGB: through thick parts, thin ones
SHADES: Final = 1 << 14  # of the table from light to picture: finer than 8 bits in the darkest tone

CELL_MM: Final = 0.25  # of the step wedge; every length below is a multiple
FIELD_MM: Final = (12.0, 15.0)  # width and height: a light meter sees one field alone
FOOT_MM: Final = 5.0  # the strip with the marks; the wedge stands on it
MARK_MM: Final = 1.0  # a mark, and the space between two
MARKS_IN_ROW: Final = 5
FEWEST_STEPS: Final = 2
MOST_STEPS: Final = 10  # 120 mm fit every bed, and two rows of marks the foot


def thickness(lightness: Floats, plate: Plate, thinnest_mm: float, thickest_mm: float) -> Floats:
    """Return how thick a plate must be to show a picture.

    Args:
        lightness: (rows, cols), CIE L* divided by 100: 0 black to 1 white, finite.
        plate: what the printed material lets through.
        thinnest_mm: for white; two lines or 0.6 to 0.8 mm.
        thickest_mm: for black; 2.4 to 3.2 mm.

    Returns:
        (rows, cols) float32, mm.

    Raises:
        SettingInvalid: the two are not above 0 and in order.
    """
    _check_range(thinnest_mm, thickest_mm)
    white, black = plate.transmission([thinnest_mm, thickest_mm])
    darkest = _lightness_of(black / white)
    tones = darkest + (1 - darkest) * np.linspace(0, 1, TONES)
    table = plate.thickness(white * _light_of(tones)).clip(thinnest_mm, thickest_mm)
    return _looked_up(table.astype(np.float32), lightness)


def light_on(thickness_mm: Floats, plate: Plate, cell_mm: float) -> Bytes:
    """Draw the plate in front of a warm lamp; what is thinnest is brightest.

    Args:
        thickness_mm: (rows, cols), above 0.
        plate: what the material lets through.
        cell_mm: the distance of two samples.

    Returns:
        (rows, cols, 3) uint8, sRGB; its luminance is that of the light.
    """
    light = plate.transmission(thickness_mm).astype(np.float32)
    light /= light.max()
    return _looked_up(_shades(), gaussian(light, SCATTER_MM / cell_mm))


def wedge_steps_mm(thinnest_mm: float, thickest_mm: float, steps: int = 9) -> tuple[float, ...]:
    """Return the thickness of each field of a step wedge, from the left.

    Each is as many times as thick as the one before: thin plates differ most, and there a plate
    that scatters is least like the straight lines between its steps.

    Raises:
        SettingInvalid: as ``step_wedge``.
    """
    _check_range(thinnest_mm, thickest_mm)
    if not FEWEST_STEPS <= steps <= MOST_STEPS:
        raise SettingInvalid(
            f"steps: {steps} is not a whole number from {FEWEST_STEPS} to {MOST_STEPS}."
        )
    return tuple(np.geomspace(thinnest_mm, thickest_mm, steps).tolist())


def step_wedge(thinnest_mm: float, thickest_mm: float, steps: int = 9) -> tuple[Floats, ReliefSize]:
    """Return a wedge to print and to measure a plate with.

    Flat fields side by side, thinnest at the left, on a foot of the full thickness. Under each
    field are as many pits in the foot as its number: they shine when the light is on. There is
    no frame above the fields, for the wedge is printed standing, as the plate will be.

    Args:
        thinnest_mm: of the first field.
        thickest_mm: of the last field.
        steps: number of fields.

    Returns:
        (rows + 1, cols + 1) float32 in mm over the back, and the size of the piece.

    Raises:
        SettingInvalid: the thicknesses are not above 0 and in order; too few or too many steps.
    """
    fields_mm = wedge_steps_mm(thinnest_mm, thickest_mm, steps)
    field_cols, field_rows = (_cells(side) for side in FIELD_MM)
    rows, cols = field_rows + _cells(FOOT_MM), field_cols * steps
    heights = np.full((rows + 1, cols + 1), thickest_mm, np.float32)
    for number, field_mm in enumerate(fields_mm, start=1):
        left = (number - 1) * field_cols
        heights[: field_rows + 1, left : left + field_cols + 1] = field_mm
        pits = heights[field_rows + 1 :, left : left + field_cols + 1]
        pits[_marks(number, pits.shape)] = (thinnest_mm + thickest_mm) / 2
    size = ReliefSize(
        width_mm=cols * CELL_MM,
        height_mm=rows * CELL_MM,
        relief_mm=thickest_mm - thinnest_mm,
        base_mm=thinnest_mm,
        cols=cols,
        rows=rows,
    )
    return heights, size


def _shades() -> Bytes:
    """Return the colours of a lamp behind a plate, from no light to all of it, (n, 3).

    Plastic holds back blue first, so thick parts are redder; luminance stays in step with light.
    """
    light = np.linspace(0, 1, SHADES)[:, None]
    thick, thin = np.array(GLOW)
    tint = thick + (thin - thick) * light
    linear = light * tint * (thin @ LUMINANCE) / (tint @ LUMINANCE)[:, None]
    return np.rint(255 * _encoded(linear.clip(0, 1))).astype(np.uint8)


def _marks(number: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Mark so many squares, in rows of five from the left."""
    marks = np.zeros(shape, bool)
    side = _cells(MARK_MM)
    for mark in range(number):
        down, across = divmod(mark, MARKS_IN_ROW)
        row, col = side * (1 + 2 * down), side * (1 + 2 * across)
        marks[row : row + side + 1, col : col + side + 1] = True
    return marks


def _cells(length_mm: float) -> int:
    return round(length_mm / CELL_MM)


def _check_range(thinnest_mm: float, thickest_mm: float) -> None:
    if not 0 < thinnest_mm < thickest_mm < np.inf:
        raise SettingInvalid(
            f"A plate from {thinnest_mm:g} to {thickest_mm:g} mm shows nothing; its thinnest part "
            "must be above 0 and thinner than its thickest."
        )


def _looked_up(table: NDArray[Any], values: Floats) -> NDArray[Any]:
    """Return what a table that spans 0 to 1 says of each value."""
    place = np.clip(values, 0, 1) * np.float32(len(table) - 1) + np.float32(0.5)
    return table[place.astype(np.intp)]


def _lightness_of(light: float) -> float:
    """CIE 1976 L* of light between 0 and 1, divided by 100."""
    if light > 216 / 24389:
        return float(1.16 * np.cbrt(light) - 0.16)
    return light * 24389 / 2700


def _light_of(lightness: Doubles) -> Doubles:
    """Undo ``_lightness_of``."""
    cubic = ((lightness + 0.16) / 1.16) ** 3
    return np.where(lightness > 0.08, cubic, lightness * (2700 / 24389))


def _encoded(light: Doubles) -> Doubles:
    """Apply the sRGB curve."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
