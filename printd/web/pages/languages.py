"""The languages of the pages: English is in the sources, others in ``locale/<language>/*.po``.

Catalogues are read as they are written; nothing is compiled.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Final

from babel.core import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

FOLDER: Final = Path(__file__).parents[1] / "locale"
SOURCE: Final = "en"
COOKIE: Final = "printd_language"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages there are, English first."""
    return SOURCE, *sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@cache
def translations(language: str) -> NullTranslations:
    """Return the words of a language; of English, those that are asked for."""
    found = NullTranslations()
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as stream:
            catalogue = read_po(stream, locale=language)
        packed = io.BytesIO()
        write_mo(packed, catalogue)
        packed.seek(0)
        words = Translations(packed)
        if isinstance(found, Translations):
            found.merge(words)
        else:
            found = words
    return found


@cache
def locale_of(language: str) -> Locale:
    """Return how a language writes dates and numbers; English as in Britain."""
    return Locale.parse("en_GB" if language == SOURCE else language)


def language_of(chosen: str, accepted: str, default: str = SOURCE) -> str:
    """Return in which language a page speaks.

    Args:
        chosen: by its reader before; "": none was.
        accepted: the header ``Accept-Language`` of the browser.
        default: when neither names one that there is.
    """
    if chosen in languages():
        return chosen
    wanted = [part.partition(";")[0].strip().replace("-", "_") for part in accepted.split(",")]
    wanted = [one for one in wanted[:20] if one.replace("_", "").isalnum() and len(one) < 20]
    return negotiate_locale(wanted, languages()) or default
