"""One MQTT connection to a Bambu printer, and what was heard on it; used once, by one thread.

Nothing of it is kept for the next one: paho would send an order again after it has connected anew,
and keep one that was given while there was no connection.
Source: OpenBambuAPI mqtt.md, ha-bambulab, bambuddy (reports, silence); what paho 2.2 sends twice
was measured.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from printd.printers.bambu.failures import NoAnswer, WrongCode
from printd.printers.bambu.merge import Reports, is_full, push_of
from printd.printers.bambu.report import Snapshot, Version, version_of
from printd.printers.bambu.values import record

USER: Final = "bblp"
CONNECT_S: Final = 10.0
KEEPALIVE_S: Final = 30
TICK_S: Final = 0.5
UNDELIVERED_S: Final = 20.0  # a printer in a bad Wi-Fi takes seconds
LONGEST_BYTES: Final = 1 << 20  # of a message; a full report has 40 kB
WRONG_CODE: Final = frozenset({134, 135})  # 4 and 5 of MQTT 3.1.1, as paho shows them
SERIAL: Final = "Check `serial` of the printer: capital letters, as its display shows it."
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
    number: int  # of the state on this connection, from 1

    def is_older_than(self, other: View) -> bool:
        """Say whether the printer has shown another state since."""
        return (self.connection, self.number) < (other.connection, other.number)


class Talk:
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

    def open(self, host: str, port: int, take: Callable[[Talk, Body], None]) -> None:
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
        line = self._client.socket()
        if isinstance(line, socket.socket):  # with TLS it is one, too
            give_up_soon(line)
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
        now = Snapshot.of(self._reports.state)
        if self.view is None:
            return View(now, None, self.number, 1)
        return View(now, self.view.now, self.number, self.view.number + 1)

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
            self.fail(WrongCode())
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


def give_up_soon(line: socket.socket) -> None:
    """Let what cannot be delivered now be lost: a start must not arrive when it is forgotten.

    The kernel would try for minutes. Measured with the network away for 9 s: the start arrived
    though the line had long been closed here; with this it did not.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNDELIVERED_S * 1000))


def _read(payload: bytes | bytearray) -> Body | None:
    """Read a message; some firmwares put bytes into it that are no text."""
    if len(payload) > LONGEST_BYTES:
        return None
    try:
        told = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
