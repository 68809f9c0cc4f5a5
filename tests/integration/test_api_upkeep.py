"""Looking after printd over the API: doctor, the log, a backup, profiles, meshers, limits."""

import logging
import tarfile
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from printd.core import log as logs
from printd.core.archive import unpack
from printd.core.clock import to_text, utc_now
from printd.core.errors import SlicerMissing
from printd.core.jobs import Job
from printd.core.masking import hide
from printd.core.prices import Money
from printd.core.spending import Paid
from printd.web.keys import Scope
from tests.peers.api import Api, served
from tests.peers.stores import new_job


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    changes: dict[str, Any] = {
        "limits": {
            "free_mb": 0,
            "free_pct": 0,
            "per_key": {"prints": 3, "grams": 100, "money": 5, "waiting": 9, "within_h": 12},
        },
        "budget": {"per_day": "4.00"},
    }
    with served(tmp_path_factory.mktemp("upkeep"), **changes) as api:
        yield api


@pytest.mark.parametrize("path", ["/doctor", "/log", "/backup", "/bundle"])
def test_only_administrators_look_inside(api: Api, path: str) -> None:
    with api.client(Scope.OPERATE) as client:
        assert client.get(path).json()["code"] == "api_key_too_weak"
    with api.client(None) as client:
        assert client.get(path).status_code == 401


def test_doctor_says_what_the_command_says(api: Api) -> None:
    with api.client() as client:
        found = {one["check"]: one for one in client.get("/doctor").json()["findings"]}
    assert found["data_dir"]["verdict"] == "ok"
    assert found["profile_left"]["fact"].startswith("generic: 220 x 220 x 250 mm")
    assert found["daemon"]["verdict"] == "warn"  # this server is none
    assert found["daemon"]["remedy"] == "Start it with `printd run`."


def test_the_log_shows_its_last_lines_without_secrets(api: Api) -> None:
    before = [(one, one.handlers, one.level, one.propagate) for one in loggers()]
    logs.set_up("info")
    hide("hunter2-of-octoprint")
    try:
        for number in range(12):
            logging.getLogger("printd.test").info("line %s hunter2-of-octoprint", number)
    finally:
        for one, handlers, level, propagate in before:
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)
    with api.client() as client:
        lines = client.get("/log", params={"lines": 10}).json()["lines"]
        assert client.get("/log", params={"lines": 0}).status_code == 422
    assert [line["text"] for line in lines] == [f"printd.test: line {n} ***" for n in range(2, 12)]
    assert lines[0]["level"] == "info"


def loggers() -> list[logging.Logger]:
    return [logging.getLogger(), logging.getLogger("printd")]


def test_a_backup_is_sent_whole_and_nothing_of_it_stays(api: Api, tmp_path: Path) -> None:
    api.store.accept(new_job(90))
    before = {path.name for path in api.config.data_dir.iterdir()}
    with api.client() as client:
        answer = client.get("/backup")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/gzip"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-disposition"].startswith('attachment; filename="printd-')
    with tarfile.open(fileobj=BytesIO(answer.content)) as tar:
        assert "printd.db" in tar.getnames()
    file = tmp_path / "b.tar.gz"
    file.write_bytes(answer.content)
    stage = tmp_path / "stage"
    stage.mkdir()
    assert "made_at" in unpack(file, stage)
    assert {path.name for path in api.config.data_dir.iterdir()} == before


def test_a_support_bundle_is_sent_without_names(api: Api) -> None:
    api.store.accept(new_job(91, name="mia-in-the-garden.jpg"))
    with api.client() as client:
        answer = client.get("/bundle")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(answer.content)) as bundle:
        assert bundle.testzip() is None
        told = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert "daemon  does not run" in told["doctor.txt"]
    assert '"state": "received"' in told["jobs.json"]
    assert not any("mia-in-the-garden" in text for text in told.values())


def test_profiles_are_listed_with_who_uses_them(api: Api) -> None:
    with api.client(Scope.OPERATE) as client:
        listed = client.get("/profiles").json()["profiles"]
        assert client.post("/profiles/none/check").json()["code"] == "no_such_thing"
        checked = client.post("/profiles/left/check").json()
        waits = client.post("/profiles/bambu-a1/check").json()
    assert (listed[0]["name"], listed[0]["printers"]) == ("generic", ["left", "right"])
    assert listed[0]["hash"] is not None
    by_name = {one["name"]: one for one in listed}
    assert by_name["bambu-a1"]["trouble"] == "needs import"
    assert by_name["bambu-a1-prusa"]["experiment"] is not None
    # Here nobody lends a slicer; the daemon does, see the test in a browser.
    assert checked["verdict"] == "warn"
    assert "not tried out" in checked["fact"]
    assert checked["remedy"] == SlicerMissing("").advice
    assert waits["verdict"] == "fail"


def paid(api: Api, job: Job, cents: int, state: Paid, mesher: str = "relief") -> None:
    with api.store.database.write() as connection:
        connection.execute(
            "INSERT INTO service_order(job, attempt, mesher, owner, price_cents, currency, state,"
            " at) VALUES (?, 1, ?, 'ana', ?, 'EUR', ?, ?)",
            (job.number, mesher, cents, state, to_text(utc_now())),
        )


def test_meshers_say_what_they_were_paid(api: Api) -> None:
    for number, (cents, state) in enumerate(
        [(40, Paid.DELIVERED), (25, Paid.SENT), (500, Paid.REFUNDED)], start=70
    ):
        paid(api, api.store.accept(new_job(number)), cents, state)
    paid(api, api.store.accept(new_job(79)), 100, Paid.LOST, "gone")  # not configured any more
    with api.client(Scope.OPERATE) as client:
        said = client.get("/meshers").json()
    (relief,) = said["meshers"]
    assert (relief["name"], relief["at_home"], relief["price_text"]) == ("relief", True, "nothing")
    assert Decimal(relief["spent_today"]["amount"]) == Decimal("0.65")
    assert Decimal(said["budget"]["spent_this_month"]["amount"]) == Decimal("1.65")
    assert said["budget"]["per_day"]["text"] == str(Money(Decimal("4.00"), "EUR"))
    assert said["budget"]["per_month"] is None


def test_the_limits_of_who_handed_something_in(api: Api) -> None:
    facts: dict[str, Any] = {
        "gcode": {"filament_g": 12.5, "print_time_s": 3600},
        "price": {"amount": "1.20", "currency": "EUR", "text": "1.20 €"},
    }
    settings = {"mesher": "relief", "material": "PLA", "relief": {}, "limits": "key"}
    jobs = [
        api.store.accept(new_job(number, owner="key:shop", settings=settings, facts=facts))
        for number in (80, 81)
    ]
    free = api.store.accept(new_job(82, owner="ana"))
    with api.client(Scope.OPERATE) as client:
        said = client.get(f"/jobs/{jobs[0].number}/limits").json()
        none = client.get(f"/jobs/{free.number}/limits").json()
        assert client.get("/jobs/999/limits").status_code == 404
    assert (said["holder"], said["within_h"]) == ("the key shop", 12.0)
    had = {one["of"]: (Decimal(one["used"]), Decimal(one["most"])) for one in said["had"]}
    assert {of: (str(used), str(most)) for of, (used, most) in had.items()} == {
        "prints": ("2", "3"),
        "grams": ("25.0", "100"),
        "money": ("2.40", "5"),
        "waiting": ("2", "9"),
    }
    assert none["had"] == []
