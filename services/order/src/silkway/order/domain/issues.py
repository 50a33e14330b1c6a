"""Disputes and inspections."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import (
    DisputeClosed,
    DisputeOpened,
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    InspectionFailed,
    InspectionPassed,
    InspectionRecorded,
)
from silkway.contracts.fields import DisputeEnd
from silkway.order.domain import acceptance
from silkway.order.domain.entries import Dispute, Inspected
from silkway.order.domain.life import advance, inspection_id
from silkway.order.domain.requests import undo
from silkway.order.domain.state import Decision, Emission, Objection, Order, Refusal, latest, utc


def dispute_key(order_id: str, dispute_id: str) -> str:
    """Under which a dispute is kept. Neither part can hold a bar."""
    return f"{order_id}|{dispute_id}"


def raise_dispute(order: Order, raised: DisputeRaised, known_at: dt.datetime) -> tuple[Dispute, Decision]:
    """A party objects. Silence accepts nothing then, and nothing is due to the supplier.

    An acceptance by silence is undone if the objection was raised before the period ended. Nobody raises one later
    than we know it.
    """
    dispute = Dispute(
        tenant=order.tenant, dispute_key=dispute_key(order.order_id, raised.dispute_id),
        order_id=order.order_id, dispute_id=raised.dispute_id, party=raised.party, kind=raised.kind,
        text=raised.text, raised_at=utc(raised.raised_at),
    )  # fmt: skip
    events: list[Emission] = []
    since, heard_at = min(dispute.raised_at, known_at), known_at
    if acceptance.silence_broken(order, since):
        order, reversal = acceptance.reverse(order, known_at, raised.dispute_id)
        events += reversal
    over = list(order.objections)
    if order.disputes:  # another one is open: both together are one objection
        joined = over.pop()
        since, heard_at = min(joined.since, since), min(joined.known_at, known_at)
    objection = Objection(order.tenant, order.order_id, len(over) + 1, since, heard_at)
    order = replace(
        order, issue="DISPUTED", disputes=order.disputes + 1, disputed_known_at=heard_at,
        objections=(*over, objection),
    )  # fmt: skip
    opened = DisputeOpened(
        order_id=order.order_id, dispute_id=raised.dispute_id, supplier_id=order.supplier_id,
        party=raised.party, kind=raised.kind, opened_at=dispute.raised_at,
    )  # fmt: skip
    return dispute, advance(order, [*events, (opened, latest(order.drafted_known_at, known_at))])


def again(dispute: Dispute, raised: DisputeRaised) -> Refusal | None:
    """The same dispute said twice changes nothing; another one under the same id is refused."""
    if (dispute.party, dispute.kind, dispute.text) == (raised.party, raised.kind, raised.text):
        return None
    return Refusal("dispute_id", "another dispute of this order has it", "give each dispute an id of its own")


def resolve(
    order: Order, dispute: Dispute, resolved: DisputeResolved, known_at: dt.datetime
) -> tuple[Dispute, Decision]:
    """A dispute was decided. What the buyer need not pay any more is due as refund where it is still in escrow.

    When all the money is given back before the goods have come, the order is undone.
    """
    at = utc(resolved.resolved_at)
    return _close(order, dispute, resolved.outcome, resolved.refund_minor, resolved.by, None, at, known_at)


def withdraw(
    order: Order, dispute: Dispute, withdrawn: DisputeWithdrawn, known_at: dt.datetime
) -> tuple[Dispute, Decision]:
    """Who raised a dispute takes it back: the order goes on as if it had been decided against that party."""
    at = utc(withdrawn.withdrawn_at)
    return _close(order, dispute, "WITHDRAWN", 0, dispute.party, withdrawn.text, at, known_at)


def _close(
    order: Order, dispute: Dispute, outcome: DisputeEnd, refund_minor: int, by: str, text: str | None,
    at: dt.datetime, known_at: dt.datetime,
) -> tuple[Dispute, Decision]:  # fmt: skip
    """One dispute less. With the last open one of a delivered order the order counts as accepted."""
    dispute = replace(dispute, outcome=outcome, refund_minor=refund_minor, resolved_by=by, resolved_at=at)
    left = order.disputes - 1
    order = replace(
        order, disputes=left, issue="DISPUTED" if left else "NONE",
        awarded_minor=min(order.awarded_minor + refund_minor, order.total_minor),
        resolved_at=latest(order.resolved_at, at), resolved_known_at=latest(order.resolved_known_at, known_at),
    )  # fmt: skip
    if not left:
        *over, objection = order.objections
        over.append(replace(objection, resolved_at=order.resolved_at, resolved_known_at=known_at))
        order = replace(order, objections=tuple(over))
    closed = DisputeClosed(
        order_id=order.order_id, dispute_id=dispute.dispute_id, supplier_id=order.supplier_id,
        outcome=outcome, refund_minor=refund_minor, text=text, closed_at=at,
    )  # fmt: skip
    order, events = advance(order, [(closed, latest(order.drafted_known_at, known_at))], grown="DISPUTE")
    if not left and _pointless(order, known_at):
        order, more = undo(
            order, dispute.dispute_id, "RESOLUTION", "A dispute gave all the money back", at, known_at
        )
        events = [*events, *more]
    return dispute, (order, events)


def _pointless(order: Order, known_at: dt.datetime) -> bool:
    """Whether nothing is owed for goods that had not come when that was decided."""
    if order.cancelled_at is not None or order.paid_out_minor or order.completed_at is not None:
        return False
    if order.total_minor == 0 or order.awarded_minor < order.total_minor:
        return False
    return order.logistics != "DELIVERED" or latest(order.delivered_known_at) > known_at


def beyond_total(order: Order, resolved: DisputeResolved) -> Refusal | None:
    """A resolution cannot give back more than the order's price."""
    if resolved.refund_minor <= order.total_minor:
        return None
    return Refusal("refund_minor", f"the order's total is {order.total_minor}", "give back at most that")


