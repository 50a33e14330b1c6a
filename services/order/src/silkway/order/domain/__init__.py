"""The order's rules as pure functions: (state, fact, when it was known) -> state, events. No IO, no clock."""

from silkway.order.domain.assurance import hold_granted, hold_refused, hold_released
from silkway.order.domain.draft import draft, draft_again, reference_taken
from silkway.order.domain.goods import book, deliver, dispatch
from silkway.order.domain.life import confirm, confirm_receipt, end_acceptance
from silkway.order.domain.money import pay_out, payment_id, payout_id, receive_payment, reference_id
from silkway.order.domain.state import Decision, Line, NotDue, Order, Payment, Payout, Reference, Refusal

__all__ = [
    "Decision", "Line", "NotDue", "Order", "Payment", "Payout", "Reference", "Refusal", "book", "confirm",
    "confirm_receipt", "deliver", "dispatch", "draft", "draft_again", "end_acceptance", "hold_granted",
    "hold_refused", "hold_released", "pay_out", "payment_id", "payout_id", "receive_payment", "reference_id",
    "reference_taken",
]  # fmt: skip
