"""``printd printers add bambu`` and ``discover``, as somebody does it for the first time."""

import json
import os
import pty
import signal
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from printd.core.configfile import load
from tests.peers.bambu import BambuLan
from tests.peers.bambu_models import H2D
from tests.peers.bambu_notice import announce
from tests.peers.certificates import Authority
from tests.peers.daemon import PRINTD
from tests.peers.orca_presets import write_profile
from tests.peers.ports import free_port
from tests.peers.typed import typed

pytestmark = pytest.mark.peer("mosquitto")

WITHIN_S = 60.0
OWN = "# mine\nprinters:\n  p1:\n    kind: virtual # a toy\n"
Done = subprocess.CompletedProcess[str]


class Person:
    """Somebody in a folder of their own, with a profile and the access code in their head."""

    def __init__(self, folder: Path, peer: BambuLan) -> None:
        self.folder = folder
        self.peer = peer
        folder.mkdir()
        self.config = folder / "config.yaml"
        self.config.write_text(OWN)
        write_profile(folder / "profiles" / "lab", model=peer.model.product)
        known = {key: value for key, value in os.environ.items() if not key.startswith("PRINTD_")}
        self.environment = {**known, "XDG_CONFIG_HOME": str(folder)}

    def says(self, *words: object, answers: str = "") -> Done:
        return typed(
            [*map(str, words)],
            folder=self.folder,
            environment=self.environment,
            answers=answers,
        )

    def adds(self, *words: object, code: str = "") -> Done:
        """Add the printer by its address, with the code on standard input."""
        ports = ("--mqtt-port", self.peer.mqtt_port, "--ftps-port", self.peer.ftps_port)
        typed = f"{code or self.peer.code}\n"
        add = ("printers", "add", "bambu", "lab", "--access-code-stdin", *ports)
        return self.says(*add, *words, answers=typed)

    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


NOTHING_NEW = {"config.yaml", "profiles"}


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[BambuLan]:
    with BambuLan(tmp_path / "machine") as started:
        yield started


@pytest.fixture
def person(tmp_path: Path, peer: BambuLan) -> Person:
    return Person(tmp_path / "home", peer)


@contextmanager
def heard(peer: BambuLan, port: int, name: str = "") -> Iterator[None]:
    """Let the printer say again and again where it is."""
    over = threading.Event()

    def speak() -> None:
        while not over.wait(0.1):
            announce(peer, port, name=name)

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_an_address_and_the_code_are_all_that_is_needed(person: Person, peer: BambuLan) -> None:
    added = person.adds("--host", peer.host, "--write")
    checked, looked = person.says("check"), person.says("doctor", "--json")

    assert added.returncode == 0, added.stderr
    file = person.folder / "lab.code"
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("12345678\n", 0o600)
    assert peer.code not in added.stdout + added.stderr + person.config.read_text()
    assert person.config.read_text().startswith(OWN)
    assert yaml.safe_load(person.config.read_text())["printers"]["lab"] == {
        "kind": "bambu",
        "profile": "lab",
        "host": peer.host,
        "serial": peer.serial,
        "access_code_file": "lab.code",
        "fingerprint": peer.certificate.fingerprint,
        "mqtt_port": peer.mqtt_port,
        "ftps_port": peer.ftps_port,
    }
    assert f"SHA-256 {peer.certificate.fingerprint}" in added.stderr
    assert "the first that it sees" in added.stderr
    assert "Bambu Lab P1S with firmware 01.09.00.00" in added.stderr
    assert "ok    upload: a small file was stored as cache/printd-test.txt" in added.stderr
    assert peer.card.names() == []
    assert peer.journal.orders() == []
    assert checked.returncode == 0, checked.stderr
    rows = {row["check"]: row["verdict"] for row in json.loads(looked.stdout)}
    assert {how for check, how in rows.items() if check.startswith("printer_lab")} == {"ok"}


def test_without_write_the_lines_are_for_pasting(person: Person, peer: BambuLan) -> None:
    code = person.folder / "given.code"
    code.write_text(peer.code)
    code.chmod(0o600)
    ports = ("--mqtt-port", peer.mqtt_port, "--ftps-port", peer.ftps_port)
    more = ("--access-code-file", "given.code", "--ca-file", peer.certificate.authority)

    host = ("--host", peer.host, "--serial", peer.serial, "--model", "P1S")
    added = person.says("printers", "add", "bambu", "lab", *host, *ports, *more)

    assert added.returncode == 0, added.stderr
    assert person.config.read_text() == OWN
    assert person.files() == NOTHING_NEW | {"given.code"}
    person.config.write_text(OWN + added.stdout)
    printer = load(person.config, {}).config.printers["lab"]
    assert printer.model_dump(include={"access_code_file", "ca_file", "fingerprint", "model"}) == {
        "access_code_file": code,
        "ca_file": peer.certificate.authority,
        "fingerprint": None,
        "model": "P1S",
    }


