"""What rows become: facts, their dates and times, what is derived and by which rule."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silkway.cli.fact import Fact
from silkway.cli.scms.notes import Notes
from silkway.cli.scms.plan import DERIVED, SOURCE, Plan, plan, supplier_id
from silkway.contracts import (
    Event,
    MilestoneTracked,
    OrderConfirmed,
    OrderDrafted,
    PaymentReceived,
    PayoutPaid,
    ReceiptConfirmed,
    ShipmentBooked,
    ShipmentShipped,
    SupplierRegistered,
)
from tests.unit.scms.rows import cells, read

E = TypeVar("E", bound=Event)


def planned(*table: dict[str, str], notes: Notes | None = None) -> Plan:
    return plan(read(*table), notes if notes is not None else Notes())


def facts_of(kind: type[E], result: Plan) -> list[tuple[Fact, E]]:
    return [(fact, fact.event) for fact in result.facts if isinstance(fact.event, kind)]


def day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}T12:00:00+00:00")


def test_a_row_becomes_an_order_a_shipment_and_their_money() -> None:
    result = planned(cells(value="1000.05"))

    ((drafted, order),) = facts_of(OrderDrafted, result)
    assert (drafted.time, drafted.source) == (day("2010-01-15"), SOURCE)
    assert (order.order_id, order.buyer_id, order.currency) == ("SCMS-4", "100-CI-T01", "USD")
    assert order.supplier_id == supplier_id("Ann & Sons, Ltd.")
    (line,) = order.lines
    assert (line.line_id, line.quantity, line.value_minor) == ("1", 19, 100_005)
    assert (line.deliver_by, line.destination_country) == (dt.date(2010, 6, 2), "KE")
    assert {event.party for _, event in facts_of(OrderConfirmed, result)} == {"BUYER", "SUPPLIER"}

    ((_, booked),) = facts_of(ShipmentBooked, result)
    assert booked.mode == "AIR"
    assert [(part.order_id, part.line_id, part.quantity) for part in booked.lines] == [("SCMS-4", "1", 19)]
    ((delivered, milestone),) = facts_of(MilestoneTracked, result)
    assert (milestone.kind, milestone.classifier) == ("DELIVERED", "ACTUAL")
    assert milestone.occurred_at == day("2010-06-02")
    assert delivered.known_at.date() == dt.date(2010, 6, 3)

    deposit, balance = (event.amount_minor for _, event in facts_of(PaymentReceived, result))
    assert (deposit, balance) == (30_001, 70_004)  # 30%, rounded down, and the rest
    ((_, payout),) = facts_of(PayoutPaid, result)
    assert payout.amount_minor == 100_005


def test_what_the_file_does_not_hold_is_marked_as_derived() -> None:
    result = planned(cells())
    sources: dict[type[Event], set[str]] = defaultdict(set)
    for fact in result.facts:
        sources[type(fact.event)].add(fact.source)
    read_from_the_file = (SupplierRegistered, OrderDrafted, OrderConfirmed, ShipmentBooked, MilestoneTracked)
    derived = (PaymentReceived, PayoutPaid, ReceiptConfirmed, ShipmentShipped)
    expected: dict[type[Event], set[str]] = {kind: {SOURCE} for kind in read_from_the_file}
    assert sources == expected | {kind: {DERIVED} for kind in derived}


def test_an_order_without_a_date_was_ordered_ninety_days_before_its_first_delivery() -> None:
    notes = Notes()
    result = planned(
        cells(ordered="Date Not Captured", quoted="Pre-PQ Process", scheduled="1-Jul-10"), notes=notes
    )
    ((drafted, _),) = facts_of(OrderDrafted, result)
    assert drafted.time == day("2010-03-04")  # delivered on 2 June, before the promise
    assert drafted.source == DERIVED
    assert notes.count("orders with neither PO nor PQ date") == 1


def test_a_delivery_before_its_order_stays_where_the_file_puts_it() -> None:
    notes = Notes()
    result = planned(cells(ordered="6/20/10", delivered="2-Jun-10", recorded="2-Jun-10"), notes=notes)
    ((drafted, _),) = facts_of(OrderDrafted, result)
    ((delivered, _),) = facts_of(MilestoneTracked, result)
    assert delivered.known_at < drafted.known_at
    assert notes.count("orders delivered before they were ordered") == 1


def test_a_delivery_recorded_too_early_is_known_when_it_happened() -> None:
    result = planned(cells(delivered="24-Dec-13", recorded="23-Dec-13"))
    ((fact, milestone),) = facts_of(MilestoneTracked, result)
    assert fact.known_at.date() == dt.date(2013, 12, 24)
    assert fact.known_at > milestone.occurred_at


def test_each_line_keeps_its_own_promise() -> None:
    notes = Notes()
    result = planned(cells(id="1", scheduled="2-Jun-10"), cells(id="2", scheduled="9-Jun-10"), notes=notes)
    ((_, order),) = facts_of(OrderDrafted, result)
    assert [line.deliver_by for line in order.lines] == [dt.date(2010, 6, 2), dt.date(2010, 6, 9)]
    assert notes.count("orders with several scheduled dates") == 1


def test_an_order_of_value_0_moves_no_money() -> None:
    result = planned(cells(value="0"))
    assert not facts_of(PaymentReceived, result)
    assert not facts_of(PayoutPaid, result)
    assert facts_of(ReceiptConfirmed, result)


def test_an_order_in_several_shipments_is_received_after_the_last() -> None:
    result = planned(
        cells(id="1", asn="ASN-1", delivered="2-Jun-10", recorded="2-Jun-10"),
        cells(id="2", asn="DN-2", delivered="9-Jul-10", recorded="9-Aug-10"),
    )
    assert (result.orders, result.shipments, result.lines) == (1, 2, 2)
    ((_, receipt),) = facts_of(ReceiptConfirmed, result)
    assert receipt.received_at == day("2010-08-10")


def test_a_shipment_may_carry_two_orders() -> None:
    result = planned(cells(id="1", po="SO-1"), cells(id="2", po="SO-2"))
    ((_, booked),) = facts_of(ShipmentBooked, result)
    assert {part.order_id for part in booked.lines} == {"SO-1", "SO-2"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"vendor": "Bob Inc."}, "Vendor"),
        ({"project": "999-XX"}, "Project Code"),
        ({"mode": "Ocean"}, "Shipment Mode"),
        ({"delivered": "5-Jun-10"}, "Delivered to Client Date"),
    ],
)
def test_a_row_that_contradicts_the_first_of_its_order_or_shipment_is_left_out(
    changes: dict[str, str], field: str
) -> None:
    notes = Notes()
    result = planned(cells(id="1"), cells(id="2", **changes), notes=notes)
    assert result.lines == 1
    assert [(left.line, left.field) for left in notes.left_out] == [(3, field)]


def test_more_lines_than_an_order_may_have_are_left_out() -> None:
    notes = Notes()
    result = planned(*(cells(id=str(number), asn=f"ASN-{number % 2}") for number in range(502)), notes=notes)
    assert result.lines == 500
    assert len(notes.left_out) == 2


def test_names_of_vendors_give_different_ids_even_where_they_read_alike() -> None:
    names = ("ACOUNS NIGERIA LTD", "Acouns Nigeria, Ltd", "ACCOUN NIGERIA LIMITED", "€ " * 100)
    assert len({supplier_id(name) for name in names}) == len(names)
    assert all(len(supplier_id(name)) <= 57 for name in names)


dates = st.dates(dt.date(2006, 1, 1), dt.date(2015, 12, 31)).map(lambda date: f"{date:%-d-%b-%y}")
tables = st.lists(
    st.builds(
        cells, po=st.sampled_from(("A", "B", "C")), asn=st.sampled_from(("S", "T")), scheduled=dates,
        delivered=dates, recorded=dates, ordered=st.one_of(dates, st.just("Date Not Captured")),
        value=st.integers(0, 10**9).map(lambda cents: f"{cents // 100}.{cents % 100:02}"),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@given(tables)
def test_whatever_the_rows_their_money_and_their_time_add_up(table: list[dict[str, str]]) -> None:
    rows = [row | {"ID": str(number)} for number, row in enumerate(table)]
    notes = Notes()
    result = plan(read(*rows, notes=notes), notes)

    assert result.lines + len(notes.left_out) == len(rows)
    assert [fact.known_at for fact in result.facts] == sorted(fact.known_at for fact in result.facts)
    assert all(fact.time <= fact.known_at for fact in result.facts)
    assert len({(fact.source, fact.id) for fact in result.facts}) == len(result.facts)
    totals = {order.order_id: order.total_minor for _, order in facts_of(OrderDrafted, result)}
    received: dict[str, int] = defaultdict(int)
    for _, payment in facts_of(PaymentReceived, result):
        received[str(payment.payment_reference).removeprefix("PAY-")] += payment.amount_minor
    paid_out = {payout.order_id: payout.amount_minor for _, payout in facts_of(PayoutPaid, result)}
    owing = {order_id: total for order_id, total in totals.items() if total}
    assert received == owing == paid_out
    assert result.closing_ticks[-1] - result.facts[-1].known_at > dt.timedelta(days=30)
