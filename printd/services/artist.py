"""Who makes a picture before a mesher sees it: of words, or of a photo without its background.

The answer to the order is the picture. Nothing remembers an order whose answer was lost, so what
became of it is for a person to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from printd.core.service_config import GeminiPicturesConfig
from printd.services import gemini
from printd.services.gemini_models import MODELS
from printd.services.line import Line
from printd.services.terms import price_of
from printd.services.ticket import PictureWanted

PICTURE: Final = PictureWanted(longest_px=2048, least_px=64, most_bytes=gemini.MOST_BYTES)


@dataclass(frozen=True, slots=True)
class Artist:
    """One of Google's image models.

    Args:
        name: as in the configuration.
        label: what people call it, and the size of its pictures.
        model: its id.
        size: 1K, 2K, 4K.
        price_usd: of one picture.
        line: to Gemini.
    """

    name: str
    label: str
    model: str
    size: str
    price_usd: Decimal
    line: Line

    picture = PICTURE  # of a photo, as it is handed in

    def draw(self, words: str, out: Path) -> None:
        """Have a picture made of words, in one order; see ``gemini.picture_from_words``."""
        gemini.picture_from_words(self.line, self.model, words, out, self.size)

    def cut_out(self, photo: Path, out: Path) -> None:
        """Have the background of a photo taken away; see ``gemini.without_background``."""
        gemini.without_background(self.line, self.model, photo, out, self.size)


def artist_of(name: str, config: GeminiPicturesConfig) -> Artist:
    """Return the artist of an entry of the configuration."""
    model = MODELS[config.model]
    price = price_of(config, model.prices_usd[config.size])
    label = f"{model.label}, {config.size}"
    line = gemini.line_of(config)
    return Artist(name, label, config.id or model.id, config.size, price, line)
