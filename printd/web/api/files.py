"""The files of a job, whole or in parts, under fixed names; what strangers gave is never shown.

A photo is sent as a file to be kept, not as a page: browsers open nothing of it here. Pictures of
ours may be shown.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from printd.core.jobs import Job
from printd.web.answers import KNOWN, is_known, without_body
from printd.web.api.described import PREFIX, Described, binary, problems
from printd.web.api.jobs import JobWord, job_of
from printd.web.asked import Submit, TheSite
from printd.web.job_documents import FileName, file_names
from printd.web.parts import Parts
from printd.web.problems import NoSuchThing
from printd.web.site import Site

BYTES: Final = "application/octet-stream"
PHOTOS: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
TYPES: Final[dict[FileName, str]] = {
    "mesh": "model/stl",
    "thumbnail": "image/png",
    "toolpath": "image/png",
    "log": "text/plain; charset=utf-8",
}
OURS: Final = frozenset({"thumbnail", "toolpath", "log"})  # may be shown
router = APIRouter(route_class=Described, prefix=f"{PREFIX}/jobs/{{job}}", tags=["files"])


@router.get("/photo", response_class=FileResponse, responses={**binary(BYTES), **problems(404)})
def photo(site: TheSite, caller: Submit, request: Request, word: JobWord) -> Response:
    """Get the picture as it was handed in."""
    return file_of(site, request, job_of(site, caller, word), "photo")


@router.get(
    "/mesh", response_class=FileResponse, responses={**binary("model/stl"), **problems(404)}
)
def mesh(site: TheSite, caller: Submit, request: Request, word: JobWord) -> Response:
    """Get the model, in millimetres."""
    return file_of(site, request, job_of(site, caller, word), "mesh")


@router.get(
    "/thumbnail", response_class=FileResponse, responses={**binary("image/png"), **problems(404)}
)
def thumbnail(
    site: TheSite,
    caller: Submit,
    request: Request,
    word: JobWord,
    size: Annotated[
        Literal["whole", "small"], Query(description="small: for lists, some kB, JPEG or PNG")
    ] = "whole",
) -> Response:
    """Get a picture of the piece."""
    job = job_of(site, caller, word)
    small = _small(site, request, job) if size == "small" else None
    return small or file_of(site, request, job, "thumbnail")


def _small(site: Site, request: Request, job: Job) -> Response | None:
    """Return the picture of a job for lists; None: there is none, or it cannot be made now."""
    for name in file_names("thumbnail", job):
        path = site.tools.folders.of(job.id) / name
        found = _regular(path)
        if found is None:
            continue
        tag = _tag(found, "small")
        if is_known(request, tag):
            return Response(status_code=304, headers={"ETag": tag, **KNOWN})
        picture = site.small_pictures.of(path, found)
        if picture is None:
            return None
        answer = Response(picture.content, 200, {"ETag": tag, **KNOWN}, picture.media_type)
        return without_body(request, answer)
    return None


@router.get(
    "/toolpath", response_class=FileResponse, responses={**binary("image/png"), **problems(404)}
)
def toolpath(site: TheSite, caller: Submit, request: Request, word: JobWord) -> Response:
    """Get a picture of the print on its bed."""
    return file_of(site, request, job_of(site, caller, word), "toolpath")


@router.get("/gcode", response_class=FileResponse, responses={**binary(BYTES), **problems(404)})
def gcode(site: TheSite, caller: Submit, request: Request, word: JobWord) -> Response:
    """Get the file that the printer is sent."""
    return file_of(site, request, job_of(site, caller, word), "gcode")


@router.get(
    "/log", response_class=FileResponse, responses={**binary("text/plain"), **problems(404)}
)
def log(site: TheSite, caller: Submit, request: Request, word: JobWord) -> Response:
    """Get the slicer's own words."""
    return file_of(site, request, job_of(site, caller, word), "log")


def file_of(site: Site, request: Request, job: Job, what: FileName) -> Response:
    """Return a file of a job as it is sent.

    Raises:
        NoSuchThing: there is none.
    """
    folder = site.tools.folders.of(job.id)
    for name in file_names(what, job):
        found = _regular(folder / name)
        if found is not None:
            return _sent(request, folder / name, found, job, what)
    raise NoSuchThing(f"There is no {what} of #{job.number}.")


def has_file(site: Site, job: Job, what: FileName) -> bool:
    """Return whether there is such a file of a job."""
    folder = site.tools.folders.of(job.id)
    return any(_regular(folder / name) is not None for name in file_names(what, job))


def _regular(path: Path) -> os.stat_result | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found if path.is_file() and not path.is_symlink() else None


def _sent(
    request: Request, path: Path, found: os.stat_result, job: Job, what: FileName
) -> Response:
    tag = _tag(found)
    if is_known(request, tag):
        return Response(status_code=304, headers={"ETag": tag, **KNOWN})
    whole = Parts(
        path,
        headers={"ETag": tag, **KNOWN},
        media_type=_type_of(job, what),
        filename=f"{job.number}-{what}{_ending(path, what)}",
        stat_result=found,
        content_disposition_type="inline" if what in OURS else "attachment",
    )
    return without_body(request, whole)


def _tag(found: os.stat_result, kind: str = "") -> str:
    said = f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}{kind}"
    return f'"{hashlib.blake2b(said.encode(), digest_size=12).hexdigest()}"'


def _type_of(job: Job, what: FileName) -> str:
    if what == "photo":
        kind = str(job.facts.get("photo", {}).get("format", ""))
        return PHOTOS.get(kind, BYTES)
    return TYPES.get(what, BYTES)


def _ending(path: Path, what: FileName) -> str:
    if what == "photo":
        return ""
    if what == "gcode":
        return path.name.removeprefix("print")
    return ".txt" if what == "log" else path.suffix
