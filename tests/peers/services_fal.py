"""A fake fal (section 4): the queue, uploads at another host, results that are kept briefly.

The queue takes whatever is an object: wrong arguments are what the *model* answers, at the result.
"""

import json
import secrets
import uuid
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, Final

from tests.peers.services_base import Service
from tests.peers.services_books import Wish
from tests.peers.services_calls import Refused, Route, check_bearer, events, json_object
from tests.peers.services_fal_models import MODELS, price
from tests.peers.services_faults import Call
from tests.peers.services_fields import Wrong, problems
from tests.peers.services_http import Reply, Request, json_reply
from tests.peers.services_orders import ENDED, Order, Phase
from tests.peers.services_pictures import Unreadable, read

BIG_BODY_BYTES: Final = 10 * 1024
SMALL_LIVES_S, BIG_LIVES_S = 3600.0, 360.0
TOKEN_LIVES_S: Final = 3600.0
KINDS: Final = {
    Wrong.MISSING: "missing",
    Wrong.UNKNOWN: "extra_forbidden",
    Wrong.TYPE: "type_error",
    Wrong.RANGE: "value_error",
    Wrong.CHOICE: "enum",
}
ERROR_TYPES: Final = {
    500: "internal_error",
    502: "bad_gateway",
    503: "runner_scheduling_failure",
    504: "request_timeout",
}


