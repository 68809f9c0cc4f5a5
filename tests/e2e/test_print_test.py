"""``printd doctor --print-test``: a first small piece that goes the way of every job."""

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh

from printd.core.jobs import State
from printd.meshers.first_piece import BASE_MM, SIDE_MM, STEPS_MM, make_first_piece
from tests.e2e.conftest import Opener
from tests.peers.daemon import PRINTD, Daemon
from tests.peers.terminal import Terminal

LIMITED = {  # a recipe that would make something else of it, and one that asks first
    "recipes": {
        "default": {"approval": "always"},
        "wide": {
            "width_mm": 90,
            "copies": 3,
            "material": "PETG",
            "colour": "red",
            "orient": "least_support",
        },
    }
}


def height_mm(mesh: trimesh.Trimesh, x_mm: float, y_mm: float) -> float:
    """Return the highest point of a mesh over a place."""
    tops = mesh.triangles[mesh.face_normals[:, 2] > 0.1]
    found = []
    for a, b, c in tops:
        sides = np.array([b[:2] - a[:2], c[:2] - a[:2]]).T
        if abs(np.linalg.det(sides)) < 1e-12:
            continue
        s, t = np.linalg.solve(sides, np.array([x_mm, y_mm]) - a[:2])
        if min(s, t, 1 - s - t) >= -1e-9:
            found.append(a[2] + s * (b[2] - a[2]) + t * (c[2] - a[2]))
    return float(max(found))


def test_the_piece_shows_heights_and_which_way_round_it_is(tmp_path: Path) -> None:
    report = make_first_piece(tmp_path / "piece.stl")
    mesh = trimesh.load_mesh(tmp_path / "piece.stl")

    assert (report.width_mm, report.height_mm) == (SIDE_MM, SIDE_MM)
    assert mesh.is_watertight
    steps = [height_mm(mesh, x_mm, 3.75) for x_mm in (3.25, 7.75, 12.25, 16.75)]
    assert steps == pytest.approx([BASE_MM + step_mm for step_mm in STEPS_MM], abs=0.02)
    highest, ground = BASE_MM + STEPS_MM[-1], BASE_MM
    letter = {
        (6, 8.5): highest,  # the stem, on the left, ...
        (14, 17.5): highest,  # ... the upper bar, which is the longer one, ...
        (11, 13): highest,
        (14, 13): ground,
        (14, 8.5): ground,
    }
    assert {place: height_mm(mesh, *place) for place in letter} == pytest.approx(letter, abs=0.03)


@pytest.mark.peer("prusa-slicer")
def test_it_is_printed_whatever_the_recipes_say_once_the_bed_is_clear(open_daemon: Opener) -> None:
    daemon = open_daemon(LIMITED)

    told = daemon.ask("doctor", "--print-test", "--yes")
    number = told["job"]
    daemon.wait_for_job("first piece", State.SLICED)
    waiting = daemon.ask("show", number)
    daemon.clear_bed()
    job = daemon.wait_for_job("first piece", State.PRINTED)

    assert waiting["because"]["code"] == "bed_unknown"
    assert {row["verdict"] for row in told["checks"]} <= {"ok", "warn"}
    assert job.number == number
    assert [one.name for one in daemon.jobs()] == ["first piece"]
    size_mm = daemon.ask("show", number)["facts"]["model"]["size_mm"]
    assert size_mm == pytest.approx([SIDE_MM, SIDE_MM, BASE_MM + STEPS_MM[-1]], abs=0.01)
    assert daemon.hands().starts() == 1


def test_a_person_is_asked_first(open_daemon: Opener) -> None:
    daemon = open_daemon()
    words = [str(PRINTD), "doctor", "--config", str(daemon.config), "--print-test", "p1"]

    with Terminal(words, daemon.folder, {"PATH": "/usr/bin:/bin"}) as terminal:
        terminal.answers("Print a relief of 20 mm on p1: yes or no [no]: ", "")
        assert terminal.code() == 0
    nobody = daemon.cli("doctor", "--print-test")

    assert "Nothing was handed in." in terminal.screen
    assert nobody.returncode == 64
    assert "Say so by --yes." in nobody.stderr
    assert daemon.jobs() == []


def test_what_is_in_the_way_is_said_and_nothing_is_handed_in(
    open_daemon: Opener, tmp_path: Path
) -> None:
    away = Daemon(tmp_path / "away").cli("doctor", "--print-test", "--yes")
    (tmp_path / "d1").mkdir()
    (tmp_path / "d1" / "pi.key").write_text("X")
    (tmp_path / "d1" / "pi.key").chmod(0o600)
    pi = {"kind": "octoprint", "url": "http://127.0.0.1:1", "key_file": "pi.key"}
    daemon = open_daemon({"printers": {"pi": pi}})
    several = daemon.cli("doctor", "--print-test", "--yes")
    offline = daemon.cli("doctor", "--print-test", "pi", "--yes")
    unknown = daemon.cli("doctor", "--print-test", "p9", "--yes")
    other = daemon.cli("doctor", "--json", "--print-test", "p1", "--yes")

    assert away.returncode == 75
    assert "nothing was handed in" in away.stderr
    assert "There are several printers; there are: p1, pi." in several.stderr
    assert "Nothing was handed in: printer_pi" in offline.stderr
    assert "No printer is called 'p9'" in unknown.stderr
    assert json.loads(other.stdout)["job"] == 1  # what is wrong with another one is no matter
    assert other.returncode == 1
    assert [job.number for job in daemon.jobs()] == [1]
