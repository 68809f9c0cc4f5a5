"""What printd itself has asked of one Bambu printer, and what it saw: synced lines, one by one.

A printer has no history, so this is all that is ever known of a print that it does not show any
more. The line ``start`` is on the disk before its command leaves. Lines are ``sending`` (a file),
``uploaded``, ``unwanted`` (could not be removed), ``removed``; ``start``, ``refused`` (with proof
that the start did nothing), ``another`` (was seen to print before ours), ``active`` (seen to
print), ``cancel`` (about to be sent), ``ended``, and ``settled`` (a person has cleared the bed of
a print whose end nobody knows).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from printd.core.board import Evidence
from printd.core.clock import from_text, utc_now
from printd.core.filaments import Filament
from printd.printers.bambu.evidence import Before, Sent
from printd.printers.bambu.report import Phase, Snapshot
from printd.printers.bambu.start_command import remote_name, stem_of
from printd.printers.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of one print name."""

    print_name: str
    bytes: int
    sha256: str
    folder: str
    plate: int
    filaments: tuple[tuple[int, Filament], ...] = ()  # by slot
    is_removed: bool = False
    id: int = 0  # of the last start
    was_asked: bool = False  # a start command may have left
    asked_at: datetime | None = None
    before: Before | None = None
    met_another: bool = False
    was_active: bool = False
    cancel_asked: bool = False
    ended: Evidence | None = None
    trouble: str | None = None  # of a print that failed
    is_settled: bool = False

    def is_landing(self, within_s: float) -> bool:
        """Say whether its start was sent so lately that it may still come true."""
        return self.lands_for_s(within_s) > 0.0

    def lands_for_s(self, within_s: float) -> float:
        """Return what is left of ``within_s`` since its start; 0: it has come true, or is old."""
        is_open = self.was_asked and not self.was_active and self.ended is None
        if not is_open or self.asked_at is None:
            return 0.0
        age_s = (utc_now() - self.asked_at).total_seconds()
        return max(within_s - age_s, 0.0) if age_s >= 0.0 else 0.0

    def sent(self, *, is_watched: bool, is_landing: bool) -> Sent:
        """Return what evidence is made of.

        Args:
            is_watched: no report was missed since the start.
            is_landing: it may still come true.
        """
        return Sent(
            print_name=self.print_name,
            id=self.id,
            was_asked=self.was_asked,
            before=self.before,
            was_active=self.was_active,
            is_watched=is_watched,
            is_landing=is_landing,
            met_another=self.met_another,
            cancel_asked=self.cancel_asked,
            ended=self.ended,
        )


class BambuLedger(Ledger[Entry]):
    """The entries of one printer, by print name."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._names: dict[str, str] = {}  # by id, by stem, by remote name
        self._ids: set[int] = set()
        self._left: dict[str, str] = {}
        self._stale: set[str] = set()
        self._last_asked: str | None = None

    def shown(self, now: Snapshot) -> Entry | None:
        """Return which print of ours a printer shows; raises as ``entry``."""
        file = now.gcode_file.rpartition("/")[2]
        signs = (now.subtask_id, now.task_id, now.job_id, now.project_id, now.subtask_name, file)
        with self._held():
            names = (self._names.get(sign) for sign in signs if sign)
            name = next(filter(None, names), None)
            return self._entries.get(name) if name else None

    def last_asked(self) -> Entry | None:
        """Return the print whose start was sent last; raises as ``entry``."""
        with self._held():
            return self._entries.get(self._last_asked or "")

    def unresolved(self, *, settled: bool = False) -> list[Entry]:
        """Return what was started and has no end that is known; raises as ``entry``.

        Args:
            settled: also that whose bed a person has cleared.
        """
        with self._held():
            return [
                entry
                for entry in self._entries.values()
                if entry.was_asked and entry.ended is None and (settled or not entry.is_settled)
            ]

    def place(self, print_name: str) -> str | None:
        """Return the folder in which a file may lie; None: it does not; raises as ``entry``."""
        with self._held():
            return self._left.get(print_name)

    def stale(self) -> list[str]:
        """Return whose files may lie there and wait for no start; raises as ``entry``.

        They are not whole, were started, or could not be removed.
        """
        with self._held():
            return sorted(self._stale)

    def ids(self) -> Collection[int]:
        """Return every id that was ever sent; raises as ``entry``."""
        with self._held():
            return frozenset(self._ids)

    def _forget(self) -> None:
        self._names.clear()
        self._ids.clear()
        self._left.clear()
        self._stale.clear()
        self._last_asked = None

    def _apply(self, name: str, line: dict[str, Any]) -> None:
        self._keep_place(name, line)
        if line["event"] == "uploaded":
            self._entries[name] = _uploaded(name, line)
            self._names[stem_of(name)] = self._names[remote_name(name)] = name
            return
        if name in self._entries:
            self._entries[name] = dataclasses.replace(self._entries[name], **_change(line))
        if line["event"] == "start":
            self._ids.add(int(line["id"]))
            self._names[str(line["id"])] = name
            self._last_asked = name

    def _keep_place(self, name: str, line: dict[str, Any]) -> None:
        event = line["event"]
        if event in ("sending", "uploaded"):
            self._left[name] = str(line["folder"])
        if event in ("sending", "unwanted", "start"):
            self._stale.add(name)
        if event in ("uploaded", "removed"):
            self._stale.discard(name)
        if event == "removed":
            self._left.pop(name, None)


def details_of(before: Before) -> dict[str, object]:
    """Return what was shown before a start, as a line keeps it."""
    return dataclasses.asdict(before)


def _uploaded(name: str, line: dict[str, Any]) -> Entry:
    filaments = tuple(
        (int(slot), Filament(str(material), str(colour), *needed_g))
        for slot, material, colour, *needed_g in line["filaments"]
    )
    return Entry(
        print_name=name,
        bytes=int(line["bytes"]),
        sha256=str(line["sha256"]),
        folder=str(line["folder"]),
        plate=int(line["plate"]),
        filaments=filaments,
    )


def _change(line: dict[str, Any]) -> dict[str, Any]:
    match line["event"]:
        case "removed":
            return {"is_removed": True}
        case "start":
            before = line["before"]
            return {
                "id": int(line["id"]),
                "was_asked": True,
                "asked_at": from_text(line["at"]),
                "met_another": False,
                "before": Before(**{**before, "phase": Phase(before["phase"])}),
            }
        case "refused":
            return {"was_asked": False}
        case "another":
            return {"met_another": True}
        case "active":
            return {"was_active": True}
        case "cancel":
            return {"cancel_asked": True}
        case "ended":
            return {"ended": Evidence(line["evidence"]), "trouble": line["trouble"]}
        case "settled":
            return {"is_settled": True}
    return {}