class Fal(Service):
    """``https://queue.fal.run``; ``rest_url`` is ``https://rest.fal.ai``, ``asset_url`` the CDN.

    Attributes:
        resolution: what TRELLIS 2 takes as such: ``either``, ``int`` or ``text`` (4.5: not known).
        plain_detail: errors of models are a plain string, as of endpoints that have not migrated.
        cancelled_status: what the result of a cancelled request answers (15: not known).
        padding: bytes that a result is longer; 10 KB shorten its life (4.1).
        remembers_file_s: for how long the CDN keeps a file, unless the header says otherwise.
    """

    name: ClassVar[str] = "fal"
    usual_key: ClassVar[str] = "0a1b2c3d-fake:" + "0f" * 16
    expired_status: ClassVar[int] = 404
    resolution = "either"
    plain_detail = False
    cancelled_status = 422
    padding = 0
    remembers_file_s = 7 * 86400.0

    def __init__(self, folder: Path, **kwargs: Any) -> None:
        super().__init__(folder, **kwargs)
        self.rest_url = self.open_site("rest", self._answer_rest, kwargs.get("host", "127.0.0.1"))

    def routes(self) -> list[Route]:
        """Return the calls of 4.1; addresses of requests hold owner and app only."""
        one = r"/([\w-]+/[\w.-]+)/requests/([0-9a-f-]+)"
        return [
            Route("GET", one + "/status", Call.READ, self._status),
            Route("GET", one + "/status/stream", Call.STREAM, self._stream),
            Route("GET", one, Call.RESULT, self._result),
            Route("PUT", one + "/cancel", Call.CANCEL, self._cancel),
            Route("POST", r"/([\w-]+/[\w.-]+(?:/[\w./-]+)?)", Call.CREATE, self._submit),
        ]

    def check_key(self, request: Request) -> None:
        """Take ``Key id:secret``."""
        check_bearer(request, self.key, ("Key",))

    def new_id(self) -> str:
        """Return a uuid."""
        return str(uuid.uuid4())

    def refusal(self, refused: Refused) -> Reply:
        """Answer with the flat shape of errors of requests; 422 has that of models (4.3)."""
        if refused.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            detail = [{"loc": ["body"], "msg": refused.said, "type": "value_error"}]
            return json_reply(422, {"detail": detail}, X_Fal_Retryable="false")
        kind = str(refused.code or ERROR_TYPES.get(refused.status, ""))
        body = {"detail": refused.said}
        headers = {}
        if kind:
            body["error_type"] = kind
            headers["X_Fal_Error_Type"] = kind
        if refused.retry_s is not None:
            headers["Retry_After"] = str(refused.retry_s)
        return json_reply(refused.status, body, **headers)

    def no_credit(self) -> Refused:
        """Refuse with 403: the account is locked (4.3)."""
        return Refused(403, "User is locked. Reason: Exhausted balance.")

    # The queue.

    def _submit(self, request: Request, app: str) -> Reply:
        if app not in MODELS:
            raise Refused(404, f"Application {app} not found")
        if (hook := request.one("fal_webhook")) is not None and not hook.startswith("https://"):
            raise Refused(422, "fal_webhook must be HTTPS")
        headers = _headers(request)
        given = json_object(request, 422)
        more: dict[str, Any] = {"input": given, **headers}
        price, sha256, wrong = self._judged(app, given)
        more["wrong"] = wrong
        wish = Wish(app, price, sha256, more=more)
        if wrong:
            wish = Wish(app, 0.0, "", more=more, end=Phase.FAILED, why="the arguments are wrong")
        order = self.accept(wish)
        if (start_s := headers["start_s"]) is not None and start_s < order.queue_s:
            order.end, order.queue_s, order.work_s = Phase.FAILED, start_s, 0.0
            order.more["error"] = "request_timeout"
            self.shelf.keep(order)
        base = self._base(order)
        told = {
            "status": "IN_QUEUE",
            "request_id": order.id,
            "response_url": base,
            "status_url": f"{base}/status",
            "cancel_url": f"{base}/cancel",
            "queue_position": self._position(order),
        }
        if hook is not None:
            told["gateway_request_id"] = order.id
        return self._marked(order, json_reply(200, self.odd(order, told)))

    def _base(self, order: Order) -> str:
        owner, app, *_rest = order.model.split("/")
        return f"{self.url}/{owner}/{app}/requests/{order.id}"

    def _marked(self, order: Order, reply: Reply) -> Reply:
        reply.headers["x-fal-request-id"] = order.id
        return reply

    def _position(self, order: Order) -> int:
        return max(0, int(order.started - self.clock.now()))

    def _judged(self, app: str, given: dict[str, Any]) -> tuple[float, str, list[dict[str, Any]]]:
        """Return price, hash of the picture, and what the model will say is wrong."""
        wrong = [
            {"loc": ["body", found.field], "msg": found.said, "type": KINDS[found.wrong]}
            for found in problems(given, MODELS[app])
        ]
        if "resolution" in given and not self._takes(given["resolution"]):
            wrong.append({"loc": ["body", "resolution"], "msg": "no such size", "type": "enum"})
        if wrong:
            return 0.0, "", wrong
        name = "image_url" if "image_url" in given else "input_image_url"
        limits: dict[str, Any] = {}
        if "hunyuan" in app:
            limits = {"most_bytes": 8 * 1000 * 1000, "sides": (128, 5000)}
        try:
            picture = read(self.uploaded(given[name]), **limits)
        except Unreadable as error:
            kind = "image_load_error"
            return 0.0, "", [{"loc": ["body", name], "msg": str(error), "type": kind}]
        return price(app, given), picture.sha256, []

    def _takes(self, resolution: object) -> bool:
        sizes = [] if self.resolution == "text" else [512, 1024, 1536]
        words = [] if self.resolution == "int" else ["512", "1024", "1536"]
        return resolution in words or (type(resolution) is int and resolution in sizes)

    def _order(self, app: str, order_id: str) -> Order:
        order = self.shelf.order(order_id)
        if order is None or "/".join(order.model.split("/")[:2]) != app:
            raise Refused(404, "Request not found")
        return order

    def _status(self, request: Request, app: str, order_id: str) -> Reply:
        order = self._order(app, order_id)
        told = self._told(order, logs=request.one("logs") == "1")
        done = told["status"] == "COMPLETED"
        return self._marked(order, json_reply(200 if done else 202, told))

    def _told(self, order: Order, *, logs: bool) -> dict[str, Any]:
        phase = self.phase(order)
        lines = [{"message": f"step {order.progress(self.clock.now())}%", "level": "INFO"}]
        told: dict[str, Any] = {"request_id": order.id}
        if phase is Phase.QUEUED:
            told |= {"status": "IN_QUEUE", "queue_position": self._position(order)}
        elif phase is Phase.RUNNING:
            told |= {"status": "IN_PROGRESS", "logs": lines if logs else None}
            if order.odd_state:
                told["status"] = "SUSPENDED"
        else:
            told |= {"status": "COMPLETED", "logs": lines if logs else None}
            told["metrics"] = {"inference_time": order.work_s}
            told |= self._failure(order, phase)
        return self.odd(order, told)

    def _failure(self, order: Order, phase: Phase) -> dict[str, str]:
        if phase in {Phase.SUCCEEDED, Phase.CANCELLED} or order.more["wrong"]:
            return {}  # the status of wrong arguments looks as that of success
        kind = order.more.get("error", "downstream_service_error")
        if phase is Phase.MODERATED:
            kind = "content_policy_violation"
        return {"error": order.why or "Request failed", "error_type": kind}

    def _stream(self, _request: Request, app: str, order_id: str) -> Reply:
        order = self._order(app, order_id)

        def steps() -> Iterator[tuple[str, dict[str, Any]]]:
            while not self.stopped.is_set():
                told = self._told(order, logs=False)
                yield "message", told
                if told["status"] == "COMPLETED":
                    return
                yield "", {}
                self.clock.wait(5.0, self.stopped)

        return Reply(200, events(steps()), {"Content-Type": "text/event-stream"})

    def _result(self, _request: Request, app: str, order_id: str) -> Reply:
        order = self._order(app, order_id)
        phase = self.phase(order)
        if phase not in ENDED:
            raise Refused(400, "Request is still in progress")
        body = json.dumps(self._output(order)).encode()
        lives_s = BIG_LIVES_S if len(body) >= BIG_BODY_BYTES else SMALL_LIVES_S
        stale = self.clock.now() > order.finished + lives_s
        if order.gone or stale or not order.more["stored"]:
            raise Refused(404, "Request not found or expired")
        reply = self._bad_result(order, phase) or Reply(
            200, body, {"Content-Type": "application/json"}
        )
        return self._marked(order, reply)

    def _bad_result(self, order: Order, phase: Phase) -> Reply | None:
        if phase is Phase.SUCCEEDED:
            return None
        if order.more.get("error") == "request_timeout":
            said = Refused(504, "Request timed out before it started", code="request_timeout")
            reply = self.refusal(said)
            reply.headers["X-Fal-Request-Timeout-Type"] = "user"
            return reply
        if phase is Phase.CANCELLED:
            return self.refusal(Refused(self.cancelled_status, "Request was cancelled"))
        detail = order.more["wrong"] or [
            {
                "loc": ["body", "image_url"],
                "msg": "refused by the content checker" if phase is Phase.MODERATED else order.why,
                "type": self._failure(order, phase)["error_type"],
            }
        ]
        said_plainly = "; ".join(str(entry["msg"]) for entry in detail)
        body = {"detail": said_plainly if self.plain_detail else detail}
        return json_reply(422, body, X_Fal_Retryable="false")

    def _output(self, order: Order) -> dict[str, Any]:
        content, kind = self.artifact(order, "model.glb")
        file = {
            "url": self.link(order, "model.glb"),
            "content_type": kind,
            "file_name": "model.glb",
            "file_size": len(content),
        }
        output: dict[str, Any] = {"model_glb": file}
        if "hunyuan" in order.model:
            output["model_urls"] = {"glb": file}
            if not order.more["input"].get("enable_geometry"):
                obj = file | {"url": self.link(order, "model.obj"), "file_name": "model.obj"}
                output["model_urls"]["obj"] = obj
            output["thumbnail"] = {"url": self.link(order, "preview.png")}
        if self.padding:
            output["timings"] = {"trace": "x" * self.padding}
        return output

    def is_gone(self, order: Order) -> bool:
        """Whether the CDN keeps its files no more; results go sooner."""
        lives_s = order.more.get("lives_s") or self.remembers_file_s
        return super().is_gone(order) or self.clock.now() > order.finished + lives_s

    def _cancel(self, _request: Request, app: str, order_id: str) -> Reply:
        try:
            order = self._order(app, order_id)
        except Refused:
            return json_reply(404, {"status": "NOT_FOUND"})
        phase = self.phase(order)
        if phase in ENDED:
            return json_reply(400, {"status": "ALREADY_COMPLETED"})
        order.cancelled = self.clock.now()
        self.shelf.keep(order)
        if phase is Phase.QUEUED:
            return json_reply(200, {"status": "OK"})
        return json_reply(202, {"status": "CANCELLATION_REQUESTED"})

    # Uploads (4.2).

    def _answer_rest(self, request: Request) -> Reply:
        routes = [
            Route("POST", "/storage/upload/initiate", Call.UPLOAD, self._initiate),
            Route("POST", "/storage/auth/token", Call.UPLOAD, self._token),
        ]
        return self._answer_as(routes, request, self._refuse_unknown)

    def _initiate(self, request: Request) -> Reply:
        body = json_object(request, 422)
        if request.one("storage_type") != "gcs" or set(body) != {"file_name", "content_type"}:
            raise Refused(422, "storage_type=gcs, file_name and content_type")
        name = secrets.token_hex(8)
        self.shelf.note(f"put-{name}", {"kind": body["content_type"]})
        place = f"{self.asset_url}/put/{name}/{body['file_name']}"
        file = f"{self.asset_url}/files/{name}/{body['file_name']}"
        return json_reply(200, {"upload_url": f"{place}?signature=1", "file_url": file})

    def _token(self, request: Request) -> Reply:
        if request.one("storage_type") != "fal-cdn-v3" or json_object(request, 422):
            raise Refused(422, "storage_type=fal-cdn-v3 and an empty object")
        token = secrets.token_urlsafe(24)
        self.shelf.note(f"token-{token}", {"until": self.clock.now() + TOKEN_LIVES_S})
        told = {
            "token": token,
            "token_type": "Bearer",
            "base_url": self.asset_url,
            "expires_at": "2099-01-01T00:00:00Z",
        }
        return json_reply(200, told)

    def asset_routes(self) -> list[Route]:
        """Return the uploads of the CDN."""
        return [
            Route("PUT", r"/put/([0-9a-f]+)/([^/]+)", Call.UPLOAD, self._put, is_open=True),
            Route("POST", "/files/upload", Call.UPLOAD, self._post_file, is_open=True),
        ]

    def _put(self, request: Request, name: str, file: str) -> Reply:
        note = self.shelf.noted(f"put-{name}")
        if note is None or request.headers.get("content-type") != note["kind"]:
            raise Refused(403, "the signature is of another content type")
        self.keep_upload(f"{self.asset_url}/files/{name}/{file}", request.body)
        return Reply(200)

    def _post_file(self, request: Request) -> Reply:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        note = self.shelf.noted(f"token-{shown}")
        name = request.headers.get("x-fal-file-name")
        if note is None or note["until"] < self.clock.now() or not name:
            raise Refused(401)
        uri = f"{self.asset_url}/files/{secrets.token_hex(8)}/{name}"
        self.keep_upload(uri, request.body)
        return json_reply(200, {"access_url": uri})


def _headers(request: Request) -> dict[str, Any]:
    start = request.headers.get("x-fal-request-timeout")
    if request.headers.get("x-fal-queue-priority", "normal") not in {"normal", "low"}:
        raise Refused(422, "X-Fal-Queue-Priority is normal or low")
    try:
        start_s = None if start is None else float(start)
        lives = json.loads(request.headers.get("x-fal-object-lifecycle-preference", "{}"))
        lives_s = lives.get("expiration_duration_seconds")
    except (ValueError, AttributeError) as error:
        raise Refused(422, f"a header is wrong: {error}") from error
    stored = request.headers.get("x-fal-store-io") != "0"
    return {"start_s": start_s, "lives_s": lives_s, "stored": stored}
