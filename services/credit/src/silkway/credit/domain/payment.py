"""What is paid on claims: never more than was held, nor than the buyer had really paid."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import ClaimPaid
from silkway.credit.domain.book import Book
from silkway.credit.domain.hold import MOMENT, post
from silkway.credit.domain.recovery import ask_back, close
from silkway.credit.domain.state import Claim, Order
from silkway.credit.domain.supplier import count


def really_paid_minor(order: Order) -> int:
    """What the buyer has paid and has not got back, neither as a refund nor on claims."""
    back = sum(claim.paid_minor - claim.buyer_minor for claim in order.claims)
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
        return close(book, claim, known_at)
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
    ask_back(book, claim_id, "SUPPLIER", "PAID", known_at)
    supplier = replace(book.supplier, claims_lost=book.supplier.claims_lost + 1)
    book.take(count(book.rules, supplier, "CLAIM_PAID", order.order_id, book.event_id, known_at))
