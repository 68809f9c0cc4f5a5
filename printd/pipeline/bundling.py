"""A support bundle: what somebody needs to know who helps from afar, in one ZIP file.

In it: versions, what ``doctor`` says, the configuration, the last lines of the log, the jobs as
numbers, how the database is. Not in it: keys and codes, serial numbers and addresses, pictures, and
the names of pictures and people. Each part is made for itself: what is broken keeps none away.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import yaml

from printd import __version__
from printd.core.clock import to_text, utc_now
from printd.core.config import Config
from printd.core.database import FILE
from printd.core.errors import PrintdError
from printd.core.files import free_bytes, new_file
from printd.core.redacting import Redactor
from printd.core.schema import MIGRATIONS
from printd.pipeline.doctoring import Finding
from printd.pipeline.place import Place
from printd.pipeline.private_words import opened, private_words

README: Final = """\
A support bundle of printd {version}, made {at}.

versions.json  printd, Python, this machine     doctor.txt    what `printd doctor` says
config.yaml    every value that counts          log.txt       the last lines of the log
jobs.json      the last jobs, as numbers        events.json   what happened to them
database.json  whether the database is whole

Keys, codes, serial numbers, addresses, pictures, and the names of pictures and of people are left
out: words in [ ] stand for them. Have a look before you send it.
"""
LIBRARIES: Final = ("numpy", "pillow", "scipy", "trimesh", "manifold3d", "pydantic", "fastapi")
LINES: Final = 1000  # of the log
LAST: Final = 500  # jobs
EVENTS: Final = 2000
JOURNAL_S: Final = 20.0
JOBS: Final = (
    "SELECT number, state, held_from, recipe, printer, attempt, tries, in_doubt, code, created_at, "
    "moved_at, again_of FROM job ORDER BY number DESC LIMIT ?"
)
HAPPENED: Final = (
    "SELECT seq, at, kind, job, printer, before, after, code FROM event ORDER BY seq DESC LIMIT ?"
)


def write_bundle(
    out: Path, place: Place | None, findings: Sequence[Finding], log_lines: Sequence[str]
) -> None:
    """Write a support bundle.

    Args:
        out: the ZIP file; an older one is replaced.
        place: the configuration; None: it cannot be read.
        findings: what ``doctor`` has found.
        log_lines: the last of the log; none: those of the journal are looked for.

    Raises:
        DiskFull, DiskFailed: it cannot be written; nothing is left behind.
    """
    config = place.config if place else None
    redactor = Redactor(dict(private_words(config)))
    lines = log_lines or journal_lines()
    parts: dict[str, Callable[[], object]] = {
        "README.txt": lambda: README.format(version=__version__, at=to_text(utc_now())),
        "versions.json": lambda: _versions(config),
        "doctor.txt": lambda: "".join(f"{_finding_line(each)}\n" for each in findings),
        "log.txt": lambda: "".join(f"{line}\n" for line in lines[-LINES:]) or "There is none.\n",
    }
    if config is not None:
        database = config.data_dir / FILE
        parts |= {
            "config.yaml": lambda: config.model_dump(mode="json"),
            "jobs.json": lambda: _rows(database, JOBS, LAST),
            "events.json": lambda: _rows(database, HAPPENED, EVENTS),
            "database.json": lambda: _state_of(database),
        }
    with new_file(out) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, make in parts.items():
            bundle.writestr(name, _text(name, redactor.value(_made(make))))


def journal_lines() -> list[str]:
    """Return the last lines that systemd has kept of a service of printd; often there are none."""
    if shutil.which("journalctl") is None:
        return []
    found: list[str] = []
    for whose in ((), ("--user",)):
        words = ["journalctl", *whose, "--unit=printd", f"--lines={LINES}", "--output=short-iso"]
        with suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(
                [*words, "--no-pager", "--quiet"],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=JOURNAL_S,
            )
            found += done.stdout.splitlines()
    return found


def _made(make: Callable[[], object]) -> object:
    try:
        return make()
    except (PrintdError, OSError, sqlite3.Error) as error:
        return {"cannot be told": str(error)}


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if name.endswith(".yaml"):
        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=10**6)
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)


def _finding_line(finding: Finding) -> str:
    remedy = f"  → {finding.remedy}" if finding.remedy else ""
    return f"{finding.verdict:<4}  {finding.check}  {finding.fact}{remedy}"


# The parts.


def _versions(config: Config | None) -> Mapping[str, object]:
    libraries = {}
    for name in LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            libraries[name] = metadata.version(name)
    machine: dict[str, object] = {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
    }
    if config is not None and config.data_dir.exists():
        free, share = free_bytes(config.data_dir)
        machine |= {"disk_free_mb": free // 1_000_000, "disk_free_pct": round(100 * share, 1)}
    return {
        "printd": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "database_known_up_to": len(MIGRATIONS),
        "libraries": libraries,
        "machine": machine,
    }


def _rows(file: Path, query: str, *values: object) -> list[dict[str, Any]]:
    with closing(opened(file)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, values)]


def _state_of(file: Path) -> Mapping[str, object]:
    pragmas = ("user_version", "journal_mode", "page_size", "page_count", "freelist_count")
    with closing(opened(file)) as connection:
        told = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas}
        whole = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
        kin = len(connection.execute("PRAGMA foreign_key_check").fetchall())
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        rows = {
            name: connection.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]  # noqa: S608
            for (name,) in tables.fetchall()
        }
    sizes = {one.name: one.stat().st_size for one in file.parent.glob(f"{FILE}*")}
    told |= {"integrity": whole, "rows_without_their_kin": kin, "rows": rows}
    return {**told, "bytes": sizes}
