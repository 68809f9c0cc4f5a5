"""A mosquitto of our own: TLS 1.2 doors with a name, a password and a certificate each.

One program serves as many doors as there are printers. Their behaviour speaks to it over a socket
in its folder, which nobody else can reach. The service that the package may have started is left
alone: ports, files and user are our own.
"""

import atexit
import base64
import getpass
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.peers.certificates import Certificate

# Debian puts it where only root looks.
PROGRAM: Final = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
STARTS_WITHIN_S: Final = 10.0  # some milliseconds when the machine is quiet
ROUNDS: Final = 101
NO_TLS_1_3: Final = """\
openssl_conf = all
[all]
ssl_conf = parts
[parts]
system_default = limits
[limits]
MaxProtocol = TLSv1.2
"""
Take = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Door:
    """One listener.

    Attributes:
        port: where.
        serial: of the printer behind it.
        user: who may come in.
        password: with what.
        certificate: that it shows.
        most_clients: connections at a time.
    """

    port: int
    serial: str
    user: str
    password: str
    certificate: Certificate
    most_clients: int


class Mosquitto:
    """The broker; ``take`` says who gets what is published to a printer.

    Args:
        folder: for its files; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._program: subprocess.Popen[bytes] | None = None
        self._inside: Client | None = None
        self._takers: dict[str, Take] = {}
        atexit.register(self.kill)  # whoever forgets it leaves nothing behind

    def take(self, serial: str, taker: Take) -> None:
        """Let ``taker`` have what is published to this printer; called in a thread of ours."""
        self._takers[serial] = taker

    def start(self, doors: Sequence[Door]) -> None:
        """Start it; returns when its doors are open."""
        assert PROGRAM is not None, "apt install mosquitto"
        path = self._folder / "inside"
        path.unlink(missing_ok=True)
        (self._folder / "openssl.cnf").write_text(NO_TLS_1_3)
        config = self._folder / "mosquitto.conf"
        config.write_text("\n".join([*self._common(), *(self._door(door) for door in doors), ""]))
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._program = subprocess.Popen(
                [PROGRAM, "-c", config],
                env={**os.environ, "OPENSSL_CONF": str(self._folder / "openssl.cnf")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._inside = self._connected(path)

    def _common(self) -> list[str]:
        return [
            "per_listener_settings true",
            f"user {getpass.getuser()}",
            "persistence false",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "max_queued_messages 100000",
            f"listener 0 {self._folder / 'inside'}",
            "allow_anonymous true",
        ]

    def _door(self, door: Door) -> str:
        passwords = self._folder / f"{door.serial}.passwords"
        passwords.write_text(_password_line(door.user, door.password))
        passwords.chmod(0o600)
        lines = [
            f"listener {door.port} 127.0.0.1",
            f"certfile {door.certificate.chain}",
            f"keyfile {door.certificate.key}",
            "allow_anonymous false",
            f"password_file {passwords}",
            f"max_connections {door.most_clients}",
        ]
        return "\n".join(lines)

    def _connected(self, path: Path) -> Client:
        there = threading.Event()
        client = Client(CallbackAPIVersion.VERSION2, "inside", transport="unix")

        def on_connect(
            client: Client,
            _data: object,
            _flags: ConnectFlags,
            _reason: ReasonCode,
            _properties: Properties | None,
        ) -> None:
            client.subscribe("device/+/request")

        client.on_connect = on_connect
        client.on_subscribe = lambda *_: there.set()
        client.on_message = self._pass_on
        self._wait_for(path)
        client.connect(str(path), 1)
        client.loop_start()
        assert there.wait(STARTS_WITHIN_S), self.log
        return client

    def _wait_for(self, path: Path) -> None:
        waited = threading.Event()
        for _ in range(int(STARTS_WITHIN_S / 0.005)):
            assert self._program is not None
            assert self._program.poll() is None, f"mosquitto has ended:\n{self.log}"
            if path.exists():
                with socket.socket(socket.AF_UNIX) as line:
                    if line.connect_ex(str(path)) == 0:
                        return
            waited.wait(0.005)
        raise AssertionError(f"mosquitto does not answer:\n{self.log}")

    def _pass_on(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        taker = self._takers.get(message.topic.split("/")[1])
        if taker is not None:
            taker(bytes(message.payload))

    def publish(self, serial: str, payload: bytes) -> None:
        """Say something as this printer; lost when the broker is not there."""
        if self._inside is not None:
            self._inside.publish(f"device/{serial}/report", payload)

    @property
    def runs(self) -> bool:
        """Whether the program is there."""
        return self._program is not None and self._program.poll() is None

    @property
    def log(self) -> str:
        """All that it has complained about."""
        return (self._folder / "mosquitto.log").read_text(errors="replace")

    def stop(self) -> None:
        """End it as a service manager does: clients are told."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does, as far as the kernel lets it."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        inside, self._inside = self._inside, None
        program, self._program = self._program, None
        if inside is not None:
            inside.disconnect()  # before it is lost: paho would wait a second to connect again
            inside.loop_stop()
        if program is not None:
            program.send_signal(number)
            program.wait(STARTS_WITHIN_S)


def _password_line(user: str, password: str) -> str:
    """Return what ``mosquitto_passwd`` writes.

    Source: mosquitto 2.0.11, password_mosq.c: PBKDF2 with SHA-512, 64 bytes, in base64.
    """
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS, 64)
    encoded = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{user}:$7${ROUNDS}${'$'.join(encoded)}\n"
