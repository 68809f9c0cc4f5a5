"""From the photo of a draft to its height map: the slow half, done once for each part, style, size.

A map is kept at the size of the screen's grid; so is the map without noise, which costs most of
the rest.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from printd import __version__
from printd.core.crop import crop_box
from printd.depth.base import DepthMap
from printd.depth.builtin import LATER
from printd.meshers.making import Beside, heights_for
from printd.meshers.preview.draft import MAP_PX, PHOTO, Wanted
from printd.meshers.preview.kept import alone, keep, kept_map

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def height_map(wanted: Wanted, longest_px: int) -> tuple[DepthMap, str]:
    """Return the height map at the size of a grid, and the word that it is kept by."""
    key = _key(wanted, longest_px)
    kept = kept_map(wanted.folder, f"map-{key}")
    if kept is not None:
        return kept, key
    settings = wanted.settings
    of_screen = settings.model_copy(update={"mesh_quality": min(settings.mesh_quality, MAP_PX)})
    photo = wanted.folder / PHOTO
    box = crop_box(settings.crop, wanted.photo["width_px"], wanted.photo["height_px"])
    # What is slow, as a network is, is asked once for each photo, whatever part of it counts.
    beside = Beside(kept=wanted.folder if wanted.depth.wall_s > 0 else None)
    with alone(wanted.folder):
        kept = kept_map(wanted.folder, f"map-{key}")
        if kept is not None:
            return kept, key
        found = heights_for(photo, of_screen, wanted.depth, box, beside)
        small = _kept_small(wanted.folder, key, found, longest_px)
    return small, key


def _kept_small(folder: Path, key: str, found: DepthMap, longest_px: int) -> DepthMap:
    import numpy as np

    mask = None if found.mask is None else _smaller(found.mask, longest_px)
    small = replace(found, heights=_smaller(found.heights, longest_px), mask=mask)
    layers = [small.heights] if small.mask is None else [small.heights, small.mask]
    note = {"warnings": list(small.warnings), "source": small.source}
    keep(folder, f"map-{key}", np.stack(layers), note)
    return small


def _key(wanted: Wanted, longest_px: int) -> str:
    """Return a word for all that a height map depends on."""
    settings = wanted.settings
    of_map = settings.model_dump(mode="json", exclude={*LATER, "outline"})
    if settings.surface == "lithophane":
        of_map = {"crop": settings.crop, "mask": settings.mask, "of": "tones"}
    said = {
        "printd": __version__,
        "px": longest_px,
        "depth": repr(wanted.depth),
        "map": of_map,
        "outlined": settings.outline == "mask",
    }
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=12).hexdigest()


def quiet_map(wanted: Wanted, found: DepthMap, key: str) -> NDArray[np.float32]:
    """Return the height map without its noise, kept like the map itself."""
    from printd.geometry.shape.finish import noise_reduced

    strength = wanted.settings.noise_reduction
    if strength <= 0:
        return found.heights
    name = f"quiet-{key}-{strength:g}"
    kept = kept_map(wanted.folder, name)
    if kept is not None:
        return kept.heights
    quiet = noise_reduced(found.heights, strength)
    keep(wanted.folder, name, quiet[None], {"warnings": [], "source": ""})
    return quiet


def _smaller(values: NDArray[np.float32], longest_px: int) -> NDArray[np.float32]:
    """Return the means of a map over a grid whose longest side is no longer than asked."""
    import numpy as np
    from PIL import Image

    scale = longest_px / max(values.shape)
    if scale >= 1:
        return values
    rows, cols = (max(1, round(side * scale)) for side in values.shape)
    return np.array(Image.fromarray(values).resize((cols, rows), Image.Resampling.BOX))
