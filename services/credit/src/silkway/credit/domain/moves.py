"""Which states follow which, and by what: nothing else is possible. The diagrams of the docs are made of these."""

from typing import Final

_BEGINS: Final = ""

_AGREES: Final = "claim.answered, agreed"
_DECIDED: Final = "claim.decided"
_PAYS: Final = "time has passed it"
_NOTHING: Final = "nothing is held, or the buyer has paid nothing"
_GROUNDLESS: Final = "shipped in time, amended, cancelled"
_GIVEN_UP: Final = "shipped in time, amended, cancelled, or withdrawal.requested"

CLAIM_MOVES: Final = {
    (_BEGINS, "REQUESTED"): "claim.requested",
    ("REQUESTED", "OPEN"): "time has passed it",
    ("REQUESTED", "REFUSED"): "no cover, beyond the total, or one of its kind is open",
    (_BEGINS, "OPEN"): "a promise was missed",
    ("OPEN", "SUPPLIER_REVIEW"): "day 1 begins",
    ("OPEN", "AGREED"): _AGREES,
    ("OPEN", "WITHDRAWN"): _GIVEN_UP,
    ("SUPPLIER_REVIEW", "AGREED"): _AGREES,
    ("SUPPLIER_REVIEW", "ESCALATED"): "escalation.requested from day 4, by itself on day 8",
    ("SUPPLIER_REVIEW", "WITHDRAWN"): _GIVEN_UP,
    ("ESCALATED", "INSPECTION"): "the next day begins",
    ("ESCALATED", "UPHELD"): _DECIDED,
    ("ESCALATED", "REJECTED"): _DECIDED,
    ("ESCALATED", "WITHDRAWN"): _GIVEN_UP,
    ("INSPECTION", "UPHELD"): _DECIDED,
    ("INSPECTION", "REJECTED"): _DECIDED,
    ("INSPECTION", "WITHDRAWN"): _GIVEN_UP,
    ("AGREED", "PAID"): _PAYS,
    ("AGREED", "CLOSED"): _NOTHING,
    ("AGREED", "WITHDRAWN"): _GROUNDLESS,
    ("UPHELD", "PAID"): _PAYS,
    ("UPHELD", "CLOSED"): _NOTHING,
    ("UPHELD", "WITHDRAWN"): _GROUNDLESS,
    ("PAID", "CLOSED"): "recovery.received, the last of it",
    ("CLOSED", "PAID"): "the buyer got it back twice, or paid again: it is due from the other one",
    ("PAID", "WITHDRAWN"): "shipped in time, due from the buyer now",
    ("CLOSED", "WITHDRAWN"): "shipped in time, due from the buyer now",
    ("WITHDRAWN", "CLOSED"): "recovery.received from the buyer, the last of it",
}

_AGAIN: Final = "hold.requested again, after order.reinstated"

COVER_MOVES: Final = {
    (_BEGINS, "NONE"): "order.recorded",
    ("NONE", "ASKED"): "hold.requested",
    ("ASKED", "HELD"): "all of it is free",
    ("ASKED", "PARTIAL"): "less is free",
    ("ASKED", "REFUSED"): "nothing is free, no rate is known, or cancelled",
    ("HELD", "POSTED"): "a claim was paid",
    ("HELD", "VOIDED"): "order.cancelled",
    ("HELD", "EXPIRED"): "no delivery known by its end",
    ("HELD", "RELEASED"): "30 days after the delivery was known",
    ("PARTIAL", "POSTED"): "a claim was paid",
    ("PARTIAL", "VOIDED"): "order.cancelled",
    ("PARTIAL", "EXPIRED"): "no delivery known by its end",
    ("PARTIAL", "RELEASED"): "30 days after the delivery was known",
    ("EXPIRED", "ASKED"): "delivered before the end, known after it",
    ("VOIDED", "ASKED"): _AGAIN,
    ("REFUSED", "ASKED"): _AGAIN,
    ("POSTED", "ASKED"): _AGAIN,
    ("RELEASED", "ASKED"): _AGAIN,
}


def check(moves: dict[tuple[str, str], str], before: str, after: str) -> None:
    """Raises ValueError for a move that is none; staying is always possible."""
    if before != after and (before, after) not in moves:
        raise ValueError(f"{after} does not follow {before or 'nothing'}")
