"""What the API says: its documents, and how they are made.

Jobs are in ``job_documents.py``, printers in ``printer_documents.py``, all of it at once in
``state_documents.py``.

Keys are in snake_case with their units; moments are RFC 3339 in UTC. Every key is always there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from printd.core.config import Config
from printd.core.jobs import Because
from printd.core.recipe_words import lines_of
from printd.web.keys import Key, Scope


class Document(BaseModel):
    """Plain values, made by us: nothing of it is checked again."""

    model_config = ConfigDict(extra="forbid")


class Problem(Document):
    """Why something was not done, and what to do about it."""

    code: str = Field(description="stable; programs rely on it")
    problem: str
    action: str = Field(description="what a person can do, one sentence")
    details: dict[str, Any] = Field(default={}, description="such as the fields that were wrong")


class Why(Document):
    """Why a job waits or has stopped, in the words of every display."""

    code: str
    problem: str
    action: str


class RecipeDocument(Document):
    """What can be made of a picture."""

    name: str
    label: str
    lines: list[str] = Field(description="what it makes, in words")
    mesher: str
    preset: str | None
    width_mm: float | None
    longest_mm: float | None
    material: str
    colour: str
    copies: int
    approval: Literal["never", "always"]
    printers: list[str]
    may_change: Literal["all"] | list[str]
    settings: dict[str, Any]


class RecipeList(Document):
    """All recipes."""

    recipes: list[RecipeDocument]


class Reloaded(Document):
    """What has changed in the configuration."""

    changed: list[str] = Field(description="holds from now on")
    after_restart: list[str] = Field(description="holds when printd starts again")


class KeyDocument(Document):
    """A key of the API, without its secret."""

    id: str
    name: str
    owner: str
    scope: Scope
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class NewKey(KeyDocument):
    """A key that has just been made."""

    key: str = Field(description="the key itself; it is never shown again")


class KeyList(Document):
    """All keys, those that are revoked too."""

    keys: list[KeyDocument]


class Health(Document):
    """Whether the daemon does its work."""

    ok: bool
    checks: dict[str, str] = Field(description="each `ok`, or the code of what is wrong")


class HealthInFull(Health):
    """... and what may tell why it does not."""

    offline_since: dict[str, datetime | None] = Field(
        description="printers that do not answer; null: never heard of. They may be switched off"
    )
    oldest_step_at: datetime | None = Field(
        description="since when the oldest step waits or runs; null: none does"
    )


def why_document(why: Because | None) -> Why | None:
    """Return a reason as it is sent."""
    return Why(code=why.code, problem=why.problem, action=why.action) if why else None


def recipe_document(config: Config, name: str) -> RecipeDocument:
    """Return a recipe as it is sent."""
    recipe = config.recipes[name]
    return RecipeDocument(
        name=name,
        label=recipe.label,
        lines=list(lines_of(recipe)),
        mesher=recipe.mesher,
        preset=recipe.preset,
        width_mm=recipe.width_mm,
        longest_mm=recipe.longest_mm,
        material=recipe.material,
        colour=recipe.colour,
        copies=recipe.copies,
        approval=recipe.approval,
        printers=list(recipe.printers),
        may_change=recipe.may_change,
        settings=dict(recipe.settings),
    )


def key_values(key: Key) -> dict[str, Any]:
    """Return the values of a key's document."""
    return {name: getattr(key, name) for name in KeyDocument.model_fields}
