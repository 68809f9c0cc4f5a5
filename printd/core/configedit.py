"""A printer added to a configuration file that people write: no line of theirs is changed.

Lines are put in between, as text, where the parsed file says that the printers end. The one idea:
the new text is believed only if, parsed again, it says exactly what the old one said and the new
printer; where it does not, nothing is written and a person pastes the lines.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from printd.core.configfile import BYTES, parsed
from printd.core.errors import DiskFailed
from printd.core.files import new_file, write_file

INDENT: Final = 2  # columns, of a section that is still empty
FIRST_LINE: Final = "# printd's configuration; `printd config example` shows every key.\n\n"

Values = Mapping[str, str | int]


class NotEdited(Exception):
    """The file cannot surely be changed by a program, and is as it was; says why."""


def printer_lines(name: str, values: Values, indent: int = INDENT) -> str:
    """Return the lines of one printer, as they stand under ``printers:``."""
    text = yaml.safe_dump({name: dict(values)}, sort_keys=False, allow_unicode=True, width=10**6)
    return "".join(f"{' ' * indent}{line}" for line in text.splitlines(keepends=True))


def lines_to_paste(path: Path, name: str, values: Values) -> str:
    """Return what a person has to paste under ``printers:``, indented as that file is."""
    try:
        root = yaml.compose(path.read_bytes(), yaml.SafeLoader)
        entry = _entry_of(root, "printers")
        indent = _indent_of(*entry) if entry else INDENT
    except FileNotFoundError:
        return f"printers:\n{printer_lines(name, values)}"
    except (OSError, yaml.YAMLError, ValueError):
        indent = INDENT
    return printer_lines(name, values, indent)


def with_printer(text: str, name: str, values: Values) -> str:
    """Return the text of a configuration with one more printer.

    Raises:
        NotEdited: where it would go is not certain.
    """
    try:
        before = yaml.safe_load(text) or {}
        changed = _inserted(text, name, values)
        after = yaml.safe_load(changed)
    except (yaml.YAMLError, ValueError) as error:
        raise NotEdited("it is written in another way than most") from error
    if after != {**before, "printers": {**(before.get("printers") or {}), name: dict(values)}}:
        raise NotEdited("it is written in another way than most")
    return changed


def _inserted(text: str, name: str, values: Values) -> str:
    lines = text.splitlines(keepends=True)
    root = yaml.compose(text, yaml.SafeLoader)
    entry = _entry_of(root, "printers")
    if entry is None:
        gap = "\n" if lines and lines[-1].strip() else ""
        place, head, indent = len(lines), f"{gap}printers:\n", INDENT
    else:
        key, section = entry
        indent, head = _indent_of(key, section), ""
        place = _end_of_comments(lines, max(_last_lines(key, section)) + 1, indent)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if place and not lines[place - 1].endswith(("\n", "\r")):
        lines[place - 1] += end
    new = (head + printer_lines(name, values, indent)).replace("\n", end)
    return "".join([*lines[:place], new, *lines[place:]])


def _entry_of(root: Any, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return key and value of one entry at the top; None: there is none."""
    if root is None:
        return None
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise ValueError("the top is no mapping of lines")
    return next((pair for pair in root.value if pair[0].value == name), None)


def _indent_of(key: yaml.Node, section: yaml.Node) -> int:
    """Return the column of the names of printers."""
    if isinstance(section, yaml.MappingNode) and section.value and not section.flow_style:
        column: int = section.value[0][0].start_mark.column
        return column
    if isinstance(section, yaml.ScalarNode) and section.value == "":
        return int(key.start_mark.column) + INDENT
    raise ValueError("the printers are no mapping of lines")


def _last_lines(*nodes: yaml.Node) -> Iterator[int]:
    """Yield the last line of each node and of all that is in it, from 0."""
    for node in nodes:
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            yield node.start_mark.line  # its end is where the next thing begins, far below
            for child in node.value:
                yield from _last_lines(*(child if isinstance(child, tuple) else (child,)))
        else:
            # A block of text ends at the beginning of the line after it.
            yield node.end_mark.line - (node.end_mark.column == 0)


def _end_of_comments(lines: list[str], place: int, indent: int) -> int:
    """Return the line after the comments that belong to what ends before ``place``."""
    for number in range(place, len(lines)):
        line = lines[number].strip()
        column = len(lines[number]) - len(lines[number].lstrip())
        if line and not (line.startswith("#") and column >= indent):
            break
        if line:
            place = number + 1
    return place


def add_printer(path: Path, name: str, values: Values) -> None:
    """Add one printer to the configuration file, which is made when it is not there.

    The file is replaced whole, keeps its owner and rights, and stays beside itself as ``.bak``.

    Raises:
        NotEdited: nothing was changed.
        ConfigInvalid: with this printer the configuration cannot be used; nothing was changed.
        DiskFull: nothing was changed.
    """
    file = path.resolve()
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise NotEdited(f"you may not write in {file.parent}")
    try:
        old = file.read_bytes() if file.exists() else None
    except OSError as error:
        raise NotEdited(f"it cannot be read: {error.strerror}") from error
    try:
        text = FIRST_LINE if old is None else old.decode()
    except UnicodeDecodeError as error:
        raise NotEdited("it is not UTF-8") from error
    new = with_printer(text, name, values).encode()
    if len(new) > BYTES:
        raise NotEdited("it is too long")
    parsed(new, path)
    try:
        if old is not None:
            write_file(file.with_name(f"{file.name}.bak"), old)
        replace_file(file, new)
    except DiskFailed as error:
        raise NotEdited(error.problem.rstrip(".")) from error


def replace_file(file: Path, content: bytes) -> None:
    """Write a file anew, for the same people as before; a new one is for all whom the umask lets.

    Raises:
        DiskFull, DiskFailed: it is as it was.
    """
    mask = os.umask(0o077)
    os.umask(mask)
    with new_file(file) as stream:
        stream.write(content)
        before = file.stat() if file.exists() else None
        if before is not None:
            os.fchown(stream.fileno(), before.st_uid, before.st_gid)
        os.fchmod(stream.fileno(), before.st_mode & 0o777 if before else 0o666 & ~mask)
