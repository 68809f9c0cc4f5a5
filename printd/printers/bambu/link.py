"""The connection to one Bambu printer, kept up: what it says, and orders to it, each sent once.

Each connection is another ``Talk``, and what was told on an earlier one is forgotten: nothing is
acted on before a full report.
Source: OpenBambuAPI mqtt.md, ha-bambulab, bambuddy (half-dead sessions, the limit of clients, what
spoils a start); read, not measured.
"""

from __future__ import annotations

import logging
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from typing import Final

from printd.printers.bambu.failures import NoAnswer, meaning
from printd.printers.bambu.report import Snapshot, Version
from printd.printers.bambu.talk import TICK_S, USUAL, Body, Pace, Talk, View

PORT: Final = 8883
END_S: Final = 1.0  # a thread that is just connecting is not waited for; it ends by itself
FIRST_SEQUENCE: Final = 700_000  # the maker's programs count from 20000
SEQUENCES: Final = 2**30  # to draw the first from, so that no answer to an earlier run is taken
ANSWERS_KEPT: Final = 64
TOLD_AT_ONCE: Final = (  # fields of a state that are worth a look at once
    "phase",
    "subtask_id",
    "subtask_name",
    "gcode_file",
    "print_error",
    "hms",
    "percent",
    "layer",
    "layers",
    "stage",
    "has_card",
    "upgrade",
    "is_locked",
)

log = logging.getLogger(__name__)


