"""The routes of the pages, one module each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from printd.web.pages import (
    approvals,
    job,
    loaded,
    make,
    password,
    printers,
    queue,
    recipes,
    settings,
    signing_in,
    today,
)
from printd.web.pages.kiosk import routes as kiosk

ROUTERS: Final[Sequence[APIRouter]] = (
    loaded.router,
    signing_in.router,
    password.router,
    today.router,
    queue.router,
    job.router,
    make.router,
    printers.router,
    approvals.router,
    recipes.router,
    settings.router,
    *kiosk.ROUTERS,
)
