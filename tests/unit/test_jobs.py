"""States: the one table of transitions."""

import itertools
from collections.abc import Mapping

import pytest

from printd.core.jobs import AT_PRINTER, FINAL, TRANSITIONS, State, after_hold

S = State


def complaints(table: Mapping[State, frozenset[State]]) -> list[str]:
    """Return what is wrong with a table of transitions, one line each."""
    found = [f"{state}: not in the table" for state in State if state not in table]
    found += [f"{state}: final, but has a way out" for state in FINAL if table.get(state)]
    reached = {S.RECEIVED}
    todo = [S.RECEIVED]
    while todo:
        for after in table.get(todo.pop(), frozenset()) - reached:
            reached.add(after)
            todo.append(after)
    found += [f"{state}: cannot be reached" for state in State if state not in reached]
    order = list(State)[: list(State).index(S.PRINTED) + 1]
    backwards = {(S.SLICED, S.PRINTABLE), (S.ASSIGNED, S.SLICED), (S.UPLOADED, S.SLICED)}
    given_sliced = {(S.RECEIVED, S.SLICED), (S.SLICED, S.RECEIVED)}
    given_drawn = {(S.RECEIVED, S.ORDERED)}
    another_order = {
        (S.RECEIVED, S.RECEIVED),
        (S.ORDERED, S.RECEIVED),
        (S.DRAWN, S.DRAWN),
        (S.ORDERED, S.DRAWN),
    }
    allowed = backwards | given_sliced | given_drawn | another_order
    found += [
        f"{before} -> {after}: missing"
        for before, after in itertools.pairwise(order)
        if after not in table.get(before, frozenset())
    ]
    for index, before in enumerate(order):
        for after in table.get(before, frozenset()) & set(order):
            is_next = after is order[min(index + 1, len(order) - 1)]
            if not is_next and (before, after) not in allowed:
                found.append(f"{before} -> {after}: skips or turns back")
    if S.FAILED in table.get(S.HELD, ()):
        found.append("held -> failed: only a person moves a held job, and nobody fails one")
    return found


def test_the_table_is_sound() -> None:
    assert complaints(TRANSITIONS) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S.PRINTED, S.RECEIVED),
        (S.CANCELLED, S.SLICED),
        (S.RECEIVED, S.PRINTING),
        (S.PRINTING, S.SLICED),
        (S.PRINTING, S.UPLOADED),
        (S.HELD, S.FAILED),
    ],
)
def test_a_wrong_arrow_is_found(before: State, after: State) -> None:
    assert complaints({**TRANSITIONS, before: TRANSITIONS[before] | {after}})


def test_a_missing_arrow_is_found() -> None:
    assert complaints({**TRANSITIONS, S.UPLOADED: TRANSITIONS[S.UPLOADED] - {S.PRINTING}})


def test_a_hold_never_resumes_at_a_printer() -> None:
    assert {after_hold(state) for state in State} & AT_PRINTER == set()
    assert all(after_hold(state) in TRANSITIONS[S.HELD] for state in list(State)[:9])
