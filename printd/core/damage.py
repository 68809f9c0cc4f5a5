"""A database that cannot be worked with: how that is seen, what is to be done, who is told.

Nothing here changes the database. The note beside it tells commands that the daemon of this folder
runs in safe mode; it counts only while that daemon has the folder.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from printd.core.database import FILE, is_owned
from printd.core.errors import (
    DatabaseDamaged,
    DatabaseNewer,
    DatabaseUnreadable,
    DatabaseUnusable,
    SafeMode,
)
from printd.core.files import replace_unsynced
from printd.core.generation import FILE as GENERATION
from printd.core.moments import stamp
from printd.core.schema import MIGRATIONS
from printd.core.snapshots import Copy, copies_in
from printd.core.user import me

NOTE: Final = "safe-mode.json"


def look(data_dir: Path) -> None:
    """See whether the database may be opened at all; one that is not there yet may be made.

    Raises:
        DatabaseUnreadable: this user may not read or write it.
        DatabaseDamaged: nothing is in it any more.
    """
    path = data_dir / FILE
    try:
        state = path.stat()
    except OSError:
        return  # not there, or its folder says no: that is said where it is opened
    if not path.is_file():
        return
    is_writable = os.access(path, os.W_OK) or os.statvfs(path).f_flag & os.ST_RDONLY
    if not os.access(path, os.R_OK) or not is_writable:
        who = me()
        raise DatabaseUnreadable(
            f"The database {path} may not be read and written by {who}.",
            action=f"Run `sudo chown {who} {path}`, then start printd again.",
        )
    if state.st_size == 0 and (data_dir / GENERATION).exists():
        raise DatabaseDamaged(f"The database {path} is empty; it was not when printd used it last.")


def safe_mode(error: DatabaseUnusable, data_dir: Path) -> SafeMode:
    """Return what everybody is told who wants something: what is wrong, and what mends it here."""
    return SafeMode(
        f"{error.problem} printd is in safe mode: it takes, starts and changes nothing.",
        action=remedy(error, data_dir),
    )


def remedy(error: DatabaseUnusable, data_dir: Path) -> str:
    """Return what mends it in this folder, as one sentence: it names the copy to put back."""
    if error.action != type(error).action:
        return error.action  # it knows better
    copies = [copy for copy in copies_in(data_dir) if _is_of_ours(copy, error)]
    if isinstance(error, DatabaseNewer):
        older = copies[0].file if copies else "BACKUP"
        return (
            "Install the newer printd again; or stop this one, put back the database from before "
            f"the upgrade with `printd restore {older}`, and start it."
        )
    if not copies:
        return "Stop printd, run `printd restore BACKUP` or `printd rebuild`, and start it again."
    return (
        f"Stop printd, run `printd restore {copies[0].file}` ({stamp(copies[0].made_at)}) "
        "or `printd rebuild`, and start it again."
    )


def _is_of_ours(copy: Copy, error: DatabaseUnusable) -> bool:
    """Say whether this version can use a copy; one of each day may be of the newer printd."""
    if not isinstance(error, DatabaseNewer):
        return True
    version = copy.file.stem.rpartition("-v")[2]
    return version.isdecimal() and int(version) <= len(MIGRATIONS)


def put_note(data_dir: Path, why: SafeMode) -> None:
    """Tell the commands of this folder, from now until ``remove_note``.

    Raises:
        DiskFull, DiskFailed: it cannot be written.
    """
    words = {"problem": why.problem, "action": why.action}
    replace_unsynced(data_dir / NOTE, json.dumps(words).encode())


def remove_note(data_dir: Path) -> None:
    """Tell them that it is over."""
    with suppress(OSError):  # without a daemon it says nothing
        (data_dir / NOTE).unlink(missing_ok=True)


def noted(data_dir: Path) -> SafeMode | None:
    """Return why the daemon of this folder is in safe mode; None: it is not, or does not run."""
    try:
        words: Any = json.loads((data_dir / NOTE).read_bytes())
        why = SafeMode(str(words["problem"]), action=str(words["action"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return why if is_owned(data_dir) else None
