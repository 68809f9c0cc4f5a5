"""O3, one job: its photo, its shape, its toolpath, what was found out, what has happened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from printd.core.beds import BedState
from printd.core.beginning import steps_of
from printd.core.fleet import PrinterRow
from printd.core.jobs import Job
from printd.core.names import display_name
from printd.core.route import shapes_of
from printd.core.shop import why_not_there
from printd.core.signing import REASONS
from printd.web.api.jobs import JobWord, job_of
from printd.web.asked import TheSite
from printd.web.job_documents import elsewhere_of, file_names
from printd.web.pages.make import can_change
from printd.web.pages.queue import soon_left_out
from printd.web.pages.visitors import Submitter
from printd.web.shown import shown

LOG: Final = "slice.log"
LAST_LINES: Final = 30
LOOKED_BYTES: Final = 16 * 1024  # at the end of a log
LINE_CHARACTERS: Final = 300
# More is drawn when somebody asks for it: a browser needs seconds for it, and much memory.
SHAPE_BYTES: Final = 10_000_000  # 200 000 triangles
TOOLPATH_BYTES: Final = 15_000_000
TEXT: Final = (".gcode", ".gco", ".g")
router = APIRouter(include_in_schema=False)


@router.get("/jobs/{job}")
def job(site: TheSite, request: Request, caller: Submitter, word: JobWord) -> Response:
    """Show a job."""
    found = job_of(site, caller, word)
    sight = site.view.sight()
    folder = site.tools.folders.of(found.id)
    document = shown(found, sight.why(found), caller.scope)
    bounds_mm = found.facts.get("gcode", {}).get("verdict", {}).get("bounds_mm")
    return site.pages.page(
        request,
        "job.html",
        caller,
        job=document,
        facts=found.facts,
        elsewhere=elsewhere_of(why_not_there(found, sight.offers)),
        ahead=sight.standing.ahead.get(found.number),
        starts_at=soon_left_out(sight.standing.starts).get(found.number),
        events=[*reversed(site.tools.lookup.events(found.number))],
        log=_last_lines(folder / LOG),
        # A shape that is still to be checked has no picture yet.
        shape_bytes=_bytes(folder, "mesh", found) if "thumbnail" in document.files else None,
        toolpath_bytes=_bytes(folder, "gcode", found, TEXT) if bounds_mm else None,
        bounds_mm=bounds_mm,
        shapes=len(shapes_of(found)),
        reasons=REASONS,
        can_retry_from=steps_of(found),
        can_change=can_change(site, found),
        most={"shape": SHAPE_BYTES, "toolpath": TOOLPATH_BYTES},
        bed_revision=_bed_under(site.tools.fleet.all(), found),
    )


def _bed_under(printers: Mapping[str, PrinterRow], job: Job) -> int | None:
    """Return the revision of the bed on which the piece lies; None: it was cleared."""
    row = printers.get(job.printer or "")
    lies = row is not None and row.bed.job == job.number and row.bed.state is not BedState.CLEAR
    return row.bed.revision if row is not None and lies else None


def _last_lines(path: Path) -> list[str]:
    """Return the last words of a slicer, fit to be shown."""
    try:
        with path.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - LOOKED_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return [display_name(line, LINE_CHARACTERS) for line in text.splitlines()[-LAST_LINES:]]


def _bytes(folder: Path, what: Any, job: Job, endings: tuple[str, ...] = ()) -> int | None:
    """Return how large a file is that a browser could draw; None: there is none."""
    for name in file_names(what, job):
        path = folder / name
        if path.is_file() and (not endings or name.endswith(endings)):
            return path.stat().st_size
    return None
