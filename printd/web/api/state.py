"""The whole state as one document, for pages that poll."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from printd.web.access import Caller
from printd.web.answers import known_document
from printd.web.api.described import PREFIX, problems
from printd.web.documents import StateDocument
from printd.web.keys import Scope
from printd.web.site import Site


def router(site: Site) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix=PREFIX, tags=["state"])
    operate = Depends(site.access.needs(Scope.OPERATE))

    @routes.get(
        "/state",
        summary="Show the queue, the printers, and who is needed",
        response_model=StateDocument,
        responses={304: {"description": "as before"}, **problems()},
    )
    def state(request: Request, _caller: Caller = operate) -> Response:
        return known_document(request, site.view.document())

    return routes
