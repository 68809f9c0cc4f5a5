"""The thread that takes photos: from the drop folder, and those handed in by ``printd add``.

Looks when a file event wakes it, when a file may have settled, and in any case every ``scan_s``.
A file that cannot be handled today harms no other file.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from printd.core.config import Config
from printd.core.database import is_network
from printd.core.dropnames import AGAIN, LOCK, README
from printd.core.errors import (
    AlreadyRunning,
    DiskFull,
    FolderUnusable,
    PhotoEmpty,
    PhotoIncomplete,
    PhotoRefused,
    PrintdError,
    SideFileInvalid,
)
from printd.core.failpoints import hit
from printd.core.locks import take_lock
from printd.core.names import display_name
from printd.core.recipes import SIDE_FILE_BYTES, Order, order_for, side_file_order
from printd.core.store import Store
from printd.daemon.handed_in import HandedIn
from printd.daemon.listing import DEFAULT, Found, Listing, drop_folders, look
from printd.daemon.settling import Settling
from printd.daemon.watching import Watching
from printd.pipeline import letting_go
from printd.pipeline.taking import Copied, Identity, NotFinished, Taker, duplicate_error, open_photo

log = logging.getLogger(__name__)
SHORTEST_LOOK_S = 0.1
HOW_TO = """Put pictures here (JPEG, PNG, WebP, HEIC); printd prints each with recipe {recipe!r}.

Settings of one picture: a text file beside it, named like it with .yaml at the end
(mia.jpg.yaml), with lines such as

    width_mm: 60
    name: Mia

