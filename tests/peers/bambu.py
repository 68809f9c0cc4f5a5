"""A scripted Bambu printer on real sockets: MQTT over TLS, FTPS, and what it does about both.

It follows what is known of the real ones and knows nothing of printd. ``BambuLan`` is one printer
with a broker of its own: mosquitto, or ``Speaker`` where a broker is to misbehave. ``bambu_fleet``
is many of them behind one mosquitto. Its faults are in ``bambu_quirks``, the person in front of it
in ``bambu_hands``, what it really did in its journal.
"""

import heapq
import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, Self

from tests.peers.bambu_card import Card
from tests.peers.bambu_ftps import Storage
from tests.peers.bambu_hands import BambuHands
from tests.peers.bambu_journal import Journal
from tests.peers.bambu_machine import Machine
from tests.peers.bambu_models import P1S, Model
from tests.peers.bambu_orders import Orders
from tests.peers.bambu_quirks import Quirks
from tests.peers.bambu_reports import Reporter
from tests.peers.bambu_speaker import Speaker
from tests.peers.certificates import Authority
from tests.peers.mosquitto import Door, Mosquitto, Take
from tests.peers.ports import free_ports

USER: Final = "bblp"
CODE: Final = "12345678"
CLOCK: Final = 60.0  # a minute of the printer is a second of the test
REPORT_EVERY_S: Final = 0.2  # a real one takes 1 s
TICK_S: Final = 0.02  # while something is under way
AT_ONCE: Final = ("gcode_state", "print_error", "subtask_id", "subtask_name", "hms")


class Broker(Protocol):
    """Carries messages between a printer and its clients."""

    def take(self, serial: str, taker: Take) -> None:
        """Let ``taker`` have what is published to this printer."""

    def start(self, doors: Sequence[Door]) -> None:
        """Open these doors."""

    def publish(self, serial: str, payload: bytes) -> None:
        """Say something as this printer."""

    def stop(self) -> None:
        """End it; clients are told."""

    def kill(self) -> None:
        """End it as a power cut does."""


