"""Send to printer: the part of an OctoPrint that slicers need to hand in a file.

Its address is ``/octoprint/any`` or ``/octoprint/<printer>``. An upload waits for a release, an
upload with the wish to print waits for its turn; nothing is ever started at once. What is refused
is said in one sentence of plain text: slicers show the body of an answer as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from printd.core.clock import utc_now
from printd.core.config import ANY_PRINTER
from printd.core.errors import (
    DiskFull,
    InternalError,
    NoSuchPrinter,
    NotPossibleNow,
    PrintdError,
    RequestRefused,
)
from printd.core.given import Given
from printd.core.limits import Of, Use
from printd.core.names import display_name
from printd.core.usage import check_taken
from printd.gcode.lines import LARGEST_FILE_BYTES
from printd.web import octoprint_words as words
from printd.web.access import Caller
from printd.web.asked import Submit, TheSite
from printd.web.forms import Shape
from printd.web.handing_in import Wish, hand_in
from printd.web.keys import Scope
from printd.web.problems import DaemonRefused, KeyNeeded, KeyRefused, status_of_code
from printd.web.site import Site

log = logging.getLogger(__name__)
PREFIX: Final = "/octoprint"
PLACES: Final = frozenset({"local", "sdcard"})
ENDINGS: Final = (".gcode", ".gco", ".g", ".bgcode", ".gcode.3mf")
# Fields come in any order, also after the file: Cura sends ``print`` last.
SHAPE: Final = Shape(
    file="file",
    fields=frozenset({"print", "select", "path", "plateindex", "userdata"}),
    most_bytes=lambda _name: LARGEST_FILE_BYTES,
)
ADDRESS: Final = "End the address in /octoprint/any, or in /octoprint/ and the name of a printer."
NO_ROOM: Final = 507  # as an OctoPrint says it
CONTROL: Final = "Send a file: printd starts it when its turn comes and the bed is clear."
NOT_HERE: Final = "This is the part of an OctoPrint that sends files; nothing is at this address."
NEW_KEY: Final = "Make one with `printd keys create` and paste it as the API key of this printer."


class NoGcode(RequestRefused):
    """The name is not that of a file that printers take."""

    code = "no_gcode"
    status = 415
    action = "Send a .gcode or .gcode.3mf file."


@dataclass(frozen=True, slots=True)
class Asks:
    """Who asks, and at which queue."""

    caller: Caller
    queue: str

    @property
    def printer(self) -> str | None:
        """The one printer that may take what is sent; None: any."""
        return None if self.queue == ANY_PRINTER else self.queue


async def _asks(site: TheSite, caller: Submit, queue: str) -> Asks:
    """Let those in who have a key and ask for a queue that is."""
    if queue != ANY_PRINTER and queue not in site.tools.config.printers:
        raise NoSuchPrinter(f"There is no printer {display_name(queue)!r} here.", action=ADDRESS)
    return Asks(caller, queue)


Asked = Annotated[Asks, Depends(_asks)]
router = APIRouter(prefix="/{queue}/api")
astray = APIRouter(include_in_schema=False)  # where slicers ask that were given a part of it


def host(site: Site) -> FastAPI:
    """Return the application that is mounted at ``/octoprint``."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.site = site
    app.include_router(astray)
    app.include_router(router)
    app.add_exception_handler(PrintdError, _refused)
    app.add_exception_handler(DaemonRefused, _refused_by_daemon)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(Exception, _fault)
    return app


def is_here(path: str) -> bool:
    """Return whether slicers ask at a path."""
    return path.startswith(f"{PREFIX}/")


def is_upload(path: str) -> bool:
    """Return whether a path takes files; their length is counted while they come."""
    parts = path.split("/")  # "", octoprint, queue, api, files, place
    return is_here(path) and len(parts) == 6 and parts[3:5] == ["api", "files"]


@astray.get("/api/version")
def version_elsewhere() -> Response:
    """Tell the test button of a slicer how the address goes on."""
    return PlainTextResponse(ADDRESS, 404)


# What is asked before and between uploads.


def _answer(method: str, path: str, said: Callable[[Asks], words.Words]) -> None:
    def handler(asked: Asked) -> Response:
        return JSONResponse(said(asked))

    router.add_api_route(path, handler, methods=[method])


