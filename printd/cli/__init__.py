"""The command line: type, call, print.

Each command lives in a module of its own that is imported only when it is called, so that
``printd version`` need not wait for libraries it does not use.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Sequence

from printd.cli.output import advice
from printd.cli.parser import build_parser
from printd.core.errors import PrintdError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    args = build_parser().parse_args(argv)
    module, _, function = args.handler.partition(":")
    try:
        code: int = getattr(importlib.import_module(f"printd.cli.{module}"), function)(args)
        sys.stdout.flush()
    except PrintdError as error:
        _tell(error, as_json=args.json)
        return error.exit_code
    except BrokenPipeError:
        # The reader (`| head`) has gone; nothing more can be said on this stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _tell(error: PrintdError, *, as_json: bool) -> None:
    if as_json:
        words = {"code": error.code, "problem": error.problem, "action": advice(error)}
        print(json.dumps({"error": words}))
    print(f"{error.problem}\n→ {advice(error)}  [{error.code}]", file=sys.stderr)
