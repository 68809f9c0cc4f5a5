"""A fake Gemini (section 9): a photo comes, a depth picture goes, in one request.

The depth picture is made of the very photo, its outlines where they were, at the size asked for.
Words alone give a coloured picture of one thing before a plain wall; its order goes by their hash.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Final

from tests.peers.services_base import Service
from tests.peers.services_books import Wish
from tests.peers.services_calls import Refused, Route, json_object
from tests.peers.services_faults import ANSWER, Call, Fault, Kind
from tests.peers.services_fields import Field, problems
from tests.peers.services_http import ConnectionCut, Reply, Request, json_reply
from tests.peers.services_orders import Order, Phase
from tests.peers.services_pictures import Picture, Unreadable, decoded, depth_of, drawn_from, read

ASPECTS: Final = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
FLASH_ASPECTS: Final = (*ASPECTS, "1:4", "4:1", "1:8", "8:1")
FLASH, PRO = "gemini-3.1-flash-image", "gemini-3-pro-image"
PRICES: Final = {
    FLASH: {"512": 0.045, "1K": 0.067, "2K": 0.101, "4K": 0.151},
    PRO: {"1K": 0.134, "2K": 0.134, "4K": 0.24},
}
BODY: Final = {
    "contents": Field("any", required=True),
    "generationConfig": Field("dict"),
    "safetySettings": Field("any"),
}
GENERATION: Final = {
    "responseModalities": Field("list", low=1, choices=("TEXT", "IMAGE")),
    "imageConfig": Field("dict"),
    "temperature": Field("float", low=0, high=2),
    "seed": Field("int"),
}
REQUEST_BYTES: Final = 20 << 20
TYPES: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
RETRY_S: Final = 17
SAFETY: Final = "IMAGE_SAFETY"


@dataclass(frozen=True, slots=True)
class Sent:
    """What is to be drawn."""

    words: str
    picture: Picture | None

    @property
    def sha256(self) -> str:
        """Of the picture; of the words when there is none."""
        if self.picture is not None:
            return self.picture.sha256
        return hashlib.sha256(self.words.encode()).hexdigest()


class Gemini(Service):
    """``https://generativelanguage.googleapis.com``.

    Attributes:
        pixels: the longer side of each ``imageSize``; tests may make them smaller.
    """

    name: ClassVar[str] = "gemini"
    usual_key: ClassVar[str] = "AIza" + "e" * 35
    queue_s = 0.0
    work_s = 12.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.pixels = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}
        super().__init__(*args, **kwargs)

    def routes(self) -> list[Route]:
        """Return its one call."""
        path = r"/v1beta/models/([\w.-]+):generateContent"
        return [Route("POST", path, Call.CREATE, self._create)]

    def check_key(self, request: Request) -> None:
        """Take ``x-goog-api-key``; a wrong one is a bad argument (9.3)."""
        shown = request.headers.get("x-goog-api-key")
        if shown is None:
            raise Refused(403, "Method doesn't allow unregistered callers")
        if shown != self.key:
            details = [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
            raise Refused(400, "API key not valid.", more={"details": details})

    def new_id(self) -> str:
        """Return an id of a response."""
        return secrets.token_urlsafe(16)

    def refusal(self, refused: Refused) -> Reply:
        """Answer with ``error``; 429 tells in its details when to come again."""
        details = refused.more.get("details", [])
        if refused.status == HTTPStatus.TOO_MANY_REQUESTS:
            retry_s = RETRY_S if refused.retry_s is None else refused.retry_s
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            details = [{"@type": kind, "retryDelay": f"{retry_s}s"}]
        error: dict[str, Any] = {
            "code": refused.status,
            "message": refused.said,
            "status": STATUSES.get(refused.status, "UNKNOWN"),
        }
        if details:
            error["details"] = details
        return json_reply(refused.status, {"error": error})

    def no_credit(self) -> Refused:
        """Refuse as an exhausted quota."""
        return Refused(429, "You exceeded your current quota")

    def _create(self, request: Request, model: str) -> Reply:
        if model not in PRICES:
            raise Refused(404, f"models/{model} is not found")
        if len(request.body) > REQUEST_BYTES:
            raise Refused(400, "Request payload size exceeds the limit")
        body = json_object(request)
        sent = _sent(body)
        size_name, aspect = _checked(model, body.get("generationConfig", {}))
        answer = self.faults.take(Call.CREATE, ANSWER)
        is_paid = answer is None or answer.kind not in {Kind.FINISH, Kind.BLOCK, Kind.WORDS}
        price = PRICES[model][size_name] if is_paid else 0.0
        more = {"size": size_name, "aspect": aspect}
        order = self.accept(Wish(model, price, sent.sha256, ("png",), more))
        self._work(order)
        if order.end is Phase.MODERATED:
            answer = Fault(Kind.FINISH, said=SAFETY)
        said = self._said(order, answer, sent)
        told = {
            **said,
            "usageMetadata": {"promptTokenCount": 1350, "candidatesTokenCount": 1290},
            "modelVersion": model,
            "responseId": order.id,
        }
        return json_reply(200, self.odd(order, told))

    def _work(self, order: Order) -> None:
        if order.end is None:
            self.stopped.wait(60.0)  # real seconds; whoever waits as long has no deadline
            raise ConnectionCut
        self.clock.wait(order.finished - self.clock.now(), self.stopped)
        if self.stopped.is_set():
            raise ConnectionCut
        if order.end is Phase.FAILED:
            raise Refused(500, "An internal error has occurred")

    def _said(self, order: Order, answer: Fault | None, sent: Sent) -> dict[str, Any]:
        kind = None if answer is None else answer.kind
        if kind is Kind.BLOCK:
            assert answer is not None
            return {"promptFeedback": {"blockReason": answer.said or "SAFETY"}}
        if kind is Kind.FINISH:
            assert answer is not None
            return _candidate(None, answer.said or "NO_IMAGE")
        if kind is Kind.WORDS:
            return _candidate([{"text": "I cannot draw this picture."}])
        return _candidate(self._parts(kind, lambda form: self._drawn(order, sent, form)))

    def _parts(self, kind: Kind | None, draw: Callable[[str], bytes]) -> list[dict[str, Any]]:
        if kind is Kind.MARKDOWN:
            uri = "data:image/png;base64," + base64.b64encode(draw("PNG")).decode()
            return [{"text": f"Here it is: ![depth]({uri})"}]
        if kind is Kind.JPEG:
            return [_inline(draw("JPEG"), "image/jpeg")]
        part = _inline(draw("PNG"), "image/png")
        thoughts = [{"text": "Planning the heights.", "thought": True}]
        if kind is Kind.ONLY_THOUGHTS:
            return [*thoughts, part | {"thought": True}]
        if kind is Kind.THOUGHTS:
            interim = _inline(draw("JPEG"), "image/jpeg") | {"thought": True}
            return [*thoughts, interim, part, interim]
        return [part]

    def _drawn(self, order: Order, sent: Sent, form: str) -> bytes:
        side = self.pixels[order.more["size"]]
        columns, rows = (1, 1) if sent.picture is None else sent.picture.size
        if order.more["aspect"] is not None:
            columns, rows = (int(part) for part in order.more["aspect"].split(":"))
        scale = side / max(columns, rows)
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        if sent.picture is None:
            return drawn_from(sent.sha256, size, form)
        return depth_of(sent.picture.content, size, order.look, form)


def _candidate(parts: list[dict[str, Any]] | None, reason: str = "STOP") -> dict[str, Any]:
    content = {} if parts is None else {"role": "model", "parts": parts}
    return {"candidates": [{"content": content, "finishReason": reason, "index": 0}]}


def _inline(content: bytes, kind: str) -> dict[str, Any]:
    return {"inlineData": {"mimeType": kind, "data": base64.b64encode(content).decode()}}


def _wrong(said: str) -> Refused:
    return Refused(400, f"Invalid JSON payload received. {said}")


def _sent(body: dict[str, Any]) -> Sent:
    if wrong := problems(body, BODY):
        raise _wrong(f'Unknown or bad name "{wrong[0].field}": {wrong[0].said}')
    texts: list[str] = []
    inline: list[dict[str, Any]] = []
    try:
        for content in body["contents"]:
            if not set(content) <= {"role", "parts"} or content.get("role", "user") != "user":
                raise _wrong("contents")
            for part in content["parts"]:
                match part:
                    case {"text": str(text), **rest} if not rest:
                        texts.append(text)
                    case {"inlineData": dict(data), **rest} if not rest:
                        inline.append(data)
                    case _:
                        raise _wrong("parts")
    except (TypeError, KeyError, AttributeError) as error:
        raise _wrong(f"contents: {error!r}") from error
    if len(inline) > 1 or not texts:
        raise Refused(400, "This fake draws by words, of one picture or none")
    return Sent(" ".join(texts), _picture(inline[0]) if inline else None)


def _picture(data: dict[str, Any]) -> Picture:
    if set(data) != {"mimeType", "data"}:
        raise _wrong("inlineData")
    try:
        picture = read(decoded(data["data"]))
    except (Unreadable, TypeError) as error:
        raise Refused(400, f"Unable to process input image: {error}") from error
    if TYPES.get(data["mimeType"]) != picture.form:
        raise Refused(400, f"mimeType {data['mimeType']} is not that of the picture")
    return picture


def _checked(model: str, config: dict[str, Any]) -> tuple[str, str | None]:
    """Return the size by its name, and the aspect, when one is asked for."""
    if found := problems(config, GENERATION):
        raise _wrong(f"generationConfig.{found[0].field}: {found[0].said}")
    if "IMAGE" not in config.get("responseModalities", ["TEXT", "IMAGE"]):
        raise Refused(400, "the model answers with pictures")
    image = config.get("imageConfig", {})
    fields = {
        "aspectRatio": Field("str", choices=FLASH_ASPECTS if model == FLASH else ASPECTS),
        "imageSize": Field("str", choices=tuple(PRICES[model])),
    }
    if found := problems(image, fields):
        raise _wrong(f"imageConfig.{found[0].field}: {found[0].said}")
    return image.get("imageSize", "1K"), image.get("aspectRatio")
