"""``octorest`` with its faults mended: the calls that printd makes of OctoPrint, and no other.

octorest 0.4 has no timeouts, follows redirects (which turn a start into a harmless-looking GET),
loads uploads into memory and drops their options, loses the prefix of a URL, leaves names unquoted
and raises bare RuntimeErrors. Here each is put right, in a session and a subclass of ours; nothing
of the library is changed for others. Every call ends in an answer or one of three errors.

Source: octorest 0.4 against OctoPrint 1.11.8, observed, November 2026.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

import requests
from octorest import OctoRest
from requests.adapters import HTTPAdapter

from printd.core.names import display_name
from printd.printers.octoprint.answers import (
    AskedAnswer,
    ErrorAnswer,
    FileAnswer,
    FilesAnswer,
    FolderAnswer,
    HeatAnswer,
    JobAnswer,
    KeyAnswer,
    LoginAnswer,
    RoomAnswer,
    UserAnswer,
    VersionAnswer,
)
from printd.printers.octoprint.errors import (
    WORDS_CHARACTERS,
    AnswerLost,
    Refused,
    translated,
)
from printd.printers.octoprint.upload import Form

CONNECT_S: Final = 5.0  # a Pi that swaps may take seconds to take a connection
STALL_S: Final = 30.0  # a memory card that is being written may take no bytes for so long
ANSWER_BYTES: Final = 4 << 20  # no answer is longer, whatever a stranger's server sends
READ_BYTES: Final = 1 << 16
SEND_BYTES: Final = 1 << 17  # at a time; the 16 KiB of http.client cost twice the time


class _WideAdapter(HTTPAdapter):
    """Sends large bodies in large pieces; never sends anything again."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, blocksize=SEND_BYTES, **kwargs)


