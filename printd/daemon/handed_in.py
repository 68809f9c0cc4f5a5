"""Files handed in by ``printd add``: copied into the data folder by the command, taken here.

The same path as a drop (copy, look into it in a limited child, commit), but the key of the request,
not a fingerprint, keeps a repeated request from becoming a second job.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from printd.core.agreeing import consent
from printd.core.beside import check_mask
from printd.core.clock import to_text, utc_now
from printd.core.config import Config
from printd.core.errors import (
    CannotWriteNow,
    DiskError,
    DiskFull,
    NeedsRelease,
    NoSuchFile,
    PrintdError,
    Restored,
    SettingInvalid,
    StartupError,
)
from printd.core.failpoints import hit
from printd.core.files import JobFolders, make_folder
from printd.core.given import Given
from printd.core.jobs import Facts, Job, State
from printd.core.limits import Of
from printd.core.moves import write_event
from printd.core.names import display_name
from printd.core.prices import price_facts
from printd.core.recipes import Order, copies_of, wished
from printd.core.requests import Request, Requests
from printd.core.spending import CONSENT, CONSENTS, RESTORED
from printd.core.store import Store
from printd.core.usage import BINDS, check_taken, use_of
from printd.pipeline.copying import NotFinished
from printd.pipeline.judging import order_of, slicer_order
from printd.pipeline.reading import Copied
from printd.pipeline.taking import Taker

log = logging.getLogger(__name__)
INCOMING: Final = "incoming"
COMMAND: Final = "command"  # where a request comes from, unless it says otherwise
SLICER: Final = "slicer"
ONE_CLICK: Final = timedelta(seconds=10)  # the same file to the same address is the same job
VERB: Final = "add"


class HandedIn:
    """The files in ``<data>/incoming/`` and the requests that name them."""

    def __init__(self, config: Config, store: Store, requests: Requests, taker: Taker) -> None:
        self._config = config
        self._store = store
        self._requests = requests
        self._taker = taker
        self._folder = config.data_dir / INCOMING

    def use(self, config: Config) -> None:
        """Go by another configuration from now on."""
        self._config = config

    def sweep(self) -> None:
        """Remove what an interrupted command or a finished request has left."""
        make_folder(self._folder)
        wanted = {name for request in self._requests.open({VERB}) for name in _files(request)}
        for file in self._folder.iterdir():
            if file.name not in wanted and not file.is_dir():
                file.unlink()

    def take_all(self) -> bool:
        """Take every file that was handed in; return whether there was one."""
        requests = self._requests.open({VERB})
        for request in requests:
            try:
                self._take(request)
            except StartupError:
                raise  # the disk is gone: nothing can be answered
            except (PrintdError, OSError) as error:
                if not self._refused(request, _said(error)):
                    break
            for name in _files(request):
                (self._folder / name).unlink(missing_ok=True)
        return bool(requests)

    def _refused(self, request: Request, error: PrintdError) -> bool:
        """Answer why not; False where there is no room for an answer: it is asked again later."""
        if isinstance(error, DiskFull):
            error = DiskFull(error.problem, action="Free space, then hand the file in again.")
        try:
            self._requests.refused(request, error)
        except CannotWriteNow as full:
            log.warning("%s", full)
            return False
        return True

    def _take(self, request: Request) -> None:
        given = Given(request.args.get("given", Given.PHOTO))
        order = self._order(request, given)
        _check_beside(request, given, order)
        order, agreed = _agreed(request, given, order)
        copied = self._copy(request, given, order)
        if RESTORED in request.args:  # what was agreed to before is not known to hold
            agreed = {RESTORED: to_text(utc_now())}
        copied = replace(copied, facts={**copied.facts, **agreed})
        try:
            earlier = self._sent_before(request, copied)
            hold = None if earlier else self._checked(request, given, order, copied)
        except BaseException:
            self._taker.discard(copied)
            raise
        if earlier is not None:
            self._taker.discard(copied)
            self._sent_again(request, earlier)
            return
        with self._store.database.write():
            job = self._accept(request, order, copied, hold)
            self._requests.done(request, _answer(job))
            hit("request.in")
        self._taker.record(job)
        log.info("%s handed in by %s is #%s", job.name, request.who, job.number)

    def _order(self, request: Request, given: Given) -> Order:
        """Return what is asked for, and whose limits bind it."""
        args = request.args
        if _source(request) == SLICER:
            order = slicer_order(self._config, given)
        else:
            order = order_of(self._config, given, args["recipe"], args["settings"])
        if args.get("copies") is not None:
            order = replace(order, copies=copies_of(args["copies"]))
        if args.get("draft") or args.get("consent"):
            draft, consent = bool(args.get("draft")), args.get("consent")
            order = wished(self._config, order, draft=draft, consent=consent)
        kind = self._binds(request)
        return order if kind is None else replace(order, settings={**order.settings, BINDS: kind})

    def _binds(self, request: Request) -> Of | None:
        """Return whose limits count for a request: a key's, or those of people who have some."""
        if "limits" in request.args:
            return Of(request.args["limits"])
        is_persons = _source(request) == COMMAND and self._config.limits.per_person.is_limited
        return Of.PERSON if is_persons else None

    def _checked(
        self, request: Request, given: Given, order: Order, copied: Copied
    ) -> PrintdError | None:
        """Return why the job is to wait for a person from its beginning.

        Raises:
            LimitReached, QueueFull: it is one too many, or too much.
            NoSuchPrinter: it is for one that is none of ours.
        """
        kind = self._binds(request)
        if kind and self._store.job_of_request(request.args["key"]) is None:
            facts = {**copied.facts, **price_facts(order.settings, copied.facts.get("gcode"))}
            wanted = use_of(utc_now(), facts, order.copies)
            check_taken(self._store.database, self._config, kind, _owner(request), wanted)
        if RESTORED in request.args:
            return Restored(f"{request.args[RESTORED]} It was handed in then, and not taken.")
        printer = request.args.get("printer")
        wrong = None if printer is None else self._taker.wrong_kind(copied, given, printer)
        if wrong is None and request.args.get("hold"):
            return NeedsRelease(f"Handed in by {request.who} to be printed later.")
        return wrong

    def _accept(
        self, request: Request, order: Order, copied: Copied, hold: PrintdError | None
    ) -> Job:
        return self._taker.accept(
            copied,
            request.args["name"],
            order,
            who=request.who,
            source=_source(request),
            owner=_owner(request),
            add_key=request.args["key"],
            printer=request.args.get("printer"),
            hold=hold,
        )

    def _sent_before(self, request: Request, copied: Copied) -> Job | None:
        """Return the job that a slicer has sent a moment ago: a second click is no second job."""
        if _source(request) != SLICER:
            return None
        name, printer = display_name(request.args["name"]), request.args.get("printer")
        since = request.at - ONE_CLICK
        return self._store.sent_before(_owner(request), copied.sha256, name, printer, since)

    def _sent_again(self, request: Request, job: Job) -> None:
        """Answer with the job that was made before; what only waits for a release gets it."""
        waits = job.because is not None and job.because.code == NeedsRelease.code
        with self._store.database.write() as connection:
            text = "the same file was sent again at once; it is one job"
            write_event(connection, job.number, "job.sent_again", text=text, who=request.who)
            if job.state is State.HELD and waits and not request.args.get("hold"):
                job = self._store.resume(job, who=request.who)
            self._requests.done(request, _answer(job))
        self._taker.record(job)

    def _copy(self, request: Request, given: Given, order: Order) -> Copied:
        file, *others = (self._folder / name for name in _files(request))
        try:
            printer = request.args.get("printer")
            copied = self._taker.copy(file, given=given, printer=printer, is_sized=order.is_sized)
            for name, file in zip(request.args.get("beside", {}), others, strict=True):
                self._taker.put_beside(copied, name, file)
        except NotFinished as error:
            raise NoSuchFile(
                "The file handed in is gone or changed.", action="Hand it in again."
            ) from error
        return copied


