"""Claims, with their clocks and every step they took."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel

from silkway.contracts.fields import DerivedId, Id
from silkway.credit import store
from silkway.credit.api.door import API
from silkway.credit.domain.state import ClaimState
from silkway.messaging.http import (
    Page,
    PageQuery,
    Pages,
    TenantId,
    connection,
    not_found,
    problem_responses,
)


class ClaimView(BaseModel):
    """A claim on the cover of an order, in minor units of `currency`, with its clocks.

    The supplier answers before `answer_by`; from then on the buyer may escalate, at `escalates_at` it escalates by
    itself. What is REQUESTED will be opened or REFUSED with the next tick. `open_minor` is what is still to come back
    of `paid_minor`. Of that the buyer, who got it twice or without ground, is to bring back `buyer_minor` and has
    brought back `buyer_recovered_minor`; the rest is the supplier's. `due_from` is BUYER where all of it is the
    buyer's.
    """

    order_id: str
    claim_id: str
    supplier_id: str
    currency: str
    kind: str
    opened_by: str
    state: str
    amount_minor: int
    text: str | None
    event_id: str
    opened_at: dt.datetime
    opened_known_at: dt.datetime
    review_from: dt.datetime
    answer_by: dt.datetime
    escalates_at: dt.datetime
    answer: str | None
    inspect_from: dt.datetime | None
    hold_id: str | None
    rate: str | None
    paid_minor: int
    paid_known_at: dt.datetime | None
    recovered_minor: int
    open_minor: int
    buyer_minor: int
    buyer_recovered_minor: int
    due_from: str | None
    withdrawn_for: str | None
    proof_at: dt.datetime | None
    ended_known_at: dt.datetime | None


class StepView(BaseModel):
    """One step of a claim."""

    number: int
    step: str
    taken_by: str
    text: str | None
    known_at: dt.datetime


class ClaimDetail(ClaimView):
    """A claim with all its steps, oldest first."""

    steps: list[StepView]


class ClaimQuery(PageQuery):
    """Which claims to list."""

    order_id: Id | None = None
    state: ClaimState | None = None


_CLAIMS = Pages(ClaimView, order_id=Id, claim_id=DerivedId)


@API.router.get("/claims", summary="List claims by order")
async def list_claims(
    request: Request, tenant: TenantId, query: Annotated[ClaimQuery, Query()]
) -> Page[ClaimView]:
    """Claims with their clocks, by order and id."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_claims(
            reading, tenant, query.order_id, query.state, _CLAIMS.after(query), query.limit + 1
        )
    return _CLAIMS.page(rows, query)


@API.router.get(
    "/orders/{order_id:path}/claims/{claim_id:path}", summary="See a claim", responses=problem_responses(404)
)
async def get_claim(request: Request, tenant: TenantId, order_id: Id, claim_id: DerivedId) -> ClaimDetail:
    """A claim with its clocks and its steps."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_claim(reading, tenant, order_id, claim_id)
    if found is None:
        raise not_found(f"claim {claim_id} of order {order_id}")
    return ClaimDetail.model_validate(found)