class BambuLan:
    """One printer; it is off until ``start``.

    Args:
        folder: for its files, which outlive it; made when missing.
        serial: its own; made up from the model when not given.
        code: its access code.
        model: which one it is.
        clock: its seconds in a real second.
        report_every_s: real seconds from one report to the next.
        broker: None is a mosquitto of its own.
        shares: the broker serves others, too, and is started and ended by somebody else.
        authority: who signs its certificate; None is one of its own.
        storage: whether it has an FTPS door.

    Attributes:
        host, mqtt_port, ftps_port: where it listens, the same after each start.
        certificate: the files of its certificate.
        quirks: its faults; change them at any time.
        hands: a person in front of it.
        journal: what it really did.
        card: its storage.
        orders: what was published to it.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        *,
        serial: str = "",
        code: str = CODE,
        model: Model = P1S,
        clock: float = CLOCK,
        report_every_s: float = REPORT_EVERY_S,
        broker: Broker | None = None,
        shares: bool = False,
        authority: Authority | None = None,
        storage: bool = True,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.serial = serial or model.prefix + "00A1B2C3D4E5"
        self.code = code
        self.model = model
        self.mqtt_port, self.ftps_port = free_ports(2)
        self.authority = authority or Authority.make()
        self.certificate = self._own_certificate = self.authority.issue(folder, self.serial)
        self.quirks = Quirks()
        self.journal = Journal(folder / "journal.jsonl")
        self.card = Card(folder / "card")
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._off = threading.Event()
        self._machine = Machine(
            model, self.card, self.journal, self.quirks, lambda: time.monotonic() * clock
        )
        self.orders = Orders(self._machine, self.serial, self.journal)
        self.hands = BambuHands(self._machine, self._lock, self._wake)
        self._report_every_s = report_every_s
        self._reporter = Reporter(model, self.quirks)
        self._late: list[tuple[float, int, bytes]] = []
        self._count = itertools.count()
        self._at_once: tuple[Any, ...] = ()
        self._next_report = 0.0
        self._thread: threading.Thread | None = None
        self._shares = shares
        self.broker: Broker = broker or Mosquitto(folder / "broker")
        self.broker.take(self.serial, self._take)
        if isinstance(self.broker, Speaker):
            self.broker.on_connect = self._joined
        self._storage = Storage(self.card, self.quirks, self.ftps_port) if storage else None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.kill()

    @property
    def door(self) -> Door:
        """Its listener at the broker."""
        most = self.model.most_clients
        return Door(self.mqtt_port, self.serial, USER, self.code, self.certificate, most)

    # Power and network.

    def start(self) -> Self:
        """Switch it on; it has booted and answers when this returns."""
        with self._lock:
            self._machine.boot()
            self._reporter = Reporter(self.model, self.quirks)
        self.plug_in()
        self._off.clear()
        self._thread = threading.Thread(target=self._live, name=self.serial, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Switch it off; its connections end as they should."""
        self._end()
        self._close(gently=True)

    def kill(self) -> None:
        """Cut its power."""
        self._end()
        self._close(gently=False)

    def power_cycle(self) -> None:
        """Cut its power and switch it on."""
        self.kill()
        self.start()

    def unplug(self) -> None:
        """Take its network away; it prints on."""
        self._close(gently=False)

    def plug_in(self) -> None:
        """Give it its network."""
        if not self._shares:
            self.broker.start([self.door])
        if self._storage is not None:
            self._storage.start(USER, self.code, self.certificate)

    def change_code(self, code: str) -> None:
        """Let it have another access code, as it does when Developer Mode is switched."""
        self.unplug()
        self.code = code
        self.plug_in()

    def change_certificate(self, *, authority: Authority | None = None) -> None:
        """Let it show another certificate, by default of the same authority."""
        self.unplug()
        self.authority = authority or self.authority
        folder = self.folder / "other"
        folder.mkdir(exist_ok=True)
        self.certificate = self.authority.issue(folder, self.serial)
        self.plug_in()

    def restore_certificate(self) -> None:
        """Let it show its first certificate again."""
        self.unplug()
        self.certificate = self._own_certificate
        self.plug_in()

    def _end(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._off.set()
            self._wake.set()
            thread.join()
        with self._lock:
            self._machine.lose_power()
            self._late.clear()

    def _close(self, *, gently: bool) -> None:
        if self._storage is not None:
            self._storage.stop()
        if not self._shares:
            (self.broker.stop if gently else self.broker.kill)()

    # Its life.

    def _live(self) -> None:
        while not self._off.is_set():
            self._wake.clear()
            with self._lock:
                self._machine.advance()
                self._report()
                self._say_late()
                busy = self._machine.is_busy or bool(self._late)
            self._wake.wait(min(TICK_S, self._report_every_s) if busy else self._report_every_s)

    def _take(self, payload: bytes) -> None:
        if self._off.is_set() or self._thread is None:
            return
        with self._lock:
            answers, wants_all = self.orders.take(payload)
            for answer in answers:
                self._answer(json.dumps(answer).encode())
            if wants_all:
                self._machine.advance()
                self._publish(self._reporter.full(self._machine.shown))
        self._wake.set()

    def _joined(self) -> None:
        with self._lock:
            self._machine.disturb()

    def _answer(self, payload: bytes) -> None:
        delay_s = self.quirks.echo_after_s
        if delay_s:
            heapq.heappush(self._late, (time.monotonic() + delay_s, next(self._count), payload))
        else:
            self._publish([payload])

    def _say_late(self) -> None:
        while self._late and self._late[0][0] <= time.monotonic():
            self._publish([heapq.heappop(self._late)[2]])

    def _report(self) -> None:
        now = time.monotonic()
        at_once = tuple(str(self._machine.shown[name]) for name in AT_ONCE)
        if now < self._next_report and at_once == self._at_once:
            return
        self._next_report = now + self._report_every_s
        self._at_once = at_once
        self._publish(self._reporter.regular(self._machine.shown))

    def _publish(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            self.broker.publish(self.serial, frame)


@contextmanager
def bambu_fleet(folder: Path, count: int, **each: Any) -> Iterator[list[BambuLan]]:
    """Yield ``count`` running printers behind one mosquitto; ``each`` as for ``BambuLan``."""
    broker = Mosquitto(folder / "broker")
    authority = Authority.make()
    model: Model = each.get("model", P1S)
    printers = [
        BambuLan(
            folder / str(number),
            serial=f"{model.prefix}00A{number:09d}",
            broker=broker,
            shares=True,
            authority=authority,
            **each,
        )
        for number in range(count)
    ]
    broker.start([printer.door for printer in printers])
    with ExitStack() as running:
        running.callback(broker.kill)
        for printer in printers:
            running.enter_context(printer)
        yield printers
