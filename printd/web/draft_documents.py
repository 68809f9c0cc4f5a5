"""What the API says of a photo that is looked at, and what a job is to be made of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from printd.core.recipes import MOST_COPIES
from printd.web.documents import Document
from printd.web.drafts import Draft
from printd.web.job_documents import Price


class Warned(Document):
    """Something that a person should know."""

    code: str
    sentence: str


class DraftDocument(Document):
    """A photo that is looked at; sizes are those of the upright picture."""

    id: str
    width_px: int
    height_px: int
    format: str
    has_alpha: bool
    warnings: list[Warned]


class RangeDocument(Document):
    """An estimate, and between what it is likely to lie."""

    about: float
    least: float
    most: float


class HintDocument(Document):
    """Something that the print would show, and what would mend it."""

    code: str
    sentence: str
    mend: dict[str, Any] = Field(description="settings to change; may be empty")


class FiguresDocument(Document):
    """What is known of a piece before it is made."""

    size_mm: tuple[float, float, float] = Field(description="as it lies or stands on the bed")
    picture_mm: tuple[float, float] = Field(description="of the whole rectangle, flat")
    relief_mm: float
    base_mm: float
    layer_mm: float
    layers: int
    base_layers: float
    relief_layers: float
    mesh_grid: tuple[int, int] = Field(description="cells of the final mesh, across and down")
    triangles: int = Field(description="about")
    volume_mm3: float
    is_estimate: bool = Field(
        default=True, description="grams, seconds and price are: nothing is sliced"
    )
    how: str = Field("from the volume, not sliced")
    grams: RangeDocument
    seconds: RangeDocument
    price: Price | None = Field(description="null: nothing is asked")
    hints: list[HintDocument]
    warnings: list[Warned]
    depth: str = Field(description="where the heights come from, in words")
    depth_final: str | None = Field(description="the source that the job has, if it is another")
    params: str = Field(description="X-Params of the heights of the same settings")


class DraftJob(Document):
    """What is to be made of a draft."""

    model_config = ConfigDict(extra="forbid")

    recipe: Annotated[str, Field(max_length=64)] = "default"
    preset: Annotated[str, Field(max_length=64)] | None = None
    name: Annotated[str, Field(max_length=200)] = ""
    copies: Annotated[int, Field(ge=1, le=MOST_COPIES)] | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    hold: bool = False
    keep: bool = Field(default=False, description="look at the draft on; it is forgotten otherwise")


def draft_document(draft: Draft) -> DraftDocument:
    """Return a draft as it is sent."""
    return DraftDocument(
        id=draft.id,
        width_px=draft.facts["width_px"],
        height_px=draft.facts["height_px"],
        format=draft.facts["format"],
        has_alpha=draft.facts["has_alpha"],
        warnings=[warned(line) for line in draft.facts["warnings"]],
    )


def warned(line: str) -> Warned:
    """Return a warning as it is sent."""
    code, _, sentence = line.partition(": ")
    return Warned(code=code, sentence=sentence)
