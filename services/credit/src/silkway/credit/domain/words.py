"""What the parties and the platform say about a claim that is open."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import (
    ClaimAgreed,
    ClaimAnswered,
    ClaimContested,
    ClaimDecided,
    ClaimRejected,
    ClaimUpheld,
    EscalationRequested,
    WithdrawalRequested,
)
from silkway.credit.domain.book import Book, Denied
from silkway.credit.domain.claim import claim_of, end, move_on, run_clocks, tally, withdraw
from silkway.credit.domain.hold import MOMENT
from silkway.credit.domain.state import LIVE, Claim, latest, utc


def answer(book: Book, answered: ClaimAnswered, known_at: dt.datetime) -> None:
    """The supplier agrees, wholly or to less, or contests. It has the word until the claim is escalated.

    What is agreed is paid once time has passed the word: then all that the buyer had paid by then is known.
    """
    claim, known_at = _when_said(book, answered.claim_id, known_at)
    if claim.state not in ("OPEN", "SUPPLIER_REVIEW"):
        raise Denied("claim_id", f"the claim is {claim.state}", "answer before it is escalated")
    amount_minor = _within(claim, answered.amount_minor)
    if claim.answer is None:
        tally(book, "ANSWER_IN_TIME", known_at, answers_in_time=1)
    if not answered.agreed:
        if claim.answer == "CONTESTED":
            return
        book.step(
            replace(claim, answer=claim.answer or "CONTESTED"), "CONTESTED", "SUPPLIER", known_at, answered.text
        )  # fmt: skip
        contested = ClaimContested(
            order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim.claim_id,
            text=answered.text, answered_at=utc(answered.answered_at),
        )  # fmt: skip
        return book.tell(contested, known_at)
    agreed = ClaimAgreed(
        order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim.claim_id,
        amount_minor=amount_minor, currency=book.order.currency, text=answered.text,
        answered_at=utc(answered.answered_at),
    )  # fmt: skip
    claim = replace(
        claim, state="AGREED", answer=claim.answer or "AGREED", amount_minor=amount_minor, pay_from=known_at + MOMENT
    )  # fmt: skip
    book.step(claim, "AGREED", "SUPPLIER", known_at, answered.text)
    book.tell(agreed, known_at)


def escalate(book: Book, wanted: EscalationRequested, known_at: dt.datetime) -> None:
    """The buyer wants the platform to decide, once the supplier's days are over."""
    claim, known_at = _when_said(book, wanted.claim_id, known_at)
    if claim.state not in ("OPEN", "SUPPLIER_REVIEW"):
        raise Denied("claim_id", f"the claim is {claim.state}", "only a claim under review can be escalated")
    if known_at < claim.answer_by:
        remedy = f"escalate from {claim.answer_by.isoformat()} on"
        raise Denied("requested_at", "the supplier still has time to answer", remedy)
    move_on(book, claim, "BUYER", known_at)


def give_up(book: Book, wanted: WithdrawalRequested, known_at: dt.datetime) -> None:
    """The buyer takes a claim back, as long as nothing was granted on it. One that has fallen stays so.

    Where it fell by what became known later it had ended with the buyer's word already.
    """
    claim, known_at = _when_said(book, wanted.claim_id, known_at)
    if claim.state == "WITHDRAWN":
        if known_at < latest(claim.ended_known_at):
            book.put_claim(replace(claim, ended_known_at=known_at))
        return
    if claim.state not in LIVE or claim.pay_from is not None:
        raise Denied("claim_id", f"the claim is {claim.state}", "take a claim back before it is decided")
    withdraw(book, claim.claim_id, "GIVEN_UP", None, known_at, wanted.text)


def decide_claim(book: Book, decided: ClaimDecided, known_at: dt.datetime) -> None:
    """The platform upholds an escalated claim, wholly or in part, or rejects it."""
    claim, known_at = _when_said(book, decided.claim_id, known_at)
    if claim.state not in ("ESCALATED", "INSPECTION"):
        remedy = "decide it once it is escalated, and only once"
        raise Denied("claim_id", f"the claim is {claim.state}", remedy)
    amount_minor = _within(claim, decided.amount_minor)
    order = book.order
    if not decided.upheld:
        rejected = ClaimRejected(
            order_id=order.order_id, supplier_id=order.supplier_id, claim_id=claim.claim_id,
            decided_by=decided.by, text=decided.text,
        )  # fmt: skip
        end(book, replace(claim, state="REJECTED"), "REJECTED", decided.by, known_at, decided.text)
        return book.tell(rejected, known_at)
    upheld = ClaimUpheld(
        order_id=order.order_id, supplier_id=order.supplier_id, claim_id=claim.claim_id,
        amount_minor=amount_minor, currency=order.currency, decided_by=decided.by, text=decided.text,
    )  # fmt: skip
    claim = replace(
        claim, state="UPHELD", amount_minor=amount_minor, inspect_from=None, pay_from=known_at + MOMENT
    )  # fmt: skip
    book.step(claim, "UPHELD", decided.by, known_at, decided.text)
    book.tell(upheld, known_at)


def _when_said(book: Book, claim_id: str, known_at: dt.datetime) -> tuple[Claim, dt.datetime]:
    """The claim with the clocks that fell before something was said about it; nothing is known before its claim."""
    known_at = latest(claim_of(book, claim_id).opened_known_at, known_at)
    run_clocks(book, known_at)
    return claim_of(book, claim_id), known_at


def _within(claim: Claim, amount_minor: int | None) -> int:
    if amount_minor is not None and amount_minor > claim.amount_minor:
        raise Denied("amount_minor", "that is more than is claimed", f"name at most {claim.amount_minor}")
    return amount_minor or claim.amount_minor
