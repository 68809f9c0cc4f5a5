"""What parts of the configuration share: names, times, paths, addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo

PLAIN_NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,31}$"
Name = Annotated[str, Field(pattern=PLAIN_NAME)]
Seconds = Annotated[float, Field(gt=0, le=7 * 86400)]


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder", Path.cwd())
    return Path(folder, path.expanduser()).absolute()


RelativePath = Annotated[Path, AfterValidator(_beside_the_file)]


def _is_web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f"{value!r} is no address such as http://octopi.local or https://host/octoprint"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address holds no user, password or question; the key has its own file")
    place_of(value)  # also a port that cannot be is found here
    return value.rstrip("/")


def place_of(url: str) -> str:
    """Return what an address means, for comparisons: HTTP://Pi:80/ is http://pi."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}:{port}{parts.path.rstrip('/')}"


def _is_picture_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f"{value!r} is no address such as http://octopi.local/webcam/?action=snapshot"
        )
    if parts.username or parts.password or parts.fragment:
        raise ValueError("an address holds no user and no password")
    place_of(value)
    return value


WebAddress = Annotated[str, AfterValidator(_is_web_address)]
PictureAddress = Annotated[str, AfterValidator(_is_picture_address)]  # may hold a question
