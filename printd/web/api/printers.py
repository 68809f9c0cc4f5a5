"""Printers, to be read."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from printd.core.errors import NoSuchPrinter
from printd.web.answers import known_document
from printd.web.api.described import PREFIX, Described, Responses, problems
from printd.web.asked import Operate, TheSite
from printd.web.printer_documents import PrinterDocument, PrinterList
from printd.web.problems import NoSuchThing

STILL: Final = "image/jpeg"
_STILL: Final[Responses] = {
    200: {
        "description": "the picture",
        "content": {STILL: {"schema": {"type": "string", "format": "binary"}}},
    }
}
PrinterWord = Annotated[str, Path(alias="printer", max_length=64, description="its name")]


router = APIRouter(route_class=Described, prefix=f"{PREFIX}/printers", tags=["printers"])


@router.get(
    "",
    response_model=PrinterList,
    responses={304: {"description": "as before"}, **problems()},
)
def printers(site: TheSite, _caller: Operate, request: Request) -> Response:
    """List the printers."""
    answer = PrinterList.model_construct(printers=site.view.sight().printers())
    return known_document(request, answer.model_dump_json().encode())


@router.get(
    "/{printer}",
    response_model=PrinterDocument,
    responses={304: {"description": "as before"}, **problems(404)},
)
def printer(site: TheSite, _caller: Operate, request: Request, word: PrinterWord) -> Response:
    """Show a printer."""
    found = {one.name: one for one in site.view.sight().printers()}.get(word)
    if found is None:
        raise NoSuchPrinter("There is no such printer.")
    return known_document(request, found.model_dump_json().encode())


@router.get(
    "/{printer}/camera.jpg",
    response_class=Response,
    responses={**_STILL, **problems(404)},
)
def camera(site: TheSite, _caller: Operate, word: PrinterWord) -> Response:
    """Get a picture of its bed; a new one every ten seconds, however many look."""
    config = site.tools.config.printers.get(word)
    if config is None:
        raise NoSuchPrinter("There is no such printer.")
    if not config.has_camera:
        raise NoSuchThing(f"{word} has no camera.")
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(site.tools.still(word), headers=headers, media_type=STILL)
