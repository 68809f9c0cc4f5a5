"""From the reports of a Bambu printer to its state: full ones, deltas, late and doubled ones. Pure.

X1, H2 and P2S send everything each time; P1 and A1 after the first full report only what has
changed, so a lost or misplaced delta is wrong until the next full one. A state lives as long as
its connection: after a new one, nothing is acted on before a full report.
Source: OpenBambuAPI mqtt.md; ha-bambulab; bambuddy; read, not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from printd.printers.bambu.values import record, records, text, whole

State = dict[str, Any]

REPORT: Final = "push_status"
LATE: Final = 8  # reports; a number that lies farther back means that the counter began anew
BY_ID: Final = frozenset({"ams", "tray"})  # lists whose entries are known by their id
WHOLE: Final = frozenset({"gcode_state", "print_error", "home_flag", "nozzle_temper"})
BEFORE_LAYERS: Final = frozenset({"PREPARE", "SLICING"})
CARD_BITS: Final = 0x300  # of ``home_flag``: card present, card abnormal; deltas lose them


def push_of(message: object) -> State | None:
    """Return the report in a message; None: an answer to a command, or nothing of ours."""
    push = record(message).get("print")
    if isinstance(push, dict) and push.get("command") == REPORT:
        return push
    return None


def is_full(push: Mapping[str, Any]) -> bool:
    """Say whether a report holds everything: those of the H2D do not say so themselves."""
    return whole(push.get("msg")) == 0 if "msg" in push else push.keys() >= WHOLE


def merged(state: State, push: State) -> State:
    """Return the state after a report; neither argument is altered.

    Objects are merged deeply, AMS units and their trays by id, all other lists replaced whole. A
    full report replaces everything.
    """
    after = dict(push) if is_full(push) else _merged(state, push)
    _keep_card(state, push, after)
    _keep_layers(state, after)
    return after


class Reports:
    """The state of a printer, as one connection has told it."""

    def __init__(self) -> None:
        self.state: State = {}
        self.is_full = False  # there has been a full report
        self._before: State = {}  # the state without ``_recent``
        self._recent: list[tuple[int | None, State]] = []  # the last reports, in their order

    def take(self, message: object) -> bool:
        """Merge a message; say whether the state is another than before.

        A report that was overtaken by at most ``LATE`` others is put where it belongs, so that
        it does not bring back what they have changed, and nothing that only it said is lost.
        """
        push = push_of(message)
        if push is None:
            return False
        try:
            return self._take(push)
        except RecursionError:  # nested as no printer nests its reports
            return False

    def _take(self, push: State) -> bool:
        number = whole(push.get("sequence_id"))
        place = self._place(number)
        recent = [*self._recent[:place], (number, push), *self._recent[place:]]
        before, after = self._before, self.state
        if len(recent) > LATE:
            before = merged(before, recent.pop(0)[1])
            place -= 1
        if place == len(recent) - 1:
            after = merged(after, push)
        else:
            after = before
            for _, one in recent:
                after = merged(after, one)
        is_changed = after != self.state
        self._before, self._recent, self.state = before, recent, after
        self.is_full = self.is_full or is_full(push)
        return is_changed

    def _place(self, number: int | None) -> int:
        newest = self._recent[-1][0] if self._recent else None
        if number is None or newest is None or not 0 < newest - number <= LATE:
            return len(self._recent)
        place = len(self._recent)
        while place and (before := self._recent[place - 1][0]) is not None and before > number:
            place -= 1
        return place


def _merged(old: State, new: State) -> State:
    after = dict(old)
    for key, value in new.items():
        known = old.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            after[key] = _merged(known, value)
        elif key in BY_ID and isinstance(value, list):
            after[key] = _by_id(records(known), records(value))
        else:
            after[key] = value
    return after


def _by_id(old: list[State], new: list[State]) -> list[State]:
    """Merge entries of the same id; others are added."""
    after = {text(entry.get("id")): entry for entry in old}
    for entry in new:
        name = text(entry.get("id"))
        after[name] = _merged(after.get(name, {}), entry)
    return list(after.values())


def _keep_card(state: State, push: State, after: State) -> None:
    """Keep what the last full report has said of the card."""
    flags, before = whole(push.get("home_flag")), whole(state.get("home_flag"))
    if not is_full(push) and flags is not None and before is not None:
        after["home_flag"] = flags & ~CARD_BITS | before & CARD_BITS


def _keep_layers(state: State, after: State) -> None:
    """Keep the number of layers of a job: some firmwares drop it at the end."""
    known, now = whole(state.get("total_layer_num")), whole(after.get("total_layer_num"))
    if known and not now and text(after.get("gcode_state")) not in BEFORE_LAYERS:
        after["total_layer_num"] = known
