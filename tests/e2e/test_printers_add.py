"""``printd printers add octoprint`` and a real OctoPrint, as somebody does it for the first time.

OctoPrint takes three questions for a key a minute, so tests that ask have a server of their own.
"""

import contextlib
import json
import os
import signal
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from printd.core.configfile import load
from tests.peers.cutting_proxy import CuttingProxy
from tests.peers.daemon import PRINTD
from tests.peers.octoprint import NEEDS, OctoPrint, Release, shared_octoprint
from tests.peers.typed import typed
from tests.peers.virtual_printer import wait_until

WITHIN_S = 30.0
OWN = (
    "# mine\nlog:\n  level: warning # loud enough\n\nprinters:\n  p1:\n    kind: virtual # a toy\n"
)

pytestmark = NEEDS[Release.STABLE]


@contextlib.contextmanager
def other_server(status: int, body: str) -> Iterator[str]:
    """Start a server that says the same to everything."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Person:
    """Somebody in a folder of their own who types ``printd printers add octoprint``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.config = folder / "config.yaml"
        self.key = folder / "pi.key"
        known = {key: value for key, value in os.environ.items() if not key.startswith("PRINTD_")}
        self.environment = {**known, "XDG_CONFIG_HOME": str(folder)}

    def types(self, url: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [PRINTD, "printers", "add", "octoprint", "--url", url, "--name", "pi", *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def adds(self, url: str, *words: str) -> subprocess.CompletedProcess[str]:
        return done(self.types(url, *words))

    def says(self, *words: str) -> subprocess.CompletedProcess[str]:
        return typed(words, folder=self.folder, environment=self.environment)

    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


def done(program: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    out, err = program.communicate(timeout=WITHIN_S)
    return subprocess.CompletedProcess(program.args, program.returncode, out, err)


def decided(
    server: OctoPrint, program: subprocess.Popen[str], *, allow: bool
) -> subprocess.CompletedProcess[str]:
    """Answer the question in OctoPrint, and return what the program made of it."""
    wait_until(lambda: server.hands.is_asked("printd"), "it asks", WITHIN_S)
    server.hands.decide("printd", allow=allow)
    return done(program)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path / "home")


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OctoPrint]:
    with OctoPrint(tmp_path / "octoprint") as started:
        yield started


@pytest.fixture
def key_of(person: Person) -> Callable[[str], str]:
    """Put a key into a file as a person does."""

    def put(key: str) -> str:
        path = person.folder / "given.key"
        path.write_text(key)
        path.chmod(0o600)
        return str(path)

    return put


# Asked for.


@pytest.mark.parametrize(
    "release", [pytest.param(one, marks=NEEDS[one], id=one.name.lower()) for one in Release]
)
def test_a_click_on_allow_is_all_that_is_needed(
    person: Person, tmp_path: Path, release: Release
) -> None:
    with OctoPrint(tmp_path / "octoprint", release) as server:
        added = decided(server, person.types(server.url, "--write"), allow=True)
        checked, looked = person.says("check"), person.says("doctor", "--json")

    assert added.returncode == 0, added.stderr
    key = person.key.read_text().strip()
    assert stat.S_IMODE(person.key.stat().st_mode) == 0o600
    assert key not in added.stdout + added.stderr + person.config.read_text()
    assert f"click Allow (as a user who may print): {server.url}/plugin/appkeys/" in added.stderr
    assert checked.returncode == 0, checked.stderr
    assert "Printers: pi." in checked.stdout
    rows = {row["check"]: row["verdict"] for row in json.loads(looked.stdout)}
    of_printer = {check: how for check, how in rows.items() if check.startswith("printer_pi")}
    assert len(of_printer) == 7
    assert set(of_printer.values()) == {"ok"}


def test_a_file_with_comments_keeps_them(person: Person, own_server: OctoPrint) -> None:
    person.config.write_text(OWN)

    added = decided(own_server, person.types(own_server.url, "--write", "--json"), allow=True)

    assert added.returncode == 0, added.stderr
    assert person.config.read_text().startswith(OWN)
    assert (person.folder / "config.yaml.bak").read_text() == OWN
    assert list(load(person.config, {}).config.printers) == ["p1", "pi"]
    told = json.loads(added.stdout)
    assert told["written"]
    assert told["printer"] == yaml.safe_load(person.config.read_text())["printers"]["pi"]


def test_without_write_the_lines_are_for_pasting(person: Person, own_server: OctoPrint) -> None:
    person.config.write_text(OWN)

    added = decided(own_server, person.types(own_server.url, "--user", "owner"), allow=True)

    assert added.returncode == 0, added.stderr
    assert "click Allow (user owner)" in added.stderr
    assert person.config.read_text() == OWN
    person.config.write_text(OWN + added.stdout)
    assert person.says("check").returncode == 0


def test_a_click_on_deny_leaves_nothing(person: Person, own_server: OctoPrint) -> None:
    refused = decided(own_server, person.types(own_server.url, "--write"), allow=False)

    assert refused.returncode == 1
    assert "Deny" in refused.stderr
    assert "[key_refused]" in refused.stderr
    assert person.files() == set()


def test_nobody_who_clicks_is_waited_for_only_so_long(
    person: Person, own_server: OctoPrint
) -> None:
    given_up = person.adds(own_server.url, "--write", "--wait-s", "1")

    assert given_up.returncode == 1
    assert "nobody has allowed it within 1 s" in given_up.stderr
    assert "waiting 0 % for Allow, 1 s left" in given_up.stderr
    assert person.files() == set()


def test_whoever_interrupts_it_leaves_nothing(person: Person, own_server: OctoPrint) -> None:
    program = person.types(own_server.url, "--write")
    wait_until(lambda: own_server.hands.is_asked("printd"), "it asks", WITHIN_S)
    program.send_signal(signal.SIGINT)
    interrupted = done(program)

    assert interrupted.returncode == 130
    assert "nothing was written" in interrupted.stderr
    assert "Traceback" not in interrupted.stderr
    assert person.files() == set()


@pytest.mark.full
def test_a_server_that_goes_for_a_moment_is_asked_again(
    person: Person, own_server: OctoPrint
) -> None:
    with CuttingProxy(own_server.port) as proxy:
        program = person.types(proxy.url, "--write")
        wait_until(lambda: own_server.hands.is_asked("printd"), "it asks", WITHIN_S)
        proxy.unplug()
        proxy.plug_in()
        added = decided(own_server, program, allow=True)

    assert added.returncode == 0, added.stderr


def test_a_prefix_of_the_address_is_kept(person: Person, own_server: OctoPrint) -> None:
    with CuttingProxy(own_server.port, "/octoprint") as proxy:
        added = decided(own_server, person.types(proxy.url, "--write"), allow=True)
        looked = person.says("doctor")

    assert added.returncode == 0, added.stderr
    assert f"{proxy.url}/plugin/appkeys/auth/" in added.stderr
    assert f"OctoPrint 1.11.8 at {proxy.url}" in looked.stdout


@pytest.mark.full
def test_who_asks_too_often_is_told_to_wait(person: Person, own_server: OctoPrint) -> None:
    for _ in range(3):
        person.adds(own_server.url, "--wait-s", "1")

    refused = person.adds(own_server.url, "--wait-s", "1")

    assert refused.returncode == 1
    assert "Wait ten minutes" in refused.stderr


# Given.


def test_a_key_that_is_there_is_used_where_it_lies(
    person: Person, key_of: Callable[[str], str]
) -> None:
    server = shared_octoprint()

    added = person.adds(server.url, "--write", "--key-file", key_of(server.key))

    assert added.returncode == 0, added.stderr
    assert person.files() == {"config.yaml", "given.key"}
    assert yaml.safe_load(person.config.read_text())["printers"]["pi"]["key_file"] == "given.key"


def test_a_wrong_key_is_named(person: Person, key_of: Callable[[str], str]) -> None:
    refused = person.adds(shared_octoprint().url, "--write", "--key-file", key_of("WRONG"))

    assert refused.returncode == 1
    assert "does not know this key" in refused.stderr
    assert "WRONG" not in refused.stderr
    assert person.files() == {"given.key"}


def test_a_file_that_is_written_unusually_is_left_to_its_owner(
    person: Person, key_of: Callable[[str], str]
) -> None:
    server = shared_octoprint()
    person.config.write_text("printers: {p1: {kind: virtual}} # mine\n")

    added = person.adds(server.url, "--write", "--key-file", key_of(server.key))

    assert added.returncode == 1
    assert "was not changed: it is written in another way than most" in added.stderr
    assert person.config.read_text() == "printers: {p1: {kind: virtual}} # mine\n"
    assert yaml.safe_load(added.stdout)["pi"]["url"] == server.url


# What cannot be is said before anybody is asked for anything.


def test_a_wrong_address_is_named(person: Person) -> None:
    nobody = person.adds("http://127.0.0.1:1")
    without_scheme = person.adds("octopi.local")
    wrong_prefix = person.adds(f"{shared_octoprint().url}/elsewhere")

    assert (nobody.returncode, without_scheme.returncode) == (69, 64)
    assert "No connection could be made" in nobody.stderr
    assert "such as http://octopi.local" in without_scheme.stderr
    assert wrong_prefix.returncode == 69
    assert "no OctoPrint at this address (404)" in wrong_prefix.stderr
    assert person.files() == set()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, "<html>a router</html>", "Something else than OctoPrint answers there."),
        (200, '{"printer": "Moonraker"}', "Something else than OctoPrint answers there."),
        (401, "who are you?", "no OctoPrint at this address (401)"),
        (502, "bad gateway", "it answers 502"),
    ],
)
def test_a_server_that_is_no_octoprint_is_named(
    person: Person, status: int, body: str, words: str
) -> None:
    with other_server(status, body) as url:
        refused = person.adds(url, "--write")

    assert refused.returncode == 69
    assert words in refused.stderr
    assert person.files() == set()


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--name", "P 1"], "--name: 'P 1'"),
        (["--name", "p1"], "A printer is called p1 already."),
        (["--profile", "nosuch"], "--profile: There is no profile nosuch"),
        (["--profile", "generic-resin"], "take .gcode."),
        (["--material", "cheese"], "--material"),
        (["--wait-s", "9999"], "--wait-s 9999: from 1 to 600 seconds."),
    ],
)
def test_what_cannot_be_is_said_first(person: Person, words: list[str], fault: str) -> None:
    person.config.write_text(OWN)

    refused = person.adds("http://127.0.0.1:1", *words)

    assert refused.returncode == 64, refused.stderr
    assert fault in refused.stderr


def test_one_octoprint_is_one_printer(person: Person, key_of: Callable[[str], str]) -> None:
    server = shared_octoprint()
    person.adds(server.url, "--write", "--key-file", key_of(server.key))

    again = person.adds(f"{server.url}/", "--name", "other")

    assert again.returncode == 64
    assert f"{server.url} is the printer pi already" in again.stderr


def test_a_key_that_lies_there_is_not_replaced(person: Person) -> None:
    person.key.write_text("precious")

    refused = person.adds("http://127.0.0.1:1")

    assert refused.returncode == 1
    assert f"--key-file {person.key}" in refused.stderr
    assert person.key.read_text() == "precious"
