"""A whole shop: a real daemon as a child program, two virtual printers as programs, one person.

The person does only what people can do: put photos in the drop folder, take a finished print off
the bed, and say so by a request as the command line does. ``Shop`` also counts what happened.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from printd.core.beds import Bed, Beds, BedState
from printd.core.database import FILE, Database
from printd.core.errors import PrintdError
from printd.core.files import JobFolders
from printd.core.jobs import Job, State
from printd.core.requests import Requests
from printd.core.store import Store
from printd.printers.journal import Line
from printd.printers.virtual.hands import Hands
from printd.printers.virtual.link import Refused
from tests.peers.gcode_corpus import END, PRINT, START
from tests.peers.loaded import DAEMON, INSTALLED, Forked, Program, may_fork
from tests.peers.virtual_printer import VirtualPrinterProgram
from tests.photos import encoded, textured

PRINTD = INSTALLED
READY_WITHIN_S = 30.0
LOOK_S = 0.05
ENDS = frozenset({"finished", "failed", "cancelled"})
SPEED = 3000.0  # some hundred seconds of print time pass in a tenth
CONFIG = """\
data_dir: data
web: {enabled: false}
drop: {path: drop, settle_s: 0.1, gcode: true}
recipes:
  default: {settings: {mesh_quality: 128, relief_mm: 0.6, base_mm: 0.6}, width_mm: 12}
