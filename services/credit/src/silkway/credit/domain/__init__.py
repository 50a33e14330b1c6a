"""The rules of credit assurance as pure functions: (state, fact, when it was known) -> state, events."""

from silkway.credit.domain.hold import CLAIM_WINDOW, Decided, Released, decide, deliver, release
from silkway.credit.domain.limit import Assessed, LimitRules, count_trade, register
from silkway.credit.domain.state import Hold, Order, Reason, Resolution, Supplier

__all__ = [
    "CLAIM_WINDOW", "Assessed", "Decided", "Hold", "LimitRules", "Order", "Reason", "Released", "Resolution",
    "Supplier", "count_trade", "decide", "deliver", "register", "release",
]  # fmt: skip
