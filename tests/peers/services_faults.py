"""What goes wrong at a fake service next: armed by a test, or drawn from a seed."""

import random
import threading
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from typing import Final


class Call(StrEnum):
    """What a request is for."""

    CREATE = auto()
    READ = auto()
    LIST = auto()
    RESULT = auto()
    CANCEL = auto()
    DELETE = auto()
    UPLOAD = auto()
    DOWNLOAD = auto()
    STREAM = auto()
    ACCOUNT = auto()
    SCHEMA = auto()


class Kind(StrEnum):
    """What goes wrong."""

    # Of any request.
    RESET_BEFORE = auto()  # the connection is reset before the body is read
    RESET_READ = auto()  # the body is read, nothing is done, the connection is reset
    DROP = auto()  # done, and reset without an answer
    CUT = auto()  # done, and reset in the middle of the answer
    HANG = auto()  # done, and no answer for ``seconds``; then reset
    SLOW = auto()  # done and answered, after ``seconds``
    STATUS = auto()  # answered ``status`` in the words of the service; ``after``: done first
    PAGE = auto()  # 200 with the HTML of some gateway, nothing is done
    EMPTY = auto()  # done, and answered 200 with nothing
    # Of an order.
    FAIL = auto()  # accepted, and fails
    MODERATE = auto()  # accepted, and its content is refused
    NEVER = auto()  # accepted, and never ends
    LATE = auto()  # takes ``seconds`` of the service's time more
    GONE = auto()  # succeeds, and what it gave is deleted at once
    ODD_STATE = auto()  # passes through a state that nobody has documented
    ODD_FIELDS = auto()  # answers about it hold fields that nobody has documented
    # Of a download.
    HTML = auto()  # a page, with status 200
    TRUNCATED = auto()  # half of it, of a length that agrees
    EMPTY_MESH = auto()  # a file without faces
    WRONG_TYPE = auto()  # right bytes under a wrong content type
    LONG_LENGTH = auto()  # Content-Length promises more than comes
    SHORT_LENGTH = auto()  # Content-Length is too small
    HUGE = auto()  # ``size`` bytes
    REDIRECT_METADATA = auto()  # to the address where clouds keep credentials
    REDIRECT_LOCAL = auto()  # to another port of this machine, a trap
    REDIRECT_SAME = auto()  # to the same host: harmless
    EXPIRED_LINK = auto()  # refused as though it were old
    # Of a depth picture (section 9.5).
    COLOUR = auto()
    SHIFTED = auto()
    INVERTED = auto()
    FLAT = auto()
    POSTERISED = auto()
    OTHER_SIZE = auto()
    REDRAWN = auto()
    # Of an answer that is the result itself (sections 9.2 and 9.3).
    FINISH = auto()  # 200 without a picture; ``said`` is the finishReason
    BLOCK = auto()  # 200 without candidates; ``said`` is the blockReason
    WORDS = auto()  # 200, finished, with text only
    THOUGHTS = auto()  # an interim picture, marked as thought, before the picture
    ONLY_THOUGHTS = auto()  # an interim picture and no other
    MARKDOWN = auto()  # the picture is a data URI within text
    JPEG = auto()  # the picture is a JPEG


K: Final = Kind
TRANSPORT: Final = frozenset(
    {K.RESET_BEFORE, K.RESET_READ, K.DROP, K.CUT, K.HANG, K.SLOW, K.STATUS, K.PAGE, K.EMPTY}
)
ORDER: Final = frozenset({K.FAIL, K.MODERATE, K.NEVER, K.LATE, K.GONE, K.ODD_STATE, K.ODD_FIELDS})
DEPTH: Final = frozenset(
    {K.COLOUR, K.SHIFTED, K.INVERTED, K.FLAT, K.POSTERISED, K.OTHER_SIZE, K.REDRAWN}
)
ANSWER: Final = frozenset(
    {K.FINISH, K.BLOCK, K.WORDS, K.THOUGHTS, K.ONLY_THOUGHTS, K.MARKDOWN, K.JPEG}
)
ASSET: Final = frozenset(Kind) - TRANSPORT - ORDER - DEPTH - ANSWER


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: what.
        call: with which request; kinds of orders and depth pictures mean CREATE, kinds of
            downloads DOWNLOAD.
        times: how often; -1 for ever.
        skip: how many such requests go well before.
        status: of ``STATUS``.
        after: of ``STATUS``: the request was carried out.
        seconds: real ones, of ``SLOW`` and ``HANG``; the service's of ``LATE``.
        retry_s: the hint that goes with a 429 or 503.
        size: bytes of ``HUGE``.
        said: of ``FINISH`` and ``BLOCK``: the reason.
    """

    kind: Kind
    call: Call = Call.CREATE
    times: int = 1
    skip: int = 0
    status: int = 503
    after: bool = False
    seconds: float = 0.0
    retry_s: int | None = None
    size: int = 100 << 20
    said: str = ""


class Faults:
    """Those that are armed."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, *faults: Fault) -> None:
        """Let these come, each kind in the order given."""
        with self._lock:
            self._armed += [_placed(fault) for fault in faults]

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._armed.clear()

    @property
    def left(self) -> list[Fault]:
        """Those that have not come yet."""
        with self._lock:
            return list(self._armed)

    def take(self, call: Call | None, kinds: frozenset[Kind]) -> Fault | None:
        """Return the next fault of these kinds for such a request, and count it."""
        with self._lock:
            for place, fault in enumerate(self._armed):
                if fault.call is not call or fault.kind not in kinds:
                    continue
                if fault.skip:
                    self._armed[place] = replace(fault, skip=fault.skip - 1)
                    continue
                if fault.times == 1:
                    del self._armed[place]
                elif fault.times > 1:
                    self._armed[place] = replace(fault, times=fault.times - 1)
                return fault
        return None


