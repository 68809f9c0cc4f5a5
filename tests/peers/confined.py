"""Runs a program as systemd would under a unit: ``confined.py UNIT [--deny CALL] -- PROGRAM …``.

Takes from the unit the system calls, the address families, the ban on memory that is written and
executed, and the umask. By libseccomp, as systemd does; nothing here needs rights or a systemd.
"""

import argparse
import configparser
import ctypes
import os
import socket
import subprocess
from pathlib import Path

ALLOW = 0x7FFF0000
DENY = 0x00050001  # errno EPERM
EQUAL, MASKED_EQUAL = 4, 7
FAMILIES = 46
WRITE_AND_EXECUTE, EXECUTE, SHM_EXECUTE = 0x6, 0x4, 0o100000


class Argument(ctypes.Structure):
    """A condition on one argument of a call: ``struct scmp_arg_cmp``."""

    _fields_ = (
        ("number", ctypes.c_uint),
        ("comparison", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


class Filter:
    """One filter; the kernel obeys the strictest of those that are loaded."""

    def __init__(self, otherwise: int) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2")
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(otherwise)))

    def add(self, action: int, call: str, *conditions: Argument) -> None:
        """Add a rule; a call that this machine does not have is left out."""
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        array = (Argument * len(conditions))(*conditions)
        if number >= 0:
            failed = self._library.seccomp_rule_add_array(
                self._context, ctypes.c_uint32(action), number, len(conditions), array
            )
            assert failed == 0, (call, failed)

    def load(self) -> None:
        """Obey it from now on, with all children."""
        assert self._library.seccomp_load(self._context) == 0


def calls_in(group: str) -> set[str]:
    """Return the system calls of a group as the systemd of this machine knows it."""
    if not group.startswith("@"):
        return {group}
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    )
    words = [line.strip() for line in told.stdout.splitlines()[1:]]
    found: set[str] = set()
    for word in words:
        if word and not word.startswith("#"):
            found |= calls_in(word)
    return found


def allowed_calls(lines: list[str]) -> set[str]:
    """Return what the ``SystemCallFilter`` lines of a unit leave."""
    allowed = calls_in("@default")
    for line in lines:
        named = set().union(*(calls_in(group) for group in line.lstrip("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def confine(unit: Path, denied: list[str]) -> None:
    """Take the limits of the unit upon this process."""
    text = unit.read_text()
    settings = configparser.ConfigParser(strict=False, interpolation=None)
    settings.read_string(text)
    service = settings["Service"]
    key = "SystemCallFilter="
    lines = [line.removeprefix(key) for line in text.splitlines() if line.startswith(key)]
    calls = Filter(DENY)
    for call in sorted(allowed_calls(lines) - set(denied)):
        calls.add(ALLOW, call)
    more = Filter(ALLOW)
    families = {int(getattr(socket, name)) for name in service["RestrictAddressFamilies"].split()}
    for family in set(range(FAMILIES)) - families:
        more.add(DENY, "socket", Argument(0, EQUAL, family, 0))
    if service.getboolean("MemoryDenyWriteExecute"):
        both = (WRITE_AND_EXECUTE, WRITE_AND_EXECUTE)
        more.add(DENY, "mmap", Argument(2, MASKED_EQUAL, *both))
        more.add(DENY, "mprotect", Argument(2, MASKED_EQUAL, EXECUTE, EXECUTE))
        more.add(DENY, "pkey_mprotect", Argument(2, MASKED_EQUAL, EXECUTE, EXECUTE))
        more.add(DENY, "shmat", Argument(2, MASKED_EQUAL, SHM_EXECUTE, SHM_EXECUTE))
    more.load()
    calls.load()
    os.umask(int(service["UMask"], 8))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("unit", type=Path)
    parser.add_argument("--deny", action="append", default=[])
    parser.add_argument("program", nargs="+")
    given = parser.parse_args()
    confine(given.unit, given.deny)
    os.execvp(given.program[0], given.program)  # noqa: S606 - no shell is the point