Pictures that cannot be used are moved to _failed/ with a text that says why.
What is waiting, and why, stands in _status.txt of the drop folder.
"""


class Inbox:
    """Watches one drop folder."""

    def __init__(
        self,
        config: Config,
        store: Store,
        taker: Taker,
        handed_in: HandedIn,
        wake_others: Callable[[], None],
    ) -> None:
        self._config = config
        self._drop = config.drop.path
        self._store = store
        self._taker = taker
        self._handed_in = handed_in
        self._wake_others = wake_others
        self._woken = threading.Event()
        self._watching = Watching(self._woken.set)
        self._lock: int | None = None
        self._said: set[str] = set()
        self._taken: set[Path] = set()  # for side files that come too late
        self._left: dict[Path, Identity] = {}  # done with, but may not be removed
        self.notes: list[str] = []  # what is left lying, and why: for _status.txt

    def prepare(self) -> None:
        """Make the folders and take the drop folder for this daemon.

        Raises:
            FolderUnusable: it cannot be made or read.
            AlreadyRunning: another daemon watches it.
        """
        try:
            self._drop.mkdir(parents=True, exist_ok=True)
            os.scandir(self._drop).close()
        except OSError as error:
            raise FolderUnusable(
                f"The drop folder {self._drop} cannot be used: {error.strerror or error}."
            ) from error
        network = is_network(self._drop)
        drop = self._config.drop
        self._settling = Settling(drop.settle_network_s if network else drop.settle_s)
        self.scan_every_s = drop.scan_network_s if network else drop.scan_s
        try:
            self._furnish()
            self._own()
        except OSError as error:
            self._say(
                f"The drop folder cannot be written: {error.strerror or error}; taken "
                "pictures stay there and are not taken again."
            )

    def _furnish(self) -> None:
        for folder, recipe in drop_folders(self._drop, self._config.recipes).items():
            folder.mkdir(exist_ok=True)
            if folder.name == AGAIN:
                text = "A picture put here is printed once more, with the settings it had.\n"
            else:
                text = HOW_TO.format(recipe=recipe)
            readme = folder / README
            if not readme.exists():
                readme.write_text(text, encoding="utf-8")

    def _own(self) -> None:
        words = f"{socket.gethostname()} {os.getpid()}"
        try:
            self._lock = take_lock(self._drop / LOCK, words)
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"Another printd ({error.args[1]}) watches the drop folder {self._drop}."
            ) from error

    def wake(self) -> None:
        """Look at the folder soon."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Take photos until ``stop`` is set."""
        try:
            while not stop.is_set():
                self._woken.clear()
                if self._handed_in.take_all():
                    self._wake_others()
                self.scan(time.monotonic())
                wait_s = self._settling.next_s(time.monotonic())
                self._woken.wait(None if wait_s is None else max(wait_s, SHORTEST_LOOK_S))
        finally:
            self._watching.close()
            if self._lock is not None:
                os.close(self._lock)

    def scan(self, now_s: float) -> None:
        """Look at everything once; take what has settled."""
        try:
            listing = look(self._drop, self._config.recipes)
            self._watching.watch(drop_folders(self._drop, self._config.recipes))
        except OSError as error:
            self.notes = [f"The drop folder cannot be read: {error.strerror or error}."]
            self._say(self.notes[0])
            return
        self.notes = list(listing.notes)
        for line in listing.notes:
            self._say(line)
        there = {found.photo for found in listing.found}
        there |= {side for side, _ in listing.lonely_sides}
        self._settling.keep_only(there)
        for found in listing.found:
            if self._left.get(found.photo) != found.identity:
                self._consider(found, now_s)
        self._refuse_late_sides(listing, now_s)

    def _consider(self, found: Found, now_s: float) -> None:
        seen = (found.identity, found.side_identity)
        factor = 2.0 if found.foreign else 1.0
        if not self._settling.is_quiet(found.photo, seen, now_s, factor):
            return
        try:
            self._take(found, now_s)
        except NotFinished:
            self._settling.not_finished(found.photo, now_s)
        except DiskFull as error:
            self._settling.not_finished(found.photo, now_s)
            self._note(f"{display_name(found.photo.name)}: {error}")
        except OSError as error:
            self._settling.not_finished(found.photo, now_s)
            self._note(f"{display_name(found.photo.name)}: {error.strerror or error}")

    def _take(self, found: Found, now_s: float) -> None:
        drop = self._config.drop
        still_s = self._settling.still_s(found.photo, now_s)
        try:
            if found.identity.size == 0:
                if still_s < drop.empty_after_s:
                    raise NotFinished
                raise PhotoEmpty("The file is empty.")
            order = self._order(found)
            copied = self._taker.copy(found.photo)
        except PhotoIncomplete as error:
            if still_s < drop.incomplete_after_s:
                self._note(f"{display_name(found.photo.name)}: waiting for the rest of it")
                raise NotFinished from error
            self._refuse(found, error)
        except PhotoRefused as error:
            self._refuse(found, error)
        else:
            self._decide(found, order, copied)

    def _order(self, found: Found) -> Order:
        if found.side is None:
            return order_for(self._config, found.recipe, {})
        with os.fdopen(open_photo(found.side), "rb") as stream:
            content = stream.read(SIDE_FILE_BYTES + 1)
        return side_file_order(self._config, found.recipe, content)

    def _decide(self, found: Found, order: Order, copied: Copied) -> None:
        """Accept the copy; once more as it was, held, or skipped where it is a duplicate."""
        name = found.photo.name
        again = self._store.newest_of(copied.sha256) if found.again else None
        earlier = None
        policy = self._config.drop.on_duplicate
        known = self._store.drop_known(copied.fingerprint)
        if again is not None:
            order = Order(again.recipe, again.settings, again.name)
        elif policy != "print" and not found.again and not known:
            earlier = self._taker.duplicate_of(copied, order.recipe)
        if earlier is not None and policy == "skip":
            self._taker.discard(copied)
            log.info("%s is the picture of #%s: skipped", display_name(name), earlier.number)
            self._let_go(found, keep=True)
            return
        job = self._taker.accept(
            copied,
            name,
            order,
            who="drop folder",
            fingerprint=copied.fingerprint,
            again_of=again.number if again else None,
            hold=duplicate_error(earlier) if earlier else None,
        )
        log.info("%s is #%s", display_name(name), job.number)
        self._let_go(replace(found, identity=copied.identity), keep=self._config.drop.keep_done)
        hit("intake.removed")
        self._wake_others()

    def _let_go(self, found: Found, *, keep: bool) -> None:
        self._settling.forget(found.photo)
        self._taken.add(found.photo)
        parts = [(found.photo, found.identity), (found.side, found.side_identity)]
        try:
            for path, identity in parts:
                if path is None or identity is None:
                    continue
                if keep:
                    letting_go.keep(path, identity, self._drop)
                else:
                    letting_go.remove(path, identity)
        except OSError as error:
            self._stays(found, error)

    def _refuse(self, found: Found, error: PrintdError) -> None:
        name = display_name(found.photo.name)
        log.warning("%s refused: %s: %s", name, error.code, error.problem)
        what = found.identity
        fingerprint = f"{what.device}:{what.inode}:{what.size}:{what.mtime_ns}:refused"
        try:
            letting_go.refuse(found.photo, found.identity, self._drop, error)
            if found.side is not None:
                letting_go.refuse(found.side, found.side_identity, self._drop, error)
        except OSError as trouble:
            self._stays(found, trouble)
        self._store.refuse_drop(fingerprint, name, error)
        self._settling.forget(found.photo)

    def _stays(self, found: Found, error: OSError) -> None:
        self._left[found.photo] = found.identity
        self._note(
            f"{display_name(found.photo.name)}: done with, but printd (user {os.geteuid()}) may "
            f"not remove it: {error.strerror or error}"
        )

    def _refuse_late_sides(self, listing: Listing, now_s: float) -> None:
        for side, identity in listing.lonely_sides:
            if not self._settling.is_quiet(side, (identity, None), now_s):
                continue
            taken = side.with_name(side.name[: -len(".yaml")]) in self._taken
            waited = self._settling.still_s(side, now_s) >= self._config.drop.incomplete_after_s
            if taken or waited:
                words = "came after its picture was taken" if taken else "has no picture"
                error = SideFileInvalid(f"{display_name(side.name)} {words}.")
                self._refuse(Found(side, identity, DEFAULT), error)

    def _note(self, line: str) -> None:
        self.notes.append(line)
        self._say(line)

    def _say(self, line: str) -> None:
        """Warn once, not at every look."""
        if line not in self._said:
            self._said.add(line)
            log.warning("%s", line)
