"""Whatever the topics' interleaving: facts end the same, a decision that facts contradict is made up for by its
named compensation, and every sum is conserved at every step."""

import datetime as dt
import os
from collections.abc import Iterator
from random import Random
from typing import TypeVar

from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st

from silkway.contracts import (
    AcceptanceReversed,
    AmendmentRequested,
    CancellationRequested,
    ClaimAnswered,
    ClaimOpened,
    ClaimRefused,
    ClaimRequested,
    ClaimWithdrawn,
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderDrafted,
    OrderReinstated,
    ShipmentShipped,
)
from silkway.credit.store import ORDER as COVERED
from silkway.credit.store import SUPPLIER
from silkway.logistics.store import SHIPMENT
from silkway.order.domain import Payment
from silkway.order.store import ORDER
from tests.simulation.lives import END, ORDER_ID, SHIP_BY, SUPPLIER_ID, Life
from tests.simulation.town import Town
from tests.unit.desk import Heard, day

LIVES = int(os.environ.get("SILKWAY_LIVES", "400"))
E = TypeVar("E", bound=Event)


@given(st.integers(0, 2**32), st.integers(0, 2**32))
@settings(max_examples=LIVES, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_however_it_is_read_a_life_comes_to_the_same_facts(life: int, reading: int) -> None:
    facts = Life(Random(life)).write()
    note(f"life {life}, read {reading}")
    one, other = Town(Random(life)), Town(Random(reading))

    one.live(facts, END, _conserved)
    other.live(facts, END, _conserved)

    assert _facts(one) == _facts(other)
    for town in (one, other):
        _made_up_for(town, facts)
        assert not town["logistics"].waiting
        assert not town["notify"].waiting


@given(st.integers(0, 2**32), st.integers(0, 2**32))
@settings(max_examples=LIVES // 4, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_however_it_is_read_a_promise_is_judged_before_what_was_agreed_after_it(
    life: int, reading: int
) -> None:
    facts = _agreed_too_late(Random(life))
    note(f"life {life}, read {reading}")
    one, other = Town(Random(life)), Town(Random(reading))

    one.live(facts, END, _conserved)
    other.live(facts, END, _conserved)

    # The first: whether one opens on the later day, too, depends on the money that was found for the order.
    opened, again = (
        [(claim.claim_id, claim.opened_at, claim.amount_minor) for claim in _by_itself(town)[:1]]
        for town in (one, other)
    )
    assert opened == again
    for town in (one, other):
        assert not opened or not any(isinstance(event, ClaimAnswered) for event in town["credit"].waiting)


def _agreed_too_late(chance: Random) -> list[Heard]:
    """The life of a covered order of which the parties agree to another day about when its day was over, and the
    supplier, about then as well, to the claim. Nobody cancels it."""
    facts = []
    for heard in Life(chance).write():
        match heard.event:
            case OrderDrafted() as drafted:
                promised = {
                    "ship_by": SHIP_BY.date(), "coverage": "AFTER_DELIVERY", "cover_until": None,
                    "place_on": "BOTH_CONFIRMED",
                }  # fmt: skip
                facts.append(heard._replace(event=drafted.model_copy(update=promised)))
            case CancellationRequested() | AmendmentRequested():
                pass
            case _:
                facts.append(heard)
    amended = AmendmentRequested(
        order_id=ORDER_ID, amendment_id="A-2", party="SUPPLIER", reason="the kiln", ship_by=day(16).date(),
        requested_at=day(12),
    )  # fmt: skip
    agreed = ClaimAnswered(order_id=ORDER_ID, claim_id=f"{ORDER_ID}|LATE", agreed=True, answered_at=day(13))
    facts.append(Heard(amended, day(chance.uniform(12, 16))))
    facts.append(Heard(agreed, day(chance.uniform(13, 17))))
    return facts


def _by_itself(town: Town) -> list[ClaimOpened]:
    return [claim for claim in town["credit"].told(ClaimOpened) if claim.by == "SYSTEM"]


def _facts(town: Town) -> tuple[object, ...]:
    """What the world reported, as the services keep it: how far the goods are, and every entry of the bank."""
    order, desk = town["order"].state(ORDER, ORDER_ID), town["logistics"]
    goods = tuple((line.line_id, line.shipped_quantity, line.delivered_quantity) for line in order.lines)
    shipments = tuple(
        (key[1], state.state, state.dispatched_at, state.delivered_at)
        for key, state in sorted(desk.states.items())
        if key[0] == SHIPMENT.rank
    )
    entries = sorted((p.payment_id, p.amount_minor) for p in _payments(town))
    return order.logistics, goods, shipments, entries


def _payments(town: Town) -> Iterator[Payment]:
    return (state for state in town["order"].states.values() if isinstance(state, Payment))


def _conserved(town: Town) -> None:
    order, supplier = town["order"].find(ORDER, ORDER_ID), town["credit"].find(SUPPLIER, SUPPLIER_ID)
    if order is not None:
        assert order.received_minor == order.escrow_minor + order.paid_out_minor + order.refunded_minor
    if supplier is None:
        return
    assert supplier.limit_minor + supplier.shortfall_minor == (
        supplier.free_minor + supplier.held_minor + supplier.unrecovered_minor
    )
    covered = town["credit"].find(COVERED, ORDER_ID)
    if covered is not None:  # nobody gets back more than it has paid
        kept_minor = max(covered.received_minor - covered.refunded_minor, 0)
        assert sum(claim.paid_minor - claim.buyer_minor for claim in covered.claims) <= kept_minor


def _made_up_for(town: Town, facts: list[Heard]) -> None:
    """DOMAIN: each decision with the fact that came late, and its compensation."""
    left = [known_at for event, known_at, *_ in facts if isinstance(event, ShipmentShipped)]
    asked = [known_at for event, known_at, *_ in facts if isinstance(event, CancellationRequested)]
    for cancelled, _ in _said(town, "order", OrderCancelled):
        if cancelled.by != "RESOLUTION" and min(left) < asked[0]:
            assert town["order"].told(OrderReinstated)
    objected = [known_at for event, known_at, *_ in facts if isinstance(event, DisputeRaised)]
    over = DisputeResolved | DisputeWithdrawn
    resolved = [known_at for event, known_at, *_ in facts if isinstance(event, over)]
    for accepted, known_at in _said(town, "order", OrderAccepted):
        if accepted.by == "PERIOD" and objected and objected[0] < known_at < resolved[0]:
            assert town["order"].told(AcceptanceReversed)
    answered = [claim.claim_id for claim, _ in _said(town, "credit", ClaimOpened) if claim.by == "BUYER"]
    answered += [claim.claim_id for claim, _ in _said(town, "credit", ClaimRefused)]
    unheard = [event for event, _ in town["credit"].refused] + town["credit"].waiting
    claimed = {event.claim_id for event, *_ in facts if isinstance(event, ClaimRequested)}
    assert sorted(answered) == sorted(
        claimed - {event.claim_id for event in unheard if isinstance(event, ClaimRequested)}
    )
    due = SHIP_BY + dt.timedelta(days=1)
    if _by_itself(town) and max(left) < due:
        assert town["credit"].told(ClaimWithdrawn)


def _said(town: Town, service: str, event: type[E]) -> Iterator[tuple[E, dt.datetime]]:
    """What a service said of this type, with when its causes were known."""
    return ((said.event, said.known_at) for said in town[service].said if isinstance(said.event, event))
