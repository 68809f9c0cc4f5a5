"""A fake Replicate (section 3): predictions, files, community and official models, retention.

Its delivery host wants the credential, as the provider's API text says (1.5), unless
``assets_need_key`` is off.
"""

import datetime as dt
import hashlib
import json
import re
import secrets
import string
import time
from http import HTTPStatus
from typing import Any, ClassVar, Final

from tests.peers.services_base import Service
from tests.peers.services_books import Wish
from tests.peers.services_calls import Refused, Route, check_bearer, json_object
from tests.peers.services_faults import Call
from tests.peers.services_fields import problems
from tests.peers.services_http import Reply, Request, json_reply
from tests.peers.services_meshes import TYPES
from tests.peers.services_multipart import parts
from tests.peers.services_orders import ENDED, Order, Phase
from tests.peers.services_pictures import Unreadable, read
from tests.peers.services_replicate_models import COMMUNITY, MODELS, PRICES

CREATED: Final = frozenset({"version", "input", "webhook", "webhook_events_filter"})
WEBHOOK_EVENTS: Final = frozenset({"start", "output", "logs", "completed"})
DURATION: Final = re.compile(r"(\d+)([smh])")
UNITS_S: Final = {"s": 1, "m": 60, "h": 3600}
FILE_LIVES_S: Final = 86400.0
STATES: Final = {
    Phase.QUEUED: "starting",
    Phase.RUNNING: "processing",
    Phase.SUCCEEDED: "succeeded",
    Phase.FAILED: "failed",
    Phase.MODERATED: "failed",
    Phase.CANCELLED: "canceled",
}
TITLES: Final = {
    401: ("Unauthenticated", "You did not pass a valid authentication token"),
    402: ("Insufficient credit", "You have insufficient credit to run this model."),
    404: ("Not found", "The requested resource could not be found."),
    422: ("Input validation failed", ""),
}