class Link:
    """The connection, kept up by a thread of its own from ``open`` to ``close``.

    Args:
        name: of the printer, for the thread and the log.
        host: of the printer.
        port: of its MQTT.
        serial: of the printer; its topics are named after it.
        code: the access code.
        context: of TLS.
        saw: called in that thread with each state that is another than before, before anybody
            else gets it.
        pace: how long it waits.
    """

    def __init__(
        self,
        name: str,
        *,
        host: str,
        port: int,
        serial: str,
        code: str,
        context: ssl.SSLContext,
        saw: Callable[[View], None],
        pace: Pace = USUAL,
    ) -> None:
        self._name = name
        self._host = host
        self._port = port
        self._serial = serial
        self._code = code
        self._context = context
        self._saw = saw
        self._changed: Callable[[], None] = lambda: None
        self._pace = pace
        self._news = threading.Condition()  # guards all below, and tells of changes
        self._closing = False
        self._is_wanted = False
        self._tries = 0
        self._spared_until_s = 0.0
        self._failure: NoAnswer | None = None  # of the last connection; None: it is up, or new
        self._talk: Talk | None = None
        self._sequence = FIRST_SEQUENCE + secrets.randbelow(SEQUENCES)
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Begin, if it has not begun."""
        with self._news:
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(
                    target=self._run, name=f"mqtt-{self._name}", daemon=True
                )
                self._thread.start()

    def listen(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` in that thread when there is something to look at."""
        self._changed = changed
        self.open()

    def close(self) -> None:
        """End the connection and every wait."""
        with self._news:
            self._closing = True
            self._news.notify_all()
            thread, talk = self._thread, self._talk
        if talk is not None:
            talk.end(_ending())
        if thread is not None and thread is not threading.current_thread():
            thread.join(END_S)

    @property
    def version(self) -> Version | None:
        """What it has said of itself on this connection."""
        with self._news:
            return self._talk.version if self._talk else None

    def view(self, wait_s: float) -> View:
        """Return the printer as it is; tries to connect at once when there is no connection.

        Raises:
            NoAnswer: there is no full report of a connection within ``wait_s``.
        """
        self.open()
        until_s = time.monotonic() + wait_s
        with self._news:
            tried = self._tries
            while True:
                if self._closing:
                    raise _ending()
                talk = self._talk
                if talk is not None and talk.view is not None and talk.failure is None:
                    return talk.view
                has_failed = self._failure is not None and self._tries > tried
                if self._failure is not None and (has_failed or self._failure.lasting):
                    raise self._failure
                self._is_wanted = True
                self._news.notify_all()
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    raise self._failure or NoAnswer("It did not answer in time.")
                self._news.wait(left_s)

    def fresh(self, wait_s: float) -> View:
        """Return the printer as it is after this call, with proof that it hears what it is told.

        Raises:
            NoAnswer: it does not answer within ``wait_s``; it was told nothing but to report.
        """
        until_s = time.monotonic() + wait_s
        before = self.view(wait_s)
        with self._news:
            talk = self._talk
            fulls = talk.fulls if talk else 0
        asked = self.tell("info", {"command": "get_version"}, connection=before.connection)
        self.ask_all()

        def is_over() -> bool:
            answered = self.answer(asked) is not None and self._has_more(before.connection, fulls)
            return answered or not self.is_on(before.connection)

        self.wait_until(is_over, max(until_s - time.monotonic(), 0.0))
        if not self.is_on(before.connection):
            raise NoAnswer("The connection broke.")
        if self.answer(asked) is None:
            # Reports may flow while what it is told vanishes; only another connection helps.
            failure = NoAnswer("It does not hear what it is told.")
            if talk is not None:
                talk.end(failure)
            raise failure
        if not self._has_more(before.connection, fulls):
            raise NoAnswer("It does not report when it is asked.")
        return self.view(0.0)

    def _has_more(self, connection: int, fulls: int) -> bool:
        with self._news:
            talk = self._talk
            return talk is not None and talk.number == connection and talk.fulls > fulls

    def ask_all(self) -> None:
        """Let it report everything, if there is a connection. It slows some printers down."""
        with self._news:
            talk = self._talk
        if talk is not None:
            talk.ask_all(self._next())

    def tell(
        self,
        kind: str,
        body: Body,
        *,
        connection: int,
        sure: bool = False,
        spare: bool = False,
    ) -> int:
        """Send an order once; return the number by which its answer is known.

        Args:
            kind: ``print``, ``info``, ``system``.
            body: with its ``command``; the number is put in.
            connection: that it may leave on, and on no other.
            sure: acknowledged by the broker of the printer.
            spare: if the connection is lost soon after it, wait before the next one.

        Raises:
            NoAnswer: proof that it was not sent.
        """
        number = self._next()
        with self._news:
            talk = self._talk
            if talk is None or talk.number != connection or self._closing:
                raise NoAnswer("The connection is another one than before.")
            talk.answers[number] = None
            while len(talk.answers) > ANSWERS_KEPT:
                talk.answers.popitem(last=False)
            if spare:
                self._spared_until_s = time.monotonic() + self._pace.parse_s
        message = {kind: {**body, "sequence_id": str(number)}}
        if not talk.publish(message, qos=1 if sure else 0):
            raise NoAnswer("The connection broke before it was told.")
        return number

    def spare(self, wait_s: float) -> None:
        """Make the first connection after ``wait_s``: the printer still reads what it was told."""
        with self._news:
            self._spared_until_s = time.monotonic() + wait_s
            self._failure = NoAnswer("It is left alone while it reads the file of a start.")

    def spare_no_more(self) -> None:
        """Connect again as soon as needed: what was told with ``spare`` has come true, or not."""
        with self._news:
            self._spared_until_s = 0.0
            self._news.notify_all()

    def answer(self, number: int) -> Body | None:
        """Return the answer to an order; None: there is none on this connection."""
        with self._news:
            return self._talk.answers.get(number) if self._talk else None

    def is_on(self, connection: int | None) -> bool:
        """Say whether this connection is still the one."""
        with self._news:
            return self._talk is not None and self._talk.number == connection

    def wait_until(self, is_so: Callable[[], bool], wait_s: float) -> bool:
        """Look at every change until it is so; False: it was not in time, or the link closes."""
        until_s = time.monotonic() + wait_s
        while not is_so():
            with self._news:
                left_s = until_s - time.monotonic()
                if self._closing or left_s <= 0:
                    return False
                self._news.wait(min(left_s, TICK_S))
        return True

    def _next(self) -> int:
        with self._news:
            self._sequence += 1
            return self._sequence

    # In the thread.

    def _run(self) -> None:
        wait_s = self._pace.again_s
        if not self._has_spared():
            return
        while True:
            begun_s = time.monotonic()
            failure, was_up = self._connected()
            with self._news:
                if self._closing:
                    return
                self._talk, self._failure = None, failure
                self._tries += 1
                self._is_wanted = False
                self._news.notify_all()
            log.debug("%s: %s", self._name, failure.words)
            if was_up:
                self._changed()
                wait_s = self._pace.again_s
            if not self._rested(failure, begun_s, wait_s):
                return
            wait_s = min(2 * wait_s, self._pace.longest_s)

    def _has_spared(self) -> bool:
        """Wait until a connection spoils nothing; False: the link closes."""
        with self._news:
            while not self._closing and (left_s := self._spared_until_s - time.monotonic()) > 0:
                self._news.wait(left_s)
            return not self._closing

    def _rested(self, failure: NoAnswer, begun_s: float, wait_s: float) -> bool:
        """Wait before the next try, less when somebody wants it; False: the link closes."""
        least_s = self._pace.longest_s if failure.lasting else self._pace.again_s
        with self._news:
            while not self._closing:
                most_s = least_s if self._is_wanted else max(wait_s, least_s)
                until_s = max(begun_s + most_s, self._spared_until_s)
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    break
                self._news.wait(left_s)
            return not self._closing

    def _connected(self) -> tuple[NoAnswer, bool]:
        """Keep one connection until it ends; return why, and whether there was a full report."""
        with self._news:
            talk = Talk(
                self._tries + 1, self._serial, self._code, self._context, self._pace, self._next
            )
            self._talk = talk
        try:
            talk.open(self._host, self._port, self._take)
            while talk.failure is None and not self._closing:
                talk.turn()
        except Exception as error:  # paho promises no list, and the thread has to live
            if not isinstance(error, OSError):
                log.warning("%s: a message could not be taken", self._name, exc_info=error)
            talk.fail(meaning(error, f"MQTT (port {self._port})"))
        finally:
            talk.close()
        return talk.failure or _ending(), talk.view is not None

    def _take(self, talk: Talk, told: Body) -> None:
        """Take a message; others see it when it has been looked at."""
        view = talk.taken(told)
        if view is not None:
            self._saw(view)
        with self._news:
            if view is not None:
                talk.view, self._failure = view, None
            talk.count(told)
            self._news.notify_all()
        if view is not None and (view.last is None or _stands_out(view.now, view.last)):
            self._changed()


def _ending() -> NoAnswer:
    return NoAnswer("printd is about to end.")


def _stands_out(now: Snapshot, last: Snapshot) -> bool:
    """Say whether a change is worth a look at once: not a degree more or less."""
    return any(getattr(now, field) != getattr(last, field) for field in TOLD_AT_ONCE)