def resolved_again(dispute: Dispute, resolved: DisputeResolved) -> Refusal | None:
    """A dispute is decided once, or taken back."""
    if (dispute.outcome, dispute.refund_minor) == (resolved.outcome, resolved.refund_minor):
        return None
    return _over(dispute)


def withdrawn_again(dispute: Dispute) -> Refusal | None:
    """A dispute that was decided cannot be taken back any more."""
    return None if dispute.outcome == "WITHDRAWN" else _over(dispute)


def _over(dispute: Dispute) -> Refusal:
    how = "it was taken back" if dispute.outcome == "WITHDRAWN" else f"it was decided {dispute.outcome}"
    return Refusal("dispute_id", f"{how} before", "raise another dispute")


def inspect(
    order: Order, found: InspectionPassed | InspectionFailed, known_at: dt.datetime
) -> tuple[Inspected, Decision]:
    """An inspector's finding. The first pass opens the gate for good; after a failure another is booked."""
    passed = isinstance(found, InspectionPassed)
    entry = Inspected(
        tenant=order.tenant, order_id=order.order_id,
        inspection_id=found.inspection_id or inspection_id(order), passed=passed, inspected_by=found.by,
        inspected_at=utc(found.inspected_at),
        text=found.report if isinstance(found, InspectionPassed) else found.findings,
    )  # fmt: skip
    if order.inspection_passed_at is None:
        if passed:
            order = replace(
                order, inspection_passed_at=entry.inspected_at, inspection_passed_known_at=known_at
            )
        else:
            order = replace(
                order, inspection_failures=order.inspection_failures + 1, inspection_failed_known_at=known_at
            )
    recorded = InspectionRecorded(
        order_id=order.order_id, inspection_id=entry.inspection_id, passed=passed, by=found.by,
        inspected_at=entry.inspected_at,
    )  # fmt: skip
    return entry, advance(order, [(recorded, latest(order.drafted_known_at, known_at))])
