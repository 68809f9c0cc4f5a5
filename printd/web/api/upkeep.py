"""Looking after the daemon: what is wrong with it, what it says, a backup; for administrators."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from printd.core import log as logs
from printd.core.backups import write_backup
from printd.core.clock import utc_now
from printd.web.answers import document
from printd.web.api.described import PREFIX, Described, Responses, problems
from printd.web.asked import Admin, TheSite
from printd.web.documents import Document
from printd.web.site import Site

GZIP: Final = "application/gzip"
PIECE_BYTES: Final = 1 << 18
_ARCHIVE: Final[Responses] = {
    200: {
        "description": "the file, for `printd restore`",
        "content": {GZIP: {"schema": {"type": "string", "format": "binary"}}},
    }
}
Many = Annotated[int, Query(ge=1, le=logs.KEPT)]
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


@router.get("/backup", response_class=StreamingResponse, responses={**_ARCHIVE, **problems()})
def backup(site: TheSite, _caller: Admin, photos: bool = False) -> Response:  # noqa: FBT001, FBT002
    """Make a backup and send it; nothing of it stays here. Secrets are not in it."""
    data_dir = site.tools.config.data_dir
    name = f"printd-{utc_now():%Y-%m-%d-%H%M}.tar.gz"
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".printd-") as folder:
        file = Path(folder, name)
        write_backup(data_dir, site.tools.place.file, file, photos=photos)
        stream = file.open("rb")  # what is open can be sent when its name is gone
    headers = {
        "Content-Length": str(os.fstat(stream.fileno()).st_size),
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_pieces(stream), headers=headers, media_type=GZIP)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece
