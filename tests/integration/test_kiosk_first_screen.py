"""The first screen of the kiosk: what it shows, and why a print would not begin now."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from printd.core.board import Condition, PrinterStatus
from printd.core.clock import utc_now
from printd.core.fleet import Fleet
from printd.core.pausing import Pausing
from tests.peers.api import Api, served
from tests.peers.visitor import Visitor

RULES = ["No weapons", "<script>alert(1)</script>", "a third line"]


@contextmanager
def screen_of(folder: Path, **changes: Any) -> Iterator[tuple[Api, Visitor]]:
    """Open a kiosk whose left printer has nothing to do."""
    kiosk = {"enabled": True, "rules": RULES, "title": "Print & go", **changes.pop("kiosk", {})}
    with served(folder, kiosk=kiosk, **changes) as api, Visitor(api.server.url) as visitor:
        Fleet(api.store.database).saw("left", PrinterStatus(Condition.IDLE), utc_now())
        yield api, visitor


def shown(visitor: Visitor) -> str:
    answer = visitor.http.get("/kiosk")
    assert answer.status_code == 200
    return answer.text


def test_it_invites(tmp_path: Path) -> None:
    with screen_of(tmp_path) as (_, visitor):
        page = shown(visitor)
    assert "Print &amp; go" in page
    assert "You can prepare a print" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "a third line" not in page
    assert page.index('value="de"') < page.index("Touch to start")


def test_the_first_language_is_that_of_the_house(tmp_path: Path) -> None:
    with screen_of(tmp_path, kiosk={"languages": ["de"]}) as (_, visitor):
        page = shown(visitor)
        assert "Zum Anfangen tippen" in page
        assert "Touch to start" not in page
        assert "English" not in visitor.start("en").text


def test_words_of_the_house_are_words_and_nothing_else(tmp_path: Path) -> None:
    label = "100 % wool (%s) <b>"
    with screen_of(
        tmp_path,
        kiosk={"title": "5 % off <i>", "pick_up": "the <u> desk, 3 %"},
        recipes={"default": {"label": label, "width_mm": 30}},
    ) as (_, visitor):
        pages = [shown(visitor), visitor.start().text, visitor.http.get("/wall").text]
    assert "100 % wool (%s) &lt;b&gt;" in pages[0]
    assert "100 % wool (%s) &lt;b&gt;" in pages[1]
    assert "5 % off &lt;i&gt;" in pages[0]
    assert "the &lt;u&gt; desk, 3 %" in pages[2]


def test_a_house_that_says_nothing_speaks_german_as_well(tmp_path: Path) -> None:
    with (
        served(tmp_path, kiosk={"enabled": True, "languages": ["de"]}) as api,
        Visitor(api.server.url) as visitor,
    ):
        assert "Drucken Sie Ihr Foto" in shown(visitor)
        assert "Fertig zum Abholen: an der Theke" in visitor.http.get("/wall").text


def test_it_says_when_no_printer_is_there(tmp_path: Path) -> None:
    with screen_of(tmp_path) as (api, visitor):
        fleet = Fleet(api.store.database)
        fleet.out_of_service("left", "nozzle on order", who="ana")
        page = shown(visitor)
    assert "No printer is ready. You can prepare a print; it starts when one is." in page
    assert "nozzle" not in page


def test_it_says_when_the_queue_is_paused(tmp_path: Path) -> None:
    with screen_of(tmp_path) as (api, visitor):
        Pausing(api.store.database).pause(by="ana", note="lunch")
        page = shown(visitor)
    assert "Printing is paused. You can prepare a print; it starts later." in page
    assert "ana" not in re.sub(r"<[^>]*>", "", page)


@pytest.mark.parametrize(("day", "is_open"), [(0, True), (1, False)])
def test_it_says_when_the_house_opens(tmp_path: Path, day: int, *, is_open: bool) -> None:
    then = datetime.now().astimezone() + timedelta(days=day)
    hours = {"days": {then.strftime("%a").lower(): "00:00-24:00" if is_open else "09:30-17:00"}}
    with screen_of(tmp_path, opening_hours=hours) as (_, visitor):
        page = shown(visitor)
    said = re.search(r"You can prepare a print; it starts [^<]*09:30\.", page)
    assert (said is None) is is_open
