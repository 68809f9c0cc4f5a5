"""Drafts: a photo that is looked at before it is a job, and the job that it becomes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from printd.core.recipes import check_allowed
from printd.web.answers import document
from printd.web.api.client_key import ClientKey, checked_key
from printd.web.api.described import PREFIX, Described, problems
from printd.web.api.draft_views import DraftId
from printd.web.api.upload_form import A_PICTURE, file_field, form_of
from printd.web.asked import Submit, TheSite
from printd.web.draft_documents import DraftDocument, DraftJob, draft_document
from printd.web.draft_jobs import job_of_draft, key_of_draft
from printd.web.forms import Shape
from printd.web.handing_in import Wish, is_replay
from printd.web.job_documents import JobDocument
from printd.web.keys import Scope
from printd.web.shown import shown
from printd.web.uploads import Upload

FORM: Final = form_of({"file": file_field("a picture (60 MB)")}, {"file": A_PICTURE}, {"file": "…"})
router = APIRouter(route_class=Described, prefix=f"{PREFIX}/drafts", tags=["drafts"])


async def _received(site: TheSite, caller: Submit, request: Request) -> AsyncIterator[Upload]:
    site.access.count_upload(caller)
    most = int(site.tools.config.limits.photo_max_mb * 1e6)
    shape = Shape("file", frozenset(), lambda _name: most)
    async with site.uploads.received(request, shape, lambda _name: None, of=caller.only) as upload:
        yield upload


@router.post(
    "",
    status_code=201,
    response_model=DraftDocument,
    responses=problems(400, 408, 413, 415),
    openapi_extra=FORM,
)
def create(
    site: TheSite, caller: Submit, upload: Annotated[Upload, Depends(_received)]
) -> Response:
    """Hand in a photo to look at."""
    draft = site.drafts.take(upload, caller.who)
    return document(draft_document(draft), 201, {"Location": f"{PREFIX}/drafts/{draft.id}"})


@router.delete("/{draft}", status_code=204, responses=problems())
def forget(site: TheSite, caller: Submit, draft_id: DraftId) -> Response:
    """Erase a draft."""
    site.drafts.forget(draft_id, caller.who)
    return Response(status_code=204)


@router.post(
    "/{draft}/job",
    status_code=201,
    response_model=JobDocument,
    responses={
        200: {"model": JobDocument, "description": "the job that it is already"},
        **problems(400, 404, 409),
    },
)
def job(
    site: TheSite,
    caller: Submit,
    draft_id: DraftId,
    wanted: DraftJob,
    idempotency_key: ClientKey = None,
) -> Response:
    """Make a job of a draft, which is forgotten then; another Idempotency-Key is another job."""
    key = checked_key(idempotency_key) or ""
    again = key_of_draft(draft_id, key)
    if wanted.keep and not is_replay(site.tools, caller, again):
        site.access.count_upload(caller)  # it is handed in again
    if caller.scope is Scope.SUBMIT:
        said = {"copies": wanted.copies, "name": wanted.name, "preset": wanted.preset}
        changed = {*wanted.settings, *(key for key in said if said[key])}
        check_allowed(site.tools.config, wanted.recipe, changed)
    wish = Wish(
        source="api" if caller.login is None else "page",
        recipe=wanted.recipe,
        name=wanted.name,
        settings=wanted.settings,
        copies=wanted.copies,
        hold=wanted.hold,
    )
    made, is_new = job_of_draft(
        site,
        caller,
        draft_id,
        wish,
        preset=wanted.preset,
        client_key=key,
        keep=wanted.keep,
    )
    headers = {"Location": f"{PREFIX}/jobs/{made.id}"}
    return document(shown(made, made.because, caller.scope), 201 if is_new else 200, headers)
