"""A fake Hunyuan3D ``api_server`` (sections 11.1 and 11.2): no key, no errors, one thing at a time.

``generation`` tells which of the two it is. Jobs live in its memory: a restart forgets them, and
they stay ``processing`` as any unknown one does. Fields that it ignores are noted as violations,
since their sender believes in them.
"""

import base64
import threading
import uuid
from typing import Any, ClassVar, Final

from tests.peers.services_base import Service
from tests.peers.services_books import Wish
from tests.peers.services_calls import Refused, Route, json_object
from tests.peers.services_faults import Call
from tests.peers.services_fields import Field, Wrong, problems
from tests.peers.services_http import ConnectionCut, Reply, Request, json_reply
from tests.peers.services_orders import ENDED, Order, Phase
from tests.peers.services_pictures import Unreadable, decoded, read

FIRST: Final = frozenset(
    {
        *("image", "image_front", "image_left", "image_back", "image_right", "text", "mesh"),
        *("seed", "octree_resolution", "num_inference_steps", "guidance_scale"),
        *("texture", "face_count", "type"),
    }
)
SECOND: Final = {
    "image": Field("str", required=True),
    "remove_background": Field("bool"),
    "texture": Field("bool"),
    "seed": Field("int", low=0, high=2**32 - 1),
    "octree_resolution": Field("int", low=64, high=512),
    "num_inference_steps": Field("int", low=1, high=20),
    "guidance_scale": Field("float", low=0.1, high=20),
    "num_chunks": Field("int", low=1000, high=20000),
    "face_count": Field("int", low=1000, high=100_000),
    "type": Field("str", choices=("glb", "obj", "stl", "ply")),
}
FORMATS: Final = frozenset({"glb", "obj", "stl", "ply"})
BUSY: Final = {"text": "NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE TRY AGAIN.", "error_code": 1}
FLOATERS: Final = 6


class Hunyuan(Service):
    """``http://127.0.0.1:8081`` of Hunyuan3D-2, or of 2.1.

    Attributes:
        generation: ``2.0`` or ``2.1``.
        writes_s: service seconds in which a finished file is only half there.
    """

    name: ClassVar[str] = "hunyuan"
    unit: ClassVar[str] = "nothing"
    usual_key: ClassVar[str] = ""
    queue_s = 0.0
    work_s = 60.0
    generation = "2.0"
    writes_s = 0.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._loop = threading.Lock()  # the event loop: /generate keeps all others waiting
        super().__init__(*args, **kwargs)
        for order in self.shelf.orders():
            if order.phase(self.clock.now()) not in ENDED:
                order.end = None  # its thread has died with the program
                self.shelf.keep(order)

    def routes(self) -> list[Route]:
        """Return its calls; 2.1 can be asked for its health."""
        calls = [
            Route("POST", "/generate", Call.CREATE, self._generate),
            Route("POST", "/send", Call.CREATE, self._send),
            Route("GET", r"/status/([^/]+)", Call.READ, self._status),
        ]
        if self.generation == "2.1":
            calls.append(Route("GET", "/health", Call.ACCOUNT, self._health))
        return calls

    def check_key(self, request: Request) -> None:
        """Take anybody."""

    def new_id(self) -> str:
        """Return a uuid."""
        return str(uuid.uuid4())

    def refusal(self, refused: Refused) -> Reply:
        """Answer as FastAPI does."""
        return json_reply(refused.status, {"detail": refused.more.get("detail", refused.said)})

    def _taken(self, request: Request) -> tuple[dict[str, Any], str | None]:
        """Return what was sent, and the hash of its picture; None when the work must fail."""
        given = json_object(request, 422)
        if self.generation == "2.1":
            self._check(given)
        elif unknown := set(given) - FIRST:
            self.violate(f"hunyuan ignores the fields {sorted(unknown)}")
        text = given.get("image") or given.get("image_front")
        if not isinstance(text, str) or given.get("type", "glb") not in FORMATS:
            return given, None
        try:
            return given, read(decoded(text)).sha256
        except Unreadable:
            return given, None

    def _check(self, given: dict[str, Any]) -> None:
        found = problems(given, SECOND)
        if unknown := [problem.field for problem in found if problem.wrong is Wrong.UNKNOWN]:
            self.violate(f"hunyuan ignores the fields {unknown}")
        detail = [
            {"type": problem.wrong, "loc": ["body", problem.field], "msg": problem.said}
            for problem in found
            if problem.wrong is not Wrong.UNKNOWN
        ]
        if detail:
            raise Refused(422, more={"detail": detail})

    def _accepted(self, given: dict[str, Any], sha256: str | None) -> Order:
        textured = bool(given.get("texture", False))
        more = {
            "textured": textured,
            "floaters": 0 if textured else FLOATERS,
        }
        end = Phase.FAILED if sha256 is None else Phase.SUCCEEDED
        extensions = (str(given.get("type", "glb")),)
        return self.accept(Wish("hunyuan3d", 0.0, sha256 or "", extensions, more, end=end))

    def _generate(self, request: Request) -> Reply:
        with self._loop:
            order = self._accepted(*self._taken(request))
            if order.end is None:
                self.stopped.wait(60.0)  # real seconds
                raise ConnectionCut
            if order.end is Phase.SUCCEEDED:
                self.clock.wait(order.finished - self.clock.now(), self.stopped)
            if self.stopped.is_set():
                raise ConnectionCut
            if order.end is not Phase.SUCCEEDED:
                return json_reply(404, BUSY)
            content, kind = self.artifact(order, f"model.{order.extensions[0]}")
            self.note_download(order)
            return Reply(200, content, {"Content-Type": kind})

    def _send(self, request: Request) -> Reply:
        with self._loop:
            order = self._accepted(*self._taken(request))
            return json_reply(200, {"uid": order.id})

    def _status(self, _request: Request, uid: str) -> Reply:
        with self._loop:
            order = self.shelf.order(uid)
            told = {"status": "processing"} if order is None else self._told(order)
            return json_reply(200, told)

    def _told(self, order: Order) -> dict[str, str]:
        phase = self.phase(order)
        second = self.generation == "2.1"
        if second and phase is Phase.RUNNING and order.progress(self.clock.now()) >= 50:
            return {"status": "texturing"}
        if phase is not Phase.SUCCEEDED or order.extensions != ["glb"]:
            return {"status": "processing"}
        if second and not order.more["textured"]:
            return {"status": "texturing"}
        content, _kind = self.artifact(order, "model.glb")
        if self.clock.now() < order.finished + self.writes_s:
            content = content[: len(content) // 2]
        else:
            self.note_download(order)
        text = base64.b64encode(content).decode()
        told = {"status": "completed", "model_base64": text}
        return told | {"initial_model_base64": text} if second else told

    def _health(self, _request: Request) -> Reply:
        with self._loop:
            return json_reply(200, {"status": "healthy", "worker_id": "7f3a9c"})
