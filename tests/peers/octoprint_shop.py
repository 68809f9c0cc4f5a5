"""A daemon whose only printer is an OctoPrint, what it prints there, and a person beside it."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from printd.core.errors import PrintdError
from printd.core.jobs import Job, State
from tests.peers.daemon import Daemon
from tests.peers.octoprint import OctoPrint
from tests.peers.octoprint_base import STARTED

HEAD: Final = "M104 S150\nG90\nM83\nG28\nG1 X10 Y10 Z0.2 F3000\n"
STEP: Final = "G4 P100\nG1 X51 E0.1\nG1 X50 E0.1\n"
END: Final = "M104 S0\nM140 S0\nM84 X Y E\n"
UPLOAD: Final = "POST /api/files/local"  # as a proxy sees it; a start has a path behind it
START: Final = "POST /api/files/local/printd/"


def part(steps: int = 0, number: int = 0) -> bytes:
    """Return a file that passes the rules and prints at least a tenth of a second for each step.

    Args:
        steps: how many.
        number: makes it another file than that of any other number.
    """
    return f"{HEAD}{STEP * steps}G1 X{50 + number} E0.2\n{END}".encode()


def daemon_at(
    server: OctoPrint, folder: Path, url: str = "", more: Mapping[str, Any] | None = None
) -> Daemon:
    """Return a daemon, not yet started, that takes G-code for the printer ``p1``.

    Args:
        server: the OctoPrint.
        folder: for the daemon and its key.
        url: where it is asked for, if not at its own address.
        more: settings over those that make tests quick.
    """
    folder.mkdir(exist_ok=True)
    key = folder / "p1.key"
    key.write_text(server.key)
    key.chmod(0o600)
    where = {"url": url or server.url, "key_file": str(key), "answer_s": 2}
    settings = {
        "drop": {"gcode": True},
        "printers": {"p1": {"kind": "octoprint", "speed": None, **where}},
        "limits": {"start_evidence_s": 1.0},
    }
    daemon = Daemon(folder / "printd", settings)
    daemon.write_config(more)
    return daemon


def starts_by_job(server: OctoPrint) -> Counter[str]:
    """Count what physically started, by the number of the job."""
    lines = [line for line in server.hands.lines() if STARTED in line]
    found = [re.search(r"printd/pd-(\d+)-", line) for line in lines]
    return Counter(match[1] for match in found if match)


def job_of(daemon: Daemon) -> Job | None:
    """Return the only job, also of a daemon that has ended; None: it has not made it yet."""
    try:
        jobs = daemon.jobs()
    except PrintdError:
        return None
    return jobs[0] if jobs else None


def code_of(job: Job) -> str | None:
    """Return why a job waits, as the code of its error."""
    return job.because.code if job.because else None


def held(daemon: Daemon, name: str, code: str) -> Job:
    """Wait until a job is held for a person; asserts why."""
    job = daemon.wait_for_job(name, State.HELD)
    assert code_of(job) == code
    return job
