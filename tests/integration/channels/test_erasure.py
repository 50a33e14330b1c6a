"""A party is erased: nothing that it wrote or was named in is left to be read, and all else is as it was."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from typer.testing import CliRunner

from silkway.cli.main import application
from silkway.cli.migrate import PERSONAL, apply_migrations
from silkway.contracts import TOPICS, Envelope, SupplierRegistered, partition_of, write
from silkway.embedded.postgres import _binary
from silkway.messaging.compare import compare
from silkway.messaging.replay import frozen, replay, scratch_database
from tests.backup import back_up, bring_back
from tests.integration.channels.receiver import Receiver, receiving
from tests.integration.http.conftest import START, TENANT, Running, running
from tests.unit.http.test_writes import CONFIRMED, DRAFT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from silkway.contracts import Event

SERVICES = ("order", "credit", "notify")
NAME = "Zhāo Měilíng Ceramics"
WORDS = 'Ask "Jürgen Öztürk", +49 170 5550100.'
AT = START.isoformat()
CLOSED = "silkway.dispute.closed.v1"


@dataclass
class Trade:
    """Three services, the store of personal data, and the log between them."""

    services: dict[str, Running]
    personal: str

    async def tell(self, service: str, path: str, **body: Any) -> dict[str, Any]:
        """POST a fact and wait until it is applied; the answer to the POST."""
        accepted = await self.services[service].client.post(path, json=body)
        assert accepted.status_code == 202, accepted.text
        outcome = await self.services[service].outcome(accepted)
        assert outcome["outcome"] == "applied", outcome
        answer: dict[str, Any] = accepted.json()
        return answer

    async def see(self, service: str, path: str) -> dict[str, Any]:
        answer = await self.services[service].client.get(path)
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def silkway(self, *words: str) -> str:
        """What a command says; it sees the environment of the test."""
        os.environ["NOTIFY_HTTP_ADDRESS"] = f"127.0.0.1:{self.services['notify'].port}"
        app = application(["erase", "seal"])
        asked = [*words, "--tenant", TENANT] if words[0] == "erase" else list(words)
        done = await asyncio.to_thread(CliRunner().invoke, app, asked)
        assert done.exit_code == 0, done.output
        return str(done.output)

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        end = time.monotonic() + 60
        while not await condition():
            assert time.monotonic() < end
            await asyncio.sleep(0.1)

    async def log(self) -> bytes:
        """All that Kafka keeps: keys, headers and values of every record in every topic."""
        one = self.services["notify"]
        places = [
            TopicPartition(one.prefix + name, p)
            for name, topic in TOPICS.items()
            for p in range(topic.partitions)
        ]
        found: list[bytes] = []
        async with AIOKafkaConsumer(bootstrap_servers=one.kafka, auto_offset_reset="earliest") as consumer:
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            open_places = {place for place in places if ends[place]}
            while open_places:
                for _, records in (await consumer.getmany(timeout_ms=500)).items():
                    for record in records:
                        found += [
                            record.key or b"",
                            *(v or b"" for _, v in record.headers),
                            record.value or b"",
                        ]
                open_places = {p for p in open_places if await consumer.position(p) < ends[p]}
        return b"\n".join(found)

    async def databases(self) -> dict[str, bytes]:
        """All databases as pg_dump writes them."""
        urls = {name: service.database_url for name, service in self.services.items()} | {
            PERSONAL: self.personal
        }
        return {name: await dumped(url) for name, url in urls.items()}

    async def differences(self, name: str) -> list[str]:
        """What of a service's database is not what the log makes of it."""
        one = self.services[name]
        service = import_module(f"silkway.{name}.consumer").SERVICE
        async with frozen(one.database_url) as live, scratch_database(one.database_url) as scratch:
            await apply_migrations(name, scratch)
            assert await replay(service, live, scratch, one.kafka, one.prefix) > 0
            return [str(difference) for difference in await compare(live, scratch)]


async def dumped(url: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        _binary("pg_dump"), "--format=plain", url, stdout=asyncio.subprocess.PIPE
    )
    written, _ = await process.communicate()
    assert process.returncode == 0
    return written


def readable(data: bytes, *secrets: str) -> list[str]:
    """Which secrets can be read in data: as they are, as JSON escapes them, or as PostgreSQL writes bytes."""
    forms = {
        secret: [
            secret.encode(),
            json.dumps(secret)[1:-1].encode(),
            json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        ]
        for secret in secrets
    }
    return [
        secret
        for secret, written in forms.items()
        if any(f in data or f.hex().encode() in data for f in written)
    ]


