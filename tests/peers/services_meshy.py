"""A fake Meshy (section 5): tasks of several kinds, a balance, results under links that expire.

Failed tasks are refunded. There is no cancel: DELETE removes a task, running or not, unpaid back.
"""

import secrets
import time
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from tests.peers.services_base import Service
from tests.peers.services_books import Wish
from tests.peers.services_calls import Refused, Route, check_bearer, events, json_object
from tests.peers.services_faults import Call
from tests.peers.services_fields import Field, problems
from tests.peers.services_http import Reply, Request, json_reply
from tests.peers.services_orders import ENDED, Order, Phase
from tests.peers.services_pictures import Unreadable, read

DUMMY_KEY: Final = "msy_dummy_api_key_for_test_mode_12345678"
FORMATS: Final = ("glb", "obj", "fbx", "stl", "usdz", "3mf")
FLAG: Final = Field("bool")
IMAGE: Final = {
    "image_url": Field("str"),
    "input_task_id": Field("str"),
    "ai_model": Field("str", choices=("meshy-5", "meshy-6", "latest")),
    "model_type": Field("str", choices=("standard", "lowpoly", "smart-topology")),
    **dict.fromkeys(("should_texture", "enable_pbr", "hd_texture", "remove_lighting"), FLAG),
    "texture_prompt": Field("str", high=600),
    "texture_image_url": Field("str"),
    **dict.fromkeys(("should_remesh", "save_pre_remeshed_model"), FLAG),
    "topology": Field("str", choices=("triangle", "quad")),
    "target_polycount": Field("int", low=100, high=300_000),
    "symmetry_mode": Field("str", choices=("off", "auto", "on")),
    "pose_mode": Field("str", choices=("", "a-pose", "t-pose")),
    **dict.fromkeys(("image_enhancement", "auto_size", "moderation"), FLAG),
    "target_formats": Field("list", low=1, choices=FORMATS),
    "origin_at": Field("str", choices=("bottom", "center")),
}
MULTI: Final = {
    **{name: field for name, field in IMAGE.items() if name != "image_url"},
    "image_urls": Field("list", required=True, low=1, high=4),
}
REMESH: Final = {
    "input_task_id": Field("str"),
    "model_url": Field("str"),
    "target_formats": Field("list", low=1, choices=FORMATS),
    "topology": Field("str", choices=("triangle", "quad")),
    "target_polycount": Field("int", low=100, high=300_000),
    "origin_at": Field("str", choices=("bottom", "center")),
}
PRINT: Final = {
    "input_task_id": Field("str"),
    "model_url": Field("str"),
    "printer_type": Field("str"),
    "print_size": Field("any"),
}
KINDS: Final = {
    "image-to-3d": IMAGE,
    "multi-image-to-3d": MULTI,
    "remesh": REMESH,
    "print/analyze": PRINT,
    "print/repair": PRINT,
}
STATES: Final = {
    Phase.QUEUED: "PENDING",
    Phase.RUNNING: "IN_PROGRESS",
    Phase.SUCCEEDED: "SUCCEEDED",
    Phase.FAILED: "FAILED",
    Phase.MODERATED: "FAILED",
    Phase.CANCELLED: "CANCELED",
}
MODEL_CREDITS: Final = {"meshy-5": 5, "meshy-6": 20, "latest": 20}
TEXTURE_CREDITS, REMESH_CREDITS = 10, 5
REPAIR_CREDITS: Final = 10  # not known
RETRY_S: Final = 5
MOST_PER_PAGE: Final = 50
PAIRED: Final = 2  # seconds of the queue for each task before ours
UNREADABLE: Final = "The image could not be read"


