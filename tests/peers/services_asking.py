"""Plain HTTP to a fake service, as the document of the services has it, and a photo to send."""

import base64
import contextlib
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import httpx
import trimesh
from PIL import Image, ImageDraw

from tests.peers.no_tls import NO_TLS
from tests.peers.services_base import Service
from tests.peers.services_clock import Clock

ANSWER_S: Final = 10.0
STILL: Final = 0.0001  # service seconds in a real one
One = TypeVar("One", bound=Service)


def photo(number: int = 0, size: tuple[int, int] = (200, 150), form: str = "PNG") -> bytes:
    """Return a bright subject before a dark wall, another one for each number."""
    image = Image.new("RGB", size, (30, 30, 40))
    draw = ImageDraw.Draw(image)
    draw.ellipse((size[0] // 4, size[1] // 5, size[0] // 2 + number, size[1] * 4 // 5), "wheat")
    draw.rectangle((size[0] // 2, size[1] // 2, size[0] * 3 // 4, size[1] * 3 // 4), "peru")
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """Return bytes as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


PHOTO: Final = photo()
SHA256: Final = hashlib.sha256(PHOTO).hexdigest()
URI: Final = data_uri(PHOTO)


def credential(peer: Service, key: str | None = None) -> dict[str, str]:
    """Return the header that shows a key, the fake's own if none is named."""
    shown = peer.key if key is None else key
    if peer.name == "gemini":
        return {"x-goog-api-key": shown}
    if not shown:
        return {}
    return {"Authorization": f"{'Key' if peer.name == 'fal' else 'Bearer'} {shown}"}


class Client(Generic[One]):
    """Requests to one fake.

    Args:
        peer: the fake.
        headers: of each request to its API; None: its credential.
    """

    def __init__(self, peer: One, headers: dict[str, str] | None = None) -> None:
        self.peer = peer
        shown = credential(peer) if headers is None else headers
        self._api = httpx.Client(base_url=peer.url, headers=shown, timeout=ANSWER_S, verify=NO_TLS)
        self._bare = httpx.Client(timeout=ANSWER_S, verify=NO_TLS)

    def __enter__(self) -> "Client[One]":
        return self

    def __exit__(self, *_error: object) -> None:
        self._api.close()
        self._bare.close()

    def ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        """Ask the API."""
        return self._api.request(method, url, **more)

    def fetch(self, url: str, **more: Any) -> httpx.Response:
        """Ask any host, without the credential."""
        return self._bare.get(url, **more)


@contextlib.contextmanager
def asking(kind: type[One], folder: Path, **more: Any) -> Iterator[Client[One]]:
    """Start a fake and a client of it; at the end nothing has broken in the fake itself.

    Unless it gets a clock, time stands still there but for what is skipped, so that no test
    depends on how busy the machine is.
    """
    clock = more.pop("clock", None) or Clock(STILL)
    with kind(folder / kind.name, clock=clock, **more) as peer, Client(peer) as client:
        yield client
        assert [said for said in peer.violations() if "Traceback" in said] == []


def solid(content: bytes, kind: str) -> Any:
    """Return the mesh of a file, as trimesh reads it."""
    return trimesh.load(io.BytesIO(content), file_type=kind, force="mesh")