@asynccontextmanager
async def trading(kafka: str, prefix: str, new_database: Any, service_database: Any) -> AsyncIterator[Trade]:
    """Order, credit and notify, as processes, once the tenant's clock has ticked."""
    async with AsyncExitStack() as stack:
        services = {
            name: await stack.enter_async_context(
                running(name, kafka, await service_database(name, prefix), prefix)
            )
            for name in SERVICES
        }
        await services["notify"].tick(START)
        yield Trade(services, os.environ["PERSONAL_DATABASE_URL"])


@pytest.fixture
async def personal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, new_database: Callable[..., Awaitable[str]]
) -> str:
    """The store of personal data, which the environment names: sealed from the first fact on."""
    url, keys = await new_database(PERSONAL), tmp_path / "keys"
    await apply_migrations(PERSONAL, url)
    keys.write_bytes(base64.b64encode(os.urandom(32)) + b"\n")
    monkeypatch.setenv("SILKWAY_PERSONAL_DATA_SEALED_SINCE", "1970-01-01T00:00:00Z")
    monkeypatch.setenv("PERSONAL_DATABASE_URL", url)
    monkeypatch.setenv("PERSONAL_KEY_FILE", str(keys))
    monkeypatch.setenv("NOTIFY_WEBHOOK_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("NOTIFY_RETRY_AFTER_S", "0.1,0.1")
    monkeypatch.setenv("NOTIFY_HTTP_ADDRESS", "")  # as it was, when the test is over
    return url


async def dispute(trade: Trade, number: int) -> None:
    """The buyer objects and takes it back, in words."""
    await trade.tell(
        "order",
        "/orders/PO-1/disputes",
        dispute_id=f"D-{number}",
        party="BUYER",
        kind="QUALITY",
        text=WORDS,
        raised_at=AT,
    )
    await trade.tell(
        "order", "/orders/PO-1/disputes/withdrawals", dispute_id=f"D-{number}", text=WORDS, withdrawn_at=AT
    )


async def test_a_party_is_erased_everywhere_and_the_rebuild_is_equal(
    personal: str,
    tmp_path: Path,
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    new_database: Callable[..., Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> None:
    prefix = await new_topics()
    async with (
        trading(kafka_bootstrap, prefix, new_database, service_database) as trade,
        receiving(Receiver()) as receiver,
    ):
        # Given a supplier with a name, an order with words, and a webhook of the supplier's that heard them
        address = f"{receiver.url}/zhao.meiling@example"
        secrets = (NAME, WORDS, address)
        await trade.tell("credit", "/suppliers", supplier_id="S-1", name=NAME, country="CN", registered_at=AT)
        await trade.tell(
            "notify", "/subscriptions", subscription_id="hers", party="SUPPLIER", party_id="S-1", channel="WEBHOOK",
            address=address, events=[CLOSED], registered_at=AT,
        )  # fmt: skip
        await trade.tell("order", "/orders", **(DRAFT | {"order_id": "PO-1", "supplier_id": "S-1"}))
        for party in ("BUYER", "SUPPLIER"):
            await trade.tell("order", "/orders/PO-1/confirmations", **(CONFIRMED | {"party": party}))
        await dispute(trade, 1)

        async def heard() -> bool:
            return bool(receiver.taken)

        await trade.until(heard)
        assert receiver.taken[0].data["text"] == WORDS
        assert (await trade.see("credit", "/suppliers/S-1"))["name"] == NAME
        assert (await trade.see("notify", "/subscriptions/hers"))["address"] == address
        [delivery] = (await trade.see("notify", "/deliveries"))["items"]
        carried = json.loads((await trade.see("notify", f"/deliveries/{delivery['delivery_id']}"))["body"])
        assert carried["data"]["text"] == WORDS

        # Then even now nothing can be read but by its key; and there are backups of everything
        before = await trade.databases()
        assert [readable(dump, *secrets) for dump in before.values()] == [[], [], [], []]
        assert all(readable(dump, "S-1") for dump in before.values()), "what is there is found"
        log = await trade.log()
        assert (readable(log, *secrets), readable(log, "PO-1", "S-1")) == ([], ["PO-1", "S-1"])
        await back_up(personal, tmp_path / "backup")

        # When the supplier is erased
        done = json.loads(
            await trade.silkway("erase", "supplier/S-1", "--id", "DSR-1", "--by", "ops/lin", "--json")
        )

        # Then it is gone from the store, and every exit says so
        assert done["texts"] == {"supplier": 1, "subscription": 1, "order": 2}
        assert b"COPY public.texts" in (dump := (await trade.databases())[PERSONAL])
        assert b"DSR-1" in dump
        assert await _texts(personal) == 0
        assert await exits(trade) == {"[erased]"}

        # And what comes for the supplier goes to nobody
        await dispute(trade, 2)

        async def paused() -> bool:
            return bool((await trade.see("notify", "/subscriptions/hers"))["state"] == "PAUSED")

        await trade.until(paused)
        assert len(receiver.taken) == 1
        seen = await trade.see("notify", "/subscriptions/hers")
        assert "erased" in seen["pause_reason"]

        # When the store is brought back from its backup, it is all there again, until the log is asked
        await _empty(personal)
        await bring_back(tmp_path / "backup", personal)
        assert NAME in await exits(trade)
        again = json.loads(await trade.silkway("erase", "--again", "--json"))
        assert [one["texts"] for one in again["erasures"]] == [{"supplier": 1, "subscription": 1, "order": 2}]
        assert await exits(trade) == {"[erased]"}

        # And what the services have made of the log, they make of it again
        after = await trade.databases()
        assert [readable(dump, *secrets) for dump in after.values()] == [[], [], [], []]
        assert readable(await trade.log(), *secrets) == []
        for name in SERVICES:
            assert await trade.differences(name) == [], name

        await clear_facts_are_refused(trade)
        await sealed_facts_are_taken(trade, tmp_path / "facts.jsonl")


async def exits(trade: Trade) -> set[str]:
    """What is shown of the supplier."""
    supplier = await trade.see("credit", "/suppliers/S-1")
    subscription = await trade.see("notify", "/subscriptions/hers")
    return {supplier["name"], subscription["address"]}


async def clear_facts_are_refused(trade: Trade) -> None:
    """Who publishes to Kafka by himself has to seal: else the fact is refused, and kept without the words."""
    secret, one = "Frieda Unversiegelt", trade.services["credit"]
    event = SupplierRegistered(supplier_id="S-9", name=secret, registered_at=START)
    await publish(one, event, "/platform", "clear")
    answer = await one.client.get("/events", params={"source": "/platform", "id": "clear", "wait": "20s"})
    assert (answer.json()["outcome"], answer.json()["detail"]["field"]) == ("refused", "name")
    assert "seal" in answer.json()["detail"]["remedy"]
    assert readable(await dumped(one.database_url), secret) == []
    assert await trade.differences("credit") == []


async def sealed_facts_are_taken(trade: Trade, file: Path) -> None:
    """`silkway seal` makes of a fact what any producer may publish."""
    one = trade.services["credit"]
    data = {"supplier_id": "S-10", "name": NAME, "registered_at": AT}
    fact = {"type": SupplierRegistered.type, "tenant": TENANT, "id": "sealed", "time": AT, "data": data}
    await asyncio.to_thread(file.write_text, json.dumps(fact))
    told = json.loads(await trade.silkway("seal", str(file)))
    assert readable(json.dumps(told).encode(), NAME) == []
    event = SupplierRegistered.model_validate_json(json.dumps(told["data"]))
    await publish(one, event, told["source"], told["id"])
    answer = await one.client.get("/events", params={"source": told["source"], "id": "sealed", "wait": "20s"})
    assert answer.json()["outcome"] == "applied", answer.text
    assert (await trade.see("credit", "/suppliers/S-10"))["name"] == NAME


async def publish(one: Running, event: Event, source: str, event_id: str) -> None:
    """What a platform's own producer does."""
    envelope = Envelope.of(event, tenant=TENANT, source=source, id=event_id, time=START)
    key, headers, value = write(envelope, event)
    async with AIOKafkaProducer(bootstrap_servers=one.kafka) as producer:
        partition = partition_of(key or b"", TOPICS[event.topic].partitions)
        await producer.send_and_wait(one.prefix + event.topic, value, key, partition, headers=headers)


async def _texts(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM texts WHERE about <> 'order/PO-1'"))
    finally:
        await connection.close()


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DROP TABLE texts, erasures, schema_migrations")
    finally:
        await connection.close()
