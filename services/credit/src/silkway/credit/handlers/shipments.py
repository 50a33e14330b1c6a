"""What logistics tells of the shipments of an order, as far as its promises and its cover depend on it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from silkway.contracts import (
    DeliveryRetracted,
    DispatchRetracted,
    EtaChanged,
    Event,
    MilestoneRecorded,
    MilestoneWithdrawn,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.credit import domain
from silkway.credit.handlers.routing import carry_out, home, judged, order_of, router, supplier_if_judged
from silkway.messaging import Fact, Work


def _told(rule: Callable[..., None], work: Work, fact: Fact[Any]) -> None:
    order_id = fact.data.order_id
    if order_of(work, order_id).coverage == "NONE":
        return  # nothing is promised with our guarantee

    def write(book: domain.Book) -> None:
        rule(book, fact.data, fact.known_at)

    carry_out(work, order_id, write, fact.id, with_supplier=judged(work, order_id))


_RULES: tuple[tuple[type[Event], Callable[..., None]], ...] = (
    (ShipmentLinked, domain.link),
    (ShipmentDispatched, domain.dispatch),
    (DispatchRetracted, domain.retract_dispatch),
    (MilestoneRecorded, domain.track),
    (MilestoneWithdrawn, domain.withdraw_sign),
    (EtaChanged, domain.expect),
    (ShipmentDelivered, domain.arrive),
    (DeliveryRetracted, domain.arrive),
)

for _event, _rule in _RULES:
    router.on(_event, names=home, more=supplier_if_judged)(partial(_told, _rule))
