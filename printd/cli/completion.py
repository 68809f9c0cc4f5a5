"""``printd completion``: what a shell needs to complete commands and flags."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Final

from printd.cli.parser import build_parser

# In bash and zsh: go down the commands that have been typed, then offer what belongs there.
BASH: Final = """_printd() {{
    local at=printd word words=
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$at $word" in
            {paths}) at="$at $word" ;;
        esac
    done
    case "$at" in
{cases}
    esac
    COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _printd printd
"""
ZSH: Final = """#compdef printd
_printd() {{
    local at=printd word typed=("${{(@)words[2,CURRENT-1]}}") words=
    for word in $typed; do
        case "$at $word" in
            {paths}) at="$at $word" ;;
        esac
    done
    case "$at" in
{cases}
    esac
    compadd -- ${{=words}}
    _files
}}
compdef _printd printd
"""


def completion(args: argparse.Namespace) -> int:
    """Write the completion of one shell to standard output."""
    print(script_for(args.shell), end="")
    return 0


def script_for(shell: str) -> str:
    """Return the script for ``bash``, ``zsh`` or ``fish``."""
    tree = dict(_tree(build_parser(), "printd"))
    if shell == "fish":
        return "".join(f"{line}\n" for line in _fish(tree))
    paths = "|".join(f'"{path}"' for path in tree if " " in path)
    cases = "\n".join(
        f'        "{path}") words="{" ".join(words)}" ;;' for path, words in tree.items()
    )
    return (ZSH if shell == "zsh" else BASH).format(paths=paths, cases=cases)


def _tree(parser: argparse.ArgumentParser, path: str) -> Iterator[tuple[str, list[str]]]:
    """Return for each command, and each act of one, what can be typed after it."""
    words: list[str] = []
    deeper: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            deeper = dict(action.choices)
        elif action.option_strings:
            words += [word for word in action.option_strings if word.startswith("--")]
        elif action.choices is not None:
            words += map(str, action.choices)
    yield path, [*deeper, *words]
    for name, sub in deeper.items():
        yield from _tree(sub, f"{path} {name}")


def _fish(tree: dict[str, list[str]]) -> Iterator[str]:
    for path, words in tree.items():
        _, *typed = path.split()
        tests = [f"__fish_seen_subcommand_from {name}" for name in typed]
        when = "; and ".join(tests) if tests else "__fish_use_subcommand"
        for word in words:
            what = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
            yield f"complete -c printd -n '{when}' {what}"
