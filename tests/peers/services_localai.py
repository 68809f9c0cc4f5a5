"""A fake LocalAI with its TRELLIS 2 backend (section 11.3): one request, one mesh.

The raw mesh has unoriented winding; ``print_remesh`` mends it. Results lie on the same server.
"""

import base64
import secrets
from typing import Any, ClassVar, Final

from tests.peers.services_base import Service
from tests.peers.services_books import Wish
from tests.peers.services_calls import Refused, Route, check_bearer, json_object
from tests.peers.services_faults import Call
from tests.peers.services_fields import Field, problems
from tests.peers.services_http import ConnectionCut, Reply, Request, json_reply
from tests.peers.services_meshes import TYPES
from tests.peers.services_orders import Order, Phase
from tests.peers.services_pictures import Unreadable, decoded, read

MODELS: Final = ("trellis2-4b", "trellis2-4b-geometry")
FIELDS: Final = {
    "model": Field("str", required=True),
    "image": Field("str", required=True),
    "quality": Field("str", choices=("auto", "coarse", "512", "1024")),
    "background": Field("str", choices=("auto", "keep", "black", "white")),
    "step": Field("int", low=1),
    "texture_steps": Field("int", low=1),
    "cfg_scale": Field("float"),
    "seed": Field("int"),
    "response_format": Field("str", choices=("url", "b64_json")),
    "params": Field("dict"),
}
PARAMS: Final = {
    "texture_size": Field("any"),
    "components": Field("str", choices=("tiny", "largest", "all")),
    "print_remesh": Field("str", choices=("true", "false")),
    "alpha_ratio": Field("any"),
    "offset_ratio": Field("any"),
}


class LocalAI(Service):
    """``http://127.0.0.1:8080``; without a key anybody may ask.

    Attributes:
        url_is_path: results are told as a path; else as a whole address.
    """

    name: ClassVar[str] = "localai"
    unit: ClassVar[str] = "nothing"
    usual_key: ClassVar[str] = ""
    queue_s = 0.0
    work_s = 120.0
    url_is_path = True

    def routes(self) -> list[Route]:
        """Return the call, and where results lie."""
        file = r"/generated-3d/([\w-]+)\.glb"
        return [
            Route("POST", "/3d/generations", Call.CREATE, self._create),
            Route("GET", file, Call.DOWNLOAD, self._file),
        ]

    def check_key(self, request: Request) -> None:
        """Take ``Bearer`` when there is a key."""
        if self.key:
            check_bearer(request, self.key)

    def new_id(self) -> str:
        """Return an id."""
        return secrets.token_hex(12)

    def refusal(self, refused: Refused) -> Reply:
        """Answer in the shape of OpenAI."""
        error = {"code": refused.status, "message": refused.said, "type": "invalid_request_error"}
        return json_reply(refused.status, {"error": error})

    def _create(self, request: Request) -> Reply:
        given = json_object(request)
        found = problems(given, FIELDS) or problems(given.get("params", {}), PARAMS)
        if found:
            raise Refused(400, f"{found[0].field}: {found[0].said}")
        if given["model"] not in MODELS:
            raise Refused(404, f"model {given['model']} is not installed")
        mended = given.get("params", {}).get("print_remesh") == "true"
        wish = Wish(
            given["model"], 0.0, self._picture(given["image"]), more={"unoriented": not mended}
        )
        order = self.accept(wish)
        self._work(order)
        if given.get("response_format", "url") == "b64_json":
            content, _kind = self.artifact(order, "model.glb")
            self.note_download(order)
            data: dict[str, Any] = {"b64_json": base64.b64encode(content).decode()}
        else:
            path = f"/generated-3d/{order.id}.glb"
            data = {"url": path if self.url_is_path else self.url + path}
        told = {"created": int(order.made_wall), "id": order.id, "data": [data]}
        return json_reply(200, self.odd(order, told))

    def _picture(self, text: str) -> str:
        try:
            direct = text.startswith(("data:", "http://", "https://"))
            return read(self.uploaded(text) if direct else decoded(text)).sha256
        except Unreadable as error:
            raise Refused(400, f"image: {error}") from error

    def _work(self, order: Order) -> None:
        if order.end is None:
            self.stopped.wait(60.0)  # real seconds
            raise ConnectionCut
        self.clock.wait(order.finished - self.clock.now(), self.stopped)
        if self.stopped.is_set():
            raise ConnectionCut
        if order.end is not Phase.SUCCEEDED:
            raise Refused(500, "the backend has failed")

    def _file(self, request: Request, order_id: str) -> Reply:
        order = self.shelf.order(order_id)
        if order is None or self.phase(order) is not Phase.SUCCEEDED or self.is_gone(order):
            raise Refused(404, "no such file")
        content, _kind = self.artifact(order, "model.glb")
        return self.delivered(request, order, Reply(200, content, {"Content-Type": TYPES["glb"]}))
