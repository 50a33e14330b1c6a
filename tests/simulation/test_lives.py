"""Whatever the topics' interleaving, an order's life ends with the same facts and with every sum conserved."""

import os
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.credit.store import SUPPLIER
from silkway.order.store import ORDER
from tests.simulation.lives import END, ORDER_ID, SUPPLIER_ID, Life
from tests.simulation.town import Town

LIVES = int(os.environ.get("SILKWAY_LIVES", "300"))


@given(st.randoms(use_true_random=False), st.randoms(use_true_random=False))
@settings(max_examples=LIVES, deadline=None)
def test_two_towns_that_read_otherwise_come_to_the_same(life: Random, chance: Random) -> None:
    facts = Life(life).write()
    one, other = Town(Random(0)), Town(chance)

    one.live(facts, END)
    other.live(facts, END)

    assert _ended(one) == _ended(other)
    for town in (one, other):
        order, supplier = town["order"].state(ORDER, ORDER_ID), town["credit"].state(SUPPLIER, SUPPLIER_ID)
        assert order.received_minor == order.escrow_minor + order.paid_out_minor + order.refunded_minor
        assert supplier.limit_minor + supplier.shortfall_minor == (
            supplier.free_minor + supplier.held_minor + supplier.unrecovered_minor
        )
        assert not town["order"].waiting


def _ended(town: Town) -> tuple[object, ...]:
    order = town["order"].state(ORDER, ORDER_ID)
    return (
        order.life, order.funds, order.logistics, order.assurance, order.received_minor, order.escrow_minor,
        order.paid_out_minor, order.refund_due_minor,
    )  # fmt: skip
