"""The routes of ``/api/v1``, one module each; handlers are plain functions in threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from printd.web.api import (
    acts,
    config,
    docs,
    draft_views,
    drafts,
    events,
    files,
    health,
    jobs,
    keys,
    limits,
    meshers,
    people,
    printers,
    profiles,
    recipes,
    state,
    upkeep,
    uploading,
)
from printd.web.api.described import PREFIX

__all__ = ["PREFIX", "ROUTERS"]


ROUTERS: Final[Sequence[APIRouter]] = (
    state.router,
    events.router,
    uploading.router,
    drafts.router,
    draft_views.router,
    jobs.router,
    files.router,
    limits.router,
    acts.router,
    printers.router,
    recipes.router,
    profiles.router,
    meshers.router,
    keys.router,
    people.router,
    config.router,
    upkeep.router,
    health.router,
    docs.router,
)
