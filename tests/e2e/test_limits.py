"""Closed doors, prices and limits at the real daemon: said everywhere in the same words."""

from pathlib import Path

import httpx
import pytest

from printd.core.jobs import State
from printd.web.keys import Scope
from printd.web.logins import COOKIE, Logins, form_word
from tests.e2e.conftest import Opener
from tests.peers.daemon import SERVED, Daemon, merged
from tests.peers.no_tls import NO_TLS
from tests.photos import encoded, textured

CLOSED = "p1 never starts anything (opening hours)."
SETTINGS = {
    "opening_hours": {"days": {}},
    "price": {"per_gram": 0.1, "minimum": 2, "currency": "CHF"},
    "limits": {"per_person": {"money": 1.5}},
}


def because(daemon: Daemon, number: int) -> tuple[str, str]:
    said = daemon.ask("show", number)["because"]
    return said["code"], said["problem"]


@pytest.mark.peer("prusa-slicer")
def test_a_job_that_is_too_dear_is_held_let_go_and_waits_for_open_doors(
    open_daemon: Opener, tmp_path: Path
) -> None:
    daemon = open_daemon(SETTINGS)
    daemon.clear_bed()
    photo = tmp_path / "cat.png"
    photo.write_bytes(encoded(textured(64, 64, 1), "PNG"))
    assert daemon.cli("add", photo).returncode == 0
    job = daemon.wait_for_job("cat.png", State.HELD)
    code, problem = because(daemon, job.number)
    assert code == "limit_reached"
    assert problem.startswith("This print takes 2.00 CHF; ")
    assert problem.endswith(" may have 1.50 CHF within 24 h.")

    assert daemon.cli("release", job.number).returncode == 0
    job = daemon.wait_for_job("cat.png", State.SLICED)
    assert job.facts["price"] == {"amount": "2.00", "currency": "CHF", "text": "2.00 CHF"}
    assert because(daemon, job.number) == ("closed_hours", CLOSED)
    status = daemon.drop / "_status.txt"
    daemon.wait_until(lambda: CLOSED in status.read_text(), "_status.txt says it too")
    assert CLOSED in daemon.cli("status").stdout

    assert daemon.cli("add", photo).returncode != 0  # he has had more than he may
    assert len(daemon.jobs()) == 1
    assert daemon.unaccounted() == set()

    daemon.write_config({"limits": {"per_person": {"money": 4}}})
    assert daemon.ask("config", "reload")[0]["changed"] == ["limits.per_person"]
    assert daemon.cli("add", photo, "--name", "second").returncode == 0
    daemon.wait_for_job("second", State.SLICED)  # and is not held


def test_somebody_who_has_logged_in_is_bound_as_a_person_and_not_as_a_key(
    open_daemon: Opener,
) -> None:
    limits = {"per_person": {"prints": 1}, "per_key": {"prints": 0}}
    daemon = open_daemon(merged(SERVED, {"limits": limits}))
    with daemon.store() as store:
        word = Logins(store.database).begin("lee", Scope.SUBMIT)
    url = daemon.log.rsplit("API: ", 1)[1].split("\n", 1)[0].strip()
    headers = {"X-Form-Word": form_word(word)}
    photo = encoded(textured(64, 64, 1), "PNG")
    with httpx.Client(headers=headers, cookies={COOKIE: word}, verify=NO_TLS) as lee:
        made, refused = (
            lee.post(f"{url}/jobs", files={"file": ("a.png", photo)}, data={"hold": "true"})
            for _ in range(2)
        )
    assert (made.status_code, made.json()["owner"]) == (201, "lee"), made.text
    assert refused.json()["code"] == "limit_reached"
    assert refused.json()["problem"] == "Lee has had 1 of 1 prints within 24 h."
