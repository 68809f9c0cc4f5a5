"""Our files at a Bambu printer: put there, looked for, deleted, each noted in the ledger.

A file that stays behind can be printed late, so what could not be deleted is tried again before
the next upload.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from printd.core.errors import (
    CertificateChanged,
    InternalError,
    PrinterOffline,
    StartRefused,
    UploadFailed,
)
from printd.core.filaments import Filament
from printd.gcode import container
from printd.gcode.slice_info import SLICE_INFO, filaments_of
from printd.printers.bambu.contact import Contact
from printd.printers.bambu.ftps import Refused
from printd.printers.bambu.ledger import Entry
from printd.printers.bambu.start_command import remote_name
from printd.printers.bambu.storage import NoRoom, NotWhole, Storage
from printd.printers.base import PrintFile, checked_name, judged_chunks
from printd.printers.ledger import LEDGER_ERRORS, noted

STORAGE: Final = (
    "Look whether a memory card is in the printer and has room, and that Developer Mode is on; "
    "printd keeps trying."
)
FULL: Final = "Delete files from the printer's storage; printd keeps trying."

log = logging.getLogger(__name__)


class Files:
    """Our files in the storage of one printer.

    Args:
        contact: to the printer.
        storage: where they lie.
        folder: of the storage; None: as is best for the model.
    """

    def __init__(self, contact: Contact, storage: Storage, folder: str | None) -> None:
        self._contact = contact
        self._name = contact.name
        self._storage = storage
        self._folder = folder

    def upload(self, file: PrintFile, print_name: str) -> None:
        """Put the file into our folder, and look whether it is whole."""
        checked_name(print_name)
        chunks = judged_chunks(file)
        entry = self._contact.entry(print_name)
        if entry is not None and self._is_there(entry, file):
            return
        if entry is not None and entry.was_asked:
            raise InternalError(f"{print_name} was started on {self._name} before.")
        folder = self._contact.model.folder if self._folder is None else self._folder
        self._tidy(print_name)
        self._contact.note("sending", print_name, folder=folder)
        with self._sent_whole():
            self._storage.store(folder, remote_name(print_name), file.bytes, chunks)
        self._note_uploaded(file, print_name, folder)

    def _note_uploaded(self, file: PrintFile, print_name: str, folder: str) -> None:
        plate, filaments = _contents(file)
        self._contact.note(
            "uploaded",
            print_name,
            bytes=file.bytes,
            sha256=file.sha256,
            folder=folder,
            plate=plate,
            filaments=[
                (slot, filament.material, filament.colour, filament.needed_g)
                for slot, filament in filaments.items()
            ],
        )

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """Say whether exactly this file lies in our folder."""
        entry = self._contact.entry(print_name)
        if entry is None:
            with self._stored():
                self._storage.free_bytes()  # says no only when the printer can be asked
            return False
        return self._is_there(entry, file)

    def check_there(self, entry: Entry) -> None:
        """Look whether what was uploaded still lies there whole.

        Raises:
            StartRefused: it does not.
            PrinterOffline, CertificateChanged: the storage cannot be asked.
        """
        if self._size(entry) != entry.bytes:
            raise StartRefused(f"The file of {entry.print_name} is not on {self._name} any more.")

    def _is_there(self, entry: Entry, file: PrintFile) -> bool:
        kept = self._size(entry)
        is_of = (entry.sha256, entry.bytes) == (file.sha256, file.bytes)
        return is_of and not entry.is_removed and kept == file.bytes

    def _size(self, entry: Entry) -> int | None:
        with self._stored():
            return self._storage.size(entry.folder, remote_name(entry.print_name))

    def remove(self, print_name: str) -> None:
        """Delete the file, so that nothing starts it late; what is being printed stays."""
        with noted(self._name):
            entry = self._contact.ledger.entry(print_name)
            folder = self._contact.ledger.place(print_name)
        if folder is None:
            return
        try:
            if entry is not None and entry.was_asked and entry.ended is None:
                if self._contact.running(print_name) is not None:
                    return
                self._check_card()
            self._delete(print_name, folder)
        except PrinterOffline:
            self._contact.note("unwanted", print_name)  # the next upload tries again
            raise
        self._contact.note("removed", print_name)

    def _delete(self, print_name: str, folder: str) -> None:
        with self._contact.asked():
            try:
                self._storage.remove(folder, remote_name(print_name))
            except Refused as error:
                raise PrinterOffline(f"{self._name} did not delete the file. {error}") from error

    def _check_card(self) -> None:
        """Raise ``PrinterOffline`` without the card: the file would come back with it."""
        with self._contact.asked():
            now = self._contact.view().now
        if self._contact.model.needs_card and now.has_card is False:
            raise PrinterOffline(
                f"{self._name} has no memory card.",
                action="Put its memory card back; printd keeps trying.",
            )

    def leave_to_another(self, print_name: str) -> None:
        """Delete the file when another print has begun: ours would begin on top of it."""
        try:
            entry = self._contact.ledger.entry(print_name)
            if entry is not None and entry.met_another and not entry.is_removed:
                self.remove(print_name)
        except (PrinterOffline, *LEDGER_ERRORS) as error:
            log.warning("the file of %s stays on %s: %s", print_name, self._name, error)

    def _tidy(self, print_name: str) -> None:
        """Delete what earlier prints have left behind, when the printer could not be reached.

        Raises:
            UploadFailed: a file stays whose start may still come true: it would be printed late.
        """
        ledger = self._contact.ledger
        with noted(self._name):
            names = [name for name in ledger.stale() if name != print_name]
            unresolved = {entry.print_name for entry in ledger.unresolved(settled=True)}
        for name in names:
            try:
                self.remove(name)
            except PrinterOffline as error:
                if name in unresolved:
                    action = f"Delete {remote_name(name)} at the printer; printd keeps trying."
                    raise UploadFailed(error.problem, action=action) from error
                log.warning("%s stays on %s: %s", remote_name(name), self._name, error.problem)

    def close(self) -> None:
        """Cut what goes on; an upload is given up."""
        self._storage.close()

    @contextmanager
    def _stored(self) -> Iterator[None]:
        """Translate for questions about files."""
        with self._contact.asked(CertificateChanged):
            try:
                yield
            except Refused as error:
                raise PrinterOffline(
                    f"The storage of {self._name} cannot be asked. {error}", action=STORAGE
                ) from error

    @contextmanager
    def _sent_whole(self) -> Iterator[None]:
        """Translate for uploads."""
        with self._contact.asked(CertificateChanged):
            try:
                yield
            except NoRoom as error:
                raise UploadFailed(f"{self._name} has no room. {error}", action=FULL) from error
            except (Refused, NotWhole) as error:
                problem = f"{self._name} did not take the file. {error}"
                raise UploadFailed(problem, action=STORAGE) from error


def _contents(file: PrintFile) -> tuple[int, Mapping[int, Filament]]:
    """Return which plate of a file is printed, and its filaments by slot.

    Raises:
        GcodeRefused, DiskError: it is no such file.
    """
    with container.opened(file.path) as opened:
        plate = opened.plates[0].number if opened.plates else 1
        if file.filaments is not None:
            return plate, file.filaments
        return plate, filaments_of(opened.text(SLICE_INFO), plate)
