"""``printd backup``, ``restore``, ``rebuild``: what is kept, put back, or made anew."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from printd.cli.output import say, show_json, show_text, table
from printd.cli.session import NeverRun, configuration
from printd.core.archive import config_in, is_archive
from printd.core.backups import restore as put_back
from printd.core.backups import write_backup
from printd.core.clock import to_text
from printd.core.config import Config
from printd.core.configfile import Loaded, config_path, parsed
from printd.core.database import FILE, own_folder
from printd.core.errors import FolderUnusable, SettingInvalid
from printd.core.moments import stamp
from printd.core.rebuilding import rebuild as make_anew
from printd.core.snapshots import Copy, copies_in

NOT_IN_RECORDS = (
    "Not in the records, so to be made or said again: keys, people who log in, the PIN of the "
    "kiosk, what is loaded, what was agreed to pay. A backup has them: `printd restore`."
)


def backup(args: argparse.Namespace) -> int:
    """Write a backup, also while the daemon runs; or list what is kept without being asked."""
    loaded = configuration(args)
    if not (loaded.config.data_dir / FILE).exists():
        raise NeverRun(f"printd has not run yet with {loaded.path or 'this configuration'}.")
    if args.list:
        return _list(copies_in(loaded.config.data_dir), as_json=args.json)
    out = _place_for(Path(args.file).absolute())
    count = write_backup(loaded.config.data_dir, loaded.path, out, photos=args.photos)
    if args.json:
        show_json({"file": str(out), "bytes": out.stat().st_size, "jobs_with_files": count})
        return 0
    show_text(f"{out}: {out.stat().st_size / 1e6:.1f} MB, with the files of {count} jobs.")
    say("Secrets (files of keys and access codes) are not in it: keep them elsewhere.")
    return 0


def _place_for(out: Path) -> Path:
    """Return where a backup is written; an older one makes room, nothing else does.

    Raises:
        FolderUnusable, SettingInvalid: it cannot go there.
    """
    if out.is_dir():
        raise FolderUnusable(f"{out} is a folder.", action=f"Name a file: {out}/printd.tar.gz.")
    if not out.parent.is_dir():
        raise FolderUnusable(
            f"There is no folder {out.parent}.", action="Make it, or name another."
        )
    if out.exists() and not is_archive(out):
        raise SettingInvalid(f"{out} is there, and is no backup.", action="Name another file.")
    return out


def _list(copies: list[Copy], *, as_json: bool) -> int:
    if as_json:
        show_json(
            [
                {"file": str(copy.file), "made_at": to_text(copy.made_at)}
                | {"bytes": copy.bytes, "why": copy.why}
                for copy in copies
            ]
        )
        return 0
    table(
        (
            str(copy.file),
            stamp(copy.made_at, year=True),
            f"{copy.bytes / 1e6:.1f} MB",
            copy.why,
        )
        for copy in copies
    )
    say("Each is the database alone: `printd restore FILE` puts it back, while printd is stopped.")
    return 0


def restore(args: argparse.Namespace) -> int:
    """Put a backup back, while the daemon does not run."""
    loaded = _configuration_or_that_of(Path(args.file), args)
    with _alone(loaded.config):
        done = put_back(Path(args.file), loaded.config.data_dir, loaded.path)
    if args.json:
        show_json(
            {
                "jobs": done.jobs,
                "held": done.held,
                "aside": str(done.aside) if done.aside else None,
                "notes": list(done.notes),
            }
        )
        return 0
    show_text(
        f"{done.jobs} jobs are back; {done.held} of them wait for you, and every bed is unknown."
    )
    _tell_aside(done.aside)
    for note in done.notes:
        show_text(note)
    return 0


def _configuration_or_that_of(file: Path, args: argparse.Namespace) -> Loaded:
    """Read the configuration; on a machine that has none yet, that of the backup in its place."""
    named = Path(args.config) if args.config else None
    place = config_path(named, os.environ)
    if place is not None and place.exists():
        return configuration(args)
    saved = config_in(file)
    return configuration(args) if saved is None else parsed(saved, place or Path("config.yaml"))


def rebuild(args: argparse.Namespace) -> int:
    """Make the database anew from the records beside the files of the jobs."""
    loaded = configuration(args)
    with _alone(loaded.config):
        done = make_anew(loaded.config.data_dir)
    if args.json:
        show_json(
            {
                "jobs": done.jobs,
                "held": done.held,
                "orders": done.orders,
                "unreadable": list(done.unreadable),
                "aside": str(done.aside) if done.aside else None,
            }
        )
        return 0
    show_text(f"{done.jobs} jobs were found; {done.held} of them wait for you.")
    if done.orders:
        show_text(f"Orders that services were paid for, which count in the budgets: {done.orders}.")
    say(NOT_IN_RECORDS)
    for folder in done.unreadable:
        say(f"{folder}: its record cannot be used; printd looks at it at its next start.")
    _tell_aside(done.aside)
    return 0


def _tell_aside(aside: Path | None) -> None:
    if aside is not None:
        show_text(f"The database from before is kept as {aside.name}.")


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """Own the data folder, so that no daemon runs on it meanwhile."""
    lock = own_folder(config.data_dir)
    try:
        yield
    finally:
        os.close(lock)
