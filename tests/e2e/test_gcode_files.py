"""G-code files of people: off by default; switched on, judged as a stranger's and printed once."""

import os
from pathlib import Path

import pytest

from printd.core.given import Given
from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.e2e.test_commands import added, refused, wait_for
from tests.peers.containers import whole
from tests.peers.daemon import Daemon
from tests.peers.gcode_corpus import BLOCK, END, PRINT, START
from tests.photos import encoded, textured

ON = {"drop": {"gcode": True}}
GOOD = (START + PRINT + END).encode()
OTHER = (START + PRINT * 2 + END).encode()
TOO_HOT = (START + "M104 S400\n" + PRINT + END).encode()


def written(folder: Path, content: bytes, name: str = "part.gcode") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def waits_for(daemon: Daemon, number: int) -> str:
    return str(daemon.ask("show", number)["because"]["code"])


def test_it_is_off_by_default(open_daemon: Opener, tmp_path: Path) -> None:
    daemon = open_daemon()
    daemon.put("part.gcode", GOOD)
    said = daemon.refused("part.gcode")
    assert "G-code files from people are not taken here." in said
    assert "`gcode: true` under `drop:`" in said
    refused(daemon, 1, "gcode_off", "add", written(tmp_path, GOOD))
    assert daemon.jobs() == []
    assert list((daemon.data / "incoming").iterdir()) == []


def test_it_is_printed_once_and_never_on_an_occupied_bed(open_daemon: Opener) -> None:
    daemon = open_daemon(ON)
    daemon.put("part.gcode", GOOD)
    job = daemon.wait_for_job("part.gcode", State.SLICED)
    assert waits_for(daemon, job.number) == "bed_unknown"
    daemon.clear_bed()
    wait_for(daemon, job.number, State.PRINTED)
    daemon.put("other.gcode", OTHER)
    other = daemon.wait_for_job("other.gcode", State.SLICED)
    assert waits_for(daemon, other.number) == "bed_not_clear"
    assert daemon.hands().starts() == 1
    daemon.hands().remove_print()
    daemon.clear_bed()
    wait_for(daemon, other.number, State.PRINTED)
    assert daemon.hands().starts() == 2
    assert daemon.unaccounted() == set()


def test_what_is_printed_is_what_was_handed_in(open_daemon: Opener) -> None:
    card = {"kind": "folder", "path": "card", "speed": None}
    daemon = open_daemon({**ON, "printers": {"p1": card}})
    (daemon.folder / "card").mkdir()
    daemon.put("part.gcode", GOOD)
    daemon.wait_for_job("part.gcode", State.PRINTING)
    (file,) = (daemon.folder / "card").glob("*.gcode")
    assert file.read_bytes() == GOOD


def test_a_bad_file_is_refused_by_line_and_rule(open_daemon: Opener, tmp_path: Path) -> None:
    daemon = open_daemon(ON)
    daemon.put("hot.gcode", TOO_HOT)
    said = daemon.refused("hot.gcode")
    assert said.startswith("The G-code is refused for p1 (generic). G2, line 8: M104: 400 °C")
    assert "Choose a lower temperature" in said
    stderr = refused(daemon, 1, "gcode_refused", "add", written(tmp_path, TOO_HOT))
    assert "G2, line 8" in stderr
    cut = written(tmp_path, GOOD[:100], "cut.gcode")
    assert "may be cut off" in refused(daemon, 1, "gcode_unfinished", "add", cut)
    assert daemon.jobs() == []
    assert daemon.unaccounted() == set()


def test_it_is_handed_in_by_a_command_too(open_daemon: Opener, tmp_path: Path) -> None:
    daemon = open_daemon(ON)
    daemon.clear_bed()
    part = written(tmp_path, GOOD)
    assert daemon.cli("add", part, "--name", "Bracket", "--wait").returncode == 0
    (job,) = daemon.jobs()
    assert (job.name, job.given, job.state) == ("Bracket", Given.GCODE, State.PRINTED)
    shown = daemon.cli("show", job.number).stdout
    assert "#1 Bracket: printed on p1" in shown
    assert "layers" in shown
    assert daemon.cli("jobs").returncode == 0
    assert added(daemon, part, "--key", "k", "--hold") == added(daemon, part, "--key", "k")