class _Session(requests.Session):
    """Knows the prefix of the address, and puts an end to every request and every answer."""

    def __init__(self, url: str, key: str, ca_file: Path | None, answer_s: float) -> None:
        super().__init__()
        parts = urlsplit(url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/")
        self._answer_s = answer_s
        self.trust_env = False  # no proxy, no .netrc: what is configured is what is spoken to
        self.verify = str(ca_file) if ca_file else True
        self.headers["Accept-Encoding"] = "identity"
        if key:
            self.headers["X-Api-Key"] = key
        self.mount(f"{parts.scheme}://", _WideAdapter(max_retries=0))

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request once, and read its answer whole.

        Raises:
            Unreachable, AnswerLost: see there.
        """
        with translated():
            response = self.opened(method, url, *args, **kwargs)
            with response:
                body = _whole(response, time.monotonic() + self._answer_s)
        response.raw = io.BytesIO(body)
        return response

    def opened(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request once; its answer is still to be read."""
        kwargs.setdefault("timeout", (CONNECT_S, self._answer_s))
        kwargs.update(allow_redirects=False, stream=True)
        path = str(url).removeprefix(self._origin)
        return super().request(method, f"{self._origin}{self._prefix}{path}", *args, **kwargs)


def _whole(response: requests.Response, until_s: float) -> bytes:
    """Return the body of an answer that is neither endless nor dripping."""
    body = b""
    while piece := response.raw.read1(READ_BYTES, decode_content=True):
        body += piece
        if len(body) > ANSWER_BYTES or time.monotonic() > until_s:
            raise TimeoutError("the answer has no end")
    return body


class OctoPrintClient(OctoRest):  # type: ignore[misc]  # octorest has no types
    """One connection to one OctoPrint; for one thread at a time.

    Args:
        url: where OctoPrint is, with its prefix if it has one.
        key: an application key or a user's; empty for what a stranger may ask.
        ca_file: the certificate that signed the server's, if no public one did.
        answer_s: how long an answer may take.
    """

    def __init__(
        self, url: str, key: str, *, ca_file: Path | None = None, answer_s: float = 15.0
    ) -> None:
        self._read_s = answer_s
        super().__init__(url=url, session=_Session(url, key, ca_file, answer_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.session.close()

    def job(self) -> JobAnswer:
        """Return the state, what is selected, and how far it is."""
        with translated():
            return JobAnswer.model_validate(self.job_info())

    def heat(self) -> HeatAnswer:
        """Return the temperatures; refused (409) while no printer is connected."""
        with translated():
            return HeatAnswer.model_validate(self.printer(exclude=["sd"]))

    def error(self) -> ErrorAnswer:
        """Return the last error of the firmware."""
        with translated():
            return ErrorAnswer.model_validate(self._get("/api/printer/error"))

    def version(self) -> str:
        """Return which OctoPrint it is."""
        with translated():
            return VersionAnswer.model_validate(self.get_version()).server

    def user(self) -> UserAnswer:
        """Return whose key this is, and what it may do; a stranger has no name."""
        with translated():
            return UserAnswer.model_validate(self._get("/api/currentuser"))

    def free_bytes(self) -> int | None:
        """Return the room on the server's disk; None: it does not say."""
        with translated():
            answer = self._get("/api/files/local", params={"recursive": "false"})
            return RoomAnswer.model_validate(answer).free

    def paths_in(self, folder: str) -> list[str]:
        """Return the paths of what lies in a folder; none when there is no such folder."""
        try:
            with translated():
                found = FolderAnswer.model_validate(self.files_info("local", quote(folder)))
        except Refused as error:
            if error.by_octoprint and error.status == requests.codes.not_found:
                return []
            raise
        return [child.path for child in found.children if child.path]

    def ask_for_key(self, app: str, user: str | None) -> str:
        """Ask that ``app`` be given a key; return by what the question is known.

        Only ``user``, if one is named, can allow it.
        """
        with translated():
            answer = self._post("/plugin/appkeys/request", json={"app": app, "user": user or ""})
            return AskedAnswer.model_validate(answer).app_token

    def key_for(self, app_token: str) -> str | None:
        """Return the key that was asked for; None: nobody has said anything yet.

        A question that is not repeated for five seconds has lapsed. Refused (404): it has, or
        somebody has said no.
        """
        with translated():
            address = f"{self.url}/plugin/appkeys/request/{app_token}"
            response = self._check_response(self.session.get(address))
            if response.status_code == requests.codes.accepted:
                return None
            return KeyAnswer.model_validate(response.json()).api_key

    def file(self, path: str) -> FileAnswer | None:
        """Return what is known of a file; None: there is none."""
        try:
            return self._file(path)
        except Refused as error:
            # OctoPrint 1.11 trips over a folder that does not exist yet (500).
            folder = path.rpartition("/")[0]
            if error.status == requests.codes.server_error and folder and not self._file(folder):
                return None
            raise

    def _file(self, path: str) -> FileAnswer | None:
        try:
            with translated():
                return FileAnswer.model_validate(self.files_info("local", quote(path)))
        except Refused as error:
            if error.by_octoprint and error.status == requests.codes.not_found:
                return None
            raise

    def select_and_print(self, path: str) -> None:
        """Start a print of this file: one request, never repeated."""
        self.select(f"local/{quote(path)}", print=True)

    def remove(self, path: str) -> None:
        """Delete a file; refused (404) when it is gone, (409) while it is printed."""
        self.delete(f"local/{quote(path)}")

    def send(self, folder: str, form: Form) -> str:
        """Send the body of an upload into ``folder`` and return the path the server gave it."""
        with translated():
            response = self.session.post(
                f"{self.url}/api/files/local",
                data=form,
                headers={"Content-Type": form.content_type},
                timeout=(STALL_S, max(STALL_S, self._read_s)),
            )
            self._check_response(response)
            answer = FilesAnswer.model_validate(response.json())
        return answer.files.local.path or folder

    def sha256_of_stored(self, path: str) -> str:
        """Return the SHA-256 of a file as the server has it, by reading it back."""
        digest = hashlib.sha256()
        address = f"{self.url}/downloads/files/local/{quote(path)}"
        with translated(), self.session.opened("GET", address) as response:
            if response.status_code != requests.codes.ok:
                raise AnswerLost(f"It does not give the file back ({response.status_code}).")
            while piece := response.raw.read(SEND_BYTES):
                digest.update(piece)
        return digest.hexdigest()

    def login(self) -> LoginAnswer:
        """Return a session of the key's user, as the push socket asks for."""
        with translated():
            answer = self._post("/api/login", json={"passive": True})
            return LoginAnswer.model_validate(answer)

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        with translated():
            return super()._get(path, params=params)

    def _check_response(self, response: requests.Response) -> requests.Response:
        """Return a response that says yes.

        Raises:
            Refused: it says no.
            AnswerLost: it points elsewhere; whoever did so is not OctoPrint.
        """
        status = response.status_code
        if 200 <= status < 300:
            return response
        if 300 <= status < 400:
            text = f"It points elsewhere ({status}): `url` must be the address that it means."
            raise AnswerLost(text, lasting=True)
        words = _own_words(response)
        if words is not None:
            raise Refused(status, words, by_octoprint=True)
        raise Refused(status, response.reason or "no reason given", by_octoprint=False)


def _own_words(response: requests.Response) -> str | None:
    """Return what OctoPrint says of an error; None when the answer is not of its form."""
    try:
        said = json.loads(response.content)
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("error"), str):
        return None
    return display_name(" ".join(said["error"].split()), WORDS_CHARACTERS)
