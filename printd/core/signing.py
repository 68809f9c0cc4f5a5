"""What a person says of a printed piece: good, bad, or partly; no I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from printd.core.clock import from_text, to_text
from printd.core.errors import SettingInvalid
from printd.core.names import display_name

# Why a piece is bad, as statistics count it.
REASONS: Final = ("came loose", "spaghetti", "stringing", "layer shift", "ran out", "other")
NOTE_CHARACTERS: Final = 200


class Word(StrEnum):
    """How a piece has turned out."""

    GOOD = "good"
    BAD = "bad"
    PARTLY = "partly"


@dataclass(frozen=True, slots=True)
class SignOff:
    """What a person says of one printed job; a later word replaces it."""

    word: Word
    by: str
    at: datetime
    note: str = ""
    reason: str = ""  # of a bad or partly good one, one of ``REASONS``
    good: int | None = None  # so many good pieces ...
    of: int | None = None  # ... of so many on the bed

    @classmethod
    def said(cls, words: Mapping[str, Any], pieces: int, by: str, at: datetime) -> Self:
        """Return what somebody has said, checked.

        Args:
            words: ``word``, and as wanted ``note``, ``reason``, ``good``.
            pieces: how many lay on the bed.
            by: who says so.
            at: when.

        Raises:
            SettingInvalid: there is no such word or reason, they contradict each other, or more is
                good than was printed.
        """
        word = words.get("word")
        if word not in list(Word):
            raise SettingInvalid(f"A piece is {', '.join(Word)}; not {display_name(str(word))!r}.")
        reason = words.get("reason") or ""
        if reason and reason not in REASONS:
            raise SettingInvalid(
                f"The reason {display_name(str(reason))!r} is not known; "
                f"there are: {', '.join(REASONS)}."
            )
        if reason and word == Word.GOOD:
            raise SettingInvalid(
                "A reason is for what is not good.", action="Leave it out, or say bad or partly."
            )
        good = _good_of(words.get("good"), str(word), pieces)
        note = (
            display_name(str(words.get("note") or ""), NOTE_CHARACTERS) if words.get("note") else ""
        )
        of = pieces if good is not None else None
        return cls(Word(word), by, at, note, reason, good, of)

    def as_values(self) -> dict[str, Any]:
        """Return it as plain values, as the store and every display have it."""
        return {
            "word": str(self.word),
            "by": self.by,
            "at": to_text(self.at),
            "note": self.note,
            "reason": self.reason,
            "good": self.good,
            "of": self.of,
        }

    @classmethod
    def of_text(cls, text: str) -> Self:
        """Return what ``as_values`` has written as JSON."""
        values = json.loads(text)
        return cls(**{**values, "word": Word(values["word"]), "at": from_text(values["at"])})

    def __str__(self) -> str:
        """Return it as people read it: ``partly, 3 of 4: stringing``."""
        count = f", {self.good} of {self.of}" if self.good is not None else ""
        why = "; ".join(filter(None, (self.reason, self.note)))
        return f"{self.word}{count}" + (f": {why}" if why else "")


def _good_of(good: object, word: str, pieces: int) -> int | None:
    """Return how many of the pieces are good, where somebody has counted."""
    if good is None:
        return None
    if word != Word.PARTLY:
        raise SettingInvalid(
            f"How many are good is counted of what is partly good, not of {word}.",
            action="Leave the number out, or say partly.",
        )
    if not isinstance(good, int) or isinstance(good, bool) or not 0 <= good <= pieces:
        raise SettingInvalid(
            f"{good} good pieces of {pieces} cannot be.", action=f"Say 0 to {pieces}."
        )
    return good
