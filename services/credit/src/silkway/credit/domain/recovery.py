"""How what was paid on claims comes back, and from whom: from the supplier, or from a buyer who got it twice.

A buyer gets back at most what it has paid. Where a refund, or the bank, gives it its money after a claim was paid,
what it then has beyond that is due from the buyer and no longer from the supplier; should it pay again, it is the
supplier's once more. Whose it is follows from what is known of the order's money alone, in whatever order it comes.
"""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import ClaimClosed, RecoveryDue, RecoveryReceived, RecoveryRecorded
from silkway.contracts.fields import Party, RecoveryReason
from silkway.credit.domain.book import Book, Denied, TooEarly
from silkway.credit.domain.hold import owe
from silkway.credit.domain.money import taken_minor, worth
from silkway.credit.domain.state import LIVE, Claim, Order, Recovery, latest, utc


def twice_minor(order: Order) -> int:
    """What the buyer has got back twice: by claims that have their ground, beyond what it has left in the order."""
    paid_minor = sum(claim.paid_minor for claim in order.claims if not claim.groundless)
    return min(max(paid_minor - order.received_minor + order.refunded_minor, 0), paid_minor)


def divide(book: Book, known_at: dt.datetime) -> None:
    """Money came from the buyer or went back to it: divide what is to come back anew, the last claim paid first."""
    twice = twice_minor(book.order)
    paid = [claim for claim in book.order.claims if claim.paid_minor and not claim.groundless]
    for claim in sorted(paid, key=lambda claim: (latest(claim.paid_known_at), claim.claim_id), reverse=True):
        share_minor = min(claim.paid_minor, twice)
        twice -= share_minor
        if share_minor != claim.buyer_minor:
            _move(book, claim, share_minor, known_at)


def take_back(book: Book, claim_id: str, known_at: dt.datetime) -> None:
    """A paid claim had no ground: all of it is due from the buyer; what the supplier had repaid goes back to it.

    Until it has come back it still counts as paid out of the supplier's limit.
    """
    claim = _known(book, claim_id)
    moved, back_minor = _shared(claim, claim.paid_minor)
    if claim.buyer_minor < claim.paid_minor:
        book.put_claim(_owed(book, moved))
        ask_back(book, claim_id, "BUYER", "NO_GROUND", known_at, back_minor)
    divide(book, known_at)


def recover(book: Book, received: RecoveryReceived, known_at: dt.datetime) -> None:
    """Money came back for a paid claim; the same receipt counts once. With the last of it the claim is closed."""
    order, claim = book.order, book.claim(received.claim_id)
    if claim is None or claim.state in LIVE or claim.state == "REQUESTED":
        raise TooEarly(f"claim.paid of {received.claim_id}")
    again = (received.claim_id, received.recovery_id)
    if again in {(known.claim_id, known.recovery_id) for known in order.recoveries}:
        return
    if received.currency != order.currency:
        raise Denied(
            "currency", f"the order is in {order.currency}", f"say what came back in {order.currency}"
        )
    party = received.received_from or _debtor(claim)
    if received.amount_minor > claim.open_from(party):
        reason = f"only {claim.open_from(party)} is still to come back from the {party.lower()}"
        raise Denied("amount_minor", reason, "name at most that, and from whom it came; send the rest back")
    _receive(book, claim, received, party, known_at)


def _receive(
    book: Book, claim: Claim, received: RecoveryReceived, party: Party, known_at: dt.datetime
) -> None:
    order, amount_minor = book.order, received.amount_minor
    receipt = Recovery(
        order.tenant, order.order_id, claim.claim_id, received.recovery_id, amount_minor,
        utc(received.received_at), party,
    )  # fmt: skip
    receipts = sorted([*order.recoveries, receipt], key=lambda known: (known.claim_id, known.recovery_id))
    book.change(recoveries=tuple(receipts))
    by_buyer = amount_minor if party == "BUYER" else 0
    claim = replace(
        claim, open_minor=claim.open_minor - amount_minor, recovered_minor=claim.recovered_minor + amount_minor,
        buyer_recovered_minor=claim.buyer_recovered_minor + by_buyer,
    )  # fmt: skip
    claim = _owed(book, claim)
    recorded = RecoveryRecorded(
        order_id=order.order_id, supplier_id=order.supplier_id, claim_id=claim.claim_id,
        recovery_id=received.recovery_id, amount_minor=amount_minor, open_minor=claim.open_minor,
        currency=order.currency, received_at=utc(received.received_at), received_from=party,
    )  # fmt: skip
    book.step(claim, "RECOVERY", party, known_at)
    book.tell(recorded, known_at)
    if claim.open_minor == 0:
        close(book, _known(book, claim.claim_id), known_at)


