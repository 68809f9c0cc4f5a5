"""The part of the configuration that says what can be made: its recipes."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from printd.core.config_types import Colour, Model, Name
from printd.core.names import display_name
from printd.core.prices import Amount, Rates
from printd.core.print_settings import Material, PrintSettings
from printd.core.relief_settings import ReliefSettings

KEEP: Final = "keep"  # the background of a photo stays
CUT: Final = "cut"  # it is cut away on this machine, before a service sees the photo
Label = Annotated[str, Field(max_length=40), AfterValidator(display_name)]

# What a person may set of one picture, beside the recipe.
CHANGEABLE: Final = (
    *("name", "copies", "material", "colour"),
    *PrintSettings.model_fields,
    *ReliefSettings.model_fields,
)


class RecipeConfig(Model, PrintSettings):
    """How a photo becomes a piece: mesher, preset and settings, size, material, how it prints."""

    mesher: Name = "relief"
    route: list[Name] = []  # instead of one mesher: the next is asked when one has failed
    draft: Name | None = None  # makes a quick shape to look at, when a person asks for a draft
    candidates: Annotated[int, Field(ge=1, le=4)] = 1  # shapes, of which a person chooses one
    depth_retries: Annotated[int, Field(ge=0, le=3)] = 0  # paid again for a depth picture of no use
    photo_check: Literal["hold", "show"] = "hold"  # a photo that a service can do little with
    consent: Amount = Decimal(0)  # so much may be paid to services for one picture, unasked
    pictures: Name | None = None  # of ``pictures``: who draws from words; None: they are refused
    background: Name = KEEP  # of a photo: ``KEEP``, ``CUT`` for services, or one of ``pictures``
    preset: str | None = None
    settings: dict[str, Any] = {}
    width_mm: float | None = None
    longest_mm: float | None = None
    label: Label = ""  # what it makes, as people call it; "": its name
    printers: list[Name] = []  # that may print it; none: any
    copies: Annotated[int, Field(ge=1, le=100)] = 1  # each a job of its own
    approval: Literal["never", "always"] = "never"  # always: a person looks at it first
    may_change: Literal["all"] | list[str] = "all"  # what a side file may set
    material: Material = "PLA"
    colour: Colour = ""  # "": any
    price: Rates | None = None  # default: that of everything

    def overrides(self) -> dict[str, Any]:
        """Return the relief settings that this recipe names itself."""
        sizes = {"width_mm": self.width_mm, "longest_mm": self.longest_mm}
        return {**self.settings, **{key: value for key, value in sizes.items() if value}}

    @model_validator(mode="after")
    def _has_one_route(self) -> Self:
        if self.route and self.mesher != "relief":
            raise ValueError("`mesher` and `route` say the same thing; keep one of them")
        return self

    def meshers(self) -> tuple[str, ...]:
        """Return who makes the mesh, in the order in which they are asked."""
        return tuple(self.route) or (self.mesher,)

    def print_settings(self) -> dict[str, Any]:
        """Return what this recipe asks of the slicing."""
        return {key: getattr(self, key) for key in PrintSettings.model_fields}
