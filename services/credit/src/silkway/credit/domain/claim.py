"""Claims on the cover of an order, with all their clocks in the supplier's time zone.

The day on which a claim is opened is day 0. The supplier answers by the end of day 3, the buyer may escalate from
day 4 on, at the beginning of day 8 it escalates by itself.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from silkway.contracts import ClaimEscalated, ClaimOpened, ClaimWithdrawn
from silkway.contracts.fields import ClaimKind, ClaimOpener, WithdrawalReason
from silkway.credit.domain.book import Book, TooEarly
from silkway.credit.domain.hold import start_of
from silkway.credit.domain.recovery import take_back
from silkway.credit.domain.state import LIVE, Claim, Order
from silkway.credit.domain.supplier import count

ANSWER_DAYS: Final = 3
ESCALATION_DAY: Final = 8


def open_for_lateness(book: Book, late: Iterable[str], at: dt.datetime) -> None:
    """A promise was missed: the claim on these lines opens by itself, or joins the one that is open."""
    order, ids = book.order, set(late)
    amount_minor = sum(line.value_minor for line in order.promises if line.line_id in ids)
    if not order.holds or amount_minor == 0:
        return
    known = next((claim for claim in order.claims if claim.kind == "LATE" and _stands(claim, at)), None)
    if known is not None and known.opened_by == "BUYER":
        return
    claim_id = known.claim_id if known is not None else _system_claim_id(order)
    promises = [replace(p, claim_id=claim_id) if p.line_id in ids else p for p in order.promises]
    book.change(promises=tuple(promises))
    if known is None:
        lines = ", ".join(sorted(ids))[:400]
        text = f"not shipped by the promised day: {lines}"
        claim = written(
            order, claim_id, "LATE", "SYSTEM", amount_minor, text, order.recorded_event_id, at, at
        )  # fmt: skip
        begin(book, claim)


def withdraw(
    book: Book, claim_id: str, reason: WithdrawalReason, proof_at: dt.datetime | None, known_at: dt.datetime,
    text: str | None = None,
) -> None:  # fmt: skip
    """A claim has lost its ground. What was paid on one that the goods' leaving refutes comes back from the buyer."""
    claim = claim_of(book, claim_id)
    refuted = reason == "SHIPPED_IN_TIME" and claim.paid_minor > 0 and not claim.groundless
    if claim.state not in LIVE and not refuted:
        return
    withdrawn = ClaimWithdrawn(
        order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim_id, reason=reason,
        proof_at=proof_at, repaid_minor=claim.recovered_minor - claim.buyer_recovered_minor,
    )  # fmt: skip
    claim = replace(claim, state="WITHDRAWN", withdrawn_for=reason, proof_at=proof_at)
    end(book, claim, "WITHDRAWN", "BUYER" if reason == "GIVEN_UP" else "SYSTEM", known_at, text)
    book.tell(withdrawn, known_at)
    if refuted:
        take_back(book, claim_id, known_at)
        tally(book, "CLAIM_REFUTED", known_at, claims_lost=-1)


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
            tally(book, "ANSWER_MISSED", at, answers_missed=1)
        else:
            move_on(book, claim, "SYSTEM", at)


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


def written(
    order: Order, claim_id: str, kind: ClaimKind, by: ClaimOpener, amount_minor: int, text: str, event_id: str,
    opened_at: dt.datetime, known_at: dt.datetime,
) -> Claim:  # fmt: skip
    """A claim with its clocks, which run from when it was known."""
    zone = order.time_zone
    day = known_at.astimezone(ZoneInfo(zone)).date()

    def after(days: int) -> dt.datetime:
        return start_of(day + dt.timedelta(days=days), zone)

    return Claim(
        tenant=order.tenant, order_id=order.order_id, claim_id=claim_id, kind=kind, opened_by=by, state="OPEN",
        amount_minor=amount_minor, text=text, event_id=event_id, opened_at=opened_at, opened_known_at=known_at,
        review_from=after(1), answer_by=after(ANSWER_DAYS + 1), escalates_at=after(ESCALATION_DAY),
    )  # fmt: skip


def begin(book: Book, claim: Claim) -> None:
    """A claim is open, and the supplier is to answer it."""
    known_at = claim.opened_known_at
    opened = ClaimOpened(
        order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim.claim_id, kind=claim.kind,
        by=claim.opened_by, amount_minor=claim.amount_minor, currency=book.order.currency, text=claim.text,
        opened_at=claim.opened_at, answer_by=claim.answer_by, escalate_from=claim.answer_by,
        escalates_at=claim.escalates_at,
    )  # fmt: skip
    book.step(replace(claim, state="OPEN"), "OPENED", claim.opened_by, known_at, claim.text)
    book.tell(opened, known_at)
    asked = claim.event_id if claim.opened_by == "BUYER" else None
    tally(book, "CLAIM_OPENED", known_at, asked, claims=1)


def move_on(book: Book, claim: Claim, by: ClaimOpener, known_at: dt.datetime) -> None:
    """The platform is to decide the claim."""
    zone = book.order.time_zone
    tomorrow = known_at.astimezone(ZoneInfo(zone)).date() + dt.timedelta(days=1)
    claim = replace(claim, state="ESCALATED", inspect_from=start_of(tomorrow, zone))
    book.step(claim, "ESCALATED", by, known_at)
    escalated = ClaimEscalated(
        order_id=claim.order_id, supplier_id=book.order.supplier_id, claim_id=claim.claim_id, by=by,
        escalated_at=known_at,
    )  # fmt: skip
    book.tell(escalated, known_at)


def live_at(claim: Claim, moment: dt.datetime) -> bool:
    """Whether a claim was open then and not decided yet."""
    if claim.state in LIVE:
        return True
    if claim.state in ("REQUESTED", "REFUSED") or claim.opened_known_at > moment:
        return False
    return claim.ended_known_at is not None and claim.ended_known_at > moment


def _stands(claim: Claim, moment: dt.datetime) -> bool:
    """Whether lateness has its claim already. One that the buyer gave up afterwards had it then."""
    return claim.state in LIVE or (claim.withdrawn_for == "GIVEN_UP" and live_at(claim, moment))


def claim_of(book: Book, claim_id: str) -> Claim:
    """The claim, or wait for it to be opened."""
    claim = book.claim(claim_id)
    if claim is None or claim.state == "REQUESTED":
        raise TooEarly(f"claim.opened of {claim_id}")
    return claim


def _system_claim_id(order: Order) -> str:
    """Claims that open by themselves are named after their order, from the second one on with a number."""
    number = 1 + sum(claim.opened_by == "SYSTEM" for claim in order.claims)
    return f"{order.order_id}|LATE" if number == 1 else f"{order.order_id}|LATE|{number}"


def tally(book: Book, what: str, known_at: dt.datetime, event_id: str | None = None, **more: int) -> None:
    """An event counts in the supplier's record: the one that is read now, unless another is named."""
    supplier = book.supplier
    supplier = replace(supplier, **{name: getattr(supplier, name) + n for name, n in more.items()})
    book.take(count(book.rules, supplier, what, book.order.order_id, event_id or book.event_id, known_at))
