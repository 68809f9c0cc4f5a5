"""A new job of a file that printd fetches itself: the document that names its address."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, ValidationError

from printd.core.recipes import MOST_COPIES
from printd.web.api.bodies import Body
from printd.web.plain_json import plain_json
from printd.web.problems import BodyInvalid


class Named(Body):
    """A picture, or G-code, that printd fetches itself (`web: source_urls:`)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"source_url": "https://shop.example/41.png", "recipe": "portrait"}
        },
    )

    source_url: Annotated[str, Field(max_length=2000, description="http or https, and public")]
    recipe: Annotated[str, Field(max_length=64)] = "default"
    name: Annotated[str, Field(max_length=255, description="what to call it")] = ""
    copies: Annotated[int, Field(ge=1, le=MOST_COPIES)] | None = None
    settings: dict[str, Any] = Field(default={}, description="over those of the recipe")
    hold: bool = Field(default=False, description="wait for `release`")

    def fields(self) -> dict[str, str]:
        """Return what a form of the same meaning has in its fields."""
        said = {"recipe": self.recipe, "name": self.name, "hold": str(self.hold)}
        copies = {} if self.copies is None else {"copies": str(self.copies)}
        return {**said, **copies, "settings": json.dumps(self.settings)}


def named_in(body: bytes) -> Named:
    """Return what a body names.

    Raises:
        RequestValidationError: it is another document.
        BodyInvalid: it is no JSON.
    """
    try:
        return Named.model_validate(plain_json(body))
    except ValidationError as error:
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        ) from error
    except (ValueError, RecursionError) as error:
        raise BodyInvalid("The body of this request is no JSON.") from error
