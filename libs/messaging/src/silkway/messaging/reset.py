"""Moves a service's place in a partition, by order of operations: the engine itself never does.

Only what stands still is moved, so the service may run: it looks every ten seconds, and goes on from there. What was
moved, by whom and why is kept in `offset_resets`.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiokafka import TopicPartition

from silkway.messaging.fence import ADDED, RECREATED, Partition, fingerprint
from silkway.messaging.offsets import Place, log_reader, places_of, records_at
from silkway.messaging.routing import Service
from silkway.messaging.storage import Connection

HERE, FIRST, END = "here", "first", "end"
_MOVE = """
    UPDATE offsets SET next_offset = $3, fingerprint = $4, halted = NULL
    WHERE topic = $1 AND partition = $2 AND next_offset = $5"""
KEEP = """
    INSERT INTO offset_resets (topic, partition, "by", reason, halted, committed, offset_before, offset_after)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id"""
# Rows are known by the places of their records. Those of a log that is no more would stand in the way of the new one's.
_AT = "starts_with(place, $1) AND substring(place FROM '/([0-9]+)$')::bigint >= $2"
_KEPT = f"""
    SELECT (SELECT count(*) FROM waiting WHERE {_AT}) + (SELECT count(*) FROM parked WHERE {_AT})"""
_SET_ASIDE = f"""
    WITH aside AS (UPDATE refused SET place = place || $3 WHERE {_AT} RETURNING place)
    UPDATE inbox SET place = inbox.place || $3 FROM aside WHERE inbox.place || $3 = aside.place"""

_SET_ATTEMPTS_ASIDE = f"UPDATE parked_attempts SET place = place || $3 WHERE {_AT}"


class NotResettable(Exception):
    """The place cannot be moved there; the reason says what can be done."""


@dataclass(frozen=True, slots=True)
class Move:
    """From where to where a partition is to be read, which holds `first` up to `end`."""

    place: Place
    to: int

    def __str__(self) -> str:
        """What it means, in one sentence."""
        was, first = self.place.next_offset, self.place.first or 0
        another = self.place.finding == RECREATED or (self.place.end or 0) < was
        gone = 0 if another else max(first - was, 0)
        unread = max(self.to - (first if another else max(first, was)), 0)
        way = "stays at" if self.to == was else f"from {was} {'forward' if self.to > was else 'back'} to"
        means = [f"{way} {self.to}"]
        if gone:
            means.append(f"{gone} records that Kafka has no more are given up")
        if unread:
            means.append(f"{unread} records that Kafka has will never be read")
        if self.to < was:
            means.append("what was known before is dropped when it is read again, and the rest applied")
        return "; ".join(means)


async def plan(
    kafka: str, connection: Connection, service: Service, prefix: str, partition: Partition, to: str
) -> Move:
    """What would be done: `to` is "here", "first", "end" or an offset within the log. Raises NotResettable."""
    places = await places_of(kafka, connection, service, prefix, deep=True, only=partition)
    if not places:
        raise NotResettable(f"{service.name} reads no {partition[0]}/{partition[1]}")
    place = places[0]
    if place.finding == ADDED:
        raise NotResettable(ADDED)
    if place.first is None or place.end is None:
        raise NotResettable("Kafka has no such partition: create it first (silkway topics)")
    if not place.finding:
        raise NotResettable("nothing is wrong with it: it is read on by itself")
    known = {HERE: place.next_offset, FIRST: place.first, END: place.end}
    if to not in known and not to.isdecimal():
        raise NotResettable(f"{to!r} is neither here, first, end nor an offset")
    offset = known[to] if to in known else int(to)
    if not place.first <= offset <= place.end:
        raise NotResettable(f"{offset} is not within the log, which holds {place.first} up to {place.end}")
    if offset < place.next_offset and (kept := await _kept(connection, partition, offset)):
        raise NotResettable(
            f"records from {offset} on wait or are parked ({kept}), under places that other records would take:"
            " redrive or discard them first"
        )
    return Move(place, offset)


async def reset(kafka: str, connection: Connection, move: Move, *, by: str, reason: str) -> None:
    """Do what was planned. Raises NotResettable where it is not as it was planned any more."""
    partition = (move.place.topic, move.place.partition)
    before = move.place
    last = await _fingerprint(kafka, partition, move.to - 1) if move.to > (before.first or 0) else None
    was = before.next_offset
    async with connection.transaction():
        told = (*partition, by, reason, before.halted, before.committed, was, move.to)
        number = await connection.fetchval(KEEP, *told)
        if move.to < was:
            for statement in (_SET_ASIDE, _SET_ATTEMPTS_ASIDE):
                await connection.execute(statement, _start(partition), move.to, f"#{number}")
        if await connection.execute(_MOVE, *partition, move.to, last, was) != "UPDATE 1":
            raise NotResettable("it has changed meanwhile: look again")


def _start(partition: Partition) -> str:
    return f"{partition[0]}/{partition[1]}/"


async def _kept(connection: Connection, partition: Partition, offset: int) -> int:
    kept: int = await connection.fetchval(_KEPT, _start(partition), offset)
    return kept


async def _fingerprint(kafka: str, partition: Partition, offset: int) -> int | None:
    """Of the record before the place, so that the service knows this log again."""
    place = TopicPartition(*partition)
    async with log_reader(kafka) as log:
        record = (await records_at(log, {place: offset})).get(place)
    return None if record is None else fingerprint(record)
