"""The buttons of printers that people press from here: pause, resume, stop, light.

A printer takes seconds to obey, so each has a thread for them: neither the loop that moves jobs
nor the store waits. A press is a wish of the moment: what cannot be done soon is not done later.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

from printd.core.clock import utc_now
from printd.core.errors import (
    CannotWriteNow,
    NoSuchPrinter,
    NotPossibleNow,
    PrintdError,
    StartupError,
)
from printd.core.fleet import Fleet
from printd.core.jobs import Job, State
from printd.core.moments import hour
from printd.core.requests import Request, Requests
from printd.core.store import StaleJob, Store
from printd.printers.base import HasLight, Printer, StopsOthers

log = logging.getLogger(__name__)
MEANT_FOR: Final = timedelta(minutes=1)  # who pressed it has looked elsewhere since
LOOK_AGAIN: Final = "Look again, then repeat."
LOOK_THERE: Final = "Look at the printer, then press it again if it is still wanted."


class Buttons:
    """Presses the buttons of all printers, those of one printer one after the other."""

    def __init__(
        self,
        store: Store,
        requests: Requests,
        fleet: Fleet,
        printers: Mapping[str, Printer],
        pressed: Callable[[str], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._store = store
        self._requests = requests
        self._fleet = fleet
        self._printers = printers
        self._pressed = pressed  # told the printer at which one was pressed
        self._failed = failed
        self._lanes: dict[str, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()
        self._under_way: set[int] = set()
        self._verbs: Final[Mapping[str, Callable[[Request, Printer], str]]] = {
            "pause": self._pause,
            "resume": self._resume,
            "stop": self._stop,
            "light": self._light,
        }

    def press_all(self) -> None:
        """Begin everything that is asked and not under way; called by one thread."""
        for request in self._requests.open(self._verbs.keys()):
            with self._lock:
                is_new = request.seq not in self._under_way
                self._under_way.add(request.seq)
            if is_new:
                self._lane(str(request.args.get("printer"))).submit(self._press, request)

    def close(self) -> None:
        """Wait for those under way; printers that were closed before let go at once."""
        for lane in self._lanes.values():
            lane.shutdown(wait=True, cancel_futures=True)

    def _lane(self, name: str) -> ThreadPoolExecutor:
        known = name if name in self._printers else ""
        if known not in self._lanes:
            self._lanes[known] = ThreadPoolExecutor(1, thread_name_prefix=f"button-{known}")
        return self._lanes[known]

    def _press(self, request: Request) -> None:
        try:
            # It may have been answered between being read and being handed to this thread.
            if self._requests.answer(request.seq) is None:
                self._answer(request)
        except CannotWriteNow as error:
            log.warning("%s", error)  # it stays asked, for as long as it is meant
        except BaseException as fault:  # noqa: BLE001  no thread dies unseen
            self._failed(fault)
        finally:
            with self._lock:
                self._under_way.discard(request.seq)

    def _answer(self, request: Request) -> None:
        try:
            printer = self._printer(request)
            told = self._verbs[request.verb](request, printer)
        except (CannotWriteNow, StartupError):
            raise
        except PrintdError as error:
            self._requests.refused(request, error)
            return
        with self._store.database.write():
            self._fleet.told(printer.name, told, who=request.who)
            self._requests.done(request, {"printer": printer.name, "told": told})
        log.info("%s is told %s by %s", printer.name, told, request.who)
        self._pressed(printer.name)

    def _printer(self, request: Request) -> Printer:
        name = str(_arg(request, "printer"))
        if name not in self._printers:
            raise NoSuchPrinter(f"No printer is called {name!r}.")
        if utc_now() - request.at > MEANT_FOR:
            raise NotPossibleNow(
                f"{name} was to {request.verb} at {hour(request.at)}, when printd could not.",
                action=LOOK_THERE,
            )
        return self._printers[name]

    def _pause(self, _request: Request, printer: Printer) -> str:
        job = self._printing(printer)
        printer.pause(job.print_name or "")
        return f"to pause #{job.number}"

    def _resume(self, _request: Request, printer: Printer) -> str:
        job = self._printing(printer)
        printer.resume(job.print_name or "")
        return f"to go on with #{job.number}"

    def _stop(self, request: Request, printer: Printer) -> str:
        """Stop what prints: a job is cancelled by who asks; what is foreign, if they say so."""
        job = self._job(printer)
        seen = request.args.get("job")
        if seen is not None and (job is None or job.number != seen):
            raise NotPossibleNow(f"{printer.name} does not print #{seen}.", action=LOOK_AGAIN)
        if job is None:
            return self._stop_foreign(request, printer)
        if job.in_doubt:  # it stays for a person to say what became of it
            printer.cancel(job.print_name or "")
        else:
            try:
                self._store.want_cancel(job, request.who)
            except StaleJob as error:
                late = f"#{job.number} has just moved on."
                raise NotPossibleNow(late, action=LOOK_AGAIN) from error
        return f"to stop #{job.number}"

    @staticmethod
    def _stop_foreign(request: Request, printer: Printer) -> str:
        if not request.args.get("foreign"):
            raise NotPossibleNow(
                f"{printer.name} prints nothing that printd has started.",
                action="To stop what others have started, say so: "
                f"`printd printers stop {printer.name} --foreign`.",
            )
        if not isinstance(printer, StopsOthers):
            raise NotPossibleNow(
                f"What others have started on {printer.name} cannot be stopped from here.",
                action="Stop it at the printer.",
            )
        printer.stop_foreign()
        return "to stop what others have started"

    def _job(self, printer: Printer) -> Job | None:
        """Return the job of ours that has it."""
        number = self._fleet.get(printer.name).job
        return self._store.job(number) if number is not None else None

    def _printing(self, printer: Printer) -> Job:
        """Return the job that it prints, or may be printing."""
        job = self._job(printer)
        if job is None or not (job.state is State.PRINTING or job.in_doubt):
            raise NotPossibleNow(
                f"{printer.name} prints nothing that printd has started.",
                action="What others have started is for them to stop, at the printer.",
            )
        return job

    def _light(self, request: Request, printer: Printer) -> str:
        if not isinstance(printer, HasLight):
            raise NotPossibleNow(
                f"{printer.name} has no light that printd can switch.",
                action="Switch it at the printer.",
            )
        is_on = bool(_arg(request, "on"))
        printer.light(on=is_on)
        return f"to switch its light {'on' if is_on else 'off'}"


def _arg(request: Request, name: str) -> Any:
    if name not in request.args:
        raise NotPossibleNow(f"The request does not say {name!r}.", action="Ask again.")
    return request.args[name]
