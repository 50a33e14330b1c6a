"""Who publishes to Kafka without our APIs: facts come sealed, or are refused."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer

from silkway.contracts import TOPICS, Envelope, SupplierRegistered, partition_of, write
from tests.integration.channels.trading import AT, dumped, readable, trading
from tests.integration.http.conftest import START, TENANT, Running

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from silkway.contracts import Event

NAME = "Frieda Unversiegelt"


async def test_a_fact_in_the_clear_is_refused_and_one_that_was_sealed_is_taken(
    personal: str,
    tmp_path: Path,
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> None:
    prefix = await new_topics()
    async with trading(["credit"], kafka_bootstrap, prefix, service_database) as trade:
        # When a platform's own producer publishes a name in the clear
        one = trade.services["credit"]
        event = SupplierRegistered(supplier_id="S-9", name=NAME, registered_at=START)
        await publish(one, event, "/platform", "clear")

        # Then the fact is refused, and kept without the name
        answer = await one.client.get("/events", params={"source": "/platform", "id": "clear", "wait": "20s"})
        assert (answer.json()["outcome"], answer.json()["detail"]["field"]) == ("refused", "name")
        assert "seal" in answer.json()["detail"]["remedy"]
        assert readable(await dumped(one.database_url), NAME) == []

        # When it takes its facts through `silkway seal`
        data = {"supplier_id": "S-10", "name": NAME, "registered_at": AT}
        fact = {"type": SupplierRegistered.type, "tenant": TENANT, "id": "sealed", "time": AT, "data": data}
        await asyncio.to_thread((tmp_path / "facts.jsonl").write_text, json.dumps(fact))
        told = json.loads(await trade.silkway("seal", str(tmp_path / "facts.jsonl")))
        assert readable(json.dumps(told).encode(), NAME) == []
        event = SupplierRegistered.model_validate_json(json.dumps(told["data"]))
        await publish(one, event, told["source"], told["id"])

        # Then they are taken, and shown as they were; a rebuild refuses and takes the same
        answer = await one.client.get(
            "/events", params={"source": told["source"], "id": "sealed", "wait": "20s"}
        )
        assert answer.json()["outcome"] == "applied", answer.text
        assert (await trade.see("credit", "/suppliers/S-10"))["name"] == NAME
        assert await trade.differences("credit") == []


async def publish(one: Running, event: Event, source: str, event_id: str) -> None:
    """What a platform's own producer does."""
    envelope = Envelope.of(event, tenant=TENANT, source=source, id=event_id, time=START)
    key, headers, value = write(envelope, event)
    async with AIOKafkaProducer(bootstrap_servers=one.kafka) as producer:
        partition = partition_of(key or b"", TOPICS[event.topic].partitions)
        await producer.send_and_wait(one.prefix + event.topic, value, key, partition, headers=headers)