def _placed(fault: Fault) -> Fault:
    if fault.kind in ASSET:
        return replace(fault, call=Call.DOWNLOAD)
    if fault.kind in ORDER | DEPTH | ANSWER:
        return replace(fault, call=Call.CREATE)
    return fault


CREATING: Final = (
    *((Fault(K.DROP), 4), (Fault(K.CUT), 2), (Fault(K.RESET_BEFORE), 2), (Fault(K.RESET_READ), 2)),
    *((Fault(K.STATUS, status=status), 1) for status in (401, 402, 404, 413, 422)),
    *((Fault(K.STATUS, status=status), 1) for status in (500, 502, 503, 504)),
    *((Fault(K.STATUS, status=status, after=True), 1) for status in (500, 502, 503, 504)),
    *((Fault(K.STATUS, status=429, retry_s=1), 3), (Fault(K.PAGE), 1), (Fault(K.EMPTY), 1)),
)
ORDERED: Final = (
    *((Fault(K.FAIL), 2), (Fault(K.MODERATE), 1), (Fault(K.NEVER), 1), (Fault(K.GONE), 1)),
    *((Fault(K.LATE, seconds=120), 2), (Fault(K.ODD_STATE), 1), (Fault(K.ODD_FIELDS), 2)),
)
READING: Final = (
    *((Fault(K.DROP), 2), (Fault(K.CUT), 1), (Fault(K.RESET_BEFORE), 2), (Fault(K.PAGE), 1)),
    *((Fault(K.STATUS, status=status), 1) for status in (500, 502, 503, 504)),
    *((Fault(K.STATUS, status=429, retry_s=1), 2),),
)
FETCHING: Final = (
    *((Fault(kind), 1) for kind in sorted(ASSET - {K.HUGE, K.REDIRECT_METADATA})),
    *((Fault(K.DROP, Call.DOWNLOAD), 2), (Fault(K.CUT, Call.DOWNLOAD), 2)),
    (Fault(K.STATUS, Call.DOWNLOAD, status=503), 2),
)
LOOKING: Final = (
    *((Fault(kind), 1) for kind in sorted(DEPTH)),
    *((Fault(K.FINISH, said=said), 1) for said in ("NO_IMAGE", "IMAGE_SAFETY", "MAX_TOKENS")),
    *((Fault(K.BLOCK, said="PROHIBITED_CONTENT"), 1), (Fault(K.WORDS), 1), (Fault(K.THOUGHTS), 1)),
    *((Fault(K.ONLY_THOUGHTS), 1), (Fault(K.MARKDOWN), 1), (Fault(K.JPEG), 1)),
)
DEPTH_SERVICES: Final = frozenset({"gemini"})


class FaultPlan:
    """Patterns of what goes wrong, the same for the same seed.

    Args:
        seed: of the patterns.
        harshness: 0 to 1, how likely each part of the path is hit.
    """

    def __init__(self, seed: int, harshness: float = 0.35) -> None:
        self._random = random.Random(seed)  # noqa: S311
        self._harshness = harshness

    def draw(self, service: str) -> list[Fault]:
        """Return the faults of one order; each is bounded, so that a second one can succeed."""
        faults = self._some(CREATING, Call.CREATE, 1)
        faults += self._some(ORDERED, Call.CREATE, 1)
        faults += self._some(READING, Call.READ, 3)
        faults += self._some(READING, Call.LIST, 1)
        faults += self._some(READING, Call.RESULT, 1)
        faults += self._some(READING, Call.UPLOAD, 1)
        faults += self._some(FETCHING, Call.DOWNLOAD, 2)
        if service in DEPTH_SERVICES:
            faults += self._some(LOOKING, Call.CREATE, 1)
        return faults

    def _some(self, table: tuple[tuple[Fault, int], ...], call: Call, most: int) -> list[Fault]:
        kinds = [fault for fault, _weight in table]
        weights = [weight for _fault, weight in table]
        count = sum(self._random.random() < self._harshness for _ in range(most))
        drawn = self._random.choices(kinds, weights, k=count)
        return [
            replace(fault, call=call, skip=self._random.choice((0, 0, 0, 1, 2)) if most > 1 else 0)
            for fault in drawn
        ]
