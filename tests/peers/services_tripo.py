"""A fake Tripo, v3 (section 7): the envelope, tasks, uploads, conversion, depth pictures.

Failed tasks are refunded. There is no cancel and no webhook.
"""

import secrets
import uuid
from http import HTTPStatus
from typing import Any, ClassVar, Final

from tests.peers.services_base import Service
from tests.peers.services_books import Wish
from tests.peers.services_calls import Refused, Route, check_bearer, json_object
from tests.peers.services_faults import Call
from tests.peers.services_fields import Field, problems
from tests.peers.services_http import Reply, Request, json_reply
from tests.peers.services_multipart import parts
from tests.peers.services_orders import ENDED, Order, Phase
from tests.peers.services_pictures import Picture, Unreadable, depth_of, read
from tests.peers.services_replicate import iso

FLAG: Final = Field("bool")
INPUT: Final = Field("str", required=True)
MODELS: Final = (
    *("v3.1-20260211", "v3.0-20250812", "v2.5-20250123", "P1-20260311", "Turbo-v1.0-20250506"),
    *("tripo-v3.1", "tripo-v3.0", "tripo-v2.5"),
)
TO_MODEL: Final = {
    "input": INPUT,
    "model": Field("str", choices=MODELS),
    **dict.fromkeys(("face_limit", "model_seed", "texture_seed"), Field("int")),
    **dict.fromkeys(("texture", "pbr", "auto_size", "quad", "generate_parts"), FLAG),
    **dict.fromkeys(("smart_low_poly", "enable_image_autofix", "export_uv"), FLAG),
    "texture_quality": Field("str", choices=("standard", "detailed", "extreme")),
    "geometry_quality": Field("str", choices=("standard", "detailed")),
    "texture_alignment": Field("str"),
    "orientation": Field("str", choices=("default", "align_image")),
    "compress": Field("str", choices=("geometry",)),
}
MULTIVIEW: Final = {
    **{name: field for name, field in TO_MODEL.items() if name != "input"},
    "inputs": Field("list", required=True, low=1, high=4),
}
TO_DEPTH: Final = {
    "input": INPUT,
    "kind": Field("str", choices=("gray", "color")),
    "process_res": Field("int", low=126, high=2016),
}
CONVERT: Final = {
    "input": INPUT,
    "format": Field("str", required=True, choices=("GLTF", "USDZ", "FBX", "OBJ", "STL", "3MF")),
    **dict.fromkeys(("quad", "force_symmetry", "flatten_bottom", "pivot_to_center_bottom"), FLAG),
    "face_limit": Field("int"),
    "flatten_bottom_threshold": Field("float"),
    "scale_factor": Field("float"),
    "export_orientation": Field("str", choices=("+x", "-x", "-y", "+y")),
    "texture_size": Field("int"),
    "texture_format": Field("str"),
}
DECIMATE: Final = {"input": INPUT, "face_limit": Field("int", low=1000, high=20000)}
IMPORT: Final = {"input": INPUT}
TYPES: Final = {
    "/v3/generation/image-to-model": ("image_to_model", TO_MODEL),
    "/v3/generation/multiview-to-model": ("multiview_to_model", MULTIVIEW),
    "/v3/generation/image-to-depth": ("image_to_depth", TO_DEPTH),
    "/v3/models/convert": ("convert_model", CONVERT),
    "/v3/mesh/decimate": ("decimate", DECIMATE),
    "/v3/models/import": ("import_model", IMPORT),
}
OF_MODELS: Final = frozenset({"convert_model", "decimate"})
CODES: Final = {400: 1004, 401: 1002, 402: 2010, 403: 1005, 404: 1004, 413: 1004, 422: 1004}
CREDIT, BUSY, POLICY, PARAMETER = 2010, 2000, 2008, 1004
IMAGE_BYTES: Final = 20 * 1000 * 1000
TOKEN_LIVES_S: Final = 1800.0
DEPTH_CREDITS, DECIMATE_CREDITS = 1, 5  # neither price was seen
STATES: Final = {
    Phase.QUEUED: "queued",
    Phase.RUNNING: "running",
    Phase.SUCCEEDED: "success",
    Phase.FAILED: "failed",
    Phase.MODERATED: "banned",
    Phase.CANCELLED: "cancelled",
}


