"""The routes of the kiosk, and of the phones that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from printd.web.pages import phone, ticket, wall
from printd.web.pages.kiosk import (
    attract,
    crop,
    look,
    making,
    photo,
    shapes,
    staff,
    stick,
    summary,
    tickets,
)

ROUTERS: Final[Sequence[APIRouter]] = (
    attract.router,
    making.router,
    photo.router,
    stick.router,
    crop.router,
    look.router,
    summary.router,
    tickets.router,
    shapes.router,
    staff.router,
    phone.router,
    ticket.router,
    wall.router,
)


def is_upload(path: str) -> bool:
    """Say whether a path takes a photo, which is counted while it comes."""
    return path == "/kiosk/photo" or path.startswith(phone.PATH)
