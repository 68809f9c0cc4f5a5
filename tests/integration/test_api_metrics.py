"""The figures, as a strict reader of Prometheus' text takes them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from printd.core.board import Condition, PrinterStatus
from printd.core.clock import utc_now
from printd.core.jobs import State
from tests.peers.api import Api, served
from tests.peers.exposition import Metric, read
from tests.peers.no_tls import NO_TLS
from tests.peers.stores import PATH, job_in, move_on, new_job
from tests.peers.virtual_printer import wait_until

MODEL = {"size_mm": [20.0, 20.0, 5.0]}
GCODE = {"print_time_s": 600.0, "filament_g": 5.0, "material": "PLA", "slicer": "PrusaSlicer"}
EXPECTED = {
    *("build_info", "jobs", "jobs_waiting", "jobs_finished_total", "job_step_seconds"),
    *("job_wait_seconds", "drop_files_total", "drop_last_scan_timestamp_seconds"),
    *("mesher_requests_total", "mesher_seconds", "mesher_cost_total", "slicer_seconds"),
    *("slicer_cache_hits_total", "printer_up", "printer_condition", "printer_bed_clear"),
    *("printer_in_service", "print_progress_ratio", "print_remaining_seconds", "print_layer"),
    *("print_layers", "filament_used_grams_total", "print_seconds_total"),
    *("temperature_celsius", "temperature_target_celsius"),
    *("disk_free_bytes", "db_bytes", "http_request_seconds"),
}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with served(tmp_path) as running:
        yield running


def scraped(api: Api) -> dict[str, Metric]:
    with httpx.Client(base_url=api.server.url, timeout=60, verify=NO_TLS) as client:
        found = read(client.get("/metrics").text)
    assert all(name.startswith("printd_") for name in found)
    return {name.removeprefix("printd_"): metric for name, metric in found.items()}


def scraped_until(api: Api, is_so: Callable[[dict[str, Metric]], bool]) -> dict[str, Metric]:
    wait_until(lambda: is_so(scraped(api)), "what has happened is counted")
    return scraped(api)


def printed(api: Api, number: int, **facts: Any) -> None:
    job = job_in(api.store, State.PRINTING, number, **facts)
    api.store.advance(job, State.PRINTED, {}, who="printd")


def test_every_figure_is_there_under_its_name(api: Api) -> None:
    api.scanned_at = utc_now()

    assert set(scraped(api)) == EXPECTED


def test_a_job_is_counted_in_each_of_its_steps(api: Api) -> None:
    scraped(api)  # the server follows the store
    job = job_in(api.store, State.SLICED, gcode={**GCODE, "took_s": 4.0}, model=MODEL)
    for step in PATH[PATH.index(State.SLICED) + 1 :]:
        job = move_on(api.store, job, step)
    api.store.advance(job, State.PRINTED, {}, who="printd")

    found = scraped_until(
        api, lambda found: ("_count", (("step", "printing"),)) in found["job_step_seconds"].samples
    )

    assert found["job_step_seconds"].labels("step") == set(PATH)
    assert found["job_wait_seconds"].value("_count", printer="left") == 1
    assert found["mesher_requests_total"].value(mesher="relief", outcome="made") == 1
    assert found["slicer_seconds"].value("_sum", slicer="PrusaSlicer") == 4.0
    assert found["slicer_seconds"].value("_bucket", slicer="PrusaSlicer", le="3") == 0
    assert found["slicer_seconds"].value("_bucket", slicer="PrusaSlicer", le="10") == 1
    assert found["slicer_cache_hits_total"].samples == {}


def test_a_slice_that_was_made_before_is_no_work(api: Api) -> None:
    scraped(api)
    job_in(
        api.store, State.SLICED, gcode={**GCODE, "took_s": 4.0, "made_before": True}, model=MODEL
    )

    found = scraped_until(api, lambda found: bool(found["slicer_cache_hits_total"].samples))

    assert found["slicer_cache_hits_total"].value(slicer="PrusaSlicer") == 1
    assert found["slicer_seconds"].samples == {}


def test_a_stop_is_no_time_of_a_step(api: Api) -> None:
    scraped(api)
    job = job_in(api.store, State.ORDERED)
    api.store.cancelled(job, "Cancelled by ana.", who="ana")

    found = scraped_until(api, lambda found: bool(found["mesher_requests_total"].samples))

    assert found["mesher_requests_total"].value(mesher="relief", outcome="cancelled") == 1
    assert found["job_step_seconds"].labels("step") == {"received"}


def test_answers_are_counted_by_few_words(api: Api) -> None:
    with api.client() as client:
        client.get("/jobs")
        client.get("/nothing")
        client.request("BREW", "/jobs")

    found = scraped(api)["http_request_seconds"]

    assert found.value("_count", method="GET", status="2xx") == 1
    assert found.value("_count", method="GET", status="4xx") == 1
    assert found.labels("method") == {"GET", "other"}


def test_heat_is_of_printers_that_answer(api: Api) -> None:
    api.heard["left"] = PrinterStatus(
        Condition.PRINTING, nozzle_c=215.5, bed_c=60.0, chamber_c=31.0, nozzle_target_c=220.0
    )
    api.heard["right"] = PrinterStatus(Condition.OFFLINE, nozzle_c=20.0)

    found = scraped(api)["temperature_celsius"]

    assert found.value(printer="left", sensor="nozzle") == 215.5
    assert found.value(printer="left", sensor="bed") == 60.0
    assert found.value(printer="left", sensor="chamber") == 31.0
    assert found.labels("printer") == {"left"}
    wanted = scraped(api)["temperature_target_celsius"]
    assert wanted.value(printer="left", sensor="nozzle") == 220.0
    assert wanted.labels("sensor") == {"nozzle"}


def test_words_of_strangers_make_no_labels(api: Api) -> None:
    for number in range(1, 30):
        printed(api, number, gcode={**GCODE, "material": f"stuff {number}"})
    printed(api, 30, gcode=GCODE)

    found = scraped(api)["filament_used_grams_total"]

    assert found.value(printer="left", material="PLA") == 5.0
    assert found.value(printer="left", material="other") == 29 * 5.0
    assert len(found.samples) == 2


def test_odd_words_are_read_as_they_are(api: Api) -> None:
    odd = 'a "b" \\n\\ \n{c="d"},e'
    job = api.store.accept(new_job(1, source=odd))
    api.store.cancelled(job, "Cancelled by ana.", who="ana")

    assert scraped(api)["jobs_finished_total"].labels("source") == {odd}
