"""From which step a job is made again, and what is kept of it."""

from dataclasses import replace
from typing import Any

import pytest

from printd.core.beginning import From, beginning_of, without_a_word
from printd.core.clock import utc_now
from printd.core.errors import NotPossibleNow, SettingInvalid
from printd.core.jobs import Job, State

S = State
FACTS: dict[str, Any] = {
    "photo": {"width": 64},
    "agreed": "2.00",
    "ticket": {"mesher": "relief"},
    "raw": {"file": "raw.stl"},
    "shapes": [1],
    "model": {"triangles": 12},
    "gcode": {"sha256": "aa", "packed": {"file": "print.gcode.3mf"}},
    "price": {"amount": "1"},
    "started_at": "2026-05-03T12:00:00.000+00:00",
}


def job(state: State = S.FAILED, **changes: Any) -> Job:
    now = utc_now()
    plain = Job(41, "x", state, "a.png", "default", {}, "aa", now, now, facts=FACTS)
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("word", "state", "kept", "files"),
    [
        ("mesh", S.RECEIVED, {"photo", "agreed"}, ("photo.bin",)),
        ("check", S.MESHED, {"ticket", "raw", "shapes"}, ("raw.stl",)),
        ("slice", S.PRINTABLE, {"model"}, ("model.stl",)),
        ("print", S.SLICED, {"gcode", "price"}, ("print.gcode", "print.gcode.3mf")),
    ],
)
def test_each_step_keeps_what_came_before_it(
    word: str, state: State, kept: set[str], files: tuple[str, ...]
) -> None:
    begin = beginning_of(job(), word)
    assert (begin.state, begin.files) == (state, files)
    assert kept <= begin.facts.keys()
    later = list(From)[list(From).index(From(word)) + 1 :]
    assert all(begin.facts != beginning_of(job(), other).facts for other in later)
    assert "started_at" not in begin.facts


@pytest.mark.parametrize(("word", "state"), [("check", S.RECEIVED), ("print", S.SLICED)])
def test_gcode_is_judged_anew_or_printed_as_it_is(word: str, state: State) -> None:
    facts = {"gcode": {"sha256": "aa"}}
    given = job(settings={"given": ".gcode"}, facts=facts)
    assert beginning_of(given, word).state is state
    assert beginning_of(given, word).files == ("print.gcode",)
    assert bool(beginning_of(given, word).facts) is (word == "print")
    with pytest.raises(SettingInvalid, match="there are: check, print"):
        beginning_of(given, "slice")


@pytest.mark.parametrize(
    ("lacks", "words"),
    [("raw", ("check",)), ("model", ("slice",)), ("gcode", ("print",))],
)
def test_what_was_never_made_cannot_be_kept(lacks: str, words: tuple[str, ...]) -> None:
    facts = {key: of for key, of in FACTS.items() if key != lacks}
    for word in words:
        with pytest.raises(NotPossibleNow, match="never came so far"):
            beginning_of(job(facts=facts), word)


def test_a_held_job_goes_back_and_never_ahead() -> None:
    stopped = job(S.HELD, held_from=S.PRINTABLE)  # sliced before, and sent back
    assert beginning_of(stopped, "slice").state is S.PRINTABLE
    with pytest.raises(NotPossibleNow):
        beginning_of(stopped, "print")
    assert beginning_of(job(S.HELD, held_from=S.PRINTING), "print").state is S.SLICED


DRAWN = {**FACTS, "drawn": {"by": "nano", "file": "photo.bin", "sha256": "bb"}}


@pytest.mark.parametrize(
    ("settings", "file"),
    [({"given": "words", "artist": "nano"}, "words.txt"), ({"artist": "nano"}, "photo.bin")],
)
def test_a_picture_that_was_drawn_is_kept_by_every_later_step(
    settings: dict[str, Any], file: str
) -> None:
    of_words = job(settings=settings, facts=DRAWN)
    anew = beginning_of(of_words, "picture")
    assert (anew.state, anew.files) == (S.RECEIVED, (file,))
    assert not {"drawn", "ticket", "raw"} & anew.facts.keys()
    kept = beginning_of(of_words, "mesh")
    assert (kept.state, kept.files) == (S.DRAWN, ("photo.bin",))
    assert "drawn" in kept.facts
    assert not {"ticket", "raw"} & kept.facts.keys()
    shaped = beginning_of(of_words, "check")
    assert (shaped.state, shaped.files) == (S.MESHED, ("photo.bin", "raw.stl"))
    assert without_a_word(of_words) == "mesh"


def test_a_picture_that_was_never_drawn_is_not_begun_with() -> None:
    waits = job(S.HELD, held_from=S.RECEIVED, settings={"given": "words", "artist": "nano"})
    assert without_a_word(waits) == ""
    with pytest.raises(NotPossibleNow):
        beginning_of(waits, "mesh")
    with pytest.raises(SettingInvalid, match="there are: mesh"):
        beginning_of(job(), "picture")


def test_a_word_that_is_no_step_is_refused() -> None:
    with pytest.raises(SettingInvalid, match="there are: mesh, check, slice, print"):
        beginning_of(job(), "paint\n")


def test_a_shape_of_an_older_printd_is_found_under_its_one_name() -> None:
    older = job(facts={**FACTS, "raw": {"triangles": 12}})
    assert beginning_of(older, "check").files == ("raw.stl",)