def test_a_broadcast_tells_the_address(person: Person, peer: BambuLan) -> None:
    port = free_port()
    with heard(peer, port):
        added = person.adds("--serial", peer.serial, "--discovery-port", port, "--json")

    assert added.returncode == 0, added.stderr
    assert f"{peer.serial} says that it is a Bambu Lab P1S at 127.0.0.1" in added.stderr
    told = json.loads(added.stdout)
    assert told["printer"]["host"] == "127.0.0.1"
    assert {check["about"] for check in told["checks"]} >= {"", "developer_mode", "upload"}


def test_the_code_is_asked_for_at_a_terminal(person: Person, peer: BambuLan) -> None:
    ours, theirs = pty.openpty()
    words = ["--host", peer.host, "--mqtt-port", peer.mqtt_port, "--ftps-port", peer.ftps_port]
    with subprocess.Popen(
        [PRINTD, "printers", "add", "bambu", "lab", *map(str, words)],
        cwd=person.folder,
        env=person.environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # without a terminal but this one
    ) as program:
        assert program.stderr is not None
        asked = b""
        while not asked.endswith(b"as its display shows it: "):  # what is typed before is lost
            letter = program.stderr.read(1)
            assert letter, asked
            asked += letter
        os.write(ours, f"{peer.code}\n".encode())
        out, err = program.communicate(timeout=WITHIN_S)
    os.close(ours)
    os.close(theirs)

    assert program.returncode == 0, err
    assert f"Access code of {peer.serial}" in asked.decode()
    assert peer.code.encode() not in asked + err
    assert yaml.safe_load(out)["lab"]["serial"] == peer.serial


@pytest.mark.parametrize(
    ("code", "words", "fault"),
    [
        ("87654321", [], "It does not accept the access code"),
        ("", ["--serial", "01P00A999999999"], "shows a certificate of 01P00A1B2C3D4E5, not of"),
        ("", ["--ftps-port", "1"], "Nothing listens at its storage (port 1)"),
        ("", ["--mqtt-port", "1"], "Nothing listens at its MQTT (port 1)"),
    ],
)
def test_what_fails_is_named_and_nothing_is_written(
    person: Person, peer: BambuLan, code: str, words: list[str], fault: str
) -> None:
    refused = person.adds("--host", peer.host, "--write", *words, code=code)

    assert refused.returncode in (1, 69)
    assert fault in refused.stderr
    assert "\n→ " in refused.stderr
    assert person.files() == NOTHING_NEW
    assert person.config.read_text() == OWN


def test_all_that_is_wrong_at_the_printer_is_told_at_once(person: Person, peer: BambuLan) -> None:
    peer.hands.developer_mode(on=False)
    peer.hands.take_card()

    refused = person.adds("--host", peer.host, "--write")

    assert refused.returncode == 1
    assert "Developer Mode is off" in refused.stderr
    assert "run this again with its new access code" in refused.stderr
    assert "the printer has no memory card" in refused.stderr
    assert "upload" not in refused.stderr
    assert person.files() == NOTHING_NEW


def test_a_storage_that_takes_no_file_is_found_before_the_first_print(
    person: Person, peer: BambuLan
) -> None:
    peer.quirks.refuses_store = True

    refused = person.adds("--host", peer.host)

    assert refused.returncode == 1
    assert "could not be stored as cache/printd-test.txt: It answered 553" in refused.stderr
    assert peer.card.names() == []


def test_a_certificate_of_somebody_else_is_not_taken(
    person: Person, peer: BambuLan, tmp_path: Path
) -> None:
    other = Authority.make("Other").issue(tmp_path, "x").authority

    refused = person.adds("--host", peer.host, "--ca-file", other)

    assert refused.returncode == 69
    assert "Its certificate is not trusted" in refused.stderr
    assert peer.orders.received == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ([], "Neither --host nor --serial"),
        (["--host", "x", "--serial", "p1s"], "--serial: 'p1s' is no serial number"),
        (["--host", "x", "--model", "P9"], "The models are X1 Carbon"),
        (["--host", "x", "--mqtt-port", "70000"], "--mqtt-port"),
    ],
)
def test_what_cannot_be_is_said_first(person: Person, words: list[str], fault: str) -> None:
    refused = person.says("printers", "add", "bambu", "lab", *words)

    assert refused.returncode == 64, refused.stderr
    assert fault in refused.stderr


