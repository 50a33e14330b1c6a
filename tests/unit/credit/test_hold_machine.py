"""Many orders pull at one supplier's limit, in three currencies, claimed on and paid back: the books balance."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from silkway.contracts import (
    ClaimPaid,
    HoldExpired,
    HoldGranted,
    HoldPosted,
    HoldRefused,
    HoldReleased,
    HoldRequested,
    HoldVoided,
    LimitReassessed,
    RecoveryDue,
    RecoveryRecorded,
)
from silkway.contracts.fields import Party
from silkway.credit.domain.money import taken_minor, worth
from silkway.credit.domain.state import LIVE
from silkway.credit.store import ORDER, RULES, SUPPLIER
from tests.unit.credit.trade import (
    Credit,
    answered,
    asked,
    cancelled,
    claimed,
    completed,
    decided,
    delivered,
    dispatched,
    dispute_closed,
    paid,
    rated,
    recorded,
    refunded,
    registered,
    repaid,
    tracked,
    undelivered,
)
from tests.unit.desk import day

LIMIT = RULES.limits[-1]
Amounts = st.integers(1, 3 * LIMIT.starting_minor)
Lines = st.tuples(st.integers(1, 50), st.integers(0, 50)).map(lambda pair: (pair[0], min(pair)))
PARTIES: tuple[Party, ...] = ("BUYER", "SUPPLIER")
Rates = st.sampled_from(("0.0067", "0.9", "1.0842", "3", "12.345678"))


class HoldMachine(RuleBasedStateMachine):
    """One supplier, as many orders as there may be; everything that can happen to their cover, as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Credit()
        self.today = 0.0
        self.orders = 0
        self.requests = 0
        self.serial = 0

    @initialize()
    def register(self) -> None:
        self.desk.hear(registered(), day(0))
        self.desk.hear(rated("EUR", "1.0842"), day(0))

    @property
    def now(self) -> dt.datetime:
        return day(self.today)

    def some(self, data: st.DataObject) -> str:
        return f"PO-{data.draw(st.integers(1, self.orders), label='order')}"

    # --- what happens ------------------------------------------------------------------------------------

    @contextmanager
    def within_the_limit(self) -> Iterator[None]:
        """Whatever is decided now takes no more than is free."""
        before = self.desk.state(SUPPLIER, "S1").shortfall_minor
        yield
        assert self.desk.state(SUPPLIER, "S1").shortfall_minor <= before

    @rule(currency=st.sampled_from(("EUR", "JPY")), rate=Rates)
    def publish(self, currency: str, rate: str) -> None:
        with self.within_the_limit():
            self.desk.hear(rated(currency, rate), self.now)

    @rule(
        amount=Amounts, currency=st.sampled_from(("USD", "USD", "EUR", "JPY", "CHF")), ship=st.integers(0, 30),
        cover=st.integers(2, 90),
    )  # fmt: skip
    def place(self, amount: int, currency: str, ship: int, cover: int) -> None:
        self.orders += 1
        self.requests += 1
        order_id, today = f"PO-{self.orders}", self.now.date()
        self.desk.hear(
            recorded(
                order_id, total_minor=amount, currency=currency, ship_by=today + dt.timedelta(days=ship),
                cover_until=today + dt.timedelta(days=cover),
            ),
            self.now,
        )  # fmt: skip
        with self.within_the_limit():
            self.desk.hear(asked(order_id, amount, currency), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), amount=Amounts)
    def pay(self, data: st.DataObject, amount: int) -> None:
        self.desk.hear(paid(amount, self.some(data)), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), part=st.integers(1, 100))
    def refund(self, data: st.DataObject, part: int) -> None:
        order = self.desk.order(self.some(data))
        back = max(order.received_minor * part // 100, order.refunded_minor)
        if back:
            self.desk.hear(refunded(back, order.order_id), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), early=st.floats(0, 40))
    def ship(self, data: st.DataObject, early: float) -> None:
        order_id, at = self.some(data), day(max(self.today - early, 0))
        for event in (dispatched(at), tracked(at)):
            self.desk.hear(event.model_copy(update={"order_id": order_id}), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), whole=st.booleans())
    def deliver(self, data: st.DataObject, whole: bool) -> None:
        self.desk.hear(delivered(self.some(data), whole), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def take_delivery_back(self, data: st.DataObject) -> None:
        self.desk.hear(undelivered(self.some(data)), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), total=Amounts, lines=Lines)
    def complete(self, data: st.DataObject, total: int, lines: tuple[int, int]) -> None:
        self.desk.hear(completed(self.some(data), total, *lines), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def lose_a_dispute(self, data: st.DataObject) -> None:
        self.desk.hear(dispute_closed("FOR_BUYER", self.some(data)), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), again=st.booleans())
    def cancel(self, data: st.DataObject, again: bool) -> None:
        order_id = self.some(data)
        self.desk.hear(cancelled(order_id), self.now)
        if again:
            order = self.desk.order(order_id)
            self.requests += 1
            request = asked(order_id, order.requested_minor, order.currency)
            self.desk.hear(request.model_copy(update={"request": order.request + 1}), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), amount=Amounts, kind=st.sampled_from(("QUALITY", "NOT_RECEIVED")))
    def claim(self, data: st.DataObject, amount: int, kind: str) -> None:
        self.serial += 1
        order = self.desk.order(self.some(data))
        wanted = claimed(
            min(amount, order.total_minor), f"C{self.serial}", kind=kind, currency=order.currency
        )
        self.desk.hear(wanted.model_copy(update={"order_id": order.order_id}), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), yes=st.booleans(), part=st.integers(1, 100))
    def answer_or_decide(self, data: st.DataObject, yes: bool, part: int) -> None:
        order = self.desk.order(self.some(data))
        for claim in order.claims:
            if claim.state in LIVE and claim.pay_from is None:
                amount = max(claim.amount_minor * part // 100, 1) if yes else None
                words = decided if claim.state in ("ESCALATED", "INSPECTION") else answered
                event = words(yes, claim.claim_id, amount).model_copy(update={"order_id": order.order_id})
                self.desk.hear(event, self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), part=st.integers(1, 100), by=st.sampled_from(("BUYER", "SUPPLIER")))
    def recover(self, data: st.DataObject, part: int, by: Party) -> None:
        order = self.desk.order(self.some(data))
        for claim in order.claims:
            if claim.open_from(by):
                self.serial += 1
                amount = max(claim.open_from(by) * part // 100, 1)
                event = repaid(amount, f"R{self.serial}", claim.claim_id, by)
                update = {"order_id": order.order_id, "currency": order.currency}
                self.desk.hear(event.model_copy(update=update), self.now)

    @rule(days=st.floats(0.1, 60))
    def time_passes(self, days: float) -> None:
        self.today += days
        self.desk.reach(self.now)

    # --- what always holds -------------------------------------------------------------------------------

    @invariant()
    def the_limit_is_conserved(self) -> None:
        supplier = self.desk.state(SUPPLIER, "S1")
        used = supplier.free_minor + supplier.held_minor + supplier.unrecovered_minor
        assert supplier.limit_minor + supplier.shortfall_minor == used
        assert supplier.free_minor == 0 or supplier.shortfall_minor == 0
        assert min(supplier.free_minor, supplier.shortfall_minor, supplier.held_minor) >= 0
        assert supplier.unrecovered_minor >= 0
        assert 0 <= supplier.limit_minor <= LIMIT.cap_minor
        assert 0 <= supplier.claims_lost <= supplier.claims

    @invariant()
    def the_supplier_holds_and_owes_what_its_orders_do(self) -> None:
        supplier = self.desk.state(SUPPLIER, "S1")
        orders = [state for (rank, _), state in self.desk.states.items() if rank == ORDER.rank]
        assert supplier.held_minor == sum(order.reserved_minor for order in orders)
        claims = [claim for order in orders for claim in order.claims]
        assert supplier.unrecovered_minor == sum(claim.unrecovered_minor for claim in claims)
        for order in orders:
            assert (order.held_minor > 0) == order.holds == (order.reserved_minor > 0)
            value = worth(order.rate, order.currency, RULES.currency)
            assert order.reserved_minor == taken_minor(order.held_minor, value)

    @invariant()
    def every_request_is_answered_once_and_every_hold_resolved_at_most_once(self) -> None:
        pending = sum(s.state == "ASKED" for (rank, _), s in self.desk.states.items() if rank == ORDER.rank)
        pending += sum(isinstance(event, HoldRequested) for event in self.desk.waiting)
        granted, refused = self.desk.told(HoldGranted), self.desk.told(HoldRefused)
        answers = [(e.order_id, e.request) for e in granted] + [(e.order_id, e.request) for e in refused]
        assert len(answers) == len(set(answers)) == len(self.desk.rows["holds"])
        assert len(answers) + pending >= self.requests  # more where cover was taken anew after an expiry
        resolved = [event.hold_id for event in self.desk.told(HoldReleased)]
        resolved += [event.hold_id for event in self.desk.told(HoldVoided)]
        resolved += [event.hold_id for event in self.desk.told(HoldExpired)]
        resolved += [event.hold_id for event in self.desk.told(HoldPosted)]
        assert len(resolved) == len(set(resolved)) == len(self.desk.rows["hold_resolutions"])
        assert set(resolved) <= {event.hold_id for event in granted}

    @invariant()
    def claims_pay_no_more_than_was_paid_and_held(self) -> None:
        granted = {event.hold_id: event.granted_minor for event in self.desk.told(HoldGranted)}
        for event in self.desk.told(HoldPosted):
            assert event.paid_minor + event.freed_minor == granted[event.hold_id]
        for (rank, _), order in self.desk.states.items():
            if rank == ORDER.rank:
                kinds = [claim.kind for claim in order.claims if claim.state in LIVE]
                assert len(kinds) == len(set(kinds))
                for claim in order.claims:
                    assert claim.paid_minor == claim.recovered_minor + claim.open_minor <= claim.amount_minor
        assert len(self.desk.told(ClaimPaid)) == len(self.desk.told(HoldPosted))
        due = sum(event.amount_minor for event in self.desk.told(RecoveryDue))
        assert sum(event.amount_minor for event in self.desk.told(RecoveryRecorded)) <= due

    @invariant()
    def the_buyer_owes_what_it_got_twice_and_each_part_is_accounted_for(self) -> None:
        got, back = self.came_back(), self.went_back()
        for (rank, _), order in self.desk.states.items():
            if rank != ORDER.rank:
                continue
            just = [claim for claim in order.claims if not claim.groundless]
            kept = max(order.received_minor - order.refunded_minor, 0)
            twice = max(sum(claim.paid_minor for claim in just) - kept, 0)
            assert sum(claim.buyer_minor for claim in just) == twice
            assert sum(claim.paid_minor - claim.buyer_minor for claim in order.claims) <= kept
            for claim in order.claims:
                parts = {"BUYER": claim.buyer_minor, "SUPPLIER": claim.paid_minor - claim.buyer_minor}
                for party in PARTIES:
                    came = got[claim.claim_id, party] - back[claim.claim_id, party]
                    assert 0 <= came == parts[party] - claim.open_from(party)

    def came_back(self) -> Counter[tuple[str, str]]:
        """What was recorded, by claim and who paid."""
        came = Counter[tuple[str, str]]()
        for event in self.desk.told(RecoveryRecorded):
            came[event.claim_id, event.received_from or ""] += event.amount_minor
        return came

    def went_back(self) -> Counter[tuple[str, str]]:
        """What those who had paid are to get back, by claim and party."""
        went = Counter[tuple[str, str]]()
        for event in self.desk.told(RecoveryDue):
            went[event.claim_id, "SUPPLIER" if event.due_from == "BUYER" else "BUYER"] += event.back_minor
        return went

    @invariant()
    def the_reasons_add_up_to_the_limit(self) -> None:
        told = self.desk.told(LimitReassessed)
        assert all(sum(r.amount_minor for r in event.reasons) == event.limit_minor for event in told)
        assert told[-1].limit_minor == self.desk.state(SUPPLIER, "S1").limit_minor

    @invariant()
    def what_was_told_of_a_shortfall_is_about_what_it_is(self) -> None:
        told, now = self.desk.told(LimitReassessed)[-1].shortfall_minor, self.supplier_shortfall
        assert told == now or max(told, now) < 2 * min(told, now)

    @property
    def supplier_shortfall(self) -> int:
        return self.desk.state(SUPPLIER, "S1").shortfall_minor


TestHoldMachine = HoldMachine.TestCase
TestHoldMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

Trade = st.lists(st.tuples(Amounts, Lines, st.integers(0, 3000)), min_size=1, max_size=12)


@given(Trade, st.data())
@settings(max_examples=100, deadline=None)
def test_completed_trade_gives_the_same_limit_and_score_in_any_order(
    trade: list[tuple[int, tuple[int, int], int]], data: st.DataObject
) -> None:
    facts = [
        (completed(f"PO-{number}", total, *lines), day(known))
        for number, (total, lines, known) in enumerate(trade)
    ]

    def after(order: list[int]) -> Credit:
        desk = Credit()
        desk.hear(registered(), day(0))
        for index in order:
            desk.hear(*facts[index])
        return desk

    as_known = after(sorted(range(len(facts)), key=lambda index: facts[index][1]))
    as_read = after(data.draw(st.permutations(range(len(facts)))))

    for figure in ("limit_minor", "free_minor", "completed_minor", "completed_lines", "late_lines", "score"):
        assert getattr(as_read.supplier(), figure) == getattr(as_known.supplier(), figure)
