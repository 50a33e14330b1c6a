"""The real file, where it is present: what is published agrees with code that reads the file directly."""

from __future__ import annotations

from collections import Counter

import pytest

from silkway.cli.scms.notes import Notes
from silkway.cli.scms.plan import Plan, plan
from silkway.cli.scms.reader import read
from silkway.contracts import MilestoneTracked, OrderDrafted, ShipmentBooked, SupplierRegistered
from tests.unit.scms.independent import FILE, figures

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the SCMS history is not here")


@pytest.fixture(scope="module")
def notes() -> Notes:
    return Notes()


@pytest.fixture(scope="module")
def planned(notes: Notes) -> Plan:
    return plan(read(FILE, notes), notes)


def test_the_facts_hold_every_line_order_shipment_and_cent(planned: Plan) -> None:
    truth = figures()
    assert truth["cents"] == 162_758_445_729
    drafts = [fact.event for fact in planned.facts if isinstance(fact.event, OrderDrafted)]
    booked = [fact.event for fact in planned.facts if isinstance(fact.event, ShipmentBooked)]
    assert (planned.lines, planned.orders, planned.shipments) == (10_324, 6_233, 7_030)
    assert sum(len(draft.lines) for draft in drafts) == truth["lines"]
    assert sum(draft.total_minor for draft in drafts) == truth["cents"]
    assert sum(draft.total_minor == 0 for draft in drafts) == truth["orders_of_value_0"]
    shipments_of = Counter(order for event in booked for order in {part.order_id for part in event.lines})
    assert sum(count > 1 for count in shipments_of.values()) == truth["orders_with_several_shipments"] == 389
    assert max(len({part.order_id for part in event.lines}) for event in booked) == 1


def test_the_facts_give_the_punctuality_of_the_file(planned: Plan) -> None:
    events = [fact.event for fact in planned.facts]
    names = {event.supplier_id: event.name for event in events if isinstance(event, SupplierRegistered)}
    delivered = {
        event.shipment_id: event.occurred_at.date() for event in events if isinstance(event, MilestoneTracked)
    }
    arrived = {
        part.line_id: (delivered[event.shipment_id], event.mode)
        for event in events
        if isinstance(event, ShipmentBooked)
        for part in event.lines
    }
    counts: dict[str, Counter[tuple[str, bool]]] = {
        "supplier": Counter(), "country": Counter(), "mode": Counter()
    }  # fmt: skip
    for order in (event for event in events if isinstance(event, OrderDrafted)):
        for line in order.lines:
            on, mode = arrived[line.line_id]
            assert line.deliver_by is not None
            assert line.destination_country is not None
            late = on > line.deliver_by
            counts["supplier"][names[order.supplier_id], late] += 1
            counts["country"][line.destination_country, late] += 1
            counts["mode"][mode, late] += 1
    truth = figures()
    for what, found in counts.items():
        assert {
            name: (found[name, True] + found[name, False], found[name, True]) for name, _ in found
        } == truth[what]


def test_everything_odd_is_counted_and_nothing_is_left_out(planned: Plan, notes: Notes) -> None:
    assert planned.lines == 10_324
    assert not notes.left_out
    assert notes.count("orders with neither PO nor PQ date") == 1_187
    assert notes.count("orders with several scheduled dates") == 37
    assert notes.count("recorded before delivered") == 3
    assert notes.count("orders of value 0") == 10
