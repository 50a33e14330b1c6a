"""Whatever happens to an order, in whatever order: what must always hold, holds."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from silkway.contracts import (
    OrderAccepted,
    OrderCompleted,
    OrderFunded,
    OrderPlaced,
    OrderSettled,
    PaymentMatched,
    PayoutDue,
)
from silkway.order.consumer import SERVICE
from silkway.order.domain import Order
from silkway.order.store import ORDER
from tests.unit.desk import Desk, day
from tests.unit.order.trade import (
    CUPS,
    ORDER_ID,
    PLATES,
    confirmed,
    delivered,
    dispatched,
    drafted,
    linked,
    paid,
    paid_out,
    received,
)

LIFE = ("DRAFTED", "PLACED", "COMPLETED", "SETTLED")
FUNDS = ("UNPAID", "PART_PAID", "FUNDED")
LOGISTICS = ("NONE", "BOOKED", "PART_SHIPPED", "SHIPPED", "PART_DELIVERED", "DELIVERED")
Goods = st.dictionaries(st.sampled_from((CUPS, PLATES)), st.integers(1, 12), min_size=1)


class OrderMachine(RuleBasedStateMachine):
    """One order whose parties, banks and carriers do as they please."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(SERVICE)
        self.today = 0
        self.entries = 0
        self.shipments = 0
        self.before: Order | None = None

    @initialize(place_on=st.sampled_from(("BOTH_CONFIRMED", "FIRST_PAYMENT")))
    def draft(self, place_on: str) -> None:
        self.desk.hear(drafted(place_on=place_on), day(0))

    @rule(party=st.sampled_from(("BUYER", "SUPPLIER")))
    def confirm(self, party: str) -> None:
        self.desk.hear(confirmed("BUYER" if party == "BUYER" else "SUPPLIER"), day(self.today))

    @rule(amount=st.sampled_from((1, 30_00, 70_00, 100_00)), again=st.booleans())
    def pay(self, amount: int, again: bool) -> None:
        self.entries += not again
        self.desk.hear(paid(amount, f"E-{self.entries}"), day(self.today))

    @rule(amount=st.sampled_from((1, 40_00, 60_00, 100_00)), again=st.booleans())
    def pay_out(self, amount: int, again: bool) -> None:
        self.entries += not again
        self.desk.hear(paid_out(amount, f"X-{self.entries}"), day(self.today))

    @rule(carried=Goods)
    def book(self, carried: dict[str, int]) -> None:
        self.desk.hear(linked(self.shipment(), carried), day(self.today))

    @rule(carried=Goods)
    def ship(self, carried: dict[str, int]) -> None:
        self.desk.hear(dispatched(self.shipment(), carried), day(self.today))

    @rule(carried=Goods, late=st.booleans())
    def deliver(self, carried: dict[str, int], late: bool) -> None:
        self.desk.hear(delivered(self.shipment(), carried, self.today, late), day(self.today))

    def shipment(self) -> str:
        self.shipments += 1
        return f"SH-{self.shipments}"

    @rule()
    def accept(self) -> None:
        self.desk.hear(received(day(self.today)), day(self.today))

    @rule(days=st.integers(1, 10))
    def time_passes(self, days: int) -> None:
        self.today += days
        self.desk.reach(day(self.today))

    @invariant()
    def money_is_conserved(self) -> None:
        order = self.desk.state(ORDER, ORDER_ID)
        matched = sum(event.amount_minor for event in self.desk.told(PaymentMatched))
        assert order.received_minor == matched
        assert order.received_minor == order.escrow_minor + order.paid_out_minor + order.refunded_minor
        assert order.refund_due_minor == max(order.received_minor - order.total_minor, 0)
        assert order.refund_due_minor <= order.escrow_minor
        assert order.paid_out_minor <= sum(due.amount_minor for due in self.desk.told(PayoutDue))

    @invariant()
    def the_axes_agree(self) -> None:
        order = self.desk.state(ORDER, ORDER_ID)
        assert (order.funds == "FUNDED") == (order.received_minor >= order.total_minor)
        assert (order.life in ("COMPLETED", "SETTLED")) == (
            order.placed_at is not None
            and order.funds == "FUNDED"
            and order.logistics == "DELIVERED"
            and order.accepted_at is not None
        )
        assert (order.life == "SETTLED") == (order.paid_out_minor == order.total_minor)
        assert (order.due_at is not None) == (order.logistics == "DELIVERED" and order.accepted_at is None)

    @invariant()
    def nothing_goes_back(self) -> None:
        order, before = self.desk.state(ORDER, ORDER_ID), self.before
        if before is not None:
            assert LIFE.index(order.life) >= LIFE.index(before.life)
            assert FUNDS.index(order.funds) >= FUNDS.index(before.funds)
            assert LOGISTICS.index(order.logistics) >= LOGISTICS.index(before.logistics)
        self.before = order

    @invariant()
    def decisions_are_told_once(self) -> None:
        order = self.desk.state(ORDER, ORDER_ID)
        assert len(self.desk.told(OrderPlaced)) == (order.placed_at is not None)
        assert len(self.desk.told(OrderFunded)) == (order.funded_at is not None)
        assert len(self.desk.told(OrderAccepted)) == (order.accepted_at is not None)
        assert len(self.desk.told(OrderCompleted)) == (order.completed_at is not None)
        assert len(self.desk.told(OrderSettled)) == (order.settled_at is not None)


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