class Replicate(Service):
    """``https://api.replicate.com``; ``asset_url`` is ``https://replicate.delivery``.

    Attributes:
        rodin_output: ``list``, ``string`` or ``object`` (3.8: not known).
        page_size: of the list of predictions.
    """

    name: ClassVar[str] = "replicate"
    usual_key: ClassVar[str] = "r8_" + "F" * 37
    retention_s: float | None = 3600.0
    expired_status: ClassVar[int] = 404
    assets_take_key = True
    assets_need_key = True
    rodin_output = "list"
    page_size = 100

    def routes(self) -> list[Route]:
        """Return the calls of 3.1."""
        one = r"/v1/predictions/([a-z0-9]+)"
        model = r"/v1/models/([\w.-]+/[\w.-]+)"
        file = r"/v1/files/([\w-]+)"
        return [
            Route("POST", "/v1/predictions", Call.CREATE, self._create),
            Route("POST", model + "/predictions", Call.CREATE, self._create_official),
            Route("GET", "/v1/predictions", Call.LIST, self._list),
            Route("GET", one, Call.READ, self._read),
            Route("POST", one + "/cancel", Call.CANCEL, self._cancel),
            Route("POST", "/v1/files", Call.UPLOAD, self._upload),
            Route("GET", file, Call.ACCOUNT, self._file),
            Route("DELETE", file, Call.DELETE, self._delete_file),
            Route("GET", model, Call.SCHEMA, self._model),
            Route("GET", "/v1/account", Call.ACCOUNT, self._account),
            Route("GET", "/v1/webhooks/default/secret", Call.ACCOUNT, self._secret),
        ]

    def check_key(self, request: Request) -> None:
        """Take ``Bearer`` and the older ``Token``."""
        check_bearer(request, self.key, ("Bearer", "Token"))

    def new_id(self) -> str:
        """Return 26 characters."""
        return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(26))

    def refusal(self, refused: Refused) -> Reply:
        """Answer with a problem of RFC 7807, and 429 with its own hint (3.4)."""
        if refused.status == HTTPStatus.TOO_MANY_REQUESTS:
            reset_s = 30 if refused.retry_s is None else refused.retry_s
            said = f"Request was throttled. Your rate limit resets in ~{reset_s}s."
            return json_reply(429, {"detail": said})
        title, detail = TITLES.get(refused.status, (HTTPStatus(refused.status).phrase, ""))
        body = {"title": title, "detail": detail or refused.said, "status": refused.status}
        reply = json_reply(refused.status, body | refused.more)
        reply.headers["Content-Type"] = "application/problem+json"
        return reply

    def strange(self, number: int) -> Wish:
        """Return somebody else's prediction, of the same model."""
        given = {"image": f"https://replicate.delivery/strange/{number}.png"}
        more = {"input": given, "version": "hidden", "source": "web" if number % 2 else "api"}
        sha256 = hashlib.sha256(f"stranger {number}".encode()).hexdigest()
        return Wish("tencent/hunyuan-3d-3.1", 0.25, sha256, more=more)

    # Predictions.

    def _create(self, request: Request) -> Reply:
        body = json_object(request, 422)
        named = body.get("version")
        if not isinstance(named, str):
            raise _invalid("version", "required", "version is required")
        return self._begin(request, *_model_of(named), body)

    def _create_official(self, request: Request, model: str) -> Reply:
        if model not in MODELS or model in COMMUNITY:
            raise Refused(404)
        body = json_object(request, 422)
        if "version" in body:
            raise _invalid("version", "unknown", "an official model has no version")
        return self._begin(request, model, "hidden", body)

    def _begin(self, request: Request, model: str, version: str, body: dict[str, Any]) -> Reply:
        _check_envelope(body)
        wait_s = _wait_of(request)
        deadline_s = _deadline_of(request)
        given = body["input"]
        picture = self._picture_of(model, given)
        more: dict[str, Any] = {"input": given, "version": version, "deadline_s": deadline_s}
        order = self.accept(Wish(model, PRICES[model], picture, _extensions(model, given), more))
        if deadline_s is not None and order.finished > order.made + deadline_s:
            order.cancelled = order.made + deadline_s
            self.shelf.keep(order)
        reply = json_reply(201, self._told(order))
        if wait_s is not None:
            self.clock.wait(min(wait_s, order.finished - self.clock.now()), self.stopped)
            reply = json_reply(201, self._told(order), Preference_Applied=f"wait={wait_s}")
        return _limited(reply)

    def _picture_of(self, model: str, given: object) -> str:
        if not isinstance(given, dict):
            raise _invalid("input", "invalid_type", "input must be an object")
        found = problems(given, MODELS[model])
        if model == "tencent/hunyuan-3d-3.1" and ("image" in given) == ("prompt" in given):
            raise _invalid("input", "invalid", "exactly one of image and prompt")
        if model == "hyper3d/rodin" and not {"images", "prompt"} & set(given):
            raise _invalid("input", "required", "images or prompt")
        if found:
            raise _invalid(f"input.{found[0].field}", found[0].wrong, found[0].said)
        uris = given.get("images") or [given[name] for name in ("image",) if name in given]
        if not uris:
            return ""
        limits: dict[str, Any] = {}
        if model == "tencent/hunyuan-3d-3.1":
            limits = {"most_bytes": 6 * 1000 * 1000, "sides": (128, 5000)}
        try:
            read_all = [read(self.uploaded(uri), **limits) for uri in uris]
        except Unreadable as error:
            raise _invalid("input.image", "invalid", str(error)) from error
        return read_all[0].sha256

    def _read(self, _request: Request, order_id: str) -> Reply:
        return _limited(json_reply(200, self._told(self._order(order_id))))

    def _cancel(self, request: Request, order_id: str) -> Reply:
        order = self._order(order_id)
        if self.phase(order) not in ENDED:
            order.cancelled = self.clock.now()
            self.shelf.keep(order)
        return _limited(json_reply(200, self._told(order)))

    def _order(self, order_id: str) -> Order:
        order = self.shelf.order(order_id)
        if order is None:
            raise Refused(404)
        return order

    def _list(self, request: Request) -> Reply:
        after, before = (_moment(request.one(f"created_{side}")) for side in ("after", "before"))
        found = [
            order
            for order in sorted(self.shelf.orders(), key=lambda order: -order.made_wall)
            if (after is None or order.made_wall >= after)
            and (before is None or order.made_wall < before)
        ]
        start = int(request.one("cursor") or 0)
        page = found[start : start + self.page_size]
        body = {
            "next": self._page(request, start + self.page_size, len(found)),
            "previous": self._page(request, start - self.page_size, len(found)),
            "results": [
                self._told(order) | {"source": order.more.get("source", "api")} for order in page
            ],
        }
        return _limited(json_reply(200, body))

    def _page(self, request: Request, start: int, count: int) -> str | None:
        if not 0 <= start < count:
            return None
        kept = [
            f"{name}={request.one(name)}"
            for name in ("created_after", "created_before")
            if request.one(name)
        ]
        query = "&".join([f"cursor={start}", *kept]).replace("+", "%2B")
        return f"{self.url}/v1/predictions?{query}"

    def _told(self, order: Order) -> dict[str, Any]:
        now = self.clock.now()
        phase = order.phase(now)
        removed = phase in ENDED and self.is_gone(order)
        base = f"{self.url}/v1/predictions/{order.id}"
        told: dict[str, Any] = {
            "id": order.id,
            "model": order.model,
            "version": order.more["version"],
            "input": {} if removed else order.more["input"],
            "logs": "" if removed else _logs(order, now),
            "output": None,
            "data_removed": removed,
            "error": order.why if phase in {Phase.FAILED, Phase.MODERATED} else None,
            "status": STATES[phase],
            "created_at": iso(order.made_wall),
            "urls": {"get": base, "cancel": f"{base}/cancel", "web": f"{self.url}/p/{order.id}"},
        }
        if phase is Phase.MODERATED:
            told["error"] = f"NSFW: the content was {order.why}"
        if order.more.get("deadline_s") is not None:
            told["deadline"] = iso(
                order.wall(order.made + order.more["deadline_s"], self.clock.factor)
            )
        if phase is not Phase.QUEUED and order.finished > order.started:
            told["started_at"] = iso(self.wall(order, order.started))
        if phase in ENDED:
            told["completed_at"] = iso(self.wall(order, order.finished))
            run_s = max(0.0, order.finished - order.started)
            told["metrics"] = {"predict_time": run_s, "total_time": order.finished - order.made}
        if phase is Phase.SUCCEEDED and order.odd_state:
            told["status"] = "aborted"  # 1.1: terminal, although nobody lists it
        elif phase is Phase.SUCCEEDED and not removed:
            told["output"] = self._output(order)
        return self.odd(order, told)

    def _output(self, order: Order) -> object:
        given = order.more["input"]
        if order.model == "firtoz/trellis":
            return self._trellis_output(order, given)
        uri = self.link(order, f"out.{order.extensions[0]}")
        if order.model != "hyper3d/rodin" or self.rodin_output == "string":
            return uri
        if self.rodin_output == "object":
            return {"model": uri, "preview": self.link(order, "preview.webp")}
        return [self.link(order, "preview.webp"), uri]

    def _trellis_output(self, order: Order, given: dict[str, Any]) -> dict[str, Any]:
        def made(wanted: bool, name: str) -> str | None:
            return self.link(order, name) if wanted else None

        colour, normal = given.get("generate_color", True), given.get("generate_normal", False)
        return {
            "model_file": made(given.get("generate_model", False), "model.glb"),
            "color_video": made(colour, "color.mp4"),
            "normal_video": made(normal, "normal.mp4"),
            "combined_video": made(colour and normal, "combined.mp4"),
            "gaussian_ply": made(given.get("save_gaussian_ply", False), "gaussian.ply"),
            "no_background_images": [
                self.link(order, f"no_background_{number}.png")
                for number in range(len(given["images"]))
                if given.get("return_no_background")
            ],
        }

    # Files, models, account.

    def _upload(self, request: Request) -> Reply:
        try:
            sent = {
                part.name: part
                for part in parts(request.headers.get("content-type", ""), request.body)
            }
        except ValueError as error:
            raise Refused(422, str(error)) from error
        if set(sent) - {"content", "type", "filename", "metadata"} or "content" not in sent:
            raise _invalid("content", "required", "content is required")
        content = sent["content"]
        name = sent["filename"].text if "filename" in sent else content.file or "file"
        if len(name.encode()) > 255:
            raise _invalid("filename", "range", "at most 255 bytes")
        metadata = json.loads(sent["metadata"].text) if "metadata" in sent else {}
        file_id = secrets.token_hex(16)
        uri = f"{self.url}/v1/files/{file_id}"
        self.keep_upload(uri, content.content, FILE_LIVES_S)
        kind = sent["type"].text if "type" in sent else content.kind or TYPES.get("bin", "")
        now = time.time()
        file = {
            "id": file_id,
            "name": name,
            "content_type": kind or "application/octet-stream",
            "size": len(content.content),
            "etag": hashlib.md5(content.content, usedforsecurity=False).hexdigest(),
            "checksums": {
                "sha256": hashlib.sha256(content.content).hexdigest(),
                "md5": hashlib.md5(content.content, usedforsecurity=False).hexdigest(),
            },
            "metadata": metadata,
            "created_at": iso(now),
            "expires_at": iso(now + FILE_LIVES_S),
            "urls": {"get": uri},
        }
        self.shelf.note(f"file-{file_id}", file | {"until": self.clock.now() + FILE_LIVES_S})
        return _limited(json_reply(201, file))

    def _file_of(self, file_id: str) -> dict[str, Any]:
        file = self.shelf.noted(f"file-{file_id}")
        if file is None or file.pop("until") < self.clock.now():
            raise Refused(404)
        return file

    def _file(self, _request: Request, file_id: str) -> Reply:
        return _limited(json_reply(200, self._file_of(file_id)))

    def _delete_file(self, _request: Request, file_id: str) -> Reply:
        file = self._file_of(file_id)
        self.shelf.note(f"file-{file_id}", file | {"until": 0})
        self.keep_upload(file["urls"]["get"], b"", 0.0)
        return Reply(204)

    def _model(self, _request: Request, model: str) -> Reply:
        if model not in MODELS:
            raise Refused(404)
        owner, _, name = model.partition("/")
        properties = {name: {"title": name} for name in MODELS[model]}
        schema = {
            "components": {"schemas": {"Input": {"type": "object", "properties": properties}}}
        }
        version = {"id": COMMUNITY.get(model, "a" * 64), "openapi_schema": schema}
        return json_reply(200, {"owner": owner, "name": name, "latest_version": version})

    def _account(self, _request: Request) -> Reply:
        return json_reply(200, {"type": "user", "username": "tester", "name": "Tester"})

    def _secret(self, _request: Request) -> Reply:
        return json_reply(200, {"key": "whsec_" + "A" * 32})


