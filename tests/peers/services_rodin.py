"""A fake Rodin, direct (section 8): forms, 201 everywhere, several jobs to one generation.

The codes and words of its refusals are not documented (15): ``refuses_with`` may be 201.
"""

import re
import uuid
from typing import Any, ClassVar, Final

from tests.peers.services_base import Service
from tests.peers.services_books import Wish
from tests.peers.services_calls import Refused, Route, check_bearer, json_object
from tests.peers.services_faults import Call
from tests.peers.services_http import Reply, Request, json_reply
from tests.peers.services_multipart import Part, parts
from tests.peers.services_orders import Order, Phase
from tests.peers.services_pictures import Unreadable, read
from tests.peers.services_replicate import iso

TIERS: Final = (
    r"Gen-2(\.5-(Extreme-Low|Low|Medium|High|Extreme-High))?|Regular|Smooth|Detail|Sketch"
)
FLAG: Final = re.compile("true|false")
WORD: Final = re.compile(".+")
FIELDS: Final = {
    "tier": re.compile(TIERS),
    "prompt": WORD,
    "seed": re.compile(r"\d{1,5}"),
    "geometry_file_format": re.compile("glb|usdz|fbx|obj|stl"),
    "material": re.compile("PBR|Shaded|All|None"),
    "quality": re.compile("high|medium|low|extra-low"),
    "quality_override": re.compile(r"\d+"),
    "mesh_mode": re.compile("Quad|Raw"),
    "bbox_condition": WORD,
    "height": re.compile(r"\d+(\.\d+)?"),
    "addons": WORD,
    "condition_mode": re.compile("concat"),
    "geometry_instruct_mode": re.compile("faithful|creative"),
    "texture_mode": WORD,
    **dict.fromkeys(("use_original_alpha", "TAPose", "mesh_simplify", "mesh_smooth"), FLAG),
    **dict.fromkeys(("preview_render", "is_micro", "hd_texture", "texture_delight"), FLAG),
}
GEN_25_ONLY: Final = frozenset(
    {"geometry_instruct_mode", "texture_mode", "is_micro", "hd_texture", "texture_delight"}
)
MOST_IMAGES: Final = 5
MOST_SEED: Final = 65535
CREDIT, PACK_CREDIT = 0.5, 1.0


