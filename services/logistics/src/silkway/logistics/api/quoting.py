"""`POST /quotes`: computed from the rates in the database, published as a fact, answered at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import uuid
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode

from pydantic import ValidationError

from silkway.contracts import Envelope, QuoteGiven, QuoteNeed, clock_of
from silkway.contracts.keys import LIVE_CLOCK
from silkway.logistics import store
from silkway.logistics.domain import quote as quotes
from silkway.logistics.domain.distance import distance_km
from silkway.messaging.http import Place, Problem, connection
from silkway.messaging.http.outcomes import known
from silkway.messaging.http.problems import FieldError, field_errors, invalid
from silkway.messaging.http.writes import uuid7
from silkway.messaging.identity import identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from silkway.contracts.fields import CarriageMode
    from silkway.logistics.domain.quote import Need, Quote
    from silkway.messaging.http import Publisher
    from silkway.messaging.http.database import Pool

_KEYS: Final = uuid.UUID("8d2f0a52-63c1-5f0c-8f0d-5f6f2a3d9b77")
_REMEMBERED: Final = 1_000
_MOST_DISTANCES: Final = 100_000


class Answer(NamedTuple):
    """A quote that was given, the id of its event, and where it stands in the log."""

    quote: Quote
    event_id: str
    place: Place


class Quoting:
    """Gives quotes for one service; `source` is that of the events."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._recent: OrderedDict[tuple[str, str], Answer] = OrderedDict()
        self._distances: dict[tuple[CarriageMode, str], int | None] = {}

    async def give(
        self,
        pool: Pool,
        publisher: Publisher,
        tenant: str,
        need: QuoteNeed,
        key: str | None,
        traceparent: str,
    ) -> Answer:
        """Compute, publish and return a quote; the same again for the same Idempotency-Key.

        Raises Problem 404 where no carrier offers it, 409 for a key that was used for other goods.
        """
        event_id = key or str(uuid7())
        quote_id = str(uuid.uuid5(_KEYS, f"{tenant}/{key}")) if key else event_id
        wanted = quotes.need_of(need)
        if key and (before := await self._given(pool, tenant, quote_id, event_id)) is not None:
            if quotes.read_need(before.quote.need) != wanted:
                raise _reused()
            return before
        quote = await self._compute(pool, tenant, quote_id, wanted)
        event = quotes.event_of(quote)
        envelope = Envelope.of(
            event,
            tenant=tenant,
            source=self._source,
            id=event_id,
            time=event.given_at,
            traceparent=traceparent,
        )
        answer = Answer(quote, event_id, await publisher.publish(envelope, event))
        if key:
            self._remember(tenant, answer)
        return answer

    def body(self, tenant: str, answer: Answer) -> tuple[bytes, str]:
        """The answer's JSON, and the path of the event's outcome."""
        quote, event_id, place = answer
        status = "/events?" + urlencode({"source": self._source, "id": event_id})
        about = {
            "event": {"id": event_id, "source": self._source, "tenant": tenant, "type": QuoteGiven.type},
            "place": place._asdict(),
            "status": status,
        }
        head = json.dumps(about, separators=(",", ":"))
        return f'{head[:-1]},"quote":{quotes.told(quote)}}}'.encode(), status

    async def _compute(self, pool: Pool, tenant: str, quote_id: str, need: Need) -> Quote:
        clock = clock_of(tenant)
        async with connection(pool) as reading:
            # A scenario lives by its own clock; before its first tick it has no rates either.
            now = dt.datetime.now(dt.UTC) if clock == LIVE_CLOCK else await store.clock_time(reading, clock)
            if now is None:
                raise _no_offer(need)
            earliest = max(need.ready_on, now.date())
            cards = await store.rates_of_a_lane(reading, tenant, need.lane_id, earliest)
        modes = sorted({card.mode for card in cards})
        distances = await self._measure(modes, need)
        offered, stands_hours = quotes.options(cards, need, now.date(), distances.get)
        if not offered:
            raise _no_offer(need)
        return quotes.give(tenant, quote_id, need, offered, stands_hours, now)

    async def _measure(self, modes: list[CarriageMode], need: Need) -> dict[CarriageMode, int | None]:
        """Distances by mode. What is new is measured in another thread: a sea route takes a while."""
        lane_id = need.lane_id
        new = [mode for mode in modes if (mode, lane_id) not in self._distances]
        if new:
            if len(self._distances) > _MOST_DISTANCES:
                self._distances.clear()
            found = await asyncio.to_thread(_distances, new, need)
            self._distances.update(((mode, lane_id), distance) for mode, distance in found.items())
        return {mode: self._distances[mode, lane_id] for mode in modes}

    async def _given(self, pool: Pool, tenant: str, quote_id: str, event_id: str) -> Answer | None:
        """The quote that was given for this key before, by this instance or another."""
        recent = self._recent.get((tenant, quote_id))
        if recent is not None:
            return recent
        async with connection(pool) as reading:
            quote = await store.read_quote(reading, tenant, quote_id)
        found = None if quote is None else await known(pool, identity(tenant, self._source, event_id))
        return None if quote is None or found is None else Answer(quote, event_id, Place.parse(found[1]))

    def _remember(self, tenant: str, answer: Answer) -> None:
        self._recent[tenant, answer.quote.quote_id] = answer
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)


def need_from(data: Mapping[str, object]) -> QuoteNeed:
    """What a request asks for; Problem 422 for what is wrong with it."""
    try:
        need = QuoteNeed.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise invalid(field_errors(error.errors(include_url=False, include_input=False))) from None
    if (need.value_minor is None) != (need.currency is None):
        missing = "currency" if need.currency is None else "value_minor"
        reason = "a value needs its currency, and a currency a value"
        raise invalid([FieldError(field=missing, reason=reason, remedy="Send both or neither.")])
    return need


def _distances(modes: list[CarriageMode], need: Need) -> dict[CarriageMode, int | None]:
    return {mode: distance_km(mode, need.origin, need.destination) for mode in modes}


def _no_offer(need: Need) -> Problem:
    by = f" and arrives by {need.deliver_by}" if need.deliver_by else ""
    detail = f"No rate card takes these goods from {need.origin} to {need.destination} from {need.ready_on} on{by}."
    return Problem(404, "no-offer", detail)


def _reused() -> Problem:
    error = FieldError(
        field="Idempotency-Key",
        reason="it was used before with another body",
        remedy="Give every quote a key of its own; repeat a request with the very same body.",
    )
    return Problem(409, "idempotency-key-reused", f"{error.field}: {error.reason}", [error])
