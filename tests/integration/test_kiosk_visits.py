"""The kiosk over HTTP: who may open it, how photos come in, which words open what."""

import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from printd.core.errors import NotPossibleNow
from printd.core.jobs import State
from printd.core.kiosk_config import KioskConfig
from printd.core.pausing import Pausing
from printd.core.requests import Requests
from printd.web import visits
from printd.web.kiosk_pin import TRIES, KioskPin
from printd.web.sticks import MOST_WAITING, WAITING
from printd.web.tickets import Tickets
from printd.web.visits import GUESSES
from tests.peers.api import Api, served
from tests.peers.hostile_photos import ODD, REFUSED
from tests.peers.stores import job_in
from tests.peers.virtual_printer import wait_until
from tests.peers.visitor import FROM_ELSEWHERE, PHOTO, Visitor, found, sorry
from tests.peers.web_pages import pages, sent
from tests.photos import encoded, textured

KIOSK: dict[str, Any] = {
    "kiosk": {"enabled": True, "phone_url": "http://print.example:8321"},
    "recipes": {
        "default": {"width_mm": 30},
        "fixed": {"width_mm": 30, "may_change": ["name"]},
        "long": {"longest_mm": 30},
        "away": {"mesher": "cloud", "label": "Figure"},
    },
    "meshers": {"cloud": {"kind": "meshy", "key_file": "nowhere.txt"}},
}
SCREENS = ("/kiosk", "/kiosk/make", "/kiosk/photo", "/kiosk/staff", "/wall", "/u/x", "/t/x")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with served(tmp_path_factory.mktemp("kiosk"), **KIOSK) as running:
        yield running


@pytest.fixture
def visitor(api: Api) -> Iterator[Visitor]:
    with Visitor(api.server.url) as one:
        yield one
        if one.form:
            one.post("/kiosk/over")
    assert left(api) == []


def left(api: Api) -> list[str]:
    """Return what of photos lies in the data folder."""
    folders = (api.config.data_dir / name for name in ("drafts", "incoming"))
    return [one.name for folder in folders if folder.exists() for one in folder.iterdir()]


def test_it_is_off_unless_the_configuration_says_so(tmp_path: Path) -> None:
    with served(tmp_path) as api, Visitor(api.server.url) as visitor:
        for path in SCREENS:
            assert visitor.http.get(path).status_code == 404, path
        assert visitor.http.post("/kiosk/start").status_code == 404
        sent = visitor.http.post("/u/x", files={"file": ("a.jpg", PHOTO)})
        assert sent.status_code == 404


