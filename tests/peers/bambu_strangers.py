"""Another program's way to a Bambu printer: plain paho-mqtt and ftplib, nothing of printd.

Source: what ha-bambulab and bambuddy do, read 2026-10: the serial as server name, the TLS session
of the control channel on the data channel, no ``unwrap`` after an upload.
"""

import ftplib
import json
import socket
import ssl
import threading
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.peers.bambu import USER, BambuLan
from tests.peers.virtual_printer import wait_until

ANSWER_S = 10.0


class _NamedContext(ssl.SSLContext):
    """Checks the certificate against the serial, whatever address is connected to."""

    serial = ""

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*args, **{**options, "server_hostname": self.serial})


def context_for(serial: str, authority: Path) -> ssl.SSLContext:
    """Return a context that trusts this authority and wants this name."""
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.serial = serial
    context.load_verify_locations(authority)
    return context


class Listener:
    """An MQTT client that keeps all that it hears.

    Args:
        printer: to connect to.
        code: the access code; None is the right one.
        topic: to subscribe to; empty is that of the reports.
        id: of the client; empty lets the broker choose.
    """

    def __init__(
        self, printer: BambuLan, *, code: str | None = None, topic: str = "", id: str = ""
    ) -> None:
        self._printer = printer
        self._topic = topic or f"device/{printer.serial}/report"
        self._number = 100
        self._seen = 0  # reports that a wait has passed
        self.heard: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.refusal = ""
        self.losses = 0
        self.acknowledged: list[int] = []
        self.granted: list[bool] = []
        self._subscribed = threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2, id)
        context = context_for(printer.serial, printer.certificate.authority)
        self.client.tls_set_context(context)
        self.client.username_pw_set(USER, printer.code if code is None else code)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_subscribe = self._on_subscribe
        self.client.on_publish = lambda _c, _d, number, *_: self.acknowledged.append(number)
        self.client.on_disconnect = lambda *_: self._lost()

    def __enter__(self) -> Self:
        self.client.connect(self._printer.host, self._printer.mqtt_port)
        self.client.loop_start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def joined(self) -> Self:
        """Wait until the subscription was answered."""
        assert self._subscribed.wait(ANSWER_S)
        return self

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.refusal = str(reason)
        else:
            client.subscribe(self._topic)

    def _on_subscribe(
        self,
        _client: Client,
        _data: object,
        _number: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self.granted = [not reason.is_failure for reason in reasons]
        self._subscribed.set()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.raw.append(bytes(message.payload))
        self.heard.append(json.loads(message.payload.decode("latin-1")))

    def _lost(self) -> None:
        self.losses += 1

    # What it asks.

    def tell(self, kind: str, command: str, *, qos: int = 0, **fields: Any) -> str:
        """Publish a request; returns its sequence id."""
        self._number += 1
        number = str(self._number)
        body = {"sequence_id": number, "command": command, **fields}
        topic = f"device/{self._printer.serial}/request"
        self.client.publish(topic, json.dumps({kind: body}), qos)
        return number

    def answer(self, number: str) -> dict[str, Any]:
        """Wait for the answer to a request."""
        wait_until(lambda: bool(self.answers(number)), f"an answer to {number}", ANSWER_S)
        return self.answers(number)[0]

    def answers(self, number: str) -> list[dict[str, Any]]:
        """Return the answers to a request that have come so far."""
        bodies = [body for message in self.heard for body in message.values()]
        return [
            body
            for body in bodies
            if body["sequence_id"] == number and body["command"] != "push_status"
        ]

    def start(self, file: str, id: str = "4711", **fields: Any) -> str:
        """Ask for a print of this file in the root; returns the sequence id."""
        stem = file.removesuffix(".gcode.3mf")
        order = {
            "param": "Metadata/plate_1.gcode",
            "url": f"ftp://{file}",
            "file": file,
            "md5": "",
            "subtask_name": stem,
            "project_id": id,
            "task_id": id,
            "subtask_id": id,
            "use_ams": False,
            **fields,
        }
        return self.tell("print", "project_file", **order)

    # What it is told.

    @property
    def reports(self) -> list[dict[str, Any]]:
        """All reports, whole or in part."""
        said = [message.get("print", {}) for message in [*self.heard]]
        return [body for body in said if body.get("command") == "push_status"]

    @property
    def shown(self) -> dict[str, Any]:
        """What the reports come to, one over the other."""
        fields: dict[str, Any] = {}
        for report in self.reports:
            fields |= report
        return fields

    def wait_for(self, field: str, value: object) -> None:
        """Wait until the reports say this, or have said it since the last wait."""

        def is_said() -> bool:
            reports = self.reports
            for place, report in enumerate(reports[self._seen :], self._seen):
                if field in report and report[field] == value:
                    self._seen = place
                    return True
            return bool(self.shown.get(field) == value)

        wait_until(is_said, f"{field} {value}, now {self.shown.get(field)}", ANSWER_S)


class Uploader(ftplib.FTP_TLS):
    """An FTPS client that speaks TLS from the first byte, as printers want it."""

    resumes = True  # the TLS session of the control channel
    protects = True

    def __init__(self, printer: BambuLan, *, code: str | None = None) -> None:
        super().__init__(context=context_for(printer.serial, printer.certificate.authority))
        self.timeout = ANSWER_S
        line = socket.create_connection((printer.host, printer.ftps_port), ANSWER_S)
        self.host, self.port, self.af = printer.host, printer.ftps_port, line.family
        self.line = self.context.wrap_socket(line)
        self.sock = self.line
        self.file = self.sock.makefile("r", encoding="utf-8")
        try:
            self.welcome = self.getresp()
            self.login(USER, printer.code if code is None else code)
            self.prot_p()
            self.voidcmd("TYPE I")
        except BaseException:
            self.close()
            raise

    def ntransfercmd(
        self, cmd: str, rest: int | str | None = None
    ) -> tuple[socket.socket, int | None]:
        if not self.protects:
            return super(ftplib.FTP_TLS, self).ntransfercmd(cmd, rest)
        # The data channel of ftplib.FTP_TLS starts a session of its own.
        line, size = super(ftplib.FTP_TLS, self).ntransfercmd(cmd, rest)
        session = self.line.session if self.resumes else None
        try:
            return self.context.wrap_socket(line, session=session), size
        except BaseException:
            line.close()
            raise

    def prot_c(self) -> str:
        """Send data in the clear from now on, if it may."""
        answer = super().prot_c()
        self.protects = False
        return answer

    def store(self, name: str, content: bytes) -> str:
        """Upload; returns the last answer."""
        with self.transfercmd(f"STOR {name}") as line:
            line.sendall(content)
        return self.voidresp()
