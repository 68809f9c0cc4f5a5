"""Completion: what a shell offers is what can be typed."""

import shutil
import subprocess
from collections.abc import Callable

import pytest

from printd.cli.completion import script_for


def in_bash(*words: str) -> set[str]:
    line = " ".join(f"'{word}'" for word in words)
    typed = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _printd"
    return said(
        ["bash", "-c", f'{script_for("bash")}\n{typed}\nprintf "%s\\n" "${{COMPREPLY[@]}}"']
    )


def in_zsh(*words: str) -> set[str]:
    """Return what zsh is given, those that begin otherwise left out as it does itself."""
    given = 'compdef() { :; }; _files() { :; }; compadd() { shift; print -l -- "$@"; }'
    line = " ".join(f"'{word}'" for word in words)
    typed = f"words=({line}); CURRENT={len(words)}; _printd"
    found = said(["zsh", "-f", "-c", f"{given}\n{script_for('zsh')}\n{typed}"])
    return {word for word in found if word.startswith(words[-1])}


def in_fish(*words: str) -> set[str]:
    asked = f"complete -C '{' '.join(words)}'"
    found = said(["fish", "--no-config", "-c", f"{script_for('fish')}\n{asked}"])
    return {word for word in found if "." not in word and "/" not in word}  # without files


def said(command: list[str]) -> set[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return set(done.stdout.split())


SHELLS = [
    pytest.param(
        offered,
        id=name,
        marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"),
    )
    for name, offered in (("bash", in_bash), ("zsh", in_zsh), ("fish", in_fish))
]
every_shell = pytest.mark.parametrize("offered", SHELLS)
Offered = Callable[..., set[str]]


@every_shell
def test_commands_are_offered_by_their_beginning(offered: Offered) -> None:
    assert offered("printd", "rel") == {"relief", "release"}


@every_shell
def test_flags_belong_to_their_command(offered: Offered) -> None:
    assert offered("printd", "jobs", "--se") == {"--search"}
    assert offered("printd", "version", "--se") == set()


@every_shell
def test_acts_and_choices_are_offered(offered: Offered) -> None:
    assert {"list", "bed-clear", "out"} <= offered("printd", "printers", "")
    assert offered("printd", "printers", "out", "p1", "--no") == {"--note"}
    assert offered("printd", "sign-off", "41", "g") == {"good"}


@every_shell
def test_an_act_that_is_called_as_a_command_is_another(offered: Offered) -> None:
    assert offered("printd", "printers", "add", "octoprint", "--u") == {"--url", "--user"}
    assert offered("printd", "printers", "add", "octoprint", "--wid") == set()


@every_shell
def test_the_words_of_a_flag_are_offered_after_it(offered: Offered) -> None:
    assert offered("printd", "jobs", "--state", "pri") == {"printing", "printed", "printable"}
    assert "day" in offered("printd", "costs", "--by", "")
    assert "--by" not in offered("printd", "costs", "--by", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_that_is_here_can_read_its_script(shell: str) -> None:
    program = shutil.which(shell)
    text = script_for(shell)
    assert "sign-off" in text
    if program is not None:
        subprocess.run([program, "-n"], input=text, text=True, check=True, timeout=30)
