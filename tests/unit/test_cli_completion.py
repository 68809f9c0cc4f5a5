"""Completion: what a shell offers is what can be typed."""

import shutil
import subprocess

import pytest

from printd.cli.completion import script_for


def offered(*words: str) -> set[str]:
    """Return what bash offers after ``words``, the last of which is being typed."""
    line = " ".join(f"'{word}'" for word in words)
    probe = f"{script_for('bash')}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _printd\n"
    asked = subprocess.run(
        ["bash", "-c", probe + 'printf "%s\\n" "${COMPREPLY[@]}"'],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return set(asked.stdout.split())


def test_commands_are_offered_by_their_beginning() -> None:
    assert offered("printd", "rel") == {"relief", "release"}


def test_flags_belong_to_their_command() -> None:
    assert offered("printd", "jobs", "--se") == {"--search"}
    assert offered("printd", "version", "--se") == set()


def test_acts_and_choices_are_offered() -> None:
    assert {"list", "bed-clear", "out"} <= offered("printd", "printers", "")
    assert offered("printd", "printers", "out", "p1", "--no") == {"--note"}
    assert offered("printd", "sign-off", "41", "g") == {"good"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_that_is_here_can_read_its_script(shell: str) -> None:
    program = shutil.which(shell)
    text = script_for(shell)
    assert "sign-off" in text
    if program is not None:
        subprocess.run([program, "-n"], input=text, text=True, check=True, timeout=30)
