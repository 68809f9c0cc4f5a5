"""What all fake services have in common: addresses, orders, the ledger, faults, violations.

A service is three addresses: its API, the host of its results (section 1.5: a credential sent there
is a violation), and a trap, where only a client comes that follows a redirect it must not follow.
It is built from the document of the services alone, never from what a client of ours sends.
"""

import functools
import hashlib
import json
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from tests.peers import services_assets
from tests.peers.services_clock import Clock
from tests.peers.services_faults import DEPTH, ORDER, TRANSPORT, Call, Fault, Faults, Kind
from tests.peers.services_http import ConnectionCut, Reply, Request, Site
from tests.peers.services_ledger import DOWNLOADED, REFUNDED, Ledger, Paid
from tests.peers.services_meshes import MESHES
from tests.peers.services_orders import ENDED, Order, Phase, Shelf
from tests.peers.services_pictures import Unreadable, from_data_uri

PAGE: Final = b"<!doctype html><html><head><title>Just a moment</title></head><body></body></html>"
ODD: Final = {"experimental": {"lane": 7, "tags": ["a", None]}, "x_new": 1.5}
STRANGERS_S: Final = 120.0  # real seconds in which the orders of other people are spread


class Refused(Exception):
    """A request is refused.

    Args:
        status: of HTTP.
        said: what is wrong, in words.
        code: the service's own, where it has one.
        retry_s: the hint when to come again.
        more: what else the body holds.
    """

    def __init__(
        self,
        status: int,
        said: str = "",
        *,
        code: str | int = "",
        retry_s: int | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(said)
        self.status = status
        self.said = said or HTTPStatus(status).phrase
        self.code = code
        self.retry_s = retry_s
        self.more = more or {}


@dataclass(frozen=True, slots=True)
class Route:
    """One call: ``act`` gets the request and the groups of ``path``, a pattern."""

    method: str
    path: str
    call: Call
    act: Callable[..., Reply]
    is_open: bool = False  # needs no credential


@dataclass(slots=True)
class Seen:
    """One request; ``status`` is 0 while, or when, no answer left."""

    call: Call | None
    method: str
    path: str
    status: int = 0


@dataclass(slots=True)
class Given:
    """A mesh that a test wants to be delivered."""

    blob: str
    extension: str
    times: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What an order asks for, as far as all services have it.

    Attributes:
        model: what.
        price: in the unit of the service.
        sha256: of the picture.
        extensions: of the files that come of it.
        more: what the service keeps.
        id: of the order; None makes a new one.
        end: how it ends, whatever faults are armed; ``why`` says it.
    """

    model: str
    price: float
    sha256: str = ""
    extensions: tuple[str, ...] = ("glb",)
    more: dict[str, Any] = field(default_factory=dict)
    id: str | None = None
    end: Phase = Phase.SUCCEEDED
    why: str = ""


class Service(ABC):
    """One fake service.

    Args:
        folder: of its ledger, orders and pictures; the same folder again is the same service, on
            the same ports.
        clock: how fast its time goes.
        key: the credential that it takes; None for its usual one.
        balance: what the account holds.
        host: to listen at.
        port: of the API; 0 takes a free one, or the one of before.
        asset_host: where results are, another address of this machine.

    Attributes:
        url: of the API, without a path.
        asset_url: where results are.
        faults: what goes wrong next.
        requests: those that came to the API and to the host of results, in their order.
        queue_s: service seconds that an order waits; ``work_s``: that it takes.
        retention_s: for how long a finished result is kept; None for ever.
        link_s: for how long a link to a result works; None as long as the result.
        assets_take_key: the host of results may be sent the credential; ``assets_need_key``: it
            must be.
    """

    name: ClassVar[str]
    unit: ClassVar[str] = "USD"
    refunds: ClassVar[bool] = False
    usual_key: ClassVar[str]
    queue_s: float = 4.0
    work_s: float = 60.0
    retention_s: float | None = None
    link_s: float | None = None
    assets_take_key: bool = False
    assets_need_key: bool = False
    expired_status: ClassVar[int] = 403

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock | None = None,
        key: str | None = None,
        balance: float = 1000.0,
        host: str = "127.0.0.1",
        port: int = 0,
        asset_host: str = "127.0.0.1",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.clock = clock or Clock()
        self.clock.keep_in(folder / "skipped.json")
        self.key = self.usual_key if key is None else key
        self.balance = balance
        self.faults = Faults()
        self.requests: list[Seen] = []
        self.shelf = Shelf(folder)
        self.stopped = threading.Event()
        self._ledger = Ledger(folder / "ledger.jsonl")
        self._given: list[Given] = []
        self._lock = threading.RLock()
        self._sites: dict[str, Site] = {}
        self._reconcile()
        self.url = self.open_site("api", self._answer, host, port)
        self.asset_url = self.open_site("assets", self._answer_asset, asset_host)
        self.trap_url = self.open_site("trap", self._answer_trapped, host)

    def open_site(
        self, name: str, answer: Callable[[Request], Reply], host: str, port: int = 0
    ) -> str:
        """Listen at an address that stays the same for this folder; returns its URL."""
        path = self.folder / "ports.json"
        ports = json.loads(path.read_text()) if path.exists() else {}
        site = Site(answer, host, port or ports.get(name, 0))
        path.write_text(json.dumps(ports | {name: site.port}))
        self._sites[name] = site
        return site.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Listen no longer; the folder holds all that is needed to go on."""
        self.stopped.set()
        for site in self._sites.values():
            site.close()

    # What a test asks and arranges.

    @property
    def ledger(self) -> Ledger:
        """What was paid for, up to this moment."""
        self.settle()
        return self._ledger

    def violations(self) -> list[str]:
        """Return what a client may never do and did, and what broke in the fake itself."""
        path = self.folder / "violations.txt"
        said = path.read_text().splitlines() if path.exists() else []
        return said + [text for site in self._sites.values() for text in site.broken]

    def violate(self, said: str) -> None:
        """Note what a client may never do."""
        with self._lock, (self.folder / "violations.txt").open("a") as file:
            file.write(said + "\n")

    def give(self, content: bytes, extension: str = "glb", times: int = 1) -> None:
        """Let the mesh of the next orders be exactly these bytes; -1 for ever."""
        with self._lock:
            self._given.append(Given(self.shelf.put(content), extension, times))

    def add_strangers(self, count: int) -> None:
        """Let other people have ordered on the same account in the last two minutes."""
        for number in range(count):
            ago_s = STRANGERS_S * number / count
            wish = self.strange(number)
            order = self._order_of(wish, self.clock.now() - ago_s * self.clock.factor)
            order.made_wall -= ago_s
            order.stranger = True
            self.shelf.keep(order)

    def count(self, call: Call) -> int:
        """Return how many such requests have come."""
        return sum(seen.call is call for seen in list(self.requests))

    # What each service is.

    @abstractmethod
    def routes(self) -> list[Route]:
        """Return its calls."""

    @abstractmethod
    def check_key(self, request: Request) -> None:
        """Refuse a request without the credential in its documented form.

        Raises:
            Refused: it is not there, or wrong.
        """

    @abstractmethod
    def refusal(self, refused: Refused) -> Reply:
        """Return a refusal in the service's own words."""

    @abstractmethod
    def new_id(self) -> str:
        """Return an id for an order."""

    def strange(self, number: int) -> Wish:
        """Return an order of somebody else."""
        sha256 = hashlib.sha256(f"stranger {number}".encode()).hexdigest()
        return Wish("somebody's", 1.0, sha256)

    def no_credit(self) -> Refused:
        """Return the refusal of an order that the account cannot pay."""
        return Refused(402)

    def artifact(self, order: Order, name: str) -> tuple[bytes, str]:
        """Return a result by its name, and its content type."""
        return services_assets.usual_artifact(self, order, name)

    def asset_routes(self) -> list[Route]:
        """Return what else the host of results does: uploads."""
        return []

    # Orders.

    def waiting(self) -> int:
        """Return how many of our orders have not ended."""
        ours = [order for order in self.shelf.orders() if not order.stranger]
        return sum(self.phase(order) not in ENDED for order in ours)

    def left(self) -> float:
        """Return what the account still holds."""
        self.settle()
        ours = [order for order in self.shelf.orders() if not order.stranger]
        return self.balance - sum(order.price for order in ours if REFUNDED not in order.noted)

    def accept(self, wish: Wish) -> Order:
        """Take an order: when this returns it is paid, and the ledger says so on the disk.

        Raises:
            Refused: the account does not hold its price.
        """
        with self._lock:
            if wish.price > self.left():
                raise self.no_credit()
            order = self._order_of(wish, self.clock.now())
            self._spoil(order)
            self._lay_ready(order)
            self.shelf.keep(order)
            self._enter(order)
            return order

    def _order_of(self, wish: Wish, made: float) -> Order:
        return Order(
            wish.id or self.new_id(),
            wish.model,
            wish.sha256,
            made,
            time.time(),
            self.queue_s,
            self.work_s,
            wish.end,
            wish.why,
            wish.price,
            list(wish.extensions),
            more=wish.more,
        )

    def _spoil(self, order: Order) -> None:
        for kind in sorted(ORDER | DEPTH):
            fault = self.faults.take(Call.CREATE, frozenset({kind}))
            if fault is None:
                continue
            match kind:
                case Kind.FAIL:
                    order.end, order.why = Phase.FAILED, "the worker has failed"
                case Kind.MODERATE:
                    order.end, order.why = Phase.MODERATED, "flagged as sensitive"
                case Kind.NEVER:
                    order.end = None
                case Kind.LATE:
                    order.work_s += fault.seconds
                case Kind.GONE:
                    order.gone = True
                case Kind.ODD_STATE:
                    order.odd_state = True
                case Kind.ODD_FIELDS:
                    order.odd_fields = True
                case _:
                    order.look = kind

    def _lay_ready(self, order: Order) -> None:
        if not self._given or not MESHES.intersection(order.extensions):
            return
        given = self._given[0]
        order.given = given.blob
        if given.times == 1:
            del self._given[0]
        elif given.times > 1:
            given.times -= 1

    def _enter(self, order: Order) -> None:
        entry = (self.name, order.id, order.model, order.price, self.unit, order.sha256)
        self._ledger.accept(Paid(*entry, order.made_wall))

    def _reconcile(self) -> None:
        known = {paid.order for paid in self._ledger.orders()}
        for order in self.shelf.orders():
            if not order.stranger and order.id not in known:
                self._enter(order)  # killed between the order and its line

    def settle(self) -> None:
        """Note in the ledger what has become of the orders by now."""
        with self._lock:
            for order in self.shelf.orders():
                if not order.stranger:
                    self._settle(order)

    def _settle(self, order: Order) -> None:
        phase = order.phase(self.clock.now())
        ends: list[str] = [phase] if phase in ENDED else []
        if self.refunds and phase in {Phase.FAILED, Phase.MODERATED}:
            ends.append(REFUNDED)
        if order.deleted:
            ends.append("deleted")
        elif phase is Phase.SUCCEEDED and self.is_gone(order):
            ends.append("expired")
        fresh = [end for end in ends if end not in order.noted]
        for end in fresh:
            self._ledger.end(order.id, end)
        if fresh:
            order.noted += fresh
            self.shelf.keep(order)

    def note_download(self, order: Order) -> None:
        """Note that a result was fetched."""
        if not order.stranger:
            self._ledger.end(order.id, DOWNLOADED)

    def is_gone(self, order: Order) -> bool:
        """Whether its result is not kept any more."""
        now = self.clock.now()
        if order.deleted or now < order.finished:
            return order.deleted
        return order.gone or (
            self.retention_s is not None and now > order.finished + self.retention_s
        )

    def phase(self, order: Order) -> Phase:
        """Return how far an order is."""
        return order.phase(self.clock.now())

    def wall(self, order: Order, moment: float) -> float:
        """Return the real time of a moment of an order's life that has passed."""
        return min(order.wall(moment, self.clock.factor), time.time())

    def expires(self, order: Order, lives_s: float) -> float:
        """Return the real time ``lives_s`` service seconds after it is done."""
        return time.time() + (order.finished + lives_s - self.clock.now()) / self.clock.factor

    def odd(self, order: Order, said: dict[str, Any]) -> dict[str, Any]:
        """Return what is told of an order, with whatever nobody has documented."""
        return {**ODD, **said, "later_addition": None} if order.odd_fields else said

    def link(self, order: Order, name: str) -> str:
        """Return a fresh link to a result."""
        return services_assets.link(self, order, name)

    def uploaded(self, uri: str) -> bytes:
        """Return a picture that is given as a data URI, or that was uploaded here.

        Raises:
            Unreadable: it is neither: a fake reaches no other host.
        """
        if uri.startswith("data:"):
            return from_data_uri(uri)
        note = self.shelf.noted("url-" + hashlib.sha256(uri.encode()).hexdigest())
        if note is None or self.clock.now() > note["until"]:
            raise Unreadable(f"cannot load {uri[:80]}")
        return self.shelf.blob(note["blob"])

    def keep_upload(self, uri: str, content: bytes, lives_s: float = 86400.0) -> None:
        """Let a picture be found under an address."""
        name = "url-" + hashlib.sha256(uri.encode()).hexdigest()
        until = self.clock.now() + lives_s
        self.shelf.note(name, {"blob": self.shelf.put(content), "until": until})

    # Requests.

    def _answer(self, request: Request) -> Reply:
        return self._answer_as(self.routes(), request, self._refuse_unknown)

    def _refuse_unknown(self, _request: Request) -> Reply:
        raise Refused(404)

    def _answer_as(
        self, routes: list[Route], request: Request, otherwise: Callable[[Request], Reply]
    ) -> Reply:
        self.settle()
        if self.key and self.key in request.target:
            self.violate(f"the key is in the address {request.path}")
        route, parts = _found(routes, request)
        seen = Seen(route.call if route else None, request.method, request.path)
        self.requests.append(seen)

        def act() -> Reply:
            try:
                if route is None:
                    return otherwise(request)
                if not route.is_open:
                    self.check_key(request)
                return route.act(request, *parts)
            except Refused as refused:
                return self.refusal(refused)

        reply = self._under(self.faults.take(seen.call, TRANSPORT), request, act)
        seen.status = reply.status
        return reply

    def _under(self, fault: Fault | None, request: Request, act: Callable[[], Reply]) -> Reply:
        if fault is None:
            return act()
        if fault.kind is Kind.RESET_BEFORE:
            raise ConnectionCut
        _ = request.body
        if fault.kind is Kind.RESET_READ:
            raise ConnectionCut
        if fault.kind is Kind.PAGE:
            return Reply(200, PAGE, {"Content-Type": "text/html; charset=utf-8"})
        refusal = self.refusal(Refused(fault.status, retry_s=fault.retry_s))
        if fault.kind is Kind.STATUS and not fault.after:
            return refusal
        reply = act()
        if fault.kind is Kind.STATUS:
            return refusal
        return self._spoilt(fault, reply)

    def _spoilt(self, fault: Fault, reply: Reply) -> Reply:
        match fault.kind:
            case Kind.DROP:
                raise ConnectionCut
            case Kind.HANG:
                self.stopped.wait(fault.seconds)
                raise ConnectionCut
            case Kind.SLOW:
                self.stopped.wait(fault.seconds)
            case Kind.CUT:
                reply.cut_after = len(reply.body) // 2 if isinstance(reply.body, bytes) else 10
            case _:
                return Reply(200)
        return reply

    def _answer_asset(self, request: Request) -> Reply:
        if not self.assets_take_key and self._shows_key(request):
            self.violate(f"the credential was sent to the host of results: {request.path}")
        fetch = Route("GET", services_assets.PATH, Call.DOWNLOAD, self._fetch, is_open=True)
        return self._answer_as([*self.asset_routes(), fetch], request, services_assets.missing)

    def _fetch(self, request: Request, order_id: str, name: str) -> Reply:
        return services_assets.fetch(self, request, order_id, name)

    def delivered(self, request: Request, order: Order, reply: Reply) -> Reply:
        """Return a download as it comes, whole or spoilt."""
        return services_assets.delivered(self, request, order, reply)

    def _answer_trapped(self, request: Request) -> Reply:
        self.violate(f"a redirect to a private address was followed: {request.path}")
        return Reply(200, b"trapped", {"Content-Type": "model/gltf-binary"})

    def _shows_key(self, request: Request) -> bool:
        return bool(self.key) and any(self.key in value for value in request.headers.values())


def check_bearer(request: Request, key: str, words: tuple[str, ...] = ("Bearer",)) -> None:
    """Refuse a request whose ``Authorization`` is not one of these words and the key.

    Raises:
        Refused: 401.
    """
    shown = request.headers.get("authorization", "")
    if shown not in {f"{word} {key}" for word in words}:
        raise Refused(401)


def json_object(request: Request, status: int = 400) -> dict[str, Any]:
    """Return the body.

    Raises:
        Refused: it is no object in JSON.
    """
    try:
        content = request.json()
    except ValueError as error:
        raise Refused(status, f"the body is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise Refused(status, "the body is no object")
    return content


def events(steps: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[bytes]:
    """Return server-sent events; one without a name is a comment that keeps the line alive."""
    for name, content in steps:
        yield f"event: {name}\ndata: {json.dumps(content)}\n\n".encode() if name else b": ping\n\n"


def _found(routes: list[Route], request: Request) -> tuple[Route | None, tuple[str, ...]]:
    for route in routes:
        match = _pattern(route.path).fullmatch(request.path)
        if match and route.method == request.method:
            return route, match.groups()
    return None, ()


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path)
