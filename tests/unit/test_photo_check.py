"""Photos against the rules of services: each check finds its own defect, and no other one's."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from printd.geometry.photo_check.checking import PhotoCheck, check_photo
from printd.geometry.photo_check.rule import Rule, sentence, worst
from tests import studio
from tests.looks import PHOTOS
from tests.photos import encoded

# The defect, the check that finds it, and how grave it is on each of these subjects.
SUBJECTS = ("astronaut", "chelsea", "coffee")
DEFECTS: tuple[tuple[Callable[[str], Image.Image], str, tuple[str, ...]], ...] = (
    (studio.blurred, "sharpness", ("bad", "bad", "bad")),
    (studio.moved, "sharpness", ("bad", "bad", "bad")),
    (studio.dark, "brightness", ("bad", "bad", "bad")),
    (studio.overexposed, "burnt_out", ("bad", "bad", "poor")),
    (studio.backlit, "backlit", ("poor", "poor", "poor")),
    (studio.lit_from_the_side, "shadow", ("poor", "poor", "poor")),
    (studio.with_a_cast_shadow, "shadow", ("poor", "poor", "poor")),
    (studio.cut_above, "margin", ("poor", "bad", "bad")),
    (studio.cut_at_the_side, "margin", ("bad", "bad", "bad")),
    (studio.cut_below, "foot", ("poor", "poor", "poor")),
    (studio.twice, "subject_count", ("bad", "bad", "bad")),
    (studio.before_grass, "background", ("bad", "bad", "bad")),
    (studio.from_afar, "size", ("poor", "poor", "poor")),
    (studio.few_pixels, "resolution", ("bad", "bad", "bad")),
)
CASES = [
    pytest.param(make, name, code, verdict, id=f"{make.__name__}-{name}")
    for make, code, verdicts in DEFECTS
    for name, verdict in zip(SUBJECTS, verdicts, strict=True)
]
# What is cut at a side is cut there below too, and half a saucer is as slim as a figure; in the
# dark the cat is hardly told from the wall.
ALSO: dict[tuple[Callable[[str], Image.Image], str], set[str]] = {
    (studio.cut_at_the_side, "astronaut"): {"foot"},
    (studio.cut_at_the_side, "chelsea"): {"foot"},
    (studio.cut_at_the_side, "coffee"): {"foot", "limbs"},
    (studio.dark, "chelsea"): {"subject"},
}


def checked(photo: Image.Image, folder: Path, mask: Path | None = None) -> PhotoCheck:
    file = folder / "photo.png"
    photo.save(file, compress_level=1)
    return check_photo(file, mask=mask)


def faults(found: PhotoCheck) -> dict[str, str]:
    return {check.code: check.verdict for check in found.checks if check.verdict != "good"}


@pytest.mark.parametrize(("make", "name", "code", "verdict"), CASES)
def test_a_defect_turns_its_own_check_and_no_other(
    tmp_path: Path, make: Callable[[str], Image.Image], name: str, code: str, verdict: str
) -> None:
    found = checked(make(name), tmp_path)

    said = faults(found)
    assert said.pop(code, "good") == verdict, found
    assert set(said) <= ALSO.get((make, name), set()), found
    assert found.verdict == verdict


@pytest.mark.parametrize("name", [*SUBJECTS, "camera"])
@pytest.mark.parametrize("colour", [studio.GREY, studio.BLUE])
def test_a_good_photo_raises_no_alarm(
    tmp_path: Path, name: str, colour: tuple[int, int, int]
) -> None:
    found = checked(studio.portrait(name, studio.ground(colour=colour)), tmp_path)

    assert faults(found) == {}
    assert found.verdict == "good"
    assert "speaks against" in found.sentence
    assert len(found.checks) >= 9


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("astronaut", {"resolution", "margin", "foot", "background"}),
        ("coffee", {"resolution", "foot", "background"}),
        ("camera", {"resolution", "margin", "foot", "background"}),
        ("rocket", {"resolution", "brightness", "foot"}),
    ],
)
def test_real_photos_of_one_subject_can_do(name: str, said: set[str]) -> None:
    found = check_photo(PHOTOS[name])

    assert set(faults(found)) == said
    assert found.verdict == "poor"


def test_many_things_on_one_photo_are_counted() -> None:
    found = {check.code: check for check in check_photo(PHOTOS["coins"]).checks}

    assert found["subject_count"].value == pytest.approx(24, abs=2)  # of them two touch


def test_a_photo_without_a_subject_is_bad_and_its_shape_is_not_judged(tmp_path: Path) -> None:
    found = check_photo(PHOTOS["coffee"].parent / "grass.png")
    plain = checked(Image.new("RGB", (1024, 1024), (90, 120, 90)), tmp_path)

    for one in (found, plain):
        assert faults(one)["subject"] == "bad"
        assert not {"subject_count", "margin", "size", "background"} & {c.code for c in one.checks}


def figure(arms_apart: bool) -> Image.Image:
    """Return a standing figure, its limbs apart from its body or along it."""
    photo = studio.ground((800, 1100))
    draw = ImageDraw.Draw(photo)
    cloth = (170, 40, 30)
    draw.ellipse((340, 90, 460, 230), cloth)
    if arms_apart:
        draw.polygon([(330, 220), (470, 220), (460, 620), (340, 620)], cloth)
        for side in (-1, 1):
            points = [(40, 230), (250, 560), (210, 590), (40, 330)]
            draw.polygon([(400 + side * x, y) for x, y in points], cloth)
            points = [(0, 600), (60, 600), (170, 1020), (100, 1020)]
            draw.polygon([(400 + side * x, y) for x, y in points], cloth)
    else:
        draw.polygon([(270, 220), (530, 220), (500, 1020), (300, 1020)], cloth)
    return photo


def test_limbs_along_the_body_are_told_from_limbs_apart(tmp_path: Path) -> None:
    assert faults(checked(figure(arms_apart=False), tmp_path)) == {"limbs": "poor"}
    assert faults(checked(figure(arms_apart=True), tmp_path)) == {}


def test_a_given_mask_says_what_the_subject_is(tmp_path: Path) -> None:
    left = Image.new("L", (1500, 768))
    left.paste(255, (0, 0, 750, 768))
    mask = tmp_path / "mask.png"
    mask.write_bytes(encoded(left, "PNG"))

    both = checked(studio.twice("coffee"), tmp_path)
    one = checked(studio.twice("coffee"), tmp_path, mask)

    assert "subject_count" in faults(both)
    assert "subject_count" not in faults(one)
    assert "subject" not in {check.code for check in one.checks}  # nobody doubts it


def test_a_subject_cut_out_already_lies_on_a_quiet_ground(tmp_path: Path) -> None:
    photo = studio.before_grass("coffee").convert("RGBA")
    body, mask = studio.subject("coffee")
    alpha = Image.new("L", photo.size)
    alpha.paste(mask, ((photo.width - body.width) // 2, (photo.height - body.height) // 2))
    photo.putalpha(alpha)

    assert faults(checked(photo, tmp_path)) == {}


def test_a_grey_photo_is_not_asked_for_hues(tmp_path: Path) -> None:
    found = checked(studio.with_a_cast_shadow("camera").convert("L"), tmp_path)

    assert "shadow" not in {check.code for check in found.checks}


MOST = Rule("most", "%", 5.0, 12.0, "is much", "Less.")
LEAST = Rule("least", "%", 50.0, 30.0, "is little", "More.")
MILD = Rule("mild", "%", 5.0, None, "is mild", "Mind.")


@pytest.mark.parametrize(
    ("rule", "value", "verdict"),
    [
        *((MOST, 5.0, "good"), (MOST, 5.01, "poor"), (MOST, 12.0, "poor"), (MOST, 12.1, "bad")),
        *((LEAST, 50.0, "good"), (LEAST, 49.9, "poor"), (LEAST, 30.0, "poor"), (LEAST, 29, "bad")),
        *((MILD, 5.0, "good"), (MILD, 100.0, "poor")),
    ],
)
def test_a_value_is_judged_by_the_limits_of_its_rule(
    rule: Rule, value: float, verdict: str
) -> None:
    check = rule.judged(value)

    assert check.verdict == verdict
    assert bool(check.advice) == (verdict != "good")


def test_the_verdict_is_that_of_the_worst_check_and_names_the_gravest_faults() -> None:
    checks = [MOST.judged(20), LEAST.judged(10), MILD.judged(9), MOST.judged(1)]

    assert worst(checks) == "bad"
    assert sentence(checks).endswith(": it is much and is little.")
    assert sentence(checks[2:]) == "This photo can do, but it is mild."
    assert worst([]) == "good"


def test_a_large_photo_is_measured_as_a_service_sees_it(tmp_path: Path) -> None:
    small = studio.portrait("coffee")
    large = small.resize((4 * small.width, 4 * small.height), Image.Resampling.BICUBIC)

    here, there = (
        {check.code: check.value for check in checked(photo, tmp_path).checks}
        for photo in (small, large)
    )

    assert there.pop("resolution") == 4 * here.pop("resolution")
    for code, value in here.items():
        assert there[code] == pytest.approx(value, abs=1.5), code
    assert np.isfinite(list(there.values())).all()
