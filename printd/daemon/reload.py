"""The configuration read again while the daemon runs: by ``printd config reload``, or SIGHUP.

Read and checked whole first; what cannot be taken over changes nothing, and says why. What a person
says is loaded in a printer is taken over the same way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from printd.core.clock import utc_now
from printd.core.config import Config
from printd.core.errors import CannotWriteNow, NoSuchPrinter, PrintdError
from printd.core.fleet import Fleet
from printd.core.jobs import Because
from printd.core.loaded import Configured, Loaded
from printd.core.loading import overruled, with_word, word_of
from printd.core.matching import Offer
from printd.core.moves import write_event
from printd.core.reloading import Change, change_of
from printd.core.requests import Requests
from printd.core.store import Store
from printd.daemon.systemd import notify

log = logging.getLogger(__name__)
VERB: Final = "reload"
BY_SIGNAL: Final = "a signal"


class Reload:
    """Takes over what has changed.

    Args:
        store: where it is written down.
        requests: where it is asked for.
        fleet: which printers have jobs.
        read: reads and checks the configuration.
        as_loaded: the configuration with what people have said is loaded.
        now: the configuration as it holds, with that.
        offers: the printers as they are now.
        take_over: makes it the configuration; raises before anything has changed.
    """

    def __init__(
        self,
        store: Store,
        requests: Requests,
        fleet: Fleet,
        read: Callable[[], Config],
        as_loaded: Callable[[Config], Config],
        now: Callable[[], Config],
        offers: Callable[[], Sequence[Offer]],
        take_over: Callable[[Change], None],
    ) -> None:
        self._store = store
        self._requests = requests
        self._fleet = fleet
        self._read = read
        self._as_loaded = as_loaded
        self._now = now
        self._offers = offers
        self._take_over = take_over
        self._signalled = threading.Event()
        self.refused: Because | None = None  # why the last one was not taken over, for everybody

    def signalled(self) -> None:
        """Reload soon: somebody has sent the signal."""
        self._signalled.set()

    def do_all(self) -> None:
        """Do what was asked, once for everybody who has asked; called by one thread.

        Raises:
            CannotWriteNow: what is asked stays asked.
        """
        asked = self._requests.open({VERB})
        if self._signalled.is_set():
            self._signalled.clear()
            try:
                self._reload(BY_SIGNAL)
            except PrintdError as error:
                self._refuse(error, BY_SIGNAL)
        for request in asked:
            try:
                values = self._reload(request.who)
            except CannotWriteNow:
                raise
            except PrintdError as error:
                self._refuse(error, request.who)
                self._requests.refused(request, error)
            else:
                self._requests.done(request, values)

    def load(self, printer: str, material: str | None, colour: str, *, who: str) -> Loaded:
        """Go by what a person says is loaded in a printer, from the next print on; and keep it.

        Args:
            printer: its name.
            material: None: the one that was there.
            colour: "": not said.
            who: says so.

        Raises:
            NoSuchPrinter: there is none of this name.
            SettingInvalid, NotPossibleNow: it cannot be so.
            CannotWriteNow: it cannot be kept; what was loaded holds.
        """
        now = self._now()
        offer = next((offer for offer in self._offers() if offer.name == printer), None)
        if offer is None:
            raise NoSuchPrinter(f"No printer is called {printer!r}.")
        before = offer.row.loaded
        over = before.over if before else Configured.of(now.printers[printer])
        word = word_of(offer, over, material, colour, by=who, at=utc_now())
        loaded = {**now.printers, printer: with_word(now.printers[printer], word)}
        change = change_of(now, now.model_copy(update={"printers": loaded}), {})
        self._fleet.load(printer, word)  # first: nothing is printed by a word that can be lost
        if change.changed:
            self._take_over(change)
        return word

    def _reload(self, who: str) -> dict[str, Any]:
        busy = {name: row.job for name, row in self._fleet.all().items() if row.job is not None}
        written = self._read()
        change = change_of(self._now(), self._as_loaded(written), busy)
        if change.changed:
            self._take_over(change)
        self._fleet.forget_words(overruled(written, self._fleet.words()))
        if self.refused is not None:
            self.refused = None
            notify("STATUS=taking photos")
        text = ", ".join(change.changed) or "nothing has changed"
        with self._store.database.write() as connection:
            write_event(connection, None, "config.reloaded", text=text, who=who)
        log.info("configuration reloaded by %s: %s", who, text)
        if change.later:
            log.warning("after a restart only: %s", ", ".join(change.later))
        return {"changed": list(change.changed), "after_restart": list(change.later)}

    def _refuse(self, error: PrintdError, who: str) -> None:
        problem = f"The configuration was not reloaded: {error.problem}"
        self.refused = Because(error.code, problem, error.action)
        log.error("%s", problem)
        notify(f"STATUS={problem}")
        with self._store.database.write() as connection:
            write_event(connection, None, "config.refused", text=problem, who=who)
