"""How every command is typed: bad usage ends with 64; ``--json`` and ``--config`` anywhere."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Final, NoReturn

USAGE: Final = 64  # sysexits(3)


class Parser(argparse.ArgumentParser):
    """An argument parser that ends with 64 on bad usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is meant."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def command(commands: Any, name: str, handler: str, words: str, example: str) -> Parser:
    """Return the parser of one command.

    Args:
        commands: what all commands hang on.
        name: as it is typed.
        handler: ``module:function`` in ``printd.cli``.
        words: what it does.
        example: what may be typed after ``printd``.
    """
    parser: Parser = commands.add_parser(
        name,
        help=words,
        description=f"{words[0].upper()}{words[1:]}.",
        epilog=f"example: printd {example}",
    )
    common_flags(parser)
    parser.set_defaults(handler=handler, config=None, json=False)
    return parser


def common_flags(parser: argparse.ArgumentParser) -> None:
    """Take these wherever they are typed: what is not typed here does not undo an outer one."""
    unset = argparse.SUPPRESS
    parser.add_argument(
        "--config", metavar="FILE", default=unset, help="configuration (default: config.yaml …)"
    )
    parser.add_argument(
        "--json", action="store_true", default=unset, help="one JSON document on standard output"
    )
