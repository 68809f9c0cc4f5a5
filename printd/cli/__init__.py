"""The command line: type, call, print.

Each command lives in a module of its own that is imported only when it is called, so that
``printd version`` need not wait for libraries it does not use.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import json
import signal
import sys
from collections.abc import Callable, Sequence
from threading import current_thread, main_thread
from typing import Final

from printd.cli.output import advice, say
from printd.cli.parser import build_parser
from printd.cli.streams import end_line, give_up_output, make_ready
from printd.core.errors import DiskFailed, NoSuchFile, PrintdError

INTERRUPTED: Final = 130  # as shells say it of Ctrl-C
OF_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    make_ready()
    typed = sys.argv[1:] if argv is None else argv
    args = argparse.Namespace(command=None, json="--json" in typed)
    try:
        args = build_parser().parse_args(typed)
        code = loaded(args.handler)(args)
        sys.stdout.flush()
    except PrintdError as error:
        _tell(error, as_json=args.json)
        return error.exit_code
    except BrokenPipeError:
        give_up_output()  # its reader (`| head`) has gone
        return 0
    except KeyboardInterrupt as end:
        end_line()
        if end.args:
            say(str(end))
        return INTERRUPTED
    except OSError as error:
        found = _said(error)
        if found is None or args.command == "run":
            raise
        if error.filename is None:
            give_up_output()  # what could not be written now cannot be written at the end
        _tell(found, as_json=args.json)
        return found.exit_code
    return code


def loaded(handler: str) -> Callable[[argparse.Namespace], int]:
    """Return the function of a command; Ctrl-C meanwhile ends the process at once.

    Nothing is to be tidied up yet, and an exception out of the middle of a library that is being
    loaded may be swallowed by it.

    Args:
        handler: ``module:function``.
    """
    module, _, function = handler.partition(":")
    before = signal.getsignal(signal.SIGINT)
    is_ours = before is signal.default_int_handler and current_thread() is main_thread()
    if is_ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        found: Callable[[argparse.Namespace], int]
        found = getattr(importlib.import_module(f"printd.cli.{module}"), function)
        return found
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, before)


def _said(error: OSError) -> PrintdError | None:
    """Return what the system refuses a command, as a person is told it; None: a fault of ours."""
    if error.errno in OF_DISK:
        what = error.filename or "Standard output"
        said = f"{what} cannot be written: {error.strerror}."
        return DiskFailed(said, action="Look at the disk that it is on, then repeat.")
    if error.filename is None:
        return None
    return NoSuchFile(f"{error.filename}: {error.strerror}.")


def _tell(error: PrintdError, *, as_json: bool) -> None:
    if as_json:
        words = {"code": error.code, "problem": error.problem, "action": advice(error)}
        print(json.dumps({"error": words}))
    say(f"{error.problem}\n→ {advice(error)}  [{error.code}]")
