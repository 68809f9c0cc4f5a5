"""One Bambu printer as it is asked: what it says now, what is known of our prints, what fails.

A failure of the connection, or of the ledger, is told as every step hears it: the printer is
offline, and it is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from printd.core.board import Evidence
from printd.core.errors import CertificateChanged, PrinterOffline
from printd.printers.bambu.failures import NoAnswer, OtherCertificate
from printd.printers.bambu.ledger import BambuLedger, Entry
from printd.printers.bambu.link import Link
from printd.printers.bambu.models import Model, model_of
from printd.printers.bambu.talk import View
from printd.printers.bambu.watch import Watch
from printd.printers.ledger import LEDGER_ERRORS, Noting, noted

log = logging.getLogger(__name__)


class Contact(Noting[Entry]):
    """The connection to one printer, and what is seen on it.

    Args:
        name: of the printer, as configured.
        link: the connection.
        watch: what becomes of our prints.
        serial: its serial number.
        model: None: as it says itself, or by the serial.
        answer_s: how long an answer may take.
        lands_s: how long a start may take to show before it is in doubt.
    """

    def __init__(
        self,
        name: str,
        link: Link,
        watch: Watch,
        *,
        serial: str,
        model: Model | None,
        answer_s: float,
        lands_s: float,
    ) -> None:
        super().__init__(name, watch.ledger)
        self.name = name
        self.link = link
        self.watch = watch
        self.lands_s = lands_s
        self._serial = serial
        self._told_model = model
        self._answer_s = answer_s

    @property
    def model(self) -> Model:
        """Which one it is, as far as that is known by now."""
        if self._told_model is not None:
            return self._told_model
        version = self.link.version
        return model_of(product=version.product if version else "", serial=self._serial)

    @property
    def ledger(self) -> BambuLedger:
        """Its ledger; what it raises is not translated."""
        return self.watch.ledger

    def spare_what_was_started(self, parse_s: float) -> None:
        """Connect later when a start was sent right before printd ended: it would spoil that.

        Args:
            parse_s: the printer reads the file of a start for so long.
        """
        try:
            wait_s = self.watch.reads_for_s(parse_s)
        except LEDGER_ERRORS as error:
            log.warning("the ledger of %s cannot be used: %s", self.name, error)
            return
        if wait_s > 0.0:
            self.link.spare(wait_s)

    def view(self) -> View:
        """Return the printer as it is; raises ``NoAnswer``."""
        return self.link.view(self._answer_s)

    def fresh(self) -> View:
        """Return the printer as it is after this call, and hears what it is told.

        Raises:
            PrinterOffline: it does not answer.
            CertificateChanged: something else does.
        """
        with self.asked(CertificateChanged):
            return self.link.fresh(self._answer_s)

    def running(self, print_name: str) -> View | None:
        """Return the printer while it prints this; None: it does not.

        Raises:
            PrinterOffline: the printer does not answer.
        """
        entry = self.entry(print_name)
        if entry is None or entry.ended is not None:
            return None
        with self.asked():
            view = self.view()
        with noted(self.name):
            found = self.watch.look(print_name, view)
        return view if found is Evidence.RUNNING and view.now.is_active else None

    def foreign(self) -> View | None:
        """Return the printer while it prints what others have started; None: it does not.

        Raises:
            PrinterOffline: the printer does not answer.
        """
        with self.asked(), noted(self.name):
            view, entry = self.watch.shown(self.view())
        return view if entry is None and view.now.is_active else None

    def looked(self, print_name: str) -> Evidence | None:
        """Return what can be seen now of a print; None: nobody answers."""
        try:
            entry = self.ledger.entry(print_name)
            if entry is None or entry.ended is not None:
                return entry.ended if entry else Evidence.UNKNOWN
            return self.watch.look(print_name, self.view())
        except (NoAnswer, *LEDGER_ERRORS):
            return None

    def evidence(self, print_name: str) -> Evidence:
        """Return what the printer and the ledger know of this print.

        While its start may still come true, and while an end may still get its reason, it waits.
        """
        found = Evidence.UNKNOWN

        def is_sure() -> bool:
            nonlocal found
            found = self.looked(print_name) or Evidence.UNKNOWN
            try:
                return self.watch.is_sure(print_name, found)
            except LEDGER_ERRORS:
                return True

        self.link.wait_until(is_sure, self.lands_s)
        return found

    @contextmanager
    def asked(self, changed: type[CertificateChanged] | None = None) -> Iterator[None]:
        """Translate for questions; ``changed``: another certificate is an error of its own."""
        try:
            yield
        except NoAnswer as error:
            if changed is not None and isinstance(error, OtherCertificate):
                raise changed(f"{self.name}: {error.words}", action=error.action) from error
            raise PrinterOffline(
                f"{self.name} does not answer. {error.words}", action=error.action or None
            ) from error
