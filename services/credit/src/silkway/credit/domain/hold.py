"""Holds: the smaller of what is asked and what is free, until claims can no longer come."""

import datetime as dt
from typing import Final, NamedTuple

from msgspec.structs import replace

from silkway.contracts import HoldGranted, HoldRefused, HoldReleased, HoldRequested, OrderDelivered
from silkway.contracts.fields import HoldRefusal
from silkway.credit.domain.limit import LimitRules, balance
from silkway.credit.domain.state import Emission, Hold, Order, Resolution, Supplier, latest

CLAIM_WINDOW: Final = dt.timedelta(days=30)
"""After the delivery is known; DOMAIN: released when the claim window of 30 days after delivery has ended."""


class Decided(NamedTuple):
    """The answer to a request for a hold."""

    supplier: Supplier
    order: Order
    hold: Hold
    events: list[Emission]


class Released(NamedTuple):
    """What follows from the end of a claim window."""

    supplier: Supplier
    order: Order
    resolution: Resolution
    events: list[Emission]


def decide(
    rules: LimitRules, supplier: Supplier, order: Order, request: HoldRequested, known_at: dt.datetime
) -> Decided:
    """Reserve what is free of what is asked. Decided once, in the order in which suppliers are locked."""
    known_at = latest(supplier.registered_known_at, known_at)
    reason: HoldRefusal | None = None
    if request.currency != rules.currency:
        reason = "NO_RATE"
    elif supplier.free_minor == 0:
        reason = "NO_FREE_LIMIT"
    granted_minor = 0 if reason else min(request.amount_minor, supplier.free_minor)
    hold = Hold(
        tenant=order.tenant, hold_id=f"{order.order_id}|1", order_id=order.order_id,
        supplier_id=supplier.supplier_id, coverage=request.coverage, currency=request.currency,
        requested_minor=request.amount_minor, granted_minor=granted_minor, reason=reason,
        decided_known_at=known_at,
    )  # fmt: skip
    order = replace(
        order, hold_id=hold.hold_id, requested_minor=request.amount_minor, held_minor=granted_minor,
        currency=request.currency, decided_known_at=known_at,
    )  # fmt: skip
    if reason is not None:
        refused = HoldRefused(
            order_id=order.order_id, supplier_id=supplier.supplier_id, reason=reason,
            requested_minor=request.amount_minor, currency=request.currency,
        )  # fmt: skip
        return Decided(supplier, replace(order, state="REFUSED"), hold, [(refused, known_at)])
    full = granted_minor == request.amount_minor
    granted = HoldGranted(
        order_id=order.order_id, supplier_id=supplier.supplier_id, hold_id=hold.hold_id,
        currency=request.currency, requested_minor=request.amount_minor, granted_minor=granted_minor,
        full=full,
    )  # fmt: skip
    supplier = balance(replace(supplier, held_minor=supplier.held_minor + granted_minor))
    order = _window(replace(order, state="HELD" if full else "PARTIAL"))
    return Decided(supplier, order, hold, [(granted, known_at)])


def deliver(order: Order, delivered: OrderDelivered, known_at: dt.datetime) -> Order:
    """With the whole order delivered the claim window begins, at the time that was known."""
    if delivered.state != "DELIVERED" or order.delivered_known_at is not None:
        return order
    return _window(replace(order, delivered_known_at=known_at))


def release(supplier: Supplier, order: Order, at: dt.datetime) -> Released:
    """The claim window ended at `at`: what was held is free again (or shrinks a shortfall)."""
    if order.hold_id is None or order.currency is None or order.held_minor == 0:
        raise ValueError(f"order {order.order_id} holds nothing that could be released")
    amount_minor = order.held_minor
    resolution = Resolution(
        tenant=order.tenant, hold_id=order.hold_id, resolution="RELEASED", amount_minor=amount_minor,
        resolved_at=at,
    )  # fmt: skip
    released = HoldReleased(
        order_id=order.order_id, supplier_id=supplier.supplier_id, hold_id=order.hold_id,
        released_minor=amount_minor, currency=order.currency, released_at=at,
    )  # fmt: skip
    supplier = balance(replace(supplier, held_minor=supplier.held_minor - amount_minor))
    order = replace(order, state="RELEASED", held_minor=0, due_at=None)
    return Released(supplier, order, resolution, [(released, at)])


def _window(order: Order) -> Order:
    """When the hold is to be released: never before it was granted, however late that was."""
    if order.held_minor == 0 or order.delivered_known_at is None:
        return order
    return replace(order, due_at=latest(order.delivered_known_at + CLAIM_WINDOW, order.decided_known_at))
