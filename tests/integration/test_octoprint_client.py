"""The mended octorest against servers that misbehave, on real sockets."""

import contextlib
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from printd.printers.octoprint.client import ANSWER_BYTES, OctoPrintClient
from printd.printers.octoprint.errors import AnswerLost, NoAnswer, Refused, Unreachable
from tests.peers.cutting_proxy import answer
from tests.peers.octoprint_words import OURS, file_answer

Speak = Callable[[socket.socket], None]


class Peer:
    """A server that reads one request and then does as the test says."""

    def __init__(self, speak: Speak, certificate: Path | None = None) -> None:
        self._speak = speak
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
            self.url = self.url.replace("http:", "https:")
        self.heads: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, contextlib.suppress(OSError):
                self._answer(line)

    def _answer(self, line: socket.socket) -> None:
        if self._tls is None:
            self.heads.append(_read(line))
            self._speak(line)
            return
        with self._tls.wrap_socket(line, server_side=True) as secret:
            self.heads.append(_read(secret))
            self._speak(secret)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _read(line: socket.socket) -> str:
    """Read a request; a short body whole, since what is left unread cuts the answer off."""
    content = line.recv(1 << 16)
    length = re.search(rb"\r\ncontent-length: (\d{1,3})\r\n", content, re.IGNORECASE)
    while length and len(content.partition(b"\r\n\r\n")[2]) < int(length[1]):
        content += line.recv(1 << 16)
    return content.decode()


@pytest.fixture
def peer_that() -> Iterator[Callable[[Speak], Peer]]:
    made: list[Peer] = []

    def make(speak: Speak) -> Peer:
        made.append(Peer(speak))
        return made[-1]

    yield make
    for peer in made:
        peer.close()


def client_of(peer: Peer, prefix: str = "") -> OctoPrintClient:
    return OctoPrintClient(peer.url + prefix, "KEY", answer_s=0.4)


def says(content: bytes) -> Speak:
    return lambda line: line.sendall(content)


def test_making_a_client_asks_nothing() -> None:
    OctoPrintClient("http://127.0.0.1:1", "KEY").close()


def test_nobody_there_is_unreachable() -> None:
    with OctoPrintClient("http://127.0.0.1:1", "KEY") as client, pytest.raises(Unreachable):
        client.select_and_print(OURS)


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    url = "http://no-such-printer.invalid"
    with OctoPrintClient(url, "KEY") as client, pytest.raises(Unreachable):
        client.job()


def test_a_server_that_never_answers_does_not_block(peer_that: Callable[[Speak], Peer]) -> None:
    peer = peer_that(lambda _line: time.sleep(2))
    begun = time.monotonic()
    with client_of(peer) as client, pytest.raises(AnswerLost, match="in time"):
        client.job()
    assert time.monotonic() - begun < 1.8


def test_an_answer_that_drips_for_ever_is_cut(peer_that: Callable[[Speak], Peer]) -> None:
    def drip(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(100):
            line.sendall(b" ")
            time.sleep(0.05)

    with client_of(peer_that(drip)) as client, pytest.raises(AnswerLost):
        client.job()


def test_an_answer_without_an_end_is_cut(peer_that: Callable[[Speak], Peer]) -> None:
    sent = 0

    def flood(line: socket.socket) -> None:
        nonlocal sent
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sent += line.send(b" " * (1 << 16))

    with client_of(peer_that(flood)) as client, pytest.raises(AnswerLost):
        client.job()
    assert sent < 4 * ANSWER_BYTES


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed(peer_that: Callable[[Speak], Peer], status: str) -> None:
    elsewhere = peer_that(says(answer("204 No Content")))
    peer = peer_that(says(answer(status, more=f"Location: {elsewhere.url}/api/job")))
    with client_of(peer) as client:
        with pytest.raises(AnswerLost, match="points elsewhere") as lost:
            client.select_and_print(OURS)
        assert lost.value.lasting
    assert elsewhere.heads == []
    assert len(peer.heads) == 1


@pytest.mark.parametrize(
    "content",
    [
        answer("200 OK", "<html>hello</html>", kind="text/html"),
        answer("200 OK", "[]"),
        answer("200 OK", '{"state": 7}'),
        answer("200 OK", "\udcff".encode("utf-8", "surrogatepass").decode("latin-1")),
        b"Not found",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}",
        b"",
    ],
)
def test_what_is_no_answer_of_octoprint_is_none(
    peer_that: Callable[[Speak], Peer], content: bytes
) -> None:
    with client_of(peer_that(says(content))) as client, pytest.raises(NoAnswer):
        client.job()


