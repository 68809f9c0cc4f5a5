"""What a program told the kernel to do with files and sockets, in order, recorded by strace.

Only what decides a power cut is kept: names made, moved and removed, bytes written, syncs, and
bytes sent. ``disk_model.py`` replays it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

CALLS = (
    *("open", "openat", "creat", "lseek", "write", "pwrite64", "writev", "pwritev", "pwritev2"),
    *("ftruncate", "truncate", "fallocate", "rename", "renameat", "renameat2", "link", "linkat"),
    *("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "symlink", "symlinkat"),
    *("fsync", "fdatasync", "sync_file_range", "sendfile", "copy_file_range"),
    *("sendto", "sendmsg"),
)
# Every string in full and in hex: a line then holds no surprise.
STRACE = (
    *("strace", "-f", "-y", "-xx", "-s", "67108864", "--seccomp-bpf", "-e", "signal=none"),
    *("-e", f"trace={','.join(CALLS)}"),
)

_WHOLE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+|\?)(.*)", re.DOTALL)
_BEGUN = re.compile(r"(\d+) +(\w+)\((.*) <unfinished \.\.\.>", re.DOTALL)
_ENDED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+|\?)(.*)", re.DOTALL)
_STRING = r'"((?:\\x[0-9a-f]{2})*)"'
_FD = r"(-?\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>"
_TOKEN = re.compile(f" *(?:{_STRING}|{_FD}|([^,]+))")


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the kernel obeyed; ``paths`` are absolute."""

    name: str
    paths: tuple[str, ...] = ()
    data: bytes = b""
    offset: int | None = None  # None: where the file stands
    flags: str = ""
    size: int = 0
    thread: int = 0  # that made it


class TraceUnreadable(Exception):
    """The recording holds something that this module does not know."""


def wrapped(trace: Path) -> tuple[str, ...]:
    """Return the command that records the command after it."""
    return (*STRACE, "-o", str(trace), "--")


def read_calls(trace: Path, folder: Path) -> list[Call]:
    """Return the calls in order; relative paths are those of ``folder``."""
    return [
        replace(call, thread=thread)
        for thread, name, arguments, result, rest in _lines(trace)
        if (call := _understood(name, arguments, result, rest, folder)) is not None
    ]


def _lines(trace: Path) -> Iterator[tuple[int, str, str, int, str]]:
    """Yield thread, name, arguments, result and its path; what is sent counts from its begin."""
    begun: dict[tuple[str, str], str] = {}
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            if (parts := _BEGUN.match(line)) is not None:
                pid, name, arguments = parts.groups()
                if name in ("sendto", "sendmsg"):
                    yield int(pid), name, arguments, 0, ""
                begun[pid, name] = arguments
            elif (parts := _ENDED.match(line)) is not None:
                pid, name, arguments, result, rest = parts.groups()
                arguments = begun.pop((pid, name)) + arguments
                if name not in ("sendto", "sendmsg") and result.isdigit():
                    yield int(pid), name, arguments, int(result), rest
            elif (parts := _WHOLE.match(line)) is not None:
                pid, name, arguments, result, rest = parts.groups()
                if result.isdigit():
                    yield int(pid), name, arguments, int(result), rest


def _understood(  # noqa: C901  a table of calls
    name: str, arguments: str, result: int, rest: str, folder: Path
) -> Call | None:
    tokens = [_token(*match.groups()) for match in _TOKEN.finditer(arguments)]
    match name:
        case "open" | "openat" | "creat":
            flags = "O_CREAT|O_TRUNC" if name == "creat" else arguments
            found = re.match(r"<((?:\\x[0-9a-f]{2})*)>", rest)
            return Call("open", (_text(found[1]),), flags=flags) if found else None
        case "lseek":
            return Call("seek", (tokens[0],), offset=result)
        case "write" | "pwrite64" if _is_path(tokens[0]):
            offset = int(tokens[3]) if name == "pwrite64" else None
            return Call("write", (tokens[0],), _bytes(arguments)[:result], offset)
        case "writev" if _is_path(tokens[0]):
            return Call("write", (tokens[0],), _bytes(arguments)[:result])
        case "pwritev" | "pwritev2" | "truncate" | "symlink" | "symlinkat":
            raise TraceUnreadable(f"{name}({arguments[:200]})")
        case "sendfile" | "copy_file_range":
            to, source = (tokens[0], tokens[1]) if name == "sendfile" else (tokens[2], tokens[0])
            return Call("copy", (to, source), size=result) if result else None
        case "ftruncate":
            return Call("truncate", (tokens[0],), size=int(tokens[1]))
        case "fallocate":
            return Call("grow", (tokens[0],), size=int(tokens[2]) + int(tokens[3]))
        case "rename" | "link":
            return Call(name, (_absolute(tokens[0], folder), _absolute(tokens[1], folder)))
        case "renameat" | "renameat2" | "linkat":
            paths = (_at(tokens[0], tokens[1]), _at(tokens[2], tokens[3]))
            return Call(name.rstrip("at2"), paths)
        case "unlink" | "rmdir" | "mkdir":
            return Call(name, (_absolute(tokens[0], folder),))
        case "unlinkat":
            kind = "rmdir" if "AT_REMOVEDIR" in arguments else "unlink"
            return Call(kind, (_at(tokens[0], tokens[1]),))
        case "mkdirat":
            return Call("mkdir", (_at(tokens[0], tokens[1]),))
        case "fsync" | "fdatasync":
            return Call("sync", (tokens[0],))
        case "sendto" | "sendmsg":
            return Call("send", data=_bytes(arguments))
    return None


def _token(string: str | None, number: str | None, path: str | None, plain: str | None) -> str:
    if string is not None:
        return _text(string)
    if path is not None and number is not None:
        return _text(path)
    return (plain or "").strip()


def _text(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode("utf-8", "surrogateescape")


def _bytes(arguments: str) -> bytes:
    return b"".join(
        bytes.fromhex(found.replace("\\x", "")) for found in re.findall(_STRING, arguments)
    )


def _is_path(token: str) -> bool:
    return token.startswith("/")


def _absolute(path: str, folder: Path) -> str:
    return str(folder / path)


def _at(folder: str, path: str) -> str:
    return str(Path(folder) / path)
