"""A record poisoned by hand is found, looked at, mended and sent on, in order with those behind it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from silkway.contracts import CarriedLine, ShipmentDispatched, ShipmentLinked
from tests.e2e.test_bad_input import put
from tests.e2e.trade import START, SUPPLIER, Trade, confirmation, draft
from tests.integration.engine.test_bad_records import data

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aiokafka.structs import ConsumerRecord

    from tests.e2e.system import System

LISTENERS: Final = ("order", "credit", "notify")
TENANT: Final = "sim-workbench"


LINES: Final = (CarriedLine(line_id="1", quantity=1000), CarriedLine(line_id="2", quantity=400))


def linked(number: int = 1) -> ShipmentLinked:
    return ShipmentLinked(order_id=f"PO-{number}", shipment_id="SH-1", mode="SEA", lines=LINES)


def dispatched() -> ShipmentDispatched:
    return ShipmentDispatched(order_id="PO-1", shipment_id="SH-1", lines=LINES, shipped_at=START)


async def say(system: System, event: Any, version: int, **change: Any) -> str:
    """Say something in the name of logistics, with some of its data changed; its place."""
    sender: dict[str, Any] = {"source": "/silkway/logistics", "version": version, "knowntime": START}
    return await put(system, TENANT, event, data(**change), f"said-{version}", **sender)


async def poisoned(system: System, trade: Trade) -> tuple[str, str, Any]:
    """Something that nobody can read, another event behind it, and a fact: places of the two, and the fact's answer."""
    await trade.tick(0)
    await trade.tell("credit", "/suppliers", SUPPLIER)
    await trade.tell("order", "/orders", draft("PO-1"))
    await trade.seen("PO-1", life="DRAFTED")
    place = await say(system, linked(), 1, mode="SONG")
    follower = await say(system, dispatched(), 2)

    async def parked() -> Sequence[Any]:
        rows: list[Any] = (await system.cli("parked", "list", "--tenant", TENANT, "--json")).json()
        return rows if len(rows) == len(LISTENERS) else []

    rows = await system.until(parked, "it is parked in three services")
    assert {(row["service"], row["place"]) for row in rows} == {(name, place) for name in LISTENERS}
    return place, follower, await trade.post("order", "/orders/PO-1/confirmations", confirmation("BUYER"))


async def letters(system: System) -> list[ConsumerRecord]:
    """What stands on the topic of parked records."""
    place = TopicPartition(f"{system.prefix}logistics.events.parked", 0)
    async with AIOKafkaConsumer(bootstrap_servers=system.kafka, enable_auto_commit=False) as consumer:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end, found = (await consumer.end_offsets([place]))[place], []
        while await consumer.position(place) < end:
            found += (await consumer.getmany(place, timeout_ms=1000)).get(place, [])
        return [record for record in found if dict(record.headers)["ce_tenant"] == TENANT.encode()]