def _agreed(request: Request, given: Given, order: Order) -> tuple[Order, Facts]:
    """Return the order, and what a person has agreed to in it.

    For a picture from words only a person's own word counts, typed for this very job.
    """
    amount = order.settings.get(CONSENT)
    is_said = _source(request) == COMMAND and request.args.get("consent")
    if given is not Given.WORDS or not is_said or amount is None:
        return order, {}
    settings = {key: value for key, value in order.settings.items() if key != CONSENT}
    said = consent(Decimal(amount), request.who)
    return replace(order, settings=settings), {CONSENTS: [said]}


def _check_beside(request: Request, given: Given, order: Order) -> None:
    """Refuse a mask or heights that would not be used.

    Raises:
        SettingInvalid: what is printed is no picture, or the mask is not wanted.
    """
    beside = request.args.get("beside", {})
    if beside and given is not Given.PHOTO:
        raise SettingInvalid(
            f"A mask or a depth file is for a picture, not for {given.words}.",
            action="Leave it out.",
        )
    relief = order.settings.get("relief", {})
    check_mask(relief.get("mask", "auto"), beside.get(JobFolders.MASK))


def _source(request: Request) -> str:
    return str(request.args.get("source", COMMAND))


def _owner(request: Request) -> str:
    return str(request.args.get("owner") or request.who)


def _answer(job: Job) -> Mapping[str, Any]:
    return {"job": job.number, "state": job.state}


def _files(request: Request) -> list[str]:
    """Return the names of the copies that a request speaks of, what it is about first."""
    names = [request.args["file"], *request.args.get("beside", {}).values()]
    return [Path(name).name for name in names]


def _said(error: PrintdError | OSError) -> PrintdError:
    if isinstance(error, PrintdError):
        return error
    return DiskError(f"The file handed in cannot be read: {error.strerror or error}.")
