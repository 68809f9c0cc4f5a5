"""O6, make: a photo becomes a shape under one's hands; every setting, two shapes side by side.

The page shows millimetres and layers; what it asks of the API are the settings as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from annotated_types import Ge, Le
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from printd.core.config import Config
from printd.core.filaments import COLOURS, MATERIALS
from printd.core.files import JobFolders
from printd.core.given import Given
from printd.core.jobs import Job
from printd.core.matching import Offer
from printd.core.mesher_config import ReliefMesherConfig
from printd.core.relief_hints import LAYER_MM
from printd.core.relief_settings import SAYS_THE_SAME, ReliefSettings
from printd.web.api.jobs import job_of
from printd.web.asked import TheSite
from printd.web.keys import Scope
from printd.web.pages.visitors import Submitter
from printd.web.site import Site

USUAL_BED_MM: Final = (256.0, 256.0)  # where no printer has a bed
router = APIRouter(include_in_schema=False)


@router.get("/make")
def make(
    site: TheSite,
    request: Request,
    caller: Submitter,
    job: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Show the page; it takes a photo, or that of a job, and asks the API for everything else."""
    config = site.tools.config
    offers = site.tools.offers()
    may_all = caller.scope.covers(Scope.OPERATE)
    recipes = {
        name: _recipe(config, name, may_all=may_all)
        for name in config.recipes
        if is_relief(config, name)
    }
    ranges = _ranges()
    return site.pages.page(
        request,
        "make.html",
        caller,
        recipes=recipes,
        presets=config.all_presets(),
        ranges=ranges,
        materials=_materials(config, offers),
        colours=list(COLOURS),
        photo_max_mb=config.limits.photo_max_mb,
        known={
            "defaults": ReliefSettings().model_dump(mode="json"),
            "ranges": ranges,
            "same": SAYS_THE_SAME,
            "presets": config.all_presets(),
            "recipes": recipes,
            "bed_mm": _largest_bed_mm(offers),
            "layer_mm": LAYER_MM,
            "again": _of_job(job_of(site, caller, job), recipes) if job else None,
        },
    )


def can_change(site: Site, job: Job) -> bool:
    """Return whether this page can begin with the photo and the settings of a job."""
    photo = site.tools.folders.of(job.id) / JobFolders.PHOTO
    return job.given is Given.PHOTO and photo.is_file() and is_relief(site.tools.config, job.recipe)


def _of_job(job: Job, recipes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is begun with when a job is to be made otherwise."""
    return {
        "number": job.number,
        "name": job.name,
        "recipe": job.recipe if job.recipe in recipes else next(iter(recipes), ""),
        "relief": job.settings.get("relief", {}),
        "material": job.settings.get("material", ""),
        "colour": job.settings.get("colour", ""),
        "copies": job.copies,
    }


def _recipe(config: Config, name: str, *, may_all: bool) -> Mapping[str, Any]:
    """Return what the page knows of a recipe; ``may`` lists what may be changed, None: all."""
    recipe = config.recipes[name]
    return {
        "label": recipe.label or name,
        "preset": recipe.preset,
        "settings": recipe.overrides(),
        "material": recipe.material,
        "colour": recipe.colour,
        "copies": recipe.copies,
        "may": None if may_all or recipe.may_change == "all" else recipe.may_change,
    }


def is_relief(config: Config, recipe: str) -> bool:
    """Return whether its shape can be seen before: what services make cannot."""
    if recipe not in config.recipes:
        return False
    first = config.recipes[recipe].meshers()[0]
    return isinstance(config.meshers[first], ReliefMesherConfig)


def _ranges() -> Mapping[str, tuple[float | None, float | None]]:
    """Return the least and the largest value of every setting that is a number."""
    found = {}
    for name, field in ReliefSettings.model_fields.items():
        least = next((float(str(one.ge)) for one in field.metadata if isinstance(one, Ge)), None)
        most = next((float(str(one.le)) for one in field.metadata if isinstance(one, Le)), None)
        found[name] = least, most
    return found


def _materials(config: Config, offers: Iterable[Offer]) -> list[str]:
    """Return what can be printed here; what recipes ask for as well."""
    loaded = {material for offer in offers for material in offer.materials}
    asked = {recipe.material for recipe in config.recipes.values()}
    known = loaded | asked | {offer.machine.material for offer in offers}
    return sorted(known - {""}) or sorted(MATERIALS)


def _largest_bed_mm(offers: Iterable[Offer]) -> tuple[float, float]:
    beds = [(one.machine.bed_w_mm, one.machine.bed_d_mm) for one in offers if one.has_bed]
    return max(beds, key=lambda bed: bed[0] * bed[1], default=USUAL_BED_MM)
