"""A person at a scripted Bambu printer and at printd's command line, who says only what is true.

What is true they see at the printer: what it prints, how a print has ended, what lies on its bed.
"""

from collections import Counter
from typing import Final

from printd.core.beds import Bed, Beds, BedState
from printd.core.database import FILE, Database
from printd.core.jobs import Job, State
from printd.core.requests import Requests
from tests.peers.bambu import BambuLan
from tests.peers.bambu_machine import ACTIVE
from tests.peers.daemon import Daemon

DOUBTS: Final = frozenset({"start_in_doubt", "end_unknown"})
MENDED: Final = frozenset({"start_refused", "upload_failed", "certificate_changed"})
PRINTER: Final = "p1"


class Person:
    """Answers for the jobs of one daemon with one printer.

    Args:
        daemon: that they are told by.
        peer: the printer ``p1``.

    Attributes:
        met: how often a job was held for which reason.
        wrong: what printd has said that is not so.
    """

    def __init__(self, daemon: Daemon, peer: BambuLan) -> None:
        self.met: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._daemon = daemon
        self._peer = peer
        self._asked = 0  # the request that was made last

    def attend(self) -> bool:
        """Answer for each job that is held; say whether the printer was made free for another."""
        database = Database(self._daemon.data / FILE)
        try:
            database.use()
            requests, beds = Requests(database), Beds(database)
            self._peer.hands.dismiss()
            if self._asked and requests.answer(self._asked) is None:
                return False
            for job in self._daemon.jobs():
                if job.state is State.HELD and self._answer(job, requests):
                    return False
            return self._clear(beds.get(PRINTER), requests)
        finally:
            database.close()

    def cancel(self) -> None:
        """Cancel what is on its way to the printer, by printd."""
        at_printer = (State.ASSIGNED, State.UPLOADED, State.PRINTING)
        for job in self._daemon.jobs():
            if job.state in at_printer:
                with self._daemon.requests() as requests:
                    requests.post("cancel", {"job": job.number}, who="person")

    # A job that is held.

    def _answer(self, job: Job, requests: Requests) -> bool:
        """Say what is so; False: it cannot be said yet."""
        assert job.because is not None, f"#{job.number} is held without a reason"
        code = job.because.code
        self.met[code] += 1
        args: dict[str, object] = {"job": job.number, "seen": job.revision}
        if code in DOUBTS:
            verb, args["outcome"] = "resolve", self._truth(job)
        elif code == "printer_fault":
            verb = self._after_a_fault(job)
        else:
            assert code in MENDED, f"#{job.number}: {job.because}"
            verb = "retry"
        self._asked = requests.post(verb, args, who="person")
        return True

    def _truth(self, job: Job) -> str:
        name = str(job.print_name)
        if self._shows(name):
            return "printing"
        if self._ends(name):
            return "printed" if "FINISH" in self._ends(name) else "failed"
        return "failed" if job.held_from is State.PRINTING else "not-started"

    def _after_a_fault(self, job: Job) -> str:
        """Print it again if nothing was printed; what has cost filament is given up."""
        name = str(job.print_name)
        if "FINISH" in self._ends(name):
            self.wrong.append(f"#{job.number} is held as failed and was printed: {job.because}")
        return "cancel" if self._peer.journal.starts(name) else "retry"

    def _shows(self, name: str) -> bool:
        return self._peer.hands.prints.startswith(f"{name}.")

    def _ends(self, name: str) -> list[str]:
        return [line.end for line in self._peer.journal.ends(name)]

    # The bed.

    def _clear(self, bed: Bed, requests: Requests) -> bool:
        """Take off what lies there and say so, when the printer rests and no job comes to it."""
        is_expected = any(
            job.state in (State.UPLOADED, State.PRINTING) for job in self._daemon.jobs()
        )
        if bed.state is BedState.CLEAR or is_expected or self._peer.hands.state in ACTIVE:
            return False
        self._peer.hands.clear_bed()
        args = {"printer": PRINTER, "seen": bed.revision}
        self._asked = requests.post("bed-clear", args, who="person")
        return True
