"""A name that a person gave is data: shown, never used to build a path, an option or a command."""

from __future__ import annotations

import base64
import os
import re
import secrets
import unicodedata

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
SHOWN_CHARACTERS = 80
SLUG_CHARACTERS = 24


def display_name(name: str | bytes, longest: int = SHOWN_CHARACTERS) -> str:
    """Return ``name`` fit for one line of text: controls made visible, cut in the middle."""
    text = os.fsdecode(name) if isinstance(name, bytes) else name
    seen = _UNSEEN.sub("\ufffd", text)
    if len(seen) <= longest:
        return seen
    half = (longest - 1) // 2
    return f"{seen[: longest - 1 - half]}…{seen[-half:]}"


def slug(name: str) -> str:
    """Return up to 24 of ``[a-z0-9-]`` that remind of ``name``; FAT, FTP, URLs and MQTT agree."""
    stem = name.rsplit(".", 1)[0] if "." in name[1:] else name
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_CHARACTERS].strip("-")


def print_name(number: int, attempt: int, name: str) -> str:
    """Return a name for one attempt that no printer has ever seen, also after a restore."""
    chance = base64.b32encode(secrets.token_bytes(5)).decode().lower()
    return "-".join(filter(None, ("pd", str(number), str(attempt), chance, slug(name))))
