"""The pictures of the demo, drawn here: nobody else has a right in them. Run in a child.

Each is a function of a square canvas: pixels of 0 to 1, x to the right and y upwards from -1 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.float64]  # (rows, cols)
    Colour = tuple[float, float, float]

SIDE_PX: Final = 512
FINER: Final = 2  # drawn so much finer, so that edges are smooth


def draw_all(folder: Path) -> list[str]:
    """Draw every picture into a folder that is there; return their names."""
    from PIL import Image

    names = []
    for name, draw in PICTURES.items():
        drawn = draw(Canvas(SIDE_PX * FINER)).pixels()
        picture = Image.fromarray(drawn).resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
        picture.save(folder / f"{name}.png")
        names.append(f"{name}.png")
    return names


class Canvas:
    """A square that is painted in layers."""

    def __init__(self, side_px: int) -> None:
        import numpy as np

        across = (np.arange(side_px) + 0.5) / side_px * 2 - 1
        self.x: Plane
        self.y: Plane
        self.x, self.y = np.meshgrid(across, -across)
        self._pixels = np.ones((side_px, side_px, 3))

    def paint(self, where: Any, colour: Any) -> Canvas:
        """Lay a colour, or a plane of colours, over all places where something is true."""
        import numpy as np

        layer = np.broadcast_to(np.asarray(colour, float), self._pixels.shape)
        self._pixels[where] = layer[where]
        return self

    def shade(self, where: Any, light: Any) -> Canvas:
        """Make places lighter or darker; 1 leaves them as they are."""
        self._pixels[where] *= light[where][:, None]
        return self

    def disc(self, x: float, y: float, radius: float) -> Any:
        """Return where a disc is."""
        return (self.x - x) ** 2 + (self.y - y) ** 2 <= radius**2

    def ball(self, x: float, y: float, radius: float) -> Any:
        """Return how bright a ball is that is lit from the upper left; 0.3 at its edge."""
        import numpy as np

        across, up = (self.x - x) / radius, (self.y - y) / radius
        out = np.sqrt(np.clip(1 - across**2 - up**2, 0, 1))
        return 0.3 + 0.7 * np.clip(-0.35 * across + 0.35 * up + 0.87 * out, 0, 1)

    def pixels(self) -> Any:
        """Return (rows, cols, 3) bytes."""
        import numpy as np

        return (np.clip(self._pixels, 0, 1) * 255).round().astype(np.uint8)


def star(canvas: Canvas) -> Canvas:
    """A yellow star on a blue disc."""
    import numpy as np

    angle = np.arctan2(canvas.x, canvas.y)
    sector = np.abs((angle + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
    # From a point to the next dent the edge is straight.
    radius, point, dent = np.hypot(canvas.x, canvas.y), 0.66, 0.27
    corner = np.array([dent * np.cos(np.pi / 5) - point, dent * np.sin(np.pi / 5)])
    here = np.stack([radius * np.cos(sector) - point, radius * np.sin(sector)])
    inside = here[0] * corner[1] - here[1] * corner[0] <= 0
    canvas.paint(canvas.disc(0, 0, 0.9), (0.12, 0.3, 0.56))
    canvas.paint(canvas.disc(0, 0, 0.9) & ~canvas.disc(0, 0, 0.83), (0.55, 0.68, 0.85))
    return canvas.paint(inside, (1.0, 0.84, 0.3))


def smiley(canvas: Canvas) -> Canvas:
    """A face that smiles, lit from the upper left."""
    face = canvas.disc(0, 0, 0.82)
    canvas.paint(face, (1.0, 0.86, 0.32)).shade(face, canvas.ball(0, 0, 0.82))
    mouth = canvas.disc(0, 0.02, 0.54) & ~canvas.disc(0, 0.16, 0.56)
    eyes = [
        ((canvas.x - x) / 0.1) ** 2 + ((canvas.y - 0.22) / 0.16) ** 2 <= 1 for x in (-0.28, 0.28)
    ]
    return canvas.paint(mouth | eyes[0] | eyes[1], (0.2, 0.12, 0.06))


def letter_f(canvas: Canvas) -> Canvas:
    """A dark F in a frame."""
    x, y = canvas.x, canvas.y
    frame = (abs(x) < 0.88) & (abs(y) < 0.88)
    canvas.paint(frame, (0.16, 0.32, 0.3)).paint(
        (abs(x) < 0.8) & (abs(y) < 0.8), (0.94, 0.93, 0.88)
    )
    stem = (x > -0.42) & (x < -0.14) & (abs(y) < 0.62)
    bars = (x > -0.42) & (x < 0.46) & (y > 0.36) & (y < 0.62)
    middle = (x > -0.42) & (x < 0.28) & (y > -0.1) & (y < 0.14)
    return canvas.paint(stem | bars | middle, (0.13, 0.15, 0.17))


def landscape(canvas: Canvas) -> Canvas:
    """Hills before a low sun, a lake, a boat."""
    import numpy as np

    x, y = canvas.x, canvas.y
    rise = np.clip((y + 0.1) / 1.1, 0, 1)[..., None]
    canvas.paint(
        y > -2, (1 - rise) * np.array([1.0, 0.8, 0.56]) + rise * np.array([0.42, 0.62, 0.86])
    )
    canvas.paint(canvas.disc(0.34, 0.3, 0.17), (1.0, 0.96, 0.8))
    tones = [(0.62, 0.62, 0.68), (0.42, 0.52, 0.5), (0.24, 0.38, 0.3)]
    for number, tone in enumerate(tones):
        ridge = 0.2 - 0.16 * number + 0.13 * np.sin(2.6 * x + 1.9 * number)
        ridge += 0.05 * np.sin(7.1 * x + 4 * number)
        canvas.paint(y < ridge, tone)
    ripple = 0.5 + 0.5 * np.sin(60 * y + 3 * np.sin(9 * x))
    water = np.array([0.5, 0.6, 0.72]) + 0.12 * ripple[..., None]
    canvas.paint(y < -0.42, water)
    canvas.paint((y < -0.42) & (abs(x - 0.34) < 0.1 + 0.05 * ripple), (0.98, 0.88, 0.68))
    hull = (y < -0.56) & (y > -0.68) & (abs(x + 0.36) < 0.2 + (y + 0.62))
    sail = (y > -0.54) & (y < -0.1) & (x > -0.35) & (x + 0.35 < (-0.1 - y) * 0.6)
    return canvas.paint(hull, (0.35, 0.16, 0.12)).paint(sail, (0.98, 0.97, 0.94))


def moon(canvas: Canvas) -> Canvas:
    """A ball with craters."""
    import numpy as np

    canvas.paint(canvas.y > -2, (0.07, 0.08, 0.13))
    ball = canvas.disc(0, 0, 0.8)
    canvas.paint(ball, (0.9, 0.89, 0.86)).shade(ball, canvas.ball(0, 0, 0.8))
    craters = np.random.default_rng(11).uniform((-0.6, -0.6, 0.04), (0.6, 0.6, 0.15), (26, 3))
    for x, y, radius in craters:
        if np.hypot(x, y) + radius < 0.76:
            pit = canvas.disc(x, y, radius)
            canvas.shade(pit, 0.72 + 0.3 * np.hypot(canvas.x - x, canvas.y - y) / radius)
    return canvas


def heart(canvas: Canvas) -> Canvas:
    """A red heart on cream."""
    import numpy as np

    canvas.paint(canvas.y > -2, (0.98, 0.95, 0.88))
    x, y = canvas.x * 1.35, canvas.y * 1.35 + 0.15
    inside = (x**2 + y**2 - 1) ** 3 - x**2 * y**3 <= 0
    canvas.paint(inside, (0.86, 0.16, 0.2))
    return canvas.shade(inside, np.clip(canvas.ball(0, 0, 1.05) + 0.1, 0, 1))


PICTURES: Final[Mapping[str, Callable[[Canvas], Canvas]]] = {
    "star": star,
    "smiley": smiley,
    "letter-f": letter_f,
    "landscape": landscape,
    "moon": moon,
    "heart": heart,
}
