"""The routes of the pages, one module each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from printd.web.pages import loaded, signing_in, today

ROUTERS: Final[Sequence[APIRouter]] = (
    loaded.router,
    signing_in.router,
    today.router,
)
