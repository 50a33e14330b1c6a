"""Bad input on Kafka: refused or parked with the reason, never lost, and never in the way of others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from silkway.contracts import (
    TOPICS,
    Envelope,
    Event,
    KafkaMessage,
    OrderDrafted,
    ShipmentShipped,
    partition_of,
    write,
)
from tests.integration.engine.facts import START, TENANT, confirmed, day, drafted, milestone, paid
from tests.integration.engine.world import World

Change = Callable[[KafkaMessage], KafkaMessage]


def header(name: str, value: bytes | None) -> Change:
    """With this header, or without it."""

    def change(message: KafkaMessage) -> KafkaMessage:
        others = [(n, v) for n, v in message.headers if n != name]
        return message._replace(headers=others if value is None else [*others, (name, value)])

    return change


def value(data: bytes | None) -> Change:
    return lambda message: message._replace(value=data)


def data(**fields: Any) -> Change:
    """With these fields of the data; `...` leaves one out."""

    def change(message: KafkaMessage) -> KafkaMessage:
        changed = {**json.loads(message.value or b""), **fields}
        return value(json.dumps({k: v for k, v in changed.items() if v is not ...}).encode())(message)

    return change


def key(text: bytes | None) -> Change:
    return lambda message: message._replace(key=text)


class Bad(NamedTuple):
    name: str
    event: Event
    change: Change
    field: str
    reason: str
    asked: bool = True
    """Whether its identity can be read, so that its outcome can be asked for."""


ORDER, MONEY = drafted("BAD"), paid(5, "A-BAD")
REFUSED = [
    Bad("not JSON", ORDER, value(b"order=1"), "$", "expected value"),
    Bad("no data", ORDER, value(None), "$", "no data"),
    Bad("not UTF-8", ORDER, value(b'{"order_id": "\xff"}'), "$", "not UTF-8"),
    Bad("header not UTF-8", ORDER, header("ce_subject", b"order/\xff"), "ce_subject", "UTF-8", False),
    Bad("no tenant", ORDER, header("ce_tenant", None), "ce_tenant", "missing", False),
    Bad("tenant of capitals", ORDER, header("ce_tenant", b"ACME"), "ce_tenant", "no tenant", False),
    Bad("no CloudEvent", ORDER, header("ce_specversion", None), "ce_specversion", "missing", False),
    Bad("missing field", ORDER, data(buyer_id=...), "buyer_id", "missing"),
    Bad("wrong field", ORDER, data(supplier_id=7), "supplier_id", "it should be"),
    Bad("null character", ORDER, data(payment_reference="a\0b"), "payment_reference", "it should be"),
    Bad("unknown type", ORDER, header("ce_type", b"silkway.order.sung.v1"), "ce_type", "no event"),
    Bad("unknown version", ORDER, header("ce_type", b"silkway.order.drafted.v9"), "ce_type", "version"),
    Bad("another topic's", ORDER, header("ce_type", b"silkway.shipment.booked.v1"), "shipment_id", ""),
    Bad("beyond 2^63", MONEY, data(amount_minor=2**63), "amount_minor", "less than or equal"),
    Bad("far beyond", MONEY, data(amount_minor=10**40), "amount_minor", ""),
    Bad("negative", MONEY, data(amount_minor=-1), "amount_minor", "greater than or equal"),
    Bad("fraction", MONEY, data(amount_minor=1.5), "amount_minor", "integer"),
    Bad("unknown currency", MONEY, data(currency="XXQ"), "currency", "ISO 4217"),
    Bad("no offset", MONEY, data(received_at="2026-01-01T00:00:00"), "received_at", "offset"),
    Bad("year 9999", MONEY, data(received_at="9999-12-31T23:59:59Z"), "received_at", "less than"),
    Bad(
        "header without offset", MONEY, header("ce_time", b"2026-01-01T00:00:00"), "ce_time", "offset", False
    ),
    Bad("header of year 9999", MONEY, header("ce_time", b"9999-12-31T23:59:59Z"), "ce_time", "1970", False),
    Bad("two megabytes", ORDER, data(note="x" * 2_000_000), "$", "bytes"),
    Bad("another's key", ORDER, key(b"acme/O1"), "key", "acme/BAD"),
    Bad("another tenant's key", ORDER, key(b"evil/BAD"), "key", "acme/BAD"),
    Bad("no key", ORDER, key(None), "key", "null"),
    Bad("another's subject", ORDER, header("ce_subject", b"order/O1"), "ce_subject", "BAD"),
]


def sent(world: World, event: Event, change: Change, **extra: Any) -> str:
    """Put an event into the log with something changed, in the partition of its key; its place."""
    envelope = Envelope.of(event, tenant=TENANT, source="/shop", id="bad", time=START, **extra)
    message = write(envelope, event)
    partition = partition_of(message.key or b"", TOPICS[event.topic].partitions)
    changed = change(message)
    return world.put(event.topic, partition, changed.value, changed.key, changed.headers)


@pytest.mark.parametrize("bad", REFUSED, ids=lambda bad: bad.name)
async def test_from_outside_it_is_refused_and_nothing_waits(world: World, bad: Bad) -> None:
    world.tick(day(0))
    world.fact(drafted("BAD", account="A-BAD") if bad.event is MONEY else drafted())
    place = sent(world, bad.event, bad.change)
    world.fact(confirmed("BAD" if bad.event is MONEY else "O1"), "behind it")
    await world.run()

    (row,) = await world.rows("refused")
    assert (row["place"], row["field"]) == (place, bad.field)
    assert bad.reason in row["reason"]
    assert row["remedy"]
    assert len(row["record"]) > 20  # whole
    assert await world.outcome("behind it") == "applied"
    outcome, detail = await world.answer("bad")
    if bad.asked:
        assert (outcome, detail["field"], detail["remedy"]) == ("refused", bad.field, row["remedy"])
    else:
        assert outcome is None


async def test_all_of_it_in_one_batch(world: World) -> None:
    world.tick(day(0))
    for bad in REFUSED:
        sent(world, bad.event, bad.change)
        world.fact(
            drafted(
                f"O-{bad.name}".replace(" ", "-").replace("^", "").replace("'", ""),
                account=bad.name[:3].strip(),
            )
        )
    done = await world.run()

    assert done.applied == len(REFUSED)
    assert len(await world.rows("refused")) == len(REFUSED)


async def test_unknown_fields_are_ignored(world: World) -> None:
    world.tick(day(0))
    sent(world, drafted(), data(colour="red"))
    await world.run()

    assert await world.outcome("bad") == "applied"


async def test_a_knowntime_from_outside_is_ignored(world: World) -> None:
    world.tick(day(3))
    sent(world, drafted(), header("ce_knowntime", b"2026-01-01T00:00:00Z"))
    await world.run()

    assert [m["known_at"] for m in await world.rows("marks")] == [day(3)]


async def test_a_type_that_this_service_does_not_handle_is_refused_with_its_reason(world: World) -> None:
    world.tick(day(0))
    event = ShipmentShipped(shipment_id="SH1", shipped_at=START)
    message = write(Envelope.of(event, tenant=TENANT, source="/x", id="bad", time=START), event)
    world.put("trade.orders", 0, message.value, message.key, message.headers)
    await world.run()

    (row,) = await world.rows("refused")
    assert (row["field"], "trade.shipments" in row["remedy"]) == ("ce_type", True)


# --- from our own services ---------------------------------------------------------------------------------


PARKED = [
    ("not JSON", value(b"{"), "bad_json"),
    ("wrong field", data(leg="first"), "leg"),
    ("unknown type", header("ce_type", b"silkway.milestone.sung.v1"), "unknown_type"),
    ("unknown version", header("ce_type", b"silkway.milestone.recorded.v2"), "unknown_type"),
    ("known, not handled", header("ce_type", b"silkway.order.funded.v1"), "unknown_type"),
    ("no knowntime", header("ce_knowntime", None), "knowntime"),
]


@pytest.mark.parametrize(("name", "change", "error"), PARKED, ids=[p[0] for p in PARKED])
async def test_from_our_services_it_is_parked_and_its_aggregate_waits(
    world: World, name: str, change: Change, error: str
) -> None:
    world.tick(day(0))
    world.fact(drafted("O1", account="A1"))
    world.fact(drafted("O2", account="A2"))
    await world.run()
    place = sent(world, milestone(1), change, version=1, knowntime=START)
    world.ours(milestone(2), 2)
    world.ours(milestone(1, "O2"), 1)
    await world.run()

    (row,) = await world.rows("parked")
    assert (row["place"], row["rank"], row["key"]) == (place, 3, "acme/O1")
    assert error in row["error"]
    assert await world.marks("O1") == ["drafted"]
    assert await world.marks("O2") == ["drafted", "leg 1"]
    assert await world.rows("refused") == []

    world.command("redrive", place)
    await world.run()
    assert (await world.rows("parked"))[0]["attempts"] == 2
    world.command("discard", place)
    await world.run()
    assert await world.marks("O1") == ["drafted", "leg 2"]


@pytest.mark.parametrize(
    ("change", "record_key"),
    [
        (header("ce_tenant", None), b"acme/O1"),
        (header("ce_version", b"first"), b"acme/O1"),
        (lambda m: header("ce_id", b"\xff")(m)._replace(key=b"acme/\0\xff"), "acme/\ufffd\ufffd".encode()),
        (lambda m: header("ce_id", b"\xff")(m)._replace(key=None), b""),
    ],
)
async def test_one_of_ours_that_cannot_be_read_at_all_is_parked_under_its_key(
    world: World, change: Change, record_key: bytes
) -> None:
    world.tick(day(0))
    world.fact(drafted())
    await world.run()
    place = sent(world, milestone(1), change, version=1, knowntime=START)
    world.fact(confirmed())
    world.ours(milestone(1), 1)
    await world.run()

    (row,) = await world.rows("parked")
    assert (row["place"], row["key"]) == (place, record_key.decode())
    assert sorted(await world.marks()) == ["confirmed by BUYER", "drafted", "leg 1"]
    world.command("discard", place)
    await world.run()
    assert await world.rows("parked") == []


async def test_events_about_what_this_service_does_not_keep_pass_by(world: World) -> None:
    world.tick(day(0))
    sent(world, milestone(1), header("ce_subject", b"voyage/V1"), version=1, knowntime=START)
    done = await world.run()

    assert done.applied == 0
    assert await world.rows("parked") == []
    assert await world.rows("waiting") == []


async def test_a_tick_with_a_broken_time_is_refused_and_does_not_move_time(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    await world.run()
    tick = world.log["trade.orders", 0][0]
    broken = [(n, b"soon" if n == "ce_time" else v) for n, v in tick.headers]
    world.put("trade.orders", 0, None, None, broken)
    world.put("logistics.events", 0, None, None, broken)
    await world.run()

    assert [r["field"] for r in await world.rows("refused")] == ["ce_time"]
    assert len(await world.rows("parked")) == 1
    world.command("discard", (await world.rows("parked"))[0]["place"])
    await world.run()


def test_the_list_is_of_one_event_each() -> None:
    assert isinstance(ORDER, OrderDrafted)
    assert len({bad.name for bad in REFUSED}) == len(REFUSED)
