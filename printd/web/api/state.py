"""The whole state as one document, for pages that poll."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from printd.web.answers import known_document
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Operate, TheSite
from printd.web.state_documents import StateDocument

router = APIRouter(route_class=Described, prefix=PREFIX, tags=["state"])


@router.get(
    "/state",
    response_model=StateDocument,
    responses={304: {"description": "as before"}, **problems()},
)
def state(site: TheSite, _caller: Operate, request: Request) -> Response:
    """Show the queue, the printers, and who is needed."""
    return known_document(request, site.view.document())
