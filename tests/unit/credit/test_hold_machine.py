"""Many orders pull at one supplier's limit: the books balance at every step."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from silkway.contracts import HoldGranted, HoldRefused, HoldReleased, LimitReassessed
from silkway.credit.consumer import SERVICE
from silkway.credit.store import LIMIT_RULES, ORDER, SUPPLIER
from tests.unit.credit.trade import asked, completed, delivered, registered
from tests.unit.desk import Desk, day

Amounts = st.integers(1, 3 * LIMIT_RULES.starting_minor)
Lines = st.tuples(st.integers(1, 50), st.integers(0, 50)).map(lambda pair: (pair[0], min(pair)))


class HoldMachine(RuleBasedStateMachine):
    """One supplier, as many orders as there may be, deliveries and completions as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(SERVICE)
        self.today = 0
        self.orders = 0

    @initialize()
    def register(self) -> None:
        self.desk.hear(registered(), day(0))

    @rule(amount=Amounts, currency=st.sampled_from(("USD", "USD", "USD", "EUR")))
    def place(self, amount: int, currency: str) -> None:
        self.orders += 1
        self.desk.hear(asked(f"PO-{self.orders}", amount, currency), day(self.today))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), whole=st.booleans())
    def deliver(self, data: st.DataObject, whole: bool) -> None:
        order = data.draw(st.integers(1, self.orders))
        self.desk.hear(delivered(f"PO-{order}", whole), day(self.today))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), total=Amounts, lines=Lines)
    def complete(self, data: st.DataObject, total: int, lines: tuple[int, int]) -> None:
        order = data.draw(st.integers(1, self.orders))
        self.desk.hear(completed(f"PO-{order}", total, *lines), day(self.today))

    @rule(days=st.integers(1, 200))
    def time_passes(self, days: int) -> None:
        self.today += days
        self.desk.reach(day(self.today))

    @invariant()
    def the_limit_is_conserved(self) -> None:
        supplier = self.desk.state(SUPPLIER, "S1")
        used = supplier.free_minor + supplier.held_minor + supplier.unrecovered_minor
        assert supplier.limit_minor + supplier.shortfall_minor == used
        assert supplier.free_minor == 0 or supplier.shortfall_minor == 0
        assert min(supplier.free_minor, supplier.shortfall_minor, supplier.held_minor) >= 0
        assert 0 <= supplier.limit_minor <= LIMIT_RULES.cap_minor

    @invariant()
    def the_supplier_holds_what_its_orders_hold(self) -> None:
        granted = sum(event.granted_minor for event in self.desk.told(HoldGranted))
        released = sum(event.released_minor for event in self.desk.told(HoldReleased))
        states = [state for (rank, _), state in self.desk.states.items() if rank == ORDER.rank]
        held = sum(state.held_minor for state in states)
        assert self.desk.state(SUPPLIER, "S1").held_minor == held == granted - released

    @invariant()
    def every_request_is_answered_once_and_every_hold_resolved_at_most_once(self) -> None:
        answered = [e.order_id for e in (*self.desk.told(HoldGranted), *self.desk.told(HoldRefused))]
        resolved = [row.hold_id for row in self.desk.rows["hold_resolutions"]]
        assert len(answered) == len(set(answered)) == self.orders == len(self.desk.rows["holds"])
        assert len(resolved) == len(set(resolved)) == len(self.desk.told(HoldReleased))

    @invariant()
    def the_reasons_add_up_to_the_limit(self) -> None:
        told = self.desk.told(LimitReassessed)
        assert all(sum(r.amount_minor for r in event.reasons) == event.limit_minor for event in told)
        assert told[-1].limit_minor == self.desk.state(SUPPLIER, "S1").limit_minor


TestHoldMachine = HoldMachine.TestCase
TestHoldMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

Trade = st.lists(st.tuples(Amounts, Lines, st.integers(0, 3000)), min_size=1, max_size=12)


@given(Trade, st.data())
@settings(max_examples=100, deadline=None)
def test_completed_trade_gives_the_same_limit_in_any_order(
    trade: list[tuple[int, tuple[int, int], int]], data: st.DataObject
) -> None:
    facts = [
        (completed(f"PO-{number}", total, *lines), day(known))
        for number, (total, lines, known) in enumerate(trade)
    ]

    def after(order: list[int]) -> Desk:
        desk = Desk(SERVICE)
        desk.hear(registered(), day(0))
        for index in order:
            desk.hear(*facts[index])
        return desk

    as_known = after(sorted(range(len(facts)), key=lambda index: facts[index][1]))
    as_read = after(data.draw(st.permutations(range(len(facts)))))

    for figure in ("limit_minor", "free_minor", "completed_minor", "completed_lines", "late_lines"):
        assert getattr(as_read.state(SUPPLIER, "S1"), figure) == getattr(
            as_known.state(SUPPLIER, "S1"), figure
        )
