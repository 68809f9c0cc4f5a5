"""The description of the API, for people."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from printd.web.described_page import POLICY, page_of

PATH: Final = "/api/docs"
router = APIRouter(include_in_schema=False)


@router.get(PATH)
def docs(request: Request) -> Response:
    """Show the description of the API; like itself, to everybody who reaches this server."""
    return HTMLResponse(_page(request.app), headers={"Content-Security-Policy": POLICY})


@lru_cache(maxsize=1)
def _page(app: FastAPI) -> str:
    return page_of(app.openapi())
