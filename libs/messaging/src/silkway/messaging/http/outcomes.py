"""What became of an event: GET /events."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from silkway.contracts.attributes import MAX_ATTRIBUTE_CHARS
from silkway.messaging.http.database import connection
from silkway.messaging.http.problems import FieldError, Problem, invalid
from silkway.messaging.http.requests import TenantId
from silkway.messaging.identity import identity

if TYPE_CHECKING:
    from silkway.messaging.http.database import Pool

MAX_WAIT_S: Final = 30.0
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 0.5
_WAIT: Final = re.compile(r"([0-9]{1,5})(ms|s)")

_KNOWN = "SELECT body_hash, place FROM inbox WHERE identity = $1"
_OUTCOME = "SELECT outcome, detail::text AS detail, place FROM inbox WHERE identity = $1"
_REUSES = """
    SELECT place, field, reason, remedy FROM refused
    WHERE tenant = $1 AND source = $2 AND event_id = $3 AND place <> $4 ORDER BY place LIMIT 20
"""

Attribute = Annotated[
    str, Query(min_length=1, max_length=MAX_ATTRIBUTE_CHARS, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class Reuse(BaseModel):
    """A later record that came under the same identity with another body, and was refused for it."""

    place: str
    """Where it stands in the log: topic/partition/offset."""
    detail: FieldError
    """Why it was refused."""


class Outcome(BaseModel):
    """What became of an event."""

    outcome: Literal["applied", "refused", "waiting", "parked", "discarded"]
    """applied: its effects are there; refused: it can never apply; waiting: it came too early; parked: valid, but
    it could not be applied and operations look at it; discarded: operations gave it up."""
    detail: dict[str, Any] | None
    """refused: field, reason, remedy; waiting: for; parked: error; discarded: by, reason."""
    place: str
    """Where it stands in the log: topic/partition/offset."""
    reused: list[Reuse] = []
    """Later records that claimed to be this event and were refused."""


async def known(pool: Pool, event_identity: uuid.UUID) -> tuple[uuid.UUID, str] | None:
    """Body hash and place of an event that the service has read, None if it has not (yet)."""
    async with connection(pool) as reading:
        row = await reading.fetchrow(_KNOWN, event_identity)
    return None if row is None else (row["body_hash"], row["place"])


async def outcome_of(pool: Pool, tenant: str, source: str, event_id: str) -> Outcome | None:
    """What became of an event so far, None if it has not been read (yet)."""
    async with connection(pool) as reading:
        row = await reading.fetchrow(_OUTCOME, identity(tenant, source, event_id))
        if row is None:
            return None
        reuses = await reading.fetch(_REUSES, tenant, source, event_id, row["place"])
    return Outcome(
        outcome=row["outcome"],
        detail=json.loads(row["detail"] or "null"),
        place=row["place"],
        reused=[
            Reuse(
                place=r["place"], detail=FieldError(field=r["field"], reason=r["reason"], remedy=r["remedy"])
            )
            for r in reuses
        ],
    )


def outcomes_router(own_source: str) -> APIRouter:
    """GET /events; `own_source` is the source of what came over this service's HTTP."""
    router = APIRouter(tags=["events"])

    @router.get("/events", summary="What became of an event")
    async def get_outcome(
        request: Request,
        tenant: TenantId,
        event_id: Annotated[Attribute, Query(alias="id", description="The event's id.")],
        source: Annotated[
            Attribute, Query(description="The event's source; by default this API.")
        ] = own_source,
        wait: Annotated[str, Query(description="How long to wait for it: 0s to 30s, or in ms.")] = "0s",
    ) -> Outcome:
        """Every event from outside has one outcome. While it is not known, or the event waits for another, the
        answer may be waited for; afterwards it is 404, or `waiting`."""
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + _seconds(wait), _FIRST_PAUSE_S
        while True:
            found = await outcome_of(request.app.state.pool, tenant, source, event_id)
            if found is not None and found.outcome != "waiting":
                return found
            left = until - loop.time()
            if left <= 0:
                break
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)
        if found is None:
            raise Problem(404, "not-seen-yet", f"The event {event_id} of {source} has not been read (yet).")
        return found

    return router


def _seconds(wait: str) -> float:
    match = _WAIT.fullmatch(wait)
    if match is not None:
        seconds = int(match[1]) / (1000 if match[2] == "ms" else 1)
        if seconds <= MAX_WAIT_S:
            return seconds
    raise invalid(
        [FieldError(field="wait", reason="it is no such time", remedy="Send e.g. 500ms or 2s, at most 30s.")]
    )
