"""What leaves the house: texts without addresses, names and what looks like them."""

import pytest

from printd.core.redacting import Redactor


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p1 at 192.168.1.40:8883 answers", "p1 at [address]:8883 answers"),
        ("http://127.0.0.1:8321 and 0.0.0.0", "http://127.0.0.1:8321 and 0.0.0.0"),
        ("firmware 01.09.00.00, Python 3.11.7", "firmware 01.09.00.00, Python 3.11.7"),
        ("at 10:59:41.905 UTC", "at 10:59:41.905 UTC"),
        ("fe80::1c2d:aa", "[address]"),
        ("card aa:bb:cc:dd:ee:ff", "card [address]"),
        (f"sha {'0a' * 32}", "sha [sha256]"),
        ("drop/_failed/Oma.jpeg: refused", "drop/_failed/[file].jpeg: refused"),
        ("castle.prompt.txt is #3", "[file].prompt.txt is #3"),
        ("pd-41-1-abcd2345-oma-im-garten stays", "pd-41-1-abcd2345 stays"),
        ("hold {'job': 1, 'reason': 'Mia\\'s'} by x", "hold {'job': 1, 'reason': '[words]'} by x"),
        ("out {'note': \"it's hot\"}", "out {'note': '[words]'}"),
        ("https://x/a?Signature=abc&b=1", "https://x/a?Signature=***&b=1"),
    ],
)
def test_what_looks_like_somebodys_is_taken_out(text: str, expected: str) -> None:
    assert Redactor({}).text(text) == expected


def test_known_words_are_replaced_as_words_alone_the_longest_first() -> None:
    redactor = Redactor({"pi": "[host]", "pi.local": "[long]", "a.b (1)": "[name]", "": "[no]"})

    assert redactor.text("pi.local, pi and pipe: a.b (1)") == "[long], [host] and pipe: [name]"


def test_values_are_redacted_wherever_they_lie_and_keys_stay() -> None:
    redactor = Redactor({"mia": "[name]"})

    told = redactor.value({"mia": ["of mia", 3, {"x": ("mia", None)}]})

    assert told == {"mia": ["of [name]", 3, {"x": ["[name]", None]}]}
