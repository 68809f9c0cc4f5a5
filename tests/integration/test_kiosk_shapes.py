"""A visitor chooses among the shapes that a service has made of their photo; nobody pays twice."""

import threading
from collections.abc import Iterator

import pytest

from printd.core.jobs import Job, State
from tests.e2e.conftest import ended
from tests.peers.daemon import SERVED, Daemon, merged
from tests.peers.services import Fal
from tests.peers.services_asking import STILL, photo
from tests.peers.services_benches import host_of, key_file
from tests.peers.services_clock import Clock
from tests.peers.visitor import FROM_ELSEWHERE, Visitor, found, sorry

FACTOR = 400.0  # seconds of the service in one of ours
PHOTO = photo(size=(640, 480))
MOVED_ON = "Your print has moved on since this page was shown."


def settings(peer: Fal, slow: Fal) -> dict[str, object]:
    meshers = {
        name: {
            "kind": "fal",
            "model": "trellis-2-512",
            "base_url": one.url,
            "asset_hosts": [host_of(one.asset_url)],
            "local": True,
            "lands_s": 1,
            "key_file": str(key_file(one)),
        }
        for name, one in (("figurine", peer), ("slow", slow))
    }
    figure = {"longest_mm": 15, "photo_check": "show", "candidates": 2}
    return {
        "kiosk": {"enabled": True, "phone_url": "http://print.example"},
        "meshers": meshers,
        "recipes": {
            "figure": {"mesher": "figurine", "consent": 1, **figure},
            "unpaid": {"mesher": "figurine", **figure},
            "slow": {"mesher": "slow", "consent": 1, **figure},
        },
        "printers": {"p1": None},  # the shapes are all that is wanted here
    }


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fal]:
    with Fal(tmp_path_factory.mktemp("fal"), clock=Clock(FACTOR)) as one:
        yield one
        assert one.violations() == []


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, peer: Fal) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("shapes")
    with (
        Fal(tmp_path_factory.mktemp("slow"), clock=Clock(STILL)) as slow,
        ended(Daemon(folder, merged(SERVED, settings(peer, slow)))) as opened,
    ):
        yield opened


@pytest.fixture
def visitor(daemon: Daemon) -> Iterator[Visitor]:
    with Visitor(url_of(daemon)) as one:
        yield one
        one.post("/kiosk/over")


def url_of(daemon: Daemon) -> str:
    return daemon.log.rsplit("pages: ", 1)[1].split("\n", 1)[0].strip().rstrip("/")


def job_at(daemon: Daemon, number: int) -> Job:
    with daemon.store() as store:
        return store.job(number)


def handed_in(daemon: Daemon, visitor: Visitor, recipe: str, wanted: State) -> tuple[Job, str]:
    """Return the job of a photo when it is in a state, and the address of its ticket."""
    visitor.chooses(recipe)
    assert visitor.gives(PHOTO).status_code == 200
    page = visitor.prints().text
    ticket = found(r'data-address="http://print\.example(/t/[^"]+)"', page)
    number = int(found(r'class="ticket-number"[^>]*>(\d+)<', page))
    daemon.wait_until(
        lambda: job_at(daemon, number).state is wanted, f"#{number} is {wanted}", 60.0
    )
    return job_at(daemon, number), ticket


def chosen_events(daemon: Daemon, job: Job) -> list[str]:
    """Return who has chosen a shape, once for each time."""
    lines = daemon.ask("show", job.number)["timeline"]
    return [line["who"] for line in lines if line["kind"] == "job.chosen"]


