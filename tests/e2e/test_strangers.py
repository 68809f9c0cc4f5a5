"""Somebody prints past printd: nothing of ours is started onto what lies on the bed then."""

import pytest

from printd.core.beds import Beds, BedState
from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.daemon import Daemon
from tests.photos import encoded, textured


def bed_is_occupied(daemon: Daemon) -> bool:
    with daemon.store() as store:
        return Beds(store.database).get("p1").state is BedState.OCCUPIED


@pytest.mark.peer("prusa-slicer")
@pytest.mark.parametrize("is_dead", [True, False], ids=["daemon dead", "between two looks"])
def test_nothing_is_started_onto_a_print_of_a_stranger(
    open_daemon: Opener, *, is_dead: bool
) -> None:
    daemon = open_daemon()
    daemon.clear_bed()
    if is_dead:
        assert daemon.stop() == 0
    daemon.hands().print_as_stranger(0.02)
    if is_dead:
        daemon.start()

    daemon.put("cat.png", encoded(textured(64, 64), "PNG"))
    daemon.wait_for_job("cat.png", State.SLICED)
    daemon.wait_until(lambda: bed_is_occupied(daemon), "the bed is occupied")
    assert daemon.hands().starts() == 0

    daemon.clear_bed()
    daemon.wait_for_job("cat.png", State.PRINTED)
    beds = [line["bed"] for line in daemon.hands().journal() if line["event"] == "started"]
    assert beds == ["clear"]
