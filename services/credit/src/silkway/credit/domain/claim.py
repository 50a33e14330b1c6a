"""Claims on the cover of an order, with all their clocks in the supplier's time zone.

The day on which a claim is opened is day 0. The supplier answers by the end of day 3, the buyer may escalate from
day 4 on, at the beginning of day 8 it escalates by itself.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from silkway.contracts import (
    ClaimAgreed,
    ClaimAnswered,
    ClaimContested,
    ClaimDecided,
    ClaimEscalated,
    ClaimOpened,
    ClaimRejected,
    ClaimRequested,
    ClaimUpheld,
    ClaimWithdrawn,
    EscalationRequested,
)
from silkway.contracts.fields import ClaimKind, ClaimOpener, WithdrawalReason
from silkway.credit.domain.book import Book, Denied, TooEarly
from silkway.credit.domain.hold import MOMENT, end_of_hold, start_of
from silkway.credit.domain.payment import take_back
from silkway.credit.domain.state import LIVE, Claim, Order, latest, utc
from silkway.credit.domain.supplier import count

ANSWER_DAYS: Final = 3
ESCALATION_DAY: Final = 8


def request(book: Book, wanted: ClaimRequested, event_id: str, known_at: dt.datetime) -> None:
    """The buyer claims: on a hold that is there, in the order's currency, one claim of a kind at a time."""
    run_clocks(book, known_at)
    order = book.order
    if book.claim(wanted.claim_id) is not None:
        raise Denied("claim_id", "the order has a claim of this id", "give every claim an id of its own")
    _check_cover(order, known_at)
    if wanted.currency != order.currency:
        raise Denied("currency", f"the order is in {order.currency}", f"claim in {order.currency}")
    if wanted.amount_minor > order.total_minor:
        remedy = f"claim at most {order.total_minor}"
        raise Denied("amount_minor", "that is more than the order's total", remedy)
    if any(claim.state in LIVE and claim.kind == wanted.kind for claim in order.claims):
        remedy = "wait for its decision, or claim for another reason"
        raise Denied("kind", f"a claim of kind {wanted.kind} is open", remedy)
    _open(
        book, wanted.claim_id, wanted.kind, "BUYER", wanted.amount_minor, wanted.text, event_id,
        utc(wanted.requested_at), known_at,
    )  # fmt: skip


def open_for_lateness(book: Book, late: Iterable[str], at: dt.datetime) -> None:
    """A promise was missed: the claim on these lines opens by itself, or joins the one that is open."""
    order, ids = book.order, set(late)
    amount_minor = sum(line.value_minor for line in order.promises if line.line_id in ids)
    if not order.holds or amount_minor == 0:
        return
    known = next((c for c in order.claims if c.kind == "LATE" and c.state in LIVE), None)
    if known is not None and known.opened_by == "BUYER":
        return
    claim_id = known.claim_id if known is not None else _system_claim_id(order)
    promises = [replace(p, claim_id=claim_id) if p.line_id in ids else p for p in order.promises]
    book.change(promises=tuple(promises))
    if known is None:
        lines = ", ".join(sorted(ids))[:400]
        text = f"not shipped by the promised day: {lines}"
        _open(book, claim_id, "LATE", "SYSTEM", amount_minor, text, order.recorded_event_id, at, at)


def answer(book: Book, answered: ClaimAnswered, known_at: dt.datetime) -> None:
    """The supplier agrees, wholly or to less, or contests. It has the word until the claim is escalated.

    What is agreed is paid once time has passed the word: then all that the buyer had paid by then is known.
    """
    claim = _claim(book, answered.claim_id)
    known_at = latest(claim.opened_known_at, known_at)
    run_clocks(book, known_at)
    claim = _claim(book, answered.claim_id)
    if claim.state not in ("OPEN", "SUPPLIER_REVIEW"):
        raise Denied("claim_id", f"the claim is {claim.state}", "answer before it is escalated")
    amount_minor = _within(claim, answered.amount_minor)
    if claim.answer is None:
        _count(book, "ANSWER_IN_TIME", known_at, answers_in_time=1)
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
    claim = _claim(book, wanted.claim_id)
    known_at = latest(claim.opened_known_at, known_at)
    run_clocks(book, known_at)
    claim = _claim(book, wanted.claim_id)
    if claim.state not in ("OPEN", "SUPPLIER_REVIEW"):
        raise Denied("claim_id", f"the claim is {claim.state}", "only a claim under review can be escalated")
    if known_at < claim.answer_by:
        remedy = f"escalate from {claim.answer_by.isoformat()} on"
        raise Denied("requested_at", "the supplier still has time to answer", remedy)
    _escalate(book, claim, "BUYER", known_at)


