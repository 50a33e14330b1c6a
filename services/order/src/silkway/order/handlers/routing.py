"""The one router, and what all handlers share."""

from collections.abc import Sequence
from typing import Protocol

from silkway.messaging import Name, NotYet, Refused, Router, Work
from silkway.order import domain
from silkway.order.store import ORDER

router = Router()


class OfOrder(Protocol):
    """An event about an order."""

    @property
    def order_id(self) -> str: ...


def home(event: OfOrder) -> Sequence[Name]:
    """The order alone."""
    return [ORDER[event.order_id]]


def order_of(work: Work, order_id: str) -> domain.Order:
    """The order, or wait for its draft."""
    order = work.get(ORDER, order_id)
    if order is None:
        raise NotYet(ORDER[order_id], "order.drafted")
    return order


def refuse(refusal: domain.Refusal) -> Refused:
    """The exception by which the engine keeps what can never apply."""
    return Refused(refusal.field, refusal.reason, refusal.remedy)
