"""Which rule answers which event, and which aggregates it needs locked."""

from collections.abc import Sequence

from msgspec.structs import replace

from silkway.contracts import (
    EVENTS,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    OrderConfirmed,
    OrderDrafted,
    PaymentReceived,
    PayoutPaid,
    ReceiptConfirmed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.messaging import Due, Fact, Look, Name, NotYet, Refused, Router, Work
from silkway.order import domain
from silkway.order.store import ORDER, PAYMENT, PAYOUT, REFERENCE

router = Router()


def _home(
    event: OrderConfirmed | ReceiptConfirmed | ShipmentLinked | ShipmentDispatched | ShipmentDelivered
    | HoldGranted | HoldRefused | HoldReleased,
) -> Sequence[Name]:  # fmt: skip
    return [ORDER[event.order_id]]


def _order(work: Work, order_id: str) -> domain.Order:
    """The order, or wait for its draft."""
    order = work.get(ORDER, order_id)
    if order is None:
        raise NotYet(ORDER[order_id], "order.drafted")
    return order


def _refuse(refusal: domain.Refusal) -> Refused:
    return Refused(refusal.field, refusal.reason, refusal.remedy)


def _reference(event: OrderDrafted | PaymentReceived) -> str:
    return domain.reference_id(event.account_id, event.payment_reference or "")


@router.on(OrderDrafted, names=lambda e: [ORDER[e.order_id], REFERENCE[_reference(e)]])
def order_drafted(work: Work, fact: Fact[OrderDrafted]) -> None:
    drafted = fact.data
    known = work.get(ORDER, drafted.order_id)
    if known is not None:
        different = domain.draft_again(known, drafted)
        if different is not None:
            raise _refuse(different)
        return
    taken = work.get(REFERENCE, _reference(drafted))
    if taken is not None:
        raise _refuse(domain.reference_taken(taken.order_id))
    decision = domain.draft(work.tenant, drafted, fact.known_at)
    if isinstance(decision, domain.Refusal):
        raise _refuse(decision)
    work.put(
        REFERENCE,
        _reference(drafted),
        domain.Reference(tenant=work.tenant, reference_id=_reference(drafted), order_id=drafted.order_id),
    )
    work.apply(ORDER, drafted.order_id, decision)


@router.on(OrderConfirmed, names=_home)
def order_confirmed(work: Work, fact: Fact[OrderConfirmed]) -> None:
    order = _order(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.confirm(order, fact.data, fact.known_at))


@router.on(ReceiptConfirmed, names=_home)
def receipt_confirmed(work: Work, fact: Fact[ReceiptConfirmed]) -> None:
    order = _order(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.confirm_receipt(order, fact.data, fact.known_at))


def _paid_order(paid: PaymentReceived, look: Look) -> Sequence[Name]:
    """The order whose reference was quoted, once it is drafted."""
    reference = look(REFERENCE, _reference(paid))
    return [] if reference is None else [ORDER[reference.order_id]]


@router.on(
    PaymentReceived,
    names=lambda e: [REFERENCE[_reference(e)], PAYMENT[domain.payment_id(e)]],
    more=_paid_order,
)
def payment_received(work: Work, fact: Fact[PaymentReceived]) -> None:
    paid = fact.data
    payment = work.get(PAYMENT, domain.payment_id(paid))
    if payment is not None:  # the same bank entry on another statement
        work.put(PAYMENT, payment.payment_id, replace(payment, witnesses=payment.witnesses + 1))
        return
    reference = work.get(REFERENCE, _reference(paid))
    if reference is None:
        raise NotYet(REFERENCE[_reference(paid)], f"order with payment reference {paid.payment_reference}")
    payment, decision = domain.receive_payment(_order(work, reference.order_id), paid, fact.known_at)
    work.put(PAYMENT, payment.payment_id, payment)
    work.apply(ORDER, reference.order_id, decision)


@router.on(PayoutPaid, names=lambda e: [ORDER[e.order_id], PAYOUT[domain.payout_id(e)]])
def payout_paid(work: Work, fact: Fact[PayoutPaid]) -> None:
    paid = fact.data
    payout = work.get(PAYOUT, domain.payout_id(paid))
    if payout is not None:
        work.put(PAYOUT, payout.payout_id, replace(payout, witnesses=payout.witnesses + 1))
        return
    answer = domain.pay_out(_order(work, paid.order_id), paid, fact.known_at)
    if isinstance(answer, domain.Refusal):
        raise _refuse(answer)
    if isinstance(answer, domain.NotDue):
        raise NotYet(ORDER[paid.order_id], answer.wants)
    payout, decision = answer
    work.put(PAYOUT, payout.payout_id, payout)
    work.apply(ORDER, paid.order_id, decision)


@router.on(ShipmentLinked, names=_home)
def shipment_linked(work: Work, fact: Fact[ShipmentLinked]) -> None:
    order = _order(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.book(order, fact.data, fact.known_at))


@router.on(ShipmentDispatched, names=_home)
def shipment_dispatched(work: Work, fact: Fact[ShipmentDispatched]) -> None:
    order = _order(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.dispatch(order, fact.data, fact.known_at))


@router.on(ShipmentDelivered, names=_home)
def shipment_delivered(work: Work, fact: Fact[ShipmentDelivered]) -> None:
    order = _order(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.deliver(order, fact.data, fact.known_at))


@router.on(HoldGranted, names=_home)
def hold_granted(work: Work, fact: Fact[HoldGranted]) -> None:
    order = _order(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.hold_granted(order, fact.data))


@router.on(HoldRefused, names=_home)
def hold_refused(work: Work, fact: Fact[HoldRefused]) -> None:
    order = _order(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.hold_refused(order))


@router.on(HoldReleased, names=_home)
def hold_released(work: Work, fact: Fact[HoldReleased]) -> None:
    order = _order(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.hold_released(order))


@router.due(ORDER, names=lambda order: [ORDER[order.order_id]])
def acceptance_ended(work: Work, due: Due) -> None:
    order = _order(work, due.id)
    work.apply(ORDER, order.order_id, domain.end_acceptance(order, due.at))


READ = ("trade.orders", "trade.payments", "logistics.events", "credit.events")

router.ignore(
    *(event for event in EVENTS.values() if event.topic in READ and event.type not in router.routes)
)
