"""The daemon as a child process, and what a person does to it from outside.

Settings are small and fast by default. READY=1 comes over a real notify socket; acts go through
the command line; states are read from the store beside it, as the command line does.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import yaml

from printd.core.database import FILE, Database
from printd.core.jobs import Job, State
from printd.core.requests import Requests
from printd.core.store import Store
from printd.printers.virtual.hands import Hands
from tests.peers.loaded import DAEMON, INSTALLED, Forked, Program, may_fork
from tests.peers.notify import NotifySocket
from tests.peers.typed import typed
from tests.peers.with_us import WITH_US

T = TypeVar("T")
PRINTD: Final = INSTALLED
READY_WITHIN_S: Final = 30.0
LOOK_S: Final = 0.05  # to look takes time from what is looked at
MOST_LOOK_S: Final = 0.15
SPEED: Final = 20_000.0
SMALL: Final[Mapping[str, Any]] = {
    "data_dir": "data",
    "web": {"enabled": False, "port": 0},  # to be loaded takes a second; others run beside it
    "drop": {"path": "drop", "settle_s": 0.3, "settle_network_s": 0.3, "scan_s": 0.5},
    "recipes": {"default": {"width_mm": 12, "settings": {"mesh_quality": 128}}},
    "printers": {"p1": {"kind": "virtual", "speed": SPEED}},
    "limits": {
        "free_mb": 0,
        "free_pct": 0,
        "poll_active_s": 0.1,
        "poll_idle_s": 0.2,
        "poll_unreachable_s": 0.3,
    },
}

SERVED: Final[Mapping[str, Any]] = {"web": {"enabled": True}}  # over ``SMALL``: with the API


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``below`` with the keys of ``above``, mappings merged; None takes a key away."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            result[key] = merged(under, value)
        else:
            result[key] = value
    return {key: value for key, value in result.items() if value is not None}


class Daemon:
    """``printd run`` on a folder of its own; stop, kill and start it again on what it left.

    Args:
        folder: configuration, data and drop folder are made in it.
        settings: over ``SMALL``.
        environment: over that of the test.
        prefix: a program that runs the daemon, such as ``unshare -Ur``.
        as_program: start what is installed; else it is forked from a process that has loaded it.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, Any] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        as_program: bool = False,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = merged(SMALL, settings or {})
        self.config = folder / "config.yaml"
        self.drop = folder / self.settings["drop"]["path"]
        self.data = folder / self.settings["data_dir"]
        self.log_file = folder / "printd.log"
        self.environment = dict(environment or {})
        self.prefix = tuple(prefix)
        self.as_program = as_program
        self.program: Program | None = None
        self.write_config()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self.program is not None and self.program.poll() is None:
            self.kill()
        if error is not None:
            print(self.log)  # noqa: T201 - pytest shows it beside the failure

    def write_config(self, settings: Mapping[str, Any] | None = None) -> None:
        """Write the configuration; ``settings`` over those of before."""
        self.settings = merged(self.settings, settings or {})
        self.config.write_text(yaml.safe_dump(self.settings, sort_keys=False))

    # The program.

    def start(self, within_s: float = READY_WITHIN_S) -> Self:
        """Start it and wait until it says READY=1."""
        with NotifySocket() as told:
            self.launch({"NOTIFY_SOCKET": str(told.path)})
            told.wait_for("READY=1", within_s, self._alive)
        return self

    def launch(self, environment: Mapping[str, str] | None = None) -> Program:
        """Start it without waiting for it."""
        known = {key: value for key, value in os.environ.items() if not key.startswith("PRINTD_")}
        environment = {**known, **self.environment, **(environment or {})}
        words = ("run", "--config", str(self.config))
        with self.log_file.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            if self.prefix or self.as_program or not may_fork(environment):
                self.program = subprocess.Popen(
                    [*WITH_US, *self.prefix, PRINTD, *words],
                    cwd=self.folder,
                    env=environment,
                    stdin=nothing,
                    stdout=log,
                    stderr=log,
                )
            else:
                streams = (nothing.fileno(), log.fileno(), log.fileno())
                self.program = Forked(
                    DAEMON, words, folder=self.folder, environment=environment, streams=streams
                )
        return self.program

    def run_to_its_end(self, within_s: float = READY_WITHIN_S) -> subprocess.CompletedProcess[str]:
        """Run it where it is expected to end by itself; its words are in ``stderr``."""
        return subprocess.run(
            [*self.prefix, PRINTD, "run", "--config", self.config],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=within_s,
        )

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.program is not None
        self.program.send_signal(number)

    def stop(self, within_s: float = 20.0) -> int:
        """End it as a service manager does; returns its exit code."""
        self.signal(signal.SIGTERM)
        return self.ended(within_s)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.signal(signal.SIGKILL)
        self.ended()

    def ended(self, within_s: float = 20.0) -> int:
        """Wait for its end; returns its exit code."""
        assert self.program is not None
        return self.program.wait(within_s)

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self.program is not None and self.program.poll() is None

    @property
    def log(self) -> str:
        """All that it has said."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    # What people do.

    def cli(self, *words: object, within_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run one command beside it; the configuration is named for it."""
        command, *rest = map(str, words)
        return typed(
            [command, "--config", str(self.config), *rest],
            folder=self.folder,
            environment={**os.environ, **self.environment},
            within_s=within_s,
        )

    def ask(self, *words: object) -> Any:
        """Return what a command says as JSON; it must succeed."""
        command, *rest = words
        done = self.cli(command, "--json", *rest)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def clear_bed(self, printer: str = "p1") -> None:
        """Say through the command line that the bed is clear."""
        done = self.cli("printers", "bed-clear", printer)
        assert done.returncode == 0, done.stderr

    def put(self, name: str, content: bytes, folder: str = ".") -> Path:
        """Drop a file at once: written beside the drop folder, renamed into it."""
        beside = self.folder / "beside"
        beside.write_bytes(content)
        target: Path = self.drop / folder / name
        beside.rename(target)
        return target

    def set_pin(self, digits: str) -> None:
        """Let the staff corner of the kiosk open by this number."""
        done = subprocess.run(
            [PRINTD, "kiosk", "--config", self.config, "pin"],
            input=f"{digits}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def hands(self, printer: str = "p1") -> Hands:
        """Stand at an embedded virtual printer."""
        return Hands(self.data / "printers" / printer)

    # What it holds.

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store beside the daemon, for reading."""
        database = Database(self.data / FILE)
        try:
            database.use()
            yield Store(database)
        finally:
            database.close()

    @contextlib.contextmanager
    def requests(self) -> Iterator[Requests]:
        """Open the requests beside the daemon, to ask without waiting."""
        database = Database(self.data / FILE)
        try:
            database.use()
            yield Requests(database)
        finally:
            database.close()

    def jobs(self) -> list[Job]:
        """Return all jobs."""
        with self.store() as store:
            return store.jobs()

    def states(self) -> dict[str, State]:
        """Return the state of each job by its name."""
        return {job.name: job.state for job in self.jobs()}

    def wait_until(
        self, look: Callable[[], T], what: str, within_s: float = 30.0, *, alive: bool = True
    ) -> T:
        """Look again and again until the answer is true, ever less often; returns it."""
        begun = time.monotonic()
        until = begun + within_s
        while not (found := look()):
            if alive:
                self._alive()
            assert time.monotonic() < until, f"After {within_s} s still not: {what}.\n{self._now()}"
            waited_s = time.monotonic() - begun
            time.sleep(min(MOST_LOOK_S, max(LOOK_S, waited_s / 10)))
        return found

    def wait_for_job(self, name: str, state: State, within_s: float = 60.0) -> Job:
        """Wait until the newest job of this name is in ``state``."""

        def found() -> Job | None:
            named = [job for job in self.jobs() if job.name == name]
            return named[-1] if named and named[-1].state is state else None

        job = self.wait_until(found, f"{name} is {state}", within_s)
        assert job is not None
        return job

    def refused(self, name: str, within_s: float = 30.0) -> str:
        """Wait until a drop lies in ``_failed/``; returns its sentence."""
        failed = self.drop / "_failed" / name
        self.wait_until(failed.exists, f"{name} is refused", within_s)
        sentence: Path = failed.with_name(name + ".txt")
        return sentence.read_text()

    def unaccounted(self) -> set[str]:
        """Return what lies in the data folder and belongs to no job."""
        known = {job.id for job in self.jobs()}
        return {folder.name for folder in (self.data / "jobs").iterdir()} - known

    def _alive(self) -> None:
        assert self.runs, f"printd has ended: {self.program and self.program.returncode}"

    def _now(self) -> str:
        with contextlib.suppress(Exception):
            lines = [f"#{job.number} {job.name} {job.state} {job.because}" for job in self.jobs()]
            return "\n".join(lines)
        return "The store cannot be read."
