"""A form as it comes: fields into memory, files to the disk, each within its limits.

The parser is pushed what has come and keeps nothing; the names of fields are a closed set. What a
client calls its file is data: it is never part of a path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from printd.web.problems import BodyTooLarge, UploadInvalid, WrongType

if TYPE_CHECKING:  # a name for type checkers only
    from python_multipart.multipart import MultipartCallbacks

FIELD_BYTES: Final = 64 * 1024
MOST_PARTS: Final = 20
HEADER_BYTES: Final = 8 * 1024
NAME_CHARACTERS: Final = 255
FORM: Final = b"multipart/form-data"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a form may hold."""

    file: str  # the field that is the file
    fields: frozenset[str]
    most_bytes: Callable[[str], int]  # of a file of this name
    beside: Mapping[str, int] = field(default_factory=dict)  # more files, and their most bytes

    def most_of(self, name: str, of: str) -> int:
        """Return how large the file in the field ``name`` may be, which is called ``of``."""
        return self.most_bytes(of) if name == self.file else self.beside[name]


@dataclass(slots=True)
class Sent:
    """One file of a form."""

    name: str  # as the client calls it
    most_bytes: int
    sink: BinaryIO
    taken_bytes: int = 0
    hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes | memoryview) -> None:
        """Take what has come of it.

        Raises:
            BodyTooLarge: that is too much.
        """
        self.taken_bytes += len(chunk)
        if self.taken_bytes > self.most_bytes:
            raise too_large(self.most_bytes)
        self.hash.update(chunk)
        self.sink.write(chunk)


@dataclass(slots=True)
class Filled:
    """What a form holds."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, Sent] = field(default_factory=dict)  # by their fields


class FormReader:
    """Reads one form.

    Args:
        content_type: of the body.
        shape: what it may hold.
        begin: called with the field and the name of a file before its first byte is read; returns
            where its bytes go. May refuse it.

    Raises:
        WrongType: it is no form.
    """

    def __init__(
        self, content_type: str, shape: Shape, begin: Callable[[str, str], BinaryIO]
    ) -> None:
        self.filled = Filled()
        self._shape = shape
        self._begin = begin
        self._parts = 0
        self._header = b""
        self._value = b""
        self._disposition = ""
        self._field = ""  # under way
        self._sent: Sent | None = None  # the file that it is; None: it is no file
        self._content = bytearray()
        self._ended = False
        kind, options = parse_options_header(content_type)
        if kind != FORM or not options.get(b"boundary"):
            raise WrongType("An upload is a form: multipart/form-data with a boundary.")
        try:
            self._parser = MultipartParser(
                options[b"boundary"], self._callbacks(), max_header_size=HEADER_BYTES
            )
        except FormParserError as error:
            raise WrongType("The boundary of this form is too long.") from error

    def feed(self, data: bytes) -> None:
        """Read what has come.

        Raises:
            UploadInvalid: it is no form, or not of this shape.
            BodyTooLarge: a field or the file is.
        """
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise UploadInvalid("The form cannot be read.") from error

    def close(self) -> Filled:
        """Return what the form holds.

        Raises:
            UploadInvalid: it has no end, or no file.
        """
        if not self._ended:
            raise UploadInvalid("The form ends before its last boundary.")
        if self._shape.file not in self.filled.files:
            raise UploadInvalid(f"The form has no file in the field `{self._shape.file}`.")
        return self.filled

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_ends,
            "on_end": self._end,
        }

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise UploadInvalid(f"A form has up to {MOST_PARTS} fields.")
        self._disposition = ""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value.decode("latin-1")
        self._header = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if name in self.filled.fields or name in self.filled.files:
            raise UploadInvalid(f"The field `{name}` comes twice.")
        files = {self._shape.file, *self._shape.beside}
        if name not in files | self._shape.fields:
            known = ", ".join(sorted(files | self._shape.fields))
            raise UploadInvalid(f"The form has a field that is not known here; known: {known}.")
        self._field = name
        self._content = bytearray()
        self._sent = None
        if name in files:
            self._file_begins(name, options.get(b"filename", b"").decode("utf-8", "replace"))

    def _file_begins(self, name: str, of: str) -> None:
        sink = self._begin(name, of)
        self._sent = Sent(of[:NAME_CHARACTERS], self._shape.most_of(name, of), sink)
        self.filled.files[name] = self._sent

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._sent is not None:
            self._sent.write(memoryview(data)[start:end])
            return
        self._content += data[start:end]
        if len(self._content) > FIELD_BYTES:
            raise BodyTooLarge(f"A field may have up to {FIELD_BYTES // 1024} KB.")

    def _part_ends(self) -> None:
        if self._sent is not None:
            return
        try:
            self.filled.fields[self._field] = self._content.decode()
        except UnicodeDecodeError as error:
            raise UploadInvalid(f"The field `{self._field}` is no UTF-8 text.") from error

    def _end(self) -> None:
        self._ended = True


def too_large(most_bytes: int) -> BodyTooLarge:
    """Return what is said of a file of more bytes."""
    is_large = most_bytes >= 1e6
    size = f"{round(most_bytes / 1e6, 1):g} MB" if is_large else f"{most_bytes / 1024:.0f} KB"
    return BodyTooLarge(f"Such a file may have up to {size}.")
