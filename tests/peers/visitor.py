"""A visitor of the kiosk, as their browser talks to it: forms, a cookie, a phone beside it."""

import html
import re
from types import TracebackType
from typing import Any, Self

import httpx

from tests.peers.no_tls import NO_TLS
from tests.photos import encoded, textured

PHOTO = encoded(textured(640, 480), "JPEG")
FROM_ELSEWHERE = "127.0.0.9"  # of this machine, and not one of its names for itself


class Visitor:
    """One browser.

    Args:
        url: of the server.
        address: that it comes from; None: the kiosk itself.
    """

    def __init__(self, url: str, address: str | None = None, **headers: str) -> None:
        self.http = httpx.Client(
            base_url=url,
            headers={"Accept": "text/html", **headers},
            transport=httpx.HTTPTransport(local_address=address, verify=NO_TLS),
            follow_redirects=True,
            timeout=90.0,
        )
        self.form = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def start(self, language: str = "en") -> httpx.Response:
        """Touch the first screen."""
        answer = self.http.post("/kiosk/start", data={"language": language})
        self.form = found(r'name="form" value="([^"]+)"', answer.text)
        return answer

    def post(self, path: str, **values: Any) -> httpx.Response:
        """Send a form of the visit."""
        return self.http.post(path, data={"form": self.form, **values})

    def chooses(self, recipe: str = "default") -> httpx.Response:
        """Begin, and choose what to make."""
        self.start()
        return self.post("/kiosk/make", recipe=recipe)

    def gives(self, photo: bytes = PHOTO, name: str = "mia.jpg") -> httpx.Response:
        """Give a photo at the kiosk, as its script does."""
        return self.http.post(
            "/kiosk/photo",
            files={"file": (name, photo)},
            headers={"Accept": "application/json", "X-Form-Word": self.form},
        )

    def link(self) -> str:
        """Return the address that the code for phones holds."""
        return found(r'data-address="[^"]*(/u/[^"]+)"', self.http.get("/kiosk/photo").text)

    def looks(self, **settings: Any) -> httpx.Response:
        """Go on from the photo to the summary."""
        self.post("/kiosk/crop", crop="none")
        return self.post("/kiosk/look", **settings)

    def press(self) -> str:
        """Return the word that the button of the summary sends."""
        return found(r'name="press" value="([^"]+)"', self.http.get("/kiosk/summary").text)

    def prints(self, **values: Any) -> httpx.Response:
        """Press the button."""
        return self.post("/kiosk/print", press=self.press(), **values)


def found(pattern: str, text: str) -> str:
    """Return what a pattern finds in a page."""
    match = re.search(pattern, text)
    assert match is not None, f"{pattern}: {text[:2000]}"
    return html.unescape(match.group(1))


def sorry(answer: httpx.Response) -> str:
    """Return what a page of the kiosk says that cannot be done."""
    return found(r'class="sorry">([^<]+)<', answer.text)
