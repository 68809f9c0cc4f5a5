"""``printd completion``: what a shell needs to complete commands, flags and their values."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Final

from printd.cli.parser import build_parser

# In each: go down the commands that have been typed, then offer what belongs there; after a flag
# that takes one of some words, these.
BASH: Final = """_printd() {{
    local at=printd word words= last="${{COMP_WORDS[COMP_CWORD-1]}}"
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$at $word" in
            {paths}) at="$at $word" ;;
        esac
    done
    case "$at" in
{cases}
    esac
    case "$at $last" in
{values}
    esac
    COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _printd printd
"""
ZSH: Final = """#compdef printd
_printd() {{
    local at=printd word typed=("${{(@)words[2,CURRENT-1]}}") last="${{words[CURRENT-1]}}" words=
    for word in $typed; do
        case "$at $word" in
            {paths}) at="$at $word" ;;
        esac
    done
    case "$at" in
{cases}
    esac
    case "$at $last" in
{values}
    esac
    compadd -- ${{=words}} || _files
}}
if [[ "${{funcstack[1]}}" == _printd ]]; then  # loaded by zsh itself, out of a folder of fpath
    _printd "$@"
else
    compdef _printd printd
fi
"""
FISH: Final = """function __printd_words
    set -l at printd
    set -l typed (commandline -opc)
    for word in $typed[2..-1]
        switch "$at $word"
            case {paths}
                set at "$at $word"
        end
    end
    switch "$at $typed[-1]"
{values}
    end
    switch $at
{cases}
    end
end
complete -c printd -a '(__printd_words)'
"""
SCRIPTS: Final = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def completion(args: argparse.Namespace) -> int:
    """Write the completion of one shell to standard output."""
    print(script_for(args.shell), end="")
    return 0


def script_for(shell: str) -> str:
    """Return the script for ``bash``, ``zsh`` or ``fish``."""
    offers, values = _offers(build_parser())
    between = " " if shell == "fish" else "|"
    return SCRIPTS[shell].format(
        paths=between.join(f'"{path}"' for path in offers if " " in path),
        cases=_cases(shell, offers, ends=False),
        values=_cases(shell, values, ends=True),
    )


def _cases(shell: str, offers: dict[str, list[str]], *, ends: bool) -> str:
    """Return what is offered where, as a shell writes it; ``ends``: and nothing else there."""
    if shell == "fish":
        after = "; return" if ends else ""
        return "\n".join(
            f'        case "{path}"\n            string split -- " " "{" ".join(words)}"{after}'
            for path, words in offers.items()
        )
    return "\n".join(
        f'        "{path}") words="{" ".join(words)}" ;;' for path, words in offers.items()
    )


def _offers(parser: argparse.ArgumentParser) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return what can be typed after each command and each act of one; and after each flag."""
    offers: dict[str, list[str]] = {}
    values: dict[str, list[str]] = {}
    for path, action in _actions(parser, "printd"):
        here = offers.setdefault(path, [])
        flags = [word for word in action.option_strings if word.startswith("--")]
        words = [str(word) for word in action.choices or ()]
        here += flags or words
        values |= {f"{path} {flag}": words for flag in flags if words}
    return offers, values


def _actions(parser: argparse.ArgumentParser, path: str) -> Iterator[tuple[str, argparse.Action]]:
    """Yield all that can be typed, with the commands that it is typed after."""
    for action in sorted(parser._actions, key=lambda one: bool(one.option_strings)):  # noqa: SLF001  argparse has no other way to list them
        yield path, action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, below in action.choices.items():
                yield from _actions(below, f"{path} {name}")
