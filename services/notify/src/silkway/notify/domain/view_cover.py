"""The cover of an order and the claims on it, as credit tells them."""

from typing import Any, assert_never

from msgspec.structs import replace

from silkway.contracts import (
    ClaimAgreed,
    ClaimClosed,
    ClaimContested,
    ClaimEscalated,
    ClaimOpened,
    ClaimPaid,
    ClaimRefused,
    ClaimRejected,
    ClaimUpheld,
    ClaimWithdrawn,
    CoverAtRisk,
    CoverSafe,
    HoldExpired,
    HoldGranted,
    HoldPosted,
    HoldRefused,
    HoldReleased,
    HoldVoided,
    RecoveryDue,
    RecoveryRecorded,
)
from silkway.notify.domain.moments import utc, utc_or_none
from silkway.notify.domain.state import OrderView, OrderViewClaim
from silkway.notify.domain.told import Claim, Hold

OPEN_CLAIMS = ("SUPPLIER_REVIEW", "CONTESTED", "AGREED", "ESCALATED", "UPHELD")


def see_hold(view: OrderView, told: Hold) -> OrderView:
    """The view after an event about the hold."""
    match told:
        case HoldGranted():
            view = replace(view, hold_answered=max(told.request, view.hold_answered))
            return _assured(
                view, "HELD" if told.full else "PARTIAL",
                hold_id=told.hold_id, hold_granted_minor=told.granted_minor, hold_reason=None,
                hold_expires_at=utc_or_none(told.expires_at),
            )  # fmt: skip
        case HoldRefused():
            view = replace(view, hold_answered=max(told.request, view.hold_answered))
            return _assured(view, "REFUSED", hold_reason=told.reason)
        case HoldReleased():
            return _assured(
                view, "RELEASED",
                hold_released_minor=told.released_minor, hold_released_at=utc(told.released_at),
            )  # fmt: skip
        case HoldPosted():
            return _assured(view, "POSTED", hold_posted_minor=view.hold_posted_minor + told.paid_minor)
        case HoldVoided():
            return _assured(view, "VOIDED")
        case HoldExpired():
            return _assured(view, "EXPIRED")
        case CoverAtRisk():
            return replace(view, cover_at_risk=True)
        case CoverSafe():
            return replace(view, cover_at_risk=False)
        case _:
            assert_never(told)


def _assured(view: OrderView, assurance: Any, **changes: Any) -> OrderView:
    """The hold's state; it stands back where the order has asked anew and not been answered yet."""
    if view.hold_answered < view.hold_request:
        assurance = "REQUESTED"
    return replace(view, assurance=assurance, cover_at_risk=False, **changes)


def see_claim(view: OrderView, told: Claim) -> OrderView:
    """The view after an event about a claim."""
    claims = {claim.claim_id: claim for claim in view.claims}
    if isinstance(told, ClaimOpened):
        claims[told.claim_id] = OrderViewClaim(
            view.tenant, view.order_id, told.claim_id, told.kind, told.by, "SUPPLIER_REVIEW",
            told.amount_minor, told.currency, utc(told.opened_at), utc(told.answer_by),
        )  # fmt: skip
    elif known := claims.get(told.claim_id):
        claims[told.claim_id] = _moved(known, told)
    return replace(
        view,
        claims=tuple(claims[claim_id] for claim_id in sorted(claims)),
        claims_open=sum(claim.state in OPEN_CLAIMS for claim in claims.values()),
    )


def _moved(claim: OrderViewClaim, told: Claim) -> OrderViewClaim:
    match told:
        case ClaimAgreed():
            return replace(claim, state="AGREED", amount_minor=told.amount_minor)
        case ClaimContested():
            return replace(claim, state="CONTESTED")
        case ClaimEscalated():
            return replace(claim, state="ESCALATED")
        case ClaimUpheld():
            return replace(claim, state="UPHELD", amount_minor=told.amount_minor)
        case ClaimRejected():
            return replace(claim, state="REJECTED")
        case ClaimWithdrawn():
            return replace(claim, state="WITHDRAWN", reason=told.reason)
        case ClaimPaid():
            return replace(claim, state="PAID", paid_minor=told.paid_minor)
        case ClaimClosed():
            return replace(claim, state="CLOSED", paid_minor=told.paid_minor)
        case RecoveryDue():
            return _to_come_back(claim, told)
        case RecoveryRecorded():
            # Before claims had two debtors it was left out: who was asked has paid.
            by_buyer = told.amount_minor if (told.received_from or claim.recovery_from) == "BUYER" else 0
            return replace(
                claim, recovery_open_minor=told.open_minor,
                recovery_buyer_minor=claim.recovery_buyer_minor - by_buyer,
            )  # fmt: skip
        case ClaimOpened() | ClaimRefused():
            return claim
        case _:
            assert_never(told)


def _to_come_back(claim: OrderViewClaim, told: RecoveryDue) -> OrderViewClaim:
    """What is still to come back of a claim, from both; one that had been closed is open again."""
    due = {
        "BUYER": told.buyer_minor or 0,
        "SUPPLIER": told.supplier_minor or 0,
        told.due_from: told.amount_minor,
    }
    return replace(
        claim, state="PAID" if claim.state == "CLOSED" else claim.state, recovery_from=told.due_from,
        recovery_open_minor=sum(due.values()), recovery_buyer_minor=due["BUYER"],
    )  # fmt: skip
