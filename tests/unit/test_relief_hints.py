"""What a person is told of a relief before it is printed; each hint names what mends it."""

import pytest

from printd.core.relief_hints import Hint, made_hints, size_hints
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
