"""What is asked of the daemon: kept until it is done, answered in the transaction that does it."""

import threading
from pathlib import Path

import pytest

from printd.core.database import Database
from printd.core.errors import DaemonAway, NoSuchJob
from printd.core.requests import Requests
from printd.core.store import Store
from tests.peers.stores import open_store

VERBS = ("cancel", "hold")


@pytest.fixture
def requests(store: Store) -> Requests:
    return Requests(store.database)


def test_what_is_asked_is_open_in_the_order_it_was_asked(requests: Requests) -> None:
    requests.post("hold", {"job": 2}, who="bob")
    requests.post("cancel", {"job": 1}, who="ann")
    found = requests.open(VERBS)
    assert [(request.verb, request.args, request.who) for request in found] == [
        ("hold", {"job": 2}, "bob"),
        ("cancel", {"job": 1}, "ann"),
    ]


def test_each_desk_sees_its_own_verbs(requests: Requests) -> None:
    requests.post("add", {}, who="ann")
    assert requests.open(VERBS) == []
    assert len(requests.open(["add"])) == 1


def test_a_done_request_is_answered_and_closed(requests: Requests) -> None:
    seq = requests.post("cancel", {"job": 1}, who="ann")
    assert requests.answer(seq) is None
    requests.done(requests.open(VERBS)[0], {"state": "cancelled"})
    answer = requests.answer(seq)
    assert answer is not None
    assert (answer.code, answer.values) == (None, {"state": "cancelled"})
    assert requests.open(VERBS) == []


def test_a_refusal_carries_code_problem_action_and_exit_code(requests: Requests) -> None:
    seq = requests.post("cancel", {"job": 9}, who="ann")
    requests.refused(requests.open(VERBS)[0], NoSuchJob("There is no job #9."))
    answer = requests.answer(seq)
    assert answer is not None
    assert answer.code == "no_such_job"
    assert answer.values == {
        "problem": "There is no job #9.",
        "action": NoSuchJob.action,
        "exit_code": 66,
    }


def test_an_answer_whose_deed_is_undone_is_undone(requests: Requests, store: Store) -> None:
    seq = requests.post("cancel", {"job": 1}, who="ann")
    (request,) = requests.open(VERBS)

    def answer_and_crash() -> None:
        with store.database.write():
            requests.done(request, {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer_and_crash()
    assert requests.answer(seq) is None
    assert requests.open(VERBS) == [request]


def test_a_request_without_a_daemon_is_kept(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        seq = Requests(store.database).post("cancel", {"job": 1}, who="ann")
        with pytest.raises(DaemonAway) as away:
            Requests(store.database).wait(seq, timeout_s=0.01)
        assert away.value.exit_code == 75
    with open_store(tmp_path) as store:
        assert [request.seq for request in Requests(store.database).open(VERBS)] == [seq]


def test_who_asks_beside_the_daemon_gets_its_answer(requests: Requests, tmp_path: Path) -> None:
    database = Database(tmp_path / "printd.db")
    database.use()
    beside = Requests(database)
    seq = beside.post("hold", {"job": 1}, who="ann")

    def daemon() -> None:
        for request in requests.open(VERBS):
            requests.done(request, {"done": True})

    thread = threading.Thread(target=daemon)
    thread.start()
    answer = beside.wait(seq, timeout_s=10)
    thread.join()
    database.close()
    assert answer.values == {"done": True}