def test_another_machine_sees_only_what_is_for_phones(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    link = visitor.link()
    with Visitor(api.server.url, FROM_ELSEWHERE) as other:
        for path in ("/kiosk", "/kiosk/make", "/kiosk/staff", "/wall"):
            assert other.http.get(path).status_code == 404, path
        other.http.cookies.update(visitor.http.cookies)
        assert other.http.get("/kiosk/make").status_code == 404
        assert other.http.get(link).status_code == 200


@pytest.mark.parametrize("said", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_who_comes_by_a_proxy_of_this_machine_is_another_machine(api: Api, said: str) -> None:
    with Visitor(api.server.url, **{said: "127.0.0.1"}) as other:
        assert other.http.get("/kiosk").status_code == 404
        assert other.http.get("/wall").status_code == 404
        assert other.http.get("/metrics").status_code == 401


def test_phones_come_by_the_name_in_the_code(api: Api) -> None:
    with Visitor(api.server.url, FROM_ELSEWHERE) as phone:
        for host, code in (("print.example:8321", 410), ("evil.example", 421)):
            answer = phone.http.get("/u/nothing", headers={"Host": host})
            assert answer.status_code == code, host


@pytest.mark.parametrize("said", ["print.local:8321", "http://x/y", "ftp://x", "http://a b"])
def test_an_address_for_phones_is_an_address(said: str) -> None:
    with pytest.raises(ValueError, match="is no address such as"):
        KioskConfig(phone_url=said)


def test_anywhere_means_other_machines_as_well(tmp_path: Path) -> None:
    with (
        served(tmp_path, kiosk={"enabled": True, "anywhere": True}) as api,
        Visitor(api.server.url, FROM_ELSEWHERE) as other,
    ):
        assert other.chooses().url.path == "/kiosk/photo"
        assert "file-form" in other.http.get("/kiosk/photo").text
        begun = [other.http.post("/kiosk/start") for _ in range(40)]
        assert sorry(begun[-1]) == "That was too often in a short time."


def test_a_visit_is_a_cookie_that_no_script_and_no_other_page_sees(visitor: Visitor) -> None:
    answer = visitor.http.post("/kiosk/start", follow_redirects=False)
    said = answer.headers["set-cookie"].lower()
    assert said.startswith(f"{visits.COOKIE}=")
    for word in ("httponly", "samesite=strict", "path=/kiosk"):
        assert word in said, said
    assert "max-age" not in said


def test_without_a_visit_every_screen_is_the_first_one(visitor: Visitor) -> None:
    for path in ("make", "photo", "crop", "look", "summary", "ticket"):
        assert visitor.http.get(f"/kiosk/{path}").url.path == "/kiosk", path
    assert visitor.http.get("/kiosk/photo/now").json() == {"over": True}
    assert visitor.gives().json()["code"] == "visit_over"


def test_who_is_not_that_far_goes_where_they_are(visitor: Visitor) -> None:
    visitor.start()
    for path in ("photo", "crop", "look", "summary", "ticket"):
        assert visitor.http.get(f"/kiosk/{path}").url.path == "/kiosk/make", path
    visitor.post("/kiosk/make", recipe="default")
    for path in ("crop", "look", "summary"):
        assert visitor.http.get(f"/kiosk/{path}").url.path == "/kiosk/photo", path


@pytest.mark.parametrize(
    "path",
    [*("make", "language", "over", "here", "crop", "look", "size", "print", "ticket/photo")],
)
def test_what_changes_something_comes_from_a_page_of_the_visit(
    api: Api, visitor: Visitor, path: str
) -> None:
    visitor.start()
    with Visitor(api.server.url) as other:
        other.start()
        for form in ("", "0" * 64, other.form):
            said = {"form": form, "recipe": "default", "width_mm": "20"}
            answer = visitor.http.post(f"/kiosk/{path}", data=said)
            assert answer.status_code == 403, (path, answer.status_code)
            assert sorry(answer) == "This page was open for too long."
        other.post("/kiosk/over")
    assert visitor.http.get("/kiosk/make").url.path == "/kiosk/make"


def test_a_photo_comes_from_a_page_of_the_visit(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    form, visitor.form = visitor.form, "0" * 64
    assert (visitor.gives().status_code, left(api)) == (403, [])
    visitor.form = form
    assert visitor.gives().json() == {"next": "/kiosk/crop"}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_picture_is_refused_in_words_at_the_kiosk(
    api: Api, visitor: Visitor, name: str
) -> None:
    visitor.chooses()
    answer = visitor.gives(REFUSED[name]())
    said = answer.json()
    assert answer.status_code == 422
    assert_plain(said["problem"] + said["action"])
    assert left(api) == []
    assert visitor.http.get("/kiosk/crop").url.path == "/kiosk/photo"


@pytest.mark.parametrize(("number", "name"), [*enumerate(REFUSED, start=1)])
def test_a_hostile_picture_is_refused_in_words_on_the_phone(
    api: Api, visitor: Visitor, number: int, name: str
) -> None:
    visitor.chooses()
    link = visitor.link()
    with Visitor(api.server.url, f"127.0.4.{number}") as phone:  # no address sends many
        answer = phone.http.post(link, files={"file": ("a.jpg", REFUSED[name]())})
        assert answer.status_code == 422
        assert_plain(sorry(answer))
        assert left(api) == []
        assert phone.http.get(link).status_code == 200  # it is not used up by that
    assert visitor.http.get("/kiosk/photo/now").json() == {
        "next": None,
        "link": True,
        "comes": False,
    }


@pytest.mark.parametrize("name", ODD)
def test_an_odd_picture_becomes_a_shape_like_any_other(visitor: Visitor, name: str) -> None:
    visitor.chooses()
    assert visitor.gives(ODD[name]()).json() == {"next": "/kiosk/crop"}
    shape = visitor.http.get("/kiosk/draft/heights?n=64")
    assert (shape.status_code, shape.headers["content-type"]) == (200, "application/octet-stream")


@pytest.mark.parametrize("is_by_phone", [False, True])
def test_a_sender_that_goes_away_in_the_middle_leaves_nothing(
    api: Api, visitor: Visitor, *, is_by_phone: bool
) -> None:
    visitor.chooses()
    path = visitor.link() if is_by_phone else "/kiosk/photo"
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    at = urlsplit(api.server.url)
    with socket.create_connection((at.hostname, at.port)) as line:
        head = [
            f"POST {path} HTTP/1.1",
            f"Host: {at.netloc}",
            "Content-Type: multipart/form-data; boundary=x",
            "Content-Length: 3000000",
            f"Cookie: {visits.COOKIE}={visitor.http.cookies[visits.COOKIE]}",
            f"X-Form-Word: {visitor.form}",
        ]
        line.sendall("\r\n".join([*head, "", ""]).encode() + part + bytes(1_000_000))
        wait_until(lambda: len(left(api)) == 1, "it comes")
    wait_until(lambda: left(api) == [], "it has gone")
    assert visitor.http.get("/kiosk/photo/now").json()["comes"] is False
    assert visitor.gives().json() == {"next": "/kiosk/crop"}


def test_who_comes_back_for_another_photo_is_not_sent_on_at_once(visitor: Visitor) -> None:
    visitor.chooses()
    assert "Keep this photo" not in visitor.http.get("/kiosk/photo").text
    visitor.gives()
    page = visitor.http.get("/kiosk/photo").text
    assert found(r'href="([^"]+)" id="keep"', page) == "/kiosk/crop"
    asks = found(r'data-now="([^"]+)"', page)
    assert visitor.http.get(asks).json()["next"] is None
    visitor.gives(encoded(textured(500, 500), "PNG"))
    assert visitor.http.get(asks).json()["next"] == "/kiosk/crop"


def test_a_form_that_a_script_sends_is_told_where_it_goes_on(visitor: Visitor) -> None:
    plain = {"Accept": "application/json"}
    answer = visitor.http.post("/kiosk/start", data={"language": "de"}, headers=plain)
    assert answer.json() == {"next": "/kiosk/make"}
    visitor.form = found(r'name="form" value="([^"]+)"', visitor.http.get("/kiosk/make").text)
    said = {"form": visitor.form, "recipe": "nothing"}
    answer = visitor.http.post("/kiosk/make", data=said, headers=plain)
    assert answer.status_code == 409
    assert answer.json()["problem"] == "Das geht nicht mehr."


def test_what_is_refused_leads_back_to_where_it_was_asked(visitor: Visitor) -> None:
    visitor.chooses()
    visitor.gives()
    for path, said in (
        ("crop", {"crop": "nonsense"}),
        ("look", {"relief_mm": "1e9"}),
        ("size", {"width_mm": "1"}),
        ("print", {"press": "x"}),
    ):
        page = visitor.post(f"/kiosk/{path}", **said).text
        back = found(r'class="button primary" href="([^"]+)"', page)
        assert back == f"/kiosk/{'summary' if path in ('size', 'print') else path}"
        assert visitor.http.get(back).url.path == back


def assert_plain(sentence: str) -> None:
    """A visitor reads no code, no path, no command, no trade word."""
    assert len(sentence) > 10
    for word in ("printd", "`", "/", "_", "px", "HTTP", "EXIF", "config"):
        assert word not in sentence, sentence


def test_a_phone_sends_one_photo_and_the_kiosk_goes_on(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    link = visitor.link()
    assert len(link) > len("/u/") + 20
    with Visitor(api.server.url, FROM_ELSEWHERE) as phone:
        assert "phone-form" in phone.http.get(link).text
        answer = phone.http.post(link, files={"file": ("../../x.jpg", PHOTO)})
        assert "Your photo has arrived" in answer.text
        assert visitor.http.get("/kiosk/photo/now").json() == {
            "next": "/kiosk/crop",
            "link": False,
            "comes": False,
        }
        for again in (
            phone.http.get(link),
            phone.http.post(link, files={"file": ("b.jpg", PHOTO)}),
        ):
            assert again.status_code == 410
            assert sorry(again) == "This code has been used already, or is too old."
    assert len(left(api)) == 1


def test_of_photos_that_come_at_once_by_a_link_one_is_taken(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    link = visitor.link()

    def send() -> int:
        with Visitor(api.server.url, "127.0.3.1") as phone:
            return phone.http.post(link, files={"file": ("a.jpg", PHOTO)}).status_code

    with ThreadPoolExecutor(4) as phones:
        codes = sorted(one.result() for one in [phones.submit(send) for _ in range(4)])
    assert codes == [200, 410, 410, 410]
    assert len(left(api)) == 1


def test_a_link_of_a_visit_that_is_over_is_good_for_nothing(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    link = visitor.link()
    visitor.post("/kiosk/over")
    with Visitor(api.server.url) as phone:
        answer = phone.http.post(link, files={"file": ("a.jpg", PHOTO)})
    assert (answer.status_code, left(api)) == (410, [])


@pytest.mark.parametrize("path", ["/u/{}", "/t/{}"])
def test_words_cannot_be_guessed_by_trying_many(api: Api, path: str) -> None:
    with Visitor(api.server.url, f"127.0.1.{ord(path[1])}") as guesser:
        codes = [
            guesser.http.get(path.format(f"guess{number}")).status_code
            for number in range(int(GUESSES.at_once) + 10)
        ]
    assert set(codes[: int(GUESSES.at_once)]) <= {404, 410}
    assert codes[-1] == 429


def test_an_unknown_ticket_is_told_in_a_sentence(api: Api) -> None:
    with Visitor(api.server.url, "127.0.2.1") as phone:
        answer = phone.http.get("/t/AAAAAAAAAAAAAAAAAAAAAA")
    assert answer.status_code == 404
    assert sorry(answer) == "This ticket is not known here. Old ones are erased."


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_ticket_shows_the_bed_while_its_own_print_is_on_it(
    tmp_path: Path, *, is_shown: bool
) -> None:
    still = b"\xff\xd8\xff\xe0 a picture"
    with pages({"/snapshot": sent(still)}) as camera:
        settings: dict[str, Any] = {
            "kiosk": {"enabled": True, "camera": is_shown},
            "printers": {"left": {"kind": "virtual", "camera_url": camera.url("/snapshot")}},
        }
        with served(tmp_path, **settings) as api, Visitor(api.server.url) as phone:
            tickets = Tickets(api.store.database, api.store.database)
            printing, waiting = (
                tickets.make(job_in(api.store, state, number).number)
                for number, state in ((1, State.PRINTING), (2, State.MESHED))
            )
            assert ("data-still" in phone.http.get(f"/t/{printing}").text) is is_shown
            seen = phone.http.get(f"/t/{printing}/camera.jpg")
            assert (seen.content == still) is is_shown
            assert seen.status_code == (200 if is_shown else 404)
            assert "data-still" not in phone.http.get(f"/t/{waiting}").text
            assert phone.http.get(f"/t/{waiting}/camera.jpg").status_code == 404


def test_a_job_that_prints_by_then_is_not_taken_back(tmp_path: Path) -> None:
    with served(tmp_path, **KIOSK) as api, ThreadPoolExecutor(1) as hands:
        job = job_in(api.store, State.SLICED)
        ticket = Tickets(api.store.database, api.store.database).make(job.number)
        requests = Requests(api.store.database)
        with Visitor(api.server.url) as phone:
            asked = hands.submit(phone.http.post, f"/t/{ticket}", data={"act": "cancel"})
            while not (told := requests.open({"cancel"})):  # the daemon has not come to it yet
                assert not asked.done()
            requests.refused(told[0], NotPossibleNow("It prints by now."))
            answer = asked.result()
    only = {*told[0].args["only"]}
    assert State.SLICED in only
    assert not only & {State.UPLOADED, State.PRINTING}
    assert (answer.status_code, sorry(answer)) == (409, "This is not possible any more.")


def test_the_photo_of_before_goes_when_another_one_comes(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    visitor.gives()
    first = left(api)
    visitor.gives(encoded(textured(500, 500), "PNG"))
    assert len(left(api)) == 1
    assert left(api) != first


def test_starting_over_erases_everything_at_once(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    visitor.gives()
    visitor.http.get("/kiosk/draft/heights?n=64")
    assert len(left(api)) == 1
    visitor.post("/kiosk/over")
    assert left(api) == []
    assert visitor.http.get("/kiosk/crop").url.path == "/kiosk"


def test_a_photo_forgets_where_it_was_taken(api: Api, visitor: Visitor) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[29] = "GPS day"  # as phones write it, beside where
    photo = encoded(textured(640, 480), "JPEG", exif=exif.tobytes())
    visitor.chooses()
    assert visitor.gives(photo).status_code == 200
    (draft,) = left(api)
    kept = (api.config.data_dir / "drafts" / draft / "photo.bin").read_bytes()
    assert b"GPS day" in photo
    assert b"GPS day" not in kept


def test_beginning_anew_erases_what_was_left_open(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    visitor.gives()
    visitor.start()
    assert left(api) == []


def test_nobody_sees_the_photo_of_another_visit(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    visitor.gives()
    (draft,) = left(api)
    with Visitor(api.server.url) as other:
        other.chooses()
        for path in ("picture", "heights", "figures", "picture-of-relief"):
            assert other.http.get(f"/kiosk/draft/{path}").status_code == 404, path
            assert visitor.http.get(f"/kiosk/draft/{path}?n=64").status_code == 200, path
        assert other.http.get(f"/api/v1/drafts/{draft}/picture").status_code == 401
        other.post("/kiosk/over")


def test_only_what_is_offered_can_be_chosen(visitor: Visitor) -> None:
    page = visitor.start()
    assert "Its maker is not reachable right now." in page.text
    for recipe in ("away", "nothing", "", "<script>"):
        answer = visitor.post("/kiosk/make", recipe=recipe)
        assert answer.status_code == 409, recipe


def test_a_recipe_that_may_not_be_changed_asks_for_nothing(visitor: Visitor) -> None:
    visitor.chooses("fixed")
    assert visitor.gives().json() == {"next": "/kiosk/look"}
    assert visitor.post("/kiosk/crop", crop="0.2,0.2,0.9,0.9").url.path == "/kiosk/look"
    page = visitor.http.get("/kiosk/look").text
    assert '"crop"' not in found(r'data-begin="([^"]+)"', page).partition("effective")[0]
    assert "data-slider" not in page
    assert 'name="chip"' not in page
    assert found(r'class="button" href="([^"]+)"', page) == "/kiosk/photo"  # not to a crop
    assert visitor.http.get("/kiosk/crop").url.path == "/kiosk/photo"
    said = visitor.post("/kiosk/look", chip="pet", relief_mm="7", smoothing_px="8")
    assert said.url.path == "/kiosk/summary"
    assert '"relief_mm"' not in found(r'data-begin="([^"]+)"', said.text)


@pytest.mark.parametrize(
    ("crop", "code"),
    [
        *(("0.1,0.1,0.9,0.9", 200), ("none", 200), ("0.4,0.4,0.5,0.5", 422), ("1,1,0,0", 422)),
        *(("nonsense", 422), ("nan,0,1,1", 422), ("0,0,1", 422)),
    ],
)
def test_a_part_of_the_photo(visitor: Visitor, crop: str, code: int) -> None:
    visitor.chooses()
    visitor.gives()
    assert visitor.post("/kiosk/crop", crop=crop).status_code == code


def test_a_size_is_one_of_three_and_that_of_the_limit_gives_way(visitor: Visitor) -> None:
    visitor.chooses("long")
    visitor.gives()
    visitor.post("/kiosk/crop", crop="none")
    sizes = {"small": 21, "medium": 30, "large": 42}
    for name, longest_mm in sizes.items():
        visitor.post("/kiosk/size", width_mm="25")
        page = visitor.post("/kiosk/look", size=name).text
        settings = json.loads(found(r'data-begin="([^"]+)"', page))["settings"]
        assert (settings["longest_mm"], settings.get("width_mm")) == (longest_mm, None)
        page = visitor.http.get("/kiosk/look").text
        assert found(r'name="size" value="(\w+)"[^>]* checked', page) == name
    page = visitor.post("/kiosk/look", size="huge").text
    assert json.loads(found(r'data-begin="([^"]+)"', page))["settings"]["longest_mm"] == 42


def test_settings_out_of_range_are_refused_in_words(visitor: Visitor) -> None:
    visitor.chooses()
    visitor.gives()
    for said in ({"relief_mm": "1e9"}, {"smoothing_px": "-3"}, {"relief_mm": "x"}):
        answer = visitor.post("/kiosk/look", **said)
        assert answer.status_code == 422, said
        assert_plain(sorry(answer))


def test_it_speaks_the_language_that_is_touched(visitor: Visitor) -> None:
    visitor.start("de")
    assert "Was möchten Sie machen?" in visitor.http.get("/kiosk/make").text
    visitor.post("/kiosk/language", language="en", back="/kiosk/make")
    assert "What would you like to make?" in visitor.http.get("/kiosk/make").text
    answer = visitor.post("/kiosk/language", language="xx", back="https://evil.example/")
    assert answer.url.path == "/kiosk"
    visitor.start()
    visitor.post("/kiosk/make", recipe="default")


def test_a_visit_leads_to_no_page_of_the_house(api: Api, visitor: Visitor) -> None:
    visitor.start()
    for path in ("/queue", "/printers", "/settings", "/jobs/1"):
        assert visitor.http.get(path).url.path == "/login", path
    for path in ("/api/v1/jobs", "/api/v1/state", "/api/v1/printers"):
        assert visitor.http.get(path).status_code == 401, path
    acts = ("printers/left/bed-clear", "queue/pause", "jobs/1/approve", "printers/left/stop")
    for act in acts:
        answer = visitor.http.post(f"/api/v1/{act}", json={}, headers={"X-Form-Word": visitor.form})
        assert answer.status_code == 401, act


def test_staff_come_in_by_their_number(api: Api, visitor: Visitor) -> None:
    KioskPin(api.store.database).set("2468", by="test")
    answer = visitor.http.post("/kiosk/staff/open", data={"digits": "1111"})
    assert sorry(answer) == "This number is not right."
    outside = visitor.http.post("/kiosk/staff/queue", data={"verb": "pause"})
    assert "pin-form" in outside.text
    page = visitor.http.post("/kiosk/staff/open", data={"digits": "2468"})
    assert "Pause printing" in page.text
    form = found(r'name="form" value="([^"]+)"', page.text)
    wrong = visitor.http.post("/kiosk/staff/queue", data={"verb": "pause", "form": "0" * 64})
    assert wrong.status_code == 403
    with Visitor(api.server.url) as other:
        assert "pin-form" in other.http.get("/kiosk/staff").text
        said = other.http.post("/kiosk/staff/queue", data={"verb": "pause", "form": form})
        assert "pin-form" in said.text
    out = visitor.http.post("/kiosk/staff/leave", data={"form": form, "to": "printd"})
    assert out.url.path == "/login"
    assert 'href="/kiosk"' in out.text  # nobody else knows the way back
    with Visitor(api.server.url, FROM_ELSEWHERE) as other:
        assert 'href="/kiosk"' not in other.http.get("/login").text
    page = visitor.http.post("/kiosk/staff/open", data={"digits": "2468"})
    form = found(r'name="form" value="([^"]+)"', page.text)
    left_page = visitor.http.post("/kiosk/staff/leave", data={"form": form})
    assert left_page.url.path == "/kiosk"
    assert "pin-form" in visitor.http.get("/kiosk/staff").text
    assert Pausing(api.store.database).because() is None
    tries = [
        visitor.http.post("/kiosk/staff/open", data={"digits": "1111"}) for _ in range(TRIES + 1)
    ]
    assert sorry(tries[-1]) == "Too many wrong numbers: this is locked for five minutes."


def test_screens_tell_nobody_else_and_are_kept_nowhere(visitor: Visitor) -> None:
    visitor.chooses()
    visitor.gives()
    for path in ("make", "photo", "crop", "look", "summary"):
        answer = visitor.http.get(f"/kiosk/{path}")
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        camera = "camera=(self)" if path == "photo" else "camera=()"
        assert camera in answer.headers["permissions-policy"], path
        assert "https://" not in answer.text
        assert re.search(r" (on[a-z]+|style)=", answer.text) is None


def test_the_end_of_the_server_erases_what_visits_have(tmp_path: Path) -> None:
    with served(tmp_path, **KIOSK) as api, Visitor(api.server.url) as visitor:
        visitor.chooses()
        visitor.gives()
        assert len(left(api)) == 1
    assert left(api) == []


def test_a_cut_off_photo_leaves_nothing(api: Api, visitor: Visitor) -> None:
    visitor.chooses()
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + PHOTO
    answer = visitor.http.post(
        "/kiosk/photo",
        content=body,
        headers={
            "Content-Type": "multipart/form-data; boundary=x",
            "Accept": "application/json",
            "X-Form-Word": visitor.form,
        },
    )
    assert answer.status_code in (400, 422), answer.text
    assert_plain(answer.json()["problem"])
    assert left(api) == []


def test_a_photo_that_is_too_large_is_told_in_words(tmp_path: Path) -> None:
    small = {**KIOSK, "limits": {"photo_max_mb": 0.01, "free_mb": 0, "free_pct": 0}}
    with served(tmp_path, **small) as api, Visitor(api.server.url) as visitor:
        visitor.chooses()
        answer = visitor.gives()
        assert answer.status_code == 413
        assert answer.json()["problem"] == "This picture is larger than is taken here."
        assert left(api) == []


def test_pages_from_elsewhere_change_nothing(visitor: Visitor) -> None:
    visitor.start()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer: httpx.Response = visitor.http.post(
            "/kiosk/make", data={"form": visitor.form, "recipe": "default"}, headers=headers
        )
        assert answer.status_code == 403, headers


def test_a_photo_from_a_stick(tmp_path: Path) -> None:
    sticks = tmp_path / "media"
    (sticks / "KIM").mkdir(parents=True)
    (sticks / "KIM" / "mia<b>.jpg").write_bytes(PHOTO)
    (sticks / "KIM" / "bad.png").write_bytes(REFUSED["a bomb"]())
    (sticks / "KIM" / "link.jpg").symlink_to("/etc/hostname")
    settings = {**KIOSK, "kiosk": {"enabled": True, "usb": sticks}}
    with served(tmp_path, **settings) as api, Visitor(api.server.url) as visitor:
        visitor.chooses()
        assert "/kiosk/stick" in visitor.http.get("/kiosk/photo").text
        page = visitor.http.get("/kiosk/stick").text
        assert "mia&lt;b&gt;.jpg" in page
        assert "link.jpg" not in page
        bad, good = (
            found(rf'value="([0-9a-f]+)"><img [^>]*alt="{name}', page) for name in ("bad", "mia")
        )
        small = visitor.http.get(f"/kiosk/stick/{good}")
        assert (small.status_code, small.headers["content-type"]) == (200, "image/jpeg")
        with ExitStack() as others:
            for _ in range(MOST_WAITING):
                others.enter_context(WAITING)
            assert visitor.http.get(f"/kiosk/stick/{good}").status_code == 503
        assert visitor.http.get(f"/kiosk/stick/{bad}").status_code == 422
        assert visitor.http.get(f"/kiosk/stick/{'0' * 32}").status_code == 404
        assert visitor.post("/kiosk/stick", key=bad).status_code == 422
        assert left(api) == []
        assert visitor.post("/kiosk/stick", key=good).url.path == "/kiosk/crop"
        assert len(left(api)) == 1
    assert (sticks / "KIM" / "mia<b>.jpg").read_bytes() == PHOTO


def test_a_house_without_a_place_for_sticks_shows_none(visitor: Visitor) -> None:
    visitor.chooses()
    assert "/kiosk/stick" not in visitor.http.get("/kiosk/photo").text
    assert visitor.http.get("/kiosk/stick").status_code == 404


def test_what_a_service_makes_says_where_the_picture_goes(tmp_path: Path) -> None:
    key = tmp_path / "key.txt"
    key.write_text("secret-key-1234")
    key.chmod(0o600)
    settings = {**KIOSK, "meshers": {"cloud": {"kind": "meshy", "key_file": key}}}
    with served(tmp_path, **settings) as api, Visitor(api.server.url) as visitor:
        visitor.chooses("away")
        assert visitor.gives().json() == {"next": "/kiosk/summary"}
        page = visitor.http.get("/kiosk/summary").text
        assert "Your picture is sent out of the house" in page
        assert "to cloud" in page
        assert "relief-host" not in page