printers:
PRINTERS
limits: {poll_idle_s: 0.2, poll_active_s: 0.1, free_mb: 50, free_pct: 0}
"""


class Shop:
    """One data folder, one drop folder, their daemon and their printers.

    Args:
        root: holds everything but the sockets.
        printers: names of virtual printers that are programs of their own.
        speed: of the printers, times real time.
        embedded: the printers live in the daemon instead.
    """

    def __init__(
        self,
        root: Path,
        printers: tuple[str, ...] = ("left", "right"),
        *,
        speed: float = SPEED,
        embedded: bool = False,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.data = root / "data"
        self.drop = root / "drop"
        self.log = root / "printd.log"
        self.daemon: Program | None = None
        self.dropped: list[str] = []
        self._machines: dict[str, Path] = {}
        self._programs: dict[str, VirtualPrinterProgram] = {}
        lines = []
        for name in printers:
            folder = self.data / "printers" / name if embedded else root / f"machine-{name}"
            self._machines[name] = folder
            where = f"speed: {speed}"
            if not embedded:
                self._programs[name] = VirtualPrinterProgram(folder, speed=speed)
                where = f"socket: {self._programs[name].socket}"
            lines.append(f"  {name}: {{kind: virtual, {where}}}")
        (root / "config.yaml").write_text(CONFIG.replace("PRINTERS", "\n".join(lines)))
        self.drop.mkdir()

    # The daemon.

    def open(self) -> "Shop":
        """Start the printers, not the daemon."""
        for program in self._programs.values():
            program.start()
        return self

    def start(self, fault: str | None = None, *, wrapped: tuple[str, ...] = ()) -> None:
        """Start the daemon, with one planned fault, under another program."""
        assert self.daemon is None
        environment = {name: text for name, text in os.environ.items() if name != "PRINTD_FAULT"}
        if fault is not None:
            environment["PRINTD_FAULT"] = fault
        with self.log.open("ab") as log:
            if wrapped or not may_fork(environment):
                self.daemon = subprocess.Popen(
                    [*wrapped, PRINTD, "run"], cwd=self.root, stderr=log, env=environment
                )
            else:
                streams = (0, 1, log.fileno())
                self.daemon = Forked(
                    DAEMON, ["run"], folder=self.root, environment=environment, streams=streams
                )

    def is_ready(self) -> bool:
        """Return whether the daemon takes photos; asserts that it has not ended."""
        assert self.daemon is not None
        assert self.daemon.poll() is None, f"printd ended: {self.said()}"
        words = self.log.read_text(errors="replace")
        return words.count("ready: drop folder") >= 1 + self._readies

    _readies = 0

    def start_and_wait(self, fault: str | None = None) -> None:
        """Start the daemon, with one planned fault, and wait until it takes photos."""
        self._readies = self.log.read_text().count("ready: drop folder") if self.log.exists() else 0
        self.start(fault)
        self.until(self.is_ready, "printd is ready", READY_WITHIN_S, attended=False)

    def kill(self) -> None:
        """End the daemon by SIGKILL."""
        assert self.end(signal.SIGKILL) == -signal.SIGKILL, self.said()

    def end(self, number: int) -> int:
        """Send the daemon a signal and wait for its end; returns its exit code."""
        assert self.daemon is not None
        self.daemon.send_signal(number)
        return self.gone()

    def gone(self, timeout_s: float = 30.0) -> int:
        """Wait for the daemon's end; returns its exit code."""
        assert self.daemon is not None
        code = self.daemon.wait(timeout_s)
        self.daemon = None
        return code

    def has_ended(self) -> bool:
        """Return whether the daemon has ended by itself."""
        assert self.daemon is not None
        return self.daemon.poll() is not None

    def said(self) -> str:
        """Return the end of the daemon's log."""
        return self.log.read_text(errors="replace")[-4000:]

    def close(self) -> None:
        """End everything and leave no process behind."""
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
            self.daemon = None
        for program in self._programs.values():
            program.close()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def processes(self) -> list[int]:
        """Return every process that stands in the shop's folder: the daemon and its children."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                try:
                    place = (folder / "cwd").readlink()
                except (FileNotFoundError, ProcessLookupError, PermissionError):
                    continue  # it has ended, or is a zombie
                if place.is_relative_to(self.root):
                    found.append(int(folder.name))
        return found

    # The person.

    def put(self, seed: int) -> None:
        """Put a photo into the drop folder; each seed is another picture."""
        name = f"photo-{seed}.png"
        self.dropped.append(name)
        (self.drop / name).write_bytes(encoded(textured(48, 36, seed), "PNG"))

    def put_gcode(self, seed: int) -> None:
        """Put a file of G-code there, called as photos are; each seed is another print."""
        name = f"photo-{seed}.gcode"
        self.dropped.append(name)
        (self.drop / name).write_text(f"{START}{PRINT}G1 X{60 + seed} E1\n{END}")

    def attend(self) -> None:
        """Clear each bed whose print has ended, and say so."""
        with self.desk() as desk:
            asked = {request.args["printer"] for request in desk.requests.open({"bed-clear"})}
            for name, bed in desk.beds.all().items():
                if (
                    bed.state is not BedState.CLEAR
                    and name not in asked
                    and self._is_over(name, bed)
                ):
                    self.clear(desk, name, bed)

    def clear(self, desk: "Desk", name: str, bed: Bed) -> None:
        """Take the print off, then say so."""
        try:
            self.hands(name).remove_print()
        except Refused:
            return  # it prints
        desk.requests.post("bed-clear", {"printer": name, "seen": bed.revision}, who="person")

    def _is_over(self, name: str, bed: Bed) -> bool:
        """Return whether the print that the bed was taken for has ended, as the machine shows."""
        if bed.job is None:
            return True
        events = [
            line["event"]
            for line in self.journal(name)
            if str(line.get("print", "")).startswith(f"pd-{bed.job}-")
        ]
        return any(event in ENDS for event in events[-3:])

    # What is true.

    @contextmanager
    def desk(self) -> "Iterator[Desk]":
        """Open the store beside the daemon, as a command does."""
        database = Database(self.data / FILE)
        try:
            database.use()
            yield Desk(database)
        finally:
            database.close()

    def hands(self, printer: str) -> Hands:
        """Return the person's hands at a machine."""
        return Hands(self._machines[printer])

    def journal(self, printer: str) -> list[Line]:
        """Return what a machine has written down."""
        return self.hands(printer).journal()

    def jobs(self) -> list[Job]:
        """Return all jobs."""
        with self.desk() as desk:
            return desk.store.jobs()

    def starts(self) -> Counter[int]:
        """Count the physical starts of each job, whatever print name it had."""
        found: Counter[int] = Counter()
        for printer in self._machines:
            for line in self.journal(printer):
                if line["event"] == "started":
                    number = re.match(r"pd-(\d+)-", line["print"])
                    assert number, line
                    found[int(number[1])] += 1
        return found

    def collisions(self) -> list[Line]:
        """Return the starts onto a bed that was not empty."""
        return [
            line
            for printer in self._machines
            for line in self.journal(printer)
            if line["event"] == "started" and line["bed"] != "clear"
        ]

    def is_done(self) -> bool:
        """Return whether every photo is printed."""
        jobs = self.jobs()
        for job in jobs:
            assert job.state is not State.HELD, f"#{job.number}: {job.because}\n{self.said()}"
        return len(jobs) == len(self.dropped) and all(job.state is State.PRINTED for job in jobs)

    def until(
        self,
        is_so: Callable[[], bool],
        what: str,
        timeout_s: float = 60.0,
        *,
        attended: bool = True,
    ) -> None:
        """Attend the shop until it is so."""
        until_s = time.monotonic() + timeout_s
        while not is_so():
            ended = self.daemon is not None and self.has_ended()
            if ended or time.monotonic() > until_s:
                jobs = [f"#{job.number} {job.state} {job.because}" for job in self.jobs()]
                raise AssertionError(
                    f"Not within {timeout_s} s (ended: {ended}): {what}\n{jobs}\n{self.said()}"
                )
            if attended:
                self.try_to_attend()
            time.sleep(LOOK_S)

    def try_to_attend(self) -> None:
        """Attend, if there is something to attend: a daemon may die before it has made it."""
        if not (self.data / FILE).exists():
            return
        try:
            self.attend()
        except PrintdError:
            return

    def faults(self) -> list[str]:
        """Return every broken promise of a shop in which all is printed."""
        jobs = self.jobs()
        starts = self.starts()
        known = {job.id for job in jobs}
        folders = JobFolders(self.data)
        return [
            *(f"{name} is lost" for name in set(self.dropped) - {job.name for job in jobs}),
            *(
                f"{name} became {count} jobs"
                for name, count in Counter(job.name for job in jobs).items()
                if count > 1
            ),
            *(f"#{job.number} is {job.state}" for job in jobs if job.state is not State.PRINTED),
            *(
                f"#{job.number} was started {starts[job.number]} times"
                for job in jobs
                if starts[job.number] != 1
            ),
            *(f"a start onto an occupied bed: {line}" for line in self.collisions()),
            *(f"left behind: {path}" for path in self.data.rglob("*.part")),
            *(f"left behind: {path}" for path in self.data.rglob(".slicing-*")),
            *(f"no row names {path}" for path in folders.root.iterdir() if path.name not in known),
            *(f"left in the drop folder: {path}" for path in self.drop.rglob("photo-*")),
        ]


class Desk:
    """The store as a command opens it beside the daemon."""

    def __init__(self, database: Database) -> None:
        self.store = Store(database)
        self.beds = Beds(database)
        self.requests = Requests(database)


@contextmanager
def opened(shop: Shop) -> Iterator[Shop]:
    """Open a shop, and leave nothing running whatever happens in it."""
    try:
        yield shop.open()
    finally:
        shop.close()
        shutil.rmtree(shop.root, ignore_errors=True)
