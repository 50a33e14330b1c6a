"""What is paid on claims, and how it comes back: never more than was held, nor than the buyer had really paid."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import ClaimClosed, ClaimPaid, RecoveryDue, RecoveryReceived, RecoveryRecorded
from silkway.contracts.fields import Party
from silkway.credit.domain.book import Book, Denied, TooEarly
from silkway.credit.domain.hold import MOMENT, owe, post
from silkway.credit.domain.money import taken_minor, worth
from silkway.credit.domain.state import LIVE, Claim, Order, Recovery, utc
from silkway.credit.domain.supplier import count


def really_paid_minor(order: Order) -> int:
    """What the buyer has paid and has not got back, neither as a refund nor on claims."""
    back = sum(claim.paid_minor for claim in order.claims if claim.due_from != "BUYER")
    return max(order.received_minor - order.refunded_minor - back, 0)


def next_payment(order: Order) -> dt.datetime | None:
    """When the next claim that was agreed or upheld is paid."""
    return min((claim.pay_from for claim in order.claims if claim.pay_from is not None), default=None)


def pay(book: Book, at: dt.datetime) -> None:
    """Pay the claims that are to be paid at `at` out of the hold; what was paid is due from the supplier."""
    for claim in book.order.claims:
        if claim.pay_from is not None and claim.pay_from <= at:
            _pay(book, claim, claim.pay_from - MOMENT)


def _pay(book: Book, claim: Claim, known_at: dt.datetime) -> None:
    order, claim_id = book.order, claim.claim_id
    paid_minor = min(claim.amount_minor, order.held_minor, really_paid_minor(order))
    book.change(quiet_known_at=known_at)
    claim = replace(claim, ended_known_at=known_at, pay_from=None)
    if paid_minor == 0:
        return _close(book, claim, known_at)
    claim = post(book, claim, paid_minor, known_at)
    claim = replace(
        claim, state="PAID", paid_minor=paid_minor, paid_known_at=known_at, open_minor=paid_minor,
        due_from="SUPPLIER",
    )  # fmt: skip
    book.step(claim, "PAID", "SYSTEM", known_at)
    paid = ClaimPaid(
        order_id=order.order_id, supplier_id=order.supplier_id, claim_id=claim_id, paid_minor=paid_minor,
        currency=order.currency, paid_at=known_at,
    )  # fmt: skip
    book.tell(paid, known_at)
    _ask_back(book, claim_id, paid_minor, "SUPPLIER", known_at)
    supplier = replace(book.supplier, claims_lost=book.supplier.claims_lost + 1)
    book.take(count(book.rules, supplier, "CLAIM_PAID", order.order_id, book.event_id, known_at))


def take_back(book: Book, claim_id: str, known_at: dt.datetime) -> None:
    """A paid claim had no ground: all of it is due from the buyer; what the supplier had repaid goes back to it.

    Until it has come back it still counts as paid out of the supplier's limit.
    """
    claim = _known(book, claim_id)
    owed_minor = _in_limit(book, claim, claim.paid_minor)
    owe(book, owed_minor - claim.unrecovered_minor)
    book.put_claim(
        replace(
            claim, due_from="BUYER", open_minor=claim.paid_minor, recovered_minor=0,
            unrecovered_minor=owed_minor,
        )
    )  # fmt: skip
    _ask_back(book, claim_id, claim.paid_minor, "BUYER", known_at)


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
    if received.amount_minor > claim.open_minor:
        remedy = f"name at most {claim.open_minor}; send the rest back"
        raise Denied("amount_minor", f"only {claim.open_minor} is still to come back", remedy)
    receipt = Recovery(
        order.tenant, order.order_id, claim.claim_id, received.recovery_id, received.amount_minor,
        utc(received.received_at),
    )  # fmt: skip
    receipts = sorted([*order.recoveries, receipt], key=lambda known: (known.claim_id, known.recovery_id))
    book.change(recoveries=tuple(receipts))
    open_minor = claim.open_minor - received.amount_minor
    owed_minor = _in_limit(book, claim, open_minor)
    owe(book, owed_minor - claim.unrecovered_minor)
    claim = replace(
        claim, open_minor=open_minor, recovered_minor=claim.recovered_minor + received.amount_minor,
        unrecovered_minor=owed_minor,
    )  # fmt: skip
    recorded = RecoveryRecorded(
        order_id=order.order_id, supplier_id=order.supplier_id, claim_id=claim.claim_id,
        recovery_id=received.recovery_id, amount_minor=received.amount_minor, open_minor=open_minor,
        currency=order.currency, received_at=utc(received.received_at),
    )  # fmt: skip
    book.step(claim, "RECOVERY", claim.due_from or "SUPPLIER", known_at)
    book.tell(recorded, known_at)
    if open_minor == 0:
        _close(book, _known(book, claim.claim_id), known_at)


def _close(book: Book, claim: Claim, known_at: dt.datetime) -> None:
    closed = ClaimClosed(
        order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim.claim_id,
        paid_minor=claim.paid_minor, recovered_minor=claim.recovered_minor, currency=book.order.currency,
        closed_at=known_at,
    )  # fmt: skip
    book.step(replace(claim, state="CLOSED"), "CLOSED", "SYSTEM", known_at)
    book.tell(closed, known_at)


def _ask_back(book: Book, claim_id: str, amount_minor: int, due_from: Party, known_at: dt.datetime) -> None:
    due = RecoveryDue(
        order_id=book.order.order_id, supplier_id=book.order.supplier_id, claim_id=claim_id,
        amount_minor=amount_minor, currency=book.order.currency, due_from=due_from,
    )  # fmt: skip
    book.tell(due, known_at)


def _in_limit(book: Book, claim: Claim, amount_minor: int) -> int:
    """What an amount takes of the limit, at the rate of the hold that paid the claim."""
    return taken_minor(amount_minor, worth(claim.rate, book.order.currency, book.rules.currency))


def _known(book: Book, claim_id: str) -> Claim:
    claim = book.claim(claim_id)
    if claim is None:
        raise LookupError(f"claim {claim_id} is not kept")
    return claim