def test_a_refusal_has_its_status_and_words(peer_that: Callable[[Speak], Peer]) -> None:
    peer = peer_that(says(answer("409 Conflict", '{"error": "Printer is\\nbusy"}')))
    with client_of(peer) as client, pytest.raises(Refused) as refused:
        client.cancel()
    assert (refused.value.status, refused.value.words) == (409, "Printer is busy")
    assert refused.value.is_proof


def test_a_refusal_of_somebody_else_is_no_proof(peer_that: Callable[[Speak], Peer]) -> None:
    peer = peer_that(says(answer("404 Not Found", "<html>no</html>", kind="text/html")))
    with client_of(peer) as client:
        with pytest.raises(Refused) as refused:
            client.file(OURS)
        assert not refused.value.is_proof


def test_the_key_goes_along_and_the_prefix_stays(peer_that: Callable[[Speak], Peer]) -> None:
    peer = peer_that(says(answer("204 No Content")))
    with client_of(peer, "/octo/print") as client:
        client.pause()
    (head,) = peer.heads
    assert head.startswith("POST /octo/print/api/job HTTP/1.1\r\n")
    assert "X-Api-Key: KEY\r\n" in head
    assert "Content-Length" in head


def test_names_are_quoted(peer_that: Callable[[Speak], Peer]) -> None:
    peer = peer_that(says(answer("204 No Content")))
    with client_of(peer) as client:
        client.remove("printd/a b#c?d%e ü.gcode")
    assert "/api/files/local/printd/a%20b%23c%3Fd%25e%20%C3%BC.gcode HTTP" in peer.heads[0]


def test_a_folder_that_does_not_exist_yet_has_no_file(peer_that: Callable[[Speak], Peer]) -> None:
    """OctoPrint 1.11 answers 500 to the question for a file in it."""
    fault = answer("500 Internal Server Error", '{"error": "internal error"}')
    missing = answer("404 Not Found", '{"error": "not found"}')
    answers = [fault, missing, fault, answer("200 OK", str(file_answer("x")).replace("'", '"'))]
    peer = peer_that(lambda line: line.sendall(answers.pop(0)))
    with client_of(peer) as client:
        assert client.file(OURS) is None
        with pytest.raises(Refused):
            client.file(OURS)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a certificate that signs itself, and its key, in one file."""
    path = tmp_path / "server.pem"
    words = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -addext subjectAltName=IP:127.0.0.1"
    )
    command = ["openssl", *words.split(), "-keyout", str(path), "-out", str(tmp_path / "c.pem")]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (tmp_path / "c.pem").read_bytes())
    return path


@pytest.mark.peer("openssl")
def test_a_certificate_is_trusted_only_when_it_is_named(certificate: Path) -> None:
    peer = Peer(says(answer("204 No Content")), certificate)
    with client_of(peer) as stranger, pytest.raises(Unreachable, match="not trusted") as lost:
        stranger.pause()
    assert lost.value.lasting
    assert peer.heads == []
    with OctoPrintClient(peer.url, "KEY", ca_file=certificate) as client:
        client.pause()
    assert len(peer.heads) == 1
    peer.close()


def test_surroundings_are_not_asked_for_a_proxy(
    peer_that: Callable[[Speak], Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    peer = peer_that(says(answer("204 No Content")))
    with client_of(peer) as client:
        client.resume()
    assert len(peer.heads) == 1
