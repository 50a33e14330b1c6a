"""What the services say of the built-in trade: the orders as order keeps them, and what is on the log."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer

from silkway.cli.addresses import SERVICES
from silkway.cli.demo.expect import COUNTED, TOLD
from silkway.messaging.database import plain_connection
from silkway.messaging.kafka import to_kafka

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiokafka.structs import ConsumerRecord

    from silkway.cli.addresses import Addresses

QUEUES: Final = ("parked", "waiting", "refused", "unmatched")
"""Counts that are compared whether anything is expected of them or not: nothing is to be left in them."""
TOPICS: Final = ("order.events", "logistics.events", "credit.events", "notify.events")
_POLL_MS: Final = 1_000
_RECORDS: Final = 5_000
_FETCH_BYTES: Final = 16 * 1024 * 1024
_ORDERS: Final = """
    SELECT order_id, life, funds, logistics, assurance, issue, total_minor, received_minor, escrow_minor,
           paid_out_minor, refunded_minor, refund_due_minor,
           (SELECT count(*) FROM order_lines l
            WHERE l.tenant = o.tenant AND l.order_id = o.order_id AND l.late) AS lines_late
    FROM orders o WHERE tenant = $1"""
_UNMATCHED: Final = "SELECT count(*) FROM payments WHERE tenant = $1 AND state = 'UNMATCHED'"
_CLAIM_STATES: Final = {
    "claim.opened": "OPEN", "claim.refused": "REFUSED", "claim.agreed": "AGREED", "claim.escalated": "ESCALATED",
    "claim.upheld": "UPHELD", "claim.rejected": "REJECTED", "claim.paid": "PAID", "claim.withdrawn": "WITHDRAWN",
    "claim.closed": "CLOSED",
}  # fmt: skip
_BOOKING_STATES: Final = {
    "booking.requested": "REQUESTED", "booking.declined": "DECLINED", "quote.refused": "REFUSED",
    "booking.cancellation_requested": "CANCELLED",
}  # fmt: skip
HEARD: Final = COUNTED | TOLD | {"shipment.linked", "claim.contested", "incident.opened", "incident.changed"}


@dataclass(slots=True)
class Seen:
    """One order: its row in the order service (`state`), and what was said about it on the log."""

    state: dict[str, Any] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)
    claims: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Kind and last state by claim."""
    rows: Counter[int] = field(default_factory=Counter)
    """How often each row of the compensation table took place."""
    booking: str | None = None

    def hear(self, name: str, data: dict[str, Any]) -> None:
        """One more event about it, in the order in which its service told it."""
        before = self.events
        if name == "order.reinstated":
            self.rows[1] += 1
        elif name == "claim.withdrawn" and data["reason"] != "GIVEN_UP":
            self.rows[2] += 1
        elif name == "acceptance.reversed":
            self.rows[3] += 1
        elif name == "order.undelivered":
            self.rows[4] += 1
        elif name == "refund.withdrawn" and before["payment.reversed"]:
            self.rows[5] += 1
        elif name in ("hold.granted", "hold.refused") and before["hold.expired"]:
            self.rows[6] += 1
        if name in _BOOKING_STATES:
            self.booking = _BOOKING_STATES[name]
        elif name == "shipment.linked" and data.get("booking_id") and self.booking == "REQUESTED":
            self.booking = "CONFIRMED"
        if name in _CLAIM_STATES:
            claim_id = data["claim_id"]
            kind = data.get("kind") or self.claims.get(claim_id, ("", ""))[0]
            self.claims[claim_id] = (kind, _CLAIM_STATES[name])
        if name in COUNTED:
            self.events[name] += 1
        elif name in TOLD:
            self.told.add(name)


