"""The routes of ``/api/v1``, one module each; handlers are plain functions in threads."""

from __future__ import annotations

from fastapi import APIRouter

from printd.web.api import health, jobs, keys, printers, recipes, state
from printd.web.api.described import PREFIX
from printd.web.site import Site

__all__ = ["PREFIX", "routers"]


def routers(site: Site) -> list[APIRouter]:
    """Return the routes."""
    return [
        state.router(site),
        jobs.router(site),
        printers.router(site),
        recipes.router(site),
        keys.router(site),
        health.router(site),
    ]
