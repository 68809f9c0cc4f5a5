"""What a fake service was paid for, line by line, synced: the oracle of tests that pay.

A line is on the disk before the answer to the order leaves, so whatever happens to the answer, to
the client or to the fake, each order that a real service would have charged is here.
"""

import json
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

REFUNDED: Final = "refunded"
DOWNLOADED: Final = "downloaded"


@dataclass(slots=True)
class Paid:
    """One accepted order.

    Attributes:
        service: its name.
        order: its id there.
        model: what was ordered.
        price: as the service has it.
        unit: of the price: ``USD`` or ``credits``.
        sha256: of the picture as the service got it; empty when there was none.
        at: real time.
        ends: what became of it, oldest first: ``succeeded``, ``failed``, ``moderated``,
            ``refunded``, ``cancelled``, ``expired``, ``deleted``.
        downloads: how often a result was fetched.
    """

    service: str
    order: str
    model: str
    price: float
    unit: str
    sha256: str
    at: float
    ends: list[str] = field(default_factory=list)
    downloads: int = 0

    @property
    def is_refunded(self) -> bool:
        """Whether it cost nothing in the end."""
        return REFUNDED in self.ends


class Ledger:
    """A file of lines that outlives the fake.

    Args:
        path: of the file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def accept(self, paid: Paid) -> None:
        """Note an order; it is on the disk when this returns."""
        said = {
            "line": "accepted",
            "service": paid.service,
            "order": paid.order,
            "model": paid.model,
            "price": paid.price,
            "unit": paid.unit,
            "sha256": paid.sha256,
            "at": paid.at,
        }
        self._write(said)

    def end(self, order: str, what: str) -> None:
        """Note what became of an order."""
        self._write({"line": "end", "order": order, "what": what, "at": time.time()})

    def _write(self, line: dict[str, Any]) -> None:
        content = json.dumps(line).encode() + b"\n"
        with self._lock, self._path.open("a+b") as file:
            if file.tell() and not _ends_whole(file):
                content = b"\n" + content  # killed amid a line
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def orders(self) -> list[Paid]:
        """Return all orders, oldest first."""
        found: dict[str, Paid] = {}
        for line in self._lines():
            if line["line"] == "accepted":
                del line["line"]
                found[line["order"]] = Paid(**line)
            elif line["what"] == DOWNLOADED:
                found[line["order"]].downloads += 1
            else:
                found[line["order"]].ends.append(line["what"])
        return list(found.values())

    def of(self, sha256: str) -> list[Paid]:
        """Return the orders of one picture."""
        return [paid for paid in self.orders() if paid.sha256 == sha256]

    def spent(self) -> float:
        """Return what was charged and not given back."""
        return sum(paid.price for paid in self.orders() if not paid.is_refunded)

    def _lines(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        lines = []
        for text in self._path.read_bytes().splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:
                continue  # the fake was killed amid this line: nobody got an answer
        return lines


def _ends_whole(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")
