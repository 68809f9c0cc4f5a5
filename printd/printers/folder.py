"""The ``folder`` printer: a place that somebody prints from, such as a memory card or a share.

The bytes are uploaded hidden into the target folder; the start is one synced rename to their
final name, between two synced lines of a ledger that lies elsewhere. What happens then is seen by
a person only, so a print runs until somebody says otherwise, or is done at once (``hand_over``).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from printd.core.board import Condition, Evidence, PrinterStatus
from printd.core.errors import (
    DiskError,
    InDoubt,
    InternalError,
    NotPossibleNow,
    PrinterOffline,
    StartInDoubt,
    StartRefused,
    UploadFailed,
)
from printd.core.files import sha256_of
from printd.printers.base import PrintFile, checked_name, judged_chunks
from printd.printers.folder_ledger import Entry, Ledger
from printd.printers.journal import JournalDamaged, sync_names
from printd.printers.ledger import noted

SYNC_UNKNOWN = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})


class FolderPrinter:
    """A target folder, and the ledger of what was put there.

    Args:
        name: as configured.
        folder: the target; it is not made, a memory card that is out must not be invented.
        ledger: folder for the ledger, in printd's own data.
        hand_over: "ask": a person says when it is printed; "done": printed once handed over.
    """

    accepts = frozenset({".gcode", ".sl1"})
    has_bed = False

    def __init__(
        self,
        name: str,
        *,
        folder: Path,
        ledger: Path,
        hand_over: Literal["ask", "done"] = "ask",
    ) -> None:
        self.name = name
        self._folder = folder
        self._ledger = Ledger(ledger)
        self._hand_over = hand_over

    def status(self) -> PrinterStatus:
        """Return IDLE; OFFLINE when the folder is gone or cannot be written."""
        if not self._is_there():
            return PrinterStatus(Condition.OFFLINE, trouble=f"{self._folder} is not there.")
        if not os.access(self._folder, os.W_OK | os.X_OK):
            return PrinterStatus(Condition.OFFLINE, trouble=f"{self._folder} is read-only.")
        return PrinterStatus(Condition.IDLE)

    def listen(self, changed: Callable[[], None]) -> None:
        """Do nothing: a folder tells nothing."""

    def upload(self, file: PrintFile, print_name: str) -> None:
        """Write the file hidden into the target folder."""
        checked_name(print_name)
        chunks = judged_chunks(file)
        self._be_there()
        with self._entries() as entries:
            entry = entries.get(print_name)
            if entry is not None and self._evidence(entry, print_name) is not Evidence.NOT_STARTED:
                raise InternalError(f"{print_name} has been handed over to {self.name} before.")
            with self._hidden(print_name) as part:
                try:
                    _write(part, chunks)
                    self._sync()
                except OSError as error:
                    raise self._upload_failed(error) from error
                final_name = print_name + "".join(file.path.suffixes[-1:])
                self._ledger.write(
                    "uploaded", print_name, file=final_name, bytes=file.bytes, sha256=file.sha256
                )

    @contextmanager
    def _hidden(self, print_name: str) -> Iterator[Path]:
        """Yield where the bytes lie until the start; nothing is left there after an error."""
        part = self._part(print_name)
        try:
            yield part
        except BaseException:
            with suppress(OSError):  # a folder that takes no bytes may not let go of any either
                part.unlink(missing_ok=True)
            raise

    def uploaded(self, file: PrintFile, print_name: str) -> bool:
        """Say whether exactly this file lies in the target, hidden or handed over."""
        self._be_there()
        with self._entries() as entries:
            entry = entries.get(print_name)
            if entry is None or (entry.bytes, entry.sha256) != (file.bytes, file.sha256):
                return False
            places = (self._part(print_name), self._folder / entry.file_name)
            return any(_holds(place, entry) for place in places)

    def start(self, print_name: str) -> None:
        """Give the file its name: from then on somebody may print it."""
        self._be_there()
        with self._entries() as entries:
            entry = entries.get(print_name)
            if entry is None:
                raise StartRefused(f"{self.name} has no file for {print_name}.")
            if self._evidence(entry, print_name) is Evidence.NOT_STARTED:
                self._rename(entry, print_name)

    def _rename(self, entry: Entry, print_name: str) -> None:
        part, final = self._part(print_name), self._folder / entry.file_name
        if not _holds(part, entry):
            raise StartRefused(f"{self.name} does not have the whole file for {print_name}.")
        if os.path.lexists(final):
            raise StartRefused(f"{final} is there already and is never overwritten.")
        try:
            self._ledger.write("start", print_name)
        except OSError as error:
            raise StartRefused(f"The ledger cannot be written: {error.strerror}.") from error
        try:
            part.rename(final)
            self._sync()
            self._ledger.write("handed_over", print_name, hand_over=self._hand_over)
        except (OSError, JournalDamaged) as error:
            if self._evidence(entry, print_name) is Evidence.NOT_STARTED:
                raise StartRefused(f"{self.name} refused {final.name}: {error}.") from error
            raise InDoubt(
                StartInDoubt.code,
                f"{final} may have been handed over: {error}.",
                action=StartInDoubt.action,
            ) from error

    def evidence(self, print_name: str) -> Evidence:
        """Return what ledger and folder say; certain by name and hash."""
        try:
            with self._entries() as entries:
                entry = entries.get(print_name)
                return self._evidence(entry, print_name) if entry else Evidence.UNKNOWN
        except PrinterOffline:
            return Evidence.UNKNOWN

    def _evidence(self, entry: Entry, print_name: str) -> Evidence:
        if entry.cancelled:
            return Evidence.CANCELLED
        if entry.handed_over is not None:
            return Evidence.FINISHED if entry.handed_over == "done" else Evidence.RUNNING
        if not entry.was_asked:
            return Evidence.NOT_STARTED
        # The rename was about to be made: the folder shows whether it was.
        if _holds(self._folder / entry.file_name, entry):
            return Evidence.FINISHED if self._hand_over == "done" else Evidence.RUNNING
        if _holds(self._part(print_name), entry):
            return Evidence.NOT_STARTED
        return Evidence.UNKNOWN

    def cancel(self, print_name: str) -> None:
        """Take the file back out of the folder, if it is still there; ours only."""
        with self._entries() as entries:
            entry = entries.get(print_name)
            if entry is None or self._evidence(entry, print_name) is not Evidence.RUNNING:
                return
            self._be_there()
            final = self._folder / entry.file_name
            with self._written():
                if _holds(final, entry):
                    final.unlink()
                    self._sync()
                self._ledger.write("cancelled", print_name)

    def pause(self, print_name: str) -> None:
        """Refuse: nobody can be told."""
        raise NotPossibleNow(f"{self.name} is a folder; {print_name} cannot be paused there.")

    def resume(self, print_name: str) -> None:
        """Refuse: nobody can be told."""
        raise NotPossibleNow(f"{self.name} is a folder; {print_name} cannot be resumed there.")

    def remove(self, print_name: str) -> None:
        """Delete what has not been handed over; what has been belongs to the person."""
        self._be_there()
        with self._entries() as entries, self._written():
            entry = entries.get(print_name)
            if entry is not None and self._evidence(entry, print_name) is Evidence.NOT_STARTED:
                # First the line: the hidden file is the proof, and is about to go.
                self._ledger.write("removed", print_name)
            self._part(checked_name(print_name)).unlink(missing_ok=True)
            self._sync()

    def ejected(self, print_name: str) -> bool:  # noqa: ARG002 - there is no bed
        """Say no."""
        return False

    def bed_cleared(self) -> None:
        """Do nothing: there is no bed."""

    def close(self) -> None:
        """Nothing is held between calls."""

    def _part(self, print_name: str) -> Path:
        return self._folder / f".{print_name}.part"

    def _is_there(self) -> bool:
        try:
            return self._folder.is_dir()
        except OSError:  # a share that is stale, a parent that may not be entered
            return False

    def _be_there(self) -> None:
        if not self._is_there():
            raise PrinterOffline(
                f"The folder {self._folder} of {self.name} is not there.",
                action="Put the card in or mount the share; printd keeps trying.",
            )

    @contextmanager
    def _entries(self) -> Iterator[dict[str, Entry]]:
        with noted(self.name), self._ledger.held() as entries:
            yield entries

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PrinterOffline(f"{self._folder} cannot be written: {error.strerror}.") from error

    def _sync(self) -> None:
        try:
            sync_names(self._folder)
        except OSError as error:
            # Shares and FAT drivers that cannot sync a folder say so; a disk that fails says EIO.
            if error.errno not in SYNC_UNKNOWN:
                raise

    def _upload_failed(self, error: OSError) -> UploadFailed:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            action = f"Free space in {self._folder}; printd keeps trying."
        elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            action = f"Give printd the right to write to {self._folder}; printd keeps trying."
        else:
            action = UploadFailed.action
        return UploadFailed(
            f"{self._folder} did not take the file: {error.strerror}.", action=action
        )


def _write(part: Path, chunks: Iterator[bytes]) -> None:
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(part, flags, 0o644), "wb") as stream:
        for chunk in chunks:
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())


def _holds(place: Path, entry: Entry) -> bool:
    """Say whether exactly the file of ``entry`` is there; a link to it is not."""
    try:
        if place.is_symlink() or place.stat().st_size != entry.bytes:
            return False
        return sha256_of(place) == entry.sha256
    except (OSError, DiskError):
        return False
