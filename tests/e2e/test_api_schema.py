"""Whatever the description of the API allows is answered as the description says."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from printd.core.errors import HeldByPerson
from tests.e2e.conftest import ended
from tests.peers.daemon import SERVED, Daemon
from tests.peers.filled import fill
from tests.peers.stores import new_job, open_store
from tests.photos import encoded, textured
from tests.telling import Tell

EXAMPLES = 6  # of each operation
PHOTO = encoded(textured(64, 64), "PNG")
STREAM = "/api/v1/events"  # has no end
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def filled(folder: Path) -> Daemon:
    """Return a daemon that has not been started, with jobs in every state."""
    daemon = Daemon(folder, SERVED)
    daemon.data.mkdir()
    with open_store(daemon.data) as store:
        fill(store, over=40, waiting=20, printers=("p1",))
        for number in range(100, 103):
            job = store.accept(new_job(number, hold=HeldByPerson("Held by ana.")))
            folder = daemon.data / "jobs" / job.id
            folder.mkdir(parents=True)
            (folder / "photo.bin").write_bytes(PHOTO)
    return daemon


def known(name: str) -> Any:
    """Return a strategy for what there is of this name."""
    words = {
        "job": st.integers(1, 63).map(str),
        "printer": st.just("p1"),
        "recipe": st.just("default"),
        "key": st.just("spare"),
        "person": st.just("ana"),
        "profile": st.just("generic"),
        "draft": st.just("gone"),
    }
    return words[name]


@pytest.mark.timeout(600)
def test_every_operation_answers_as_it_is_described(tmp_path: Path, tell: Tell) -> None:
    with ended(filled(tmp_path / "d")) as daemon:
        key = daemon.ask("keys", "create", "all", "--scope", "admin")["key"]
        daemon.ask("keys", "create", "spare", "--scope", "submit")
        (url,) = re.findall(r"API: (http://\S+/api/v1)", daemon.log)
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json", wait_for_schema=30)
        schemathesis.checks.load_all_checks()
        checks = [schemathesis.checks.CHECKS.get_one(name) for name in CHECKS]
        answers: Counter[str] = Counter()
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), result
            operation = result.ok()
            if operation.path != STREAM:
                ask(operation, key, checks, answers)
        total = sum(answers.values())
        good = sum(count for status, count in answers.items() if status.startswith("2"))
        tell(f"{total} requests, {good / total:.0%} answered with 2xx: {dict(answers)}")
        assert good / total > 0.25
        assert daemon.runs


def ask(operation: Any, key: str, checks: list[Any], answers: Counter[str]) -> None:
    """Send some requests of one operation, and check what comes back."""
    names = re.findall(r"\{(\w+)\}", operation.path)
    there = st.fixed_dictionaries({name: known(name) for name in names})

    @seed(7)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(case=operation.as_strategy(), found=there, is_known=st.integers(0, 3))
    def asked(case: Any, found: dict[str, str], is_known: int) -> None:
        if is_known:
            case.path_parameters = {**(case.path_parameters or {}), **found}
        answer = case.call(headers={"X-Api-Key": key}, timeout=60)
        answers[str(answer.status_code)] += 1
        case.validate_response(answer, checks=checks)

    asked()