def test_a_visitor_chooses_a_shape_once_on_the_phone(
    daemon: Daemon, visitor: Visitor, peer: Fal
) -> None:
    job, ticket = handed_in(daemon, visitor, "figure", State.HELD)
    said = {"job": job.number, "seen": job.revision}
    with Visitor(url_of(daemon), FROM_ELSEWHERE) as phone:
        page = phone.http.get(ticket).text
        assert "Choose a shape" in page
        assert "This one: 2" in page
        assert "This one: 3" not in page
        assert "they can have it tried again, which costs extra" in page
        sheet = phone.http.get(f"{ticket}/shapes")
        assert sheet.content.startswith(b"\x89PNG")
        stale = phone.http.post(f"{ticket}/choose", data={**said, "seen": 0, "number": 1})
        assert (stale.status_code, sorry(stale)) == (409, MOVED_ON)
        other = {**said, "job": job.number + 1, "number": 1}
        assert phone.http.post(f"{ticket}/choose", data=other).status_code == 409
        no_such = phone.http.post(f"{ticket}/choose", data={**said, "number": 3})
        assert sorry(no_such) == "This is not possible any more."
        assert chosen_events(daemon, job) == []

        answers: list[tuple[int, str]] = []

        def tap() -> None:
            with Visitor(url_of(daemon), FROM_ELSEWHERE) as hand:
                answer = hand.http.post(f"{ticket}/choose", data={**said, "number": 2})
                answers.append((answer.status_code, answer.url.path))

        taps = [threading.Thread(target=tap) for _ in range(4)]
        for one in taps:
            one.start()
        for one in taps:
            one.join()
        assert answers == [(200, ticket)] * 4
        assert chosen_events(daemon, job) == ["the visitor"]
        late = phone.http.post(f"{ticket}/choose", data={**said, "number": 1})
        assert (late.status_code, sorry(late)) == (409, MOVED_ON)
        assert phone.http.get(f"{ticket}/shapes").status_code == 404
        assert "This one: 2" not in phone.http.get(ticket).text
    assert job_at(daemon, job.number).facts["chosen"] == 2
    assert len(peer.ledger.orders()) == 2  # the two shapes; to choose costs nothing


def test_the_choice_stands_on_the_ticket_screen_too_for_a_form_of_the_visit(
    daemon: Daemon, visitor: Visitor
) -> None:
    job, _ = handed_in(daemon, visitor, "figure", State.HELD)
    page = visitor.http.get("/kiosk/ticket").text
    assert 'action="/kiosk/ticket/choose"' in page
    assert visitor.http.get("/kiosk/ticket/shapes").headers["content-type"] == "image/png"
    said = {"job": job.number, "seen": job.revision, "number": 1}
    assert visitor.http.post("/kiosk/ticket/choose", data=said).status_code == 403
    assert chosen_events(daemon, job) == []
    assert visitor.post("/kiosk/ticket/choose", **said).url.path == "/kiosk/ticket"
    assert chosen_events(daemon, job) == ["the visitor"]


def test_who_did_not_agree_to_a_price_is_not_made_to_pay_by_the_button(
    daemon: Daemon, visitor: Visitor, peer: Fal
) -> None:
    before = len(peer.ledger.orders())
    job, ticket = handed_in(daemon, visitor, "unpaid", State.HELD)
    assert job.because is not None
    assert job.because.code == "needs_price_consent"
    page = visitor.http.get(ticket).text
    assert "the price has to be agreed to first" in page
    assert "This one" not in page
    said = {"job": job.number, "seen": job.revision, "number": 1}
    assert visitor.post("/kiosk/ticket/choose", **said).status_code == 409
    assert len(peer.ledger.orders()) == before


def test_while_a_service_works_its_usual_time_is_said_and_no_progress(
    daemon: Daemon, visitor: Visitor
) -> None:
    _, ticket = handed_in(daemon, visitor, "slow", State.ORDERED)
    page = visitor.http.get(f"{ticket}/now").text
    assert "Making shape 1 of 2, usually 1 to 4 minutes" in page
    assert "You may go meanwhile." in page
    assert "<progress" not in page
    german = visitor.http.get(ticket, headers={"Accept-Language": "de"}).text
    assert "Form 1 von 2 entsteht, meist in 1 bis 4 Minuten" in german
