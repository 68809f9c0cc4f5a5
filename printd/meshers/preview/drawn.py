"""Pictures for a screen: of a piece as it will be, and of the photo itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from printd.core.errors import SettingInvalid
from printd.core.relief_settings import ReliefSettings
from printd.meshers.preview.draft import Views, Wanted
from printd.meshers.preview.kept import put
from printd.meshers.preview.shaped import shaped

if TYPE_CHECKING:
    from printd.geometry.drawing.camera import View

MOST_PICTURE_BYTES: Final = 8_000_000
# Angles to the right of the front, and above the bed, of a piece that lies and of one that stands.
LYING: Final[Mapping[str, tuple[float, float]]] = {
    "front": (0.0, 90.0),
    "tilted": (9.0, 62.0),
    "side": (90.0, 12.0),
    "back": (0.0, -90.0),
}
UPRIGHT: Final[Mapping[str, tuple[float, float]]] = {
    "front": (0.0, 4.0),
    "tilted": (30.0, 18.0),
    "side": (90.0, 8.0),
    "back": (180.0, 8.0),
}


def draw(
    wanted: Wanted, out: Path, view: Views, width_px: int, height_px: int, material: str
) -> None:
    """Draw the piece as PNG, for browsers that cannot do it themselves.

    Args:
        wanted: what is to be seen.
        out: the file, whole or not at all.
        view: where it is seen from, or lit from behind.
        width_px: of the picture; one that is lit has the size of the surface.
        height_px: likewise.
        material: a name of ``drawing.materials``.

    Raises:
        SettingInvalid: no such material, or a view that the piece has not.
        PhotoRefused, DepthMissing, DepthUnfit: as ``make_relief``.
    """
    from printd.geometry.drawing.materials import material_named
    from printd.geometry.drawing.preview import write_preview
    from printd.geometry.pictures import draw_light_on
    from printd.geometry.pieces import piece_of

    material_named(material)
    settings = wanted.settings
    if view == "light-on" and settings.surface != "lithophane":
        raise SettingInvalid(
            "view: light-on shows a lithophane with a lamp behind it, and this is a relief.",
            action="Set surface to lithophane, or choose another view.",
        )
    made = shaped(wanted)
    if view == "light-on":
        draw_light_on(out, made.surface, settings, made.size)
        return
    piece = piece_of(made.surface, settings, made.size)
    write_preview(
        piece.mesh,
        out,
        width_px=width_px,
        height_px=height_px,
        material=material,
        view=_view(settings, view),
    )


def _view(settings: ReliefSettings, view: Views) -> View:
    from printd.geometry.drawing.camera import View

    stands = settings.standing or settings.bend != "none"
    return View(*(UPRIGHT if stands else LYING)[view])


def write_picture(photo: Path, out: Path, longest_px: int) -> str:
    """Write a photo for a screen: upright, small, nothing but its pixels; return its media type.

    Args:
        photo: a file that was checked before.
        out: the file, whole or not at all.
        longest_px: the longest side at most.

    Raises:
        PhotoRefused: it cannot be read.
    """
    from printd.geometry.decode.lightness import read_picture
    from printd.geometry.files.plainpicture import plain_picture

    picture = read_picture(photo, longest_px)
    form: Literal["png", "jpeg"] = "jpeg" if picture.alpha is None else "png"
    made = plain_picture(
        picture.colours, picture.alpha, form, most_bytes=MOST_PICTURE_BYTES, least_px=1
    )
    assert made is not None  # noqa: S101  one pixel fits
    put(out, lambda part: part.write_bytes(made.content))
    return f"image/{form}"
