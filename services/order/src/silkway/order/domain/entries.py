"""What the order service keeps besides orders: accounts, bank entries, and what was asked, disputed and inspected."""

import datetime as dt
from typing import Literal

import msgspec

from silkway.contracts.fields import DisputeEnd, DisputeKind, MatchedBy, Party, UnmatchedReason


class Account(msgspec.Struct, frozen=True):
    """A virtual account. `open_orders`: ids of its newest orders that may still get money, separated by spaces."""

    tenant: str
    account_id: str
    open_orders: str = ""


class Reference(msgspec.Struct, frozen=True):
    """Whose money a payment reference of a virtual account is.

    Until an order has it, `waiting` holds the ids of the payments that quoted it, one a line.
    """

    tenant: str
    reference_id: str
    order_id: str | None = None
    waiting: str = ""


class Return(msgspec.Struct, frozen=True):
    """What a bank took back of a payment, once, however many times it was reported."""

    tenant: str
    payment_id: str
    return_reference: str
    amount_minor: int
    reason: str
    returned_at: dt.datetime
    known_at: dt.datetime
    witnesses: int = 1


class Payment(msgspec.Struct, frozen=True):
    """An entry on a virtual account, once, however many times the bank reported it (`witnesses`).

    order_id: whose money it is, or for which it was meant. order_ids: orders that it may be for, separated by
    spaces. decided_by, decided_reason: who assigned or returned it, and why.
    """

    tenant: str
    payment_id: str
    account_id: str
    bank_reference: str
    payment_reference: str | None
    order_id: str | None
    amount_minor: int
    currency: str
    received_at: dt.datetime
    known_at: dt.datetime
    state: Literal["MATCHED", "UNMATCHED", "RETURN_DUE", "RETURNED"]
    reason: UnmatchedReason | None = None
    matched_by: MatchedBy | None = None
    order_ids: str = ""
    decided_by: str | None = None
    decided_reason: str | None = None
    returned_minor: int = 0
    witnesses: int = 1
    returns: tuple[Return, ...] = ()


class Payout(msgspec.Struct, frozen=True):
    """A transfer to the supplier for one order, once, however many times it was reported."""

    tenant: str
    payout_id: str
    account_id: str
    order_id: str
    payout_reference: str
    amount_minor: int
    currency: str
    paid_at: dt.datetime
    witnesses: int = 1


class Refund(msgspec.Struct, frozen=True):
    """A transfer to the buyer for one order, once, however many times it was reported."""

    tenant: str
    refund_id: str
    account_id: str
    order_id: str
    refund_reference: str
    amount_minor: int
    currency: str
    paid_at: dt.datetime
    witnesses: int = 1


class Approval(msgspec.Struct, frozen=True):
    """Who released how much of an order's money for payout. `told_by`: source and id of the fact that said so."""

    tenant: str
    order_id: str
    amount_minor: int
    approved_by: str
    approved_at: dt.datetime
    told_by: str = ""


class Consent(msgspec.Struct, frozen=True):
    """How much of an order's payout one person has approved, and how much of that was released with another."""

    tenant: str
    order_id: str
    approved_by: str
    approved_minor: int = 0
    released_minor: int = 0

    @property
    def open_minor(self) -> int:
        """What waits for a second person."""
        return self.approved_minor - self.released_minor


class Release(msgspec.Struct, frozen=True):
    """What two people have agreed to pay out of an order, and who has approved how much, by name."""

    tenant: str
    order_id: str
    released_minor: int = 0
    consents: tuple[Consent, ...] = ()


class Countersignature(msgspec.Struct, frozen=True):
    """Who agreed to a payout as the second. `told_by`: source and id of the fact that said so."""

    tenant: str
    order_id: str
    amount_minor: int
    countersigned_by: str
    countersigned_at: dt.datetime
    told_by: str = ""


class Request(msgspec.Struct, frozen=True):
    """A wish about an order and its answer: DONE, or the reason of its refusal."""

    tenant: str
    request_id: str
    order_id: str
    kind: Literal["AMENDMENT", "CANCELLATION"]
    id: str
    party: Party
    reason: str
    requested_at: dt.datetime
    answer: str


class Dispute(msgspec.Struct, frozen=True):
    """A party's objection, and how it was decided, or that the party took it back."""

    tenant: str
    dispute_key: str
    order_id: str
    dispute_id: str
    party: Party
    kind: DisputeKind
    text: str
    raised_at: dt.datetime
    outcome: DisputeEnd | None = None
    refund_minor: int = 0
    resolved_by: str | None = None
    resolved_at: dt.datetime | None = None


class Inspected(msgspec.Struct, frozen=True):
    """What an inspector found; `text` is the report's reference if the goods passed, else the findings.

    `told_by`: source and id of the fact that said so.
    """

    tenant: str
    order_id: str
    inspection_id: str
    passed: bool
    inspected_by: str
    inspected_at: dt.datetime
    text: str | None
    told_by: str = ""
