"""Reports of Bambu printers: full ones, deltas, doubled and late ones, and what is no report."""

import copy
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.printers.bambu.merge import LATE, Reports, is_full, merged, push_of
from printd.printers.bambu.report import Snapshot
from tests.peers.bambu_states import H2D, P1S, delta, full


def trays(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {tray["id"]: tray for tray in state["ams"]["ams"][0]["tray"]}


def after(*messages: dict[str, Any]) -> Reports:
    reports = Reports()
    for message in messages:
        reports.take(message)
    return reports


def test_a_delta_changes_only_what_it_names() -> None:
    state = merged(P1S, delta(8, mc_percent=3)["print"])
    assert {key for key in P1S if state[key] != P1S[key]} == {"mc_percent", "msg", "sequence_id"}


def test_objects_are_merged_deeply() -> None:
    state = merged(P1S, delta(8, upgrade_state={"status": "DOWNLOADING"})["print"])
    assert state["upgrade_state"] == {"status": "DOWNLOADING", "new_version_state": 2}


def test_a_tray_is_changed_and_its_neighbours_stay() -> None:
    change = {"ams": [{"id": "0", "tray": [{"id": "1", "tray_color": "000000FF"}]}]}
    state = merged(P1S, delta(8, ams=change)["print"])
    assert trays(state)["1"]["tray_color"] == "000000FF"
    assert trays(state)["1"]["tray_type"] == "PETG"
    assert trays(state)["0"] == trays(P1S)["0"]
    assert state["ams"]["tray_now"] == "255"


def test_a_tray_of_id_and_state_alone_keeps_its_spool() -> None:
    change = {"ams": [{"id": "0", "tray": [{"id": "0", "state": 11}]}]}
    state = merged(P1S, delta(8, ams=change)["print"])
    assert trays(state)["0"]["tray_type"] == "PLA"


def test_a_unit_that_is_new_is_added() -> None:
    change = {"ams": [{"id": "1", "tray": [{"id": "0", "tray_type": "ASA"}]}]}
    state = merged(P1S, delta(8, ams=change)["print"])
    assert [unit["id"] for unit in state["ams"]["ams"]] == ["0", "1"]


@pytest.mark.parametrize("key", ["hms", "stg", "s_obj", "lights_report"])
def test_all_other_lists_are_replaced(key: str) -> None:
    assert merged({**P1S, key: [1, 2]}, delta(8, **{key: [3]})["print"])[key] == [3]


def test_a_full_report_replaces_everything() -> None:
    state = merged({**P1S, "of_another_firmware": 1}, P1S)
    assert "of_another_firmware" not in state


def test_neither_argument_is_altered() -> None:
    state, push = copy.deepcopy(P1S), delta(8, ams={"ams": [{"id": "0", "x": 1}]})["print"]
    asked = copy.deepcopy(push)
    merged(state, push)
    assert (state, push) == (P1S, asked)


def test_deltas_do_not_take_the_card_away() -> None:
    state = merged(P1S, delta(8, home_flag=0x3)["print"])
    assert state["home_flag"] & 0x7 == 0x3
    assert Snapshot.of(state).has_card is True


def test_a_full_report_does() -> None:
    gone = merged(P1S, {**P1S, "home_flag": 0x7, "sdcard": None})
    assert Snapshot.of(gone).has_card is False


def test_the_number_of_layers_outlives_the_end() -> None:
    running = merged(P1S, delta(8, gcode_state="RUNNING", layer_num=52)["print"])
    assert (
        merged(running, delta(9, gcode_state="FINISH", total_layer_num=0)["print"])[
            "total_layer_num"
        ]
        == 52
    )


def test_and_not_the_beginning_of_the_next() -> None:
    state = merged(P1S, delta(8, gcode_state="PREPARE", total_layer_num=0)["print"])
    assert state["total_layer_num"] == 0


def test_what_is_full() -> None:
    assert is_full(P1S)
    assert is_full(H2D)  # it does not say so
    assert not is_full(delta(3, mc_percent=1)["print"])
    assert not is_full({"mc_percent": 1})


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "print",
        {"print": None},
        {"print": {"command": "project_file", "gcode_state": "RUNNING"}},
        {"print": {"command": "extrusion_cali_get", "nozzle_diameter": "0.8"}},
        {"info": {"command": "get_version", "module": []}},
    ],
)
def test_an_answer_is_no_report(message: object) -> None:
    reports = Reports()
    assert push_of(message) is None
    assert not reports.take(message)
    assert reports.state == {}


def test_nothing_is_full_before_a_full_report_of_this_connection() -> None:
    reports = after(delta(1, gcode_state="RUNNING"))
    assert not reports.is_full
    reports.take(full(2))
    assert reports.is_full


def test_a_doubled_report_changes_nothing() -> None:
    reports = after(full(7), delta(8, mc_percent=3))
    before = reports.state
    assert not reports.take(delta(8, mc_percent=3))
    assert reports.state == before


def test_the_order_of_late_reports_does_not_matter() -> None:
    messages = [
        full(7),
        delta(8, gcode_state="PREPARE", mc_percent=0),
        delta(9, gcode_state="RUNNING", layer_num=1),
        delta(10, mc_percent=4),
        delta(11, gcode_state="PAUSE"),
    ]
    in_order = after(*messages).state
    for mixed in itertools.permutations(messages):
        state = after(*mixed).state
        assert {**state, "sequence_id": "", "msg": 0} == {**in_order, "sequence_id": "", "msg": 0}


def test_what_only_a_late_report_says_is_kept() -> None:
    reports = after(full(7), delta(9, mc_percent=4), delta(8, gcode_state="RUNNING", mc_percent=1))
    assert (reports.state["gcode_state"], reports.state["mc_percent"]) == ("RUNNING", 4)


def test_a_late_full_report_does_not_bring_back_the_past() -> None:
    reports = after(full(7), delta(9, gcode_state="FINISH"), full(8, gcode_state="RUNNING"))
    assert reports.state["gcode_state"] == "FINISH"


def test_a_counter_that_begins_anew_is_followed() -> None:
    reports = after(full(7000, gcode_state="RUNNING"), full(1, gcode_state="FINISH"))
    assert reports.state["gcode_state"] == "FINISH"


def test_many_reports_are_merged_as_one_by_one() -> None:
    reports, state = after(full(7)), dict(P1S)
    for number in range(8, 8 + 5 * LATE):
        push = delta(number, **{("mc_percent", "layer_num")[number % 3 % 2]: number})
        reports.take(push)
        state = merged(state, push["print"])
    assert reports.state == state


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*P1S, "id", "tray", "info", "device"]), inner, max_size=5
        )
    ),
    max_leaves=24,
)


@given(WILD, WILD)
def test_wild_reports_never_fail(first: object, second: object) -> None:
    reports = Reports()
    for content in (first, P1S, second):
        fields = content if isinstance(content, dict) else {"ams": content, "hms": content}
        reports.take({"print": {**fields, "command": "push_status"}})
        Snapshot.of(reports.state)


def test_reports_without_a_bottom_never_fail() -> None:
    nested: dict[str, Any] = {}
    for _ in range(5000):
        nested = {"ams": nested}
    bottomless = {"print": {**nested, "command": "push_status"}}
    reports = after(full(7), bottomless, bottomless, delta(8, mc_percent=3))
    assert reports.state["mc_percent"] == 3
