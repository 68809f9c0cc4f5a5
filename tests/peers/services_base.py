"""What all fake services have in common: addresses, requests, faults, violations.

A service is three addresses: its API, the host of its results (section 1.5: a credential sent there
is a violation), and a trap, where only a client comes that follows a redirect it must not follow.
It is built from the document of the services alone, never from what a client of ours sends.
"""

import json
import threading
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final, Self

from tests.peers import services_assets
from tests.peers.services_books import Books
from tests.peers.services_calls import Refused, Route, Seen, found
from tests.peers.services_clock import Clock
from tests.peers.services_faults import TRANSPORT, Call, Fault, Kind
from tests.peers.services_http import ConnectionCut, Reply, Request, Site
from tests.peers.services_orders import Order

PAGE: Final = b"<!doctype html><html><head><title>Just a moment</title></head><body></body></html>"


class Service(Books):
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
        requests: those that came to the API and to the host of results, in their order.
        link_s: for how long a link to a result works; None as long as the result.
        assets_take_key: the host of results may be sent the credential; ``assets_need_key``: it
            must be.
    """

    usual_key: ClassVar[str]
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
        super().__init__(folder, clock, balance)
        self.key = self.usual_key if key is None else key
        self.requests: list[Seen] = []
        self.stopped = threading.Event()
        self._sites: dict[str, Site] = {}
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

    def violations(self) -> list[str]:
        """Return what a client may never do and did, and what broke in the fake itself."""
        broken = [text for site in self._sites.values() for text in site.broken]
        return super().violations() + broken

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

    def artifact(self, order: Order, name: str) -> tuple[bytes, str]:
        """Return a result by its name, and its content type."""
        return services_assets.usual_artifact(self, order, name)

    def asset_routes(self) -> list[Route]:
        """Return what else the host of results does: uploads."""
        return []

    def link(self, order: Order, name: str) -> str:
        """Return a fresh link to a result."""
        return services_assets.link(self, order, name)

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
        route, parts = found(routes, request)
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