def decide_claim(book: Book, decided: ClaimDecided, known_at: dt.datetime) -> None:
    """The platform upholds an escalated claim, wholly or in part, or rejects it."""
    claim = _claim(book, decided.claim_id)
    known_at = latest(claim.opened_known_at, known_at)
    run_clocks(book, known_at)
    claim = _claim(book, decided.claim_id)
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


def withdraw(
    book: Book, claim_id: str, reason: WithdrawalReason, proof_at: dt.datetime | None, known_at: dt.datetime
) -> None:
    """A claim has lost its ground. What was paid on one that the goods' leaving refutes comes back from the buyer."""
    claim = _claim(book, claim_id)
    refuted = reason == "SHIPPED_IN_TIME" and claim.paid_minor > 0 and claim.due_from != "BUYER"
    if claim.state not in LIVE and not refuted:
        return
    withdrawn = ClaimWithdrawn(
        order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim_id, reason=reason,
        proof_at=proof_at, repaid_minor=claim.recovered_minor,
    )  # fmt: skip
    claim = replace(claim, state="WITHDRAWN", withdrawn_for=reason, proof_at=proof_at)
    end(book, claim, "WITHDRAWN", "SYSTEM", known_at)
    book.tell(withdrawn, known_at)
    if refuted:
        take_back(book, claim_id, known_at)
        _count(book, "CLAIM_REFUTED", known_at, claims_lost=-1)


def withdraw_all(book: Book, known_at: dt.datetime) -> None:
    """The order is cancelled: what is claimed on it and not decided falls with it.

    Should the order go on after all, the promises are judged again.
    """
    live = {claim.claim_id for claim in book.order.claims if claim.state in LIVE}
    for claim_id in sorted(live):
        withdraw(book, claim_id, "CANCELLED", None, known_at)
    promises = [
        replace(p, judged=False, claim_id=None) if p.claim_id in live else p for p in book.order.promises
    ]
    book.change(promises=tuple(promises))


def end(book: Book, claim: Claim, step: str, by: str, known_at: dt.datetime, text: str | None = None) -> None:
    """A claim is decided; with the last of them the hold may end."""
    book.change(quiet_known_at=known_at)
    book.step(
        replace(claim, ended_known_at=known_at, inspect_from=None, pay_from=None), step, by, known_at, text
    )


def next_clock(order: Order) -> dt.datetime | None:
    """The next clock of the claims."""
    moments = [at for claim in order.claims if (at := _clock(claim)) is not None]
    return min(moments, default=None)


def run_clocks(book: Book, until: dt.datetime) -> None:
    """Take, in the order of their times, all steps that claims take by themselves up to `until`."""
    while (at := next_clock(book.order)) is not None and at <= until:
        claim = next(claim for claim in book.order.claims if _clock(claim) == at)
        if claim.state == "ESCALATED":
            book.step(replace(claim, state="INSPECTION", inspect_from=None), "INSPECTION", "SYSTEM", at)
        elif claim.state == "OPEN":
            book.step(replace(claim, state="SUPPLIER_REVIEW"), "SUPPLIER_REVIEW", "SYSTEM", at)
        elif claim.answer is None:
            book.step(replace(claim, answer="MISSED"), "ANSWER_MISSED", "SYSTEM", at)
            _count(book, "ANSWER_MISSED", at, answers_missed=1)
        else:
            _escalate(book, claim, "SYSTEM", at)


