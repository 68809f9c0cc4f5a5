"""``make demo`` as it is run, on a picture that is soon printed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from printd.geometry.files.meshio import OWN_LIMITS, read_stl
from printd.geometry.mesh.mesh import check_closed
from tests.photos import encoded, textured

DEMO = Path(__file__).parents[2] / "scripts/demo.py"


@pytest.mark.peer("prusa-slicer")
def test_the_demo_leaves_a_photo_a_closed_relief_a_picture_and_gcode(tmp_path: Path) -> None:
    photo = tmp_path / "strip.png"  # narrow: few triangles, a short print
    photo.write_bytes(encoded(textured(400, 40), "PNG"))
    out = tmp_path / "results" / "demo"

    done = subprocess.run(
        [sys.executable, "-u", DEMO, "--photo", photo, "--out", out],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )

    assert done.returncode == 0, done.stderr
    assert "printed in" in done.stdout
    names = {path.name for path in out.iterdir()}
    pictures = {"preview.png", "toolpath.png", "layers.png"}
    assert names == {"strip.png", "relief.stl", "print.gcode", "job.json"} | pictures
    assert (out / "strip.png").read_bytes() == photo.read_bytes()
    for name in pictures:
        with Image.open(out / name) as picture:
            assert picture.format == "PNG"
            assert np.asarray(picture.convert("L")).std() > 5  # something is drawn
    assert check_closed(read_stl(out / "relief.stl", OWN_LIMITS)).is_closed
    assert "\nG1 " in (out / "print.gcode").read_text()
    job = json.loads((out / "job.json").read_text())
    assert job["state"] == "printed"
    moves = [line["to"] for line in job["timeline"] if line["to"]]
    assert moves[0] == "received"
    assert moves[-1] == "printed"
    for name in names:
        assert str(out / name) in done.stdout
