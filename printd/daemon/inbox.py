"""The thread that takes photos: from the drop folder, and those handed in by ``printd add``.

Looks when a file event wakes it, when a file may have settled, and in any case every ``scan_s``.
A file that cannot be handled today harms no other file.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from printd.core.clock import utc_now
from printd.core.config import Config
from printd.core.dropnames import photo_of
from printd.core.errors import (
    AlreadyRunning,
    CannotWriteNow,
    Duplicate,
    GcodeUnfinished,
    NotTaken,
    PhotoEmpty,
    PhotoForbidden,
    PhotoIncomplete,
    SideFileInvalid,
)
from printd.core.failpoints import hit
from printd.core.given import Given
from printd.core.jobs import Job, State
from printd.core.moves import StaleJob
from printd.core.names import display_name
from printd.core.recipes import SIDE_FILE_BYTES, Order, of_kind, order_for, side_file_order
from printd.core.store import Store
from printd.daemon.dropfolder import DropFolder
from printd.daemon.handed_in import HandedIn
from printd.daemon.listing import DEFAULT, Found, Listing, drop_folders, look
from printd.daemon.originals import Originals
from printd.daemon.settling import Settling
from printd.daemon.watching import Watching
from printd.pipeline.copying import NotFinished, open_regular
from printd.pipeline.judging import gcode_order
from printd.pipeline.reading import Copied
from printd.pipeline.taking import Taker, duplicate_error

log = logging.getLogger(__name__)
SHORTEST_LOOK_S = 0.1
AGAIN = "Put it into again/ of the drop folder to have it printed once more."
LATE_S = 60.0  # a side file so soon after its photo was meant for it; a later one waits for another


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
        self._next: Config | None = None  # to go by from the next look on
        self._drop = config.drop.path
        self._folder = DropFolder(self._drop, config.recipes)
        self._store = store
        self._taker = taker
        self._handed_in = handed_in
        self._originals = Originals(self._drop, store)
        self._wake_others = wake_others
        self._woken = threading.Event()
        self._watching = Watching(self._woken.set)
        self._taken_s: dict[Path, float] = {}  # when, for side files that come too late
        self._waits: dict[Path, str] = {}  # why a file is not taken yet
        self._no_room = ""
        self.scanned_at: datetime | None = None  # when the folder could be read last
        self.notes: list[str] = []  # what is left lying, and why: for _status.txt

    def prepare(self) -> None:
        """Make the folders and take the drop folder for this daemon.

        Raises:
            FolderUnusable: it cannot be made or read.
            AlreadyRunning: another daemon watches it.
        """
        self._folder.prepare()
        drop = self._config.drop
        network = self._folder.is_network
        self._settling = Settling(drop.settle_network_s if network else drop.settle_s)
        self.scan_every_s = drop.scan_network_s if network else drop.scan_s

    def use(self, config: Config) -> None:
        """Go by another configuration from the next look on: its recipes have folders then."""
        self._next = config
        self._woken.set()

    def wake(self) -> None:
        """Look at the folder soon."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Take photos until ``stop`` is set."""
        try:
            while not stop.is_set():
                if self._handed_in.take_all():
                    self._wake_others()
                self.scan(time.monotonic())
                wait_s = self._settling.next_s(time.monotonic())
                self._woken.wait(None if wait_s is None else max(wait_s, SHORTEST_LOOK_S))
                self._woken.clear()  # before ``stop`` is looked at, or its wake could be missed
        except CancelledError:
            log.info("stopping: the photo under way is taken at the next start")
        finally:
            self._watching.close()
            self._folder.close()

    def scan(self, now_s: float) -> None:
        """Look at everything once; take what has settled."""
        if self._next is not None:
            self._config, self._next = self._next, None
            self._folder.have(self._config.recipes)
        try:
            self._folder.move_in()
            listing = look(self._drop, self._config.recipes)
        except OSError as error:
            self._tell([f"The drop folder cannot be read: {error.strerror or error}."])
            return
        except AlreadyRunning as error:
            self._tell([str(error)])
            return
        self.scanned_at = utc_now()
        self._watching.watch(drop_folders(self._drop, self._config.recipes))
        there = {found.photo for found in listing.found}
        there |= {side for side, _ in listing.lonely_sides}
        self._forget_all_but(there, now_s)
        for found in listing.found:
            if not self._originals.is_decided(found):
                self._consider(found, now_s)
        for side, identity in listing.lonely_sides:
            found = Found(side, identity, DEFAULT)
            if not self._originals.is_decided(found):
                self._consider_lonely(found, now_s)
        self._tell(self._lines(listing))

    def _forget_all_but(self, there: set[Path], now_s: float) -> None:
        self._settling.keep_only(there)
        self._originals.keep_only(there)
        self._waits = {photo: why for photo, why in self._waits.items() if photo in there}
        self._taken_s = {
            photo: taken_s for photo, taken_s in self._taken_s.items() if now_s - taken_s < LATE_S
        }
        if not there:
            self._no_room = ""

    def _lines(self, listing: Listing) -> list[str]:
        return [
            *self._folder.notes,
            *filter(None, [self._no_room]),
            *listing.notes,
            *(f"{display_name(photo.name)}: {why}" for photo, why in self._waits.items()),
            *self._originals.notes,
        ]

    def _tell(self, lines: list[str]) -> None:
        """Keep the lines for everybody who asks; warn of each when it is new."""
        for line in lines:
            if line not in self.notes:
                log.warning("%s", line)
        self.notes = lines

    def _consider(self, found: Found, now_s: float) -> None:
        seen = (found.identity, found.side_identity)
        factor = 2.0 if found.foreign else 1.0
        if not self._settling.is_quiet(found.photo, seen, now_s, factor):
            return
        try:
            self._take(found, now_s)
        except NotFinished as why:
            self._later(found, now_s, str(why))
        except CannotWriteNow as error:
            self._no_room = str(error)
            self._later(found, now_s)
        except OSError as error:
            self._later(found, now_s, error.strerror or str(error))

    def _later(self, found: Found, now_s: float, why: str = "") -> None:
        self._settling.not_finished(found.photo, now_s)
        if why:
            self._waits[found.photo] = why

    def _take(self, found: Found, now_s: float) -> None:
        drop = self._config.drop
        still_s = self._settling.still_s(found.photo, now_s)
        try:
            if found.identity.size == 0:
                if still_s < drop.empty_after_s:
                    raise NotFinished("empty so far")
                raise PhotoEmpty("The file is empty.")
            given = Given.named(found.photo.name)
            order = self._order(found, given)
            copied = self._taker.copy(found.photo, found.identity, given, is_sized=order.is_sized)
        except (PhotoIncomplete, GcodeUnfinished, PhotoForbidden) as error:
            if still_s < drop.incomplete_after_s:
                # A sender may still give the rest, or the right to read it.
                waits = not isinstance(error, PhotoForbidden)
                raise NotFinished("waiting for the rest of it" if waits else str(error)) from error
            self._originals.refused(found, error)
        except NotTaken as error:
            self._originals.refused(found, error)
        else:
            self._decide(found, order, copied, now_s)
        self._settling.forget(found.photo)
        self._waits.pop(found.photo, None)

    def _order(self, found: Found, given: Given) -> Order:
        if given.is_gcode:
            order = gcode_order(self._config, given, {})
            if found.side is not None:
                raise SideFileInvalid(
                    "A side file sets what becomes of a picture; G-code is printed as it is.",
                    action="Drop the G-code without it.",
                )
            return order
        if found.side is None:
            return of_kind(self._config, order_for(self._config, found.recipe, {}), given)
        with os.fdopen(open_regular(found.side), "rb") as stream:
            content = stream.read(SIDE_FILE_BYTES + 1)
        order = side_file_order(self._config, found.recipe, content)
        return of_kind(self._config, order, given)

    def _decide(self, found: Found, order: Order, copied: Copied, now_s: float) -> None:
        """Accept the copy; once more as it was, held, or skipped where it is a duplicate."""
        self._no_room = ""
        name = found.photo.name
        again = self._store.newest_of(copied.sha256) if found.again else None
        earlier = None
        policy = self._config.drop.on_duplicate
        known = self._store.drop_known(copied.fingerprint)
        if again is not None and found.side is not None and not known:
            self._taker.discard(copied)
            self._originals.refused(found, _settled_already(again))
            return
        if again is not None:
            order = Order(again.recipe, again.settings, again.name)
            copied = self._taker.repeat(copied, again)
        elif policy != "print" and not found.again and not known:
            earlier = self._taker.duplicate_of(copied, order.recipe)
        if earlier is not None and policy == "skip":
            self._taker.discard(copied)
            log.info("%s was taken as #%s before: skipped", display_name(name), earlier.number)
            why = duplicate_error(earlier)
            self._originals.skipped(found, Duplicate(why.problem, action=AGAIN))
            return
        job = self._taker.accept(
            copied,
            name,
            order,
            who="drop folder",
            source="drop",
            fingerprint=copied.fingerprint,
            again_of=again.number if again else None,
            hold=duplicate_error(earlier) if earlier else None,
        )
        self._taker.record(job)
        if again is not None:
            self._answered(again, job)
        log.info("%s is #%s", display_name(name), job.number)
        self._taken_s[found.photo] = now_s
        self._originals.taken(found, keep=self._config.drop.keep_done)
        hit("intake.removed")
        self._wake_others()

    def _answered(self, asked: Job, job: Job) -> None:
        """Cancel a job that is held as a duplicate: ``again/`` has answered what it asks."""
        is_asked = asked.because is not None and asked.because.code == Duplicate.code
        if asked.state is State.HELD and is_asked and asked.number != job.number:
            with suppress(StaleJob):  # somebody else has answered just now
                why = f"#{job.number} prints it once more."
                self._taker.record(self._store.cancelled(asked, why, who="drop folder"))

    def _consider_lonely(self, found: Found, now_s: float) -> None:
        """Refuse a side file that came too late, or whose picture does not come."""
        side = found.photo
        if not self._settling.is_quiet(side, (found.identity, None), now_s):
            return
        late = side.with_name(photo_of(side.name)) in self._taken_s
        waited = self._settling.still_s(side, now_s) >= self._config.drop.incomplete_after_s
        if not late and not waited:
            self._later(found, now_s, "waiting for its picture")
            return
        words = "came after its picture was taken" if late else "has no picture"
        try:
            self._originals.refused(found, SideFileInvalid(f"{display_name(side.name)} {words}."))
        except CannotWriteNow as error:
            self._no_room = str(error)
            self._later(found, now_s)
        except OSError as error:
            self._later(found, now_s, error.strerror or str(error))
        else:
            self._settling.forget(side)
            self._waits.pop(side, None)


def _settled_already(again: Job) -> SideFileInvalid:
    """Return why a side file cannot count in ``again/``."""
    return SideFileInvalid(
        f"This was #{again.number}, and again/ prints it with the settings it had: "
        "the side file would not count.",
        action="Drop it there without the side file, or drop both into the folder of a recipe.",
    )
