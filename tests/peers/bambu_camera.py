"""The camera of a P1 or an A1: lets in who knows the access code, then sends frames."""

import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tests.peers.certificates import Certificate

HELLO_BYTES = 80


class BambuCamera:
    """The server, and the greetings it was sent.

    Args:
        certificate: that it shows.
        code: without which it ends the connection.
        frames: what it sends: (the length it says, the bytes).
    """

    def __init__(
        self, certificate: Certificate, code: str, frames: Sequence[tuple[int, bytes]]
    ) -> None:
        self.greetings: list[bytes] = []
        self._code = code
        self._frames = frames
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate.chain, certificate.key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def run(self) -> None:
        """Serve one after the other, until it is closed."""
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            with (
                suppress(OSError),
                plain,
                self._context.wrap_socket(plain, server_side=True) as line,
            ):
                self._serve(line)

    def _serve(self, line: ssl.SSLSocket) -> None:
        said = b""
        while len(said) < HELLO_BYTES and (piece := line.recv(HELLO_BYTES)):
            said += piece
        self.greetings.append(said)
        if len(said) < HELLO_BYTES:
            return
        size, kind, _, _, user, code = struct.unpack("<IIII32s32s", said)
        is_known = (size, kind) == (0x40, 0x3000) and user.rstrip(b"\0") == b"bblp"
        if not is_known or code.rstrip(b"\0").decode() != self._code:
            return  # without a word, as real ones
        for claimed, frame in self._frames:
            line.sendall(struct.pack("<IIII", claimed, 0, 1, 0) + frame)

    def close(self) -> None:
        """End."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def bambu_camera(
    certificate: Certificate, code: str, frames: Sequence[tuple[int, bytes]]
) -> Iterator[BambuCamera]:
    """Serve until the block ends."""
    camera = BambuCamera(certificate, code, frames)
    thread = threading.Thread(target=camera.run)
    thread.start()
    try:
        yield camera
    finally:
        camera.close()
        thread.join()
