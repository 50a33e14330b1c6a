"""The cover of an order on credit.events: one hold at a time, each ends once, claims are paid out of it.

Returns besides the breaches what the event does to the supplier's limit.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from silkway.auditor.domain.state import Book, Breach, Claim, Cover, Hold, name_of
from silkway.contracts import (
    CURRENCIES,
    ClaimAgreed,
    ClaimClosed,
    ClaimContested,
    ClaimEscalated,
    ClaimOpened,
    ClaimPaid,
    ClaimRefused,
    ClaimRejected,
    ClaimUpheld,
    ClaimWithdrawn,
    Event,
    HoldExpired,
    HoldGranted,
    HoldPosted,
    HoldRefused,
    HoldReleased,
    HoldVoided,
    RecoveryDue,
    RecoveryRecorded,
)

LIMIT_CURRENCY = "USD"
_LIVE = ("OPEN", "CONTESTED", "ESCALATED", "AGREED", "UPHELD")


class Effect(NamedTuple):
    """By how much more, or less, of the limit is in use; `lawful`: how much of it may go beyond the limit."""

    change: int = 0
    lawful: int = 0


def take_part(book: Book, event: Event) -> tuple[list[Breach], Effect]:
    """Follow one event about cover or claims."""
    cover = book.cover or Cover()
    book.cover = cover
    wrong: list[Breach] = []
    effect = Effect()
    match event:
        case HoldGranted() | HoldRefused():
            effect = _answer(cover, event, wrong)
        case HoldReleased():
            effect = _end(cover, event.hold_id, event.released_minor, wrong)
        case HoldVoided():
            effect = _end(cover, event.hold_id, event.voided_minor, wrong)
        case HoldExpired():
            hold = cover.hold
            if hold and hold.expires_at and event.expired_at < hold.expires_at:
                text = f"hold {hold.hold_id} expired before its end, {hold.expires_at.isoformat()}"
                wrong.append(Breach("DEADLINE_KEPT", text))
            effect = _end(cover, event.hold_id, event.expired_minor, wrong)
            cover.expiries += 1
        case HoldPosted():
            effect = _post(cover, event, wrong)
        case RecoveryDue() | RecoveryRecorded():
            effect = _recover(cover, event, wrong)
        case _:
            _claim(cover, event, wrong)
    return wrong, effect


def _answer(cover: Cover, event: HoldGranted | HoldRefused, wrong: list[Breach]) -> Effect:
    if event.request <= cover.request:
        text = f"request {event.request} is answered after request {cover.request}"
        wrong.append(Breach("HOLD_ENDS_ONCE", text))
    cover.request, cover.answers = max(cover.request, event.request), cover.answers + 1
    if isinstance(event, HoldRefused):
        return Effect()
    if cover.hold is not None:
        wrong.append(_hold(f"{event.hold_id} is granted while {cover.hold.hold_id} holds"))
    if event.granted_minor > event.requested_minor or event.full != (
        event.granted_minor == event.requested_minor
    ):
        wrong.append(_hold(f"{event.hold_id} grants {event.granted_minor} of {event.requested_minor}"))
    taken = event.limit_minor or event.granted_minor
    expected = taken_minor(event.granted_minor, event.rate, event.currency)
    if event.limit_minor is not None and taken != expected:
        wrong.append(_hold(f"{event.hold_id} takes {taken} of the limit and is worth {expected}"))
    before = cover.hold.taken if cover.hold is not None else 0
    cover.hold = Hold(event.hold_id, event.granted_minor, taken, event.currency, event.rate, event.expires_at)
    return Effect(taken - before)


def _end(cover: Cover, hold_id: str, amount: int, wrong: list[Breach]) -> Effect:
    hold = cover.hold
    if hold is None or hold.hold_id != hold_id:
        why = "has ended before" if hold_id in cover.ended else "was never granted"
        wrong.append(_hold(f"{hold_id} ends, but {why}"))
        return Effect()
    if amount != hold.granted:
        wrong.append(_hold(f"{hold_id} gives {amount} back of {hold.granted}"))
    cover.hold, cover.ended = None, [*cover.ended, hold_id]
    return Effect(-hold.taken)


def _post(cover: Cover, event: HoldPosted, wrong: list[Breach]) -> Effect:
    hold = cover.hold
    effect = _end(cover, event.hold_id, event.paid_minor + event.freed_minor, wrong)
    claim = cover.claims.get(event.claim_id)
    if claim is None or hold is None or hold.hold_id != event.hold_id:
        return effect
    claim.posted, claim.open = event.paid_minor, event.paid_minor
    claim.currency, claim.rate = hold.currency, hold.rate
    return Effect(effect.change + taken_minor(event.paid_minor, hold.rate, hold.currency))


def _recover(cover: Cover, event: RecoveryDue | RecoveryRecorded, wrong: list[Breach]) -> Effect:
    """What is still to come back of a claim, told by both, adds up to what was paid and has not come back."""
    claim = cover.claims.get(event.claim_id)
    if claim is None or not claim.paid:
        wrong.append(_claims(f"something is to come back of {event.claim_id}, which was not paid"))
        return Effect()
    before = claim.open
    if isinstance(event, RecoveryRecorded):
        told, expected = event.open_minor, before - event.amount_minor
    elif event.buyer_minor is None or event.supplier_minor is None:
        return Effect()
    else:
        told, expected = event.buyer_minor + event.supplier_minor, before + event.back_minor
    if told != expected or not 0 <= told <= claim.paid:
        wrong.append(_claims(f"{told} of {event.claim_id} is told to be open, it adds up to {expected}"))
    claim.open = told
    change = taken_minor(told, claim.rate, claim.currency) - taken_minor(before, claim.rate, claim.currency)
    return Effect(change, max(change, 0))


def _claim(cover: Cover, event: Event, wrong: list[Breach]) -> None:
    if isinstance(event, ClaimOpened):
        known = cover.claims.get(event.claim_id)
        if known is not None:
            wrong.append(_claims(f"{event.claim_id} is opened a second time"))
        if cover.hold is None and not cover.ended:
            wrong.append(_claims(f"{event.claim_id} is opened, nothing was ever held"))
        cover.claims[event.claim_id] = Claim(
            "OPEN", amount=event.amount_minor, escalates_at=event.escalates_at
        )
        return
    if not isinstance(event, _STEPS) or isinstance(event, ClaimRefused):
        return
    claim = cover.claims.get(event.claim_id)
    if claim is None:
        wrong.append(_claims(f"{name_of(event)} of {event.claim_id}, which was never opened"))
        return
    _step(claim, event, wrong)


def _step(claim: Claim, event: Event, wrong: list[Breach]) -> None:
    assert isinstance(event, _STEPS)
    froms, to = _MOVES[type(event)]
    if claim.state not in froms:
        wrong.append(_claims(f"{name_of(event)} of {event.claim_id}, which is {claim.state}"))
    match event:
        case ClaimAgreed() | ClaimUpheld():
            claim.granted = event.amount_minor
        case ClaimEscalated():
            if event.by == "SYSTEM" and claim.escalates_at and event.escalated_at < claim.escalates_at:
                text = f"{event.claim_id} escalated by itself before {claim.escalates_at.isoformat()}"
                wrong.append(Breach("DEADLINE_KEPT", text))
        case ClaimPaid():
            if event.paid_minor != claim.posted:
                wrong.append(
                    _claims(f"{event.paid_minor} is paid on {event.claim_id}, {claim.posted} was posted")
                )
            if event.paid_minor > claim.granted:
                wrong.append(
                    _claims(f"{event.paid_minor} is paid on {event.claim_id}, {claim.granted} was granted")
                )
            claim.paid = event.paid_minor
        case ClaimClosed():
            _same = (event.paid_minor, event.recovered_minor)
            if _same != (claim.paid, claim.paid - claim.open):
                text = (
                    f"{event.claim_id} is closed with {_same}, {claim.paid} was paid and {claim.open} is open"
                )
                wrong.append(_claims(text))
        case _:
            pass
    claim.state = to


_STEPS = (
    ClaimAgreed, ClaimContested, ClaimEscalated, ClaimUpheld, ClaimRejected, ClaimPaid, ClaimClosed,
    ClaimWithdrawn, ClaimRefused,
)  # fmt: skip
_MOVES: dict[type[Event], tuple[tuple[str, ...], str]] = {
    ClaimAgreed: (("OPEN", "CONTESTED"), "AGREED"),
    ClaimContested: (("OPEN", "CONTESTED"), "CONTESTED"),
    ClaimEscalated: (("OPEN", "CONTESTED"), "ESCALATED"),
    ClaimUpheld: (("ESCALATED",), "UPHELD"),
    ClaimRejected: (("ESCALATED",), "REJECTED"),
    ClaimPaid: (("AGREED", "UPHELD"), "PAID"),
    ClaimClosed: (("AGREED", "UPHELD", "PAID", "CLOSED", "WITHDRAWN"), "CLOSED"),
    ClaimWithdrawn: ((*_LIVE, "PAID", "CLOSED"), "WITHDRAWN"),
}


def taken_minor(amount_minor: int, rate: str | None, currency: str) -> int:
    """What an amount takes of a limit, in minor units of the limit's currency: rounded up, as credit does."""
    if rate is None:
        return amount_minor
    value = Fraction(rate) * Fraction(10) ** (CURRENCIES[LIMIT_CURRENCY] - CURRENCIES[currency])
    return -(-amount_minor * value.numerator // value.denominator)


def _hold(text: str) -> Breach:
    return Breach("HOLD_ENDS_ONCE", f"hold {text}")


def _claims(text: str) -> Breach:
    return Breach("CLAIM_IN_ORDER", f"claim: {text}")
