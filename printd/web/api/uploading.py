"""New jobs: a form is streamed to the disk, and the daemon makes a job of it before the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from printd.core.beside import DEPTH_FILE_BYTES
from printd.core.recipes import MOST_COPIES, check_allowed, copies_of
from printd.web.access import Caller
from printd.web.answers import document
from printd.web.api.client_key import ClientKey, checked_key
from printd.web.api.described import PREFIX, Described, problems
from printd.web.api.named import Named, named_in
from printd.web.api.upload_form import A_PICTURE, file_field, form_of
from printd.web.asked import Submit, TheSite
from printd.web.forms import Shape
from printd.web.guard import small_body
from printd.web.handing_in import Wish, hand_in, is_replay
from printd.web.job_documents import JobDocument
from printd.web.keys import Scope
from printd.web.plain_json import plain_json
from printd.web.problems import KeyReused, RequestInvalid
from printd.web.shown import shown
from printd.web.site import Site
from printd.web.uploads import Upload, most_bytes

JSON: Final = "application/json"
# The fields of a form, and their most characters: what cannot be meant is not carried on.
LONGEST: Final = {"recipe": 64, "name": 255, "copies": 9, "settings": 16 * 1024, "hold": 9}
FIELDS: Final = frozenset(LONGEST)
DEEPEST: Final = 8
FORM: Final = form_of(
    {
        "file": file_field("a picture (60 MB), a mesh (200 MB), or G-code (500 MB)"),
        "mask": file_field("a picture of what is the subject: white is"),
        "depth": file_field(
            "heights that are used as they are: a depth picture (bright is high), or a NumPy array"
            " (.npy)"
        ),
        "recipe": {"type": "string", "default": "default"},
        "name": {"type": "string", "description": "what to call it"},
        "copies": {"type": "integer", "minimum": 1, "maximum": MOST_COPIES},
        "settings": {
            "type": "string",
            "description": "a JSON object of settings over those of the recipe",
        },
        "hold": {"type": "boolean", "description": "wait for `release`"},
    },
    {"file": A_PICTURE, "mask": "image/*", "depth": A_PICTURE},
    {"recipe": "portrait", "name": "Mia", "settings": '{"width_mm": 60}'},
    {JSON: {"schema": Named.model_json_schema()}},
)


router = APIRouter(route_class=Described, prefix=PREFIX, tags=["jobs"])


async def _received(site: TheSite, caller: Submit, request: Request) -> AsyncIterator[Upload]:
    said = request.headers.get("idempotency-key")
    if not await run_in_threadpool(is_replay, site.tools, caller, said):
        site.access.count_upload(caller)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    take = _fetched if kind == JSON else _sent
    async with take(site, caller, request) as upload:
        yield upload


@asynccontextmanager
async def _fetched(site: Site, caller: Caller, request: Request) -> AsyncIterator[Upload]:
    """Fetch the file that a small document names."""
    wanted = named_in(await small_body(request, site.bounds.small_body_s))
    url = site.uploads.sources.check(wanted.source_url)
    shape = Shape("file", FIELDS, lambda name: most_bytes(site.tools.config, name))
    async with site.uploads.fetched(url, shape, wanted.fields(), of=caller.only) as upload:
        yield upload


@asynccontextmanager
async def _sent(site: Site, caller: Caller, request: Request) -> AsyncIterator[Upload]:
    config = site.tools.config
    beside = {"mask": int(config.limits.photo_max_mb * 1e6), "depth": DEPTH_FILE_BYTES}
    shape = Shape("file", FIELDS, lambda name: most_bytes(config, name), beside)
    async with site.uploads.received(request, shape, lambda _name: None, of=caller.only) as upload:
        yield upload


@router.post(
    "/jobs",
    status_code=201,
    response_model=JobDocument,
    responses={
        200: {"model": JobDocument, "description": "the job of the same Idempotency-Key"},
        **problems(400, 408, 409, 413, 415),
    },
    openapi_extra=FORM,
)
def create(
    site: TheSite,
    caller: Submit,
    upload: Annotated[Upload, Depends(_received)],
    idempotency_key: ClientKey = None,
) -> Response:
    """Hand in a picture, or G-code."""
    try:
        wish = _wish(site, caller, upload)
        key = checked_key(idempotency_key)
    except BaseException:
        upload.discard()
        raise
    try:
        job, is_new = hand_in(site.tools, caller, upload, wish, key)
    except KeyReused:
        site.access.count_upload(caller)  # it was none that is the same job
        raise
    answer = shown(job, job.because, caller.scope)
    return document(answer, 201 if is_new else 200, {"Location": f"{PREFIX}/jobs/{job.id}"})


def _wish(site: Site, caller: Caller, upload: Upload) -> Wish:
    """Return what a form asks for.

    Raises:
        RequestInvalid: a field cannot be meant.
        SettingInvalid: the recipe does not let strangers change that.
    """
    fields = upload.fields
    for name, value in fields.items():
        if len(value) > LONGEST[name]:
            raise _wrong(name, f"has more than {LONGEST[name]} characters")
    recipe = fields.get("recipe") or "default"
    settings = _settings(fields.get("settings") or "{}")
    if caller.scope is Scope.SUBMIT:
        said = {"copies", "name"} & {key for key in fields if fields[key]}
        changed = {*settings, *said, *upload.beside}
        check_allowed(site.tools.config, recipe, changed)
    return Wish(
        source="api",
        recipe=recipe,
        name=fields.get("name", ""),
        settings=settings,
        copies=_number(fields.get("copies")),
        hold=_flag(fields.get("hold") or "false"),
    )


def _settings(text: str) -> dict[str, Any]:
    try:
        found = plain_json(text)
    except (ValueError, RecursionError) as error:
        raise _wrong("settings", "is no JSON") from error
    if not isinstance(found, dict):
        raise _wrong("settings", "is no JSON object")
    if _depth(found) > DEEPEST:
        raise _wrong("settings", "is nested too deep")
    return found


def _depth(value: Any, level: int = 0) -> int:
    if level > DEEPEST:
        return level
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max((_depth(one, level + 1) for one in inner), default=level)


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise _wrong("copies", "is no number")
    return copies_of(int(text))


def _flag(text: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise _wrong("hold", "is neither true nor false")
    return known[text.lower()]


def _wrong(field: str, why: str) -> RequestInvalid:
    return RequestInvalid(f"The field `{field}` {why}.")
