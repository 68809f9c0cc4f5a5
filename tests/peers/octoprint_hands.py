"""A person in front of an OctoPrint: prints files of their own, cancels, pulls the cable.

What the printer was physically told is read from the virtual printer's own log, which it writes
line by line; the file history is OctoPrint's. Everything goes over HTTP with the owner's key.
"""

import json
import re
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.peers.octoprint_base import STARTED
from tests.peers.virtual_printer import wait_until

ANSWER_S = 20.0  # a busy machine; none of these calls waits for a print
LOOK_S = 0.05  # each look is work for it, which it does not do then for the print
LINE_LOG = "logs/plugin_virtual_printer_serial.log"
CARD_FILE = "stranger-on-a-card.gcode"  # the virtual printer does not find names of 8 + 3 letters


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered; ``body`` is None when there was none, or no JSON."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def is_good(self) -> bool:
        """Whether it did as asked, as far as it says."""
        return self.status < HTTPStatus.MULTIPLE_CHOICES


class OctoPrintHands:
    """Somebody with the owner's rights.

    Args:
        url: of the server.
        key: the owner's.
        folder: the base folder of the server.
    """

    def __init__(self, url: str, key: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._key = key
        self._line_log = folder / LINE_LOG
        self._lines_from = 0

    # Any request.

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = "") -> Answer:
        """Send one request and return its answer, whatever it is.

        Args:
            method: of HTTP.
            path: from the root of the server, quoted.
            body: sent as JSON.
            key: None sends none; empty is the owner's.
        """
        content = None if body is None else json.dumps(body).encode()
        return self._send(method, path, content, "application/json", key=key)

    def _send(
        self, method: str, path: str, content: bytes | None, kind: str, *, key: str | None = ""
    ) -> Answer:
        headers = {"Content-Type": kind, "X-Api-Key": self._key if key == "" else key}
        line = HTTPConnection(urlsplit(self.url).netloc, timeout=ANSWER_S)
        try:
            line.request(method, path, content, {k: v for k, v in headers.items() if v})
            answer = line.getresponse()
            return Answer(answer.status, _json(answer.read()), dict(answer.getheaders()))
        finally:
            line.close()

    def _do(self, method: str, path: str, body: object = None) -> Any:
        answer = self.ask(method, path, body)
        assert answer.is_good, f"{method} {path}: {answer.status} {answer.body}"
        return answer.body

    def answers(self) -> bool:
        """Whether the server serves requests; while it starts, it also says what is no HTTP."""
        try:
            return self.ask("GET", "/api/version").is_good
        except (OSError, HTTPException):
            return False

    # What it shows.

    def job(self) -> dict[str, Any]:
        """Return what it says of the current job, and of the printer's state."""
        answer: dict[str, Any] = self._do("GET", "/api/job")
        return answer

    def state(self) -> str:
        """Return the state of the printer in its words."""
        return str(self.job()["state"])

    def wait_for(self, *states: str, timeout_s: float = 20.0) -> None:
        """Wait until the printer is in one of ``states``."""
        said = f"{states}, now {self.state()}"
        wait_until(lambda: self.state() in states, said, timeout_s, look_s=LOOK_S)

    def file(self, path: str) -> dict[str, Any] | None:
        """Return what it knows of a file, or None when it has none such."""
        answer = self.ask("GET", f"/api/files/local/{quote(path)}")
        return answer.body if answer.is_good else None

    def content(self, path: str) -> bytes:
        """Return the bytes of a file as they lie on its disk."""
        return (self.folder / "uploads" / path).read_bytes()

    def history(self, path: str) -> tuple[int, int]:
        """Return how many prints of this file have succeeded and failed, in its own count."""
        prints = (self.file(path) or {}).get("prints") or {}
        return prints.get("success", 0), prints.get("failure", 0)

    def wait_for_ends(self, path: str, count: int) -> None:
        """Wait until prints of this file have ended ``count`` times, well or badly."""
        wait_until(
            lambda: sum(self.history(path)) == count, f"{count} ends of {path}", look_s=LOOK_S
        )
        # OctoPrint 2 counts while it is "Finishing", and again when it is disconnected then.
        wait_until(lambda: self.state() != "Finishing", "it has finished", look_s=LOOK_S)

    # What the printer was told.

    def starts(self, path: str | None = None) -> int:
        """Count the prints of this file that physically started since ``tidy_up``.

        OctoPrint tells the printer the path at each start (see ``octoprint_base``).
        """
        told = [line.partition(STARTED)[2] for line in self.lines() if STARTED in line]
        paths = [re.sub(r"\*\d+$", "", text).strip() for text in told]
        return len([known for known in paths if path in (None, known)])

    def received(self, command: str) -> int:
        """Count how often the printer was sent a command since ``tidy_up``."""
        sent = re.compile(rf"<<< (N\d+ )?{command}\b")
        return len([line for line in self.lines() if sent.search(line)])

    def lines(self) -> list[str]:
        """Return what the printer received since ``tidy_up``, line by line, with its time."""
        if not self._line_log.exists():
            return []
        text = self._line_log.read_bytes()[self._lines_from :].decode(errors="replace")
        # Each connection since its start writes a line once more: the same, to the millisecond.
        return [line for line in dict.fromkeys(text.splitlines()) if " <<< " in line]

    # Files and prints.

    def upload(self, path: str, gcode: str | bytes) -> None:
        """Put a file of their own there, over what was there."""
        folder, _, name = path.rpartition("/")
        content = gcode.encode() if isinstance(gcode, str) else gcode
        border = uuid.uuid4().hex
        parts = [
            f'--{border}\r\nContent-Disposition: form-data; name="path"\r\n\r\n{folder}\r\n',
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n',
        ]
        body = "".join(parts).encode() + content + f"\r\n--{border}--\r\n".encode()
        kind = f"multipart/form-data; boundary={border}"
        answer = self._send("POST", "/api/files/local", body, kind)
        assert answer.is_good, f"upload of {path}: {answer.status} {answer.body}"

    def delete(self, path: str) -> None:
        """Delete a file."""
        self._do("DELETE", f"/api/files/local/{quote(path)}")

    def print_file(self, path: str) -> None:
        """Select a file and print it."""
        wish = {"command": "select", "print": True}
        self._do("POST", f"/api/files/local/{quote(path)}", wish)

    def print_from_card(self) -> None:
        """Put the printer's own card in and start its file at the printer; it takes minutes."""
        moves = (
            "G1 X110 F6000\nG1 X10 F6000\n"  # two seconds; from its card nothing else takes time
        )
        (self.folder / "virtualSd" / CARD_FILE).write_text(moves * 300)
        self.gcode("M20", f"M23 {CARD_FILE}", "M24")  # OctoPrint wants to have seen the file
        wait_until(lambda: "SD" in self.state(), "it prints from its card", look_s=LOOK_S)

    def cancel(self) -> None:
        """Cancel what prints, and wait until that is done."""
        self._do("POST", "/api/job", {"command": "cancel"})
        self.wait_for("Operational")

    def pause(self) -> None:
        """Let what prints rest."""
        self._do("POST", "/api/job", {"command": "pause", "action": "pause"})
        self.wait_for("Paused", timeout_s=60.0)  # when the moves under way are made

    def resume(self) -> None:
        """Let it go on."""
        self._do("POST", "/api/job", {"command": "pause", "action": "resume"})
        self.wait_for("Printing")

    # The printer and its cable.

    def gcode(self, *lines: str) -> None:
        """Send lines to the printer from the terminal page."""
        self._do("POST", "/api/printer/command", {"commands": list(lines)})

    def debug(self, what: str) -> None:
        """Make the virtual printer misbehave; ``what`` as in OctoPrint's documents."""
        self.gcode(f"!!DEBUG:{what}")

    def firmware_error(self) -> None:
        """Let the printer halt with a thermal runaway."""
        self.debug("trigger_fatal_error_marlin")
        self.wait_for("Offline after error")

    def drop_line(self) -> None:
        """Pull the cable."""
        self.debug("drop_connection")
        self.wait_for("Offline after error")

    def emergency_stop(self) -> None:
        """Send M112."""
        self.gcode("M112")
        self.wait_for("Offline after error")

    def disconnect(self) -> None:
        """Disconnect the printer in OctoPrint; a print that runs is lost."""
        self._do("POST", "/api/connection", {"command": "disconnect"})
        self.wait_for("Offline", "Offline after error")

    def connect(self) -> None:
        """Connect the printer in OctoPrint."""
        self._do("POST", "/api/connection", {"command": "connect"})
        self.wait_for("Operational")

    def tidy_up(self) -> None:
        """Leave an idle printer without faults and a server without files; forget the starts."""
        self._end_print()
        self.disconnect()
        for path in (self.folder / "uploads").rglob("*.gcode"):
            # One by one: OctoPrint 2 still shows the files of a folder that was deleted whole.
            self.delete(path.relative_to(self.folder / "uploads").as_posix())
        self.connect()
        self._lines_from = self._line_log.stat().st_size

    def _end_print(self) -> None:
        """Let what prints end and be counted: OctoPrint counts late, also for a path used again."""
        job = self.job()
        if job["state"] == "Operational" or job["state"].startswith("Offline"):
            return
        if job["state"] == "Finishing":
            self.wait_for("Operational")
            return
        file = job["job"]["file"]
        ends = sum(self.history(file["path"]))
        self.cancel()
        if file["origin"] == "local":
            self.wait_for_ends(file["path"], ends + 1)

    # Application keys.

    def is_asked(self, app: str) -> bool:
        """Whether ``app`` waits for an answer."""
        pending = self._do("GET", "/api/plugin/appkeys")["pending"]
        return app in [of["app_id"] for of in pending.values()]

    def decide(self, app: str, *, allow: bool) -> None:
        """Answer the question in OctoPrint whether ``app`` may have a key for the owner."""
        answer = self._do("GET", "/api/plugin/appkeys")
        tokens = [token for token, of in answer["pending"].items() if of["app_id"] == app]
        assert tokens, f"{app} asks for nothing"
        for token in tokens:
            self._do("POST", f"/plugin/appkeys/decision/{token}", {"decision": allow})


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
