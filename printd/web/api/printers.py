"""Printers, to be read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from printd.core.errors import NoSuchPrinter
from printd.web.access import Caller
from printd.web.answers import known_document
from printd.web.api.described import PREFIX, problems
from printd.web.documents import PrinterDocument, PrinterList
from printd.web.keys import Scope
from printd.web.site import Site

PrinterWord = Annotated[str, Path(alias="printer", max_length=64)]


def router(site: Site) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix=f"{PREFIX}/printers", tags=["printers"])
    operate = Depends(site.access.needs(Scope.OPERATE))

    @routes.get(
        "",
        summary="List the printers",
        response_model=PrinterList,
        responses={304: {"description": "as before"}, **problems()},
    )
    def printers(request: Request, _caller: Caller = operate) -> Response:
        answer = PrinterList.model_construct(printers=site.view.sight().printers())
        return known_document(request, answer.model_dump_json().encode())

    @routes.get(
        "/{printer}",
        summary="Show a printer",
        response_model=PrinterDocument,
        responses={304: {"description": "as before"}, **problems(404)},
    )
    def printer(request: Request, word: PrinterWord, _caller: Caller = operate) -> Response:
        found = {one.name: one for one in site.view.sight().printers()}.get(word)
        if found is None:
            raise NoSuchPrinter("There is no such printer.")
        return known_document(request, found.model_dump_json().encode())

    return routes
