"""What may be given beside a photo: a mask of its subject, and heights that somebody has made."""

from __future__ import annotations

from typing import Final

from printd.core.errors import SettingInvalid

# Arrays are not packed: 64 million numbers of 8 bytes. A mask is a picture, and as large as one.
DEPTH_FILE_BYTES: Final = 513_000_000


def check_mask(setting: str, given: object | None) -> None:
    """Refuse a mask that the settings would ignore.

    Args:
        setting: ``mask`` of a relief.
        given: the mask, if there is one.

    Raises:
        SettingInvalid: a mask is given where none is wanted.
    """
    if setting == "none" and given is not None:
        raise SettingInvalid(
            "mask: none shows the whole scene, and a mask of the subject is given.",
            action="Leave the mask out, or set mask to auto.",
        )
