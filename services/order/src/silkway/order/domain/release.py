"""Two people for a payout: one approves an amount, another countersigns it, and only then may the money leave."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import PayoutCountersigned, PayoutReleased
from silkway.order.domain.entries import Approval, Consent, Countersignature, Release
from silkway.order.domain.state import Decision, NotDue, Order, Refusal, latest, utc

_NAMED = 20
"""So many approvers an event names."""


def consent(release: Release, approval: Approval) -> Release:
    """Somebody has approved an amount: so much may be released when another agrees."""
    known = {consent.approved_by: consent for consent in release.consents}
    before = known.get(approval.approved_by) or Consent(
        tenant=release.tenant, order_id=release.order_id, approved_by=approval.approved_by
    )
    now = replace(before, approved_minor=before.approved_minor + approval.amount_minor)
    return _with(release, {**known, now.approved_by: now})


def countersign(
    order: Order, release: Release, signed: PayoutCountersigned, known_at: dt.datetime
) -> tuple[Countersignature, Release, Decision] | Refusal | NotDue:
    """Another person agrees: the money may leave, at most what others have approved and what is due now.

    What was released and has not been paid yet is spoken for: what is due may have shrunk since.
    """
    if signed.account_id != order.account_id:
        return Refusal("account_id", f"the order is paid from {order.account_id}", "name the order's account")
    if not release.consents:
        return NotDue("payout.approved")
    open_minor = sum(consent.open_minor for consent in release.consents)
    others = [consent for consent in release.consents if consent.approved_by != signed.by]
    others_minor = sum(consent.open_minor for consent in others)
    if others_minor < signed.amount_minor <= open_minor:
        return Refusal("by", f"{signed.by} has approved it", "let somebody else countersign it")
    if signed.amount_minor > others_minor:
        reason = f"only {others_minor} is approved and not released"
        return Refusal("amount_minor", reason, "countersign at most what is approved")
    on_its_way_minor = max(release.released_minor - order.paid_out_minor, 0)
    left_minor = max(order.payout_due_minor - on_its_way_minor, 0)
    if signed.amount_minor > left_minor:
        reason = f"only {left_minor} is due now and not released yet"
        return Refusal("amount_minor", reason, "countersign at most what is due")
    release, approvers = _take(release, others, signed.amount_minor)
    row = Countersignature(
        tenant=order.tenant, order_id=order.order_id, amount_minor=signed.amount_minor, countersigned_by=signed.by,
        countersigned_at=utc(signed.countersigned_at),
    )  # fmt: skip
    told = PayoutReleased(
        order_id=order.order_id, supplier_id=order.supplier_id, account_id=order.account_id,
        amount_minor=signed.amount_minor, currency=order.currency, released_minor=release.released_minor,
        approved_by=tuple(approvers[:_NAMED]), countersigned_by=signed.by,
    )  # fmt: skip
    return row, release, (order, [(told, latest(order.completed_known_at, known_at))])


def _take(release: Release, others: list[Consent], amount_minor: int) -> tuple[Release, list[str]]:
    """The release with so much of the others' approvals used up, by name, and whose these were."""
    consents = {consent.approved_by: consent for consent in release.consents}
    left_minor, approvers = amount_minor, []
    for other in others:
        taken_minor = min(left_minor, other.open_minor)
        if taken_minor:
            approvers.append(other.approved_by)
            consents[other.approved_by] = replace(other, released_minor=other.released_minor + taken_minor)
            left_minor -= taken_minor
    release = replace(release, released_minor=release.released_minor + amount_minor)
    return _with(release, consents), approvers


def _with(release: Release, consents: dict[str, Consent]) -> Release:
    return replace(release, consents=tuple(consents[name] for name in sorted(consents)))
