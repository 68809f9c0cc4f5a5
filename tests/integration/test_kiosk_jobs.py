"""From the kiosk to a job of the real daemon: once, within limits; its ticket, its photo."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.jobs import Job, State
from printd.web.visits import COOKIE
from tests.e2e.conftest import ended
from tests.peers.daemon import SERVED, Daemon, merged
from tests.peers.visitor import FROM_ELSEWHERE, PHOTO, Visitor, found, sorry
from tests.photos import encoded, textured

PRANK = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e\u0000Mia'
SETTINGS = merged(
    SERVED,
    {
        "kiosk": {"enabled": True, "phone_url": "http://print.example"},
        "recipes": {
            "default": {"width_mm": 20, "settings": {"mesh_quality": 128}},
            "looked-at": {"width_mm": 20, "approval": "always"},
        },
        "price": {"per_gram": "0.08", "minimum": "1"},
    },
)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with ended(Daemon(tmp_path_factory.mktemp("kiosk"), SETTINGS)) as opened:
        opened.cli("queue", "pause")  # what is handed in waits
        yield opened


@pytest.fixture
def visitor(daemon: Daemon) -> Iterator[Visitor]:
    url = url_of(daemon)
    with Visitor(url) as one:
        yield one
        if url_of(daemon) == url:
            one.post("/kiosk/over")


def url_of(daemon: Daemon) -> str:
    return daemon.log.rsplit("pages: ", 1)[1].split("\n", 1)[0].strip().rstrip("/")


def ready(visitor: Visitor, recipe: str = "default", photo: bytes = PHOTO) -> None:
    visitor.chooses(recipe)
    assert visitor.gives(photo).status_code == 200
    assert visitor.looks().url.path == "/kiosk/summary"


def newest(daemon: Daemon) -> Job:
    return max(daemon.jobs(), key=lambda job: job.number)


def ticket_of(visitor: Visitor) -> str:
    """Return the address that the code of the ticket holds."""
    page = visitor.http.get("/kiosk/ticket").text
    return found(r'data-address="http://print\.example(/t/[^"]+)"', page)


def test_a_tap_is_one_job_however_often_it_comes(daemon: Daemon, visitor: Visitor) -> None:
    ready(visitor)
    before = len(daemon.jobs())
    press = visitor.press()
    pages: list[str] = []

    def tap() -> None:
        with Visitor(url_of(daemon)) as hand:
            hand.http.cookies.update(visitor.http.cookies)
            hand.form = visitor.form
            pages.append(hand.post("/kiosk/print", press=press, name="Mia").url.path)

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for one in taps:
        one.start()
    for one in taps:
        one.join()
    assert pages == ["/kiosk/ticket"] * 4
    assert visitor.post("/kiosk/print", press=press, name="other").url.path == "/kiosk/ticket"
    assert len(daemon.jobs()) == before + 1
    job = newest(daemon)
    assert (job.name, job.source) == ("Mia", "kiosk")
    assert job.owner.startswith("visit:")
    assert not (daemon.data / "drafts").exists() or not [*(daemon.data / "drafts").iterdir()]
    number = found(r'class="ticket-number"[^>]*>(\d+)<', visitor.http.get("/kiosk/ticket").text)
    assert int(number) == job.number


def test_a_page_of_another_photo_prints_nothing(daemon: Daemon, visitor: Visitor) -> None:
    ready(visitor)
    press = visitor.press()
    visitor.gives(encoded(textured(400, 300), "PNG"))
    before = len(daemon.jobs())
    assert visitor.post("/kiosk/print", press=press).status_code == 403
    assert len(daemon.jobs()) == before


def test_the_summary_says_where_and_about_when(daemon: Daemon, visitor: Visitor) -> None:
    ready(visitor)
    page = visitor.http.get("/kiosk/summary").text
    assert "the first that is free" in page
    assert re.search(r"<dd>the counter</dd>", page)  # the queue is paused: nobody knows when
    daemon.cli("queue", "resume")
    try:
        when = r"<dd>the counter, about ((\d+ \w+, )?\d\d:\d[05])</dd>"
        said = daemon.wait_until(  # what is shown follows what happens
            lambda: re.search(when, visitor.http.get("/kiosk/summary").text), "about when"
        )
        assert said is not None
        page = visitor.prints().text
        is_in_line = re.search(r'data-state="(sliced|assigned|uploaded|printing)"', page)
        assert is_in_line or f"Done about {said[1]}" in page
    finally:
        daemon.cli("queue", "pause")


def test_a_name_is_words_and_nothing_else(daemon: Daemon, visitor: Visitor) -> None:
    ready(visitor)
    visitor.prints(name=PRANK, shown="true")
    job = newest(daemon)
    assert "\u202e" not in job.name
    assert len(job.name) <= 24
    wall = visitor.http.get("/wall").text
    assert "<script>alert" not in wall
    assert "<img src=x" not in wall
    assert "\u202e" not in wall


def test_a_visit_has_its_limit(tmp_path: Path) -> None:
    limits = {"limits": {"per_visit": {"prints": 1, "grams": "3"}}}
    with (
        ended(Daemon(tmp_path, merged(SETTINGS, limits))) as daemon,
        Visitor(url_of(daemon)) as visitor,
    ):
        visitor.chooses()
        visitor.gives()
        visitor.looks()
        page = visitor.post("/kiosk/size", width_mm="60").text
        assert "of material; one visit may have 3 g." in page
        fits = float(found(r'name="width_mm" value="([0-9.]+)"', page))
        assert 20 <= fits < 60
        page = visitor.post("/kiosk/size", width_mm=str(fits)).text
        assert "one visit may have" not in page
        assert visitor.prints().url.path == "/kiosk/ticket"
        visitor.post("/kiosk/make", recipe="default")
        visitor.gives()
        visitor.looks()
        answer = visitor.prints()
        assert (answer.status_code, sorry(answer)) == (
            429,
            "This is more than one visit may have.",
        )
        assert len(daemon.jobs()) == 1


def test_the_ticket_on_the_phone_takes_the_job_back(daemon: Daemon, visitor: Visitor) -> None:
    ready(visitor)
    visitor.prints()
    job, ticket = newest(daemon), ticket_of(visitor)
    with Visitor(url_of(daemon), FROM_ELSEWHERE) as phone:
        page = phone.http.get(ticket).text
        assert f">{job.number}</p>" in page
        assert "Take it back" in page
        assert phone.http.get(f"{ticket}/now").status_code == 200
        assert "Cancelled" in phone.http.post(ticket, data={"act": "cancel"}).text
        assert newest(daemon).state is State.CANCELLED
        assert sorry(phone.http.post(ticket, data={"act": "cancel"})) == (
            "This is not possible any more."
        )
        photo = daemon.data / "jobs" / job.id / "photo.bin"
        page = phone.http.post(ticket, data={"act": "delete"}).text
        assert "Your photo has been deleted." in page
        assert not photo.exists()
        events = daemon.ask("show", job.number)["timeline"]
        assert "the visitor" in {line["who"] for line in events}


@pytest.mark.peer("prusa-slicer")
def test_the_ticket_on_the_phone_shows_the_piece_while_there_is_one(
    daemon: Daemon, visitor: Visitor
) -> None:
    ready(visitor)
    visitor.prints()
    ticket = ticket_of(visitor)
    daemon.wait_until(lambda: newest(daemon).state is State.SLICED, "it is sliced", 60.0)
    with Visitor(url_of(daemon), FROM_ELSEWHERE) as phone:
        where = found(rf'<img src="({ticket}/picture[^"]*)"', phone.http.get(ticket).text)
        assert phone.http.get(where).content.startswith(b"\x89PNG")
        assert phone.http.get(f"/t/x/picture{where[-2:]}").status_code == 404
        phone.http.post(ticket, data={"act": "cancel"})
        page = phone.http.post(ticket, data={"act": "delete"}).text
        assert "/picture" not in page
        assert phone.http.get(where).status_code == 404


def test_a_photo_that_comes_after_the_button_was_pressed_takes_no_ticket_away(
    daemon: Daemon, visitor: Visitor
) -> None:
    ready(visitor)
    link = visitor.link()
    visitor.prints()
    with Visitor(url_of(daemon), FROM_ELSEWHERE) as phone:
        assert phone.http.post(link, files={"file": ("late.jpg", PHOTO)}).status_code == 410
    assert visitor.http.get("/kiosk/ticket").url.path == "/kiosk/ticket"


def test_who_wants_to_keep_the_photo_says_so(daemon: Daemon, visitor: Visitor) -> None:
    ready(visitor)
    page = visitor.prints().text
    assert 'name="deletes" value="true" checked' in page
    page = visitor.post("/kiosk/ticket/photo").text
    assert 'name="deletes" value="true" checked' not in page
    page = visitor.post("/kiosk/ticket/photo", deletes="true").text
    assert 'name="deletes" value="true" checked' in page


def test_what_becomes_of_a_photo_is_kept_beside_it_at_once(
    daemon: Daemon, visitor: Visitor
) -> None:
    """A database that is made anew of the records would keep what is to be deleted."""
    ready(visitor, "looked-at")  # it is held: no step writes its record

    def wishes() -> list[int]:
        record = daemon.data / "jobs" / newest(daemon).id / "job.json"
        return [one["delete_photo"] for one in json.loads(record.read_text())["tickets"]]

    visitor.prints()
    assert wishes() == [1]
    visitor.post("/kiosk/ticket/photo")
    assert wishes() == [0]


def test_staff_look_first_and_approve_at_the_kiosk(daemon: Daemon, visitor: Visitor) -> None:
    ready(visitor, "looked-at")
    assert "usually within 15 minutes" in visitor.prints().text
    job, ticket = newest(daemon), ticket_of(visitor)
    assert job.state is State.HELD
    daemon.set_pin("13579")
    page = visitor.http.post("/kiosk/staff/open", data={"digits": "13579"})
    form = found(r'name="form" value="([^"]+)"', page.text)
    assert f"Approve {job.number}" in page.text
    said = {"form": form, "job": job.number, "seen": job.revision}
    assert visitor.http.post("/kiosk/staff/approve", data=said).url.path == "/kiosk/staff"
    assert newest(daemon).state is not State.HELD
    assert visitor.http.get(ticket).status_code == 200
    events = daemon.ask("show", job.number)["timeline"]
    assert "kiosk staff" in {line["who"] for line in events}
    assert visitor.http.get("/kiosk/ticket").url.path == "/kiosk"  # the visit has ended for that


def test_a_daemon_that_starts_again_knows_no_visit_and_keeps_no_photo(
    daemon: Daemon, visitor: Visitor
) -> None:
    ready(visitor)
    (draft,) = (daemon.data / "drafts").iterdir()
    press = visitor.press()
    jobs = len(daemon.jobs())
    daemon.kill()
    daemon.start()
    assert not draft.exists()
    assert visitor.http.cookies.get(COOKIE)
    with Visitor(url_of(daemon)) as after:
        after.http.cookies.update(visitor.http.cookies)
        after.form = visitor.form
        assert after.post("/kiosk/print", press=press).url.path == "/kiosk"
        assert after.gives().json()["code"] == "visit_over"
    assert len(daemon.jobs()) == jobs
    assert not [*(daemon.data / "incoming").iterdir()]
