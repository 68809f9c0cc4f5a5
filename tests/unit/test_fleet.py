"""What the store remembers of printers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from printd.core.board import Condition, PrinterStatus
from printd.core.errors import NoSuchPrinter, StartInDoubt
from printd.core.fleet import Fleet, News
from printd.core.jobs import State
from printd.core.spools import Spools, Tray
from printd.core.store import Store
from tests.peers.stores import job_in

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def printing(progress: float, layer: int = 1) -> PrinterStatus:
    return PrinterStatus(Condition.PRINTING, "pd-1-1-x", progress, layer, 9, 60.0)


@pytest.fixture
def fleet(store: Store) -> Fleet:
    return Fleet(store.database)


def test_a_printer_never_heard_of_has_no_status(fleet: Fleet) -> None:
    row = fleet.get("left")
    assert (row.status, row.seen_at, row.out_of_service, row.job) == (None, None, None, None)
    with pytest.raises(NoSuchPrinter):
        fleet.get("middle")


def test_a_status_is_read_back_as_it_was_seen(fleet: Fleet) -> None:
    status = PrinterStatus(Condition.FAILED, "pd-1-1-x", 0.5, 3, 9, 60.0, trouble="E7: jam")
    assert fleet.saw("left", status, NOON)
    assert (fleet.get("left").status, fleet.get("left").seen_at) == (status, NOON)


@pytest.mark.parametrize(
    "change",
    [
        PrinterStatus(Condition.PAUSED, "pd-1-1-x", 0.1, 1, 9, 60.0),
        PrinterStatus(Condition.PRINTING, "pd-2-1-y", 0.1, 1, 9, 60.0),
        PrinterStatus(Condition.PRINTING, "pd-1-1-x", 0.1, 1, 9, 60.0, trouble="hot"),
    ],
)
def test_a_change_is_kept_at_once_with_an_event(
    fleet: Fleet, store: Store, change: PrinterStatus
) -> None:
    fleet.saw("left", printing(0.1), NOON)
    assert fleet.saw("left", change, NOON + SECOND)
    assert fleet.get("left").status == change
    assert [event.kind for event in store.events()] == ["printer.condition"] * 2


PLA = Tray(0, 0, 0, "PLA", "FFFFFF", remain=0.8, is_there=True, weight_g=1000.0)
LOADED = PrinterStatus(
    Condition.IDLE,
    spools=Spools((PLA,), (Tray(254, 255, 0, "PETG", is_there=True),), units=1, now=0),
    nozzles_mm=(0.4, 0.6),
    fault="it is jammed",
)


def test_what_is_loaded_and_fitted_is_read_back(fleet: Fleet) -> None:
    fleet.saw("left", LOADED, NOON)
    assert fleet.get("left").status == LOADED


@pytest.mark.parametrize(
    "change",
    [
        replace(LOADED, fault=None),
        replace(LOADED, nozzles_mm=(0.4,)),
        replace(LOADED, spools=None),
        *(
            replace(LOADED, spools=Spools((tray,), units=1))
            for tray in (
                replace(PLA, colour="000000"),
                replace(PLA, is_there=False),
                replace(PLA, remain=0.0),
            )
        ),
    ],
)
def test_another_tray_or_nozzle_is_kept_at_once(fleet: Fleet, change: PrinterStatus) -> None:
    fleet.saw("left", LOADED, NOON)
    assert fleet.saw("left", change, NOON + SECOND) is News.FITTED
    assert fleet.get("left").status == change


def test_what_is_loaded_stands_in_the_history(fleet: Fleet, store: Store) -> None:
    fleet.saw("left", LOADED, NOON)
    assert [(event.kind, event.text) for event in store.events()] == [
        ("printer.condition", "idle"),
        ("printer.loaded", "tray 1 of AMS 1: white PLA; the external spool: PETG"),
    ]


def test_a_spool_that_grows_thinner_is_progress(fleet: Fleet, store: Store) -> None:
    assert LOADED.spools is not None
    thinner = replace(LOADED.spools, trays=(replace(PLA, remain=0.79),), now=None)
    fleet.saw("left", LOADED, NOON)
    assert not fleet.saw("left", replace(LOADED, spools=thinner), NOON + 9 * SECOND)
    assert fleet.get("left").status == LOADED
    assert not fleet.saw("left", replace(LOADED, spools=thinner), NOON + 10 * SECOND)
    assert fleet.get("left").status == replace(LOADED, spools=thinner)
    assert len(store.events()) == 2


def test_progress_is_kept_every_ten_seconds_without_an_event(fleet: Fleet, store: Store) -> None:
    fleet.saw("left", printing(0.1), NOON)
    assert not fleet.saw("left", printing(0.2), NOON + 9 * SECOND)
    assert fleet.get("left").status == printing(0.1)
    assert not fleet.saw("left", printing(0.3), NOON + 10 * SECOND)
    assert fleet.get("left").status == printing(0.3)
    assert len(store.events()) == 1


def test_the_same_again_is_not_written(fleet: Fleet) -> None:
    fleet.saw("left", printing(0.1), NOON)
    fleet.saw("left", printing(0.1), NOON + 60 * SECOND)
    assert fleet.get("left").seen_at == NOON


def test_out_of_service_is_kept_until_it_is_back(fleet: Fleet, store: Store) -> None:
    fleet.out_of_service("left", "new nozzle", who="ann")
    assert fleet.get("left").out_of_service == "new nozzle"
    fleet.out_of_service("left", None, who="ann")
    assert fleet.get("left").out_of_service is None
    assert [event.text for event in store.events()] == [
        "out of service: new nozzle",
        "back in service",
    ]
    with pytest.raises(NoSuchPrinter):
        fleet.out_of_service("middle", "gone", who="ann")


@pytest.mark.parametrize("state", [State.ASSIGNED, State.UPLOADED, State.PRINTING])
def test_a_job_at_a_printer_has_it(fleet: Fleet, store: Store, state: State) -> None:
    job = job_in(store, state)
    assert (fleet.get("left").job, fleet.get("right").job) == (job.number, None)


def test_a_job_in_doubt_has_its_printer_and_an_ended_one_has_not(
    fleet: Fleet, store: Store
) -> None:
    held = store.stop(job_in(store, State.UPLOADED), State.HELD, StartInDoubt("Who knows."))
    assert fleet.get("left").job == held.number
    store.resolve(held, State.PRINTED, who="ann")
    assert fleet.get("left").job is None
