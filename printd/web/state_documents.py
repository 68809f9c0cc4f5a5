"""What the API says of everything at once, and of what has just happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from printd.core.jobs import Because, State
from printd.web.documents import Document, Why, why_document
from printd.web.job_documents import JobDocument
from printd.web.printer_documents import PrinterDocument


class NeedsYou(Document):
    """One thing that waits for a person."""

    of: str = Field(description="in words")
    job: int | None
    printer: str | None
    because: Why


class QueueDocument(Document):
    """The queue as a whole."""

    paused: Why | None
    jobs: dict[State, int] = Field(description="how many jobs are in each state")


class StateDocument(Document):
    """Everything that a page shows at once."""

    seq: int = Field(description="the newest event that this knows of")
    queue: QueueDocument
    needs_you: list[NeedsYou]
    jobs: list[JobDocument] = Field(description="that are not over, in the order they came")
    printers: list[PrinterDocument]


class EventDocument(Document):
    """Something that has happened, with what it happened to as it is now."""

    type: str = Field(description="such as job.held")
    at: datetime
    who: str
    text: str
    job: JobDocument | None
    printer: PrinterDocument | None


def queue_document(paused: Because | None, counts: Mapping[State, int]) -> QueueDocument:
    """Return the queue as it is sent."""
    return QueueDocument.model_construct(paused=why_document(paused), jobs=dict(counts))
