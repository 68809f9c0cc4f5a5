"""What is noted of our prints at a Bambu printer, and from which of its states."""

from pathlib import Path

from printd.core.board import Evidence
from printd.printers.bambu.start_command import stem_of
from printd.printers.bambu.talk import View
from printd.printers.bambu.watch import Watch
from tests.peers.bambu_states import p1s

NAME = "pd-41-1-abcdefgh-cat"


def shown(number: int, connection: int = 1, **fields: object) -> View:
    return View(p1s(subtask_name=stem_of(NAME), **fields), None, connection, number)


def started(folder: Path, before: str = "FINISH") -> Watch:
    watch = Watch("left", folder, lands_s=60.0, settle_s=0.0)
    watch.ledger.note("uploaded", NAME, bytes=5, sha256="ab", folder="", plate=1, filaments=[])
    watch.about_to_send(NAME, View(p1s(gcode_state=before), None, 1, 1))  # beside another
    return watch


def theirs(number: int, state: str) -> View:
    identity = {"subtask_name": "vase", "subtask_id": "12", "task_id": "12", "gcode_file": "vase"}
    return View(p1s(gcode_state=state, **identity), None, 1, number)


def test_an_older_state_is_not_taken_for_the_end_of_what_has_begun_since(tmp_path: Path) -> None:
    watch = started(tmp_path)
    waits = shown(2, gcode_state="FINISH")  # the end of the print before, under our name
    assert watch.look(NAME, waits) is Evidence.UNKNOWN
    assert watch.look(NAME, shown(3, gcode_state="RUNNING")) is Evidence.RUNNING
    assert watch.look(NAME, waits) is Evidence.RUNNING
    assert watch.look(NAME, shown(4, gcode_state="FINISH")) is Evidence.FINISHED


def test_the_first_state_of_a_connection_is_newer_than_the_last_one_of_another(
    tmp_path: Path,
) -> None:
    watch = started(tmp_path)
    assert watch.look(NAME, shown(9, gcode_state="RUNNING")) is Evidence.RUNNING
    assert watch.look(NAME, shown(1, connection=2, gcode_state="FINISH")) is Evidence.FINISHED


def test_the_end_of_another_print_under_our_name_is_none_of_ours(tmp_path: Path) -> None:
    """Ours was sent first, and waits until theirs is over."""
    watch = started(tmp_path, before="IDLE")
    watch.saw(theirs(2, "RUNNING"))
    watch.saw(theirs(3, "FINISH"))
    watch.saw(shown(4, gcode_state="FINISH"))
    assert watch.look(NAME, shown(4, gcode_state="FINISH")) is Evidence.UNKNOWN
    watch.saw(shown(5, gcode_state="RUNNING"))
    assert watch.look(NAME, shown(6, gcode_state="FINISH")) is Evidence.FINISHED


def test_the_next_start_forgets_whom_the_one_before_has_met(tmp_path: Path) -> None:
    watch = started(tmp_path, before="IDLE")
    watch.saw(theirs(2, "RUNNING"))
    watch.about_to_send(NAME, View(p1s(gcode_state="IDLE"), None, 1, 3))
    assert watch.look(NAME, shown(4, gcode_state="FINISH")) is Evidence.FINISHED


def test_what_the_ledger_knows_goes_with_the_state_that_it_knows_it_of(tmp_path: Path) -> None:
    watch = started(tmp_path)
    runs, ends = shown(2, gcode_state="RUNNING"), shown(3, gcode_state="FAILED", print_error=1)
    watch.saw(runs)
    watch.saw(ends)
    view, entry = watch.shown(runs)
    assert view is ends
    assert entry is not None
    assert entry.ended is Evidence.FAILED
