"""What a person says is loaded in a printer: when it holds, what cannot be, who is asked."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from printd.core.beds import Beds
from printd.core.config import Config
from printd.core.database import FILE, Database
from printd.core.errors import NotPossibleNow, PrintdError, SettingInvalid
from printd.core.fleet import Fleet
from printd.core.loaded import Configured, Loaded
from printd.core.loading import as_loaded, overruled, word_of
from printd.core.matching import Offer
from printd.core.reloading import change_of
from printd.core.schema import MIGRATIONS, WORDS
from printd.core.spools import Spools, Tray
from printd.core.store import Store
from tests.peers.floor import Floor

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
MATERIALS = {"p1": ("PLA", "PETG"), "p2": ("PLA",)}
PLAIN: dict[str, Any] = {"kind": "virtual", "profile": "generic"}
RED_PETG = Loaded("PETG", "red", "ann", NOON, Configured("generic", None, ""))


def config(**p1: Any) -> Config:
    return Config.model_validate({"printers": {"p1": {**PLAIN, **p1}, "p2": PLAIN}})


def loaded(config: Config) -> list[tuple[str | None, str]]:
    return [(of.material, of.colour) for of in config.printers.values()]


@pytest.mark.parametrize(
    ("p1", "word", "found"),
    [
        ({}, RED_PETG, ("PETG", "red")),
        ({"speed": 9.0}, RED_PETG, ("PETG", "red")),  # something else has changed
        ({"material": "PETG"}, RED_PETG, ("PETG", "")),  # the file is newer, even if it agrees
        ({"colour": "blue"}, RED_PETG, (None, "blue")),
        ({"profile": "mini"}, RED_PETG, (None, "")),
        ({}, replace(RED_PETG, material="ASA"), (None, "")),  # the profile has it no more
        ({}, replace(RED_PETG, colour=""), ("PETG", "")),
    ],
)
def test_a_word_holds_until_the_configuration_says_something_newer(
    p1: dict[str, Any], word: Loaded, found: tuple[str | None, str]
) -> None:
    written = config(**p1)
    assert loaded(as_loaded(written, {"p1": word}, MATERIALS)) == [found, (None, "")]
    assert loaded(written)[0] == (p1.get("material"), p1.get("colour", ""))  # is not altered


def test_what_is_overruled_or_gone_is_named() -> None:
    words = {"p1": RED_PETG, "gone": RED_PETG}
    assert overruled(config(), words) == {"gone"}
    assert overruled(config(material="PLA"), words) == {"p1", "gone"}


def test_a_word_is_kept_and_forgotten_with_an_event_each(store: Store) -> None:
    fleet = Fleet(store.database)
    fleet.load("left", RED_PETG)
    assert fleet.words() == {"left": RED_PETG}
    assert fleet.get("right").loaded is None
    fleet.forget_words({"left"})
    assert fleet.words() == {}
    assert [(event.kind, event.printer, event.text, event.who) for event in store.events()] == [
        ("printer.loaded", "left", "red PETG", "ann"),
        ("printer.loaded", "left", "as the configuration says", "printd"),
    ]


def test_a_printer_of_before_has_no_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = MIGRATIONS[: MIGRATIONS.index(WORDS)]
    with monkeypatch.context() as older:
        older.setattr("printd.core.database.MIGRATIONS", before)
        database = Database(tmp_path / FILE)
        database.prepare()
        Beds(database).ensure(["left"])
        database.close()
    database = Database(tmp_path / FILE)
    database.prepare()
    fleet = Fleet(database)
    assert fleet.get("left").loaded is None
    fleet.load("left", RED_PETG)
    assert fleet.get("left").loaded == RED_PETG
    database.close()


def test_a_word_that_cannot_be_kept_does_not_count(floor: Floor) -> None:
    floor.look()
    floor.store.database.rows("PRAGMA query_only=ON")  # such as of a disk that is full
    with pytest.raises(PrintdError):
        floor.load("left", "PETG", "red", who="ann")
    floor.store.database.rows("PRAGMA query_only=OFF")
    assert loaded(floor.config) == [(None, ""), (None, "")]
    assert floor.fleet.words() == {}


# What can be said.


@pytest.fixture
def offer(floor: Floor) -> Offer:
    floor.look()
    return floor.offers()[0]


def said(offer: Offer, material: str | None, colour: str = "") -> Loaded:
    return word_of(offer, RED_PETG.over, material, colour, by="ann", at=NOON)


@pytest.mark.parametrize(
    ("material", "colour", "found"),
    [
        ("petg", "Red", "red PETG"),
        (None, "#1E50D0", "blue PLA"),
        ("PETG", "", "PETG"),
    ],
)
def test_words_are_taken_as_people_say_them(
    offer: Offer, material: str | None, colour: str, found: str
) -> None:
    assert str(said(offer, material, colour)) == found


@pytest.mark.parametrize(
    ("material", "colour", "problem"),
    [
        ("cheese", "", "material: 'cheese'; generic of left has PLA, PETG"),
        ("PLA", "mauvish", "colour: 'mauvish' is no colour: white, black"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(
    offer: Offer, material: str, colour: str, problem: str
) -> None:
    with pytest.raises(SettingInvalid) as refused:
        said(offer, material, colour)
    assert problem in refused.value.problem


OUTSIDE = Tray(254, 255, 0, "PETG", is_there=True)


@pytest.mark.parametrize(
    ("spools", "source", "is_taken"),
    [
        (Spools(units=1), "auto", False),
        (Spools(units=1), "ams", False),
        (Spools(units=1), "external", True),  # nothing is fed from it
        (Spools(external=(OUTSIDE,)), "auto", False),
        (Spools(external=(replace(OUTSIDE, material=""),)), "auto", True),  # nobody has told it
    ],
)
def test_a_printer_that_tells_its_spools_is_told_nothing(
    offer: Offer, spools: Spools, source: Any, is_taken: bool
) -> None:
    assert offer.row.status is not None
    row = replace(offer.row, status=replace(offer.row.status, spools=spools))
    tells = replace(offer, row=row, source=source)
    refused: PrintdError | None = None
    try:
        said(tells, "PETG")
    except NotPossibleNow as error:
        refused = error
    assert (refused is None) is is_taken
    if refused is not None:
        assert refused.problem == "left tells by itself what is loaded."
        assert "display of left" in refused.action


# What it means for a daemon that runs.


def test_what_is_loaded_may_change_while_a_printer_prints_and_changes_no_connection() -> None:
    found = change_of(config(), config(material="PETG", colour="red"), {"p1": 41})
    assert (found.changed, found.printers) == (("printers.p1",), frozenset())
    assert loaded(found.config)[0] == ("PETG", "red")
