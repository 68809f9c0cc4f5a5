"""What can go wrong with services that are paid for each order; see ``kinds.py`` for the groups.

    ServiceError            a person can put it right        -> job HELD, if the route ends here
    ├── ServiceRefusal      the order was not accepted       -> nothing is owed
    └── ServiceFailure      it was accepted, and came to nothing -> the price, or not: ``is_owed``
    OrderInDoubt            it may have been accepted        -> job HELD, its mark stays

The next service of a route may be asked after a ``ServiceError``, never after a doubt, nor while a
paid result is there that printd does not take.
"""

from __future__ import annotations

from typing import ClassVar

from printd.core.errors.kinds import RETRY, InDoubtError, NotYet, UserError


class ServiceError(UserError):
    """An order has come to nothing, and everybody knows it."""

    is_owed: ClassVar[bool] = False  # whether it costs its price all the same


class ServiceRefusal(ServiceError):
    """The service has said no, and nothing is owed."""


class ServiceFailure(ServiceError):
    """The service had accepted the order."""


class ServiceKey(ServiceRefusal):
    """The key is missing, wrong, revoked, or may not do this."""

    code = "service_key"
    action = f"Put a valid key of the service into its `key_file`, {RETRY}"


class ServiceCredit(ServiceRefusal):
    """The account at the service is empty or locked."""

    code = "service_credit"
    action = f"Top up the account at the service, {RETRY}"


class ServiceRejected(ServiceRefusal):
    """The service does not take this picture or these settings."""

    code = "service_rejected"
    action = f"Use another picture, or mend the settings under `meshers`, {RETRY}"


class ServiceModerated(ServiceFailure):
    """The service will not make anything of this picture."""

    code = "service_moderated"
    action = "Use another picture, or a recipe that prints reliefs."


class ServiceRetired(ServiceRefusal):
    """The service has no such model or address any more."""

    code = "service_retired"
    action = f"Name a model that the service still has under `meshers`, {RETRY}"


class ServiceFailed(ServiceFailure):
    """The service has tried and could not; it asks nothing for that."""

    code = "service_failed"
    action = "Run `printd retry JOB` to order it once more, or use another picture."


class ServiceTooSlow(ServiceFailure):
    """The service has accepted the order and not finished it in time."""

    code = "service_too_slow"
    is_owed = True
    action = (
        "Look into your account of the service; raise `order_timeout_s` under `meshers` if it "
        "only needs longer, then run `printd retry JOB` to order it once more, at its price."
    )


class ResultGone(ServiceFailure):
    """The result was ready and was not fetched in time."""

    code = "result_gone"
    is_owed = True
    action = "Run `printd retry JOB` to order it once more; it costs its price again."


class ResultUnusable(ServiceFailure):
    """What the service has sent is no mesh or picture."""

    code = "result_unusable"
    is_owed = True
    action = "Look into the job's folder; `printd retry JOB` orders it once more, at its price."


class ResultTooLarge(UserError):
    """What the service sends is larger than is taken; it is there still."""

    code = "result_too_large"
    action = f"Ask the service for fewer faces or raise `result_max_mb` under `meshers`, {RETRY}"


class ResultElsewhere(UserError):
    """The result lies where printd does not fetch anything from; it is there still."""

    code = "result_elsewhere"
    action = f"If that host belongs to the service, add it to `asset_hosts`, {RETRY}"


class OrderInDoubt(InDoubtError):
    """The order may have been accepted, and the service cannot tell."""

    code = "order_in_doubt"
    action = (
        "Look into your account of the service: was this picture accepted? Then run "
        "`printd resolve JOB accepted --order ID`, `lost` or `not-accepted`."
    )


class NeedsPriceConsent(UserError):
    """It costs more than anybody has agreed to."""

    code = "needs_price_consent"
    action = "Run `printd pay JOB` to order it at this price, or `printd cancel JOB`."


class NeedsChoice(UserError):
    """There are several shapes, and a person chooses one."""

    code = "needs_choice"
    action = "Look at preview.png in the job's folder, then run `printd choose JOB NUMBER`."


class BudgetReached(NotYet):
    """The budget is spent; it waits until there is one again."""

    def __init__(self, problem: str, when: str = "") -> None:
        wait = f"It goes on {when}; or raise" if when else "Raise"
        super().__init__(
            "budget_reached",
            problem,
            again_s=60.0,
            action=f"{wait} it under `budget` of the configuration and run `printd config reload`.",
        )


class ServiceAway(NotYet):
    """The service cannot be reached, or is busy; nothing was accepted."""

    def __init__(self, problem: str, again_s: float) -> None:
        super().__init__(
            "service_away",
            problem,
            again_s=again_s,
            action="It is tried again by itself; `printd doctor` looks at the way to it.",
        )