def _model_of(named: str) -> tuple[str, str]:
    for model, version in COMMUNITY.items():
        if named in {version, f"{model}:{version}"}:
            return model, version
    if named in MODELS and named not in COMMUNITY:
        return named, "hidden"
    if ":" in named or re.fullmatch(r"[0-9a-f]{64}", named):
        raise _invalid("version", "invalid", "no such version")
    raise Refused(404)


def _check_envelope(body: dict[str, Any]) -> None:
    unknown = set(body) - CREATED
    if unknown or "input" not in body:
        raise _invalid("input", "invalid", f"unknown {sorted(unknown)}, or no input")
    hook, wanted = body.get("webhook"), body.get("webhook_events_filter", [])
    if hook is not None and not str(hook).startswith("https://"):
        raise _invalid("webhook", "invalid", "webhook must be HTTPS")
    if not isinstance(wanted, list) or not set(wanted) <= WEBHOOK_EVENTS:
        raise _invalid("webhook_events_filter", "choice", "unknown event")


def _wait_of(request: Request) -> int | None:
    prefer = request.headers.get("prefer")
    if prefer is None:
        return None
    found = re.fullmatch(r"wait(?:=(\d+))?", prefer)
    if not found or not 1 <= int(found[1] or 60) <= 60:
        raise Refused(422, "Prefer is wait or wait=1..60")
    return int(found[1] or 60)


