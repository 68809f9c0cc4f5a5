"""Words for a picture: what is taken, and what of it is sent."""

import pytest

from printd.core.prompts import MOST_CHARACTERS, PROMPT_FILE_BYTES, PromptRefused, words_of


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a castle", "a castle"),
        (b"\xef\xbb\xbf a castle\r\n\r\n\twith towers \n", "a castle with towers"),
        ("ein Schlo\u00df \u2013 \u57ce".encode(), "ein Schlo\u00df \u2013 \u57ce"),
        ("a \u202eeltsac\u202c cat\u200b\u2066\x07".encode(), "a eltsac cat"),
        (b"x" * MOST_CHARACTERS, "x" * MOST_CHARACTERS),
    ],
)
def test_words_are_taken_without_what_cannot_be_seen(content: bytes, words: str) -> None:
    assert words_of(content) == words


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no words"),
        (" \n\u202e\u200b\x07".encode(), "no words"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no text in UTF-8"),
        (b"a castle\0", "zero bytes"),
        ("a castle".encode("utf-16"), "no text in UTF-8"),
        (b"x" * (MOST_CHARACTERS + 1), "up to 2000"),
        (b"x" * (PROMPT_FILE_BYTES + 1), "longer than any"),
    ],
)
def test_what_is_no_prompt_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(PromptRefused, match=said):
        words_of(content)
