"""The buyer claims. Answered once time has passed the word, by what was known when it was said.

By then all that was known has been read, whichever topic was quicker. What has been read besides became known
later: it may end a claim that was opened, and does not keep one from being opened.
"""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import ClaimRefused, ClaimRequested
from silkway.contracts.fields import ClaimRefusal
from silkway.credit.domain.book import Book, Denied, TooEarly
from silkway.credit.domain.claim import begin, live_at, withdraw, written
from silkway.credit.domain.hold import MOMENT
from silkway.credit.domain.state import Claim, Order, latest, utc

_WHY_NOT: dict[ClaimRefusal, str] = {
    "NO_COVER": "Nothing is held for the order.",
    "COVER_ENDED": "The cover of the order had ended.",
    "BEYOND_TOTAL": "More is claimed than the order is worth.",
    "SAME_KIND_OPEN": "Another claim of this kind is not decided yet.",
}


def request(book: Book, wanted: ClaimRequested, event_id: str, known_at: dt.datetime) -> None:
    """The buyer claims, in the order's currency and under an id of its own."""
    order = book.order
    if book.claim(wanted.claim_id) is not None:
        raise Denied("claim_id", "the order has a claim of this id", "give every claim an id of its own")
    if order.coverage == "NONE":
        raise Denied("order_id", "the order is not covered", "choose a coverage in the draft")
    if wanted.currency != order.currency:
        raise Denied("currency", f"the order is in {order.currency}", f"claim in {order.currency}")
    if order.state in ("NONE", "ASKED"):
        raise TooEarly("the answer to hold.requested")
    claim = written(
        order, wanted.claim_id, wanted.kind, "BUYER", wanted.amount_minor, wanted.text, event_id,
        utc(wanted.requested_at), known_at,
    )  # fmt: skip
    book.step(replace(claim, state="REQUESTED"), "REQUESTED", "BUYER", known_at, wanted.text)


def next_request(order: Order) -> dt.datetime | None:
    """When the next claim that the buyer has asked for is opened or refused."""
    return min((at for claim in order.claims if (at := _answered_at(claim)) is not None), default=None)


def answer_requests(book: Book, at: dt.datetime) -> None:
    """Open or refuse what was asked for and time has passed."""
    asked = [claim for claim in book.order.claims if (when := _answered_at(claim)) is not None and when <= at]
    for claim in sorted(asked, key=lambda claim: (claim.opened_known_at, claim.claim_id)):
        reason = _why_not(book.order, claim)
        if reason is None:
            _open(book, claim)
        else:
            _refuse(book, claim, reason)


def _open(book: Book, claim: Claim) -> None:
    begin(book, claim)
    if _lapsed_after(book.order, claim):
        withdraw(book, claim.claim_id, "CANCELLED", None, latest(book.order.lapsed_known_at))


def _refuse(book: Book, claim: Claim, reason: ClaimRefusal) -> None:
    refused = ClaimRefused(
        order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim.claim_id, kind=claim.kind,
        reason=reason, text=_WHY_NOT[reason],
    )  # fmt: skip
    known_at = claim.opened_known_at
    book.step(replace(claim, state="REFUSED", ended_known_at=known_at), "REFUSED", "SYSTEM", known_at, reason)
    book.tell(refused, known_at)


def _why_not(order: Order, claim: Claim) -> ClaimRefusal | None:
    """Why the claim cannot be opened, by what was known when it was asked for."""
    known_at = claim.opened_known_at
    if not _covered(order, claim):
        return "NO_COVER" if order.state == "REFUSED" else "COVER_ENDED"
    amended_later = order.total_known_at is not None and order.total_known_at > known_at
    if claim.amount_minor > (order.total_before_minor if amended_later else order.total_minor):
        return "BEYOND_TOTAL"
    others = (other for other in order.claims if other.kind == claim.kind)
    return "SAME_KIND_OPEN" if any(live_at(other, known_at) for other in others) else None


def _covered(order: Order, claim: Claim) -> bool:
    """Whether a hold was open then. What is asked for before the first one is granted waits for it."""
    if _lapsed_after(order, claim):
        return True
    return order.holds and (order.request == 1 or latest(order.decided_known_at) <= claim.opened_known_at)


def _lapsed_after(order: Order, claim: Claim) -> bool:
    """Whether the hold that was there then has become void since."""
    return order.lapsed_known_at is not None and order.lapsed_known_at > claim.opened_known_at


def _answered_at(claim: Claim) -> dt.datetime | None:
    return claim.opened_known_at + MOMENT if claim.state == "REQUESTED" else None
