"""The order's rules as pure functions: (state, fact, when it was known) -> state, events. No IO, no clock."""

from silkway.order.domain.assurance import hold_ended, hold_granted
from silkway.order.domain.draft import draft, draft_again, reference_taken
from silkway.order.domain.entries import (
    Account,
    Approval,
    Consent,
    Countersignature,
    Dispute,
    Inspected,
    Payment,
    Payout,
    Reference,
    Refund,
    Release,
    Request,
    Return,
)
from silkway.order.domain.goods import book, deliver, dispatch, retract_delivery, retract_dispatch
from silkway.order.domain.life import confirm, confirm_receipt, end_acceptance
from silkway.order.domain.money import (
    approve,
    pay_out,
    payout_id,
    receive,
    refund,
    refund_id,
    return_of,
    reverse,
)
from silkway.order.domain.release import consent, countersign
from silkway.order.domain.requests import amend, cancel, request_key
from silkway.order.domain.state import Decision, Line, NotDue, Objection, Order, Part, Refusal

__all__ = [
    "Account", "Approval", "Consent", "Countersignature", "Decision", "Dispute", "Inspected", "Line", "NotDue",
    "Objection", "Order", "Part", "Payment", "Payout", "Reference", "Refund", "Refusal", "Release", "Request",
    "Return", "amend", "approve", "book", "cancel", "confirm", "confirm_receipt", "consent", "countersign", "deliver",
    "dispatch", "draft", "draft_again", "end_acceptance", "hold_ended", "hold_granted", "pay_out", "payout_id",
    "receive", "reference_taken", "refund", "refund_id", "request_key", "retract_delivery", "retract_dispatch",
    "return_of", "reverse",
]  # fmt: skip
