"""What a person can find out about an order that was in doubt: words to be typed, and no more."""

from __future__ import annotations

from enum import StrEnum


class OrderEnd(StrEnum):
    """What has become of it."""

    ACCEPTED = "accepted"  # and where it is
    LOST = "lost"  # it costs its price, and there is nothing to fetch
    NOT_ACCEPTED = "not-accepted"
