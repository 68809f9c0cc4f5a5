"""G-code is read with one meaning, or not at all."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.gcode.commands import Command, command_of, quick_move
from printd.gcode.lines import MalformedLine, code_of, lines_of


def split(content: bytes) -> list[bytes]:
    return list(lines_of(io.BytesIO(content)))


class Drip:
    """Gives one byte at a time."""

    def __init__(self, content: bytes) -> None:
        self._stream = io.BytesIO(content)

    def read(self, size: int, /) -> bytes:
        return self._stream.read(1)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line_end_ends_a_line(end: bytes) -> None:
    assert split(end.join([b"G28", b"; calm", b"M104 S500", b""])) == [
        b"G28",
        b"; calm",
        b"M104 S500",
    ]


@given(st.lists(st.sampled_from([b"G1", b"\n", b"\r", b"\r\n", b";x"])))
def test_lines_do_not_depend_on_the_chunks(parts: list[bytes]) -> None:
    content = b"".join(parts)
    assert list(lines_of(Drip(content))) == split(content) == content.splitlines()


@pytest.mark.parametrize(
    "content",
    [b"G28\x00\n", b"G28\x1b[2J\n", b"; \x07\n", b"G1 X1\x0bM104 S500\n", b"G1\x7f\n"],
)
def test_control_characters_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedLine, match="control character"):
        split(content)


@pytest.mark.parametrize("content", [b"G28\nG1 X1\nG1\x00\n", b"G28\r\n\n\x00", b"\r\r\x00G1\n"])
def test_the_line_of_a_control_character_is_named(content: bytes) -> None:
    for stream in (io.BytesIO(content), Drip(content)):
        with pytest.raises(MalformedLine) as caught:
            list(lines_of(stream))
        assert caught.value.line == 3


def test_lines_before_a_control_character_are_read() -> None:
    lines = lines_of(io.BytesIO(b"G28\nG1 X1\x00\n"))
    assert next(lines) == b"G28"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GCDE\x01", "binary G-code"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "zip"),
        ("G28\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_text_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(MalformedLine, match=said):
        split(content)


def test_a_line_without_an_end_does_not_fill_the_memory() -> None:
    with pytest.raises(MalformedLine, match="too long"):
        split(b"G1 " + b"X" * 3_000_000)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"G1 " + b" " * 1100, "longer than 1024"),
        (b"G1;" + b"x" * 5000, "comment is longer"),
        (b"G1 X1\xc2\xa0Y1", "not ASCII"),
        (b"\xef\xbb\xbfG28", "not ASCII"),
    ],
)
def test_lines_over_the_limits_are_refused(line: bytes, said: str) -> None:
    with pytest.raises(MalformedLine, match=said):
        code_of(line, 1, 4096)


def test_other_alphabets_are_fine_in_comments() -> None:
    assert code_of("G28 ; nach Hause: Ä".encode(), 1, 4096)[0] == b"G28"


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        (b"M104 S300", "M104", {"S": 300}),
        (b"m0104s0300", "M104", {"S": 300}),
        (b"M 104 S 300.5", "M104", {"S": 300.5}),
        (b"G1X1Y-2.5Z+.3", "G1", {"X": 1, "Y": -2.5, "Z": 0.3}),
        (b"g28 x y", "G28", {"X": None, "Y": None}),
        (b"T0", "T0", {}),
        (b"M109\tT1\tS210", "M109", {"T": 1, "S": 210}),
    ],
)
def test_commands_are_normalised(code: bytes, name: str, words: dict[str, float | None]) -> None:
    assert command_of(code, 7) == Command(7, name, words)


def test_a_part_after_the_dot_is_kept() -> None:
    command = command_of(b'M862.3 P "MK3S"', 1)
    assert (command.name, command.sub, command.text) == ("M862", "3", 'P "MK3S"')


def test_named_commands_are_read() -> None:
    command = command_of(b"set_heater_temperature heater=extruder target=300", 1)
    assert command.name == "SET_HEATER_TEMPERATURE"
    assert command.named == {"HEATER": "EXTRUDER", "TARGET": "300"}


@pytest.mark.parametrize(
    "code",
    [
        b"N10 G1 X1*57",
        b"G1 X1*57",
        b"G1 (aside) X1",
        b"G1 X1 M104 S500",
        b"G1 X1 G1 X2",
        b"G1 X1 T1",
        b"G1 X1 X2",
        b"G1 X1E5",
        b"G1 X1e5",
        b"G1 X1.5E5",
        b"G1 X1 0",
        b"G1 X1.2.3",
        b"G1 X--1",
        b"G1 Xnan",
        b"M104 Sinf",
        b"M104 S0x200",
        b"G1 X" + b"9" * 400,
        b"G1 X{1+1}",
        b"G1 X[1]",
        b'M104 S"300"',
        b"@pause",
        b"/G1 X1",
        b"%",
        b"X10 Y10",
        b"G",
        b"G1.2.3",
        b"G12345678901",
        b"RUN SHELL",
        b"MACRO A=1 A=2",
        b"MACRO A='x'",
        b"* G1",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(code: bytes) -> None:
    with pytest.raises(MalformedLine):
        command_of(code, 1)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_command_or_refused(code: bytes) -> None:
    with contextlib.suppress(MalformedLine):
        plain, _ = code_of(code, 1, 4096)
        assert not plain or command_of(plain, 1).name


NUMBER = st.decimals(-999, 999, places=3).map(lambda value: f"{value:f}".encode())


@given(st.fixed_dictionaries({}, optional=dict.fromkeys("XYZEF", NUMBER)))
def test_the_quick_way_reads_what_the_long_way_reads(words: dict[str, bytes]) -> None:
    code = b" ".join([b"G1", *(key.encode() + words[key] for key in "XYZEF" if key in words)])
    quick = quick_move(code)
    assert quick is not None
    numbers = {
        key: float(text) for key, text in zip("XYZEF", quick[1:], strict=True) if text is not None
    }
    assert numbers == command_of(code, 1).words
