"""The configuration of the daemon, read again while it runs."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from printd.web.answers import document
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Admin, TheSite
from printd.web.documents import Reloaded

ANSWER_WITHIN_S: Final = 30.0
router = APIRouter(route_class=Described, prefix=f"{PREFIX}/config", tags=["config"])


@router.post("/reload", response_model=Reloaded, responses=problems(409))
def reload(site: TheSite, caller: Admin) -> Response:
    """Read the configuration again: all of it holds, or nothing has changed."""
    answer = site.tools.done("reload", {}, who=caller.who, within_s=ANSWER_WITHIN_S)
    site.view.forget()
    return document(Reloaded.model_validate(answer.values))
