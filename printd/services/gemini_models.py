"""The image models of Google: their ids, and what a picture costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class GeminiModel:
    """A model, as Google knows it."""

    id: str
    label: str
    prices_usd: Mapping[str, Decimal]  # of one picture, by its size


FLASH: Final = {"1K": Decimal("0.067"), "2K": Decimal("0.101"), "4K": Decimal("0.151")}
PRO: Final = {"1K": Decimal("0.134"), "2K": Decimal("0.134"), "4K": Decimal("0.24")}
# Ids of general availability since 2026-05-28; those that end in -preview are off. "Edit" is no
# name of Google's: it is image editing with the smaller model.
MODELS: Final[Mapping[str, GeminiModel]] = MappingProxyType(
    {
        "nano-banana-2": GeminiModel("gemini-3.1-flash-image", "Nano Banana 2", FLASH),
        "nano-banana-pro": GeminiModel("gemini-3-pro-image", "Nano Banana Pro", PRO),
        "edit": GeminiModel("gemini-3.1-flash-image", "Gemini edit", FLASH),
    }
)
