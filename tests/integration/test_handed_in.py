"""What other programs hand in: sent by slicers, within limits, and one job for one click."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from printd.core.compute import Compute
from printd.core.given import Given
from printd.core.jobs import Job, State
from printd.core.requests import Answer
from printd.pipeline.judging import Candidate
from tests.integration.test_inbox import LIMITS, Place, picture
from tests.peers.computing import shared_compute
from tests.peers.floor import GENERIC
from tests.peers.gcode_corpus import END, PRINT, START

GOOD = (START + PRINT + END).encode()
TOO_HOT = (START + "M104 S400\n" + PRINT + END).encode()
MINI = replace(GENERIC, name="mini", machine=replace(GENERIC.machine, bed_w_mm=20.0))
TAKES = frozenset({".gcode"})
PRINTERS = [
    Candidate("mini", TAKES, MINI),
    Candidate("large", TAKES, GENERIC),
    Candidate("bambu", frozenset({".gcode.3mf"}), GENERIC),
]


class Shop(Place):
    """A place that slicers send to."""

    sent = 0

    def send(self, content: bytes = GOOD, *, name: str = "part.gcode", **args: Any) -> Answer:
        """Hand a file in as the API does, and return the daemon's answer."""
        self.sent += 1
        file = f"sent-{self.sent}{Path(name).suffix}"
        (self.config.data_dir / "incoming" / file).write_bytes(content)
        plain = {
            "file": file,
            "name": name,
            "given": Given.named(name),
            "recipe": "default",
            "settings": {},
            "key": f"request-{self.sent}",
            "source": "slicer",
            "owner": "key:ana",
        }
        seq = self.requests.post("add", {**plain, **args}, who="key:ana")
        assert self.handed_in.take_all()
        answer = self.requests.answer(seq)
        assert answer is not None
        assert not list((self.config.data_dir / "incoming").iterdir())
        folders = {folder.name for folder in self.folders.root.iterdir()}
        assert folders == {job.id for job in self.jobs}
        return answer

    def job(self, answer: Answer) -> Job:
        assert answer.code is None
        return self.store.job(answer.values["job"])


@pytest.fixture(scope="module")
def compute() -> Compute:
    return shared_compute()


@pytest.fixture
def shop(tmp_path: Path, compute: Compute) -> Iterator[Callable[..., Shop]]:
    with ExitStack() as stack:

        def opened(**limits: Any) -> Shop:
            shop = Shop(tmp_path, compute, limits={**LIMITS, **limits}, candidates=PRINTERS)
            stack.callback(shop.close)
            return shop

        yield opened


def test_a_file_is_queued_or_held_for_release_as_the_slicer_says(
    shop: Callable[..., Shop],
) -> None:
    place = shop()
    queued = place.job(place.send())
    held = place.job(place.send(hold=True, name="other.gcode"))
    assert (queued.state, queued.owner, queued.source) == (State.SLICED, "key:ana", "slicer")
    assert (held.state, held.held_from) == (State.HELD, State.SLICED)
    assert held.because is not None
    assert held.because.code == "needs_release"
    assert queued.only_on == frozenset()


def test_a_file_for_one_printer_is_judged_for_that_one_and_goes_to_no_other(
    shop: Callable[..., Shop],
) -> None:
    place = shop()
    job = place.job(place.send(printer="large"))
    assert (job.state, job.only_on) == (State.SLICED, frozenset({"large"}))
    assert job.facts["gcode"]["profile"] == "generic"


@pytest.mark.parametrize(
    ("printer", "problem"),
    [
        ("mini", "The file was sliced for generic; mini is mini."),
        ("bambu", "The file is .gcode; bambu takes .gcode.3mf."),
    ],
)
def test_a_file_for_another_kind_of_printer_is_held_and_not_refused(
    shop: Callable[..., Shop], printer: str, problem: str
) -> None:
    place = shop()
    job = place.job(place.send(printer=printer))
    assert (job.state, job.only_on) == (State.HELD, frozenset({printer}))
    assert job.because is not None
    assert (job.because.code, job.because.problem) == ("wrong_kind", problem)


STRANGE = b";TARGET_MACHINE.NAME:Ender-3\n" + GOOD


def test_a_file_for_a_printer_that_nobody_knows_waits_for_a_word(
    shop: Callable[..., Shop],
) -> None:
    place = shop()
    job = place.job(place.send(STRANGE))
    assert (job.state, job.held_from) == (State.HELD, State.SLICED)
    assert job.because is not None
    assert job.because.code == "wrong_kind"
    assert job.because.action == (
        f"Run `printd release {job.number}` if it is for printers of generic, "
        f"or `printd cancel {job.number}`."
    )
    assert place.store.resume(job, who="ana").state is State.SLICED


def test_who_sends_it_to_one_printer_has_said_which_is_meant(shop: Callable[..., Shop]) -> None:
    place = shop()
    assert place.job(place.send(STRANGE, printer="large")).state is State.SLICED
    job = place.job(place.send(STRANGE, printer="mini", name="2.gcode"))
    assert job.because is not None
    assert job.because.problem == "The file was sliced for generic; mini is mini."