class Tripo(Service):
    """``https://openapi.tripo3d.ai``.

    Attributes:
        concurrency: tasks queued or running (7.5: 10).
        errors_as_200: refusals come with status 200, and only their code tells.
        list_is_array: the shape of ``/v3/tasks/list`` (15: not known).
        older_form: tasks tell ``create_time``, ``error_code`` and ``error_msg``.
        output_key: where the mesh stands; None: ``model_url`` or ``pbr_model_url``, as ordered.
    """

    name: ClassVar[str] = "tripo"
    unit: ClassVar[str] = "credits"
    refunds: ClassVar[bool] = True
    usual_key: ClassVar[str] = "tsk_" + "c" * 40
    link_s: float | None = 600.0
    concurrency = 10
    errors_as_200 = False
    list_is_array = False
    older_form = False
    output_key: str | None = None

    def routes(self) -> list[Route]:
        """Return the calls of 7.1."""
        return [
            *(Route("POST", path, Call.CREATE, self._create) for path in TYPES),
            Route("POST", "/v3/files", Call.UPLOAD, self._upload),
            Route("POST", "/v3/files/presign", Call.UPLOAD, self._presign),
            Route("GET", r"/v3/tasks/([\w-]+)", Call.READ, self._read),
            Route("POST", "/v3/tasks/list", Call.LIST, self._read_many),
            Route("GET", "/v3/account/balance", Call.ACCOUNT, self._balance),
            Route("GET", "/v3/account/usage", Call.LIST, self._usage),
        ]

    def check_key(self, request: Request) -> None:
        """Take ``Bearer``."""
        check_bearer(request, self.key)

    def new_id(self) -> str:
        """Return a uuid."""
        return str(uuid.uuid4())

    def refusal(self, refused: Refused) -> Reply:
        """Answer with the envelope of errors."""
        code = refused.code or CODES.get(refused.status, 1000)
        if refused.status == HTTPStatus.TOO_MANY_REQUESTS:
            code = BUSY
        body = {"code": code, "message": refused.said, "request_id": secrets.token_hex(8)}
        if code == CREDIT:
            body["suggestion"] = "top up"
        headers = {} if refused.retry_s is None else {"Retry_After": str(refused.retry_s)}
        status = 200 if self.errors_as_200 else refused.status
        return _traced(json_reply(status, body, **headers))

    def no_credit(self) -> Refused:
        """Refuse as 7.5 has it."""
        return Refused(403, "no credit left", code=CREDIT)

    def strange(self, number: int) -> Wish:
        """Return somebody else's task."""
        more = {"type": "image_to_model", "input": {}}
        return Wish("v3.1-20260211", 20.0, super().strange(number).sha256, more=more)

    # Tasks.

    def _create(self, request: Request) -> Reply:
        kind, fields = TYPES[request.path]
        given = self._object(request)
        if found := problems(given, fields):
            raise Refused(400, f"{found[0].field}: {found[0].said}", code=PARAMETER)
        if self.waiting() >= self.concurrency:
            raise Refused(429, "too many tasks", code=BUSY)
        more: dict[str, Any] = {"type": kind, "input": given}
        sha256, blob = self._input_of(kind, given, more)
        end, why = Phase.SUCCEEDED, ""
        if given.get("face_limit", 1) < 1:
            end, why = Phase.FAILED, "face_limit is out of range"
            more["error_code"] = PARAMETER
        price = float(_price(kind, given))
        extensions = ("png",) if kind == "image_to_depth" else (_extension(given),)
        wish = Wish(given.get("model", kind), price, sha256, extensions, more, end=end, why=why)
        order = self.accept(wish)
        if blob is not None and order.given is None:
            order.given = blob
            self.shelf.keep(order)
        return self._good(self.odd(order, {"task_id": order.id}))

    def _object(self, request: Request) -> dict[str, Any]:
        try:
            return json_object(request)
        except Refused as refused:
            raise Refused(400, refused.said, code=1003) from refused

    def _input_of(
        self, kind: str, given: dict[str, Any], more: dict[str, Any]
    ) -> tuple[str, str | None]:
        if kind == "import_model":
            return "", None
        texts = given.get("inputs") or [given["input"]]
        earlier = [self.shelf.order(text) for text in texts]
        if earlier[0] is not None:
            if self.phase(earlier[0]) is not Phase.SUCCEEDED:
                raise Refused(400, "that task has not succeeded", code=PARAMETER)
            return earlier[0].sha256, earlier[0].given
        if kind in OF_MODELS:
            raise Refused(400, "input is no task", code=PARAMETER)
        pictures = [self._picture(text) for text in texts]
        more["picture"] = self.shelf.put(pictures[0].content)
        return pictures[0].sha256, None

    def _picture(self, text: str) -> Picture:
        try:
            if text.startswith("data:"):
                raise Unreadable("input is a file token, a URL or a task id")
            content = self.uploaded(text)
            return read(content, frozenset({"JPEG", "PNG"}), most_bytes=IMAGE_BYTES)
        except Unreadable as error:
            raise Refused(400, str(error), code=PARAMETER) from error

    def _read(self, _request: Request, task_id: str) -> Reply:
        order = self.shelf.order(task_id)
        if order is None:
            raise Refused(404, "task not found")
        return self._good(self._told(order))

    def _read_many(self, request: Request) -> Reply:
        names = self._object(request).get("task_ids")
        if not isinstance(names, list):
            raise Refused(400, "task_ids is a list", code=PARAMETER)
        found = [order for name in names if (order := self.shelf.order(str(name)))]
        if self.list_is_array:
            return self._good([self._told(order) for order in found])
        told = {order.id: self._told(order) for order in found}
        return self._good({"tasks": told, "missed": [name for name in names if name not in told]})

    def _told(self, order: Order) -> dict[str, Any]:
        now = self.clock.now()
        phase = order.phase(now)
        told: dict[str, Any] = {
            "task_id": order.id,
            "type": order.more["type"],
            "status": self._state(order, phase),
            "progress": order.progress(now) if phase is not Phase.QUEUED else 0,
            "input": order.more["input"],
            "output": {},
            "credits_consumed": order.price if phase is Phase.SUCCEEDED else 0,
        }
        if self.older_form:
            told["create_time"] = int(order.made_wall)
        else:
            told["created_at"] = iso(order.made_wall)
        if phase is Phase.QUEUED:
            told["queuing_num"] = int(order.started - now) + 1
        if phase is Phase.RUNNING:
            told["running_left_time"] = int(min(order.finished, now + 3600) - now)
        if phase in ENDED:
            told["completed_at"] = iso(self.wall(order, order.finished))
        if phase in {Phase.FAILED, Phase.MODERATED}:
            code = order.more.get("error_code", POLICY if phase is Phase.MODERATED else 1001)
            told |= (
                {"error_code": code, "error_msg": order.why}
                if self.older_form
                else {"error": {"code": code, "message": order.why}}
            )
        if told["status"] == "success":
            told["output"] = self._output(order)
        return self.odd(order, told)

    def _state(self, order: Order, phase: Phase) -> str:
        if phase is Phase.SUCCEEDED and self.is_gone(order):
            return "expired"
        if phase is Phase.RUNNING and order.odd_state:
            early = order.progress(self.clock.now()) < 50
            return "unknown" if early else "finalizing"
        return STATES[phase]

    def _output(self, order: Order) -> dict[str, str]:
        if order.more["type"] == "image_to_depth":
            return {"depth_image_url": self.link(order, "depth.png")}
        given = order.more["input"]
        usual = "pbr_model_url" if _is_textured(given) else "model_url"
        if order.more["type"] != "image_to_model":
            usual = "model_url"
        mesh = self.link(order, f"model.{order.extensions[0]}")
        return {self.output_key or usual: mesh, "rendered_image_url": self.link(order, "r.webp")}

    def artifact(self, order: Order, name: str) -> tuple[bytes, str]:
        """Return also depth pictures, their longer side ``process_res`` pixels."""
        if name != "depth.png" or "picture" not in order.more:
            return super().artifact(order, name)
        content = self.shelf.blob(order.more["picture"])
        given = order.more["input"]
        columns, rows = read(content).size
        scale = given.get("process_res", 504) / max(columns, rows)
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        look = order.look or ("colour" if given.get("kind") == "color" else "")
        return depth_of(content, size, look), "image/png"

    # Uploads, account.

    def _upload(self, request: Request) -> Reply:
        try:
            sent = parts(request.headers.get("content-type", ""), request.body)
        except ValueError as error:
            raise Refused(400, str(error), code=1003) from error
        if [part.name for part in sent] != ["file"]:
            raise Refused(400, "one part, file", code=PARAMETER)
        if len(sent[0].content) > IMAGE_BYTES:
            raise Refused(413, "the file is too large", code=PARAMETER)
        return self._good({"file_token": self._token(sent[0].content)})

    def _token(self, content: bytes | None) -> str:
        token = f"file_{secrets.token_hex(12)}"
        if content is not None:
            self.keep_upload(token, content)
        return token

    def _presign(self, request: Request) -> Reply:
        if set(self._object(request)) != {"format"}:
            raise Refused(400, "format is required", code=PARAMETER)
        token = self._token(None)
        url = f"{self.asset_url}/presigned/{token}?signature=1"
        self.shelf.note(f"presigned-{token}", {"until": self.clock.now() + TOKEN_LIVES_S})
        told = {"presigned_url": url, "file_token": token, "expires_in": int(TOKEN_LIVES_S)}
        return self._good(told)

    def asset_routes(self) -> list[Route]:
        """Return the plain PUT of an upload, without the credential."""
        path = r"/presigned/(file_[0-9a-f]+)"
        return [Route("PUT", path, Call.UPLOAD, self._put, is_open=True)]

    def _put(self, request: Request, token: str) -> Reply:
        note = self.shelf.noted(f"presigned-{token}")
        if note is None or note["until"] < self.clock.now():
            return Reply(403)
        self.keep_upload(token, request.body)
        return Reply(200)

    def _balance(self, _request: Request) -> Reply:
        ours = [order for order in self.shelf.orders() if not order.stranger]
        frozen = sum(order.price for order in ours if self.phase(order) not in ENDED)
        return self._good({"balance": self.left(), "frozen": frozen})

    def _usage(self, request: Request) -> Reply:
        limit, offset = int(request.one("limit") or 50), int(request.one("offset") or 0)
        newest = sorted(self.shelf.orders(), key=lambda order: -order.made_wall)
        items = [
            {
                "task_id": order.id,
                "type": order.more["type"],
                "status": self._state(order, self.phase(order)),
                "created_at": iso(order.made_wall),
                "credits_consumed": order.price,
            }
            for order in newest[offset : offset + limit]
        ]
        return self._good({"items": items})

    def _good(self, data: object) -> Reply:
        return _traced(json_reply(200, {"code": 0, "data": data}))


def _traced(reply: Reply) -> Reply:
    reply.headers["X-Tripo-Trace-ID"] = str(uuid.uuid4())
    return reply


def _is_textured(given: dict[str, Any]) -> bool:
    return bool(given.get("texture", True) or given.get("pbr", True))


def _extension(given: dict[str, Any]) -> str:
    return str(given.get("format", "glb")).lower()


def _price(kind: str, given: dict[str, Any]) -> int:
    match kind:
        case "import_model":
            return 0
        case "image_to_depth":
            return DEPTH_CREDITS
        case "decimate":
            return DECIMATE_CREDITS
        case "convert_model":
            return 10 if set(given) - {"input", "format"} else 5
    return (
        (30 if _is_textured(given) else 20)
        + (5 if given.get("quad") else 0)
        + (10 if given.get("smart_low_poly") else 0)
        + (10 if given.get("texture_quality", "standard") != "standard" else 0)
    )
