"""The hosts where fake services keep results: links that expire, and downloads that go wrong.

Sources: sections 1.5 (downloads), 5.6 (a CDN refuses in XML), 14 (F13, F14).
"""

import hashlib
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from tests.peers.services_faults import ASSET, Call, Fault, Kind
from tests.peers.services_http import Reply, Request
from tests.peers.services_meshes import EMPTY, MESHES, TYPES, huge, preview, solid_of, written
from tests.peers.services_orders import Order, Phase

if TYPE_CHECKING:
    from tests.peers.services_base import Service

PATH: Final = r"/out/([^/]+)/([^/]+)"
PICTURES: Final = {"png": "PNG", "webp": "WEBP", "jpg": "JPEG"}
METADATA: Final = "http://169.254.169.254/latest/meta-data/"
REDIRECTS: Final = frozenset({Kind.REDIRECT_METADATA, Kind.REDIRECT_LOCAL, Kind.REDIRECT_SAME})
PAGE: Final = b"<!doctype html><html><body><h1>Service unavailable</h1></body></html>"
DENIED: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code>'
    b"<Message>Request has expired</Message></Error>"
)


def link(service: "Service", order: Order, name: str) -> str:
    """Return an address of a result that works for ``link_s``."""
    bare = f"{service.asset_url}/out/{order.id}/{name}"
    if service.link_s is None:
        return bare
    until = service.clock.now() + service.link_s
    expires = int(time.time() + service.link_s / service.clock.factor)
    signed = {"Expires": expires, "Until": until, "Signature": _signature(order.id, name, until)}
    return f"{bare}?{urlencode(signed)}"


def _signature(order_id: str, name: str, until: float) -> str:
    return hashlib.sha256(f"fake {order_id} {name} {until}".encode()).hexdigest()[:24]


def missing(_request: Request) -> Reply:
    """Answer for what is not there."""
    return Reply(404, DENIED.replace(b"AccessDenied", b"NoSuchKey"), {"Content-Type": "text/xml"})


def fetch(service: "Service", request: Request, order_id: str, name: str) -> Reply:
    """Answer a download."""
    order = service.shelf.order(order_id)
    if order is None or service.phase(order) is not Phase.SUCCEEDED:
        return missing(request)
    if service.is_gone(order) or not _is_valid(service, request, order_id, name):
        return _expired(service)
    if service.assets_need_key:
        service.check_key(request)
    content, kind = service.artifact(order, name)
    return delivered(service, request, order, Reply(200, content, {"Content-Type": kind}))


def delivered(service: "Service", request: Request, order: Order, reply: Reply) -> Reply:
    """Return a download as it comes, whole or spoilt."""
    fault = service.faults.take(Call.DOWNLOAD, ASSET)
    if fault is None:
        service.note_download(order)
        return reply
    return _spoilt(service, request, fault, reply)


def _expired(service: "Service") -> Reply:
    return Reply(service.expired_status, DENIED, {"Content-Type": "application/xml"})


def _is_valid(service: "Service", request: Request, order_id: str, name: str) -> bool:
    if service.link_s is None:
        return True
    until = float(request.one("Until") or 0)
    signed = request.one("Signature") == _signature(order_id, name, until)
    return signed and service.clock.now() <= until


def usual_artifact(service: "Service", order: Order, name: str) -> tuple[bytes, str]:
    """Return a result by its name: the mesh of the picture, or a preview."""
    extension = name.rpartition(".")[2]
    kind = TYPES.get(extension, "application/octet-stream")
    if extension in PICTURES:
        return preview(order.sha256, PICTURES[extension]), kind
    if order.given is not None and extension in MESHES:
        return service.shelf.blob(order.given), kind
    if extension in MESHES:
        floaters, unoriented = order.more.get("floaters", 0), order.more.get("unoriented", False)
        solid = solid_of(order.sha256, floaters=floaters, unoriented=unoriented)
        return written(solid, extension), kind
    return b"\0" * 64, kind


def _spoilt(service: "Service", request: Request, fault: Fault, reply: Reply) -> Reply:
    if fault.kind is Kind.EXPIRED_LINK:
        return _expired(service)
    if fault.kind in REDIRECTS:
        where = {
            Kind.REDIRECT_METADATA: METADATA,
            Kind.REDIRECT_LOCAL: service.trap_url + request.path,
            Kind.REDIRECT_SAME: service.asset_url + request.target,
        }
        return Reply(302, b"", {"Location": where[fault.kind]})
    return _damaged(fault, reply, request.path.rpartition(".")[2])


def _damaged(fault: Fault, reply: Reply, extension: str) -> Reply:
    assert isinstance(reply.body, bytes)
    match fault.kind:
        case Kind.HTML:
            return Reply(200, PAGE, {"Content-Type": "text/html"})
        case Kind.TRUNCATED:
            return Reply(200, reply.body[: len(reply.body) // 2], reply.headers)
        case Kind.EMPTY_MESH:
            return Reply(200, written(EMPTY, extension), reply.headers)
        case Kind.WRONG_TYPE:
            return Reply(200, reply.body, {"Content-Type": "text/plain"})
        case Kind.LONG_LENGTH:
            return Reply(200, reply.body, reply.headers, length=len(reply.body) + 1000)
        case Kind.SHORT_LENGTH:
            return Reply(200, reply.body, reply.headers, length=len(reply.body) // 2)
        case _:
            return Reply(200, huge(extension, fault.size), reply.headers, length=fault.size)
