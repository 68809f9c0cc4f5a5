"""What became of one print, from everything that is known of it at one moment. Pure.

The path of a file is the only identity that OctoPrint knows, and it is never used twice. Its
counters tell every end but one: when OctoPrint itself ends in the middle of a print, it writes
nothing, and looks afterwards as if nothing had been. So "nothing to see" proves nothing, unless
printd knows that it has sent no command.

Source: OctoPrint 1.11.8 and 2.0.0rc7, observed with its virtual printer, November 2026.
"""

from __future__ import annotations

from printd.core.board import Evidence
from printd.printers.octoprint.answers import FileAnswer, JobAnswer
from printd.printers.octoprint.ledger import Entry
from printd.printers.octoprint.status import RUNNING, Phase, path_of, phase_of


def evidence_of(
    print_name: str,
    entry: Entry | None,
    job: JobAnswer,
    file: FileAnswer | None,
    error: str = "",
) -> Evidence:
    """Return what became of a print.

    Args:
        print_name: of the print.
        entry: what the ledger says of it.
        job: what OctoPrint does now.
        file: what it knows of the file; None: it has none.
        error: the last error of the firmware, when there was one.
    """
    if entry is not None and entry.ended is not None:
        return entry.ended
    if is_selected(print_name, job) and phase_of(job.state) in RUNNING:
        return Evidence.RUNNING
    successes, failures = _counted(entry, file)
    if successes and failures:
        return Evidence.UNKNOWN  # printed twice: by somebody else, too
    if successes:
        return Evidence.FINISHED
    if failures:
        return _how_it_failed(print_name, entry, job, error)
    if entry is None or entry.was_asked:
        return Evidence.UNKNOWN
    return Evidence.NOT_STARTED


def is_selected(print_name: str, job: JobAnswer) -> bool:
    """Say whether the file of this print is the one that is selected or printed."""
    return job.path == path_of(print_name)


def _counted(entry: Entry | None, file: FileAnswer | None) -> tuple[int, int]:
    """Return how often this file was printed well and badly since it was uploaded."""
    if file is None:
        return 0, 0
    before = (entry.successes, entry.failures) if entry else (0, 0)
    return file.prints.success - before[0], file.prints.failure - before[1]


def _how_it_failed(print_name: str, entry: Entry | None, job: JobAnswer, error: str) -> Evidence:
    if entry is not None and entry.cancel_asked:
        return Evidence.CANCELLED
    # A cancelled file stays selected on a printer that stays connected; every failure closes the
    # connection, and with it the selection, or leaves its error.
    if is_selected(print_name, job) and phase_of(job.state) is Phase.READY and not error:
        return Evidence.CANCELLED
    return Evidence.FAILED
