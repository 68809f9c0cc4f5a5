"""The routes of the pages, one module each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from printd.web.pages import loaded, make, signing_in, today

ROUTERS: Final[Sequence[APIRouter]] = (
    loaded.router,
    signing_in.router,
    make.router,
    today.router,
)
