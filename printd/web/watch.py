"""Follows the store: what has happened is told to those who listen, with what it happened to.

Where nobody listens nothing is made. The place in the history is kept all the same, so that who
comes next is told everything from then on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from printd.core.board import Condition
from printd.core.clock import utc_now
from printd.core.errors import NoSuchJob
from printd.core.jobs import Event, Job
from printd.web.event_words import group_of, types_of
from printd.web.headway import Headway, UnderWay
from printd.web.hub import Hub, Message
from printd.web.job_documents import job_document
from printd.web.keys import Scope
from printd.web.printer_documents import PrinterDocument
from printd.web.shown import shown
from printd.web.state_documents import EventDocument
from printd.web.tally import Tally
from printd.web.tools import WebTools
from printd.web.view import Sight, View

LOOK_S: Final = 0.05
NOTE_KEYS_S: Final = 20.0
AT_ONCE: Final = 500
REPLAYED: Final = 1000  # events; who has missed more looks at the state
PROGRESS_S: Final = 2.0
AT_IT: Final = frozenset({Condition.PRINTING, Condition.PAUSED})


class Watch:
    """The thread that follows the store."""

    def __init__(self, tools: WebTools, view: View, hub: Hub, tally: Tally) -> None:
        self._tools = tools
        self._tally = tally
        self._view = view
        self._hub = hub
        self._seq = tools.newest_event()
        self._version = -1
        self._progress: dict[str, tuple[object, ...]] = {}
        self._headway = Headway()
        self._progress_s = 0.0
        self._noted_s = 0.0

    def run(self, ended: Callable[[], bool]) -> None:
        """Follow until the end."""
        while not ended():
            self._look(time.monotonic())
            time.sleep(LOOK_S)
        self._tools.note_keys()

    def missed(self, seen: int) -> tuple[int, list[Message]]:
        """Return what a reader has missed: the number of the newest event, and messages.

        Who has missed too much, or knows of events that have never been, is told so.
        """
        newest = self._tools.newest_event()
        if seen > newest or newest - seen > REPLAYED:
            return newest, [_forgotten()]
        events = self._tools.lookup.events_after(seen, REPLAYED)
        return (events[-1].seq if events else newest), self._messages(events)

    def newest(self) -> int:
        """Return the number of the newest event."""
        return self._tools.newest_event()

    def _look(self, now_s: float) -> None:
        if now_s - self._noted_s > NOTE_KEYS_S:
            self._noted_s = now_s
            self._tools.note_keys()
        version = self._tools.reading.changed_by_others()
        if version == self._version or not self._view.may_look(now_s):
            return
        self._version = version
        events = self._tools.lookup.events_after(self._seq, AT_ONCE)
        heard = self._hub.readers > 0
        if events and heard:
            self._hub.tell(self._messages(events))
        if events:
            self._tally.saw(events)
            self._seq = events[-1].seq
            if len(events) == AT_ONCE:
                self._version = -1  # there is more
        if heard and now_s - self._progress_s > PROGRESS_S:
            self._progress_s = now_s
            self._hub.tell(self._moved_on(now_s))

    def _messages(self, events: Sequence[Event]) -> list[Message]:
        if not events:
            return []
        sight = self._view.sight_of(events[-1].seq)
        jobs = self._jobs({event.job for event in events if event.job is not None})
        printers = {one.name: one for one in sight.printers()}
        return [one for event in events for one in _told(event, sight, jobs, printers)]

    def _jobs(self, numbers: set[int]) -> dict[int, Job]:
        found = {}
        for number in numbers:
            try:
                found[number] = self._tools.lookup.job(number)
            except NoSuchJob:
                continue  # its events are older than the job that a restored store has
        return found

    def _moved_on(self, now_s: float) -> list[Message]:
        """Return messages for each printer whose print has gone on, and of its job."""
        sight = self._view.sight()
        printers = {one.name: one for one in sight.printers()}
        messages = []
        for printer in printers.values():
            progress = (printer.progress, printer.layer, printer.remaining_s)
            if self._progress.get(printer.name) not in (None, progress):
                messages.append(_of_printer(printer))
            self._progress[printer.name] = progress
        news = list(self._headway.news(_under_way(printers.values()), now_s))
        jobs = self._jobs({number for _, number in news})
        told = ((word, jobs[number]) for word, number in news if number in jobs)
        return messages + [_of_job(word, job, sight, printers) for word, job in told]


def _under_way(printers: Iterable[PrinterDocument]) -> Iterator[UnderWay]:
    for printer in printers:
        if printer.job is not None and printer.condition in AT_IT and printer.progress is not None:
            yield UnderWay(printer.job, printer.progress, printer.layer)


def _told(
    event: Event, sight: Sight, jobs: dict[int, Job], printers: dict[str, PrinterDocument]
) -> Iterator[Message]:
    """Return what is told of an event; only its last message has the number to come back with."""
    job = jobs.get(event.job) if event.job is not None else None
    group, types = group_of(event), types_of(event)
    for name in types:
        number = event.seq if name == types[-1] else None
        document = EventDocument.model_construct(
            type=name,
            at=event.at,
            who=event.who,
            text=event.text,
            job=job_document(job, sight.why(job)) if job else None,
            printer=printers.get(event.printer or ""),
        )
        if job is None:
            text = _text(group, document.model_dump_json(), number)
            yield Message(text, event.seq)
        else:
            yield _to_owner_too(document, job, sight, seq=event.seq, number=number)


def _to_owner_too(
    document: EventDocument, job: Job, sight: Sight, *, seq: int | None, number: int | None
) -> Message:
    """Return what is told of a job; its owner may only hand in, and printers are not for them."""
    mine = document.model_copy(
        update={"job": shown(job, sight.why(job), Scope.SUBMIT), "printer": None}
    )
    texts = [_text("job", one.model_dump_json(), number) for one in (document, mine)]
    return Message(texts[0], seq, job.owner, texts[1])


def _of_job(word: str, job: Job, sight: Sight, printers: Mapping[str, PrinterDocument]) -> Message:
    printer = printers.get(job.printer or "")
    document = EventDocument.model_construct(
        type=word,
        at=(printer and printer.seen_at) or utc_now(),
        who="printd",
        text="",
        job=job_document(job, sight.why(job)),
        printer=printer,
    )
    return _to_owner_too(document, job, sight, seq=None, number=None)


def _of_printer(printer: PrinterDocument) -> Message:
    document = EventDocument.model_construct(
        type="printer.progress",
        at=printer.seen_at or utc_now(),
        who="printd",
        text="",
        job=None,
        printer=printer,
    )
    return Message(_text("printer", document.model_dump_json(), None))


def _forgotten() -> Message:
    document = EventDocument.model_construct(
        type="events.missed",
        at=utc_now(),
        who="printd",
        text="More has happened than is told: look at everything anew.",
        job=None,
        printer=None,
    )
    return Message(_text("notice", document.model_dump_json(), None), is_for_all=True)


def _text(group: str, data: str, seq: int | None) -> bytes:
    number = "" if seq is None else f"id: {seq}\n"
    return f"{number}event: {group}\ndata: {data}\n\n".encode()
