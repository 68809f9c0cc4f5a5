"""A lost order among those that a service lists, where no list says which picture one was for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from printd.core.errors import OrderInDoubt
from printd.services.sent import may_still_show
from printd.services.terms import Terms


def the_only_one(
    terms: Terms,
    note: Mapping[str, Any],
    listed: Sequence[str],
    taken: Collection[str] | None,
    *,
    is_shared: bool,
) -> str | None:
    """Return which of the orders since ours was sent is ours; None: ours was not accepted.

    Args:
        terms: of the service.
        note: of our order, from ``sent``.
        listed: the orders that may be it.
        taken: orders that belong to others of ours; None: not known.
        is_shared: others order on this account, too.

    Raises:
        InDoubt: it may show later.
        OrderInDoubt: it is not certain which one it is.
    """
    left = [name for name in listed if name not in (taken or ())]
    if len(left) == 1 and taken is not None and not is_shared:
        return left[0]
    if left:
        raise OrderInDoubt(
            f"{terms.line.name} does not show which picture an order was for. Since this one was "
            f"sent it has accepted {', '.join(left[:5])}{' and more' if len(left) > 5 else ''}."
        )
    if may_still_show(note, terms.lands_s):
        raise terms.line.in_doubt("its list does not show it, which may change")
    return None