def _clock(claim: Claim) -> dt.datetime | None:
    match claim.state:
        case "OPEN":
            return claim.review_from
        case "SUPPLIER_REVIEW":
            return claim.escalates_at if claim.answer is not None else claim.answer_by
        case "ESCALATED":
            return claim.inspect_from
        case _:
            return None


def _open(
    book: Book, claim_id: str, kind: ClaimKind, by: ClaimOpener, amount_minor: int, text: str, event_id: str,
    opened_at: dt.datetime, known_at: dt.datetime,
) -> None:  # fmt: skip
    order = book.order
    zone = order.time_zone
    day = known_at.astimezone(ZoneInfo(zone)).date()

    def after(days: int) -> dt.datetime:
        return start_of(day + dt.timedelta(days=days), zone)

    claim = Claim(
        tenant=order.tenant, order_id=order.order_id, claim_id=claim_id, kind=kind, opened_by=by, state="OPEN",
        amount_minor=amount_minor, text=text, event_id=event_id, opened_at=opened_at, opened_known_at=known_at,
        review_from=after(1), answer_by=after(ANSWER_DAYS + 1), escalates_at=after(ESCALATION_DAY),
    )  # fmt: skip
    opened = ClaimOpened(
        order_id=order.order_id, supplier_id=order.supplier_id, claim_id=claim_id, kind=kind, by=by,
        amount_minor=amount_minor, currency=order.currency, text=text, opened_at=opened_at,
        answer_by=claim.answer_by, escalate_from=claim.answer_by, escalates_at=claim.escalates_at,
    )  # fmt: skip
    book.step(claim, "OPENED", by, known_at, text)
    book.tell(opened, known_at)
    _count(book, "CLAIM_OPENED", known_at, claims=1)


def _escalate(book: Book, claim: Claim, by: ClaimOpener, known_at: dt.datetime) -> None:
    zone = book.order.time_zone
    tomorrow = known_at.astimezone(ZoneInfo(zone)).date() + dt.timedelta(days=1)
    claim = replace(claim, state="ESCALATED", inspect_from=start_of(tomorrow, zone))
    book.step(claim, "ESCALATED", by, known_at)
    escalated = ClaimEscalated(
        order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim.claim_id, by=by,
        escalated_at=known_at,
    )  # fmt: skip
    book.tell(escalated, known_at)


def _system_claim_id(order: Order) -> str:
    """Claims that open by themselves are named after their order, from the second one on with a number."""
    number = 1 + sum(claim.opened_by == "SYSTEM" for claim in order.claims)
    return f"{order.order_id}|LATE" if number == 1 else f"{order.order_id}|LATE|{number}"


def _check_cover(order: Order, known_at: dt.datetime) -> None:
    if order.coverage == "NONE":
        raise Denied("order_id", "the order is not covered", "choose a coverage in the draft")
    if order.state in ("NONE", "ASKED"):
        raise TooEarly("the answer to hold.requested")
    ended = end_of_hold(order)
    if not order.holds or (ended is not None and ended <= known_at):
        state = "over" if order.holds else order.state
        raise Denied("order_id", f"its cover is {state}", "claim while a hold is open")


def _claim(book: Book, claim_id: str) -> Claim:
    claim = book.claim(claim_id)
    if claim is None:
        raise TooEarly(f"claim.opened of {claim_id}")
    return claim


def _within(claim: Claim, amount_minor: int | None) -> int:
    if amount_minor is not None and amount_minor > claim.amount_minor:
        raise Denied("amount_minor", "that is more than is claimed", f"name at most {claim.amount_minor}")
    return amount_minor or claim.amount_minor


def _count(book: Book, what: str, known_at: dt.datetime, **more: int) -> None:
    """An event counts in the supplier's record."""
    supplier = book.supplier
    supplier = replace(supplier, **{name: getattr(supplier, name) + n for name, n in more.items()})
    book.take(count(book.rules, supplier, what, book.order.order_id, book.event_id, known_at))
