"""The configuration of the API: where it listens, and by which names it may be called."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def _is_name(value: str) -> str:
    lower = value.lower()
    if NAME.fullmatch(lower) is None:
        raise ValueError(f"{value!r} is no name such as print.local, without http:// and port")
    return lower


def _is_origin(value: str) -> str:
    lower = value.lower().rstrip("/")
    if ORIGIN.fullmatch(lower) is None:
        raise ValueError(f"{value!r} is no origin such as https://shop.example or http://pi:8080")
    return lower


class WebConfig(BaseModel):
    """The HTTP API; nothing beyond this machine reaches it unless ``host`` says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    host: Annotated[str, Field(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8321  # 0: any that is free
    names: list[Annotated[str, AfterValidator(_is_name)]] = []  # that it may be called by, too
    origins: list[Annotated[str, AfterValidator(_is_origin)]] = []  # of other pages that may ask
    source_urls: bool = False  # whether printd fetches pictures from addresses that it is given
    source_hosts: list[Annotated[str, AfterValidator(_is_name)]] = []  # that may be private, too
    drafts: Annotated[int, Field(ge=1, le=1000)] = 16  # photos that are looked at, at once
    draft_idle_s: Annotated[float, Field(ge=10, le=86_400)] = 1800.0  # unused; then it is erased
