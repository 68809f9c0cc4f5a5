"""How much light a plate lets through: a table from thickness to transmission.

Printed plastic scatters, so no single exponential fits it. A few steps that were printed and
measured do: between them the logarithm of the light is a straight line, and beyond them the
outermost line goes on. Only ratios of light matter: it is the same whether the steps are measured
against the lamp or against the brightest of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from printd.core.errors import SettingInvalid

Doubles = NDArray[np.float64]

FEWEST_STEPS: Final = 2
THICKEST_STEP_MM: Final = 50.0  # nobody reads light through more; a larger figure is a slip
STRONGEST_PER_MM: Final = 50.0  # a tenth of a millimetre is then opaque
BEYOND_MM: Final = 1000.0  # how far the outermost lines go on, to either side
FAINTEST: Final = 1e-300  # light is never less, so that it has a logarithm
FORM: Final = 'Write steps of mm : per cent, thin to thick, such as "0.8:61 1.4:38 2.0:24 3.2:11".'


@dataclass(frozen=True, slots=True)
class Plate:
    """What was measured; built by ``from_steps`` or ``exponential``."""

    thickness_mm: tuple[float, ...]  # ascending
    light: tuple[float, ...]  # 0 to 1, descending: what passes at each thickness

    @classmethod
    def exponential(cls, absorption_per_mm: float) -> Self:
        """Return a plate that only absorbs: ``exp(-absorption * thickness)`` passes.

        Raises:
            SettingInvalid: the absorption is not above 0, or absurdly large.
        """
        if not 0 < absorption_per_mm <= STRONGEST_PER_MM:
            raise SettingInvalid(
                f"An absorption of {absorption_per_mm:g} per mm is not above 0 and at most "
                f"{STRONGEST_PER_MM:g}."
            )
        return cls((0.0, 1.0), (1.0, math.exp(-absorption_per_mm)))

    @classmethod
    def from_steps(cls, steps: Iterable[tuple[float, float]]) -> Self:
        """Return a plate as measured on a printed step wedge.

        Args:
            steps: (thickness in mm, share of the light that passes), two or more, thicker ones
                darker; ``core.plate_steps`` reads them from words.
        """
        known = sorted(steps)
        return cls(*(tuple(float(value) for value in row) for row in zip(*known, strict=True)))

    def transmission(self, thickness_mm: ArrayLike) -> Doubles:
        """Return the share of the light that passes; any shape."""
        thickness, density = self._lines()
        return np.asarray(
            np.exp(-np.interp(np.asarray(thickness_mm, np.float64), thickness, density))
        )

    def thickness(self, transmission: ArrayLike) -> Doubles:
        """Return the thickness in mm that lets this share of the light pass; any shape."""
        thickness, density = self._lines()
        wanted = -np.log(np.maximum(transmission, FAINTEST))
        return np.asarray(np.interp(wanted, density, thickness))

    def _lines(self) -> tuple[Doubles, Doubles]:
        """Return thickness and -log(light), both ascending, the outermost lines drawn out."""
        thickness = np.array(self.thickness_mm)
        density = -np.log(self.light)
        rise = np.diff(density) / np.diff(thickness)
        return _drawn_out(thickness, 1.0, 1.0), _drawn_out(density, rise[0], rise[-1])


def _drawn_out(values: Doubles, first: Any, last: Any) -> Doubles:
    """Add a value far out at either end, at these rates per mm."""
    return np.concatenate(
        [[values[0] - first * BEYOND_MM], values, [values[-1] + last * BEYOND_MM]]
    )
