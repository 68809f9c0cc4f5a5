"""The words of a person from which a picture is drawn: what is taken, and what is made of it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from printd.core.errors import NotTaken

PROMPT_FILE_BYTES: Final = 64 * 1024  # a file may have so much around the words
MOST_CHARACTERS: Final = 2000
# Written over or hidden text: what a person reads and what a service is told must be the same.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_SPACES: Final = re.compile(r"\s+")


class PromptRefused(NotTaken):
    """No picture can be drawn from these words."""

    code = "prompt_refused"
    action = "Write what the picture is to show, in 1 to 2000 characters, as plain text in UTF-8."


class PromptsOff(NotTaken):
    """Nobody is named who draws pictures from words."""

    code = "prompts_off"
    action = (
        "Hand in a picture instead; or name a service under `pictures:` of the configuration, and "
        "that name as `pictures` of the recipe."
    )


def words_of(content: bytes) -> str:
    """Return the words of a prompt, on one line, without anything that cannot be seen.

    Args:
        content: of the file, UTF-8.

    Raises:
        PromptRefused: it is no text, empty or too long.
    """
    if len(content) > PROMPT_FILE_BYTES:
        raise PromptRefused("The prompt is longer than any words for one picture.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PromptRefused("The prompt is no text in UTF-8.") from error
    if "\0" in text:
        raise PromptRefused("The prompt is no text: it holds zero bytes.")
    plain = _SPACES.sub(" ", text)
    words = "".join(one for one in plain if unicodedata.category(one) not in _UNSEEN).strip()
    if not words:
        raise PromptRefused("The prompt has no words.")
    if len(words) > MOST_CHARACTERS:
        raise PromptRefused(
            f"The prompt has {len(words)} characters; up to {MOST_CHARACTERS} are taken."
        )
    return words
