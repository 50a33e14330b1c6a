"""What each event gives a cause for, and what each decision has for a cause: as tokens in the book of a subject.

A cause travels in another topic than its decision, so it may be read later; it is on the log before. A want that is
still open when all has been read that was there when it was noted has no cause.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from silkway.auditor.domain.state import Book, Want, name_of
from silkway.contracts import (
    AmendmentRefused,
    AmendmentRequested,
    CancellationRefused,
    CancellationRequested,
    ClaimAgreed,
    ClaimAnswered,
    ClaimContested,
    ClaimDecided,
    ClaimEscalated,
    ClaimOpened,
    ClaimRefused,
    ClaimRejected,
    ClaimRequested,
    ClaimUpheld,
    ClaimWithdrawn,
    DeliveryRetracted,
    DisputeClosed,
    DisputeOpened,
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    EscalationRequested,
    Event,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    HoldRequested,
    HoldVoided,
    InspectionFailed,
    InspectionPassed,
    InspectionRecorded,
    LimitReassessed,
    MilestoneRecorded,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderDrafted,
    OrderPlaced,
    OrderRecorded,
    OrderRefunded,
    OrderReinstated,
    OrderShipped,
    OrderUndelivered,
    PaymentMatched,
    PaymentReceived,
    PayoutMade,
    PayoutPaid,
    ProofGiven,
    ReceiptConfirmed,
    RecoveryReceived,
    RecoveryRecorded,
    RefundPaid,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
    SupplierRegistered,
    WithdrawalRequested,
)

Tokens = Callable[[Any, Book], list[str]]


def _counted(book: Book, what: str) -> str:
    """The how-manieth of its kind: a transfer that is told twice has two causes to show."""
    number = 1
    while f"{what}#{number}" in book.given:
        number += 1
    return f"{what}#{number}"


def _transfer(event: RefundPaid | PayoutPaid, book: Book) -> list[str]:
    """A transfer is known by its account, reference, amount and order, however often its bank reports it."""
    refund = isinstance(event, RefundPaid)
    reference = event.refund_reference if isinstance(event, RefundPaid) else event.payout_reference
    what = "refund" if refund else "payout"
    name = f"{what}:{event.account_id}|{reference}|{event.amount_minor}"
    return [] if name in book.given else [name, _counted(book, f"{what}={event.amount_minor}")]


def _left(event: OrderRefunded | PayoutMade, book: Book) -> list[str]:
    what = f"{'refund' if isinstance(event, OrderRefunded) else 'payout'}={event.amount_minor}"
    assert book.money is not None
    number = book.money.transfers[what] = book.money.transfers.get(what, 0) + 1
    return [f"{what}#{number}"]


def _answered(event: HoldGranted | HoldRefused, book: Book) -> list[str]:
    """Each answer has its request, but for those that follow an expiry."""
    assert book.cover is not None
    return [f"hold#{max(book.cover.answers - book.cover.expiries, 1)}"]


def _cancelled(event: OrderCancelled, book: Book) -> list[str]:
    return [
        f"resolved:{event.cancellation_id}" if event.by == "RESOLUTION" else f"cancel:{event.cancellation_id}"
    ]


def _accepted(event: OrderAccepted, book: Book) -> list[str]:
    return {"RECEIPT": ["receipt"], "RESOLUTION": ["resolved"], "PERIOD": ["delivered"]}[event.by]


def _withdrawn(event: ClaimWithdrawn, book: Book) -> list[str]:
    if event.reason == "GIVEN_UP":
        return [f"give_up:{event.claim_id}"]
    return {"SHIPPED_IN_TIME": ["left"], "AMENDED": ["amended"], "CANCELLED": ["cancelled"]}[event.reason]


GIVES: Final[Mapping[type[Event], Tokens]] = {
    OrderDrafted: lambda e, b: ["drafted"],
    OrderConfirmed: lambda e, b: ["confirmed"],
    AmendmentRequested: lambda e, b: [f"amend:{e.amendment_id}"],
    CancellationRequested: lambda e, b: [f"cancel:{e.cancellation_id}"],
    ReceiptConfirmed: lambda e, b: ["receipt"],
    DisputeRaised: lambda e, b: [f"dispute:{e.dispute_id}"],
    DisputeResolved: lambda e, b: ["resolved", f"resolved:{e.dispute_id}"],
    DisputeWithdrawn: lambda e, b: ["resolved", f"resolved:{e.dispute_id}"],
    InspectionPassed: lambda e, b: ["inspected"],
    InspectionFailed: lambda e, b: ["inspected"],
    PaymentReceived: lambda e, b: ["received"],
    RefundPaid: _transfer,
    PayoutPaid: _transfer,
    PaymentMatched: lambda e, b: ["matched"],
    HoldRequested: lambda e, b: [_counted(b, "hold"), f"hold={e.amount_minor}{e.currency}"],
    OrderAmended: lambda e, b: ["amended"],
    OrderCancelled: lambda e, b: ["cancelled"],
    OrderReinstated: lambda e, b: ["reinstated"],
    OrderRecorded: lambda e, b: ["recorded"],
    OrderDelivered: lambda e, b: ["arrived"] if e.state == "DELIVERED" else [],
    ShipmentLinked: lambda e, b: ["linked"],
    ShipmentDispatched: lambda e, b: ["left"],
    MilestoneRecorded: lambda e, b: ["left"] if e.classifier == "ACTUAL" else [],
    ShipmentDelivered: lambda e, b: ["delivered", "left"],
    DeliveryRetracted: lambda e, b: ["delivery_retracted"],
    ProofGiven: lambda e, b: ["left"],
    SupplierRegistered: lambda e, b: ["registered"],
    ClaimRequested: lambda e, b: [f"claim:{e.claim_id}"],
    ClaimAnswered: lambda e, b: [f"answer:{e.claim_id}"],
    EscalationRequested: lambda e, b: [f"escalate:{e.claim_id}"],
    ClaimDecided: lambda e, b: [f"decide:{e.claim_id}"],
    WithdrawalRequested: lambda e, b: [f"give_up:{e.claim_id}"],
    RecoveryReceived: lambda e, b: [f"recovery:{e.claim_id}/{e.recovery_id}"],
}
"""By event, the tokens that it gives."""

WANTS: Final[Mapping[type[Event], tuple[Tokens, ...]]] = {
    OrderRecorded: (lambda e, b: ["drafted"],),
    OrderPlaced: (lambda e, b: ["confirmed", "matched"],),
    OrderAmended: (lambda e, b: [f"amend:{e.amendment_id}"],),
    AmendmentRefused: (lambda e, b: [f"amend:{e.amendment_id}"],),
    OrderCancelled: (_cancelled,),
    CancellationRefused: (lambda e, b: [f"cancel:{e.cancellation_id}"],),
    OrderAccepted: (_accepted,),
    DisputeOpened: (lambda e, b: [f"dispute:{e.dispute_id}"],),
    DisputeClosed: (lambda e, b: [f"resolved:{e.dispute_id}"],),
    InspectionRecorded: (lambda e, b: ["inspected"],),
    OrderShipped: (lambda e, b: ["linked"],),
    OrderDelivered: (lambda e, b: ["delivered"],),
    OrderUndelivered: (lambda e, b: ["delivery_retracted"],),
    OrderReinstated: (lambda e, b: ["left"],),
    OrderRefunded: (_left,),
    PayoutMade: (_left,),
    HoldGranted: (_answered, lambda e, b: [f"hold={e.requested_minor}{e.currency}"]),
    HoldRefused: (_answered, lambda e, b: [f"hold={e.requested_minor}{e.currency}"]),
    HoldVoided: (lambda e, b: ["cancelled"],),
    HoldReleased: (lambda e, b: ["arrived"],),
    LimitReassessed: (lambda e, b: ["registered"],),
    ClaimOpened: (lambda e, b: ["recorded"] if e.by == "SYSTEM" else [f"claim:{e.claim_id}"],),
    ClaimRefused: (lambda e, b: [f"claim:{e.claim_id}"],),
    ClaimAgreed: (lambda e, b: [f"answer:{e.claim_id}"],),
    ClaimContested: (lambda e, b: [f"answer:{e.claim_id}"],),
    ClaimEscalated: (lambda e, b: ["recorded"] if e.by == "SYSTEM" else [f"escalate:{e.claim_id}"],),
    ClaimUpheld: (lambda e, b: [f"decide:{e.claim_id}"],),
    ClaimRejected: (lambda e, b: [f"decide:{e.claim_id}"],),
    ClaimWithdrawn: (_withdrawn,),
    RecoveryRecorded: (lambda e, b: [f"recovery:{e.claim_id}/{e.recovery_id}"],),
}
"""By decision, of what any is its cause; more than one where it has more than one."""


def give(book: Book, event: Event) -> None:
    """Note what this event gives a cause for."""
    tokens = GIVES.get(type(event))
    if tokens is not None:
        book.given.update(tokens(event, book))
        book.wanted = [want for want in book.wanted if book.given.isdisjoint(want.any_of)]


def want(book: Book, event: Event, event_id: str, known_at: dt.datetime, turn: int) -> None:
    """Note what this decision has for a cause, unless that is known."""
    for tokens in WANTS.get(type(event), ()):
        want_one(book, tokens(event, book), event, event_id, known_at, turn)


def want_one(
    book: Book, any_of: list[str], event: Event, event_id: str, known_at: dt.datetime, turn: int
) -> None:
    """Note that any of these is a cause of the event, unless one is known."""
    if book.given.isdisjoint(any_of):
        text = f"{name_of(event)} has no cause on the log: {' or '.join(any_of)}"
        book.wanted = [*book.wanted, Want(any_of, text, event_id, known_at, turn)]