def test_a_profile_is_needed(person: Person, peer: BambuLan) -> None:
    no_settings = person.adds("--host", peer.host, "--profile", "bambu-p1s")
    other = person.adds("--host", peer.host, "--profile", "generic")
    nobody = person.says("printers", "add", "bambu", "lab", "--host", peer.host)

    assert "`printd profiles import PRESET.json --name bambu-p1s`" in no_settings.stderr
    assert "--profile: generic makes .gcode files" in other.stderr
    assert (no_settings.returncode, other.returncode, nobody.returncode) == (1, 64, 69)
    assert peer.orders.received == []


def test_what_prusa_slicer_will_make_is_named_an_experiment_and_feeds_from_outside(
    person: Person, peer: BambuLan
) -> None:
    added = person.adds("--host", peer.host, "--profile", "bambu-p1s-prusa")
    assert added.returncode == 0, added.stderr
    assert "spool: external" in added.stdout
    assert "is an experiment" in added.stderr


def test_a_model_without_a_profile_is_named(tmp_path: Path) -> None:
    with BambuLan(tmp_path / "machine", model=H2D) as peer:
        person = Person(tmp_path / "home", peer)
        (person.folder / "profiles" / "lab" / "printer.yaml").unlink()

        refused = person.adds("--host", peer.host)

    assert refused.returncode == 64
    assert "No profile is for Bambu Lab H2D" in refused.stderr


def test_one_printer_is_added_once(person: Person, peer: BambuLan) -> None:
    person.adds("--host", peer.host, "--write")
    add = ("printers", "add", "bambu", "other", "--access-code-stdin")

    by_serial = person.says(*add, "--serial", peer.serial)
    by_address = person.says(*add, "--host", peer.host, "--mqtt-port", peer.mqtt_port)

    assert (by_serial.returncode, by_address.returncode) == (64, 64)
    for refused in (by_serial, by_address):
        assert f"{peer.serial} is the printer lab already" in refused.stderr


# Who is there.


def test_each_printer_that_is_heard_is_listed_once(person: Person, peer: BambuLan) -> None:
    port = free_port()
    person.adds("--host", peer.host, "--write")
    other = BambuLan(person.folder / "other", serial="03900A1B2C3D4E5", model=H2D)
    with heard(peer, port, "the lab"), heard(other, port, "\x1b[2J"):
        listed = person.says("printers", "discover", "--seconds", 3, "--port", port, "--json")

    assert listed.returncode == 0, listed.stderr
    rows = {row["serial"]: row for row in json.loads(listed.stdout)}
    assert set(rows) == {peer.serial, other.serial}
    known = rows[peer.serial]
    assert (known["configured_as"], known["configured_host"]) == ("lab", "127.0.0.1")
    assert (known["name"], known["model"]) == ("the lab", "Bambu Lab P1S")
    assert (known["lan_only"], known["bound"]) == (True, False)
    assert rows[other.serial]["configured_as"] is None
    assert "\x1b" not in listed.stdout + listed.stderr
    assert f"printd printers add bambu NAME --serial {other.serial}" in listed.stderr


def test_whoever_has_heard_enough_need_not_wait(person: Person, peer: BambuLan) -> None:
    port = free_port()
    words = ["--seconds", "600", "--port", str(port)]
    with (
        heard(peer, port),
        subprocess.Popen(
            # Tests that run in the background are deaf to it, and so is what they start.
            ["env", "--default-signal=INT", PRINTD, "printers", "discover", *words],
            cwd=person.folder,
            env=person.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as program,
    ):
        assert program.stderr is not None
        while peer.serial not in program.stderr.readline():
            assert program.poll() is None
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=WITHIN_S)

    assert program.returncode == 0, err
    assert out.startswith(f"{peer.serial}  127.0.0.1  Bambu Lab P1S")


def test_silence_is_explained(person: Person) -> None:
    port = free_port()
    listed = person.says("printers", "discover", "--seconds", 1, "--port", port)

    assert listed.returncode == 69
    assert f"No Bambu printer was heard within 1 s at UDP port {port}." in listed.stderr
    for why in ("same network", "firewall", "container"):
        assert why in listed.stderr
