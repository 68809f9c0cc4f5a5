"""Side files that a stranger wrote: each is refused with a short sentence, soon."""

import time

import pytest

from printd.core.config import Config
from printd.core.errors import SideFileInvalid
from printd.core.recipes import side_file_order

CONFIG = Config()
NINE = ",".join(["*{0}"] * 9)
ALIASES = "\n".join(
    ["a: &a [x,x]"]
    + [f"{b}: &{b} [{NINE.format(a)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
)
MERGES = "\n".join(
    ["a: &a {x: 1}"]
    + [f"{b}: &{b} {{<<: [{NINE.format(a)}]}}" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
)


@pytest.mark.parametrize(
    "content",
    [
        *(ALIASES, f"width_mm: &a [1]\nname: {NINE.format('a')}", MERGES, "[" * 60_000),
        *("{a: " * 15_000, "- " * 30_000, "a:\n " * 15_000, "? " * 30_000, "width_mm: [60]"),
        *("width_mm: 0x" + "f" * 60_000, "width_mm: " + "9" * 60_000, "width_mm: 1e999"),
        *("width_mm: .nan", "width_mm: " + ":".join(["59"] * 20_000), "x" * 60_000 + ": 1"),
        *("width_mm: " + "x" * 60_000, "recipe: " + "x" * 60_000, "recipe: ../x", "name: [a]"),
        *("!!python/object/apply:os.system ['true']", "width_mm: !!binary aGk=", "width_mm: null"),
        *("width_mm: 2001-99-99", "1: 2", "null: 2", "[a]: 2", "? {a: b}\n: c", "\x00", "\t: 1"),
        *("no_such: 1", "width_mm: 3000", "mesh_quality: 512.5", "invert: maybe", "just words"),
        "width_mm: 60\nlongest_mm: 60",
    ],
    ids=lambda content: content[:12],
)
def test_what_cannot_be_followed_is_refused_soon_and_in_few_words(content: str) -> None:
    began_s = time.monotonic()

    with pytest.raises(SideFileInvalid) as caught:
        side_file_order(CONFIG, "default", content.encode())

    assert time.monotonic() - began_s < 5
    assert len(caught.value.problem) < 600
    assert caught.value.problem.isprintable()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\xc3\x28: 1", bytes(1000), b"\xef\xbb\xbf:"]
)
def test_bytes_that_are_no_text_are_refused(content: bytes) -> None:
    with pytest.raises(SideFileInvalid):
        side_file_order(CONFIG, "default", content)


def test_a_name_is_data_however_it_looks() -> None:
    assert side_file_order(CONFIG, "default", b"name: ../../x").name == "../../x"
