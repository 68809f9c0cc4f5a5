"""The books of a fake service: orders, what they cost, what becomes of them, all of it in files."""

import hashlib
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from tests.peers.services_calls import Refused
from tests.peers.services_clock import Clock
from tests.peers.services_faults import DEPTH, ORDER, Call, Faults, Kind
from tests.peers.services_ledger import DOWNLOADED, REFUNDED, Ledger, Paid
from tests.peers.services_meshes import MESHES
from tests.peers.services_orders import ENDED, Order, Phase, Shelf
from tests.peers.services_pictures import Unreadable, from_data_uri

ODD: Final = {"experimental": {"lane": 7, "tags": ["a", None]}, "x_new": 1.5}
STRANGERS_S: Final = 120.0  # real seconds in which the orders of other people are spread


@dataclass(slots=True)
class Given:
    """A mesh that a test wants to be delivered."""

    blob: str
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


class Books(ABC):
    """What a service remembers.

    Args:
        folder: of its ledger, orders and pictures; the same folder again is the same service.
        clock: how fast its time goes.
        balance: what the account holds.

    Attributes:
        faults: what goes wrong next.
        queue_s: service seconds that an order waits; ``work_s``: that it takes.
        retention_s: for how long a finished result is kept; None for ever.
    """

    name: ClassVar[str]
    unit: ClassVar[str] = "USD"
    refunds: ClassVar[bool] = False
    queue_s: float = 4.0
    work_s: float = 60.0
    retention_s: float | None = None

    def __init__(self, folder: Path, clock: Clock | None, balance: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.clock = clock or Clock()
        self.clock.keep_in(folder / "skipped.json")
        self.balance = balance
        self.faults = Faults()
        self.shelf = Shelf(folder)
        self._ledger = Ledger(folder / "ledger.jsonl")
        self._given: list[Given] = []
        self._lock = threading.RLock()
        self._reconcile()

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

    # What a test asks and arranges.

    @property
    def ledger(self) -> Ledger:
        """What was paid for, up to this moment."""
        self.settle()
        return self._ledger

    def violations(self) -> list[str]:
        """Return what a client may never do and did."""
        path = self.folder / "violations.txt"
        return path.read_text().splitlines() if path.exists() else []

    def violate(self, said: str) -> None:
        """Note what a client may never do."""
        with self._lock, (self.folder / "violations.txt").open("a") as file:
            file.write(said + "\n")

    def give(self, content: bytes, times: int = 1) -> None:
        """Let the mesh of the next orders be exactly these bytes; -1 for ever."""
        with self._lock:
            self._given.append(Given(self.shelf.put(content), times))

    def add_strangers(self, count: int) -> None:
        """Let other people have ordered on the same account in the last two minutes."""
        for number in range(count):
            ago_s = STRANGERS_S * number / count
            wish = self.strange(number)
            order = self._order_of(wish, self.clock.now() - ago_s * self.clock.factor)
            order.made_wall -= ago_s
            order.stranger = True
            self.shelf.keep(order)

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
