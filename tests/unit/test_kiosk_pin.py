"""The number of the staff corner: five tries, then five minutes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from printd.core.errors import SettingInvalid
from printd.web.kiosk_pin import LOCKED_S, OPEN_S, TRIES, KioskPin, StaffCorner
from printd.web.problems import PinLocked, PinRefused
from tests.peers.stores import open_store


@pytest.fixture
def pin(tmp_path: Path) -> Iterator[KioskPin]:
    with open_store(tmp_path) as store:
        yield KioskPin(store.database)


def test_without_a_number_nothing_opens_it(pin: KioskPin) -> None:
    assert not pin.is_set
    assert not pin.is_this("")
    with pytest.raises(PinRefused):
        StaffCorner(pin).open("0000")


def test_only_the_number_opens_it(pin: KioskPin) -> None:
    pin.set("0042", by="ana")
    assert pin.is_set
    assert pin.is_this("0042")
    for digits in ("42", "", "0043", "*0042", "00420"):
        assert not pin.is_this(digits), digits
    pin.set("777777", by="ana")
    assert not pin.is_this("0042")
    pin.remove(by="ana")
    assert not pin.is_this("777777")


@pytest.mark.parametrize("digits", ["123", "1234567890123", "12a4", "", "١٢٣٤", "12 34"])
def test_what_is_no_number(pin: KioskPin, digits: str) -> None:
    with pytest.raises(SettingInvalid):
        pin.set(digits, by="ana")


def test_five_wrong_ones_lock_it_for_five_minutes(pin: KioskPin) -> None:
    pin.set("2468", by="ana")
    now_s = 0.0
    door = StaffCorner(pin, lambda: now_s)
    for _ in range(TRIES):
        with pytest.raises(PinRefused):
            door.open("1111")
    with pytest.raises(PinLocked):
        door.open("2468")
    now_s = LOCKED_S - 1
    with pytest.raises(PinLocked):
        door.open("2468")
    now_s = LOCKED_S
    door.open("2468")


def test_it_is_open_for_a_minute_to_whoever_came_last(pin: KioskPin) -> None:
    pin.set("2468", by="ana")
    now_s = 0.0
    corner = StaffCorner(pin, lambda: now_s)
    assert corner.left_s("") == 0
    first = corner.open("2468")
    assert corner.left_s(first) == OPEN_S
    second = corner.open("2468")
    assert corner.left_s(first) == 0
    now_s = OPEN_S - 1
    assert corner.left_s(second) == 1
    now_s = OPEN_S
    assert corner.left_s(second) == 0
    third = corner.open("2468")
    corner.close()
    assert corner.left_s(third) == 0