def close(book: Book, claim: Claim, known_at: dt.datetime) -> None:
    """Nothing is to come back (any more) for a claim that was decided."""
    closed = ClaimClosed(
        order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim.claim_id,
        paid_minor=claim.paid_minor, recovered_minor=claim.recovered_minor, currency=book.order.currency,
        closed_at=known_at,
    )  # fmt: skip
    book.step(replace(claim, state="CLOSED"), "CLOSED", "SYSTEM", known_at)
    book.tell(closed, known_at)


def ask_back(
    book: Book, claim_id: str, due_from: Party, reason: RecoveryReason, known_at: dt.datetime, back_minor: int = 0
) -> None:  # fmt: skip
    """Tell what is still to come back of a claim, and from whom it is from now on."""
    claim = _known(book, claim_id)
    due = RecoveryDue(
        order_id=book.order.order_id, supplier_id=book.order.supplier_id, claim_id=claim_id,
        amount_minor=claim.open_from(due_from), currency=book.order.currency, due_from=due_from, reason=reason,
        buyer_minor=claim.open_from("BUYER"), supplier_minor=claim.open_from("SUPPLIER"), back_minor=back_minor,
    )  # fmt: skip
    book.tell(due, known_at)


def _move(book: Book, claim: Claim, share_minor: int, known_at: dt.datetime) -> None:
    """So much of the claim is the buyer's to bring back now; what was closed is open again."""
    twice = share_minor > claim.buyer_minor
    moved, back_minor = _shared(claim, share_minor)
    step: RecoveryReason = "PAID_TWICE" if twice else "PAID_AGAIN"
    book.step(_owed(book, replace(moved, state="PAID")), step, "BUYER", known_at)
    ask_back(book, claim.claim_id, "BUYER" if twice else "SUPPLIER", step, known_at, back_minor)


def _shared(claim: Claim, share_minor: int) -> tuple[Claim, int]:
    """The claim with another share of the buyer's, and what either had repaid beyond its own: it goes back to it."""
    by_buyer = min(claim.buyer_recovered_minor, share_minor)
    by_supplier = min(claim.recovered_minor - claim.buyer_recovered_minor, claim.paid_minor - share_minor)
    back_minor = claim.recovered_minor - by_buyer - by_supplier
    claim = replace(
        claim, buyer_minor=share_minor, buyer_recovered_minor=by_buyer, recovered_minor=by_buyer + by_supplier,
        open_minor=claim.paid_minor - by_buyer - by_supplier,
        due_from="BUYER" if share_minor == claim.paid_minor else "SUPPLIER",
    )  # fmt: skip
    return claim, back_minor


def _owed(book: Book, claim: Claim) -> Claim:
    """The claim with what is open of it counted in the supplier's limit, at the rate of the hold that paid it."""
    value = worth(claim.rate, book.order.currency, book.rules.currency)
    owed_minor = taken_minor(claim.open_minor, value)
    if owed_minor != claim.unrecovered_minor:
        owe(book, owed_minor - claim.unrecovered_minor)
    return replace(claim, unrecovered_minor=owed_minor)


def _debtor(claim: Claim) -> Party:
    """Who is taken to have paid where nobody says so: the supplier, unless all that is open is the buyer's."""
    return "BUYER" if claim.open_from("BUYER") and not claim.open_from("SUPPLIER") else "SUPPLIER"


def _known(book: Book, claim_id: str) -> Claim:
    claim = book.claim(claim_id)
    if claim is None:
        raise LookupError(f"claim {claim_id} is not kept")
    return claim
