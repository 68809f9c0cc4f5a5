"""What is noted of our prints at a Bambu printer, and from which of its states."""

from pathlib import Path

from printd.core.board import Evidence
from printd.printers.bambu_start import stem_of
from printd.printers.bambu_talk import View
from printd.printers.bambu_watch import Watch
from tests.peers.bambu_states import p1s

NAME = "pd-41-1-abcdefgh-cat"


def shown(number: int, connection: int = 1, **fields: object) -> View:
    return View(p1s(subtask_name=stem_of(NAME), **fields), None, connection, number)


def started(folder: Path) -> Watch:
    watch = Watch("left", folder, lands_s=60.0, settle_s=0.0)
    watch.ledger.note("uploaded", NAME, bytes=5, sha256="ab", folder="", plate=1, filaments=[])
    watch.about_to_send(NAME, View(p1s(), None, 1, 1))  # beside the end of another
    return watch


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
