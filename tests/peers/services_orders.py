"""What a fake service remembers: orders, uploads, pictures; in files, so that it may be killed.

How far an order has come follows from its age alone: nothing runs, and a restart changes nothing.
"""

import hashlib
import json
import threading
from dataclasses import asdict, dataclass, field
from enum import StrEnum, auto
from pathlib import Path
from typing import Any


class Phase(StrEnum):
    """How far an order has come, whatever its service calls that."""

    QUEUED = auto()
    RUNNING = auto()
    SUCCEEDED = auto()
    FAILED = auto()
    MODERATED = auto()
    CANCELLED = auto()


ENDED = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.MODERATED, Phase.CANCELLED})


@dataclass(slots=True)
class Order:
    """One order.

    Attributes:
        id: at the service.
        model: what was ordered.
        sha256: of the (first) picture.
        made: service seconds; ``made_wall`` is the real time.
        queue_s: how long it waits, in service seconds; ``work_s``: how long it takes then.
        end: ``SUCCEEDED``, ``FAILED`` or ``MODERATED``; None never ends.
        why: what is said of a failure.
        price: what it costs.
        extensions: of the files that it makes.
        cancelled: the moment.
        deleted: its owner has had it deleted; ``gone``: what it gives is, as soon as it is done.
        odd_state: passes through an unknown state; ``odd_fields``: answers hold unknown fields.
        given: blob that is its mesh, instead of one made from the picture.
        look: what is wrong with its depth picture.
        stranger: somebody else's.
        more: what its service keeps besides.
        noted: ends that the ledger has.
    """

    id: str
    model: str
    sha256: str
    made: float
    made_wall: float
    queue_s: float
    work_s: float
    end: Phase | None = Phase.SUCCEEDED
    why: str = ""
    price: float = 0.0
    extensions: list[str] = field(default_factory=lambda: ["glb"])
    cancelled: float | None = None
    deleted: bool = False
    gone: bool = False
    odd_state: bool = False
    odd_fields: bool = False
    given: str | None = None
    look: str = ""
    stranger: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    noted: list[str] = field(default_factory=list)

    @property
    def started(self) -> float:
        """When its work begins."""
        return self.made + self.queue_s

    @property
    def finished(self) -> float:
        """When it is done; far away when it never is."""
        if self.cancelled is not None:
            return self.cancelled
        return float("inf") if self.end is None else self.started + self.work_s

    def phase(self, now: float) -> Phase:
        """Return how far it is at a moment."""
        if now < min(self.started, self.finished):
            return Phase.QUEUED
        if now < self.finished:
            return Phase.RUNNING
        if self.cancelled is not None:
            return Phase.CANCELLED
        assert self.end is not None
        return self.end

    def progress(self, now: float) -> int:
        """Return 0 to 100."""
        if self.phase(now) in ENDED:
            return 100
        return max(0, min(99, int(100 * (now - self.started) / max(self.work_s, 0.001))))

    def wall(self, moment: float, factor: float) -> float:
        """Return the real time of a moment of its life."""
        return self.made_wall + (moment - self.made) / factor


class Shelf:
    """The files of one service.

    Args:
        folder: made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        for name in ("orders", "blobs", "notes"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        read = [json.loads(path.read_text()) for path in (folder / "orders").glob("*.json")]
        read.sort(key=lambda order: order["made"])
        self._orders = {order["id"]: _order(order) for order in read}

    def keep(self, order: Order) -> None:
        """Remember an order, or what has become of it."""
        with self._lock:
            self._orders[order.id] = order
            self._write("orders", order.id, asdict(order))

    def order(self, name: str) -> Order | None:
        """Return an order by its id."""
        with self._lock:
            return self._orders.get(name)

    def orders(self) -> list[Order]:
        """Return all of them, oldest first."""
        with self._lock:
            return sorted(self._orders.values(), key=lambda order: order.made)

    def put(self, content: bytes) -> str:
        """Keep bytes; returns their SHA-256, by which ``blob`` finds them."""
        name = hashlib.sha256(content).hexdigest()
        path = self._folder / "blobs" / name
        if not path.exists():
            part = path.with_suffix(f".{threading.get_ident()}")
            part.write_bytes(content)
            part.replace(path)
        return name

    def blob(self, name: str) -> bytes:
        """Return bytes that were kept."""
        return (self._folder / "blobs" / name).read_bytes()

    def note(self, name: str, content: dict[str, Any]) -> None:
        """Keep a small thing: an upload, a token."""
        with self._lock:
            self._write("notes", name, content)

    def noted(self, name: str) -> dict[str, Any] | None:
        """Return a small thing; None when there is none of that name."""
        path = self._folder / "notes" / f"{name}.json"
        with self._lock:
            if "/" in name or not path.exists():
                return None
            found: dict[str, Any] = json.loads(path.read_text())
            return found

    def _write(self, kind: str, name: str, content: dict[str, Any]) -> None:
        path = self._folder / kind / f"{name}.json"
        part = path.with_suffix(".part")
        part.write_text(json.dumps(content))  # kills are survived unsynced; the ledger is synced
        part.replace(path)


def _order(stored: dict[str, Any]) -> Order:
    end = stored["end"]
    return Order(**{**stored, "end": None if end is None else Phase(end)})
