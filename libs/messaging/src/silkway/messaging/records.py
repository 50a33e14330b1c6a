"""Kafka records as what they mean to a service: a tick, a fact from outside, an event of ours, a command.

Decoding never raises: what cannot be read becomes `Invalid`, with the reason.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from silkway.contracts import (
    EVENTS,
    ClockTicked,
    ContractError,
    Envelope,
    Event,
    check_key,
    check_topic,
    cleared,
    in_the_clear,
    read_data,
    read_envelope,
)
from silkway.messaging.fact import Refused
from silkway.messaging.identity import body_hash, identity
from silkway.messaging.redrive import Command, CommandError, read_command
from silkway.messaging.routing import Route, Service
from silkway.messaging.work import Key

_UNKNOWN_RANK = 0
_PACK = msgspec.msgpack.Encoder().encode


class Record(NamedTuple):
    """A Kafka record, whole. `recorded_ms`: Kafka's time of it; -1 where that is not known."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None
    recorded_ms: int = -1

    @property
    def place(self) -> str:
        """Where it stands in the log: "topic/partition/offset"."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    def pack(self) -> bytes:
        return _PACK((self.key, [(k, v) for k, v in self.headers], self.value))


_UNPACK = msgspec.msgpack.Decoder(tuple[bytes | None, list[tuple[str, bytes | None]], bytes | None]).decode


def unpack(place: str, packed: bytes) -> Record:
    """The record that `pack` kept."""
    topic, partition, offset = place.rsplit("/", 2)
    key, headers, value = _UNPACK(packed)
    return Record(topic, int(partition), int(offset), key, headers, value)  # type: ignore[arg-type]


class Tick(msgspec.Struct):
    record: Record
    clock: str
    at: dt.datetime


class Outside(msgspec.Struct):
    """A valid event from outside; `known_at` is the last tick before it in its partition."""

    record: Record
    envelope: Envelope
    identity: uuid.UUID
    body_hash: uuid.UUID
    data: Event
    route: Route | None
    keys: list[Key]
    known_at: dt.datetime | None = None


class Ours(msgspec.Struct):
    """An event of one of our services: the `version`-th about its subject. `route` is None if it is ignored."""

    record: Record
    envelope: Envelope
    sender: str
    version: int
    data: Event | None
    route: Route | None
    keys: list[Key]
    known_at: dt.datetime


class Operator(msgspec.Struct):
    """A command of operations about a parked record; `parked` is that record, read anew once it is loaded.

    Of a deadline there is no record: then `tenant` says whose it is.
    """

    record: Record
    command: Command
    parked: Readable | None = None
    tenant: str | None = None


class Invalid(msgspec.Struct):
    """What cannot be read. From outside it is refused; from our own services it is parked at `keys[0]`."""

    record: Record
    error: ContractError | Refused
    envelope: Envelope | None
    identity: uuid.UUID | None
    body_hash: uuid.UUID | None
    keys: list[Key]
    sender: str = ""
    version: int = 0
    known_at: dt.datetime | None = None


class Foreign(msgspec.Struct):
    """An event about a kind of subject that this service does not keep."""

    record: Record


Readable = Outside | Ours | Invalid
Item = Tick | Readable | Operator | Foreign


class Reader:
    """Decodes the records of one service's topics. `prefix` stands before every topic's name.

    Facts that Kafka recorded at `sealed_since` or later must bring personal data sealed.
    """

    def __init__(self, service: Service, prefix: str = "", sealed_since: dt.datetime | None = None) -> None:
        self._sealed_since_ms = math.inf if sealed_since is None else sealed_since.timestamp() * 1000
        self._router = service.router
        self._ranks = {kind.name: kind.rank for kind in service.kinds}
        self._facts = {prefix + topic: topic for topic in service.facts}
        self._senders = {prefix + topic: topic.removesuffix(".events") for topic in service.feeds}
        self._redrive = prefix + service.redrive

    def read(self, record: Record) -> Item:
        if record.topic == self._redrive:
            return self._operator(record)
        envelope: Envelope | None = None
        try:
            envelope = read_envelope(record.headers)
            if envelope.type == ClockTicked.type:
                return Tick(record, envelope.tenant, envelope.time)
            if record.topic in self._facts:
                return self._outside(record, envelope)
            return self._ours(record, envelope)
        except ContractError as error:
            return self._invalid(record, envelope, error)
        except Exception as error:  # a fault of ours must not lose the batch
            return self._invalid(record, envelope, Refused("$", repr(error)[:300], "Report this fault."))

    def _outside(self, record: Record, envelope: Envelope) -> Item:
        data = read_data(envelope.type, record.value)
        check_topic(type(data), self._facts[record.topic])
        check_key(envelope, data, record.key)
        if record.recorded_ms >= self._sealed_since_ms and (clear := in_the_clear(data)):
            remedy = "Publish it over HTTP, or seal it first with `silkway seal`, under another id."
            raise ContractError("personal_data", clear[0], "personal data is in the clear", remedy)
        route = self._router.routes.get(envelope.type)
        if route is None and envelope.type not in self._router.ignored:
            reason = f"{envelope.type} is not handled here"
            raise ContractError(
                "unknown_type", "ce_type", reason, "Send one of the events that the docs list."
            )
        return Outside(
            record,
            envelope,
            identity(envelope.tenant, envelope.source, envelope.id),
            body_hash(envelope.type, record.value or b""),
            data,
            route,
            keys_of(route, data, envelope.tenant),
        )

    def _ours(self, record: Record, envelope: Envelope) -> Item:
        kind, _, identifier = envelope.subject.partition("/")
        rank = self._ranks.get(kind)
        if rank is None:
            return Foreign(record)
        if envelope.version is None or envelope.knowntime is None:
            reason = "version or knowntime is missing on an event of ours"
            raise ContractError("bad_header", "ce_version", reason, "Deploy its sender again, then redrive.")
        home = (rank, f"{envelope.tenant}/{identifier}")
        route = self._router.routes.get(envelope.type)
        if route is None:
            if envelope.type not in self._router.ignored:
                reason = f"{envelope.type} is not known to this version"
                raise ContractError(
                    "unknown_type", "ce_type", reason, "Deploy one that knows it, then redrive."
                )
            return Ours(
                record,
                envelope,
                self._senders[record.topic],
                envelope.version,
                None,
                None,
                [home],
                envelope.knowntime,
            )
        data = read_data(envelope.type, record.value)
        keys = [home, *(key for key in keys_of(route, data, envelope.tenant) if key != home)]
        return Ours(
            record,
            envelope,
            self._senders[record.topic],
            envelope.version,
            data,
            route,
            keys,
            envelope.knowntime,
        )

    def _invalid(self, record: Record, envelope: Envelope | None, error: ContractError | Refused) -> Item:
        if record.topic in self._facts:
            if record.recorded_ms >= self._sealed_since_ms:
                record = record._replace(value=_without_personal_data(envelope, record.value))
            if envelope is None:
                return Invalid(record, error, None, None, None, [])
            return Invalid(
                record,
                error,
                envelope,
                identity(envelope.tenant, envelope.source, envelope.id),
                body_hash(envelope.type, record.value or b""),
                [],
            )
        sender = self._senders[record.topic]
        if envelope is None:
            key = (record.key or b"").decode("utf-8", "replace").replace("\0", "\ufffd")[:200]
            return Invalid(record, error, None, None, None, [(_UNKNOWN_RANK, key)], sender)
        kind, _, identifier = envelope.subject.partition("/")
        rank = self._ranks.get(kind, _UNKNOWN_RANK)
        return Invalid(
            record,
            error,
            envelope,
            None,
            None,
            [(rank, f"{envelope.tenant}/{identifier}")],
            sender,
            envelope.version or 0,
            envelope.knowntime,
        )

    def _operator(self, record: Record) -> Item:
        try:
            return Operator(record, read_command(record.value or b""))
        except CommandError as error:
            refusal = Refused(error.field, error.reason, error.remedy)
            return Invalid(record, refusal, None, None, None, [])


def _without_personal_data(envelope: Envelope | None, value: bytes | None) -> bytes | None:
    """What may be kept of data that was refused: seals where there may have been more, None where nobody can tell."""
    try:
        data = json.loads(value or b"")
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    model = EVENTS.get(envelope.type) if envelope is not None else None
    return json.dumps(cleared(model, data), ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


def keys_of(route: Route | None, data: Any, tenant: str) -> list[Key]:
    """The aggregates that an event's data names, its home first."""
    if route is None:
        return []
    return [(name.kind.rank, f"{tenant}/{name.id}") for name in route.names(data)]
