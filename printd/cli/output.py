"""How things are shown: data on standard output, messages and progress on standard error."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

from printd.cli.layout import fitted, rows_as_lines, width_of
from printd.cli.streams import has_every_sign
from printd.core.errors import PrintdError
from printd.core.files import JobFolders
from printd.core.job_words import label_of
from printd.core.jobs import Because, Job, State
from printd.core.progress import read_progress

T = TypeVar("T")
LOOK_S: Final = 0.2


def show_json(value: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(value, indent=2, ensure_ascii=not has_every_sign(), default=str))


def say(text: str) -> None:
    """Write a message for a person."""
    print(fitted(text, sys.stderr), file=sys.stderr, flush=True)


def show_text(text: str) -> None:
    """Print lines for a person; what does not fit beside the edge goes on below it."""
    print(fitted(text, sys.stdout))


def because_values(why: Because) -> dict[str, str]:
    """Return a reason as plain values."""
    return {"code": why.code, "problem": why.problem, "action": why.action}


def state_words(job: Job, folders: JobFolders) -> str:
    """Return what is true of a job, in words; while it is calculated, how far that is."""
    words = label_of(job)
    if job.state in (State.ORDERED, State.PRINTABLE):
        found = read_progress(folders.of(job.id) / JobFolders.PROGRESS)
        if found is not None:
            words += f": {100 * found[0]:.0f} % {found[1].lower()}"
    return words


def note_words(warning: str) -> str:
    """Return the sentence of a warning, without the code before it."""
    return re.sub(r"^[a-z]+(_[a-z]+)+: ", "", warning)


def advice(error: PrintdError) -> str:
    """Return what to do about an error of a command: it has no job to be retried."""
    return error.advice


def table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows in aligned columns, as wide as the terminal is."""
    for line in rows_as_lines(rows, width_of(sys.stdout)):
        print(line)


def duration(seconds: float) -> str:
    """Return a duration as people say it: ``2 h 05 min``, ``4 min``, ``12 s``."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def amounts(gcode: Mapping[str, Any]) -> str:
    """Return what a print takes, as far as its file says: time, weight, money, layers."""
    words = []
    if gcode["print_time_s"] is not None:
        words.append(f"about {duration(gcode['print_time_s'])}")
    if gcode.get("resin_ml"):
        words.append(f"{gcode['resin_ml']:.1f} ml")
    elif gcode["filament_g"] is not None:
        words.append(f"{gcode['filament_g']:.1f} g")
    if gcode.get("cost"):
        words.append(f"{gcode['cost']:.2f} of material")
    return ", ".join([*words, f"{gcode['layers']} layers"])


def check_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """Return what a check of a photo says: its sentence, and what to do about each fault."""
    yield facts["sentence"]
    for check in facts["checks"]:
        if check["advice"]:
            yield f"→ {check['advice']}"


def origin(gcode: Mapping[str, Any]) -> str:
    """Return how a file was made: of what, as asked, by which program, for which machines."""
    asked = {"quality": gcode.get("quality"), **gcode.get("asked", {})}
    words = [gcode.get("material"), asked.pop("quality")]
    words += [f"{key} {value}" for key, value in asked.items()]
    by = " ".join(filter(None, (gcode.get("slicer"), gcode.get("version"))))
    said = ", ".join(filter(None, words))
    return f"{said}; for {gcode['profile']}" + (f", by {by}" if by else "")


class Progress:
    """A bar on a terminal, one line per 10 % elsewhere; never goes back."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._tenth = -1
        self._bar = sys.stderr.isatty()

    def __call__(self, fraction: float, stage: str) -> None:
        """Show how far it is."""
        tenth = int(fraction * 10)
        if self._bar:
            filled = "█" * round(fraction * 24)
            sys.stderr.write(f"\r\x1b[K{self._title} {filled:<24} {stage}")
            sys.stderr.flush()
        elif tenth > self._tenth:
            say(f"{self._title} {tenth * 10} % {stage}")
        self._tenth = max(tenth, self._tenth)

    def done(self) -> None:
        """End the line of the bar."""
        if self._bar:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def shown(future: Future[T], progress_file: Path, show: Progress) -> T:
    """Show what a task says of its progress until it is done; return its result."""
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    while not done.wait(LOOK_S):
        if found := read_progress(progress_file):
            show(*found)
    show.done()
    return future.result()
