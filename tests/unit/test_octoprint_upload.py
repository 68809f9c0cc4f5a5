"""The body of an upload: whole, of known length, and never more than was judged."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy

import pytest

from printd.core.errors import InternalError
from printd.printers.octoprint.upload import Form

CONTENT = b"G28\n" * 1000


def in_pieces(content: bytes, size: int = 700) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def read_whole(form: Form, size: int) -> bytes:
    pieces = []
    while piece := form.read(size):
        assert len(piece) <= size
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("size", [1, 17, 4096, 1 << 20])
def test_a_form_is_as_long_as_it_says_and_holds_what_was_given(size: int) -> None:
    form = Form({"path": "printd", "userdata": '{"a": 1}'}, "x.gcode", 4000, in_pieces(CONTENT))
    body = read_whole(form, size)
    assert len(body) == len(form)
    assert form.sha1 == hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest()
    message = message_from_bytes(
        f"Content-Type: {form.content_type}\r\n\r\n".encode() + body, policy=policy.HTTP
    )
    found = {
        part["content-disposition"].params["name"]: (part.get_filename(), part.get_content())
        for part in message.iter_parts()
    }
    assert found == {
        "path": (None, "printd"),
        "userdata": (None, '{"a": 1}'),
        "file": ("x.gcode", CONTENT),
    }


def test_a_file_that_fails_ends_the_form_before_its_last_byte() -> None:
    def changed() -> Iterator[bytes]:
        yield from in_pieces(CONTENT)
        raise InternalError("The file has changed since it was judged safe.")

    form = Form({}, "x.gcode", len(CONTENT), changed())
    sent = b""
    with suppress(InternalError):
        while piece := form.read(4096):
            sent += piece
    assert CONTENT in sent
    assert len(sent) < len(form)


def test_a_file_that_is_gone_is_found_before_anything_is_sent() -> None:
    def gone() -> Iterator[bytes]:
        yield from ()
        raise InternalError("gone")

    with pytest.raises(InternalError):
        Form({}, "x.gcode", 4, gone())


def test_an_upload_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("printd.printers.octoprint.upload.LEAST_S", -1.0)
    form = Form({}, "x.gcode", 4, iter([b"G28\n"]))
    with pytest.raises(TimeoutError):
        form.read(10)
