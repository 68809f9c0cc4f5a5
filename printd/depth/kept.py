"""A height map, kept beside its photo so that it is asked for, and paid for, once.

Two files in the folder of the photo: the numbers as they are, and a note that says what they depend
on and what their SHA-256 is. The note is written last. Whatever is damaged, foreign or of another
wish is as if it were not there.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from printd.core.beside import check_mask
from printd.core.errors import PrintdError
from printd.core.files import new_file, write_file
from printd.core.relief_settings import ReliefSettings
from printd.depth.base import DepthMap, DepthSource

NUMBERS: Final = "depth.npy"  # (layers, rows, cols): heights, then the mask if there is one
NOTE: Final = "depth.json"
FORMAT: Final = 1
MOST_NOTE_BYTES: Final = 1 << 20
MOST_VALUES: Final = 2 * 8192**2  # twice the finest grid, and a mask


def asked_once(
    source: DepthSource,
    photo: Path,
    settings: ReliefSettings,
    longest_px: int,
    mask: Path | None = None,
    folder: Path | None = None,
) -> DepthMap:
    """Return the height map that the settings want; the source is asked only for what is not kept.

    Args:
        source: where the map comes from.
        photo: see ``DepthSource.height_map``.
        settings: likewise.
        longest_px: the longest side of the result at most.
        mask: see ``DepthSource.height_map``.
        folder: where the map is kept; one of another photo is not taken for it. None: nowhere.

    Raises:
        PhotoRefused, DepthMissing, DepthUnfit: as the source does.
        DiskFull, DiskFailed: the map cannot be kept.
        SettingInvalid: a mask is given and the settings want none.
    """
    check_mask(settings.mask, mask)
    if folder is None:
        asked = source.height_map(photo, settings, longest_px, mask)
        return source.fitted(asked, photo, settings, longest_px, mask)
    from printd.geometry.decode.depthfile import fingerprint

    others = source.depends_on(settings, longest_px, mask)
    depends_on = {**others, "photo": fingerprint(photo)}
    found = kept(folder, depends_on)
    if found is None:
        found = source.height_map(photo, settings, longest_px, mask)
        keep(folder, found, depends_on)
    return source.fitted(found, photo, settings, longest_px, mask)


def keep(folder: Path, depth_map: DepthMap, depends_on: Mapping[str, Any]) -> None:
    """Write a height map, whole or not at all; an older one is replaced.

    Args:
        folder: of one photo.
        depth_map: what to keep, exactly.
        depends_on: plain values; the map is found again by the same ones only.

    Raises:
        DiskFull, DiskFailed: it cannot be written.
    """
    import numpy as np

    layers = [depth_map.heights] if depth_map.mask is None else [depth_map.heights, depth_map.mask]
    numbers = io.BytesIO()
    np.save(numbers, np.stack(layers).astype("<f4"), allow_pickle=False)
    note = {
        "format": FORMAT,
        "depends_on": dict(depends_on),
        "sha256": hashlib.sha256(numbers.getbuffer()).hexdigest(),
        "source": depth_map.source,
        "warnings": list(depth_map.warnings),
    }
    with new_file(folder / NUMBERS) as stream:
        stream.write(numbers.getbuffer())
    write_file(folder / NOTE, json.dumps(note, indent=1, sort_keys=True).encode())


def kept(folder: Path, depends_on: Mapping[str, Any]) -> DepthMap | None:
    """Return the map that was kept here, if it depends on exactly this and is undamaged."""
    try:
        note = _note(folder)
        if note is None or note["depends_on"] != json.loads(json.dumps(dict(depends_on))):
            return None
        return _read(folder, note)
    except (OSError, PrintdError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _note(folder: Path) -> Mapping[str, Any] | None:
    from printd.geometry.decode.photo import open_plain

    with os.fdopen(open_plain(folder / NOTE), "rb") as stream:
        content = stream.read(MOST_NOTE_BYTES + 1)
    note = json.loads(content) if len(content) <= MOST_NOTE_BYTES else None
    return note if isinstance(note, dict) and note.get("format") == FORMAT else None


def _read(folder: Path, note: Mapping[str, Any]) -> DepthMap | None:
    import numpy as np

    from printd.geometry.decode.depthfile import fingerprint
    from printd.geometry.decode.npyfile import map_npy

    if fingerprint(folder / NUMBERS) != note["sha256"]:
        return None
    with (folder / NUMBERS).open("rb") as stream:
        layers = np.array(map_npy(stream, MOST_VALUES))
    if layers.ndim != 3 or layers.dtype != np.float32 or len(layers) not in (1, 2):
        return None
    if not np.isfinite(layers).all():
        return None
    warnings = tuple(str(warning) for warning in note["warnings"])
    mask = layers[1] if len(layers) == 2 else None
    return DepthMap(layers[0], warnings, str(note["source"]), mask)
