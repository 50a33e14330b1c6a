"""Which rule answers which event, and which aggregates it needs locked."""

from silkway.contracts import (
    EVENTS,
    HoldRequested,
    OrderCompleted,
    OrderDelivered,
    SupplierRegistered,
)
from silkway.credit import domain
from silkway.credit.store import HOLDS, LIMIT_RULES, ORDER, REASONS, RESOLUTIONS, SUPPLIER
from silkway.messaging import Due, Fact, NotYet, Router, Work

router = Router()


def _supplier(work: Work, supplier_id: str) -> domain.Supplier:
    """The supplier, or wait for its registration."""
    supplier = work.get(SUPPLIER, supplier_id)
    if supplier is None:
        raise NotYet(SUPPLIER[supplier_id], "supplier.registered")
    return supplier


def _order(work: Work, order_id: str, supplier_id: str) -> domain.Order:
    known = work.get(ORDER, order_id)
    return known or domain.Order(tenant=work.tenant, order_id=order_id, supplier_id=supplier_id)


def _take(work: Work, assessed: domain.Assessed) -> None:
    work.apply(SUPPLIER, assessed.supplier.supplier_id, (assessed.supplier, assessed.events))
    for reason in assessed.reasons:
        work.append(REASONS, reason)


@router.on(SupplierRegistered, names=lambda e: [SUPPLIER[e.supplier_id]])
def supplier_registered(work: Work, fact: Fact[SupplierRegistered]) -> None:
    known = work.get(SUPPLIER, fact.data.supplier_id)
    _take(work, domain.register(LIMIT_RULES, work.tenant, known, fact.data, fact.known_at))


@router.on(HoldRequested, names=lambda e: [ORDER[e.order_id], SUPPLIER[e.supplier_id]])
def hold_requested(work: Work, fact: Fact[HoldRequested]) -> None:
    request = fact.data
    supplier = _supplier(work, request.supplier_id)
    order = _order(work, request.order_id, request.supplier_id)
    decided = domain.decide(LIMIT_RULES, supplier, order, request, fact.known_at)
    work.put(SUPPLIER, supplier.supplier_id, decided.supplier)
    work.apply(ORDER, order.order_id, (decided.order, decided.events))
    work.append(HOLDS, decided.hold)


@router.on(OrderDelivered, names=lambda e: [ORDER[e.order_id]])
def order_delivered(work: Work, fact: Fact[OrderDelivered]) -> None:
    order = _order(work, fact.data.order_id, fact.data.supplier_id)
    work.put(ORDER, order.order_id, domain.deliver(order, fact.data, fact.known_at))


@router.on(OrderCompleted, names=lambda e: [ORDER[e.order_id], SUPPLIER[e.supplier_id]])
def order_completed(work: Work, fact: Fact[OrderCompleted]) -> None:
    supplier = _supplier(work, fact.data.supplier_id)
    _take(work, domain.count_trade(LIMIT_RULES, supplier, fact.data, fact.known_at))


@router.due(ORDER, names=lambda order: [ORDER[order.order_id], SUPPLIER[order.supplier_id]])
def claim_window_ended(work: Work, due: Due) -> None:
    order = work.get(ORDER, due.id)
    if order is None:
        raise LookupError(f"order {due.id} is due but not kept")
    released = domain.release(_supplier(work, order.supplier_id), order, due.at)
    work.put(SUPPLIER, order.supplier_id, released.supplier)
    work.apply(ORDER, order.order_id, (released.order, released.events))
    work.append(RESOLUTIONS, released.resolution)


_READ = ("trade.credit", "order.events", "logistics.events")
# Which lines were late is told once, by order.completed, when the parts of each have been put together.
router.ignore(*(e for e in EVENTS.values() if e.topic in _READ and e.type not in router.routes))
