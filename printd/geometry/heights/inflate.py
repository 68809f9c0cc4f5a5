"""A rounded body under a silhouette, as if a membrane were blown up inside the outline.

Solves ``div(g grad u) = -1`` inside the mask with ``u = 0`` outside; the root of ``u`` makes a
hemisphere of a disc, a little blunt at its foot. ``g`` is small at strong edges of the picture,
which become creases. The lower border is open: a bust is cut there, not closed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from printd.geometry.filters import enlarged, gaussian, guided, reduced
from printd.geometry.heights.poisson import slopes

Floats = NDArray[np.float32]

WORK_PX: Final = 256
COARSEST_PX: Final = 16
ROUNDS: Final = 80  # of conjugate gradients a level, at most
ENOUGH: Final = 2e-3  # the residual's share of the right side at which a level ends
SMOOTH_PX: Final = 0.7  # of the finished work: the steps of its outline go
BLUNT: Final = 1 / 32  # of the map: rounds the foot, which would be upright
LEAST: Final = 0.03  # of g: a crease stays a fold and does not become a cliff


def inflated(mask: Floats, lightness: Floats, crease: float) -> Floats:
    """Return the body.

    It ends just outside the mask's outline, so that the outline may be drawn finer than the body.

    Args:
        mask: (rows, cols), 0 to 1.
        lightness: (rows, cols), 0 to 1.
        crease: slope of the lightness, per pixel of a 256 map, at which creases begin.

    Returns:
        (rows, cols) float32, 0 to about 1; all 0 under an empty mask.
    """
    step = max(1, round(max(mask.shape) / WORK_PX))
    inside = reduced(mask, step) > 0.5
    if not inside.any():
        return np.zeros_like(mask)
    domain = ndimage.binary_dilation(inside).astype(np.float32)
    calm = guided(reduced(lightness, step), 2, 0.08)
    steep = np.hypot(*slopes(calm))
    flow = np.maximum(1 / (1 + (steep / crease) ** 2), LEAST).astype(np.float32)
    # One row and column of outside all around but below, where the body goes on.
    margin = ((1, 0), (1, 1))
    height = _solved(np.pad(flow, margin, mode="edge"), np.pad(domain, margin), 1.0)[1:, 1:-1]
    blunt = np.float32(BLUNT * max(inside.shape))
    body = np.sqrt(np.maximum(gaussian(height, SMOOTH_PX), 0) + blunt**2) - blunt
    top = float(np.quantile(body[inside], 0.995))
    body = np.minimum(body / np.float32(max(top, 1e-9)), np.float32(1.1))
    return np.maximum(enlarged(body.astype(np.float32), *mask.shape, factor=step), 0)


def _solved(flow: Floats, inside: Floats, pull: float) -> Floats:
    """Solve on this grid, starting from the solution on one of half the size."""
    start = np.zeros_like(flow)
    if min(flow.shape) > COARSEST_PX:
        coarse = _solved(_halved(flow), (_halved(inside) >= 0.5).astype(np.float32), 4 * pull)
        rows, cols = flow.shape
        start = np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)[:rows, :cols] * inside
    return _conjugate_gradients(_Membrane(flow, inside), np.float32(pull) * inside, start)


class _Membrane:
    """The operator ``-div(g grad u)`` on the cells inside, 0 elsewhere."""

    def __init__(self, flow: Floats, inside: Floats) -> None:
        self.inside = inside
        self.across = (flow[:, 1:] + flow[:, :-1]) / 2
        self.down = (flow[1:] + flow[:-1]) / 2
        diagonal = np.zeros_like(flow)
        diagonal[:, 1:] += self.across
        diagonal[:, :-1] += self.across
        diagonal[1:] += self.down
        diagonal[:-1] += self.down
        inverse = inside / np.maximum(diagonal, 1e-9)
        self.inverse: Floats = inverse.astype(np.float32, copy=False)

    def __call__(self, height: Floats) -> Floats:
        result = np.zeros_like(height)
        along = self.across * (height[:, 1:] - height[:, :-1])
        result[:, 1:] += along
        result[:, :-1] -= along
        along = self.down * (height[1:] - height[:-1])
        result[1:] += along
        result[:-1] -= along
        return result * self.inside


def _conjugate_gradients(operator: _Membrane, pull: Floats, start: Floats) -> Floats:
    """Solve ``operator(u) = pull``; whole-array work, smooth residuals, no pattern left."""
    height: Floats = start
    residual: Floats = pull - operator(start)
    enough = ENOUGH * float(np.linalg.norm(pull))
    step: Floats = operator.inverse * residual
    energy = float(np.vdot(residual, step))
    for _ in range(ROUNDS):
        if energy <= 0 or float(np.linalg.norm(residual)) <= enough:
            break
        pushed = operator(step)
        length = np.float32(energy / max(float(np.vdot(step, pushed)), 1e-30))
        height = height + length * step
        residual = residual - length * pushed
        eased = operator.inverse * residual
        before, energy = energy, float(np.vdot(residual, eased))
        step = (eased + np.float32(energy / before) * step).astype(np.float32)
    return height


def _halved(values: Floats) -> Floats:
    """Return the means over squares of four."""
    rows, cols = values.shape
    even = np.pad(values, ((0, rows % 2), (0, cols % 2)), mode="edge")
    means: Floats = even.reshape(len(even) // 2, 2, -1, 2).mean(axis=(1, 3))
    return means
