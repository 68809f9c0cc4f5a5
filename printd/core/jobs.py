"""What a job is, and which states may follow which; no I/O.

A state names what is already true of a job, never what is being tried (ADR 2). The one table
``TRANSITIONS`` is read by the store, by every display and by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from printd.core.filaments import Filament
from printd.core.given import Given
from printd.core.signing import SignOff


class State(StrEnum):
    """What is true of a job."""

    RECEIVED = "received"  # what was given is in the job's folder
    DRAWN = "drawn"  # the picture that a mesher will see was made, and is in the folder
    ORDERED = "ordered"  # a mesher has accepted it; the ticket is stored
    MESHED = "meshed"  # the raw mesh is in the folder
    PRINTABLE = "printable"  # closed, in mm, on the bed
    SLICED = "sliced"  # the printer's file is in the folder, judged safe
    ASSIGNED = "assigned"  # a printer is ours, under a print name never used before
    UPLOADED = "uploaded"  # the file is on the printer, its size checked
    PRINTING = "printing"  # the printer says so
    PRINTED = "printed"
    HELD = "held"  # waits for a person
    FAILED = "failed"
    CANCELLED = "cancelled"


S = State
STOPS: Final = frozenset({S.HELD, S.FAILED, S.CANCELLED})
FINAL: Final = frozenset({S.PRINTED, S.FAILED, S.CANCELLED})
AT_PRINTER: Final = frozenset({S.ASSIGNED, S.UPLOADED, S.PRINTING})

# Forward one step, or stop; G-code that a person gave is sliced already, and a picture is made only
# of words, or of a photo whose background a service takes away. The arrows back: to SLICED only
# with proof that no start command left; to PRINTABLE to slice for another class of printer; to
# RECEIVED to judge again what was given; there, or to DRAWN, to ask the next service of a route, or
# for one more shape to choose from. Only a person moves a job out of HELD.
TRANSITIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        S.RECEIVED: STOPS | {S.RECEIVED, S.DRAWN, S.ORDERED, S.SLICED},
        S.DRAWN: STOPS | {S.DRAWN, S.ORDERED},
        S.ORDERED: STOPS | {S.MESHED, S.RECEIVED, S.DRAWN},
        S.MESHED: STOPS | {S.PRINTABLE},
        S.PRINTABLE: STOPS | {S.SLICED},
        S.SLICED: STOPS | {S.ASSIGNED, S.PRINTABLE, S.RECEIVED},
        S.ASSIGNED: STOPS | {S.UPLOADED, S.SLICED},
        S.UPLOADED: STOPS | {S.PRINTING, S.SLICED},
        S.PRINTING: STOPS | {S.PRINTED},
        S.HELD: frozenset(
            {
                S.RECEIVED,
                S.DRAWN,
                S.ORDERED,
                S.MESHED,
                S.PRINTABLE,
                S.SLICED,
                S.PRINTING,
                S.PRINTED,
                S.CANCELLED,
            }
        ),
        S.PRINTED: frozenset(),
        S.FAILED: frozenset(),
        S.CANCELLED: frozenset(),
    }
)

Facts = Mapping[str, Any]


def after_hold(state: State) -> State:
    """Return where a job stopped in ``state`` goes on: with a printer assigned, at SLICED."""
    return S.SLICED if state in AT_PRINTER else state


def for_job(action: str, number: int) -> str:
    """Return what can be done for a job, as it is typed: with its number for ``JOB``."""
    return re.sub(r"\bJOB\b", str(number), action)


@dataclass(frozen=True, slots=True)
class ToLoad:
    """What somebody has to load, and then to say."""

    printer: str
    filament: Filament


@dataclass(frozen=True, slots=True)
class Because:
    """Why a job waits or stopped: stable code, the sentence, what a person can do."""

    code: str
    problem: str
    action: str = ""
    load: ToLoad | None = None  # it goes on when this is loaded

    def of(self, job: int) -> Because:
        """Return the same, with the number where the action says ``JOB``."""
        return replace(self, action=for_job(self.action, job)) if "JOB" in self.action else self


@dataclass(frozen=True, slots=True)
class Mark:
    """The synced note that a step which runs once has begun."""

    step: State
    attempt: int
    key: str
    began_at: datetime
    began_boot_s: float  # CLOCK_BOOTTIME
    boot_id: str


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to be printed, as the store last saw it.

    ``facts`` holds what the steps have found out (ticket, sizes, hashes, estimates); ``recipe``
    is the recipe as it was when the job was accepted, so that a later change of the
    configuration does not change a job under way.
    """

    number: int
    id: str  # name of its folder
    state: State
    name: str  # what the person called the file; for display only
    recipe: str
    settings: Mapping[str, Any]
    sha256: str
    created_at: datetime
    moved_at: datetime
    printer: str | None = None
    print_name: str | None = None
    attempt: int = 0
    in_doubt: bool = False
    held_from: State | None = None
    because: Because | None = None
    cancel_by: str | None = None
    tries: int = 0
    again_of: int | None = None
    priority: int = 0  # higher goes first
    confirmed_at: datetime | None = None  # when a person wanted it again
    revision: int = 0
    owner: str = ""  # whose it is: "ana", "key:web-shop", "drop folder"
    source: str = ""  # how it came: "drop", "command", "api", "kiosk", "slicer"
    wanted_printer: str | None = None  # the one that a person has moved it to
    copies: int = 1  # so many are wanted of it; the others are jobs of their own
    copy_of: int | None = None  # the first job of its group
    sign_off: SignOff | None = None  # what a person says of the printed piece
    files_gone_at: datetime | None = None  # since then only numbers are kept
    mark: Mark | None = None  # of the step under way, when that step runs once
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Let what is found out of a job be kept with it; its facts have no hash."""
        return hash((self.number, self.revision))

    @property
    def given(self) -> Given:
        """What it is made of."""
        return Given.of(self.settings)

    @property
    def only_on(self) -> frozenset[str]:
        """The printers that may take it; none: any may."""
        if self.wanted_printer is not None:
            return frozenset({self.wanted_printer})
        return frozenset(self.settings.get("printers", ()))

    @property
    def is_final(self) -> bool:
        """Nothing moves this job any more."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a job's history, written in the transaction that made it true."""

    seq: int
    at: datetime
    kind: str
    job: int | None = None
    printer: str | None = None
    before: State | None = None
    after: State | None = None
    code: str | None = None
    text: str = ""
    who: str = "printd"
