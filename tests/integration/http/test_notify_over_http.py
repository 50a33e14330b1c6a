"""The notify service as a process: orders seen whole, and the live feed over a real database."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
import pytest

from tests.integration.http.conftest import START, TENANT, Running, running
from tests.unit.http.counter import assert_problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import httpx


@pytest.fixture(scope="module")
async def notify(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> AsyncIterator[Running]:
    prefix = await new_topics()
    url = await service_database("notify", prefix)
    async with running("notify", kafka_bootstrap, url, prefix) as service:
        yield service


class Writer:
    """One of the service's transactions, held open as long as the test likes."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self.connection = connection
        self.transaction = connection.transaction()

    async def tell(self, order_id: str, position: int, notice: str | None = None) -> None:
        """Write an entry of an order's timeline, and a notice that it gives rise to."""
        await self.connection.execute(
            "INSERT INTO timeline (tenant, order_id, teller, position, event_id, type, happened_at, known_at,"
            " summary) VALUES ($1, $2, 'order', $3, 'e', 't', $4, $4, 'said')",
            TENANT, order_id, position, START,
        )  # fmt: skip
        if notice is not None:
            await self.connection.execute(
                "INSERT INTO notices (tenant, notice_id, order_id, audience, kind, severity, text, cause_type,"
                " cause_id, known_at) VALUES ($1, $2, $3, 'OPERATIONS', 'K', 'WARNING', 'x', 't', 'e', $4)",
                TENANT, notice, order_id, START,
            )  # fmt: skip
        for notice_id in [None] if notice is None else [None, notice]:
            await self.connection.execute(
                "INSERT INTO feed (tenant, order_id, teller, position, notice_id)"
                " VALUES ($1, $2, 'order', $3, $4)",
                TENANT, order_id, position, notice_id,
            )  # fmt: skip


@asynccontextmanager
async def writing(service: Running) -> AsyncIterator[Writer]:
    connection = await asyncpg.connect(service.database_url)
    writer = Writer(connection)
    await writer.transaction.start()
    yield writer
    await writer.transaction.commit()
    await connection.close()


class Heard(NamedTuple):
    id: str
    event: str
    data: dict[str, Any]

    @property
    def what(self) -> str:
        return self.data.get("notice_id") or f"{self.data['order_id']}/{self.data['position']}"


async def hear(response: httpx.Response, count: int) -> list[Heard]:
    """The next events of a stream."""
    heard: list[Heard] = []
    fields: dict[str, str] = {}
    async with asyncio.timeout(10):
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if line == "" and "data" in fields:
                heard.append(Heard(fields["id"], fields["event"], json.loads(fields["data"])))
                fields = {}
                if len(heard) == count:
                    break
            elif name:
                fields[name] = value
    return heard


async def test_a_listener_hears_what_is_committed_in_an_order_that_can_be_resumed(notify: Running) -> None:
    async with notify.client.stream("GET", "/feed") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        # Given a transaction that began first and ends last
        async with writing(notify) as slow:
            await slow.tell("PO-1", 1)
            async with writing(notify) as quick:
                await quick.tell("PO-2", 1, notice="N-1")
            await asyncio.sleep(1.2)
        # Then what it wrote is heard first all the same
        heard = await hear(stream, 3)
    assert [h.what for h in heard] == ["PO-1/1", "PO-2/1", "N-1"]
    assert [h.event for h in heard] == ["order", "order", "notice"]
    assert "tenant" not in heard[0].data

    # And whoever calls again from any of them hears what followed, then what is new
    async with notify.client.stream("GET", "/feed", headers={"Last-Event-ID": heard[0].id}) as stream:
        async with writing(notify) as writer:
            await writer.tell("PO-1", 2)
        again = await hear(stream, 3)
    assert again[:2] == heard[1:]
    assert again[2].what == "PO-1/2"


async def test_others_hear_nothing_of_it(notify: Running) -> None:
    other = {"Silkway-Tenant": "sim-other", "Last-Event-ID": "1-1"}
    async with notify.client.stream("GET", "/feed", headers=other) as stream:
        async with writing(notify) as writer:
            await writer.tell("PO-3", 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await hear(stream, 1)


async def test_many_missed_events_come_in_chunks(notify: Running) -> None:
    async with writing(notify) as writer:
        for position in range(1, 1301):
            await writer.tell("PO-many", position)
    async with notify.client.stream("GET", "/feed", headers={"Last-Event-ID": "1-1"}) as stream:
        heard: list[Heard] = []
        fields: dict[str, str] = {}
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            fields[name] = value
            if line == "" and "data" in fields:
                heard.append(Heard(fields["id"], fields["event"], json.loads(fields.pop("data"))))
                if heard[-1].what == "PO-many/1300":
                    break
    missed = [h.what for h in heard if h.what.startswith("PO-many")]
    assert missed == [f"PO-many/{position}" for position in range(1, 1301)]


async def test_a_last_event_that_never_was_is_refused(notify: Running) -> None:
    response = await notify.client.get("/feed", headers={"Last-Event-ID": "yesterday"})
    assert_problem(response, 400, "bad-request", ["Last-Event-ID"])


async def test_an_order_is_seen_whole_and_listed(notify: Running) -> None:
    connection = await asyncpg.connect(notify.database_url)
    await connection.execute(
        """
        INSERT INTO order_views (tenant, order_id, buyer_id, supplier_id, life, funds, logistics, assurance, issue,
            received_minor, escrow_minor, payout_due_minor, paid_out_minor, hold_requested_minor,
            hold_granted_minor, hold_released_minor, line_count, lines_delivered, lines_late, shipment_count,
            shipments_delivered, known_at, order_events, logistics_events, credit_events)
        SELECT $1, 'V-' || n, 'B-1', 'S-' || n % 2, 'PLACED', 'UNPAID', 'NONE', 'NONE', 'NONE',
               0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $2, 1, 0, 0
        FROM generate_series(1, 5) n
        """,
        TENANT,
        START,
    )
    await connection.close()
    async with writing(notify) as writer:
        await writer.tell("V-1", 1, notice="N-V-1")
        await writer.tell("V-1", 2, notice="N-V-2")

    order = (await notify.client.get("/orders/V-1")).json()
    assert [entry["position"] for entry in order["timeline"]] == [1, 2]
    assert {notice["notice_id"] for notice in order["notices"]} == {"N-V-1", "N-V-2"}
    assert (order["life"], order["lines"], order["supplier_limit"]) == ("PLACED", [], None)
    assert_problem(await notify.client.get("/orders/none"), 404, "not-found")

    async def ids(path: str, key: str, **query: str) -> list[str]:
        return [item[key] for item in (await notify.client.get(path, params=query)).json()["items"]]

    assert await ids("/orders", "order_id", life="PLACED", limit="3") == ["V-1", "V-2", "V-3"]
    assert await ids("/orders", "order_id", supplier_id="S-0", buyer_id="B-1") == ["V-2", "V-4"]
    assert await ids("/notices", "notice_id", order_id="V-1") == ["N-V-2", "N-V-1"]
    assert await ids("/notices", "notice_id", order_id="V-1", severity="INFO") == []
    page = (await notify.client.get("/notices", params={"order_id": "V-1", "limit": "1"})).json()
    rest = {"order_id": "V-1", "cursor": page["next"]}
    assert await ids("/notices", "notice_id", **rest) == ["N-V-1"]
