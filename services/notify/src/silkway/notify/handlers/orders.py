"""What notify does about each event of an order: see it, write it into the timeline, tell whom it concerns."""

from typing import get_args

from silkway.contracts import (
    AcceptanceReversed,
    OrderCancelled,
    OrderReinstated,
    OrderSettled,
    PaymentMatched,
    ShipmentLinked,
)
from silkway.contracts.fields import Audience
from silkway.messaging import Fact, Name, NotYet, Work
from silkway.messaging.routing import Look
from silkway.notify.books import RULEBOOK
from silkway.notify.domain import view as views
from silkway.notify.domain.concerns import concern, left
from silkway.notify.domain.measures import Asked
from silkway.notify.domain.notices import Case
from silkway.notify.domain.rules import Rule
from silkway.notify.domain.state import OrderView, Step
from silkway.notify.domain.timeline import entry
from silkway.notify.domain.told import Told, Way
from silkway.notify.handlers.channels import pass_on
from silkway.notify.handlers.gathering import about, gather, incidents_of
from silkway.notify.handlers.payments import incident_of_payment, settle
from silkway.notify.handlers.routing import router
from silkway.notify.handlers.telling import tell
from silkway.notify.store import FEED, ORDER, PAYMENT, TIMELINE

_ENDS_OR_GOES_ON = (OrderCancelled, OrderSettled, OrderReinstated, AcceptanceReversed, ShipmentLinked)
"""After these an order is over, or is not any more, or has left a shipment: it leaves incidents, or comes back."""


def order_told(work: Work, fact: Fact[Told]) -> None:
    """One event of an order."""
    told, order_id = fact.data, fact.data.order_id
    before = work.get(ORDER, order_id)
    view = views.see(before or OrderView(fact.tenant, order_id), told, fact.known_at)
    if view.buyer_id is None:  # nobody can hear of it before it is known who buys and who sells
        raise NotYet(ORDER[order_id], "order.recorded")
    rules = RULEBOOK.at(fact.known_at)
    matching: list[Rule] = []
    if rules.read(type(told)):
        asked = Asked(told, _seen(view, told))
        matching = rules.matching(asked)
        view = concern(view, matching, asked, fact.known_at)
    if isinstance(told, ShipmentLinked) and told.split_whole and told.split_from is not None:
        view = left(view, rules, told.split_from)
    if view.concerns:
        view = gather(work, rules, before, view)
    work.put(ORDER, order_id, view)
    line = entry(view, told, fact.id, fact.known_at)
    work.append(TIMELINE, line)
    work.append(FEED, Step(line.tenant, line.order_id, line.teller, line.position))
    pass_on(work, fact)
    if matching:
        parties: dict[Audience, str | None] = {"BUYER": view.buyer_id, "SUPPLIER": view.supplier_id}
        case = Case(fact.tenant, fact.id, fact.known_at, asked, order_id, parties)
        tell(work, rules, matching, case, about(matching, told, before, view))


def _seen(view: OrderView, told: Told) -> dict[str, object]:
    """What the order adds to an event of its own."""
    seen: dict[str, object] = {"currency": view.currency}
    if isinstance(told, Way):
        shipment = next((s for s in view.shipments if s.shipment_id == told.shipment_id), None)
        seen["shipment_in_exception"] = shipment is not None and shipment.exception
    return seen


def payment_matched(work: Work, fact: Fact[PaymentMatched]) -> None:
    """Money found its order, at once or after it had found none."""
    settle(work, fact.data.payment_id)
    order_told(work, fact)


def _order_of(told: Told) -> list[Name]:
    return [ORDER[told.order_id]]


def _order_and_payment_of(told: PaymentMatched) -> list[Name]:
    return [ORDER[told.order_id], PAYMENT[told.payment_id]]


def _incidents_of_payment(told: PaymentMatched, look: Look) -> list[Name]:
    return [*incident_of_payment(told, look), *incidents_of(told, look)]


for _event in get_args(Told):
    if _event is PaymentMatched:
        continue
    _moves = _event in _ENDS_OR_GOES_ON or RULEBOOK.moves(_event)
    router.on(_event, names=_order_of, more=incidents_of if _moves else None)(order_told)
router.on(PaymentMatched, names=_order_and_payment_of, more=_incidents_of_payment)(payment_matched)
