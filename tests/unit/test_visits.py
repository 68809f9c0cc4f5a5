"""Visits of the kiosk: how long they last, how many there are, by which links phones reach them."""

from collections.abc import Callable

import pytest

from printd.core.kiosk_config import KioskConfig
from printd.web import visits
from printd.web.problems import PhoneLinkGone, VisitOver
from printd.web.visits import IDLE_S, LINK_S, MOST, Visit, Visits, idle_s


class Room:
    """A kiosk whose clock stands until it is told to go on."""

    def __init__(self, idle_s: Callable[[], float] = lambda: IDLE_S) -> None:
        self.now_s = 1000.0
        self.erased: list[str] = []
        self.visits = Visits(self._erase, lambda: self.now_s, idle_s)

    def _erase(self, visit: Visit) -> None:
        self.erased.append(visit.id)


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_visit_is_known_by_its_word_alone(room: Room) -> None:
    visit = room.visits.begin()
    assert room.visits.known(visit.word) is visit
    for word in ("", "x", visit.id, visit.word[:-1], "\ud800"):
        with pytest.raises(VisitOver):
            room.visits.known(word)


def test_nothing_is_heard_of_it_for_ten_minutes_and_it_is_erased(room: Room) -> None:
    visit = room.visits.begin()
    room.now_s += IDLE_S - 1
    room.visits.known(visit.word)
    room.now_s += IDLE_S - 1
    room.visits.sweep()
    assert room.erased == []
    room.now_s += 1
    with pytest.raises(VisitOver):
        room.visits.known(visit.word)
    room.visits.sweep()
    assert room.erased == [visit.id]
    assert len(room.visits) == 0


def test_a_screen_that_may_stand_for_longer_does() -> None:
    usual, patient = KioskConfig(), KioskConfig(idle_s=1800, warn_s=60)
    assert idle_s(usual) == IDLE_S
    room = Room(lambda: idle_s(patient))
    visit = room.visits.begin()
    room.now_s += 1800 + 60
    assert room.visits.known(visit.word) is visit


def test_a_page_that_asks_by_itself_keeps_nobody_here(room: Room) -> None:
    visit = room.visits.begin()
    for _ in range(10):
        room.now_s += IDLE_S / 8
        try:
            room.visits.known(visit.word, touches=False)
        except VisitOver:
            break
    else:
        pytest.fail("the visit went on")


def test_of_too_many_the_one_used_longest_ago_ends(room: Room) -> None:
    first, second = room.visits.begin(), room.visits.begin()
    room.now_s += 1
    room.visits.known(first.word)
    for _ in range(MOST - 1):
        room.visits.begin()
    assert room.erased == [second.id]
    assert room.visits.known(first.word) is first
    assert len(room.visits) == MOST


def test_a_link_ends_after_its_time_or_when_there_is_a_photo(room: Room) -> None:
    visit = room.visits.begin()
    link = room.visits.link(visit)
    assert room.visits.linked(link) is visit
    assert room.visits.link(visit) == link
    room.now_s += LINK_S / 2
    newer = room.visits.link(visit)
    assert newer != link
    with pytest.raises(PhoneLinkGone):
        room.visits.linked(link)
    room.now_s += LINK_S
    with pytest.raises(PhoneLinkGone):
        room.visits.linked(newer)
    newest = room.visits.link(visit)
    room.visits.forget_link(visit)
    with pytest.raises(PhoneLinkGone):
        room.visits.linked(newest)


def test_a_link_ends_with_its_visit(room: Room) -> None:
    visit = room.visits.begin()
    link = room.visits.link(visit)
    room.visits.end(visit.word)
    assert room.erased == [visit.id]
    with pytest.raises(PhoneLinkGone):
        room.visits.linked(link)
    with pytest.raises(PhoneLinkGone):  # nor is one made for it afterwards
        room.visits.linked(room.visits.link(visit))


def test_words_are_guessed_slowly(room: Room) -> None:
    tries = sum(room.visits.may_guess("192.0.2.7") for _ in range(1000))
    assert tries == visits.GUESSES.at_once
    assert room.visits.may_guess("192.0.2.8")


def test_no_visit_ends_while_its_photo_is_on_its_way(room: Room) -> None:
    visit = room.visits.begin()
    with room.visits.receiving(visit):
        room.now_s += 10 * IDLE_S
        room.visits.sweep()
        assert room.erased == []
        assert room.visits.known(visit.word, touches=False) is visit
    assert room.visits.known(visit.word) is visit
    room.now_s += IDLE_S
    room.visits.sweep()
    assert room.erased == [visit.id]
