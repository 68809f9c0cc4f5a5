"""What makes meshes here, what a run costs, and what services were paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from printd.core.clock import utc_now
from printd.core.prices import Money
from printd.core.spending import COSTS, day_and_month, orders_of
from printd.pipeline.mesher_list import configured
from printd.web.answers import document
from printd.web.api.described import PREFIX, Described, problems
from printd.web.asked import Operate, TheSite
from printd.web.documents import Document
from printd.web.job_documents import Price
from printd.web.site import Site

router = APIRouter(route_class=Described, prefix=f"{PREFIX}/meshers", tags=["meshers"])


class MesherDocument(Document):
    """Something that makes meshes."""

    name: str
    label: str
    good_for: str
    at_home: bool = Field(description="nothing leaves the building")
    price_usd: str = Field(description="of a run, a decimal number")
    price_text: str
    spent_today: Price
    spent_this_month: Price
    note: str


class BudgetDocument(Document):
    """What services may be paid, and what they were paid."""

    spent_today: Price
    spent_this_month: Price
    per_day: Price | None = Field(description="null: no limit")
    per_month: Price | None = Field(description="null: no limit")


class MesherList(Document):
    """Everything that makes meshes here."""

    meshers: list[MesherDocument]
    budget: BudgetDocument


def mesher_list(site: Site) -> MesherList:
    """Return what makes meshes here, as it is sent."""
    config = site.tools.config
    currency = config.price.currency
    day, month = day_and_month(utc_now(), config.opening_hours.zone)
    paid = [
        order
        for order in orders_of(site.tools.reading)
        if order.at >= month and order.state in COSTS and order.price.currency == currency
    ]

    def spent(since: datetime, mesher: str | None = None) -> Price:
        counted = (
            order.price.amount
            for order in paid
            if order.at >= since and mesher in (None, order.mesher)
        )
        return _price(sum(counted, Decimal(0)), currency)

    def listed() -> Iterator[MesherDocument]:
        for each in configured(config):
            name = each.name or ""
            yield MesherDocument(
                name=name,
                label=each.row.label,
                good_for=each.row.good_for,
                at_home=each.row.at_home,
                price_usd=f"{each.price_usd:f}",
                price_text=each.price_words,
                spent_today=spent(day, name),
                spent_this_month=spent(month, name),
                note=each.row.note,
            )

    budget = config.budget
    return MesherList(
        meshers=list(listed()),
        budget=BudgetDocument(
            spent_today=spent(day),
            spent_this_month=spent(month),
            per_day=_limit(budget.per_day, currency),
            per_month=_limit(budget.per_month, currency),
        ),
    )


def _limit(amount: Decimal | None, currency: str) -> Price | None:
    return None if amount is None else _price(amount, currency)


def _price(amount: Decimal, currency: str) -> Price:
    money = Money(amount, currency)
    return Price(amount=f"{amount:f}", currency=currency, text=str(money))


@router.get("", response_model=MesherList, responses=problems())
def meshers(site: TheSite, _caller: Operate) -> Response:
    """List what makes meshes here, with what services were paid."""
    return document(mesher_list(site))