def _deadline_of(request: Request) -> float | None:
    after = request.headers.get("cancel-after")
    if after is None:
        return None
    found = DURATION.fullmatch(after)
    if not found:
        raise Refused(422, "Cancel-After is a duration")
    return float(int(found[1]) * UNITS_S[found[2]])


def _extensions(model: str, given: dict[str, Any]) -> tuple[str, ...]:
    if model == "hyper3d/rodin":
        return (given.get("geometry_file_format", "glb"),)
    return ("glb",)


def _invalid(field: str, kind: str, said: str) -> Refused:
    fields = [{"type": str(kind), "field": field, "description": said}]
    return Refused(422, f"- {field}: {said}\n", more={"invalid_fields": fields})


def _limited(reply: Reply) -> Reply:
    reply.headers |= {"ratelimit-remaining": "599", "ratelimit-reset": "1"}
    return reply


def _logs(order: Order, now: float) -> str:
    if order.phase(now) is Phase.QUEUED:
        return ""
    done = order.progress(now)
    return "".join(f"step {step}%\n" for step in range(0, done + 1, 20))


def iso(moment: float) -> str:
    """Return a moment in ISO 8601, with milliseconds and ``Z``."""
    told = dt.datetime.fromtimestamp(moment, dt.UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise Refused(422, "created_* is no ISO 8601") from error
