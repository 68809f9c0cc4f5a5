"""The storage door of a scripted Bambu printer: implicit FTPS on pyftpdlib, with its faults.

Source: bambuddy (ftp_profiles.py, #1401, #2529), ha-bambulab, and vsFTPd's ``require_ssl_reuse``,
read 2026-10: TLS 1.2 only, the data channel resumes the session of the control channel, and a
close_notify is never answered.
"""

import contextlib
import logging
import socket
import threading
from pathlib import Path
from typing import Any, ClassVar, Final

from OpenSSL import SSL
from pyftpdlib.authorizers import AuthenticationFailed, DummyAuthorizer
from pyftpdlib.exceptions import _RetryError
from pyftpdlib.handlers.ftps.control import TLS_FTPHandler
from pyftpdlib.handlers.ftps.data import TLS_DTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from tests.peers.bambu_card import Card
from tests.peers.bambu_quirks import Quirks
from tests.peers.certificates import Certificate

RIGHTS: Final = "elradfmw"
OF_CARD: Final = frozenset({"CWD", "DELE", "LIST", "MKD", "NLST", "RMD", "SIZE"})
FORBIDDEN: Final = frozenset('<>:"\\|?*')
LONGEST_NAME: Final = 255
STAYS_S: Final = 3600  # idle connections; a test ends them
POLL_S: Final = 1.0
NO_REUSE: Final = "522 SSL connection failed: session reuse required"

# It logs each session to the screen unless somebody else takes what it says.
logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())
logging.getLogger("pyftpdlib").propagate = False


