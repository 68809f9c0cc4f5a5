"""The OctoPrint of the tests itself: it prints, it keeps what it must, and its counts are true."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.octoprint import EACH_RELEASE, OctoPrint, shared_octoprint
from tests.peers.octoprint_base import APP_KEY, GUEST_KEY
from tests.peers.octoprint_hands import OctoPrintHands
from tests.peers.print_files import gcode
from tests.peers.virtual_printer import wait_until

SHORT = gcode(layers=2, layer_s=1)
LONG = gcode(layers=5, layer_s=60, dwell_s=60)
PATH = "printd/cat.gcode"


@pytest.fixture(params=EACH_RELEASE)
def hands(request: pytest.FixtureRequest) -> OctoPrintHands:
    return shared_octoprint(request.param).hands


@pytest.fixture(params=EACH_RELEASE)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OctoPrint]:
    with OctoPrint(tmp_path / "base", request.param) as started:
        yield started


def begin(hands: OctoPrintHands) -> None:
    hands.upload(PATH, LONG)
    hands.print_file(PATH)
    hands.wait_for("Printing")


def test_the_application_key_may_print_and_a_guest_may_nothing(hands: OctoPrintHands) -> None:
    def rights(key: str) -> set[str]:
        return set(hands.ask("GET", "/api/currentuser", key=key).body["permissions"])

    assert {"PRINT", "CONTROL", "FILES_UPLOAD", "FILES_DELETE", "CONNECTION"} <= rights(APP_KEY)
    assert rights(GUEST_KEY) == set()
    assert hands.ask("GET", "/api/version", key="wrong").status == 403


def test_prints_that_end_are_counted_the_same_by_server_and_printer(hands: OctoPrintHands) -> None:
    hands.upload(PATH, SHORT)
    for count in (1, 2):
        hands.print_file(PATH)
        hands.wait_for_ends(PATH, count)
        assert hands.history(PATH) == (count, 0)
        assert hands.starts(PATH) == hands.received("G28") == count
        hands.disconnect()
        hands.connect()
    assert hands.content(PATH).decode() == SHORT


@pytest.mark.parametrize("end", ["cancel", "disconnect", "firmware_error", "drop_line"])
def test_each_bad_end_is_one_failure(hands: OctoPrintHands, end: str) -> None:
    begin(hands)
    getattr(hands, end)()
    hands.wait_for_ends(PATH, 1)
    assert hands.history(PATH) == (0, 1)
    assert hands.starts() == 1


def test_a_stranger_prints_from_the_card(hands: OctoPrintHands) -> None:
    hands.print_from_card()
    wait_until(lambda: hands.starts() == 1, "the printer was told")
    assert hands.starts(PATH) == 0


@pytest.mark.parametrize(("allow", "status"), [(True, 200), (False, 404)])
def test_a_question_for_a_key_is_decided(hands: OctoPrintHands, allow: bool, status: int) -> None:
    wish = {"app": "tester", "user": "owner"}
    asked = hands.ask("POST", "/plugin/appkeys/request", wish, key=None)
    question = asked.headers["Location"].removeprefix(hands.url)
    assert hands.ask("GET", question, key=None).status == 202
    hands.decide("tester", allow=allow)
    assert hands.ask("GET", question, key=None).status == status


def test_the_next_test_finds_nothing_of_the_last(hands: OctoPrintHands) -> None:
    begin(hands)
    hands.tidy_up()
    assert hands.state() == "Operational"
    assert hands.file(PATH) is None
    hands.upload(PATH, SHORT)
    assert (hands.history(PATH), hands.starts()) == ((0, 0), 0)


def test_killed_in_a_print_it_keeps_the_file_and_forgets_the_print(server: OctoPrint) -> None:
    begin(server.hands)
    server.restart()
    assert server.hands.state() == "Operational"
    assert server.hands.content(PATH).decode() == LONG
    assert server.hands.history(PATH) == (0, 0)
    assert server.hands.starts(PATH) == 1


def test_stopped_it_ends_well_and_answers_nobody(server: OctoPrint) -> None:
    assert server.stop() == 0
    assert not server.hands.answers()
    server.start()
    assert server.hands.answers()