def test_what_is_for_pictures_is_refused_with_it(open_daemon: Opener, tmp_path: Path) -> None:
    daemon = open_daemon(ON)
    part, mask = written(tmp_path, GOOD), written(tmp_path, b"", "mask.png")
    mask.write_bytes(encoded(textured(64, 64, 1), "PNG"))
    assert "width_mm" in refused(daemon, 64, "setting_invalid", "add", part, "--width-mm", "40")
    assert "mask" in refused(daemon, 64, "usage", "add", part, "--mask-file", mask)
    os.truncate(part, 501_000_000)  # sparse: it takes no room
    assert "up to 500 MB" in refused(daemon, 1, "gcode_refused", "add", part)
    container = whole(tmp_path / "part.gcode.3mf", GOOD)
    assert "No printer" in refused(daemon, 1, "gcode_unwanted", "add", container)
    assert daemon.jobs() == []


def test_an_ended_job_is_made_once_more_of_the_same_file(
    open_daemon: Opener, tmp_path: Path
) -> None:
    daemon = open_daemon(ON)
    number = added(daemon, written(tmp_path, GOOD))
    assert daemon.cli("cancel", number).returncode == 0
    assert daemon.cli("retry", number).returncode == 0
    (_, again) = daemon.jobs()
    wait_for(daemon, again.number, State.SLICED)
    assert again.again_of == number
    daemon.clear_bed()
    wait_for(daemon, again.number, State.PRINTED)


def test_another_profile_has_what_waits_judged_again(open_daemon: Opener, tmp_path: Path) -> None:
    daemon = open_daemon(ON)
    number = added(daemon, written(tmp_path, GOOD))
    daemon.stop()
    daemon.write_config({"printers": {"p1": {"kind": "virtual", "profile": "prusa-mk3s"}}})
    daemon.start()
    wait_for(daemon, number, State.SLICED)
    daemon.wait_until(
        lambda: daemon.ask("show", number)["facts"]["gcode"]["profile"] == "prusa-mk3s",
        "judged for the other printer",
    )


def test_a_file_for_another_printer_waits_until_there_is_one(open_daemon: Opener) -> None:
    daemon = open_daemon(ON)
    block = BLOCK.replace("nozzle_diameter = 0.4", "printer_model = MK3S").encode()
    daemon.put("mk3.gcode", GOOD + block)
    held = daemon.wait_for_job("mk3.gcode", State.HELD)
    assert held.because is not None
    assert held.because.code == "wrong_kind"
    assert held.because.problem.startswith("It is not for p1 (generic): the file is for MK3S")
    assert f"printd move {held.number} --to PRINTER" in held.because.action
    assert daemon.cli("release", held.number).returncode == 0
    daemon.wait_until(lambda: daemon.jobs()[0].revision > held.revision + 1, "it is judged again")
    again = daemon.wait_for_job("mk3.gcode", State.HELD)
    assert again.because == held.because
    daemon.stop()
    daemon.write_config({"printers": {"p1": {"kind": "virtual", "profile": "prusa-mk3s"}}})
    daemon.start()
    assert daemon.cli("retry", held.number).returncode == 0
    wait_for(daemon, held.number, State.SLICED)
    daemon.clear_bed()
    wait_for(daemon, held.number, State.PRINTED)
    assert daemon.unaccounted() == set()


@pytest.mark.peer("prusa-slicer")
def test_a_file_that_was_sliced_elsewhere_is_taken(open_daemon: Opener) -> None:
    """Such as our own, of another printd: it is a stranger here."""
    daemon = open_daemon(ON)
    daemon.put("mia.png", encoded(textured(64, 64, 1), "PNG"))
    photo = daemon.wait_for_job("mia.png", State.SLICED)
    content = (daemon.data / "jobs" / photo.id / "print.gcode").read_bytes()
    daemon.put("mia.gcode", content)
    job = daemon.wait_for_job("mia.gcode", State.SLICED)
    facts, of_photo = job.facts["gcode"], photo.facts["gcode"]
    assert facts["sha256"] == of_photo["sha256"]
    assert facts["print_time_s"] == pytest.approx(of_photo["print_time_s"], abs=1)
    assert facts["filament_g"] == pytest.approx(of_photo["filament_g"], rel=0.01)
    assert facts["layers"] == of_photo["layers"]
    assert (facts["verdict"]["level"], of_photo["verdict"]["level"]) == ("foreign", "own")
