"""Where commands put their results: said before anything is calculated if it cannot be."""

from pathlib import Path

import pytest

from printd.cli.places import folder_beside, pictures_placed
from printd.core.errors import DiskFailed, SettingInvalid


def test_pictures_are_png_whatever_they_are_called(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match=r"--layers .*a\.jpg: pictures are PNG"):
        pictures_placed({"--layers": str(tmp_path / "a.jpg")})
    assert pictures_placed({"--preview": str(tmp_path / "a.PNG"), "--layers": None}) == {
        "--preview": tmp_path / "a.PNG"
    }


def test_a_place_where_no_folder_can_be_made_is_said() -> None:
    with pytest.raises(DiskFailed, match="/proc"), folder_beside(Path("/proc/x.gcode")):
        pass
