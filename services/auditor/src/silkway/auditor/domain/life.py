"""How an order goes on, by order.events alone: each step after those that it stands on, deadlines after objections."""

from __future__ import annotations

import datetime as dt

from silkway.auditor.domain.state import Book, Breach, Life, Money, name_of
from silkway.contracts import (
    AcceptanceReversed,
    DisputeClosed,
    DisputeOpened,
    Event,
    HoldRequested,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderCompleted,
    OrderDelivered,
    OrderPlaced,
    OrderRecorded,
    OrderReinstated,
    OrderSettled,
    OrderShipped,
    OrderUndelivered,
    PayoutDue,
)


def go_on(book: Book, event: Event, known_at: dt.datetime) -> list[Breach]:
    """Take one step of an order; why it cannot be taken from where the order is."""
    life, money = book.life or Life(), book.money or Money()
    book.life = life
    missing = _missing(life, money, event)
    wrong = [Breach("LIFE_IN_ORDER", f"{name_of(event)}, but {text}") for text in missing]
    if isinstance(event, OrderAccepted) and event.by == "PERIOD":
        wrong += _against_known(life, event)
    _step(life, money, event, known_at)
    _complete_no_more(life, money)
    return wrong


def _missing(life: Life, money: Money, event: Event) -> list[str]:
    """What the step stands on and is not so."""
    needs: list[tuple[bool, str]] = []
    if not isinstance(event, OrderRecorded):
        needs.append((life.recorded, "it was never recorded"))
    match event:
        case OrderRecorded():
            needs += [(not life.recorded, "it was recorded before")]
        case OrderPlaced():
            needs += [(not life.placed, "it was placed before"), (not life.cancelled, "it is cancelled")]
        case HoldRequested():
            needs += [(life.placed, "it is not placed"), (not life.cancelled, "it is cancelled")]
        case OrderAccepted():
            needs += [
                (life.delivered, "it is not delivered"), (not life.accepted, "it was accepted before"),
                (not life.cancelled, "it is cancelled"),
            ]  # fmt: skip
        case AcceptanceReversed():
            needs += [(life.accepted, "it was not accepted")]
        case OrderCompleted():
            needs += [
                (life.placed, "it is not placed"), (life.accepted, "it is not accepted"),
                (money.net >= money.owed, "it is not funded"), (not life.completed, "it was completed before"),
                (not life.cancelled, "it is cancelled"),
            ]  # fmt: skip
        case PayoutDue() | OrderSettled():
            needs += [(life.completed, "it is not completed"), (not life.disputes, "it is disputed")]
            if isinstance(event, OrderSettled):
                needs += [(not life.settled, "it was settled before")]
        case OrderCancelled():
            needs += [(not life.cancelled, "it was cancelled before")]
        case OrderReinstated():
            needs += [(life.cancelled, "it is not cancelled")]
        case DisputeClosed():
            needs += [(event.dispute_id in life.disputes, f"dispute {event.dispute_id} is not open")]
        case _:
            pass
    return [text for holds, text in needs if not holds]


def _against_known(life: Life, event: OrderAccepted) -> list[Breach]:
    """Silence accepts nothing that somebody had objected to, and nothing before its time."""
    wrong = [
        Breach("DEADLINE_KEPT", f"accepted by silence although dispute {name} was raised before the end")
        for name, since in life.disputes.items()
        if since < event.accepted_at
    ]
    if life.delivered_known_at is not None:
        end = life.delivered_known_at + dt.timedelta(days=life.acceptance_days)
        if event.accepted_at < end:
            text = (
                f"accepted by silence at {event.accepted_at.isoformat()}, before the end, {end.isoformat()}"
            )
            wrong.append(Breach("DEADLINE_KEPT", text))
    return wrong


def _step(life: Life, money: Money, event: Event, known_at: dt.datetime) -> None:
    match event:
        case OrderRecorded():
            life.recorded, life.acceptance_days = True, event.acceptance_days
        case OrderPlaced():
            life.placed = True
        case HoldRequested():
            life.holds_asked += 1
        case OrderDelivered():
            _arrived(life, event.state == "DELIVERED", known_at)
        case OrderShipped() | OrderUndelivered():
            life.delivered = False
        case OrderAmended():
            if event.logistics is not None:
                _arrived(life, event.logistics == "DELIVERED", known_at)
        case OrderAccepted():
            life.accepted = True
        case AcceptanceReversed():
            life.accepted = life.completed = life.settled = False
        case OrderCompleted():
            life.completed = True
        case OrderSettled():
            life.settled = True
        case OrderCancelled():
            life.cancelled, life.settled = True, False
        case OrderReinstated():
            life.cancelled = False
        case DisputeOpened():
            life.disputes[event.dispute_id] = min(event.opened_at, known_at)
        case DisputeClosed():
            life.disputes.pop(event.dispute_id, None)
        case _:
            pass


def _arrived(life: Life, delivered: bool, known_at: dt.datetime) -> None:
    if delivered and not life.delivered:
        life.delivered_known_at = known_at
    life.delivered = delivered


def _complete_no_more(life: Life, money: Money) -> None:
    """A completion that was not settled ends in silence when its money or its acceptance goes."""
    if life.completed and not life.settled:
        life.completed = life.accepted and not life.cancelled and money.net >= money.owed
