"""What must be there after a schedule, judged by the facts that were told and the events that were published."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from silkway.contracts import (
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    MilestoneRetracted,
    MilestoneTracked,
    OrderDrafted,
    PaymentReceived,
    PaymentReturned,
    ShipmentBooked,
    ShipmentShipped,
)
from silkway.credit.store import SUPPLIER
from silkway.notify.store import ORDER as ORDER_VIEW
from silkway.order.store import ORDER
from tests.simulation.lives import END, PIECES, SHIP_BY
from tests.simulation.model import bookkeeping
from tests.simulation.model.published import Published

if TYPE_CHECKING:
    from tests.simulation.model.world import World

_SHOWN = (
    "life", "funds", "logistics", "assurance", "issue", "total_minor", "received_minor", "escrow_minor",
    "paid_out_minor", "refunded_minor", "refund_due_minor", "payout_due_minor",
)  # fmt: skip

_ENDS = ("hold.released", "hold.posted", "hold.voided", "hold.expired")


def check(world: World) -> list[str]:
    """All that is wrong, in words; nothing where all is well. The journal of one service, drawn, is replayed."""
    published = Published(world.log)
    found = [*published.faults, *bookkeeping.ended(world), *bookkeeping.answered(world)]
    found += [*bookkeeping.heard(world, published), *bookkeeping.timely(world)]
    found += [*_money(published), *_entries(world, published), *_goods(world, published)]
    found += [*_credit(world, published), *_shown(world), *_in_time(world, published)]
    return [*found, *bookkeeping.replayed(world, world.chance.choice(list(world.databases)))]


# --- money ------------------------------------------------------------------------------------------------


def _money(published: Published) -> Iterator[str]:
    """Received = in escrow + paid out + refunded, event by event; each sum is the sum of what it sums up."""
    for (sender, subject), line in published.events.items():
        if sender != "order" or not subject.startswith("order/"):
            continue
        sums = dict.fromkeys(("received_minor", "refunded_minor", "paid_out_minor"), 0)
        for event in line:
            data = event.data
            match event.name:
                case "payment.matched":
                    sums["received_minor"] += data["amount_minor"]
                case "payment.reversed":
                    sums["received_minor"] -= data["amount_minor"]
                case "order.refunded":
                    sums["refunded_minor"] += data["amount_minor"]
                case "payout.made":
                    sums["paid_out_minor"] += data["amount_minor"]
            for name, amount in sums.items():
                if data.get(name, amount) != amount:
                    yield f"{subject}: {event.name} says {name} {data[name]}, its events sum up to {amount}"
            escrow = sums["received_minor"] - sums["refunded_minor"] - sums["paid_out_minor"]
            if data.get("escrow_minor", escrow) != escrow:
                yield f"{subject}: {event.name} says escrow_minor {data['escrow_minor']}, it is {escrow}"


def _entries(world: World, published: Published) -> Iterator[str]:
    """Every entry of the bank is in the books once."""
    told: set[str] = set()
    touched: set[str] = set()
    for step in world.told():
        fact = step.event
        if isinstance(fact, PaymentReceived):
            told.add(f"{fact.account_id}|{fact.bank_reference}|{fact.amount_minor}")
        elif isinstance(fact, PaymentReturned):
            touched.add(f"{fact.account_id}|{fact.bank_reference}|{fact.entry_minor}")
    booked: defaultdict[str, set[str]] = defaultdict(set)
    for event in published.of("payment.matched"):
        if event.subject in booked[event.data["payment_id"]]:
            yield f"payment {event.data['payment_id']} was booked twice on {event.subject}"
        booked[event.data["payment_id"]].add(event.subject)
    unmatched = {event.data["payment_id"] for event in published.of("payment.unmatched")}
    for payment_id in told - booked.keys() - unmatched - touched:
        yield f"payment {payment_id} is lost"
    for payment_id in (booked.keys() | unmatched) - told:
        yield f"payment {payment_id} was never made"
    for payment_id, orders in booked.items():
        if len(orders) > 1:
            yield f"payment {payment_id} was booked on {sorted(orders)}"


# --- goods, credit, views ---------------------------------------------------------------------------------


def _goods(world: World, published: Published) -> Iterator[str]:
    """Whatever the order of arrival: where all goods of an order have come, it says so."""
    loads: defaultdict[str, dict[str, int]] = defaultdict(dict)
    come: defaultdict[str, set[dt.datetime]] = defaultdict(set)
    for step in world.told():
        match step.event:
            case ShipmentBooked(shipment_id=shipment_id, lines=lines):
                loads[f"order/{lines[0].order_id}"][shipment_id] = sum(line.quantity for line in lines)
            case MilestoneTracked(kind="DELIVERED", shipment_id=shipment_id, occurred_at=at):
                come[shipment_id].add(at)
            case _:
                pass
    for step in world.told():
        if isinstance(step.event, MilestoneRetracted):
            come[step.event.shipment_id].discard(step.event.occurred_at)
    for step in world.told():
        if not isinstance(step.event, OrderDrafted):
            continue
        load = loads[step.event.subject]
        if sum(load[shipment] for shipment in load if come[shipment]) < sum(PIECES.values()):
            continue
        line = published.line("order", step.event.subject)
        told = [event for event in line if event.name in ("order.delivered", "order.undelivered")]
        if not told or told[-1].data["state"] != "DELIVERED":
            yield f"{step.event.subject}: delivered, but known as {told[-1].data if told else 'nothing'}"


def _credit(world: World, published: Published) -> Iterator[str]:
    """What holds take of a limit is what was granted and has not ended; no limit is overdrawn."""
    open_minor: defaultdict[str, int] = defaultdict(int)
    for (sender, _), line in published.events.items():
        held: dict[str, int] = {}
        for event in line if sender == "credit" else ():
            if event.name == "hold.granted":
                held[event.data["hold_id"]] = event.data.get("limit_minor", event.data["granted_minor"])
            elif event.name in _ENDS and held.pop(event.data["hold_id"], None) is None:
                yield f"{event.subject}: {event.name} of a hold that there is not"
        for amount in held.values():
            open_minor[line[0].data["supplier_id"]] += amount
    for supplier in world.states("credit", SUPPLIER):
        name = supplier["supplier_id"]
        if supplier["held_minor"] != open_minor[name]:
            yield f"{name}: {supplier['held_minor']} is held, by its events it is {open_minor[name]}"
        if supplier["free_minor"] < 0 or supplier["limit_minor"] + supplier["shortfall_minor"] != (
            supplier["free_minor"] + supplier["held_minor"] + supplier["unrecovered_minor"]
        ):
            yield f"{name}: its limit is not conserved: {supplier}"


def _shown(world: World) -> Iterator[str]:
    """What notify makes of all events is what the order service says."""
    views = {view["order_id"]: view for view in world.states("notify", ORDER_VIEW)}
    for order in world.states("order", ORDER):
        view = views.get(order["order_id"], {})
        for name in _SHOWN:
            if view.get(name) != order[name]:
                yield f"{order['order_id']}: {name} is {order[name]}, shown as {view.get(name)}"


# --- time -------------------------------------------------------------------------------------------------


def _in_time(world: World, published: Published) -> Iterator[str]:
    """No claim on goods that were known to have left, no acceptance against a dispute that was known.

    What left is known once it is known what was to leave, too.
    """
    left: defaultdict[str, list[dt.datetime]] = defaultdict(list)
    raised: dict[str, dt.datetime] = {}
    resolved: dict[str, dt.datetime] = {}
    for step in world.told():
        known_at = published.known[f"fact-{step.number}"]
        match step.event:
            case ShipmentShipped() | ShipmentBooked():
                left[step.event.shipment_id.split("-")[1]].append(known_at)
            case DisputeRaised():
                raised[step.event.subject] = known_at
            case DisputeResolved() | DisputeWithdrawn():
                resolved[step.event.subject] = known_at
            case _:
                pass
    due = SHIP_BY + dt.timedelta(days=1)
    for claim in published.of("claim.opened"):
        known = left[claim.subject.split("-")[1]]
        if claim.data["by"] == "SYSTEM" and len(known) > 1 and max(known) < due:
            withdrawn = [e for e in published.line("credit", claim.subject) if e.name == "claim.withdrawn"]
            if not withdrawn:
                yield f"{claim.subject}: a claim by {due}, though its goods were known to have left"
    for accepted in published.of("order.accepted"):
        subject, at = accepted.subject, accepted.known_at
        if accepted.data["by"] != "PERIOD" or subject not in raised:
            continue
        if raised[subject] < at < resolved.get(subject, END):
            line = published.line("order", subject)
            if not any(e.name == "acceptance.reversed" and e.version > accepted.version for e in line):
                yield f"{subject}: accepted by itself at {at}, in a dispute known at {raised[subject]}"