def test_a_picture_for_one_printer_is_made_for_that_one(shop: Callable[..., Shop]) -> None:
    place = shop()
    job = place.job(place.send(picture(), name="mia.png", source="command", printer="bambu"))
    assert (job.state, job.only_on) == (State.RECEIVED, frozenset({"bambu"}))


def test_what_was_handed_in_before_the_database_was_put_back_is_held(
    shop: Callable[..., Shop],
) -> None:
    """Who has handed it in was told that it is kept; whether it was printed, nobody knows."""
    place = shop()
    job = place.job(place.send(restored="The database is an old one."))
    assert (job.state, job.held_from) == (State.HELD, State.SLICED)
    assert job.because is not None
    assert (job.because.code, job.because.problem) == (
        "restored",
        "The database is an old one. It was handed in then, and not taken.",
    )
    assert "restored" in job.facts  # what was agreed to before does not count
    assert place.store.resume(job, who="ana").state is State.SLICED


@pytest.mark.parametrize(
    ("content", "args", "code"),
    [
        (TOO_HOT, {}, "gcode_refused"),
        (b"", {}, "gcode_unfinished"),
        (GOOD, {"printer": "gone"}, "no_such_printer"),
        (picture(), {"name": "cat.jpg"}, "gcode_unwanted"),
    ],
)
def test_what_no_printer_may_be_told_is_refused_and_nothing_stays(
    shop: Callable[..., Shop], content: bytes, args: dict[str, Any], code: str
) -> None:
    place = shop()
    assert place.send(content, **args).code == code
    assert place.jobs == []


def test_two_clicks_are_one_job_and_the_second_may_release_it(shop: Callable[..., Shop]) -> None:
    place = shop()
    first = place.job(place.send(hold=True))
    assert place.job(place.send(hold=True)).number == first.number
    assert place.store.job(first.number).state is State.HELD
    assert place.job(place.send()).number == first.number
    assert place.store.job(first.number).state is State.SLICED
    assert len(place.jobs) == 1
    notes = [event for event in place.store.events(first.number) if event.kind == "job.sent_again"]
    assert len(notes) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"name": "other.gcode"},
        {"owner": "key:ben"},
        {"content": GOOD + b"; 2\n"},
        {"printer": "large"},
        {"source": "api", "given": ".gcode"},
    ],
)
def test_another_name_key_content_or_address_is_another_job(
    shop: Callable[..., Shop], other: dict[str, Any]
) -> None:
    place = shop()
    place.send()
    answer = place.send(**other)
    assert answer.code == ("gcode_off" if "source" in other else None)
    assert len(place.jobs) == (1 if "source" in other else 2)


def test_the_same_file_later_or_after_a_cancel_is_another_job(shop: Callable[..., Shop]) -> None:
    place = shop()
    first = place.job(place.send())
    place.store.cancelled(first, "not wanted", who="ana")
    assert place.job(place.send()).number == 2
    with place.database.write() as connection:
        connection.execute("UPDATE job SET created_at = '2026-05-03T12:00:00.000+00:00'")
    assert place.job(place.send()).number == 3


def test_limits_bind_whom_they_are_said_to_bind(shop: Callable[..., Shop]) -> None:
    place = shop(per_key={"waiting": 1})
    assert place.job(place.send(limits="key")).settings["limits"] == "key"
    refused = place.send(limits="key", name="2.gcode")
    assert refused.code == "limit_reached"
    assert refused.values["problem"] == "1 job of the key ana waits to be printed; 1 may."
    assert place.send(name="3.gcode").code is None  # an operator's
    assert len(place.jobs) == 2


def test_people_at_the_command_are_bound_only_where_they_have_limits(
    shop: Callable[..., Shop],
) -> None:
    place = shop(per_person={"prints": 1}, waiting=2)
    command = {"source": "command", "owner": "ana", "name": "cat.jpg"}
    assert place.job(place.send(picture(), **command)).settings["limits"] == "person"
    refused = place.send(picture(), **command)
    assert refused.code == "limit_reached"
    assert refused.values["problem"] == "Ana has had 1 of 1 prints within 24 h."
    place.send(picture(), **{**command, "owner": "ben"})
    assert place.send(picture(), **{**command, "owner": "cleo"}).code == "queue_full"


def test_a_repeated_request_is_its_job_and_no_use_of_the_limit(
    shop: Callable[..., Shop],
) -> None:
    place = shop(per_key={"prints": 1})
    command = {"source": "api", "limits": "key", "key": "same", "name": "cat.jpg"}
    first = place.job(place.send(picture(), **command))
    assert place.job(place.send(picture(), **command)).number == first.number


def test_a_mask_beside_gcode_is_refused(shop: Callable[..., Shop]) -> None:
    place = shop()
    (place.config.data_dir / "incoming" / "mask").write_bytes(b"a mask")

    answer = place.send(beside={"mask.bin": "mask"})

    assert answer.code == "setting_invalid"
    assert "is for a picture, not for G-code" in answer.values["problem"]
    assert place.jobs == []