async def test_a_poisoned_record_is_listed_shown_mended_and_redriven(system: System, tmp_path: Path) -> None:
    # Given a record that nobody can read, and two behind it
    trade = Trade(system, TENANT)
    place, follower, fact = await poisoned(system, trade)
    assert (await trade.outcome("order", fact, wait="2s"))["outcome"] == "waiting"

    # It is found by what it is, and by nothing else
    filters = ("--tenant", TENANT, "--service", "order", "--json")
    own = ("--topic", "logistics.events", "--type", "silkway.shipment.linked.v1", "--newer-than", "90000d")
    assert [row["place"] for row in (await system.cli("parked", "list", *own, *filters)).json()] == [place]
    for other in (("--topic", "trade.orders"), ("--type", "x"), ("--error", "CheckViolationError"),
                  ("--older-than", "90000d")):  # fmt: skip
        assert (await system.cli("parked", "list", *other, *filters)).json() == []

    # It is shown whole, with what waits behind it in the order in which it follows
    shown = (await system.cli("parked", "show", "order", place, "--json")).json()
    assert (shown["state"], shown["data"]["mode"], shown["attempts"][0]["action"]) == (
        "parked",
        "SONG",
        "read",
    )
    assert [waits["type"] for waits in shown["followers"]] == [
        "silkway.shipment.dispatched.v1",
        "silkway.order.confirmed.v1",
    ]
    assert shown["followers"][0]["place"] == follower

    # A fix that is none is foreseen to fail, and not sent
    wrong, right = tmp_path / "wrong.json", tmp_path / "right.json"
    wrong.write_text(json.dumps({**shown["data"], "mode": "WHISTLE"}))
    right.write_text(json.dumps({**shown["data"], "mode": "SEA"}))
    refused = await system.cli("parked", "redrive", "order", place, "--fix", str(wrong))
    assert (refused.code, "Not sent" in refused.stderr) == (1, True), refused.stderr
    tried = await system.cli("parked", "redrive", "order", place, "--fix", str(wrong), "--anyway", "--json")
    assert (tried.code, tried.json()[0]["outcome"]) == (1, "parked"), tried.stderr

    # The right one is foreseen to be applied with both that follow, and that is what comes of it
    foreseen = await system.cli("parked", "preview", "order", place, "--fix", str(right), "--json")
    assert foreseen.code == 0, foreseen.stdout + foreseen.stderr
    fates = [(waits["place"], waits["outcome"]) for waits in foreseen.json()["followers"]]
    assert fates == [(waits["place"], "applied") for waits in shown["followers"]]
    for service in LISTENERS:
        mended = await system.cli(
            "parked", "redrive", service, place, "--fix", str(right), "--reason", "a typo"
        )
        assert (mended.code, f"{place}: applied." in mended.stdout) == (0, True), (
            mended.stdout + mended.stderr
        )
    assert (await trade.outcome("order", fact))["outcome"] == "applied"
    await trade.seen("PO-1", logistics="SHIPPED")  # linked before it was dispatched
    assert (await system.cli("parked", "list", "--tenant", TENANT)).code == 0

    # And all that was tried is kept, with the record as it came
    after = (await system.cli("parked", "show", "order", place, "--json")).json()
    assert (after["state"], after["data"]["mode"]) == ("applied", "SONG")
    assert [(t["action"], t["outcome"], (t["fix"] or {}).get("mode")) for t in after["attempts"]] == [
        ("read", "parked", None),
        ("redrive", "parked", "WHISTLE"),
        ("redrive", "applied", "SEA"),
    ]
    assert after["attempts"][2]["reason"] == "a typo"

    # And others have seen it as Spring's tools read it: once for each service, and once more for what failed again
    topic, partition, offset = place.rsplit("/", 2)
    seen = [dict(record.headers) for record in await letters(system)]
    groups = [headers["kafka_dlt-original-consumer-group"].decode() for headers in seen]
    assert sorted(groups) == sorted(f"{system.prefix}{name}" for name in (*LISTENERS, "order"))
    for headers in seen:
        assert headers["kafka_dlt-original-topic"] == topic.encode()
        assert headers["kafka_dlt-original-partition"] == int(partition).to_bytes(4, "big")
        assert headers["kafka_dlt-original-offset"] == int(offset).to_bytes(8, "big")
        assert int.from_bytes(headers["kafka_dlt-original-timestamp"], "big") > 1_700_000_000_000
        assert headers["kafka_dlt-original-timestamp-type"] == b"CreateTime"
        assert headers["kafka_dlt-exception-fqcn"] == b"silkway.contracts.errors.ContractError"

    # And the log, replayed, gives every row of it again
    audit = await system.cli("audit", *LISTENERS, "--json")
    assert audit.json()["differences"] == [], audit.stdout


async def test_many_are_given_up_at_once(system: System) -> None:
    # Given a song about each of three orders
    trade = Trade(system, "sim-many")
    await trade.tick(0)
    sender: dict[str, Any] = {"source": "/silkway/logistics", "version": 1, "knowntime": START}
    for number in (1, 2, 3):
        await put(system, trade.tenant, linked(number), data(mode="SONG"), f"song-{number}", **sender)

    async def parked() -> bool:
        return all([await system.count(s, "parked", "tenant = 'sim-many'") == 3 for s in LISTENERS])

    await system.until(parked, "all are parked everywhere")

    # When all that match are given up over HTTP in one service, and by the command in the others
    async with system.client("order", trade.tenant) as client:
        page = (await client.get("/parked", params={"limit": 2, "type": "silkway.shipment.linked.v1"})).json()
        rest = (await client.get("/parked", params={"limit": 2, "cursor": page["next"]})).json()
        assert [row["key"] for row in page["items"] + rest["items"]] != []
        assert len(page["items"] + rest["items"]) == 3
        nobody = await client.post("/parked/discard", json={"by": "ann", "matching": {}})
        assert nobody.status_code == 422  # a reason is missing
        given_up = await client.post(
            "/parked/discard",
            json={"by": "ann", "reason": "songs", "matching": {"topic": "logistics.events"}},
        )
        assert (given_up.status_code, len(given_up.json()["ordered"])) == (202, 3), given_up.text
    for service in ("credit", "notify"):
        arguments = ("--all", "--tenant", trade.tenant, "--reason", "songs", "--json")
        done = await system.cli("parked", "discard", service, *arguments)
        assert [answer["outcome"] for answer in done.json()] == ["discarded"] * 3, done.stderr

    # Then nothing is parked, and what was done can be asked for
    async def gone() -> bool:
        return not any([await system.count(s, "parked", "tenant = 'sim-many'") for s in LISTENERS])

    await system.until(gone, "nothing is parked")
    async with system.client("order", trade.tenant) as client:
        place = given_up.json()["ordered"][0]["place"]
        whole = (await client.get(f"/parked/{place}")).json()
        elsewhere = await client.get(f"/parked/{place}", headers={"Silkway-Tenant": "sim-other"})
    assert [(t["action"], t["by"], t["reason"]) for t in whole["attempts"]] == [
        ("read", "", ""),
        ("discard", "ann", "songs"),
    ]
    assert (whole["parked"], elsewhere.status_code) == (None, 404)