class Incidents:
    """Which causes had an incident: how often it was opened, and how many orders it had at most."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def hear(self, name: str, data: dict[str, Any]) -> None:
        """One more event about an incident."""
        times, orders = incident_counts(data["cause_reference"])
        if name == "incident.opened":
            self.counts[times] = self.counts.get(times, 0) + 1
        self.counts[orders] = max(self.counts.get(orders, 0), data["orders"])


def incident_counts(cause_reference: str) -> tuple[str, str]:
    """The names of both counts: times opened, most orders."""
    return f"times opened, incident of {cause_reference}", f"most orders, incident of {cause_reference}"


class Heard:
    """What was said about one tenant, as far as it is compared."""

    def __init__(self) -> None:
        self.orders: dict[str, Seen] = {}
        self.incidents = Incidents()

    def hear(self, name: str, data: dict[str, Any]) -> None:
        """One more event, each once, and in the order in which its service told it. name: one of `HEARD`."""
        if name.startswith("incident."):
            self.incidents.hear(name, data)
        elif "order_id" in data:
            self.orders.setdefault(data["order_id"], Seen()).hear(name, data)


class Sight(NamedTuple):
    """All that is compared: orders by id, and counts by name."""

    orders: dict[str, Seen]
    counts: dict[str, int]


async def see(system: Addresses, tenant: str) -> Sight:
    """What there is of a tenant. Raises asyncpg, OS and Kafka errors."""
    heard = Heard()
    async for name, data in _events(system, tenant):
        heard.hear(name, data)
    return await sight_of(system, tenant, heard)


async def sight_of(system: Addresses, tenant: str, heard: Heard) -> Sight:
    """What there is of a tenant, whose events were read already. Raises asyncpg and OS errors."""
    connection = await plain_connection(system.database("order"), timeout=10, command_timeout=300)
    try:
        for row in await connection.fetch(_ORDERS, tenant):
            heard.orders.setdefault(row["order_id"], Seen()).state = dict(row)
    finally:
        await connection.close()
    return Sight(heard.orders, await _queues(system, tenant) | heard.incidents.counts)


async def _queues(system: Addresses, tenant: str) -> dict[str, int]:
    """Records of the tenant that are parked, waiting or refused, of all services together; unmatched money."""
    found: Counter[str] = Counter()
    for name in SERVICES:
        connection = await plain_connection(system.database(name), timeout=10, command_timeout=60)
        try:
            for queue in ("parked", "waiting", "refused"):
                query = f"SELECT count(*) FROM {queue} WHERE tenant = $1"
                found[queue] += await connection.fetchval(query, tenant)
            if name == "order":
                found["unmatched"] = await connection.fetchval(_UNMATCHED, tenant)
        finally:
            await connection.close()
    return dict(found)


async def _events(system: Addresses, tenant: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Type and data of all events of the tenant that are on the log now and matter here, each once.

    What a service publishes again, after a crash, comes again under its version.
    """
    seen: dict[tuple[str, bytes], int] = {}
    consumer = AIOKafkaConsumer(
        *(system.prefix + topic for topic in TOPICS), **to_kafka(system.kafka), group_id=None,
        enable_auto_commit=False, auto_offset_reset="earliest", max_partition_fetch_bytes=_FETCH_BYTES,
    )  # fmt: skip
    await consumer.start()  # without a group it has all partitions
    try:
        places = sorted(consumer.assignment())
        ends = await consumer.end_offsets(places)
        prefix = f"{tenant}/".encode()
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS)).values():
                for record in records:
                    if record.key is not None and record.key.startswith(prefix):
                        found = _read(record, seen)
                        if found is not None:
                            yield found
    finally:
        await consumer.stop()


def _read(record: ConsumerRecord, seen: dict[tuple[str, bytes], int]) -> tuple[str, dict[str, Any]] | None:
    """Type and data, if they matter and are new. `seen`: last versions by topic and subject."""
    headers = dict(record.headers)
    name = headers.get("ce_type", b"").decode().removeprefix("silkway.").rpartition(".v")[0]
    if name not in HEARD:
        return None
    subject, version = (record.topic, headers["ce_subject"]), int(headers["ce_version"])
    if version <= seen.get(subject, 0):
        return None
    seen[subject] = version
    data: dict[str, Any] = json.loads(record.value)
    return name, data
