"""The camera that is built into a Bambu printer, over TLS on a real socket."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from printd.core.config import Config
from printd.core.errors import CameraAway
from printd.core.printer_config import PrinterConfig
from printd.printers.camera import still_of
from printd.printers.camera_limits import MOST_BYTES
from tests.peers.bambu_camera import BambuCamera, bambu_camera
from tests.peers.certificates import Authority

SERIAL = "01P00A000000001"
CODE = "12345678"
FRAME = b"\xff\xd8\xff\xe0" + bytes(100_000) + b"\xff\xd9"
Frames = Sequence[tuple[int, bytes]]
Open = Callable[[Frames], tuple[BambuCamera, Callable[..., PrinterConfig]]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    certificate = Authority.make().issue(tmp_path, SERIAL)

    def open_camera(frames: Frames) -> tuple[BambuCamera, Callable[..., PrinterConfig]]:
        camera = stack.enter_context(bambu_camera(certificate, CODE, frames))

        def config(code: str = CODE, **changes: object) -> PrinterConfig:
            file = tmp_path / "code"
            file.write_text(code)
            file.chmod(0o600)
            plain = {
                "kind": "bambu",
                "host": "127.0.0.1",
                "serial": SERIAL,
                "access_code_file": file,
                "fingerprint": certificate.fingerprint,
                "camera": True,
                "camera_port": camera.port,
            }
            return Config(printers={"a1": {**plain, **changes}}).printers["a1"]

        return camera, config

    with ExitStack() as stack:
        yield open_camera


def test_the_first_frame_is_the_picture(opened: Open) -> None:
    camera, config = opened([(len(FRAME), FRAME), (7, b"another")])
    assert config().has_camera
    assert still_of("a1", config()) == FRAME
    assert len(camera.greetings[0]) == 80


def test_a_wrong_code_is_told(opened: Open) -> None:
    _, config = opened([(len(FRAME), FRAME)])
    with pytest.raises(CameraAway, match="ends the connection") as caught:
        still_of("a1", config("87654321"))
    assert "access code" in caught.value.action
    assert "87654321" not in str(caught.value)


def test_another_one_at_this_address_is_not_told_the_code(opened: Open) -> None:
    camera, config = opened([(len(FRAME), FRAME)])
    with pytest.raises(CameraAway, match="another certificate"):
        still_of("a1", config(fingerprint="ab" * 32))
    assert b"".join(camera.greetings) == b""


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ([(MOST_BYTES + 1, b"")], "sends 8 MB"),
        ([(2**32 - 1, b"")], "sends 4295 MB"),
        ([(20, b"<svg onload=x></svg>")], "sends no JPEG"),
        ([(9, FRAME[:9])], "sends no JPEG"),
        ([(len(FRAME), FRAME[:500])], "ends the connection"),
        ([(0, b"")], "sends no JPEG"),
    ],
    ids=["large", "huge", "svg", "cut", "short", "empty"],
)
def test_what_is_no_picture_is_not_shown(opened: Open, frames: Frames, why: str) -> None:
    _, config = opened(frames)
    with pytest.raises(CameraAway, match=why):
        still_of("a1", config())


def test_a_code_that_others_can_read_is_not_used(opened: Open, tmp_path: Path) -> None:
    camera, config = opened([(len(FRAME), FRAME)])
    asked = config()
    (tmp_path / "code").chmod(0o644)
    with pytest.raises(CameraAway, match="can be read or changed by others"):
        still_of("a1", asked)
    assert camera.greetings == []


def test_a_camera_that_is_off_is_away(opened: Open) -> None:
    _, config = opened([])
    with pytest.raises(CameraAway, match="does not answer"):
        still_of("a1", config(camera_port=9))
