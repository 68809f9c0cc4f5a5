"""The description of the API, for programs and for people; made once, and shown to everybody."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from printd.web.answers import known_document
from printd.web.api.described import PREFIX
from printd.web.described_page import POLICY, page_of

PATH: Final = "/api/docs"
router = APIRouter(include_in_schema=False)


@router.get(f"{PREFIX}/openapi.json")
def description(request: Request) -> Response:
    """Send the description of the API as OpenAPI."""
    return known_document(request, _description(request.app))


@router.get(PATH)
def docs(request: Request) -> Response:
    """Show the description of the API; like itself, to everybody who reaches this server."""
    return HTMLResponse(_page(request.app), headers={"Content-Security-Policy": POLICY})


@lru_cache(maxsize=1)
def _description(app: FastAPI) -> bytes:
    return json.dumps(app.openapi(), ensure_ascii=False).encode()


@lru_cache(maxsize=1)
def _page(app: FastAPI) -> str:
    return page_of(app.openapi())
