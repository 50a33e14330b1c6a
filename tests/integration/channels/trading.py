"""Services that keep personal data beside the log, and where it can be looked for."""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from typer.testing import CliRunner

from silkway.cli.main import application
from silkway.cli.migrate import PERSONAL, apply_migrations
from silkway.contracts import TOPICS
from silkway.embedded.postgres import _binary
from silkway.messaging.compare import compare
from silkway.messaging.personal import sealed_since
from silkway.messaging.replay import frozen, replay, scratch_database
from tests.integration.http.conftest import START, TENANT, Running, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    ServiceDatabase = Callable[..., Awaitable[str]]

AT = START.isoformat()


@dataclass
class Trade:
    """Services at work, the store of personal data, and the log between them."""

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
        if "notify" in self.services:
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
        one = next(iter(self.services.values()))
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
            records = await replay(service, live, scratch, one.kafka, one.prefix, sealed_since=sealed_since())
            assert records > 0
            return [str(difference) for difference in await compare(live, scratch)]


@asynccontextmanager
async def trading(
    names: Sequence[str], kafka: str, prefix: str, service_database: ServiceDatabase
) -> AsyncIterator[Trade]:
    """Services of these names, as processes, once the tenant's clock has ticked."""
    async with AsyncExitStack() as stack:
        services = {
            name: await stack.enter_async_context(
                running(name, kafka, await service_database(name, prefix), prefix)
            )
            for name in names
        }
        await services[names[0]].tick(START)
        yield Trade(services, os.environ["PERSONAL_DATABASE_URL"])


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
