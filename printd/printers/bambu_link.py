"""One MQTT connection to one Bambu printer: what it says, and orders to it, each sent once.

Every connection has a client object of its own, which is thrown away with it: paho would send an
order again after it has connected anew, and keep one that was given while there was no connection.
What was told on an earlier connection is forgotten; nothing is acted on before a full report.
Source: OpenBambuAPI mqtt.md, ha-bambulab, bambuddy (reports, silence, half-dead sessions); what
paho 2.2 sends twice was measured.
"""

from __future__ import annotations

import json
import logging
import secrets
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from printd.printers.bambu_failures import NoAnswer, meaning, wrong_code
from printd.printers.bambu_merge import Reports, is_full, push_of
from printd.printers.bambu_report import Snapshot, Version, version_of
from printd.printers.bambu_values import record

USER: Final = "bblp"
PORT: Final = 8883
CONNECT_S: Final = 10.0
KEEPALIVE_S: Final = 30
TICK_S: Final = 0.5
END_S: Final = 1.0  # a thread that is just connecting is not waited for; it ends by itself
FIRST_SEQUENCE: Final = 700_000  # the maker's programs count from 20000
SEQUENCES: Final = 2**30  # to draw the first from, so that no answer to an earlier run is taken
ANSWERS_KEPT: Final = 64
LONGEST_BYTES: Final = 1 << 20  # of a message; a full report has 40 kB
WRONG_CODE: Final = frozenset({134, 135})  # 4 and 5 of MQTT 3.1.1, as paho shows them
SERIAL: Final = "Check `serial` of the printer: capital letters, as its display shows it."
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
Body = Mapping[str, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the link waits for what, in seconds."""

    answer_s: float = 10.0  # to the login and to the subscription
    first_s: float = 30.0  # until a full report; a busy printer takes its time
    ask_again_s: float = 10.0  # meanwhile
    quiet_s: float = 60.0  # nothing was heard for so long: it is asked
    deaf_s: float = 30.0  # and still nothing: another connection
    again_s: float = 2.0  # from one try to the next, at least; a printer frees places slowly
    longest_s: float = 60.0  # at most, and after a failure that only a person can mend
    parse_s: float = 60.0  # after a start: who connects while the file is read, spoils it


USUAL: Final = Pace()


@dataclass(frozen=True, slots=True)
class View:
    """The printer as one connection shows it."""

    now: Snapshot
    last: Snapshot | None  # before ``now``, on the same connection
    connection: int


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
        self._talk: _Talk | None = None
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
            talk = _Talk(
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

    def _take(self, talk: _Talk, told: Body) -> None:
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


class _Talk:
    """One connection and what was heard on it."""

    def __init__(
        self,
        number: int,
        serial: str,
        code: str,
        context: ssl.SSLContext,
        pace: Pace,
        sequence: Callable[[], int],
    ) -> None:
        self.number = number
        self.view: View | None = None
        self.version: Version | None = None
        self.failure: NoAnswer | None = None
        self.answers: OrderedDict[int, Body | None] = OrderedDict()
        self.fulls = 0
        self._serial = serial
        self._pace = pace
        self._sequence = sequence
        self._reports = Reports()
        self._begun_s = time.monotonic()
        self._heard_s = self._begun_s
        self._asked_s = 0.0
        self._is_subscribed = False
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            f"printd-{secrets.token_hex(6)}",
            reconnect_on_failure=False,
        )
        self._client.connect_timeout = CONNECT_S
        self._client.username_pw_set(USER, code)
        self._client.tls_set_context(context)
        # With it, who publishes only leaves the message; else two threads would write at once.
        self._client.on_socket_register_write = lambda *_: None

    def open(self, host: str, port: int, take: Callable[[_Talk, Body], None]) -> None:
        """Connect; raises what paho raises."""
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe

        def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
            self._heard_s = time.monotonic()
            told = _read(message.payload)
            if told is not None:
                take(self, told)

        self._client.on_message = on_message
        self._client.connect(host, port, KEEPALIVE_S)
        self._begun_s = self._heard_s = time.monotonic()

    def turn(self) -> None:
        """Send and receive for a moment, and look at the time."""
        code = self._client.loop(TICK_S)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.fail(NoAnswer("The connection broke."))
        now_s = time.monotonic()
        if self.view is None:
            self._await_first(now_s)
        elif now_s - self._heard_s > self._pace.quiet_s + self._pace.deaf_s:
            self.fail(NoAnswer("It has fallen silent."))
        elif now_s - self._heard_s > self._pace.quiet_s and self._asked_s < self._heard_s:
            self.ask_all(self._sequence())

    def _await_first(self, now_s: float) -> None:
        age_s = now_s - self._begun_s
        if not self._is_subscribed:
            if age_s > self._pace.answer_s:
                self.fail(NoAnswer("It did not answer in time."))
        elif age_s > self._pace.first_s:
            words = f"It lets printd in and reports nothing for the serial {self._serial}."
            self.fail(NoAnswer(words, SERIAL, lasting=True))
        elif now_s - self._asked_s > self._pace.ask_again_s:
            self.ask_all(self._sequence())

    def close(self) -> None:
        """End it; other threads must not use it any more."""
        self._client.on_message = None
        try:
            self._client.disconnect()
            self._client.loop_write()
        except (OSError, ValueError) as error:
            log.debug("the end of a connection: %s", error)
        line = self._client.socket()
        if line is not None:
            line.close()

    def fail(self, failure: NoAnswer) -> None:
        """Let it end for this reason; the first one counts."""
        if self.failure is None:
            self.failure = failure

    def end(self, failure: NoAnswer) -> None:
        """Let it end at once; from any thread."""
        self.fail(failure)
        self._client.disconnect()  # is left for the thread to send, and wakes it

    def publish(self, message: Mapping[str, Body], *, qos: int) -> bool:
        """Send a message; False: it was not sent and never will be."""
        topic = f"device/{self._serial}/request"
        info = self._client.publish(topic, json.dumps(message), qos)
        return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def ask_all(self, number: int) -> None:
        """Ask for a full report."""
        self._asked_s = time.monotonic()
        body = {
            "command": "pushall",
            "version": 1,
            "push_target": 1,
            "sequence_id": str(number),
        }
        self.publish({"pushing": body}, qos=0)

    def taken(self, told: Body) -> View | None:
        """Merge a message; return the state when it is another, and whole."""
        if not self._reports.take(told) and (self.view is not None or not self._reports.is_full):
            return None
        if not self._reports.is_full:
            return None
        last = self.view.now if self.view else None
        return View(Snapshot.of(self._reports.state), last, self.number)

    def count(self, told: Body) -> None:
        """Note an answer, a version, a full report; the caller holds the lock of the link."""
        self.version = version_of(told) or self.version
        push = push_of(told)
        if push is not None:
            self.fulls += is_full(push)
            return
        for kind in told:
            body = record(told[kind])
            number = str(body.get("sequence_id", ""))
            if number.isdecimal() and len(number) < 12 and int(number) in self.answers:
                self.answers[int(number)] = body

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.value in WRONG_CODE:
            self.fail(wrong_code())
        elif reason.is_failure:
            self.fail(NoAnswer(f"It does not let printd in: {reason}."))
        else:
            client.subscribe(f"device/{self._serial}/report")

    def _on_subscribe(
        self,
        _client: Client,
        _data: object,
        _number: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            words = f"It does not let printd read the reports of {self._serial}."
            self.fail(NoAnswer(words, SERIAL, lasting=True))
            return
        self._is_subscribed = True
        self.ask_all(self._sequence())
        version = {"command": "get_version", "sequence_id": str(self._sequence())}
        self.publish({"info": version}, qos=0)


def _ending() -> NoAnswer:
    return NoAnswer("printd is about to end.")


def _read(payload: bytes | bytearray) -> Body | None:
    """Read a message; some firmwares put bytes into it that are no text."""
    if len(payload) > LONGEST_BYTES:
        return None
    try:
        told = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _stands_out(now: Snapshot, last: Snapshot) -> bool:
    """Say whether a change is worth a look at once: not a degree more or less."""
    return any(getattr(now, field) != getattr(last, field) for field in TOLD_AT_ONCE)
