"""Looking after the daemon: what is wrong with it, its log, a backup, a support bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from printd.core import log as logs
from printd.core.backups import write_backup
from printd.core.clock import to_text, utc_now
from printd.pipeline.bundling import LINES, write_bundle
from printd.web.answers import ONLY_HEAD, document
from printd.web.api.described import PREFIX, Described, Responses, problems
from printd.web.asked import Admin, TheSite
from printd.web.documents import Document
from printd.web.site import Site

GZIP: Final = "application/gzip"
ZIP: Final = "application/zip"
PIECE_BYTES: Final = 1 << 18


def _file(kind: str, words: str) -> Responses:
    """Return what a route that sends one file may answer."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": words, "content": content}, **problems()}


Many = Annotated[int, Query(ge=1, le=logs.KEPT, description="the last ones")]
router = APIRouter(route_class=Described, prefix=PREFIX, tags=["upkeep"])


class FindingDocument(Document):
    """One thing that was looked at."""

    verdict: Literal["ok", "warn", "fail"]
    check: str = Field(description="stable")
    fact: str
    remedy: str = Field(description="what to do; empty: nothing")


class FindingList(Document):
    """What `printd doctor` says."""

    findings: list[FindingDocument]


class LogLine(Document):
    """One line of the log."""

    at: datetime
    level: str
    text: str = Field(description="secrets are masked")


class LogDocument(Document):
    """The last lines of the log, oldest first."""

    lines: list[LogLine]


def finding_list(site: Site) -> FindingList:
    """Look at everything, and return it as it is sent; takes seconds."""
    return FindingList(
        findings=[
            FindingDocument(
                verdict=each.verdict, check=each.check, fact=each.fact, remedy=each.remedy
            )
            for each in site.tools.doctor()
        ]
    )


def log_document(most: int) -> LogDocument:
    """Return the last lines of the log, as they are sent."""
    return LogDocument(
        lines=[LogLine(at=line.at, level=line.level, text=line.text) for line in logs.last(most)]
    )


@router.get("/doctor", response_model=FindingList, responses=problems())
def doctor(site: TheSite, _caller: Admin) -> Response:
    """Look at the configuration and the world it meets; takes seconds."""
    return document(finding_list(site))


@router.get("/log", response_model=LogDocument, responses=problems())
def log(_caller: Admin, lines: Many = 200) -> Response:
    """Show the last lines of the log, secrets masked."""
    return document(log_document(lines))


@router.get("/backup", response_class=StreamingResponse, responses=_file(GZIP, "a backup"))
def backup(
    site: TheSite,
    _caller: Admin,
    request: Request,
    photos: Annotated[bool, Query(description="with what was handed in")] = False,  # noqa: FBT002
) -> Response:
    """Make a backup and send it; nothing of it stays here. Secrets are not in it."""
    place = site.tools.place

    def write(out: Path) -> None:
        write_backup(place.config.data_dir, place.file, out, photos=photos)

    name = f"printd-{utc_now():%Y-%m-%d-%H%M}.tar.gz"
    return _sent(site, request, name, GZIP, write)


@router.get("/bundle", response_class=StreamingResponse, responses=_file(ZIP, "a support bundle"))
def bundle(site: TheSite, _caller: Admin, request: Request) -> Response:
    """Make a bundle for who helps from afar: without keys, addresses, pictures and names."""
    found = [*site.tools.doctor()]
    lines = [f"{to_text(line.at)} {line.level} {line.text}" for line in logs.last(LINES)]

    def write(out: Path) -> None:
        write_bundle(out, site.tools.place, found, lines)

    name = f"printd-support-{utc_now():%Y-%m-%d-%H%M}.zip"
    return _sent(site, request, name, ZIP, write)


def _sent(
    site: Site, request: Request, name: str, kind: str, write: Callable[[Path], None]
) -> Response:
    """Send a file that is made for this; when it is open its name goes."""
    data_dir = site.tools.config.data_dir
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".printd-") as folder:
        file = Path(folder, name)
        write(file)
        headers = {
            "Content-Length": str(file.stat().st_size),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        if request.scope.get(ONLY_HEAD):
            return Response(headers=headers, media_type=kind)
        stream = file.open("rb")
    return _Sending(stream, headers=headers, media_type=kind)


class _Sending(StreamingResponse):
    """Sends an open file, and closes it however the client leaves."""

    def __init__(self, stream: BinaryIO, **more: Any) -> None:
        super().__init__(iter(partial(stream.read, PIECE_BYTES), b""), **more)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._stream:
            await super().__call__(scope, receive, send)
