"""One FTPS connection to a Bambu printer, as its server wants it; used for one task.

TLS begins with the first byte, a data connection resumes the session of the control connection,
and the notice that TLS ends is never answered, so nobody waits for it.
Source: bambuddy (ftp_profiles.py, #1401, #2529), ha-bambulab, bambu-printer-manager.
"""

from __future__ import annotations

import ftplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from printd.printers.bambu.failures import WrongCode, meaning

USER: Final = "bblp"
CONNECT_S: Final = 10.0
LISTED_BYTES: Final = 65_536  # of one line of a listing; more is no answer
NOT_LOGGED_IN: Final = 530
NO_SUCH_FILE: Final = 550
NOT_KNOWN: Final = frozenset({500, 501, 502, 504})  # the command is not known to the printer
FTP_ERRORS: Final = (ftplib.Error, OSError, EOFError)


class Refused(Exception):
    """The storage said no.

    Args:
        status: three digits, of FTP.
        words: what it says.
    """

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"It answered {status}: {words}")
        self.status = status
        self.words = words


class Connection(ftplib.FTP_TLS):
    """A control connection, and the data connections that resume its session."""

    def __init__(self, context: ssl.SSLContext, answer_s: float, *, clear_data: bool) -> None:
        super().__init__(context=context)
        self._clear_data = clear_data
        self._answer_s = answer_s
        self._data: socket.socket | None = None

    def open(self, host: str, port: int, code: str) -> None:
        """Connect and log in."""
        line = socket.create_connection((host, port), CONNECT_S)
        self.host, self.port, self.af = host, port, line.family
        self.timeout = self._answer_s
        line.settimeout(self._answer_s)
        self.sock = line  # from here on ``close`` ends it
        self.sock = self.context.wrap_socket(line)
        self.file = self.sock.makefile("r", encoding=self.encoding, errors="replace")
        self.welcome = self.getresp()
        self.login(USER, code)
        if self._clear_data:
            self.voidcmd("PBSZ 0")
            self.prot_c()
        else:
            self.prot_p()
        self.voidcmd("TYPE I")

    def ntransfercmd(
        self, cmd: str, rest: int | str | None = None
    ) -> tuple[socket.socket, int | None]:
        """Open a data connection in the TLS session of this one, as vsFTPd wants it, or clear."""
        line, size = super(ftplib.FTP_TLS, self).ntransfercmd(cmd, rest)  # without TLS so far
        try:
            line.settimeout(self._answer_s)
            if self._clear_data:
                self._data = line
                return line, size
            session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
            self._data = self.context.wrap_socket(line, session=session)
            return self._data, size
        except BaseException:
            line.close()
            raise

    def enter(self, folder: str, *, make: bool = False) -> bool:
        """Go into a folder; say whether it is there."""
        for part in filter(None, folder.split("/")):
            try:
                self.cwd(part)
            except ftplib.error_perm:
                if not make:
                    return False
                self.mkd(part)
                self.cwd(part)
        return True

    def free_bytes(self) -> int | None:
        """Ask how much room there is; not all models know the question."""
        try:
            answer = self.sendcmd("AVBL")
        except ftplib.Error:
            return None
        found = re.fullmatch(r"213\D*(\d{1,18})\D*", answer)
        return int(found[1]) if found else None

    def delete(self, name: str) -> str:
        """Delete a file; it may be gone already."""
        try:
            return super().delete(name)
        except ftplib.error_perm as error:
            if _status(error) != NO_SUCH_FILE:
                raise
            return str(error)

    def size(self, name: str) -> int | None:
        """Return how large a file is; None: there is none."""
        try:
            return super().size(name)
        except ftplib.error_perm as error:
            if _status(error) == NO_SUCH_FILE:
                return None
            if _status(error) not in NOT_KNOWN:
                raise
        return self._listed_size(name)

    def _listed_size(self, name: str) -> int | None:
        """Look into a listing, in the form of ``ls -l``: the fifth word is the size."""
        with self.transfercmd(f"LIST {name}") as line, line.makefile("rb") as stream:
            words = stream.readline(LISTED_BYTES).split()
        self.voidresp()
        is_listed = len(words) > 5 and words[4].isdigit()
        return int(words[4]) if is_listed else None

    def cut(self) -> None:
        """End it from another thread: whoever waits for an answer gets an error."""
        for line in (self.sock, self._data):
            if line is not None:
                with suppress(OSError):
                    # Not that of TLS, which would let what follows out unencrypted.
                    socket.socket.shutdown(line, socket.SHUT_RDWR)


def _status(error: Exception) -> int:
    digits = str(error)[:3]
    return int(digits) if digits.isdecimal() else 0


@contextmanager
def translated(port: int) -> Iterator[None]:
    """Turn what FTP and sockets raise into ``NoAnswer``, ``WrongCode`` or ``Refused``."""
    try:
        yield
    except ftplib.Error as error:
        status, words = _status(error), str(error)[4:].strip()
        if status == NOT_LOGGED_IN:
            raise WrongCode from error
        raise Refused(status, words[:200]) from error
    except (OSError, EOFError) as error:
        raise meaning(error, f"storage (port {port})") from error