_answer("GET", "/version", lambda _asked: words.version())
_answer("GET", "/server", lambda _asked: words.server())
_answer("GET", "/settings", lambda _asked: words.settings())
_answer("GET", "/printerprofiles", lambda asked: words.profiles(asked.queue))
_answer("GET", "/printer", lambda _asked: words.printer())
_answer("GET", "/job", lambda _asked: words.job())
_answer("GET", "/currentuser", lambda asked: words.user(asked.caller.who))
_answer("POST", "/login", lambda asked: words.user(asked.caller.who))


@router.post("/job")
@router.post("/printer/command")
@router.post("/files/{place}/{name:path}")
@router.delete("/files/{place}/{name:path}")
def control(_asked: Asked) -> Response:
    """Refuse to move, start or stop anything."""
    raise NotPossibleNow("Printers are controlled in printd itself.", action=CONTROL)


# The one thing that changes anything.


@router.post("/files/{place}")
async def upload(request: Request, site: TheSite, asked: Asked, place: str) -> Response:
    """Take a file; the slicer's "done" means that it cannot be lost."""
    if place not in PLACES:
        raise HTTPException(404)
    site.access.count_upload(asked.caller)
    await run_in_threadpool(_check_limits, site, asked.caller)
    async with site.uploads.received(request, SHAPE, _check_name, of=asked.caller.only) as sent:
        name = _name_of(sent.name)
        prints = sent.fields.get("print") == "true"
        wish = Wish("slicer", name=name, hold=not prints, more=_more(name, asked))
        await run_in_threadpool(hand_in, site.tools, asked.caller, sent, wish, None)
    base = f"{request.url.scheme}://{request.url.netloc}{PREFIX}/{asked.queue}"
    said = words.taken(base, name)
    return JSONResponse(said, 201, {"Location": said["files"]["local"]["refs"]["resource"]})


def _check_limits(site: Site, caller: Caller) -> None:
    """Refuse before a body is sent what would be refused after it.

    Raises:
        LimitReached, QueueFull: this key has had enough, or everybody has.
    """
    if caller.scope is Scope.SUBMIT:
        check_taken(site.tools.reading, site.tools.config, Of.KEY, caller.who, Use(utc_now()))


def _check_name(sent: str) -> None:
    """Refuse a file by its name, before its first byte."""
    _name_of(sent)


def _name_of(sent: str) -> str:
    """Return the name of a file without any path, as its slicer shows it.

    Raises:
        NoGcode: printers take no such file.
    """
    name = display_name(sent.replace("%22", '"').replace("\\", "/").rpartition("/")[2])
    if not name.lower().endswith(ENDINGS):
        raise NoGcode("This is no file of G-code.")
    return name


def _more(name: str, asked: Asks) -> Mapping[str, Any]:
    """Return what is asked beside the usual: what the file is taken for, and by whom."""
    given = Given.named(name)
    if not given.is_gcode:
        given = Given.GCODE  # shorter endings of G-code than ours are meant so, too
    return {"given": given, **({} if asked.printer is None else {"printer": asked.printer})}


# What goes wrong, as a slicer shows it.


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, PrintdError)  # noqa: S101  registered for it
    if isinstance(error, InternalError):
        log.error("%s", error, exc_info=error)
    return refusal(error)


def refusal(error: PrintdError) -> Response:
    """Say what is not done, in the words that a slicer shows."""
    if isinstance(error, KeyNeeded | KeyRefused):  # 401 would make some ask for a password
        return PlainTextResponse(f"{error.problem} {NEW_KEY}", 403)
    status = NO_ROOM if isinstance(error, DiskFull) else status_of_code(error.code)
    return PlainTextResponse(str(error), status)


def _refused_by_daemon(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DaemonRefused)  # noqa: S101  registered for it
    sentence = f"{error.words['problem']} {error.words['action']}".strip()
    return PlainTextResponse(sentence, status_of_code(error.code))


def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for it
    cause = error.__cause__
    if isinstance(cause, PrintdError):  # what the guard found while the body was read
        return _refused(request, cause)
    return PlainTextResponse(NOT_HERE, error.status_code)


def _fault(_request: Request, _fault: Exception) -> Response:
    return PlainTextResponse("printd has a fault; the log has the details.", 500)