class Rodin(Service):
    """``https://api.hyper3d.com``.

    Attributes:
        job_count: jobs of each generation; they end one after another.
        refuses_with: the status of a refusal for what was sent.
        good_error: what ``error`` is when there is none; ``absent`` leaves it out.
    """

    name: ClassVar[str] = "rodin"
    unit: ClassVar[str] = "credits"
    usual_key: ClassVar[str] = "rodin-" + "d" * 32
    link_s: float | None = 600.0
    job_count = 3
    refuses_with = 422
    good_error: str | None = "OK"

    def routes(self) -> list[Route]:
        """Return its three calls."""
        return [
            Route("POST", "/api/v2/rodin", Call.CREATE, self._create),
            Route("POST", "/api/v2/status", Call.READ, self._status),
            Route("POST", "/api/v2/download", Call.RESULT, self._download),
        ]

    def check_key(self, request: Request) -> None:
        """Take ``Bearer``."""
        check_bearer(request, self.key)

    def new_id(self) -> str:
        """Return a uuid."""
        return str(uuid.uuid4())

    def refusal(self, refused: Refused) -> Reply:
        """Answer with a string in ``error``."""
        error = str(refused.code) or refused.said.upper().replace(" ", "_")
        headers = {} if refused.retry_s is None else {"Retry_After": str(refused.retry_s)}
        return json_reply(refused.status, {"error": error, "message": refused.said}, **headers)

    def no_credit(self) -> Refused:
        """Refuse with a string (15: not known which, nor with which status)."""
        return Refused(self.refuses_with, "not enough credit", code="INSUFFICIENT_FUND")

    def _wrong(self, said: str) -> Refused:
        return Refused(self.refuses_with, said, code="VALIDATION_ERROR")

    def _create(self, request: Request) -> Reply:
        try:
            sent = parts(request.headers.get("content-type", ""), request.body)
        except ValueError as error:
            raise self._wrong(str(error)) from error
        images = [part for part in sent if part.name == "images"]
        given = {part.name: part.text for part in sent if part.name != "images"}
        self._check(images, sent, given)
        try:
            pictures = [read(part.content).sha256 for part in images]
        except Unreadable as error:
            raise self._wrong(f"images: {error}") from error
        price = CREDIT + (PACK_CREDIT if "HighPack" in given.get("addons", "") else 0.0)
        more: dict[str, Any] = {
            "input": given,
            "pictures": pictures,
            "jobs": [str(uuid.uuid4()) for _ in range(self.job_count)],
            "subscription": str(uuid.uuid4()),
        }
        extensions = (given.get("geometry_file_format", "glb"),)
        first = pictures[0] if pictures else ""
        order = self.accept(Wish(given.get("tier", "Gen-2"), price, first, extensions, more))
        self.shelf.note(f"subscription-{more['subscription']}", {"order": order.id})
        told = {
            "error": None,
            "message": "Submitted.",
            "uuid": order.id,
            "jobs": {"uuids": more["jobs"], "subscription_key": more["subscription"]},
            "submit_time": iso(order.made_wall),
        }
        return json_reply(201, self.odd(order, told))

    def _check(self, images: list[Part], sent: list[Part], given: dict[str, str]) -> None:
        if len(given) + len(images) != len(sent):
            raise self._wrong("a field comes twice")
        if len(images) > MOST_IMAGES or not (images or "prompt" in given):
            raise self._wrong("one to five images, or a prompt")
        if any(part.file is None for part in images):
            raise self._wrong("images are files")
        for name, text in given.items():
            if name not in FIELDS or not FIELDS[name].fullmatch(text):
                raise self._wrong(f"{name}: {text!r} is not taken")
        if int(given.get("seed", 0)) > MOST_SEED:
            raise self._wrong("seed: at most 65535")
        if GEN_25_ONLY & set(given) and not given.get("tier", "").startswith("Gen-2.5"):
            raise self._wrong("only of Gen-2.5")

    def _status(self, request: Request) -> Reply:
        body = json_object(request, self.refuses_with)
        note = self.shelf.noted(f"subscription-{body.get('subscription_key')}")
        if note is None or set(body) != {"subscription_key"}:
            raise self._wrong("no such subscription_key")
        order = self.shelf.order(note["order"])
        assert order is not None
        jobs = [
            {"uuid": job, "status": self._job(order, place)}
            for place, job in enumerate(order.more["jobs"])
        ]
        return json_reply(201, self.odd(order, self._good({"jobs": jobs})))

    def _good(self, said: dict[str, Any]) -> dict[str, Any]:
        return said if self.good_error == "absent" else {"error": self.good_error, **said}

    def _job(self, order: Order, place: int) -> str:
        now, count = self.clock.now(), len(order.more["jobs"])
        last = place == count - 1
        if now < order.started:
            return "Waiting"
        if now >= order.started + order.work_s * (place + 1) / count and not (
            last and order.end is None
        ):
            failed = last and self.phase(order) in {Phase.FAILED, Phase.MODERATED}
            return "Failed" if failed else "Done"
        if order.odd_state:
            return "Baking"
        begun = now >= order.started + order.work_s * place / count
        return "Generating" if begun else "Waiting"

    def _download(self, request: Request) -> Reply:
        body = json_object(request, self.refuses_with)
        order = self.shelf.order(str(body.get("task_uuid")))
        if order is None or set(body) != {"task_uuid"}:
            raise self._wrong("no such task_uuid")
        count = len(order.more["jobs"])
        done = [place for place in range(count) if self._job(order, place) == "Done"]
        names = self._files(order)
        ready = names if len(done) == count else names[: len(done)]
        if self.phase(order) is Phase.SUCCEEDED and self.is_gone(order):
            ready = []
        listed = [{"url": self.link(order, name), "name": name} for name in ready]
        return json_reply(201, self.odd(order, self._good({"list": listed})))

    def _files(self, order: Order) -> list[str]:
        textures = ["texture_diffuse.png", "texture_normal.png"]
        if order.more["input"].get("material") == "None":
            textures = []
        return ["preview.webp", *textures, f"base.{order.extensions[0]}"]
