"""What the acts of the API are told: small JSON bodies, every key checked, no other one taken."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from printd.core.names import display_name
from printd.core.recipes import MOST_COPIES
from printd.core.signing import NOTE_CHARACTERS, REASONS

LARGEST = 2**31


def _shown(text: str) -> str:
    """Return what a person wrote, fit for one line of every display."""
    return display_name(text.strip(), NOTE_CHARACTERS)


Words = Annotated[str, Field(max_length=NOTE_CHARACTERS), AfterValidator(_shown)]
Some = Annotated[str, Field(min_length=1, max_length=NOTE_CHARACTERS), AfterValidator(_shown)]
Revision = Annotated[int, Field(ge=0, le=LARGEST)]
Number = Annotated[int, Field(ge=1, le=LARGEST)]
PrinterName = Annotated[str, Field(min_length=1, max_length=64)]


class Body(BaseModel):
    """One act; its keys are a closed set."""

    model_config = ConfigDict(extra="forbid")


class Seen(Body):
    """An act on a job, as it was looked at."""

    seen: Revision | None = Field(
        default=None, description="`revision` of the job that was looked at; a later one refuses"
    )


class WithReason(Seen):
    """... that may be explained."""

    reason: Words = ""


class Retried(Seen):
    """From which step a job is made again."""

    begin: Literal["picture", "mesh", "check", "slice", "print"] | None = Field(
        default=None,
        alias="from",
        description="what came before is kept; null: a held job goes on where it was",
    )


class SentBack(Seen):
    """... that has to be explained."""

    reason: Some


class Resolved(Seen):
    """What became of a job in doubt."""

    outcome: Literal["printing", "printed", "failed", "not-started"]


class PaidFor(Seen):
    """What a person agrees to pay for the next order at a service."""

    amount: Annotated[str, Field(pattern=r"^\d{1,6}(\.\d{1,4})?$")] | None = Field(
        default=None, description="null: what the order costs"
    )


class Chosen(Seen):
    """Which shape of a job is printed."""

    number: Annotated[int, Field(ge=1, le=LARGEST)]


class OrderFound(Seen):
    """What became of an order in doubt, as the account at the service shows it."""

    outcome: Literal["accepted", "lost", "not-accepted"]
    order: Annotated[str, Field(max_length=200)] = Field(
        default="", description="of an accepted one: its id at the service"
    )


class Overruled(Seen):
    """The reason to wait that a person has read and overrules."""

    code: Literal["too_little_filament", "closed_hours", "queue_paused"]


class Moved(Seen):
    """Where a job is to be printed."""

    to: PrinterName | None = Field(description="null: on any that its recipe allows")


class Placed(Seen):
    """Where in line a job is put."""

    before: Literal["first", "last"] | Number = Field(description="or the number of a job")


class Copied(Seen):
    """How many of a job are wanted."""

    copies: Annotated[int, Field(ge=1, le=MOST_COPIES)]


class SignedOff(Seen):
    """How a printed piece has turned out."""

    word: Literal["good", "bad", "partly"]
    note: Words = ""
    reason: Literal["", *REASONS] = ""  # type: ignore[valid-type]
    good: Annotated[int, Field(ge=0, le=LARGEST)] | None = None
    bed_clear: Revision | None = Field(
        default=None,
        description="its bed is clear, too: `bed.revision` of the printer that was looked at",
    )


class Cleared(Body):
    """That nothing lies on a bed."""

    seen: Revision = Field(description="`bed.revision` of the printer that was looked at")


class Stopped(Body):
    """What is to be stopped."""

    job: Number | None = Field(default=None, description="the one that was seen; another refuses")
    foreign: bool = Field(default=False, description="also what others have started")


class OutOfService(Body):
    """Why a printer is out of service; everybody sees it."""

    note: Some


class Lit(Body):
    """Whether the light of a printer is to be on."""

    on: bool


class LoadedNow(Body):
    """What filament hangs at a printer; it holds until the configuration says something newer."""

    material: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="one of `materials` of the printer; null: the one that was there"
    )
    colour: Annotated[str, Field(max_length=64)] = Field(
        default="", description="a name such as red, or #RRGGBB; empty: not said, taken for any"
    )


class Paused(Body):
    """Why the queue is paused."""

    note: Words = ""
