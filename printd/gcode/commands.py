"""One command of one line: read strictly, with one meaning, or refused.

Firmwares forgive much, and each of them something else; what two of them could read differently
is refused here, so that the judge and the printer cannot disagree. Nothing is judged here but
the form: what a command does is the business of ``motion`` and ``rules``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from printd.gcode.lines import MalformedLine

_N = rb"(-?(?:\d{1,9}\.?\d{0,20}|\.\d{1,20}))"
# The form in which slicers write nine lines in ten; everything else takes the longer way.
_QUICK = re.compile(
    rb"G([01])(?: X" + _N + rb")?(?: Y" + _N + rb")?(?: Z" + _N + rb")?"
    rb"(?: E" + _N + rb")?(?: F" + _N + rb")?"
).fullmatch
_HEAD = re.compile(rb"([GMT])[ \t]*(\d{1,9})(?:\.(\d{1,3}))?(?![\d.])").match
_WORD = re.compile(rb"[ \t]*([A-Z])[ \t]*([-+]?(?:\d{1,9}\.?\d{0,20}|\.\d{1,20}))?(?![\d.])").match
_NAMED = re.compile(rb"([A-Z_][A-Z0-9_]*[A-Z_][A-Z0-9_]*)(?:[ \t]+(.*))?").fullmatch
# A list of numbers in brackets is the outline of an object; any other bracket is an expression.
_ASSIGNED = re.compile(rb"([A-Z_][A-Z0-9_]*)=((?:\[[\d.,\[\]-]*\])|[^\s=\"'{}\[\]]*)").fullmatch
# Two firmwares read X1E5, and S0X200, as two words; a third as one number.
_GLUED = re.compile(rb"[\d.]E|(?<![\d.])0X").search
_LANGUAGE = re.compile(
    rb"(?:IF|ELIF|ELSE|WHILE|BREAK|CONTINUE|VAR|GLOBAL|SET|ECHO|ABORT)(?![A-Z0-9_])"
).match

# Commands whose rest is a text, a name, or something that each firmware reads in its own way.
TEXT_COMMANDS: Final = frozenset(
    {"M0", "M1", "M98", "M115", "M117", "M118", "M486", "M550", "M587", "M624", "M928", "M1002"}
    | {f"M{number}" for number in range(20, 34)}
)
QUOTING_COMMANDS: Final = frozenset({"M862"})
NO_LETTERS: Final[Mapping[str, str]] = MappingProxyType({})
HOST_AND_FILES = "G7"  # the rule that commands to hosts and firmware languages break by their form


@dataclass(frozen=True, slots=True)
class Command:
    """One command of one line.

    ``name`` is normalised (``m0104`` is ``M104``); ``sub`` is the part after a dot (``M862.3``)
    or "". ``words`` maps each parameter letter to its number, None when it has none; a
    named command (``SET_FAN SPEED=1``) has ``named`` instead. ``text`` is the rest of a command
    that takes text. ``code`` is the line as it was written, without its comment.
    """

    line: int
    name: str
    words: dict[str, float | None] = field(default_factory=dict)
    sub: str = ""
    named: dict[str, str] | None = None
    text: str = ""
    code: bytes = field(default=b"", compare=False)

    @property
    def full_name(self) -> str:
        """Return the name with what stands after the dot."""
        return f"{self.name}.{self.sub}" if self.sub else self.name


def quick_move(code: bytes) -> tuple[bytes | None, ...] | None:
    """Return (G, X, Y, Z, E, F) of a move in the common form, as text; else None."""
    match = _QUICK(code)
    return match.groups() if match else None


def command_of(code: bytes, number: int, letters: Mapping[str, str] = NO_LETTERS) -> Command:
    """Read the code of one line, comment and blanks around it cut off.

    Args:
        code: of the line.
        number: of the line.
        letters: of the firmware: which of G, M, N and T may be parameters, by command.

    Raises:
        MalformedLine: firmwares could read it differently.
    """
    upper = code.upper()
    head = _HEAD(upper)
    if head is None:
        return _named(code, upper, number)
    letter, digits, sub = head.groups()
    name = f"{letter.decode()}{int(digits)}"
    sub_text = sub.decode().lstrip("0") if sub else ""
    rest = upper[head.end() :]
    if name in TEXT_COMMANDS or name in QUOTING_COMMANDS:
        text = code[head.end() :].decode("ascii").strip()
        if name in TEXT_COMMANDS:
            return Command(number, name, sub=sub_text, text=text, code=code)
        rest = re.sub(rb'"[^"]*"', b"", rest)
        words = _words(rest, "GMN", number)
        return Command(number, name, words, sub=sub_text, text=text, code=code)
    begin = _beginning(letter, letters.get(name, ""))
    return Command(number, name, _words(rest, begin, number), sub=sub_text, code=code)


def _beginning(letter: bytes, own: str) -> str:
    """Return the letters that begin a second command on a line; T is a parameter of M codes."""
    letters = "GMN" if letter == b"M" else "GMNT"
    return letters if not own else "".join(each for each in letters if each not in own)


def _words(rest: bytes, begin: str, number: int) -> dict[str, float | None]:
    if _GLUED(rest):
        raise MalformedLine(number, "an exponent or a hexadecimal number, or a missing blank")
    words: dict[str, float | None] = {}
    at = 0
    end = len(rest)
    while at < end:
        match = _WORD(rest, at)
        if match is None or match.end() == at:
            raise MalformedLine(number, f"cannot be read from {_shown(rest[at:])} on")
        key = match[1].decode()
        if key in begin:
            raise MalformedLine(number, f"a second command on the line: {_shown(rest[at:])}")
        value = None if match[2] is None else float(match[2])
        if words.get(key, value) != value:
            raise MalformedLine(number, f"parameter {key} stands twice, with different values")
        words[key] = value
        at = match.end()
    return words


def _named(code: bytes, upper: bytes, number: int) -> Command:
    """Read ``NAME KEY=VALUE …``, the form of Klipper's commands and macros."""
    if upper.startswith(b"@"):
        raise MalformedLine(number, f"a command to the host: {_shown(code)}", HOST_AND_FILES)
    if _LANGUAGE(upper):
        raise MalformedLine(number, f"a language of the firmware: {_shown(code)}", HOST_AND_FILES)
    match = _NAMED(upper)
    if match is None or len(match[1]) < 3:
        raise MalformedLine(number, f"not a command: {_shown(code)}")
    values: dict[str, str] = {}
    for part in (match[2] or b"").split():
        pair = _ASSIGNED(part)
        if pair is None:
            raise MalformedLine(number, f"not KEY=VALUE: {_shown(part)}")
        key = pair[1].decode()
        if key in values:
            raise MalformedLine(number, f"parameter {key} stands twice")
        values[key] = pair[2].decode()
    return Command(number, match[1].decode(), named=values, code=code)


def _shown(code: bytes) -> str:
    return repr(code[:40].decode("ascii", "replace"))
