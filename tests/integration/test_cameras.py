"""Pictures of beds: real cameras on real sockets, good and bad; one is asked however many look."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from printd.core.config import Config
from printd.core.errors import CameraAway
from printd.core.printer_config import PrinterConfig
from printd.daemon.stills import Stills
from printd.printers.camera import still_of
from printd.printers.camera_limits import MOST_BYTES
from printd.web.keys import Scope
from tests.peers.api import served
from tests.peers.virtual_printer import wait_until
from tests.peers.web_pages import Page, Pages, pages, sent

STILL = b"\xff\xd8\xff\xe0" + b"a picture"


def at(url: str) -> PrinterConfig:
    return Config(printers={"left": {"kind": "virtual", "camera_url": url}}).printers["left"]


@contextmanager
def camera(page: Page) -> Iterator[PrinterConfig]:
    with pages({"/snapshot?of=bed": page}) as served:
        yield at(served.url("/snapshot?of=bed"))


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Begin as a picture and never end."""
    handler.send_response(200)
    handler.end_headers()
    try:
        handler.wfile.write(STILL)
        while True:
            handler.wfile.write(bytes(1 << 20))
    except OSError:
        pass  # whoever asked has had enough


def test_a_camera_gives_a_picture() -> None:
    with camera(sent(STILL)) as config:
        assert still_of("left", config) == STILL


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (sent(b"nothing here", 404), "answers 404"),
        (sent(b"", 302, Location="http://127.0.0.1:1/"), "answers 302"),
        (sent(b"--boundary\r\nContent-Type: image/jpeg\r\n\r\n" + STILL), "sends no JPEG"),
        (sent(b"\x89PNG\r\n"), "sends no JPEG"),
        (sent(b"<svg onload='alert(1)'/>"), "sends no JPEG"),
        (sent(b""), "sends nothing"),
        (sent(STILL[:2]), "sends nothing"),
        (sent(STILL, Content_Length="4000"), "does not answer"),
        (endless, f"more than {MOST_BYTES // 1_000_000} MB"),
    ],
    ids=["gone", "elsewhere", "stream", "png", "svg", "empty", "cut", "short", "endless"],
)
def test_what_is_no_picture_is_not_shown(page: Page, why: str) -> None:
    with camera(page) as config, pytest.raises(CameraAway, match=why):
        still_of("left", config)


@pytest.mark.parametrize("host", ["a..b", "x" * 80, "xn--a", "[::1", "\u202ecam"])
def test_a_camera_with_an_odd_name_is_away(host: str) -> None:
    try:
        config = at(f"http://{host}:9/s.jpg")
    except ValueError:
        return  # refused when the configuration is read
    with pytest.raises(CameraAway, match="does not answer"):
        still_of("left", config)


def test_a_camera_that_is_off_is_away_and_its_address_is_not_told() -> None:
    config = at("http://127.0.0.1:9/?token=secret")
    with pytest.raises(CameraAway, match="The camera of left does not answer") as caught:
        still_of("left", config)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["ftp://cam/x.jpg", "http://ana:pw@cam/x.jpg", "file:///etc/passwd", "cam", 7]
)
def test_what_is_no_address_of_a_camera_is_refused(address: object) -> None:
    with pytest.raises(ValueError, match="camera_url"):
        Config(printers={"left": {"kind": "virtual", "camera_url": address}})


def faults(fault: BaseException) -> None:
    raise AssertionError from fault


def test_one_is_asked_however_many_look() -> None:
    asked = []
    begun = threading.Barrier(21, timeout=10.0)

    def fetch(printer: str) -> bytes:
        asked.append(printer)
        return STILL

    with closing(Stills(fetch, faults)) as stills:

        def look(_number: int) -> bytes:
            begun.wait()
            return stills.of("left")

        with ThreadPoolExecutor(20) as pool:
            seen = [pool.submit(look, number) for number in range(20)]
            begun.wait()
            assert [each.result() for each in seen] == [STILL] * 20
        assert asked == ["left"]
        assert stills.of("right") == STILL


def test_a_camera_that_fails_is_told_and_tried_again() -> None:
    answers: Iterator[bytes | None] = iter([None, STILL, STILL, STILL])
    tried = threading.Semaphore(0)

    def fetch(printer: str) -> bytes:
        picture = next(answers, STILL)
        tried.release()
        if picture is None:
            raise CameraAway(f"The camera of {printer} is asleep.")
        return picture

    with closing(Stills(fetch, faults, every_s=0.2)) as stills:
        with pytest.raises(CameraAway, match="asleep"):
            stills.of("left")
        for _ in range(2):
            assert tried.acquire(timeout=10.0)
        until = time.monotonic() + 10.0
        while True:
            try:
                assert stills.of("left") == STILL
                break
            except CameraAway:  # kept until the next round
                assert time.monotonic() < until


def test_nothing_is_fetched_while_nobody_looks_and_no_picture_stays() -> None:
    asked: list[float] = []

    def fetch(_printer: str) -> bytes:
        asked.append(time.monotonic())
        return STILL + b"%d" % len(asked)

    def runs() -> bool:
        return any(thread.name == "camera-left" for thread in threading.enumerate())

    with closing(Stills(fetch, faults, every_s=0.05, looked_s=0.2)) as stills:
        assert stills.of("left") == STILL + b"1"
        wait_until(lambda: not runs(), "its thread has ended")
        before = len(asked)
        assert stills.of("left") == STILL + b"%d" % (before + 1)  # a new one, not the last


def test_the_api_lends_the_picture_to_operators(tmp_path: Path) -> None:
    with pages({"/s.jpg": sent(STILL), "/gone.jpg": sent(b"", 500)}) as cameras:
        printers = {
            "left": {"kind": "virtual", "camera_url": cameras.url("/s.jpg")},
            "right": {"kind": "virtual"},
            "third": {"kind": "virtual", "camera_url": cameras.url("/gone.jpg")},
        }
        with served(tmp_path, printers=printers) as api:
            seen = ask(api.client(Scope.OPERATE), cameras)
            assert seen["third"].json()["code"] == "camera_away"
            assert seen["right"].status_code == seen["none"].status_code == 404
            with api.client(Scope.SUBMIT) as client:
                assert client.get("/printers/left/camera.jpg").status_code == 403
            with api.client() as client:
                known = {one["name"]: one for one in client.get("/printers").json()["printers"]}
            assert {name: one["has_camera"] for name, one in known.items()} == {
                "left": True,
                "right": False,
            }


def ask(client: httpx.Client, cameras: Pages) -> dict[str, httpx.Response]:
    with client:
        answer = client.get("/printers/left/camera.jpg")
        assert (answer.status_code, answer.content) == (200, STILL)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "no-store"
        assert client.get("/printers/left/camera.jpg").content == STILL
        assert [path for _, path in cameras.asked] == ["/s.jpg"]
        names = ("right", "third", "none")
        return {name: client.get(f"/printers/{name}/camera.jpg") for name in names}
