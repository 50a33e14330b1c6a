"""Writes: a request's body is the data of a fact, which goes to its topic and nowhere else."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError

from silkway.contracts import ContractError, Envelope, Event, write
from silkway.messaging.http.outcomes import known
from silkway.messaging.http.personal import sealed_event
from silkway.messaging.http.problems import FieldError, Problem, field_errors, invalid
from silkway.messaging.http.publisher import Place
from silkway.messaging.http.requests import json_object, signed, traceparent_of
from silkway.messaging.identity import body_hash, identity

if TYPE_CHECKING:
    from silkway.messaging.http.database import Pool
    from silkway.messaging.http.publisher import Publisher

_REMEMBERED: Final = 10_000
_NOTHING: Final[Mapping[str, Any]] = {}


class EventAttributes(BaseModel):
    """By what an event is known: tenant, source and id identify it."""

    id: str
    source: str
    tenant: str
    type: str


class PlaceInLog(BaseModel):
    """Where a record stands in Kafka."""

    topic: str
    partition: int
    offset: int


class Accepted(BaseModel):
    """The fact is on the log; what becomes of it is to be seen at `status`."""

    event: EventAttributes
    place: PlaceInLog
    status: str
    """Path of its outcome; the same as the Location header."""


class Recent:
    """Body hashes and places of the events last published here, before the service has read them back.

    Only a help: it makes a reused key known at once on this instance; the service's inbox has the last word.
    """

    def __init__(self) -> None:
        self._events: OrderedDict[uuid.UUID, tuple[uuid.UUID, Place | None]] = OrderedDict()

    def get(self, event: uuid.UUID) -> tuple[uuid.UUID, Place | None] | None:
        return self._events.get(event)

    def put(self, event: uuid.UUID, body: uuid.UUID, place: Place | None) -> None:
        """Remember an event; `place` is None while it is being published."""
        self._events[event] = body, place
        if len(self._events) > _REMEMBERED:
            self._events.popitem(last=False)


class Writer:
    """Publishes facts for one service, each identity once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._recent = Recent()

    async def accept(
        self,
        request: Request,
        response: Response,
        model: type[Event],
        at: str,
        tenant: str,
        key: str | None,
        more: Mapping[str, Any] = _NOTHING,
    ) -> Accepted:
        """Validate, publish, and tell where to look. `at` names the field that tells when it happened.

        `more`: fields that are not the sender's to tell.
        """
        data = {**await json_object(request), **more}
        if "by" in model.model_fields:
            data = signed(request, data)
        event = parse(model, data, request.path_params)
        moment: datetime = getattr(event, at)
        envelope = Envelope.of(
            event,
            tenant=tenant,
            source=self.source,
            id=key or str(uuid7()),
            time=moment,
            traceparent=traceparent_of(request),
        )
        event = await sealed_event(request.app.state.vault, envelope, event)
        who = identity(tenant, self.source, envelope.id)
        body = body_hash(event.type, _value(envelope, event))
        place = await self._place_of_repeat(request.app.state.pool, who, body) if key else None
        if place is None:
            publisher: Publisher = request.app.state.publisher
            self._recent.put(who, body, None)
            place = await publisher.publish(envelope, event)
            self._recent.put(who, body, place)
        status = "/events?" + urlencode({"source": self.source, "id": envelope.id})
        response.headers["Location"] = status
        return Accepted(
            event=EventAttributes(id=envelope.id, source=self.source, tenant=tenant, type=event.type),
            place=PlaceInLog(**place._asdict()),
            status=status,
        )

    async def _place_of_repeat(self, pool: Pool, who: uuid.UUID, body: uuid.UUID) -> Place | None:
        """The place of the same event if it was published before; Problem 409 if that had another body."""
        before: tuple[uuid.UUID, Place | None] | None = self._recent.get(who)
        if before is None:
            read = await known(pool, who)
            before = read and (read[0], Place.parse(read[1]))
        if before is None:
            return None
        if before[0] != body:
            error = FieldError(
                field="Idempotency-Key",
                reason="it was used before with another body",
                remedy="Give every event a key of its own; repeat a request with the very same body.",
            )
            raise Problem(409, "idempotency-key-reused", f"{error.field}: {error.reason}", [error])
        return before[1]


def parse(model: type[Event], data: dict[str, Any], path: dict[str, Any]) -> Event:
    """The event of a body; ids in the path need not be repeated in it. Problem 422 for what is wrong."""
    for name, value in path.items():
        if data.setdefault(name, value) != value:
            reason = f"the body has {str(data[name])[:80]!r}, the path {value[:80]!r}"
            raise invalid([FieldError(field=name, reason=reason, remedy="Leave it out of the body.")])
    try:
        # As JSON, because the contracts check JSON more strictly than Python's values.
        return model.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise invalid(field_errors(error.errors(include_url=False, include_input=False))) from None


def _value(envelope: Envelope, event: Event) -> bytes:
    """The bytes that go onto the log: equal for bodies that say the same. Problem 413 if they are too many."""
    try:
        value = write(envelope, event).value
    except ContractError as too_large:
        raise Problem(413, "body-too-long", str(too_large)) from None
    assert value is not None  # only ticks have none
    return value


def uuid7() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then chance; the standard library's is Python 3.14's."""
    chance = secrets.randbits(74)
    milliseconds = time.time_ns() // 1_000_000
    return uuid.UUID(
        int=milliseconds << 80 | 0x7 << 76 | (chance >> 62) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    )
