"""The languages of the pages: every word that a page says is there in each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from printd.web.pages.languages import FOLDER, SOURCE, language_of, languages, translations

PACKAGE = Path(__file__).parents[2] / "printd"
METHODS = [("web/pages/**.py", "python"), ("web/templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {
    "web/templates/**.html": {
        "encoding": "utf-8",
        "silent": "false",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
    }
}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}


def said() -> dict[str, str]:
    """Return every word of the pages, and a file that says it."""
    found = {}
    for name, _line, message, _comments, _context in extract_from_dir(
        PACKAGE, METHODS, OPTIONS, KEYWORDS
    ):
        found[message if isinstance(message, str) else message[0]] = name
    return found


def catalogues(language: str) -> Iterator[Catalog]:
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as stream:
            yield read_po(stream, locale=language)


def test_the_pages_say_something() -> None:
    assert len(said()) > 30


@pytest.mark.parametrize("language", [one for one in languages() if one != SOURCE])
def test_a_language_is_complete(language: str) -> None:
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for catalogue in catalogues(language)
        for message in catalogue
        if message.id
        and all([message.string] if isinstance(message.string, str) else message.string or [""])
    }
    missing = {word: name for word, name in said().items() if word not in known}
    assert not missing, "\n".join(f"{name}: {word}" for word, name in missing.items())
    superfluous = known - said().keys()
    assert not superfluous, f"nobody says: {superfluous}"


@pytest.mark.parametrize("language", [one for one in languages() if one != SOURCE])
def test_what_is_filled_in_is_the_same_in_each_language(language: str) -> None:
    for catalogue in catalogues(language):
        for message in catalogue:
            faults = list(message.check(catalogue))
            assert not faults, (message.id, faults)


def test_a_language_speaks() -> None:
    assert translations("de").gettext("Printers") == "Drucker"


@pytest.mark.parametrize(
    ("chosen", "accepted", "spoken"),
    [
        ("de", "en", "de"),
        ("", "de-CH, en;q=0.8", "de"),
        ("", "fr, de;q=0.5", "de"),
        ("xx", "", "en"),
        ("../de", "\x00;;;,,,", "en"),
        ("", "de" * 9000, "en"),
    ],
)
def test_the_best_language_that_there_is(chosen: str, accepted: str, spoken: str) -> None:
    assert language_of(chosen, accepted) == spoken
