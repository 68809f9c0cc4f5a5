"""The daemon as slicers see it: its address, a key, and uploads as each of them sends them."""

from typing import Final
from urllib.parse import urlsplit

from printd.core.jobs import Job
from printd.web.keys import Keys, Scope
from tests.peers.daemon import Daemon
from tests.peers.gcode_corpus import END, PRINT, START
from tests.peers.slicers import PRUSA, Line, Said, Slicer

UPLOAD: Final = "/api/files/local"
GOOD: Final = (START + PRINT + END).encode()


class Host:
    """A daemon with a key for a slicer."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.find()
        self.key = self.new_key("laptop")

    def find(self) -> None:
        """Look where it listens now."""
        found = self.daemon.wait_until(lambda: _address(self.daemon.log), "the API is there")
        assert found is not None
        self.host, self.port = found

    def new_key(self, name: str, scope: Scope = Scope.OPERATE) -> str:
        """Make a key; those that may only hand in are limited."""
        with self.daemon.store() as store:
            return Keys(store.database).create(name, scope, by="test", owner="Ana")[1]

    def line(self) -> Line:
        """Open a connection."""
        return Line(self.host, self.port)

    def head(self, slicer: Slicer, method: str, path: str, key: str | None, **more: str) -> bytes:
        """Return the head of a request; without a key the daemon's own is shown."""
        shown = self.key if key is None else key
        return slicer.head(method, f"/octoprint{path}", shown, f"{self.host}:{self.port}", **more)

    def get(self, path: str, *, slicer: Slicer = PRUSA, key: str | None = None) -> Said:
        """Ask for something."""
        with self.line() as line:
            line.send(self.head(slicer, "GET", path, key))
            return line.answer()

    def send(
        self,
        slicer: Slicer = PRUSA,
        content: bytes = GOOD,
        *,
        name: str,
        queue: str = "any",
        prints: bool = False,
        key: str | None = None,
    ) -> Said:
        """Upload a file."""
        with self.line() as line:
            line.send(*self.upload(slicer, content, name, queue, prints=prints, key=key))
            return line.answer()

    def upload(
        self,
        slicer: Slicer,
        content: bytes,
        name: str,
        queue: str = "any",
        *,
        prints: bool = False,
        key: str | None = None,
    ) -> tuple[bytes, bytes]:
        """Return head and body of an upload."""
        body = slicer.form(content, name, prints=prints)
        more = {"Content_Length": str(len(body)), "Content_Type": slicer.form_type()}
        return self.head(slicer, "POST", f"/{queue}{UPLOAD}", key, **more), body

    def named(self, name: str) -> list[Job]:
        """Return the jobs of a name."""
        return [job for job in self.daemon.jobs() if job.name == name]

    def job(self, name: str) -> Job:
        """Return the one job of a name."""
        (job,) = self.named(name)
        return job

    def assert_nothing_stays(self) -> None:
        """What was sent has become a job, or is gone."""
        incoming = self.daemon.data / "incoming"
        self.daemon.wait_until(lambda: not list(incoming.iterdir()), "incoming is empty")
        assert self.daemon.unaccounted() == set()


def _address(log: str) -> tuple[str, int] | None:
    """Return where the daemon has said that it listens, the last time."""
    lines = [line.rpartition("API: ")[2] for line in log.splitlines() if "API: http" in line]
    if not lines:
        return None
    parts = urlsplit(lines[-1])
    return (parts.hostname or "", parts.port or 0)
