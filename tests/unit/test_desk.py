"""What people ask of the daemon: each verb on right and wrong states, done once or not at all."""

import json
import shutil
import sqlite3
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from printd.core.beds import BedState
from printd.core.board import Evidence
from printd.core.clock import to_text, utc_now
from printd.core.errors import (
    DiskFailed,
    EndUnknown,
    LimitReached,
    NeedsApproval,
    PrinterFault,
    StartInDoubt,
)
from printd.core.files import JobFolders
from printd.core.holds import IN_LINE
from printd.core.jobs import AT_PRINTER, FINAL, Job, State
from printd.core.pausing import Pausing
from printd.core.prices import Rates, rates_settings
from printd.core.requests import Answer, Requests
from printd.core.store import StaleJob
from printd.daemon.desk import Desk
from printd.pipeline.meshing import quote, ticket_of
from tests.peers.disks import files_of_at_most
from tests.peers.floor import Floor
from tests.peers.stores import PATH, clear_bed

S = State


class Counter:
    """The desk of a floor, a person before it, and what the desk tells the worker."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.requests = Requests(floor.store.database)
        self.woken = 0
        self.desk = Desk(
            floor.store,
            self.requests,
            floor.beds,
            floor.fleet,
            floor.folders,
            floor.printers,
            self._wake,
            floor.compute.cancel,
            quote=partial(quote, tools=floor.tools),
            ticket_of=partial(ticket_of, tools=floor.tools),
            load=floor.load,
        )

    def _wake(self) -> None:
        self.woken += 1

    def ask(self, verb: str, **args: Any) -> Answer:
        """Ask and have it done."""
        seq = self.requests.post(verb, args, who="ann")
        self.desk.do_all()
        answer = self.requests.answer(seq)
        assert answer is not None
        return answer

    def about(self, verb: str, job: Job, **args: Any) -> Answer:
        """Ask about a job as it is now."""
        return self.ask(verb, job=job.number, seen=self.now(job).revision, **args)

    def now(self, job: Job) -> Job:
        return self.floor.store.job(job.number)


@pytest.fixture
def counter(floor: Floor) -> Counter:
    return Counter(floor)


def held(counter: Counter, state: State, error: Any = None) -> Job:
    job = counter.floor.job_in(state)
    return counter.floor.store.stop(job, S.HELD, error or PrinterFault("jam"))


def in_doubt(counter: Counter) -> Job:
    """Return a job whose start nobody can account for."""
    job = counter.floor.job_in(S.UPLOADED)
    marked = counter.floor.store.begin(job, S.PRINTING, takes_bed=True)
    assert marked is not None
    return counter.floor.store.stop(marked, S.HELD, StartInDoubt("Nobody knows."))


def ended(counter: Counter, state: State) -> Job:
    store = counter.floor.store
    if state is S.PRINTED:
        return store.advance(counter.floor.job_in(S.PRINTING), S.PRINTED, {})
    if state is S.FAILED:
        return store.stop(counter.floor.job_in(S.MESHED), S.FAILED, PrinterFault("x"))
    return store.cancelled(counter.floor.job_in(S.MESHED), "Not wanted.", who="bob")


# Cancel.


@pytest.mark.parametrize("state", [state for state in PATH if state not in AT_PRINTER])
def test_cancel_before_a_printer_cancels_at_once(counter: Counter, state: State) -> None:
    job = counter.floor.job_in(state)
    answer = counter.ask("cancel", job=job.number)
    assert (answer.code, answer.values["state"]) == (None, "cancelled")
    assert counter.now(job).state is S.CANCELLED
    assert counter.woken == 1


@pytest.mark.parametrize("state", sorted(AT_PRINTER))
def test_cancel_at_a_printer_is_noted_for_the_step(counter: Counter, state: State) -> None:
    job = counter.floor.job_in(state)
    answer = counter.ask("cancel", job=job.number)
    assert answer.values["asked"] is True
    assert (counter.now(job).state, counter.now(job).cancel_by) == (state, "ann")


def test_who_may_cancel_only_what_waits_cancels_no_print(counter: Counter) -> None:
    waiting = [*IN_LINE]
    printing = counter.floor.job_in(S.PRINTING)
    refused = counter.about("cancel", printing, only=waiting)
    assert refused.code == "not_possible_now"
    assert "is printing; who handed it in can cancel it while it waits" in refused.values["problem"]
    assert counter.now(printing).cancel_by is None
    meshed = counter.floor.job_in(S.MESHED, 2)
    assert counter.about("cancel", meshed, only=waiting).values["state"] == S.CANCELLED


def test_cancel_is_not_delayed_by_a_retry(counter: Counter) -> None:
    job = counter.floor.job_in(S.ASSIGNED)
    counter.floor.store.retry(job, PrinterFault("x"), utc_now())
    counter.ask("cancel", job=job.number)
    ((*_, due),) = counter.floor.store.under_way()
    assert due is None


def test_a_held_job_can_be_cancelled(counter: Counter) -> None:
    job = held(counter, S.MESHED)
    assert counter.ask("cancel", job=job.number).values["state"] == "cancelled"


@pytest.mark.parametrize("state", sorted(FINAL))
def test_an_ended_job_cannot_be_cancelled_held_or_released(counter: Counter, state: State) -> None:
    job = ended(counter, state)
    for verb in ("cancel", "hold", "release"):
        answer = counter.about(verb, job)
        assert answer.code == "not_possible_now"
        assert str(state) in answer.values["problem"]
    assert counter.now(job).state is state
    assert counter.woken == 0


@pytest.mark.parametrize("verb", ["cancel", "hold", "release", "retry"])
def test_a_job_in_doubt_has_to_be_resolved_first(counter: Counter, verb: str) -> None:
    job = in_doubt(counter)
    assert counter.about(verb, job).code == "not_possible_now"
    assert counter.now(job) == job


# Hold and release.


@pytest.mark.parametrize("state", [state for state in PATH if state is not S.PRINTING])
def test_hold_stops_and_release_lets_go_on(counter: Counter, state: State) -> None:
    job = counter.floor.job_in(state)
    assert counter.ask("hold", job=job.number).values["state"] == "held"
    assert counter.about("release", job).code is None
    assert counter.now(job).state is (S.SLICED if state in AT_PRINTER else state)


def test_the_file_of_a_job_held_before_its_start_is_taken_back(counter: Counter) -> None:
    job = counter.floor.job_in(S.UPLOADED)
    assert job.print_name in counter.floor.left.files
    assert counter.ask("hold", job=job.number).values["state"] == "held"
    assert counter.floor.left.files == set()


def test_a_running_print_cannot_be_held(counter: Counter) -> None:
    job = counter.floor.job_in(S.PRINTING)
    assert counter.ask("hold", job=job.number).code == "not_possible_now"


def test_a_job_that_is_just_being_started_cannot_be_held(counter: Counter) -> None:
    job = counter.floor.job_in(S.UPLOADED)
    assert counter.floor.store.begin(job, S.PRINTING, takes_bed=True) is not None
    answer = counter.ask("hold", job=job.number)
    assert answer.values["problem"] == "#1 is just being started."


def test_a_job_that_is_not_held_cannot_be_released(counter: Counter) -> None:
    job = counter.floor.job_in(S.MESHED)
    assert counter.about("release", job).code == "not_possible_now"


def test_a_word_about_a_job_that_has_moved_on_is_refused(counter: Counter) -> None:
    job = held(counter, S.MESHED)
    seen = job.revision
    counter.about("release", job)
    answer = counter.ask("release", job=job.number, seen=seen)
    assert answer.values["problem"] == "#1 has moved on since you looked: it is meshed."


def test_a_job_that_has_waited_for_long_is_released_by_saying_that_it_is_wanted(
    counter: Counter,
) -> None:
    job = counter.floor.job_in(S.SLICED)
    assert counter.about("release", job).code is None
    assert counter.now(job).state is S.SLICED
    assert counter.now(job).confirmed_at is not None


# Approval.


def needing_approval(counter: Counter) -> Job:
    return held(counter, S.RECEIVED, NeedsApproval("Look at it first."))


def test_what_a_person_approves_goes_on_and_says_who(counter: Counter) -> None:
    job = needing_approval(counter)
    assert counter.about("approve", job).values == {"job": 1, "state": "received"}
    events = [(event.kind, event.who) for event in counter.floor.store.events(1)]
    assert ("job.approved", "ann") in events


@pytest.mark.parametrize("verb", ["release", "retry"])
def test_nothing_but_approval_lets_it_go_on(counter: Counter, verb: str) -> None:
    job = needing_approval(counter)
    answer = counter.about(verb, job)
    assert answer.code == "not_possible_now"
    assert "approve" in answer.values["action"]
    assert counter.now(job).state is S.HELD


def test_what_is_sent_back_is_cancelled_with_the_reason(counter: Counter) -> None:
    job = needing_approval(counter)
    assert counter.about("send-back", job).code == "not_possible_now"  # without a reason
    assert counter.about("send-back", job, reason="too large.").code is None
    why = counter.now(job).because
    assert why is not None
    assert (why.code, why.problem) == ("sent_back", "Sent back by ann: too large.")


@pytest.mark.parametrize("verb", ["approve", "send-back"])
def test_only_what_waits_for_approval_is_approved_or_sent_back(counter: Counter, verb: str) -> None:
    job = held(counter, S.MESHED)
    assert counter.about(verb, job, reason="x").code == "not_possible_now"
    assert counter.now(job).state is S.HELD


def test_a_reason_is_said_with_a_hold_and_a_cancel(counter: Counter) -> None:
    job = counter.floor.job_in(S.MESHED)
    counter.ask("hold", job=job.number, reason="wait for \x1b[31mwhite")
    why = counter.now(job).because
    assert why is not None
    assert why.problem == "Held by ann: wait for \ufffd[31mwhite."


def test_a_hold_for_a_limit_is_released_for_good(counter: Counter) -> None:
    job = held(counter, S.SLICED, LimitReached("Enough for today."))
    counter.about("release", job)
    assert counter.now(job).facts["waived"] == ["limit_reached"]
    assert counter.now(job).state is S.SLICED


# The line.


def test_a_job_is_moved_to_one_printer_and_back_to_any(counter: Counter) -> None:
    job = counter.floor.job_in(S.SLICED)
    assert counter.ask("move", job=1, to="right").values["to"] == "right"
    assert counter.now(job).only_on == {"right"}
    counter.ask("move", job=1, to=None)
    assert counter.now(job).only_on == frozenset()
    assert counter.ask("move", job=1, to="attic").code == "no_such_printer"


def test_a_move_makes_a_step_that_looked_before_drop_its_result(counter: Counter) -> None:
    job = counter.floor.job_in(S.SLICED)
    counter.ask("move", job=1, to="right")
    with pytest.raises(StaleJob):
        counter.floor.store.advance(job, S.ASSIGNED, {"printer": "left", "print_name": "pd-1"})


def test_a_job_at_a_printer_is_not_moved(counter: Counter) -> None:
    counter.floor.job_in(S.UPLOADED)
    assert counter.ask("move", job=1, to="right").code == "not_possible_now"


@pytest.mark.parametrize(
    ("job", "before", "order"), [(3, "first", [3, 1, 2]), (1, "last", [2, 3, 1]), (3, 2, [1, 3, 2])]
)
def test_a_job_gets_another_place(
    counter: Counter, job: int, before: object, order: list[int]
) -> None:
    jobs = [counter.floor.job_in(S.SLICED, number) for number in (1, 2, 3)]
    assert counter.ask("reorder", job=job, before=before).code is None
    now = sorted(map(counter.now, jobs), key=lambda job: (-job.priority, job.number))
    assert [job.number for job in now] == order


def test_a_place_is_counted_among_those_that_are_not_held(counter: Counter) -> None:
    jobs = [counter.floor.job_in(S.MESHED, number) for number in (1, 2, 3)]
    counter.about("hold", jobs[0])
    for before, place in (("last", 2), ("first", 1), (1, 1), (2, 1)):
        assert counter.ask("reorder", job=2, before=before).values["place"] == place


def test_a_place_before_a_job_that_does_not_wait_is_refused(counter: Counter) -> None:
    counter.floor.job_in(S.SLICED, 1)
    assert counter.ask("reorder", job=1, before=9).code == "not_possible_now"


def test_a_paused_queue_names_who_and_why(counter: Counter) -> None:
    assert counter.ask("queue-pause", note="inventory").values["by"] == "ann"
    why = Pausing(counter.floor.store.database).because()
    assert why is not None
    assert "inventory" in why.problem
    assert counter.ask("queue-resume").values == {"queue": "running", "was_paused": True}
    assert Pausing(counter.floor.store.database).because() is None


def test_only_what_passes_by_itself_is_overruled(counter: Counter) -> None:
    job = counter.floor.job_in(S.SLICED)
    assert counter.ask("start-anyway", job=1, code="bed_not_clear").code == "not_possible_now"
    assert counter.ask("start-anyway", job=1, code="closed_hours").code is None
    assert counter.now(job).facts["waived"] == ["closed_hours"]


# Pieces.


def test_a_printed_piece_is_signed_off_and_the_last_word_counts(counter: Counter) -> None:
    job = ended(counter, S.PRINTED)
    counter.ask("sign-off", job=1, word="good")
    answer = counter.ask("sign-off", job=1, word="bad", reason="spaghetti")
    assert answer.values["sign_off"] == "bad: spaghetti"
    sign_off = counter.now(job).sign_off
    assert sign_off is not None
    assert (sign_off.word, sign_off.by) == ("bad", "ann")
    assert [e.kind for e in counter.floor.store.events(1)].count("job.signed_off") == 2


def test_a_piece_is_signed_off_and_its_bed_cleared_in_one_act(counter: Counter) -> None:
    job = ended(counter, S.PRINTED)
    beds = counter.floor.beds
    counter.floor.left.end(Evidence.FINISHED)
    seen = beds.get("left").revision
    answer = counter.ask("sign-off", job=1, word="good", bed_clear=seen)
    assert (answer.values["sign_off"], answer.values["bed"]) == ("good", "clear")
    assert (beds.get("left").state, beds.get("left").by) == (BedState.CLEAR, "ann")
    assert counter.floor.left.beds_cleared == 1
    again = counter.ask("sign-off", job=1, word="bad", bed_clear=seen)  # it is clear already
    assert (again.code, counter.floor.left.beds_cleared) == (None, 1)
    assert counter.now(job).sign_off is not None


def test_a_bed_that_cannot_be_cleared_leaves_the_piece_unsigned(counter: Counter) -> None:
    job = ended(counter, S.PRINTED)
    beds = counter.floor.beds
    seen = beds.get("left").revision
    printing = counter.ask("sign-off", job=1, word="good", bed_clear=seen)  # it still moves there
    assert printing.code == "not_possible_now"
    beds.occupied_by_stranger("left")
    late = counter.ask("sign-off", job=1, word="good", bed_clear=seen)
    assert "has changed since you looked" in late.values["problem"]
    assert counter.now(job).sign_off is None
    assert beds.get("left").state is BedState.OCCUPIED


def test_a_bed_with_a_later_piece_is_not_cleared_with_an_earlier_one(counter: Counter) -> None:
    first = ended(counter, S.PRINTED)
    counter.floor.left.end(Evidence.FINISHED)
    clear_bed(counter.floor.store)
    counter.floor.store.advance(counter.floor.job_in(S.PRINTING, 2), S.PRINTED, {})
    counter.floor.left.end(Evidence.FINISHED)
    seen = counter.floor.beds.get("left").revision
    answer = counter.ask("sign-off", job=1, word="good", bed_clear=seen)
    assert "lies #2, not #1" in answer.values["problem"]
    assert counter.now(first).sign_off is None
    assert counter.ask("sign-off", job=2, word="good", bed_clear=seen).code is None


def test_a_piece_of_a_printer_without_a_bed_is_signed_off_all_the_same(counter: Counter) -> None:
    ended(counter, S.PRINTED)
    counter.floor.left.has_bed = False
    answer = counter.ask("sign-off", job=1, word="good", bed_clear=0)
    assert (answer.code, "bed" in answer.values) == (None, False)


def test_what_is_not_printed_cannot_be_signed_off(counter: Counter) -> None:
    counter.floor.job_in(S.PRINTING)
    assert counter.ask("sign-off", job=1, word="good").code == "not_possible_now"


def test_a_word_that_nobody_knows_signs_nothing(counter: Counter) -> None:
    job = ended(counter, S.PRINTED)
    assert counter.ask("sign-off", job=1, word="great").code == "setting_invalid"
    assert counter.now(job).sign_off is None


def test_a_printed_job_is_made_again_as_a_new_one(counter: Counter) -> None:
    ended(counter, S.PRINTED)
    new = counter.floor.store.job(counter.ask("again", job=1).values["job"])
    assert (new.number, new.state, new.again_of) == (2, S.RECEIVED, 1)


def test_copies_share_what_the_first_one_is_printed_from(counter: Counter) -> None:
    first = counter.floor.job_in(S.SLICED)
    assert counter.ask("copies", job=1, copies=3).code is None
    copies = [counter.floor.store.job(number) for number in (2, 3)]
    assert [(copy.state, copy.copy_of) for copy in copies] == [(S.SLICED, 1)] * 2
    assert copies[0].facts["gcode"] == first.facts["gcode"]
    folders = [counter.floor.folders.of(job.id) for job in (first, *copies)]
    gcode = {(folder / JobFolders.GCODE).stat().st_ino for folder in folders}
    assert len(gcode) == 1  # one file
    assert all((folder / JobFolders.RECORD).exists() for folder in folders[1:])


def priced(counter: Counter, job: Job, amount: str) -> None:
    """Give a job a price of 2.00 € for its print; what is more was paid to a service."""
    gcode = {**job.facts["gcode"], "filament_g": 20.0}
    price = {"amount": amount, "currency": "EUR", "text": f"{amount} €"}
    settings = {**job.settings, **rates_settings(Rates(per_gram=Decimal("0.10")))}
    with counter.floor.store.database.write() as connection:
        connection.execute(
            "UPDATE job SET settings = ?, facts = ? WHERE number = ?",
            (
                json.dumps(settings),
                json.dumps({**job.facts, "gcode": gcode, "price": price}),
                job.number,
            ),
        )


def prices(counter: Counter) -> list[str]:
    jobs = sorted(counter.floor.store.jobs(), key=lambda job: job.number)
    return [job.facts["price"]["amount"] for job in jobs]


def test_what_a_service_was_paid_is_asked_for_once_and_not_for_each_copy(counter: Counter) -> None:
    first = counter.floor.job_in(S.SLICED)
    priced(counter, first, "3.00")
    assert counter.ask("copies", job=1, copies=3).code is None
    assert prices(counter) == ["3.00", "2.00", "2.00"]


@pytest.mark.parametrize(("end", "second"), [(S.PRINTED, "2.00"), (S.CANCELLED, "3.00")])
def test_what_a_service_was_paid_is_asked_for_again_where_nobody_has_got_anything_for_it(
    counter: Counter, end: State, second: str
) -> None:
    job = ended(counter, end)
    priced(counter, job, "3.00")
    assert counter.about("again", counter.now(job), **{"from": "print"}).code is None
    assert prices(counter) == ["3.00", second]


def test_copies_wait_until_the_first_one_is_sliced(counter: Counter) -> None:
    counter.floor.job_in(S.MESHED)
    counter.ask("copies", job=1, copies=2)
    assert len(counter.floor.store.jobs()) == 1


def test_copies_are_made_once_also_when_asked_of_a_copy(counter: Counter) -> None:
    counter.floor.job_in(S.SLICED)
    for asked_of in (1, 1, 2):
        assert counter.ask("copies", job=asked_of, copies=2).code is None
    assert len(counter.floor.store.jobs()) == 2
    answer = counter.ask("copies", job=1, copies=1)
    assert answer.values["problem"] == "2 of #1 are jobs already: #2."


def test_copies_of_files_that_somebody_took_away_are_given_up(counter: Counter) -> None:
    job = counter.floor.job_in(S.SLICED)
    shutil.rmtree(counter.floor.folders.of(job.id))
    assert counter.ask("copies", job=1, copies=3).code is None
    assert len(counter.floor.store.jobs()) == 1
    assert counter.now(job).copies == 1


def test_a_forgotten_job_keeps_its_numbers_and_not_its_photo(counter: Counter) -> None:
    job = ended(counter, S.PRINTED)
    folder = counter.floor.folders.of(job.id)
    assert counter.ask("forget", job=1).code is None
    assert [file.name for file in folder.iterdir()] == [JobFolders.RECORD]
    assert counter.now(job).facts == job.facts
    again = counter.ask("again", job=1)
    assert (again.code, again.values["action"]) == ("not_possible_now", "Hand it in again.")
    assert counter.ask("forget", job=1).code == "not_possible_now"


def test_what_is_not_over_is_not_forgotten(counter: Counter) -> None:
    job = held(counter, S.MESHED)
    assert counter.ask("forget", job=1).code == "not_possible_now"
    assert (counter.floor.folders.of(job.id) / JobFolders.PHOTO).exists()


# Retry.


def test_retry_lets_a_held_job_go_on(counter: Counter) -> None:
    job = held(counter, S.PRINTING)
    assert counter.about("retry", job).values == {"job": 1, "state": "sliced"}


@pytest.mark.parametrize("state", [S.FAILED, S.CANCELLED])
def test_retry_of_an_ended_job_makes_a_new_one_of_the_same_photo(
    counter: Counter, state: State
) -> None:
    job = ended(counter, state)
    answer = counter.about("retry", job)
    new = counter.floor.store.job(answer.values["job"])
    assert (new.number, new.state, new.again_of) == (2, S.RECEIVED, 1)
    assert (new.name, new.recipe, new.settings) == (job.name, job.recipe, job.settings)
    photo = counter.floor.folders.of(new.id) / JobFolders.PHOTO
    assert photo.read_bytes() == b"photo"
    assert counter.now(job).state is state


def test_a_failed_job_is_made_again_from_what_is_good_of_it(counter: Counter) -> None:
    store, folders = counter.floor.store, counter.floor.folders
    job = store.cancelled(counter.floor.job_in(S.SLICED), "Not wanted.", who="bob")
    (folders.of(job.id) / JobFolders.MODEL).write_bytes(b"model")
    sliced = counter.about("retry", job, **{"from": "print"}).values["job"]
    shaped = counter.about("again", job, **{"from": "slice"}).values["job"]
    new, anew = store.job(sliced), store.job(shaped)
    assert (new.state, new.again_of, anew.state, anew.again_of) == (S.SLICED, 1, S.PRINTABLE, 1)
    assert new.facts["gcode"]["sha256"] == job.facts["gcode"]["sha256"]
    assert ("gcode" in anew.facts, "model" in anew.facts) == (False, True)
    kept = folders.of(new.id) / JobFolders.GCODE
    assert kept.read_bytes() == (folders.of(job.id) / JobFolders.GCODE).read_bytes()
    assert counter.floor.step(new).state is S.SLICED  # it waits for a clear bed like any other
    clear_bed(counter.floor.store)
    assert counter.floor.step(new).state is S.ASSIGNED


def test_a_held_job_goes_on_from_the_step_that_is_named(counter: Counter) -> None:
    job = held(counter, S.SLICED)
    (counter.floor.folders.of(job.id) / JobFolders.MODEL).write_bytes(b"model")
    answer = counter.about("retry", job, **{"from": "slice"})
    assert answer.values == {"job": 1, "state": "printable"}
    assert "gcode" not in counter.now(job).facts
    job = counter.floor.store.stop(counter.now(job), S.HELD, PrinterFault("jam"))
    attempt = job.attempt
    assert counter.about("retry", job, **{"from": "mesh"}).values["state"] == "received"
    assert counter.now(job).attempt == attempt + 1  # an order has a mark of its own
    assert "model" not in counter.now(job).facts


def test_what_is_gone_cannot_be_begun_with(counter: Counter) -> None:
    job = held(counter, S.SLICED)
    (counter.floor.folders.of(job.id) / JobFolders.GCODE).unlink()
    assert counter.about("retry", job, **{"from": "print"}).code == "disk_error"
    assert counter.about("retry", job, **{"from": "paint"}).code == "setting_invalid"
    assert counter.now(job).state is S.HELD
    assert len(counter.floor.store.jobs()) == 1


def test_retry_without_a_photo_is_refused(counter: Counter) -> None:
    job = ended(counter, S.FAILED)
    (counter.floor.folders.of(job.id) / JobFolders.PHOTO).unlink()
    answer = counter.about("retry", job)
    assert (answer.code, answer.values["problem"]) == ("disk_error", "The photo of #1 is gone.")
    assert len(counter.floor.store.jobs()) == 1


def test_a_printed_job_cannot_be_retried(counter: Counter) -> None:
    assert counter.about("retry", ended(counter, S.PRINTED)).code == "not_possible_now"


# Resolve.


@pytest.mark.parametrize(
    ("word", "state", "code"),
    [
        ("printing", S.PRINTING, None),
        ("printed", S.PRINTED, None),
        ("failed", S.HELD, "printer_fault"),
        ("not-started", S.SLICED, None),
    ],
)
def test_a_person_resolves_a_start_in_doubt_and_the_bed_stays(
    counter: Counter, word: str, state: State, code: str | None
) -> None:
    job = in_doubt(counter)
    assert counter.about("resolve", job, outcome=word).code is None
    after = counter.now(job)
    assert (after.state, after.in_doubt) == (state, False)
    assert (after.because.code if after.because else None) == code
    assert counter.floor.beds.get("left").state is BedState.OCCUPIED


def test_what_was_seen_printing_cannot_be_said_not_to_have_started(counter: Counter) -> None:
    job = held(counter, S.PRINTING, EndUnknown("Nobody knows."))
    answer = counter.about("resolve", job, outcome="not-started")
    assert answer.values["problem"] == "#1 was seen printing."
    assert counter.now(job).in_doubt


@pytest.mark.parametrize("state", [S.SLICED, S.PRINTING])
def test_without_doubt_there_is_nothing_to_resolve(counter: Counter, state: State) -> None:
    job = counter.floor.job_in(state)
    assert counter.about("resolve", job, outcome="printed").code == "not_possible_now"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("printed", S.PRINTED),
        ("failed", S.HELD),
        ("printing", S.PRINTING),
        ("not-started", S.PRINTING),
    ],
)
def test_what_was_handed_over_ends_by_a_persons_word(
    counter: Counter, word: str, state: State
) -> None:
    counter.floor.left.has_bed = False
    job = counter.floor.job_in(S.PRINTING)
    answer = counter.about("resolve", job, outcome=word)
    assert (answer.code is None) is (state is not S.PRINTING)
    assert counter.now(job).state is state


def test_a_printer_gone_from_the_configuration_refuses_without_a_fault(counter: Counter) -> None:
    job = counter.floor.job_in(S.PRINTING)
    del counter.floor.printers["left"]
    assert counter.about("resolve", job, outcome="printed").code == "not_possible_now"
    assert counter.ask("bed-clear", printer="left", seen=0).code == "no_such_printer"


# Beds and service.


def test_a_cleared_bed_is_clear_and_the_machine_is_told(counter: Counter) -> None:
    seen = counter.floor.beds.get("left").revision
    answer = counter.ask("bed-clear", printer="left", seen=seen)
    assert answer.values == {"printer": "left", "bed": "clear"}
    bed = counter.floor.beds.get("left")
    assert (bed.state, bed.by, counter.floor.left.beds_cleared) == (BedState.CLEAR, "ann", 1)
    assert counter.woken == 1


def test_a_machine_that_knows_better_keeps_the_bed_occupied(counter: Counter) -> None:
    job = counter.floor.job_in(S.PRINTING)
    counter.floor.store.cancelled(job, "Given up.", who="bob")
    seen = counter.floor.beds.get("left").revision
    assert counter.ask("bed-clear", printer="left", seen=seen).code == "not_possible_now"
    assert counter.floor.beds.get("left").state is BedState.OCCUPIED


def test_an_old_word_about_a_bed_is_not_believed(counter: Counter) -> None:
    seen = counter.floor.beds.get("left").revision
    seq = counter.requests.post("bed-clear", {"printer": "left", "seen": seen}, who="ann")
    with counter.floor.store.database.write() as connection:
        early = to_text(utc_now() - timedelta(minutes=5))
        connection.execute("UPDATE request SET at = ? WHERE seq = ?", (early, seq))
    counter.desk.do_all()
    answer = counter.requests.answer(seq)
    assert answer is not None
    assert answer.code == "not_possible_now"
    assert counter.floor.beds.get("left").state is BedState.UNKNOWN


def test_a_printer_is_taken_out_of_service_and_put_back(counter: Counter) -> None:
    counter.ask("out", printer="left", note="new nozzle")
    assert counter.floor.fleet.get("left").out_of_service == "new nozzle"
    counter.ask("in", printer="left")
    assert counter.floor.fleet.get("left").out_of_service is None
    assert counter.ask("out", printer="middle", note="x").code == "no_such_printer"


def test_what_is_loaded_is_kept_or_refused_and_then_nothing_has_changed(counter: Counter) -> None:
    floor = counter.floor
    floor.look()
    answer = counter.ask("load", printer="left", material="petg", colour="red")
    assert (answer.code, answer.values["loaded"]) == (None, "red PETG")
    assert counter.ask("load", printer="left", colour="blue").values["loaded"] == "blue PETG"
    assert counter.ask("load", printer="left", material="cheese").code == "setting_invalid"
    assert counter.ask("load", printer="middle", material="PETG").code == "no_such_printer"
    assert {name: str(word) for name, word in floor.fleet.words().items()} == {"left": "blue PETG"}
    assert [offer.machine.material for offer in floor.offers()] == ["PETG", "PLA"]


# Every request.


@pytest.mark.parametrize("verb", ["cancel", "hold", "release", "retry", "resolve"])
def test_a_job_that_nobody_knows_is_said(counter: Counter, verb: str) -> None:
    answer = counter.ask(verb, job=9, seen=0, outcome="printed")
    assert (answer.code, answer.values["exit_code"]) == ("no_such_job", 66)


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("cancel", {}),
        ("release", {"job": 1}),
        ("resolve", {"job": 1, "seen": 4}),
        ("bed-clear", {}),
        ("out", {"printer": "left"}),
    ],
)
def test_a_request_that_lacks_something_is_refused_and_ends_no_daemon(
    counter: Counter, verb: str, args: dict[str, Any]
) -> None:
    counter.floor.job_in(S.SLICED)
    assert counter.ask(verb, **args).code == "not_possible_now"


def test_an_outcome_that_nobody_knows_is_refused(counter: Counter) -> None:
    job = in_doubt(counter)
    assert counter.about("resolve", job, outcome="perhaps").code == "not_possible_now"
    assert counter.now(job).in_doubt


def test_requests_are_done_in_the_order_they_were_asked(counter: Counter) -> None:
    job = counter.floor.job_in(S.SLICED)
    counter.requests.post("hold", {"job": job.number}, who="ann")
    counter.requests.post("cancel", {"job": job.number}, who="bob")
    counter.desk.do_all()
    states = [event.after for event in counter.floor.store.events(job.number)][-2:]
    assert states == [S.HELD, S.CANCELLED]


def test_a_crash_between_deed_and_answer_leaves_both_undone(counter: Counter) -> None:
    job = counter.floor.job_in(S.SLICED)
    seq = counter.requests.post("cancel", {"job": job.number}, who="ann")
    database = counter.floor.store.database
    with database.write() as connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE UPDATE ON request BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with pytest.raises(sqlite3.IntegrityError):
        counter.desk.do_all()
    assert (counter.now(job), counter.requests.answer(seq)) == (job, None)
    with database.write() as connection:
        connection.execute("DROP TRIGGER no")
    counter.desk.do_all()
    assert counter.now(job).state is S.CANCELLED


def test_what_cannot_be_written_stays_asked(counter: Counter) -> None:
    job = counter.floor.job_in(S.SLICED)
    seq = counter.requests.post("cancel", {"job": job.number}, who="ann")
    log = counter.floor.store.database.path.with_name("printd.db-wal")
    with files_of_at_most(log.stat().st_size), pytest.raises(DiskFailed):
        counter.desk.do_all()
    assert (counter.now(job), counter.requests.answer(seq)) == (job, None)
    counter.desk.do_all()
    assert counter.now(job).state is S.CANCELLED


def test_a_request_that_meets_a_fault_of_ours_is_answered_and_asked_no_more(
    counter: Counter,
) -> None:
    job = counter.floor.job_in(S.SLICED)
    answer = counter.about("resolve", job, outcome=["no", "word"])  # nobody can send this
    assert answer.code in ("internal_error", "not_possible_now")
    answer = counter.ask("copies", job=job.number, copies=3)
    assert answer.code is None
    broken = counter.ask("cancel", job="no number")
    assert broken.code == "internal_error"
    assert counter.requests.open({"cancel"}) == []
