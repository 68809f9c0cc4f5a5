"""The words of the setting ``crop``, and the part of a picture that they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printd.core.crop import Box, crop_box, crop_px

SIZES = st.integers(1, 20_000)
FRACTIONS = st.floats(0, 1)


def shape_of(box: Box | None, width_px: int, height_px: int) -> float:
    left, top, right, bottom = box or (0, 0, 1, 1)
    return (right - left) * width_px / ((bottom - top) * height_px)


def test_none_is_all_of_the_picture() -> None:
    assert crop_box("none", 400, 300) is None
    assert crop_px(None, 400, 300) == (0, 0, 400, 300)


def test_a_square_is_the_largest_in_the_middle() -> None:
    assert crop_box("square", 400, 300) == pytest.approx((0.125, 0, 0.875, 1))
    assert crop_box("square", 300, 400) == pytest.approx((0, 0.125, 1, 0.875))
    assert crop_box("square", 300, 300) == (0, 0, 1, 1)


def test_a_ratio_is_width_to_height() -> None:
    assert crop_box("4:3", 400, 400) == pytest.approx((0, 0.125, 1, 0.875))
    assert crop_box("3:4", 400, 400) == pytest.approx((0.125, 0, 0.875, 1))
    assert crop_box("1.5:1", 300, 200) == pytest.approx((0, 0, 1, 1))


def test_four_fractions_are_left_top_right_bottom() -> None:
    assert crop_box("0.1,0.2,0.9,0.8", 400, 300) == (0.1, 0.2, 0.9, 0.8)
    assert crop_px((0.1, 0.2, 0.9, 0.8), 400, 300) == (40, 60, 360, 240)


@pytest.mark.parametrize(
    "word",
    [
        *(
            "",
            "round",
            "4",
            "4:",
            ":",
            "4:0",
            "0:4",
            "-4:3",
            "4:-3",
            "a:b",
            "4:3:2",
            "nan:1",
            "inf:1",
        ),
        *(
            "1:21",
            "21:1",
            ",",
            "0.1,0.2,0.9",
            "0,0,1,1,1",
            "0.9,0,0.1,1",
            "0,0.5,1,0.5",
            "0,0,1,1.1",
        ),
        *("-0.1,0,1,1", "nan,0,1,1", "0,0,inf,1", "a,b,c,d"),
    ],
)
def test_nonsense_is_refused_with_a_sentence_whatever_the_picture(word: str) -> None:
    for size in ((1000, 1000), (1, 5000), (20_000, 1)):
        with pytest.raises(ValueError, match=" ") as refused:
            crop_box(word, *size)
        assert repr(word) in str(refused.value)


@given(SIZES, SIZES, st.floats(0.05, 20))
def test_every_ratio_fits_touches_two_sides_and_stays_in_the_middle(
    width_px: int, height_px: int, ratio: float
) -> None:
    box = crop_box(f"{ratio!r}:1", width_px, height_px)

    assert box is not None
    left, top, right, bottom = box
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1
    assert shape_of(box, width_px, height_px) == pytest.approx(ratio)
    assert left + right == pytest.approx(1)
    assert top + bottom == pytest.approx(1)
    assert max(right - left, bottom - top) == pytest.approx(1)


@given(st.tuples(FRACTIONS, FRACTIONS, FRACTIONS, FRACTIONS), SIZES, SIZES)
def test_a_part_is_never_empty_and_never_outside(box: Box, width_px: int, height_px: int) -> None:
    across, down = sorted(box[:2]), sorted(box[2:])

    left, top, right, bottom = crop_px(
        (across[0], down[0], across[1], down[1]), width_px, height_px
    )

    assert 0 <= left < right <= width_px
    assert 0 <= top < bottom <= height_px
