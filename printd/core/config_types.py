"""What parts of the configuration share: names, times, paths, addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from printd.core.filaments import colour_of

PLAIN_NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,31}$"
Name = Annotated[str, Field(pattern=PLAIN_NAME)]
Seconds = Annotated[float, Field(gt=0, le=7 * 86400)]
MOST_DAYS: Final = 36_500  # a century: calendars know no moment that lies thousands of years back
Days = Annotated[float, Field(ge=0, le=MOST_DAYS)]


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


def _is_sha256(value: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{64}", value) is None:
        raise ValueError(f"{value!r} is no SHA-256 of 64 hexadecimal digits (`sha256sum FILE`)")
    return value.lower()


def _is_file_name(value: str) -> str:
    if "/" in value or value in ("", ".", ".."):
        raise ValueError(f"{value!r} is not the name of a file in the same folder")
    return value


def _is_host(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._:-]{1,253}", value) is None:
        raise ValueError(f"{value!r} is no address such as 192.168.1.23 or a name in your network")
    return value


def _is_colour(value: str) -> str:
    colour_of(value)
    return value


Sha256 = Annotated[str, AfterValidator(_is_sha256)]
FileName = Annotated[str, AfterValidator(_is_file_name)]
Host = Annotated[str, AfterValidator(_is_host)]
Colour = Annotated[str, AfterValidator(_is_colour)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Model(BaseModel):
    """What every part of the configuration obeys."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
