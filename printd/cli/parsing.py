"""How every command is typed: bad usage ends with 64; ``--json`` and ``--config`` anywhere."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from printd.core.errors import PrintdError

USAGE: Final = 64  # sysexits(3)
NEAR: Final = 0.7  # from 0, all letters are others, to 1
MANY: Final = 15  # words and flags that fit into one sentence
KINDS: Final = {"int": "a whole number", "float": "a number"}  # by the names of Python's types


class UsageError(PrintdError):
    """Typed wrongly."""

    code = "usage"
    exit_code = USAGE
    action = "See `printd --help`."


class Parser(argparse.ArgumentParser):
    """An argument parser that says in a sentence what was typed wrongly."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and where it is told how it is meant.

        Raises:
            UsageError: always.
        """
        missing = message.removeprefix("the following arguments are required: ")
        if missing != message:
            message = f"{missing} {'are' if ', ' in missing else 'is'} missing"
        end = "" if message.endswith("?") else "."
        raise UsageError(f"{self.prog}: {message}{end}", action=f"See `{self.prog} --help`.")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return what was typed.

        Raises:
            UsageError: it cannot be understood.
        """
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            at = self._typed(args or ())
            flags = [word for word in unknown if word.startswith("-")]
            if not flags:
                at.error(f"{' '.join(unknown)}: nothing is expected there")
            flag, known = flags[0].partition("=")[0], at._option_string_actions  # noqa: SLF001
            at.error(f"{flag} comes after that word" if flag in known else _no_such(flag, known))
        return found

    def _typed(self, words: Iterable[str]) -> Parser:
        """Return the parser of the command, and of its act, that were typed."""
        at = self
        for word in words:
            for action in at._actions:
                if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
                    at = action.choices.get(word, at)
        return at

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a word that is none of those there are."""
        if action.choices is not None and value not in action.choices:
            known = [str(word) for word in action.choices]
            raise argparse.ArgumentError(None, _no_such(str(value), known))

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """Return a value; what is no number is said to be none."""
        try:
            return super()._get_value(action, arg_string)
        except argparse.ArgumentError as error:
            kind = KINDS.get(getattr(action.type, "__name__", ""))
            if kind is None:
                raise
            name = "/".join(action.option_strings) or str(action.metavar or action.dest)
            raise argparse.ArgumentError(None, f"{name}: {arg_string!r} is not {kind}") from error

    def format_help(self) -> str:
        """Return what it does, an example, how it is typed, and its words and flags."""
        actions, groups, prog = self._actions, self._mutually_exclusive_groups, self.prog
        if len(actions) > MANY:  # the flags follow below
            actions = [one for one in actions if one.required or not one.option_strings]
            groups, prog = [], f"{self.prog} [FLAG ...]"
        formatter = self.formatter_class(prog=prog)
        formatter.add_text(self.description)
        formatter.add_text(self.epilog)
        formatter.add_usage(None, actions, groups)
        self._add_words(formatter)
        return formatter.format_help()

    def _add_words(self, formatter: argparse.HelpFormatter) -> None:
        for group in self._action_groups:
            formatter.start_section(group.title)
            formatter.add_arguments(group._group_actions)  # noqa: SLF001
            formatter.end_section()


def _no_such(word: str, known: Iterable[str]) -> str:
    """Return that a word is none of those there are, and which may be meant."""
    words = [*known]
    said = f"there is no {word!r}"
    if near := get_close_matches(word, words, n=1, cutoff=NEAR):
        return f"{said}; do you mean {near[0]!r}?"
    return f"{said}; there are: {', '.join(words)}" if len(words) <= MANY else said


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
        description=_sentence(words),
        epilog=f"example: printd {example}",
    )
    common_flags(parser)
    parser.set_defaults(handler=handler, config=None, json=False)
    return parser


def act(acts: Any, name: str, words: str) -> Parser:
    """Return the parser of one act of a command: a word that is typed behind it.

    Args:
        acts: what all acts of the command hang on.
        name: as it is typed.
        words: what it does.
    """
    parser: Parser = acts.add_parser(name, help=words, description=_sentence(words))
    common_flags(parser)
    return parser


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def common_flags(parser: argparse.ArgumentParser) -> None:
    """Take these wherever they are typed: what is not typed here does not undo an outer one."""
    unset = argparse.SUPPRESS
    parser.add_argument(
        "--config", metavar="FILE", default=unset, help="configuration (default: config.yaml …)"
    )
    parser.add_argument(
        "--json", action="store_true", default=unset, help="one JSON document on standard output"
    )
