"""What prints."""

from typing import Final

from printd.printers.folder import FolderPrinter
from printd.printers.virtual import VirtualPrinter

# ``kind`` of the configuration to the class that serves it.
KINDS: Final = {"folder": FolderPrinter, "virtual": VirtualPrinter}
