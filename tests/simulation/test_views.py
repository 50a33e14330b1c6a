"""What notify shows of an order is what the order service says, whatever its life and the topics' interleaving."""

from __future__ import annotations

from random import Random

import pytest

from silkway.cli.demo.proportions import read, usual
from silkway.cli.demo.stories import STORIES
from silkway.cli.demo.trade import Trade
from silkway.notify.domain.incident import Incident
from silkway.notify.domain.state import OrderView, PaymentView
from silkway.order.domain.state import Order
from tests.simulation.stage import Stage

USUAL = read(usual(), STORIES)
SHOWN = (
    "life", "funds", "logistics", "assurance", "issue", "total_minor", "deposit_minor", "received_minor",
    "escrow_minor", "paid_out_minor", "refunded_minor", "refund_due_minor", "payout_due_minor", "delivered_at",
    "accepted_at", "accepted_by", "completed_at", "settled_at", "cancelled_at", "cancelled_by", "funded_at",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("story", USUAL.stories)
def test_an_order_is_shown_as_it_is(story: str, seed: int) -> None:
    # Given orders of one story, and some of the usual kind
    stories = {"plain": 1, story: 4}
    trade = Trade(STORIES[story].orders * 4 + 4, seed, USUAL.model_copy(update={"stories": stories}))
    stage = Stage(Random(seed))
    stage.play(trade.facts(), trade.closing_ticks())
    seen, real = stage["notify"].states.values(), stage["order"].states.values()

    # Then every order is shown with the states, the money and the times that it has
    views = {state.order_id: state for state in seen if isinstance(state, OrderView)}
    orders = {state.order_id: state for state in real if isinstance(state, Order)}
    assert views.keys() == orders.keys()
    for order_id, order in orders.items():
        view = views[order_id]
        shown = {name: getattr(view, name) for name in SHOWN}
        assert shown == {name: getattr(order, name) for name in SHOWN}, order_id
        assert view.received_minor == view.escrow_minor + view.paid_out_minor + view.refunded_minor
    assert not stage["notify"].waiting

    # And each incident has what says that it is in it
    for incident in (state for state in seen if isinstance(state, Incident)):
        this = (incident.incident_id, incident.number)
        orders_in = [v for v in views.values() if this in {(c.incident_id, c.number) for c in v.concerns}]
        payments_in = [s for s in seen if isinstance(s, PaymentView) and (s.incident_id, s.number) == this]
        assert (incident.orders, incident.payments) == (len(orders_in), len(payments_in))
