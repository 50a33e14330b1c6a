"""The auditor over HTTP: what it has found, whether it reads, and its figures."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel

from silkway.auditor import store
from silkway.auditor.domain import Invariant
from silkway.messaging.http import Page, PageQuery, Pages, TenantId, connection, problem_responses, problems
from silkway.messaging.http.app import describe
from silkway.messaging.http.gate import Gate, admission
from silkway.messaging.http.probes import add_probes
from silkway.messaging.http.scopes import Scopes
from silkway.messaging.http.watching import Watched


class FindingView(BaseModel):
    """A broken invariant: about which subject (kind/id), by which event, known and found when."""

    finding_id: str
    subject: str
    invariant: str
    text: str
    event_id: str
    known_at: dt.datetime
    found_at: dt.datetime
    settled: bool


class FindingQuery(PageQuery):
    """Which findings to list."""

    invariant: Invariant | None = None


SCOPES: Final = Scopes()
"""It only shows: whatever may be asked of it needs `read`."""
_FINDINGS = Pages(FindingView, found_at=dt.datetime, finding_id=uuid.UUID)


def create_api(waits_for: Callable[[], list[str]]) -> FastAPI:
    """The auditor's application. `waits_for`: what it waits for, empty while it reads.

    Who runs it sets `state.pool` (asyncpg, the auditor's database) and `state.gate`, where not everybody may come in.
    """
    app = FastAPI(
        title="Silkway auditor", redirect_slashes=False,
        description="What contradicts itself on the log. Every request is of one tenant: that of its key or token, "
        "else that of the header `Silkway-Tenant`.",
        dependencies=[Depends(admission(SCOPES))],
    )  # fmt: skip
    app.state.gate = Gate()
    problems.install(app)
    describe(app, SCOPES)
    app.add_middleware(Watched)

    @app.get("/findings", summary="List findings, newest first", responses=problem_responses(400, 422, 503))
    async def list_findings(
        request: Request, tenant: TenantId, query: Annotated[FindingQuery, Query()]
    ) -> Page[FindingView]:
        """Broken invariants of a tenant, by when they were found."""
        async with connection(request.app.state.pool) as reading:
            rows = await store.list_findings(
                reading, tenant, query.invariant, _FINDINGS.after(query), query.limit + 1
            )
        return _FINDINGS.page(rows, query)

    async def missing() -> list[str]:
        return waits_for()

    async def shown() -> dict[str, Any]:
        async with connection(app.state.pool) as reading:
            return {"findings": await store.count_open(reading)}

    add_probes(app, missing, shown=shown)
    return app
