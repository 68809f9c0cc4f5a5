"""A slicer that is missing, hangs, crashes or lies: the job is held, and goes on when mended."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from printd.core.jobs import State
from tests.e2e.conftest import Opener
from tests.peers.programs import program
from tests.photos import encoded, textured

BAD: tuple[tuple[str, str | None, str, str], ...] = (
    ("missing", None, "slicer_missing", "is not on this machine"),
    ("hangs", "time.sleep(600)", "slicer_timeout", "did not end within"),
    ("crashes", "os.kill(os.getpid(), signal.SIGSEGV)", "slicer_crashed", "SIGSEGV"),
    ("dies", "os.abort()", "slicer_crashed", "SIGABRT"),
    ("lies", "sys.exit(0)", "slicer_refused", "it said nothing"),
    ("refuses", "print('no layers'); sys.exit(1)", "slicer_refused", "no layers"),
    ("half", "open(out, 'w').write('G28\\n' * 5000)", "slicer_refused", "half a file"),
)


def slicer(path: Path | None, timeout_s: float | None) -> dict[str, Any]:
    return {"slicers": {"prusa": {"program": path and str(path), "timeout_s": timeout_s}}}


@pytest.mark.peer("prusa-slicer")
def test_a_job_is_held_for_each_bad_slicer_and_printed_by_a_good_one(open_daemon: Opener) -> None:
    daemon = open_daemon(slicer(Path("bad/prusa-slicer"), 1.0))
    path = daemon.folder / "bad" / "prusa-slicer"
    first = True
    for _name, behaviour, code, words in BAD:
        # A program that is exchanged is noticed by a daemon that runs.
        if behaviour is not None:
            program(path.parent, behaviour)
        if first:
            daemon.put("cat.png", encoded(textured(64, 64), "PNG"))
        else:
            assert daemon.cli("retry", "1").returncode == 0
        first = False

        def held(code: str = code, words: str = words) -> bool:
            return [
                (job.because.code, words in job.because.problem)
                for job in daemon.jobs()
                if job.state is State.HELD and job.because is not None
            ] == [(code, True)]

        daemon.wait_until(held, f"held with {code}: {words}")
        (job,) = daemon.jobs()
        assert job.because is not None
        assert job.because.action
        folder = daemon.data / "jobs" / job.id
        assert not (folder / "print.gcode").exists()
        left = {path.name for path in folder.iterdir()}
        assert left <= {
            *("photo.bin", "raw.stl", "model.stl", "preview.png", "slice.log", "progress"),
            *("job.json", "depth.npy", "depth.json"),
        }
    assert daemon.stop() == 0
    daemon.write_config({"slicers": None})
    daemon.start()
    daemon.clear_bed()
    assert daemon.cli("retry", "1").returncode == 0

    daemon.wait_for_job("cat.png", State.PRINTED)

    assert daemon.hands().starts() == 1


@pytest.mark.peer("prusa-slicer")
def test_a_slicer_that_fails_one_job_harms_no_other(open_daemon: Opener, tmp_path: Path) -> None:
    path = tmp_path / "prusa-slicer"
    path.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" != --help ] && [ ! -e {tmp_path}/once ]; then\n'
        f"    touch {tmp_path}/once\n"
        "    kill -9 $$\n"
        "fi\n"
        f'exec {shutil.which("prusa-slicer")} "$@"\n'
    )
    path.chmod(0o755)
    daemon = open_daemon(slicer(path, None))
    daemon.clear_bed()
    daemon.put("one.png", encoded(textured(64, 64, 1), "PNG"))
    daemon.wait_for_job("one.png", State.HELD)

    daemon.put("two.png", encoded(textured(64, 64, 2), "PNG"))

    daemon.wait_for_job("two.png", State.PRINTED)
    assert daemon.states()["one.png"] is State.HELD
