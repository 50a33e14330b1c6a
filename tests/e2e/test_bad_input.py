"""Bad input into the running system, with healthy orders beside it: kept with its reason, in nobody's way."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer

from silkway.contracts import (
    TOPICS,
    Envelope,
    Event,
    MilestoneRecorded,
    OrderDrafted,
    partition_of,
    write,
)
from tests.e2e.trade import START, SUPPLIER, Trade, booking, confirmation, delivered, draft, payment
from tests.integration.engine.test_bad_records import REFUSED, Change, data, header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.e2e.system import System

SENDER: Final = "/somebody"
LIVE: Final = "acme"
"""A tenant of the clock that all live tenants share."""
WAIT: Final = "20s"


def as_it_is(message: Any) -> Any:
    return message


async def put(
    system: System,
    tenant: str,
    event: Event,
    change: Change = as_it_is,
    event_id: str = "1",
    source: str = SENDER,
    **extra: Any,
) -> str:
    """Put an event into the log with something changed, in the partition of its key; its place."""
    message = write(Envelope.of(event, tenant=tenant, source=source, id=event_id, time=START, **extra), event)
    partition = partition_of(message.key or b"", TOPICS[event.topic].partitions)
    changed = change(message)
    # Compressed, as a sender's two megabytes would have to be for the broker to take them.
    async with AIOKafkaProducer(
        bootstrap_servers=system.kafka, compression_type="gzip", max_request_size=1 << 23
    ) as producer:
        sent = await producer.send_and_wait(
            system.prefix + event.topic, changed.value, changed.key, partition, headers=changed.headers
        )
    return f"{sent.topic}/{sent.partition}/{sent.offset}"


async def outcome(
    system: System, tenant: str, event_id: str, source: str = SENDER, wait: str = WAIT
) -> dict[str, Any]:
    """What became of an event, as the order service tells it."""
    async with system.client("order", tenant) as client:
        answer = await client.get("/events", params={"source": source, "id": event_id, "wait": wait})
    found: dict[str, Any] = answer.json()
    return found


def healthy(order_id: str) -> OrderDrafted:
    return OrderDrafted.model_validate_json(json.dumps(draft(order_id)))


# --- from outside, over Kafka --------------------------------------------------------------------------------


async def test_what_is_bad_is_refused_and_the_rest_flows(system: System) -> None:
    # Given live tenants, when every kind of bad record comes, a good one behind each
    await system.tick("live", dt.datetime.now(dt.UTC))
    places = {}
    for number, bad in enumerate(REFUSED):
        places[bad.name] = await put(system, LIVE, bad.event, bad.change, f"bad-{number}")
        await put(system, LIVE, healthy(f"GOOD-{number}"), event_id=f"good-{number}")

    # Then all the good ones are orders, and seen as such
    for number in range(len(REFUSED)):
        assert (await outcome(system, LIVE, f"good-{number}"))["outcome"] == "applied"
        await Trade(system, LIVE).seen(f"GOOD-{number}", life="DRAFTED")

    # And the bad ones are kept whole, each with field, reason and remedy; who can ask hears the same
    rows = await system.rows("order", "SELECT * FROM refused WHERE place = ANY($1)", list(places.values()))
    refused = {row["place"]: row for row in rows}
    for number, bad in enumerate(REFUSED):
        row = refused[places[bad.name]]
        assert (row["field"], bad.reason in row["reason"]) == (bad.field, True), bad.name
        assert row["remedy"], bad.name
        if bad.asked:
            answer = await outcome(system, LIVE, f"bad-{number}")
            assert (answer["outcome"], answer["detail"]["field"]) == ("refused", bad.field), bad.name
            assert answer["place"] == row["place"]
    assert await system.count("order", "parked") == 0


async def test_an_identity_counts_once(system: System) -> None:
    # Given an order that a sender has drafted, with a field that nobody knows
    trade = Trade(system, "sim-identity")
    await trade.tick(0)
    await put(system, trade.tenant, healthy("PO-1"), data(colour="red"))
    assert (await outcome(system, trade.tenant, "1"))["outcome"] == "applied"

    # When the same comes again, under its identity and with another body, and from another sender
    await put(system, trade.tenant, healthy("PO-1"), data(colour="red"))
    other = await put(system, trade.tenant, healthy("PO-1"), data(colour="red", buyer_id="B-2"))
    await put(system, trade.tenant, healthy("PO-2"), source="/somebody/else")
    await trade.tick(1)

    # Then the first counts, the other body is refused, and the other sender's is an event of its own
    answer = await outcome(system, trade.tenant, "1")
    assert answer["outcome"] == "applied"
    assert [(again["place"], again["detail"]["field"]) for again in answer["reused"]] == [(other, "ce_id")]
    assert (await trade.seen("PO-1"))["buyer_id"] == "B-1"
    assert (await outcome(system, trade.tenant, "1", "/somebody/else"))["outcome"] == "applied"
    await trade.seen("PO-2", life="DRAFTED")


async def test_a_milestone_from_the_future_is_questioned_and_moves_nothing(system: System) -> None:
    # Given a booked order
    trade = Trade(system, "sim-future")
    await trade.tick(2)
    await trade.tell("order", "/orders", draft("PO-1"))
    await trade.tell("logistics", "/shipments", booking("SH-1", "PO-1"))

    # When it is said to have been delivered in a month, then that is shown, and doubted
    await trade.tell("logistics", "/shipments/SH-1/milestones", delivered(30))
    order = await trade.seen("PO-1", logistics="BOOKED")
    await trade.tick(2.1)
    order = await trade.whole("PO-1")
    assert (order["logistics"], order["shipments"][0]["questioned"]) == ("BOOKED", 1)


# --- between services ----------------------------------------------------------------------------------------


async def test_what_one_of_ours_cannot_apply_is_parked_until_an_operator_decides(system: System) -> None:
    # Given two orders
    trade = Trade(system, "sim-parked")
    await trade.tick(0)
    await trade.tell("credit", "/suppliers", SUPPLIER)
    for order_id in ("PO-1", "PO-2"):
        await trade.tell("order", "/orders", draft(order_id))
        await trade.seen(order_id, life="DRAFTED")

    # When logistics says something about the first that nobody understands
    song = MilestoneRecorded(
        order_id="PO-1",
        shipment_id="SH-1",
        kind="DEPARTED",
        classifier="ACTUAL",
        occurred_at=START,
        leg=0,
        questioned=False,
        state="IN_TRANSIT",
    )
    unknown = header("ce_type", b"silkway.milestone.sung.v1")
    place = await put(
        system, trade.tenant, song, unknown, source="/silkway/logistics", version=1, knowntime=START
    )

    async def parked() -> Sequence[Any]:
        rows: list[Any] = (await system.cli("parked", "list", "--tenant", trade.tenant, "--json")).json()
        return rows if len(rows) == 3 else []

    # Then all who listen have parked it, whole
    rows = await system.until(parked, "it is parked in three services")
    assert {row["service"] for row in rows} == {"order", "credit", "notify"}
    assert {(row["place"], row["key"], row["attempts"]) for row in rows} == {(place, "sim-parked/PO-1", 1)}
    shown = (await system.cli("parked", "show", "order", place, "--json")).json()
    assert "SH-1" in json.dumps(shown)

    # And what comes for its order waits behind it; the other order goes on
    waiting = await trade.post("order", "/orders/PO-1/confirmations", confirmation("BUYER"))
    await trade.tell("order", "/payments", payment("PO-2", "N-1", 830_000))
    await trade.seen("PO-2", funds="FUNDED")
    assert (await trade.outcome("order", waiting, wait="1s"))["outcome"] == "waiting"

    # When it is tried again, then it is parked again; when it is given up, then what waited is applied
    assert (await system.cli("parked", "redrive", "order", place)).code == 1
    for service in ("order", "credit", "notify"):
        discarded = await system.cli("parked", "discard", service, place, "--reason", "a song")
        assert discarded.code == 0, discarded.stdout + discarded.stderr
    assert (await trade.outcome("order", waiting))["outcome"] == "applied"
    listed = await system.cli("parked", "list", "--tenant", trade.tenant, "--json")
    assert (listed.code, listed.json()) == (0, [])
    await trade.tick(1)
    await trade.tell("order", "/orders/PO-1/confirmations", confirmation("SUPPLIER"))
    await trade.seen("PO-1", life="PLACED", assurance="HELD")


# --- over HTTP -----------------------------------------------------------------------------------------------

BODIES: Final = [
    (b"order=1", 400, "$"),
    (b'{"order_id": "\xff"}', 400, "$"),
    (json.dumps({**draft("PO-1"), "buyer_id": 7}).encode(), 422, "buyer_id"),
    (json.dumps({k: v for k, v in draft("PO-1").items() if k != "currency"}).encode(), 422, "currency"),
    (json.dumps(draft("PO-1", currency="XXQ")).encode(), 422, "currency"),
    (json.dumps(draft("PO-1", drafted_at="2026-01-01T00:00:00")).encode(), 422, "drafted_at"),
    (json.dumps(draft("PO-1", drafted_at="9999-12-31T23:59:59Z")).encode(), 422, "drafted_at"),
    (
        json.dumps(draft("PO-1", terms={"deposit_minor": -1, "balance_due": "AFTER_DELIVERY"})).encode(),
        422,
        "terms.deposit_minor",
    ),
    (
        json.dumps(draft("PO-1", terms={"deposit_minor": 2**63, "balance_due": "AFTER_DELIVERY"})).encode(),
        422,
        "terms.deposit_minor",
    ),
]


async def test_over_http_the_answer_names_field_and_remedy(system: System) -> None:
    async with system.client("order", "sim-http") as client:
        for body, status, field in BODIES:
            answer = await client.post("/orders", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            (error,) = answer.json()["errors"]
            assert (error["field"], bool(error["remedy"])) == (field, True), answer.text
        long = await client.post("/orders", json=draft("PO-1", note="x" * 2_000_000))
        assert long.status_code == 413
        assert (await client.get("/orders/PO-1")).status_code == 404


async def test_a_slow_body_is_given_up_while_others_are_served(system: System) -> None:
    # Given a sender who stops in the middle of a body
    reader, writer = await asyncio.open_connection("127.0.0.1", system.of("order").port)
    writer.write(
        b"POST /orders HTTP/1.1\r\nHost: silkway\r\nSilkway-Tenant: sim-slow\r\n"
        b'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"order_id":'
    )
    await writer.drain()

    # Then others are served meanwhile, and the sender is told so
    trade = Trade(system, "sim-slow")
    await trade.tick(0)
    await trade.tell("order", "/orders", draft("PO-1"))
    answer = await asyncio.wait_for(reader.readline(), 15)
    assert b" 408 " in answer
    writer.close()
