"""One order over HTTP, from its draft to the last word about its money, seen whole at every station."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tests.e2e.trade import SUPPLIER, Trade, booking, confirmation, delivered, draft, payment, payout, text

if TYPE_CHECKING:
    import httpx

    from tests.e2e.system import System


async def next_notice(lines: Any, order_id: str) -> dict[str, Any]:
    """The next notice of this order in a stream of server-sent events."""
    event = ""
    async for line in lines:
        if line.startswith("event:"):
            event = line.removeprefix("event:").strip()
        elif line.startswith("data:") and event == "notice":
            notice: dict[str, Any] = json.loads(line.removeprefix("data:"))
            if notice["order_id"] == order_id:
                return notice
    raise AssertionError("the feed ended")


async def test_an_order_lives_through_all_services(system: System) -> None:
    # Given a registered supplier, and somebody who listens
    trade = Trade(system, "sim-life")
    await trade.tick(0.2)
    await trade.tell("credit", "/suppliers", SUPPLIER)
    async with system.client("notify", trade.tenant) as listener, listener.stream("GET", "/feed") as feed:
        assert feed.status_code == 200
        hearing = asyncio.create_task(next_notice(feed.aiter_lines(), "PO-1"))

        # When it is drafted and confirmed by both, then it is placed, and credit holds what is asked for
        await trade.tell("order", "/orders", draft("PO-1"))
        await trade.seen("PO-1", life="DRAFTED", funds="UNPAID", total_minor=830_000)
        for party in ("BUYER", "SUPPLIER"):
            await trade.tell("order", "/orders/PO-1/confirmations", confirmation(party))
        await trade.seen("PO-1", life="PLACED", assurance="HELD", hold_granted_minor=830_000)

        # When deposit and balance come in, then it is funded
        await trade.tick(1)
        await trade.tell("order", "/payments", payment("PO-1", "N-1", 249_000))
        await trade.seen("PO-1", funds="PART_PAID", received_minor=249_000, open_minor=581_000)
        await trade.tell("order", "/payments", payment("PO-1", "N-2", 581_000))
        await trade.seen("PO-1", funds="FUNDED", escrow_minor=830_000)

        # When it is booked, shipped and delivered a day after its promise, then it is delivered, late
        await trade.tick(2)
        await trade.tell("logistics", "/shipments", booking("SH-1", "PO-1"))
        await trade.seen("PO-1", logistics="BOOKED", shipment_count=1)
        await trade.tick(3)
        await trade.tell("logistics", "/shipments/SH-1/dispatch", {"shipped_at": text(3)})
        await trade.seen("PO-1", logistics="SHIPPED")
        await trade.tick(31.5)
        await trade.tell("logistics", "/shipments/SH-1/milestones", delivered(31))
        order = await trade.seen("PO-1", logistics="DELIVERED", lines_late=2)
        assert [line["late"] for line in order["lines"]] == [True, True]

        # Then the listener hears of it
        heard = await asyncio.wait_for(hearing, 20)
        assert heard["notice_id"] in {notice["notice_id"] for notice in order["notices"]}

    # When the buyer accepts and the supplier is paid, then it is settled and nothing is left in escrow
    await trade.tick(33)
    await trade.tell("order", "/orders/PO-1/receipt", {"received_at": text(32)})
    await trade.seen("PO-1", life="COMPLETED", accepted_by="RECEIPT", payout_due_minor=830_000)
    await trade.tell("order", "/payouts", payout("PO-1", 33))
    await trade.seen("PO-1", life="SETTLED", escrow_minor=0, paid_out_minor=830_000)

    # When the claim window ends, then the hold is released
    await trade.tick(31.5 + 31)
    order = await trade.seen("PO-1", assurance="RELEASED", hold_released_minor=830_000)

    # Then the timeline tells it all, in the order in which it happened
    told = [entry["type"].split(".")[1:3] for entry in order["timeline"]]
    assert [".".join(words) for words in told if words != ["limit", "reassessed"]] == [
        "order.recorded",
        "order.placed",
        "hold.requested",
        "hold.granted",
        "payment.matched",
        "payment.matched",
        "order.funded",
        "shipment.linked",
        "order.shipped",
        "milestone.recorded",
        "shipment.dispatched",
        "order.shipped",
        "milestone.recorded",
        "shipment.delivered",
        "order.delivered",
        "order.accepted",
        "order.completed",
        "payout.due",
        "payout.made",
        "order.settled",
        "hold.released",
    ]
    happened = [entry["happened_at"] for entry in order["timeline"]]
    assert happened == sorted(happened)


async def test_silence_accepts_a_delivery(system: System) -> None:
    # Given a paid order that is delivered
    trade = Trade(system, "sim-silence")
    await trade.tick(0)
    await trade.tell("credit", "/suppliers", SUPPLIER)
    await trade.tell("order", "/orders", draft("PO-1"))
    for party in ("BUYER", "SUPPLIER"):
        await trade.tell("order", "/orders/PO-1/confirmations", confirmation(party))
    await trade.tell("order", "/payments", payment("PO-1", "N-1", 830_000))
    await trade.tell("logistics", "/shipments", booking("SH-1", "PO-1"))
    await trade.tick(20)
    await trade.tell("logistics", "/shipments/SH-1/milestones", delivered(19))
    await trade.seen("PO-1", life="PLACED", funds="FUNDED", logistics="DELIVERED", lines_late=0)

    # When the period has not quite ended, then it is not accepted; when it has, it is, by itself
    await trade.tick(26.9)
    order = await trade.whole("PO-1")
    assert (order["life"], order["accepted_by"]) == ("PLACED", None)
    await trade.tick(27.1)
    await trade.tick(27.2)  # what a tick causes has gone round before the next
    order = await trade.seen("PO-1", life="COMPLETED")
    assert (order["accepted_by"], order["payout_due_minor"]) == ("PERIOD", 830_000)


async def test_repeats_change_nothing(system: System) -> None:
    # Given an order and a payment
    trade = Trade(system, "sim-repeat")
    await trade.tick(0)
    first = await trade.post("order", "/orders", draft("PO-1"), key="draft-1")
    paid = await trade.post("order", "/payments", payment("PO-1", "N-1", 249_000), key="pay-1")
    await trade.seen("PO-1", received_minor=249_000)

    # When both are sent again with their keys, then they are the same events, and nothing has changed
    again = await trade.post("order", "/orders", draft("PO-1"), key="draft-1")
    paid_again = await trade.post("order", "/payments", payment("PO-1", "N-1", 249_000), key="pay-1")
    assert (again.status_code, again.json()["place"]) == (202, first.json()["place"])
    assert (paid_again.status_code, paid_again.json()["place"]) == (202, paid.json()["place"])

    # When a key comes with another body, then it is refused
    other: httpx.Response = await trade.post("order", "/payments", payment("PO-1", "N-1", 1), key="pay-1")
    assert other.status_code == 409, other.text
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"

    # When the bank reports the same entry once more, as an event of its own, then it counts once
    await trade.tell("order", "/payments", payment("PO-1", "N-1", 249_000))
    await trade.tick(1)
    await trade.seen("PO-1", received_minor=249_000, open_minor=581_000)


async def test_early_facts_wait_for_their_order(system: System) -> None:
    # Given a supplier, and facts about an order that nobody has heard of
    trade = Trade(system, "sim-early")
    await trade.tick(0)
    await trade.tell("credit", "/suppliers", SUPPLIER)
    confirmed = [
        await trade.post("order", "/orders/PO-1/confirmations", confirmation(party))
        for party in ("BUYER", "SUPPLIER")
    ]
    milestone = await trade.post("logistics", "/shipments/SH-1/milestones", delivered(-0.5))
    receipt = await trade.post("order", "/orders/PO-1/receipt", {"received_at": text(0)})
    paid = await trade.post("order", "/payments", payment("PO-1", "N-1", 830_000))
    await trade.tick(0.1)

    # Then they wait, and say for what; the money waits where people see it
    for accepted in (*confirmed, receipt):
        outcome = await trade.outcome("order", accepted, wait="0s")
        assert (outcome["outcome"], outcome["detail"]) == ("waiting", {"for": "order.drafted"})
    assert (await trade.outcome("order", paid, wait="0s"))["outcome"] == "applied"
    assert (await trade.outcome("logistics", milestone, wait="0s"))["outcome"] == "waiting"

    # When the shipment is booked and the order drafted, then everything takes its place
    await trade.tell("logistics", "/shipments", booking("SH-1", "PO-1"))
    await trade.tell("order", "/orders", draft("PO-1"))
    await trade.tick(0.2)
    await trade.tick(0.3)
    await trade.seen("PO-1", life="COMPLETED", funds="FUNDED", logistics="DELIVERED", accepted_by="RECEIPT")
    for accepted in (*confirmed, receipt, paid):
        assert (await trade.outcome("order", accepted))["outcome"] == "applied"
    assert (await trade.outcome("logistics", milestone))["outcome"] == "applied"
