"""Our files in OctoPrint's storage: put there, looked for, deleted, each noted in the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from printd.core.errors import InternalError, PrinterOffline, UploadFailed
from printd.printers.base import PrintFile, checked_name, judged_chunks
from printd.printers.octoprint.client import OctoPrintClient
from printd.printers.octoprint.contact import Contact
from printd.printers.octoprint.errors import AnswerLost, Refused, Unreachable
from printd.printers.octoprint.kept import is_kept, is_of, is_whole, userdata_of
from printd.printers.octoprint.refusals import FULL, action_after_upload
from printd.printers.octoprint.status import FOLDER, SUFFIX, path_of
from printd.printers.octoprint.upload import Form

COPIES: Final = 2  # of an upload on the server's disk while it is taken
NOT_THERE: Final = frozenset({404, 409})  # it is gone already, or is being printed


class Files:
    """Our files in the storage of one OctoPrint."""

    def __init__(self, contact: Contact) -> None:
        self._contact = contact
        self._name = contact.name

    def upload(self, file: PrintFile, print_name: str) -> None:
        """Put the file into our folder, and check what lies there."""
        path = path_of(checked_name(print_name))
        chunks = judged_chunks(file)
        entry = self._contact.entry(print_name)
        with self._sent_whole(), self._contact.connect() as client:
            kept = client.file(path)
            if kept is not None:
                if entry and is_of(entry, file) and is_kept(entry, kept):
                    return
                if entry and entry.was_asked:
                    raise InternalError(f"{print_name} was started on {self._name} before.")
                client.remove(path)
            self._check_room(client, file)
            said = json.dumps(userdata_of(print_name, file))
            fields = {"path": FOLDER, "noOverwrite": "true", "userdata": said}
            form = Form(fields, f"{print_name}{SUFFIX}", file.bytes, chunks)
            given = client.send(FOLDER, form)
            self._check_whole(client, given, print_name, file, form.sha1)

    def _check_room(self, client: OctoPrintClient, file: PrintFile) -> None:
        """Check the server's disk before anything is sent: what breaks off stays there for ever."""
        free, needed = client.free_bytes(), COPIES * file.bytes
        if free is not None and free < needed:
            raise UploadFailed(
                f"{self._name} has {free / 1e6:.1f} MB left on its disk; the file takes "
                f"{needed / 1e6:.1f} MB while it is sent.",
                action=FULL,
            )

    def _check_whole(
        self, client: OctoPrintClient, given: str, print_name: str, file: PrintFile, sha1: str
    ) -> None:
        """Check that exactly this file lies where it should, and note it; else delete it.

        Args:
            client: that it was sent with.
            given: where OctoPrint has put it.
            print_name: of the print.
            file: as it was sent.
            sha1: of what was sent.
        """
        path, kept = path_of(print_name), client.file(given)
        if given != path or kept is None or not is_whole(client, path, file, kept, sha1):
            client.remove(given)
            raise UploadFailed(
                f"{self._name} did not keep the file as it was sent.",
                action="Look for a plug-in of OctoPrint that changes uploads; printd keeps trying.",
            )
        self._contact.note(
            "uploaded",
            print_name,
            bytes=file.bytes,
            sha256=file.sha256,
            sha1=sha1,
            date=kept.date,
            successes=kept.prints.success,
            failures=kept.prints.failure,
        )

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """Say whether exactly this file lies in our folder."""
        entry = self._contact.entry(print_name)
        with self._contact.asked(), self._contact.reading() as client:
            kept = client.file(path_of(print_name))
        return entry is not None and is_of(entry, file) and is_kept(entry, kept)

    def remove(self, print_name: str) -> None:
        """Delete the file in our folder; what is being printed stays."""
        if self._contact.entry(print_name) is None:
            return
        if self._contact.was_asked(print_name):
            self._contact.looked(print_name)  # OctoPrint forgets the end together with the file
        with self._contact.answered():
            try:
                with self._contact.connect() as client:
                    client.remove(path_of(print_name))
            except Refused as error:
                if not error.by_octoprint or error.status not in NOT_THERE:
                    raise PrinterOffline(
                        f"{self._name} did not delete the file. {error}"
                    ) from error

    @contextmanager
    def _sent_whole(self) -> Iterator[None]:
        """Translate for uploads."""
        try:
            yield
        except Unreachable as error:
            raise PrinterOffline(f"{self._name} does not answer. {error}") from error
        except (AnswerLost, Refused) as error:
            action = action_after_upload(error) if isinstance(error, Refused) else None
            problem = f"{self._name} did not take the file. {error}"
            raise UploadFailed(problem, action=action) from error
