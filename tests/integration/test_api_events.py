"""The stream of events: told in order, told again, to each what is theirs, ended cleanly."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from printd.core.board import Condition, PrinterStatus
from printd.core.clock import utc_now
from printd.core.errors import Duplicate, HeldByPerson, UserError
from printd.core.fleet import PROGRESS_EVERY, Fleet
from printd.core.jobs import Job, State
from printd.core.pausing import Pausing
from printd.web.bounds import USUAL, Bounds
from printd.web.hub import KEPT, MOST_OF_ONE, Hub, Message
from printd.web.keys import Scope
from printd.web.problems import TooManyAtOnce
from tests.peers.api import Api, served
from tests.peers.stores import PATH, clear_bed, job_in, move_on, new_job

READERS = 40
SEEN = (Condition.IDLE, Condition.FAILED, Condition.OFFLINE)


@pytest.fixture
def bounds() -> Bounds:
    return USUAL


@pytest.fixture
def api(tmp_path: Path, bounds: Bounds) -> Iterator[Api]:
    with served(tmp_path, bounds) as running:
        yield running


class Reader:
    """Reads one stream, message by message."""

    def __init__(self, client: httpx.Client, **words: Any) -> None:
        self._open = client.stream("GET", "/events", **words)
        self.answer = self._open.__enter__()
        self._lines = self.answer.iter_lines()
        assert self.answer.status_code == 200, self.answer.read()
        assert next(self._lines).startswith("retry:")  # it listens from now on
        self.place = ""  # the last id that was told, with a message or alone

    def message(self) -> dict[str, Any]:
        """Return the next message; waits for it."""
        found: dict[str, Any] = {}
        for line in self._lines:
            if not line:
                if "data" in found:
                    return found
                found = {}
            name, _, value = line.partition(": ")
            if name == "id":
                self.place = value
            if name:
                found[name] = json.loads(value) if name == "data" else value
        raise EOFError

    def block(self) -> None:
        """Read to the next empty line, whether it ends a message or not."""
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.place = value
            if not line:
                return

    def rest(self) -> list[dict[str, Any]]:
        """Return everything until the stream ends."""
        messages = []
        while True:
            try:
                messages.append(self.message())
            except EOFError:
                return messages

    def close(self) -> None:
        self._open.__exit__(None, None, None)


def held(api: Api, number: int = 1, **changes: Any) -> Job:
    job = api.store.accept(new_job(number, **changes))
    return api.store.stop(job, State.HELD, HeldByPerson("Held by ana."), who="ana")


def test_what_happens_is_told_in_order_with_what_it_happened_to(api: Api) -> None:
    with api.client() as client:
        reader = Reader(client)
        held(api)
        clear_bed(api.store)
        Pausing(api.store.database).pause(by="ana")
        told = [reader.message() for _ in range(4)]
        reader.close()

    assert [message["event"] for message in told] == ["job", "job", "printer", "queue"]
    assert [message["data"]["type"] for message in told] == [
        "job.received",
        "job.held",
        "printer.bed_clear",
        "queue.paused",
    ]
    numbers = [int(message["id"]) for message in told]
    assert numbers == sorted(set(numbers))
    assert told[1]["data"]["job"]["because"]["problem"] == "Held by ana."
    assert told[2]["data"]["printer"]["bed"]["state"] == "clear"


@pytest.mark.parametrize(
    ("hold", "types"),
    [
        (HeldByPerson("Held by ana."), ["job.received", "job.held"]),
        (Duplicate("It was printed as #1."), ["job.received", "drop.duplicate", "job.held"]),
    ],
)
def test_a_job_that_is_held_as_it_comes_is_told_as_held(
    api: Api, hold: UserError, types: list[str]
) -> None:
    with api.client() as client:
        reader = Reader(client)
        api.store.accept(new_job(1, hold=hold))
        told = [reader.message() for _ in types]
        newest = api.store.events(limit=1)[0].seq
        reader.close()

    assert [message["data"]["type"] for message in told] == types
    assert [message.get("id") for message in told] == [None] * (len(types) - 1) + [str(newest)]


def test_what_a_printer_does_is_told_by_its_name(api: Api) -> None:
    fleet = Fleet(api.store.database)
    with api.client() as client:
        reader = Reader(client)
        for condition in (*SEEN, *SEEN):
            fleet.saw("left", PrinterStatus(condition, trouble="E3"), utc_now())
        told = [reader.message()["data"]["type"] for _ in (*SEEN, *SEEN)]
        reader.close()

    faults = ["printer.fault", "printer.offline"]
    assert told == ["printer.condition", *faults, "printer.online", *faults]


@pytest.mark.parametrize("scope", [Scope.OPERATE, Scope.SUBMIT])
def test_how_far_a_print_is_is_told_of_its_job(api: Api, scope: Scope) -> None:
    job = api.store.accept(new_job(1, owner="key:test-submit"))
    for step in PATH[1:]:
        job = move_on(api.store, job, step)
    first_layer_over, ended = threading.Event(), threading.Event()

    def print_on() -> None:
        at, progress = utc_now(), 0.1
        while not ended.wait(0.2):
            is_above = first_layer_over.is_set()
            progress = (max(progress, 0.5) if is_above else progress) + 0.001
            at, layer = at + 2 * PROGRESS_EVERY, 2 if is_above else 1
            api.heard["left"] = status = PrinterStatus(
                Condition.PRINTING, job.print_name, progress=progress, layer=layer
            )
            Fleet(api.store.database).saw("left", status, at)

    with ThreadPoolExecutor() as pool, api.client() as house, api.client(scope) as client:
        going_on = pool.submit(print_on)
        try:
            in_house, reader = Reader(house), Reader(client)
            while in_house.message()["data"]["type"] != "printer.progress":
                pass
            first_layer_over.set()
            told = [reader.message()]
            while told[-1]["data"]["type"] != "job.progress":
                told.append(reader.message())
        finally:
            ended.set()
            reader.close()
            in_house.close()
            going_on.result()

    of_job = [message for message in told if message["event"] == "job"]
    assert [one["data"]["type"] for one in of_job] == ["job.first_layer_done", "job.progress"]
    assert all(one["data"]["job"]["number"] == 1 and "id" not in one for one in of_job)
    assert all((one["data"]["printer"] is None) == (scope is Scope.SUBMIT) for one in of_job)


def test_who_comes_back_is_told_what_was_missed(api: Api) -> None:
    held(api, 1)
    with api.client() as client:
        seen = client.get("/state").json()["seq"]
        held(api, 2)
        first = Reader(client, headers={"Last-Event-ID": str(seen)})
        missed = [first.message(), first.message()]
        held(api, 3)
        fresh = [first.message(), first.message()]
        first.close()

    assert [message["data"]["job"]["number"] for message in missed + fresh] == [2, 2, 3, 3]
    ids = [int(message["id"]) for message in missed + fresh]
    assert ids == list(range(seen + 1, seen + 5))


@pytest.mark.parametrize("seen", ["999999", "0"])
def test_who_has_missed_too_much_is_told_to_look_at_the_state(api: Api, seen: str) -> None:
    with api.store.database.write() as connection:
        connection.executemany(
            "INSERT INTO event(at, kind) VALUES (?, ?)",
            [("2026-05-03T12:00:00.000+00:00", "drop.rejected")] * 1200,
        )
    with api.client() as client:
        reader = Reader(client, params={"after": seen})
        told = reader.message()
        held(api, 1)
        after = reader.message()
        reader.close()

    assert told["data"]["type"] == "events.missed"
    assert after["data"]["type"] == "job.received"


def test_forty_readers_are_told_everything(api: Api) -> None:
    jobs = 30

    def read(_number: int) -> list[str]:
        with api.client() as client:
            reader = Reader(client)
            listening.release()
            told = [reader.message()["id"] for _ in range(2 * jobs)]
            reader.close()
            return told

    listening = threading.Semaphore(0)
    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read, number) for number in range(READERS)]
        for _ in range(READERS):
            assert listening.acquire(timeout=60)
        for number in range(1, jobs + 1):
            held(api, number)
        told = [reader.result(timeout=60) for reader in readers]

    assert told[0] == sorted(set(told[0]), key=int)
    assert all(one == told[0] for one in told)


def test_a_key_that_hands_in_hears_of_its_own_jobs_only(api: Api) -> None:
    with api.client(Scope.SUBMIT) as shop:
        reader = Reader(shop)
        held(api, 1, owner="ana")
        clear_bed(api.store)
        held(api, 2, owner="key:test-submit")
        told = [reader.message(), reader.message()]
        reader.close()

    assert [message["data"]["job"]["number"] for message in told] == [2, 2]
    assert told[1]["data"]["job"]["can"] == ["cancel"]  # what others may do is none of its business


def test_a_key_that_hands_in_hears_nothing_of_printers(api: Api) -> None:
    job_in(api.store, State.PRINTING, 1)
    with api.store.database.write() as connection:
        connection.execute("UPDATE job SET owner = 'key:test-submit'")
    with api.client(Scope.SUBMIT) as shop, api.client() as staff:
        mine, all_of_it = (Reader(client, params={"after": "0"}) for client in (shop, staff))
        with_printer = next(told for told in messages(all_of_it) if told["data"]["printer"])
        same = next(told for told in messages(mine) if told["id"] == with_printer["id"])
        mine.close()
        all_of_it.close()

    assert with_printer["data"]["printer"]["name"] == "left"
    assert same["data"]["job"]["number"] == 1
    assert same["data"]["printer"] is None


def messages(reader: Reader) -> Iterator[dict[str, Any]]:
    while True:
        yield reader.message()


def test_a_key_that_hands_in_is_told_as_well_that_it_has_missed_too_much(api: Api) -> None:
    with api.client(Scope.SUBMIT) as shop:
        reader = Reader(shop, headers={"Last-Event-ID": "999999"})
        told = reader.message()
        held(api, 1, owner="key:test-submit")
        reader.message()
        reader.close()

    assert (told["event"], told["data"]["type"]) == ("notice", "events.missed")
    assert set(told["data"]) == {"type", "at", "who", "text", "job", "printer"}


def test_who_was_told_nothing_yet_knows_where_to_go_on(api: Api) -> None:
    with api.client() as client:
        first = Reader(client)
        while not first.place:
            first.block()
        first.close()
        held(api, 1)
        second = Reader(client, headers={"Last-Event-ID": first.place})
        told = [second.message(), second.message()]
        second.close()

    assert [message["data"]["type"] for message in told] == ["job.received", "job.held"]


@pytest.mark.parametrize("bounds", [replace(USUAL, stream_quiet_s=1.5)])
def test_a_key_keeps_its_place_while_only_others_are_busy(api: Api) -> None:
    """Its line stays open, and events of others do not count as missed when it comes back."""
    ended = threading.Event()

    def others() -> None:
        number = 0
        while not ended.wait(0.02):
            number += 1
            api.store.accept(new_job(number, owner="ana"))

    with api.client(Scope.SUBMIT) as shop, ThreadPoolExecutor(1) as pool:
        reader = Reader(shop)
        working = pool.submit(others)
        places: set[str] = set()
        try:
            while len(places) < 3:  # none, the first, and one while others are busy
                reader.block()
                places.add(reader.place)
        finally:
            ended.set()
        reader.close()
        working.result(timeout=60)
        newest = api.store.events(limit=1)[0].seq

    assert max(int(place or 0) for place in places) in range(2, newest + 1)


def test_open_streams_do_not_delay_the_end(tmp_path: Path) -> None:
    with served(tmp_path) as api, ThreadPoolExecutor(3) as pool:
        clients = [api.client() for _ in range(3)]
        readers = [Reader(client) for client in clients]
        rests = [pool.submit(reader.rest) for reader in readers]
        began_s = time.monotonic()
        api.server.close()
        ended = [rest.result(timeout=30) for rest in rests]
        took_s = time.monotonic() - began_s
        for client in clients:
            client.close()

    assert ended == [[], [], []]
    assert took_s < 4.0  # less than the grace that uvicorn gives a request


def test_a_reader_that_takes_nothing_costs_nobody_anything(api: Api) -> None:
    place = urlsplit(api.server.url)
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.connect((place.hostname, place.port))
    lines = f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nX-Api-Key: {api.key()}\r\n\r\n"
    lazy.sendall(lines.replace("Host: x", "Host: localhost").encode())
    assert lazy.recv(12) == b"HTTP/1.1 200"
    with api.client() as client:
        reader = Reader(client)
        for number in range(1, 300):
            api.store.accept(new_job(number, settings={"relief": {"note": "x" * 5000}}))
        told = [reader.message() for _ in range(299)]
        reader.close()
    lazy.close()

    assert [message["data"]["job"]["number"] for message in told] == list(range(1, 300))


@pytest.mark.parametrize("number", ["-1", "x", "1" * 30, "1.5"])
def test_what_is_no_number_of_an_event_is_said(api: Api, number: str) -> None:
    with api.client() as client:
        answer = client.get("/events", headers={"Last-Event-ID": number})

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_one_key_leaves_streams_for_others() -> None:
    hub = Hub()
    for _ in range(MOST_OF_ONE):
        hub.join("key:shop")
    with pytest.raises(TooManyAtOnce, match="20 streams of this key"):
        hub.join("key:shop")
    hub.join("key:other")
    hub.join()
    hub.leave("key:shop")
    hub.join("key:shop")

    assert hub.readers == MOST_OF_ONE + 2


def test_who_falls_behind_the_ring_is_found_out() -> None:
    hub = Hub()
    for number in range(KEPT + 10):
        hub._put([Message(b"", number)])  # noqa: SLF001  what the loop does

    assert hub.after(9) is None
    assert hub.after(10) is not None
    assert [place for place, _ in hub.after(KEPT + 8) or []] == [KEPT + 9, KEPT + 10]
    assert hub.after(KEPT + 10) == []