class _Data(TLS_DTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """A data connection that stalls, breaks off, forgets and lies as it is told."""

    timeout = STAYS_S

    def __init__(self, sock: socket.socket, cmd_channel: "_Control") -> None:
        self.plain = sock
        self._notified = False
        super().__init__(sock, cmd_channel)

    @property
    def quirks(self) -> Quirks:
        quirks: Quirks = self.cmd_channel.quirks
        return quirks

    def handle_ssl_established(self) -> None:
        control = self.cmd_channel.socket
        if self.quirks.reuses_session and self.socket.master_key() != control.master_key():
            self._resp = (NO_REUSE, logging.getLogger("pyftpdlib").debug)
            self.close()

    def close(self) -> None:
        if self.receive:
            self._ssl_established = False  # an upload ends without a close_notify of ours
        super().close()

    def recv(self, size: int) -> bytes:
        if self._notified:
            return self._wait_for_end()
        try:
            chunk: bytes = self.socket.recv(size)
        except SSL.ZeroReturnError:
            self._notified = True
            return self._wait_for_end()
        except (SSL.WantReadError, SSL.WantWriteError) as error:
            self._ssl_want_read = True
            raise _RetryError from error
        except BlockingIOError as error:
            raise _RetryError from error
        except (SSL.Error, OSError):
            chunk = b""
        if not chunk:
            self.handle_close()
        return self._spoiled(chunk)

    def _wait_for_end(self) -> bytes:
        """Answer nothing to a close_notify; the upload ends when TCP does."""
        try:
            if self.plain.recv(1):
                raise _RetryError
        except BlockingIOError as error:
            raise _RetryError from error
        except OSError:
            pass
        self.handle_close()
        return b""

    def _spoiled(self, chunk: bytes) -> bytes:
        before = self.tot_bytes_received
        quirks = self.quirks
        if quirks.breaks_off_at is not None and before + len(chunk) > quirks.breaks_off_at:
            self._resp = ("426 Failure reading network stream.", logging.debug)
            self.close()
            return b""
        is_protected = self._ssl_requested  # clear data never stalls
        if is_protected and quirks.stalls_at is not None and before >= quirks.stalls_at:
            self.del_channel()  # nobody looks at this connection any more
            raise _RetryError
        if not self.cmd_channel.card.has_room(len(chunk)):
            self._resp = ("553 Could not create file: no space.", logging.debug)
            self.close()
            return b""
        return chunk

    def handle_close(self) -> None:
        if not self._closed and self.receive:
            self._forget_the_end()
        super().handle_close()

    def _forget_the_end(self) -> None:
        keep = self.quirks.truncates_to
        if keep is not None and self.file_obj is not None:
            self.file_obj.truncate(keep)


class _Control(TLS_FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """A control connection: TLS from the first byte."""

    dtp_handler = _Data
    auth_failed_timeout = 0
    timeout = STAYS_S
    use_sendfile = False
    banner = "(vsFTPd 3.0.3)"
    max_login_attempts = 1
    passive_ports = None
    proto_cmds: ClassVar[dict[str, Any]] = {
        **TLS_FTPHandler.proto_cmds,
        "AVBL": {"perm": "l", "auth": True, "arg": None, "help": "Syntax: AVBL [path] (space)."},
    }
    quirks: Quirks
    card: Card

    def handle(self) -> None:
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self) -> None:
        super().handle()

    def ftp_AUTH(self, _line: str) -> None:  # noqa: N802  # pyftpdlib's name
        self.respond("503 Already using TLS.")

    def ftp_AVBL(self, _line: str) -> None:  # noqa: N802
        self.respond(f"213 {self.card.free_bytes}")

    def ftp_SIZE(self, path: str) -> None:  # noqa: N802
        if self.quirks.refuses_size:
            self.respond("502 Command not implemented.")
        else:
            super().ftp_SIZE(path)

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        if cmd in OF_CARD and not self.card.is_in:
            self.respond("550 No such file or directory.")
        elif cmd == "DELE" and self.quirks.refuses_delete:
            self.respond("450 The file is in use.")
        else:
            super().pre_process_command(line, cmd, arg)

    def ftp_STOR(self, file: str, mode: str = "w") -> str | None:  # noqa: N802
        path = Path(file)
        takes_files = self.card.is_usable and not self.quirks.refuses_store
        if not takes_files or not _is_name(path.name) or path.exists() or not self.card.free_bytes:
            self.respond("553 Could not create file.")
            return None
        stored: str | None = super().ftp_STOR(file, mode)
        return stored

    def ftp_PROT(self, line: str) -> None:  # noqa: N802
        if line.upper() == "C" and self.quirks.refuses_clear_data:
            self.respond("536 Only PROT P is allowed.")
        else:
            super().ftp_PROT(line)

    def respond(self, answer: str, logfun: Any = None) -> None:
        if answer.startswith("226 ") and getattr(self.data_channel, "receive", False):
            if self.quirks.lies_426:
                answer = "426 Failure reading network stream."
            if self.quirks.late_226_s:
                self.ioloop.call_later(self.quirks.late_226_s, super().respond, answer)
                return
        super().respond(answer)


class Storage:
    """The FTPS server of one printer, in a thread.

    Args:
        card: whose files it serves.
        quirks: its faults.
        port: where it listens.
    """

    def __init__(self, card: Card, quirks: Quirks, port: int) -> None:
        self._card = card
        self._quirks = quirks
        self._port = port
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, user: str, password: str, certificate: Certificate) -> None:
        """Listen."""
        loop = IOLoop()
        handler = type(
            "_Door",
            (_Control,),
            {
                "authorizer": _authorizer(user, password, self._card.folder),
                "ssl_context": _context(certificate),
                "quirks": self._quirks,
                "card": self._card,
            },
        )
        server = FTPServer(("127.0.0.1", self._port), handler, ioloop=loop)
        self._stopping.clear()
        self._thread = threading.Thread(target=self._serve, args=(server,), daemon=True)
        self._thread.start()

    def _serve(self, server: FTPServer) -> None:
        while not self._stopping.is_set():
            server.ioloop.loop(timeout=POLL_S, blocking=False)
        server.close_all()

    def stop(self) -> None:
        """Cut all connections and listen no more."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            with contextlib.suppress(ConnectionError):  # it has looked just now
                socket.create_connection(("127.0.0.1", self._port)).close()  # wakes it
            thread.join()


class _Authorizer(DummyAuthorizer):  # type: ignore[misc]  # pyftpdlib has no types
    def validate_authentication(self, user: str, password: str, handler: object) -> None:
        if user not in self.user_table or self.user_table[user]["pwd"] != password:
            raise AuthenticationFailed("Login incorrect.")


def _authorizer(user: str, password: str, folder: Path) -> DummyAuthorizer:
    authorizer = _Authorizer()
    authorizer.add_user(user, password, str(folder), perm=RIGHTS)
    return authorizer


def _context(certificate: Certificate) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate_chain_file(str(certificate.chain))
    context.use_privatekey_file(str(certificate.key))
    context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
    context.set_session_id(b"printer")
    return context


def _is_name(name: str) -> bool:
    return (
        0 < len(name.encode()) <= LONGEST_NAME
        and not FORBIDDEN & set(name)
        and not name.endswith((".", " "))
        and name.isprintable()
    )
