"""What a person is told of a relief before it is printed; each hint names what mends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.relief_hints import (
    Hint,
    idle_hints,
    made_hints,
    outline_hints,
    size_hints,
)
from printd.core.relief_presets import PRESETS
from printd.core.relief_settings import ReliefSettings


def hints(
    values: dict[str, object], triangles: int = 1000, smallest_mm: float | None = None
) -> list[Hint]:
    settings = ReliefSettings.of(values)
    made = made_hints(settings, triangles=triangles, smallest_mm=smallest_mm)
    return [*size_hints(settings, settings.resolve(1.0)), *made]


CASES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "base_thin": ({"base_mm": 0.3}, {}),
    "relief_low": ({"relief_mm": 0.4}, {}),
    "plate_dark": ({"surface": "lithophane", "thinnest_mm": 2, "standing": True}, {}),
    "plate_lying": ({"surface": "lithophane"}, {}),
    "finer_than_nozzle": ({"mesh_quality": 2048}, {}),
    "too_fine": ({"line_mm": 0}, {"smallest_mm": 0.2}),
}


@pytest.mark.parametrize("code", CASES)
def test_a_hint_appears_when_it_is_true_and_goes_when_it_is_mended(code: str) -> None:
    values, made = CASES[code]
    found = hints(values, **made)  # type: ignore[arg-type]

    assert [hint.code for hint in found] == [code]
    mend = found[0].mend
    assert mend
    assert code not in [hint.code for hint in hints({**values, **mend}, **made)]  # type: ignore[arg-type]


@given(
    longest_mm=st.floats(5, 2000),
    relief_mm=st.none() | st.floats(0, 600),
    base_mm=st.none() | st.floats(0.2, 50),
    line_mm=st.floats(0, 2),
    quality=st.integers(128, 4096),
)
def test_what_mends_does_mend_at_any_size(
    longest_mm: float,
    relief_mm: float | None,
    base_mm: float | None,
    line_mm: float,
    quality: int,
) -> None:
    values: dict[str, object] = {
        "longest_mm": longest_mm,
        "relief_mm": relief_mm,
        "base_mm": 3 if longest_mm < 20 and base_mm is None else base_mm,
        "line_mm": line_mm,
        "mesh_quality": quality,
    }
    for hint in hints(values):
        assert hint.code not in [other.code for other in hints({**values, **hint.mend})]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"surface": "lithophane", "standing": True, "relief_mm": 3}, "relief_mm: nothing of a"),
        ({"thinnest_mm": 1}, "thinnest_mm: only of lithophanes"),
    ],
)
def test_what_does_nothing_is_said_also_after_it_was_kept(
    values: dict[str, object], words: str
) -> None:
    settings = ReliefSettings.of(values)

    for kept in (settings, ReliefSettings.of(settings.model_dump(exclude_none=True))):
        (hint,) = idle_hints(kept)
        assert words in hint.sentence
    assert not list(idle_hints(ReliefSettings.of(ReliefSettings().model_dump(exclude_none=True))))


def test_steep_flanks_are_said_of_what_stands() -> None:
    plate = ReliefSettings.of({"surface": "lithophane", "standing": True})
    codes = [
        [hint.code for hint in made_hints(each, triangles=1, smallest_mm=None, steep_share=0.1)]
        for each in (plate, plate.model_copy(update={"standing": False}))
    ]

    assert codes == [["steep_standing"], []]


@pytest.mark.parametrize("asked", ["width_mm", "longest_mm"])
def test_a_narrow_outline_names_the_size_that_makes_it_as_wide_as_was_asked(asked: str) -> None:
    settings = ReliefSettings.of({asked: 80, "outline": "heart"})

    (hint,) = outline_hints(settings, settings.resolve(1.0), 60.0)

    assert "is 60 mm wide" in hint.sentence
    assert hint.mend == {asked: 106.7}
    assert not list(outline_hints(settings, settings.resolve(1.0), 79.9))


def test_many_triangles_are_said_with_what_makes_fewer() -> None:
    (adaptive,) = hints({}, triangles=2_000_000)
    (dense,) = hints({"triangulation": "dense"}, triangles=2_000_000)

    assert adaptive.code == dense.code == "many_triangles"
    assert adaptive.mend == {"tolerance_mm": 0.05}
    assert dense.mend == {"triangulation": "adaptive"}


@pytest.mark.parametrize("preset", [{}, *PRESETS.values()], ids=["none", *PRESETS])
def test_no_preset_needs_mending_at_its_usual_size(preset: dict[str, object]) -> None:
    size = 200 if preset is PRESETS["large"] else 80

    assert [hint.code for hint in hints({**preset, "longest_mm": size})] in (
        [],
        ["finer_than_nozzle"],
    )
