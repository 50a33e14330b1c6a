"""What a running system shows of itself: readiness, backlog, counts, latest notices."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from silkway.messaging.database import DATABASE_ERRORS, plain_connection
from silkway.messaging.kafka import to_kafka
from silkway.messaging.keys import authorization

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_S: Final = 2.0

_BACKLOG: Final = """
    SELECT (SELECT count(*) FROM parked) AS parked, (SELECT count(*) FROM waiting) AS waiting,
           (SELECT count(*) FROM refused) AS refused, (SELECT count(*) FROM outbox) AS outbox"""
_OFFSETS: Final = "SELECT topic, partition, next_offset FROM offsets"
_STATES: Final = "SELECT tenant, life, count(*) FROM orders GROUP BY 1, 2 ORDER BY 1, 2"
_UNMATCHED: Final = "SELECT tenant, 'unmatched', count(*) FROM payments WHERE state = 'UNMATCHED' GROUP BY 1"
_CLAIMS: Final = "SELECT tenant, lower(state), count(*) FROM claims GROUP BY 1, 2 ORDER BY 1, 2"
_INCIDENTS: Final = """
    SELECT tenant, lower(CASE state WHEN 'CLOSED' THEN state ELSE 'OPEN' END), count(*) FROM incidents
    GROUP BY 1, 2 ORDER BY 1, 2 DESC"""


@dataclass(frozen=True)
class Matters:
    """What is out of the ordinary in a tenant: counts by state. Empty where a database does not answer."""

    unmatched: dict[str, int] = field(default_factory=dict)
    """Money that found no order."""
    claims: dict[str, int] = field(default_factory=dict)
    incidents: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """For people: claims: 3 paid, 1 open; incidents: 2 open; money: 1 unmatched."""
        named = {"claims": self.claims, "incidents": self.incidents, "money": self.unmatched}
        told = {
            name: ", ".join(f"{count} {state}" for state, count in counts.items())
            for name, counts in named.items()
        }
        return "; ".join(f"{name}: {counts}" for name, counts in told.items() if counts)


@dataclass(frozen=True)
class Backlog:
    """Records of one service that are not applied: on the log, or set aside in its database. Counts of records."""

    lag: int
    parked: int
    waiting: int
    refused: int
    outbox: int


@dataclass(frozen=True)
class Notice:
    """One notice as the dashboard shows it."""

    known_at: str
    severity: str
    order_id: str
    text: str


async def readiness(client: httpx.AsyncClient, apis: Mapping[str, str]) -> dict[str, str]:
    """By service: nothing when it is ready, else why it is not. `apis`: base URLs by service."""
    answers = await asyncio.gather(*(_readiness(client, api) for api in apis.values()))
    return dict(zip(apis, answers, strict=True))


async def _readiness(client: httpx.AsyncClient, api: str) -> str:
    try:
        answer = await client.get(f"{api}/readyz", timeout=_TIMEOUT_S)
    except httpx.HTTPError as error:
        return f"does not answer ({type(error).__name__})"
    if answer.is_success:
        return ""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"answers {answer.status_code}"


Findings: TypeAlias = "dict[str, int]"
"""How many findings of the auditor are open, by invariant."""


async def open_findings(client: httpx.AsyncClient, api: str | None) -> Findings:
    """What the auditor at this URL has found and nobody has settled; nothing where it does not answer."""
    if api is None:
        return {}
    try:
        answer = await client.get(f"{api}/readyz", timeout=_TIMEOUT_S)
        found: Findings = answer.json().get("findings", {})
        return found
    except (httpx.HTTPError, ValueError):
        return {}


async def backlog(database: str, kafka: str) -> Backlog | None:
    """The backlog of the service that owns `database`; None where database or Kafka does not answer."""
    try:
        connection = await plain_connection(database, timeout=_TIMEOUT_S)
        try:
            counts = await connection.fetchrow(_BACKLOG, timeout=_TIMEOUT_S)
            offsets = await connection.fetch(_OFFSETS, timeout=_TIMEOUT_S)
        finally:
            connection.terminate()
        ends = await _ends(kafka, [TopicPartition(row["topic"], row["partition"]) for row in offsets])
    except (*DATABASE_ERRORS, KafkaError):
        return None
    assert counts is not None
    lag = sum(
        max(0, ends[TopicPartition(row["topic"], row["partition"])] - row["next_offset"]) for row in offsets
    )
    return Backlog(lag, **dict(counts))


async def order_states(database: str) -> dict[str, dict[str, int]]:
    """Orders by tenant and life, from the order service's database; empty where it does not answer."""
    return await _counts(database, _STATES)


async def matters(databases: Mapping[str, str]) -> dict[str, Matters]:
    """What is out of the ordinary, by tenant, from the services' databases (URLs by service)."""
    unmatched, claims, incidents = await asyncio.gather(
        _counts(databases["order"], _UNMATCHED),
        _counts(databases["credit"], _CLAIMS),
        _counts(databases["notify"], _INCIDENTS),
    )
    return {
        tenant: Matters(unmatched.get(tenant, {}), claims.get(tenant, {}), incidents.get(tenant, {}))
        for tenant in unmatched.keys() | claims.keys() | incidents.keys()
    }


async def latest_notices(client: httpx.AsyncClient, api: str, tenant: str, count: int) -> list[Notice]:
    """The latest notices for operations of a tenant, newest first; none where the notify service does not answer."""
    headers = {"Silkway-Tenant": tenant, **authorization()}
    query: dict[str, str | int] = {"limit": count, "audience": "OPERATIONS"}
    try:
        answer = await client.get(f"{api}/notices", headers=headers, params=query, timeout=_TIMEOUT_S)
        items = answer.raise_for_status().json()["items"]
        return [Notice(*(str(item[name] or "–") for name in Notice.__dataclass_fields__)) for item in items]
    except (httpx.HTTPError, ValueError, KeyError):
        return []


async def _counts(database: str, query: str) -> dict[str, dict[str, int]]:
    """Counts by tenant and state, of rows of the three."""
    found: dict[str, dict[str, int]] = {}
    for tenant, state, count in await _rows(database, query):
        found.setdefault(tenant, {})[state] = count
    return found


async def _rows(database: str, query: str) -> list[asyncpg.Record]:
    try:
        connection = await plain_connection(database, timeout=_TIMEOUT_S)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, timeout=_TIMEOUT_S)
            return rows
        finally:
            connection.terminate()
    except DATABASE_ERRORS:
        return []


async def _ends(kafka: str, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
    consumer = AIOKafkaConsumer(**to_kafka(kafka), request_timeout_ms=int(_TIMEOUT_S * 1000))
    await consumer.start()
    try:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        return ends
    finally:
        await consumer.stop()