class Meshy(Service):
    """``https://api.meshy.ai``; ``asset_url`` is ``https://assets.meshy.ai``.

    Attributes:
        queue_depth: unfinished tasks that the plan allows (5.4: 10 for Pro).
        event_s: service seconds between two events of a stream.
    """

    name: ClassVar[str] = "meshy"
    unit: ClassVar[str] = "credits"
    refunds: ClassVar[bool] = True
    usual_key: ClassVar[str] = "msy_" + "A" * 32
    retention_s: float | None = 3 * 86400.0
    link_s: float | None = 3 * 86400.0
    queue_depth = 10
    event_s = 5.0

    def routes(self) -> list[Route]:
        """Return the calls of 5.1."""
        kind = f"/openapi/v1/({'|'.join(KINDS)})"
        one = kind + r"/([0-9a-f-]{36})"
        return [
            Route("POST", kind, Call.CREATE, self._create),
            Route("GET", kind, Call.LIST, self._list),
            Route("GET", one, Call.READ, self._read),
            Route("GET", one + "/stream", Call.STREAM, self._stream),
            Route("DELETE", one, Call.DELETE, self._delete),
            Route("GET", "/openapi/v1/balance", Call.ACCOUNT, self._balance),
        ]

    def check_key(self, request: Request) -> None:
        """Take the key, or the documented dummy; browsers are refused (5.1)."""
        if "origin" in request.headers:
            raise Refused(403, "CORS is not allowed")
        check_bearer(request, DUMMY_KEY if self._is_dummy(request) else self.key)

    @staticmethod
    def _is_dummy(request: Request) -> bool:
        return DUMMY_KEY in request.headers.get("authorization", "")

    def new_id(self) -> str:
        """Return a uuid that begins with the time."""
        stamp = f"{int(time.time() * 1000):012x}"
        rest = secrets.token_hex(10)
        return str(uuid.UUID(f"{stamp}7{rest[:3]}8{rest[3:6]}{rest[6:18]}"))

    def refusal(self, refused: Refused) -> Reply:
        """Answer with a message only (5.4)."""
        said = {401: "Invalid API key", 402: "Insufficient credits"}.get(
            refused.status, refused.said
        )
        headers = {} if refused.retry_s is None else {"Retry_After": str(refused.retry_s)}
        return json_reply(refused.status, {"message": said}, **headers)

    def strange(self, number: int) -> Wish:
        """Return somebody else's task."""
        more = {"kind": "image-to-3d", "input": {}}
        return Wish("meshy-6", 20.0, super().strange(number).sha256, ("glb", "stl"), more)

    def _create(self, request: Request, kind: str) -> Reply:
        given = json_object(request)
        if found := problems(given, KINDS[kind]):
            raise Refused(400, f"{found[0].field}: {found[0].said}")
        if self.waiting() >= self.queue_depth:
            raise Refused(429, "Too many pending tasks in your queue")
        sha256, given_blob = self._input_of(kind, given)
        price = 0.0 if self._is_dummy(request) else float(_price(kind, given))
        more = {"kind": kind, "input": given}
        extensions = _extensions(given)
        order = self.accept(Wish(given.get("ai_model", kind), price, sha256, extensions, more))
        if given_blob is not None and order.given is None:
            order.given = given_blob
            self.shelf.keep(order)
        return json_reply(202, self.odd(order, {"result": order.id}))

    def _input_of(self, kind: str, given: dict[str, Any]) -> tuple[str, str | None]:
        """Return the hash of the picture, and the mesh that an earlier task was given."""
        if "input_task_id" in given:
            earlier = self.shelf.order(given["input_task_id"])
            if earlier is None or self.phase(earlier) is not Phase.SUCCEEDED:
                raise Refused(400, "input_task_id is no finished task")
            return earlier.sha256, earlier.given
        if kind in {"image-to-3d", "multi-image-to-3d"}:
            uris = given.get("image_urls") or [given.get("image_url")]
            pictures = [self._picture(uri) for uri in uris]
            return pictures[0], None
        if "model_url" not in given:
            raise Refused(400, "input_task_id or model_url is required")
        return "", None

    def _picture(self, uri: str | None) -> str:
        if uri is None:
            raise Refused(400, "image_url is required")
        try:
            return read(self.uploaded(uri), frozenset({"JPEG", "PNG"})).sha256
        except Unreadable as error:
            raise Refused(400, f"{UNREADABLE}: {error}") from error

    def _order(self, kind: str, order_id: str) -> Order:
        order = self.shelf.order(order_id)
        if order is None or order.more["kind"] != kind or self.is_gone(order):
            raise Refused(404, "Task not found")
        return order

    def _read(self, _request: Request, kind: str, order_id: str) -> Reply:
        order = self._order(kind, order_id)
        reply = json_reply(200, self._told(order))
        if self.phase(order) not in ENDED:
            reply.headers["Retry-After"] = str(RETRY_S)
        return reply

    def _list(self, request: Request, kind: str) -> Reply:
        try:
            page, size = int(request.one("page_num") or 1), int(request.one("page_size") or 10)
        except ValueError as error:
            raise Refused(400, "page_num and page_size are numbers") from error
        sort = request.one("sort_by") or "-created_at"
        if page < 1 or not 1 <= size <= MOST_PER_PAGE or sort not in {"-created_at", "+created_at"}:
            raise Refused(400, "page_num, page_size or sort_by is out of range")
        found = [
            order
            for order in self.shelf.orders()
            if order.more["kind"] == kind and not self.is_gone(order)
        ]
        found.sort(key=lambda order: order.made_wall, reverse=sort.startswith("-"))
        chosen = found[(page - 1) * size : page * size]
        return json_reply(200, [self._told(order) for order in chosen])

    def _delete(self, _request: Request, kind: str, order_id: str) -> Reply:
        order = self._order(kind, order_id)
        order.deleted = True
        self.shelf.keep(order)
        return Reply(200)

    def _stream(self, _request: Request, kind: str, order_id: str) -> Reply:
        """Send the task as it goes on; of an id that is not there, one error event (5.6)."""

        def steps() -> Iterator[tuple[str, dict[str, Any]]]:
            while not self.stopped.is_set():
                try:
                    order = self._order(kind, order_id)
                except Refused as refused:
                    yield "error", {"status_code": refused.status, "message": refused.said}
                    return
                phase = self.phase(order)
                yield "message", self._told(order)
                if phase in ENDED:
                    return
                yield "", {}
                self.clock.wait(self.event_s, self.stopped)

        return Reply(200, events(steps()), {"Content-Type": "text/event-stream"})

    def _balance(self, _request: Request) -> Reply:
        return json_reply(200, {"balance": int(self.left())})

    def _told(self, order: Order) -> dict[str, Any]:
        now = self.clock.now()
        phase = order.phase(now)
        succeeded, ended = phase is Phase.SUCCEEDED, phase in ENDED
        started = now >= order.started
        told: dict[str, Any] = {
            "id": order.id,
            "type": order.more["kind"],
            "status": STATES[phase],
            "progress": order.progress(now) if started else 0,
            "created_at": _ms(order.made_wall),
            "started_at": _ms(self.wall(order, order.started)) if started else 0,
            "finished_at": _ms(self.wall(order, order.finished)) if ended else 0,
            "expires_at": _ms(self.expires(order, self.retention_s or 0)) if ended else 0,
            "model_urls": self._urls(order) if succeeded else {},
            "thumbnail_url": self.link(order, "preview.png") if succeeded else "",
            "texture_urls": self._textures(order) if succeeded else [],
            "preceding_tasks": 0 if started else int((order.started - now) // PAIRED) + 1,
            "task_error": {"message": ""},
            "consumed_credits": int(order.price) if succeeded else 0,
        }
        if phase is Phase.FAILED:
            told["task_error"] = {"message": order.why}
        if phase is Phase.MODERATED:
            told["task_error"] = {"message": f"the input was {order.why}"}
        if order.odd_state and phase is Phase.RUNNING:
            told["status"] = "OPTIMIZING"
        if succeeded and order.more["kind"] == "print/analyze":
            told["printability"] = {"watertight": True, "thin_walls": []}
        return self.odd(order, told)

    def _urls(self, order: Order) -> dict[str, str]:
        if order.more["kind"] == "print/analyze":
            return {}
        urls = {name: self.link(order, f"model.{name}") for name in order.extensions}
        if "obj" in urls and order.more["input"].get("should_texture", True):
            urls["mtl"] = self.link(order, "model.mtl")
        if order.more["input"].get("save_pre_remeshed_model"):
            urls["pre_remeshed_glb"] = self.link(order, "pre_remeshed.glb")
        return urls

    def _textures(self, order: Order) -> list[dict[str, str]]:
        if order.more["kind"].startswith("print/") or not order.more["input"].get(
            "should_texture", True
        ):
            return []
        return [{"base_color": self.link(order, "texture_0.png")}]


def _extensions(given: dict[str, Any]) -> tuple[str, ...]:
    return tuple(given.get("target_formats") or [name for name in FORMATS if name != "3mf"])


def _price(kind: str, given: dict[str, Any]) -> int:
    if kind == "remesh":
        return REMESH_CREDITS
    if kind.startswith("print/"):
        return REPAIR_CREDITS if kind == "print/repair" else 0
    texture = TEXTURE_CREDITS if given.get("should_texture", True) else 0
    return MODEL_CREDITS[given.get("ai_model", "latest")] + texture


def _ms(moment: float) -> int:
    return int(moment * 1000)
