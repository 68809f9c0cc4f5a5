"""The storage of a scripted Bambu printer: a folder, as long as the card is in."""

import shutil
from pathlib import Path

from tests.peers import bambu_errors
from tests.peers.bambu_models import CARD, FTP_HOST, FTP_PATH, MOUNTED_CARD, STICK, Model
from tests.peers.bambu_program import Unprintable

FOLDERS = ("cache", "model", "timelapse", "ipcam", "image", "logger", "recorder", "verify_job")
PLENTY_BYTES = 30_000_000_000
IS_IN, IS_BAD = 1 << 8, 1 << 9  # bits of ``home_flag``


class Card:
    """A memory card in its slot.

    Attributes:
        folder: its root.
        is_in: in the slot.
        is_bad: in the slot, and not to be read.
        space_bytes: how much fits in all.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_in = True
        self.is_bad = False
        self.space_bytes = PLENTY_BYTES
        self.wipe()

    def wipe(self) -> None:
        """Make it a fresh one."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in FOLDERS:
            (self.folder / name).mkdir(parents=True)

    @property
    def is_usable(self) -> bool:
        """Whether files can be written and read."""
        return self.is_in and not self.is_bad

    @property
    def free_bytes(self) -> int:
        """What still fits."""
        used = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        return max(0, self.space_bytes - used)

    def has_room(self, size: int) -> bool:
        """Whether so many bytes still fit; quick as long as nobody has set a limit."""
        return self.space_bytes == PLENTY_BYTES or size <= self.free_bytes

    @property
    def flags(self) -> int:
        """Its bits of ``home_flag``."""
        return (IS_IN if self.is_in else 0) | (IS_BAD if self.is_bad else 0)

    def names(self) -> list[str]:
        """Return all files, as paths from the root."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.folder)) for path in files)

    def path_of(self, url: str, model: Model) -> Path:
        """Return the file that ``url`` names for this model, which need not be there.

        Raises:
            Unprintable: the card is out, or the model does not understand such a URL.
        """
        if not self.is_usable:
            raise Unprintable(bambu_errors.NO_CARD)
        # The longer forms first: each begins with the next.
        for form in (FTP_PATH, FTP_HOST, MOUNTED_CARD, CARD, STICK):
            if url.startswith(form):
                path = url.removeprefix(form)
                in_root = form != FTP_HOST or "/" not in path
                if form in model.urls and path and in_root and ".." not in path:
                    return self.folder / path
                break
        raise Unprintable(bambu_errors.BAD_PATH)
