"""Questions on a terminal: each answer is looked at at once, and asked for again if it cannot be.

Where nobody is at a terminal, flags answer and the rest is as usual; what cannot be is an error
then. A key is typed without being shown.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from printd.cli.output import advice, say
from printd.core.errors import PrintdError, SettingInvalid

T = TypeVar("T")
YES_NO = {"yes": True, "y": True, "no": False, "n": False}


class Back(Exception):
    """A person would rather answer an earlier question again."""


class Dialogue:
    """One conversation.

    Args:
        given: what flags have answered, by their names without dashes; None: they have not.
        asks: whether somebody is there to answer the rest.
    """

    def __init__(self, given: Mapping[str, str | None], *, asks: bool) -> None:
        self._given = {flag: word for flag, word in given.items() if word is not None}
        self.asks = asks

    def part(self, title: str, *lines: str) -> None:
        """Begin a question."""
        self.say("", title, *(f"  {line}" for line in lines))

    def say(self, *lines: str) -> None:
        """Tell a person something; a script is told errors alone."""
        if self.asks:
            say("\n".join(lines))

    def tell(self, error: PrintdError) -> None:
        """Say what cannot be, and what to do; where nobody is there, that is the end."""
        if not self.asks:
            raise error
        problem = error.problem.replace("\n", "\n  ")
        say(f"  ! {problem}\n  → {advice(error)}")

    def has(self, flag: str) -> bool:
        """Return whether a flag has answered, and was not asked for yet."""
        return flag in self._given

    def given(self, flag: str) -> str | None:
        """Return what a flag has answered, once: a wrong answer is not given again."""
        return self._given.pop(flag, None)

    def answer(
        self, flag: str, words: str, check: Callable[[str], T], usual: str | None = None
    ) -> T:
        """Return an answer that can be.

        Args:
            flag: which gives it as well.
            words: what is asked for.
            check: turns it into what is wanted, or raises why not.
            usual: the answer of whoever only presses Enter; None: that leads back.

        Raises:
            Back: the person wants to.
            SettingInvalid: nobody is there to answer.
            PrintdError: of ``check``, where nobody is there.
        """
        word = self.given(flag)
        while True:
            word = word or self.typed(words, usual, flag)
            try:
                return check(word)
            except PrintdError as error:
                self.tell(error)
                word = None

    def typed(self, words: str, usual: str | None, flag: str) -> str:
        """Return a line that somebody types; arguments and errors as ``answer``."""
        if not self.asks:
            if usual is None:
                raise SettingInvalid(f"{words} is not given.", action=f"Give it by --{flag}.")
            return usual
        hint = "Enter: back" if usual is None else usual
        sys.stderr.write(f"  {words} [{hint}]: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        word = line.strip() or usual
        if word is None:
            raise Back
        return word

    def secret(self, words: str) -> str:
        """Return what somebody types without its being shown; "" is an answer."""
        return getpass.getpass(f"  {words}: ", stream=sys.stderr).strip()

    def decided(self, flag: str, words: str, *, usual: bool = False) -> bool:
        """Return yes or no."""
        return self.answer(flag, f"{words} yes or no", yes_or_no, "yes" if usual else "no")


def yes_or_no(word: str) -> bool:
    """Return what is meant.

    Raises:
        SettingInvalid: neither.
    """
    if word.lower() not in YES_NO:
        raise SettingInvalid(f"{word!r} is neither.", action="Answer yes or no.")
    return YES_NO[word.lower()]


def typed_path(word: str) -> Path:
    """Return the path that somebody means who types ``~/drop`` or ``drop``."""
    return Path(word).expanduser().resolve()


def is_somebody_there() -> bool:
    """Return whether questions are seen and answers typed."""
    return sys.stdin.isatty() and sys.stderr.isatty()
