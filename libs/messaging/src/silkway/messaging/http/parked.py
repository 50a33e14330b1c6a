"""The workbench over HTTP: what is parked, what would come of a fix, and the commands that go by the log."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ValidationError

from silkway.contracts import EVENTS, KafkaMessage, clear_fields
from silkway.messaging import workbench
from silkway.messaging.database import is_conflict
from silkway.messaging.http.database import connection
from silkway.messaging.http.pages import Page, PageQuery, Pages
from silkway.messaging.http.parked_views import (
    AttemptView,
    Choice,
    Discard,
    FollowerView,
    Ordered,
    OrderedOne,
    ParkedDetail,
    ParkedView,
    PreviewRequest,
    PreviewView,
    Redrive,
    follower_of,
    preview_view,
)
from silkway.messaging.http.problems import FieldError, Problem, field_errors, invalid, not_found, unavailable
from silkway.messaging.http.requests import TenantId, json_object, signed
from silkway.messaging.redrive import Command, write_command
from silkway.messaging.workbench import HIDDEN, Filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from silkway.messaging.http.publisher import Publisher
    from silkway.messaging.rehearsal import Preview, Rehearsal

OPERATE: Final = ("preview_parked", "redrive_parked", "discard_parked")
"""The operations of the workbench that need the scope `operate`."""
MOST_AT_ONCE: Final = 1000
M = TypeVar("M", bound=BaseModel)
_LIST: Final = Pages(ParkedView, known_at=AwareDatetime, place=str)
_Word = Annotated[str | None, Query(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]


class ParkedQuery(PageQuery):
    """Which parked records to list."""

    topic: _Word = None
    """Where it was read; `timer` for a deadline."""
    type: _Word = None
    error: _Word = None
    """The class of what was raised."""
    known_from: AwareDatetime | None = None
    known_until: AwareDatetime | None = None


def parked_router(name: str, responses: Any) -> APIRouter:
    """The paths below /parked of the service `name`. `responses` describes problems by their statuses."""
    router = APIRouter(prefix="/parked", tags=["parked"])

    def body(model: type[BaseModel]) -> dict[str, Any]:
        schema = {"$ref": f"#/components/schemas/{model.__name__}"}
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

    @router.get("", summary="List parked records")
    async def list_parked(
        request: Request, tenant: TenantId, query: Annotated[ParkedQuery, Query()]
    ) -> Page[ParkedView]:
        """Records and deadlines that are valid and could not be applied, those known earliest first."""
        prefix = request.app.state.prefix
        which = Filter(tenant, **query.model_dump(exclude={"limit", "cursor"}))
        async with connection(request.app.state.pool) as reading:
            rows = await workbench.listed(reading, which, _LIST.after(query), query.limit + 1, prefix)
        return _LIST.page(rows, query)

    @router.post(
        "/preview", operation_id="preview_parked", summary="See what would come of a redrive",
        responses=responses(404, 408, 413, 415), openapi_extra=body(PreviewRequest),
    )  # fmt: skip
    async def preview_parked(request: Request, tenant: TenantId) -> PreviewView:
        """The record, with its own data or a fix, is tried on the live state by the live rules, and that is undone:
        its outcome, that of the records behind it in the order in which they would follow, and all events."""
        asked = await _read(request, PreviewRequest)
        return preview_view(await _preview(request, tenant, asked.place, _fix_of(asked.fix)))

    @router.post(
        "/redrive", operation_id="redrive_parked", summary="Try parked records again", status_code=202,
        responses=responses(404, 408, 409, 413, 415), openapi_extra=body(Redrive),
    )  # fmt: skip
    async def redrive_parked(request: Request, tenant: TenantId) -> Ordered:
        """One, several or all that match, each by a command on the log; what waits behind them follows. A fix is sent
        for one record, and only where the preview says that it will not fail, unless `anyway`."""
        asked = await _read(request, Redrive)
        fix = _fix_of(asked.fix)
        if fix is not None:
            place = (asked.places or [""])[0]
            await _check_seals(request, tenant, place, asked.fix or {})
            foreseen = None if asked.anyway else await _preview(request, tenant, place, fix)
            if foreseen is not None and foreseen.outcome in ("parked", "refused"):
                detail = (
                    f"It would be {foreseen.outcome}: {foreseen.error}. Send `anyway` to try all the same."
                )
                raise Problem(409, "fix-would-fail", detail)
        return await _order(request, name, tenant, asked, "redrive", fix)

    @router.post(
        "/discard", operation_id="discard_parked", summary="Give parked records up", status_code=202,
        responses=responses(404, 408, 413, 415), openapi_extra=body(Discard),
    )  # fmt: skip
    async def discard_parked(request: Request, tenant: TenantId) -> Ordered:
        """One, several or all that match, for good; what waits behind them follows."""
        return await _order(request, name, tenant, await _read(request, Discard), "discard", None)

    @router.get("/{place:path}", summary="See a parked record", responses=responses(404))
    async def get_parked(request: Request, tenant: TenantId, place: str) -> ParkedDetail:
        """The record whole, as it came, what waits behind it in the order in which it will follow, and all that was
        tried with it; that is kept when the record is parked no more."""
        async with connection(request.app.state.pool) as reading:
            row = await workbench.one(reading, place)
            tried = await workbench.attempts(reading, place, tenant)
            if row is not None and row["tenant"] != tenant:
                row = None
            behind = await workbench.followers(reading, row["rank"], row["key"]) if row is not None else []
        if row is None and not tried:
            raise not_found(f"a parked record at {place}")
        followers: list[FollowerView] = [follower_of(waits) for waits in behind]
        attempts = [AttemptView.of(dict(attempt)) for attempt in tried]
        parked = None if row is None else ParkedView.model_validate(dict(row))
        record = (
            row["record"] if row is not None else next((t["original"] for t in tried if t["original"]), None)
        )
        return ParkedDetail(
            place=place,
            parked=parked,
            **workbench.content(place, record),
            followers=followers,
            attempts=attempts,
        )

    return router


async def _read(request: Request, model: type[M]) -> M:
    try:
        data = await json_object(request)
        return model.model_validate(signed(request, data) if "by" in model.model_fields else data)
    except ValidationError as error:
        raise invalid(field_errors(error.errors(include_url=False, include_input=False))) from None


def _fix_of(fix: dict[str, Any] | None) -> str | None:
    """The data of a fix as it goes into the record. Problem 422 if it holds what was only hidden."""
    if fix is None:
        return None
    text = json.dumps(fix, ensure_ascii=False, separators=(",", ":"))
    if f'"{HIDDEN}"' in text:
        raise invalid(
            [
                FieldError(
                    field="fix", reason="it holds a value that was hidden", remedy="Write the value itself."
                )
            ]
        )
    return text


async def _check_seals(request: Request, tenant: str, place: str, fix: dict[str, Any]) -> None:
    """Problem 422 for personal data in the clear: the command would keep it on the log, whatever became of it."""
    if request.app.state.vault is None:
        return
    async with connection(request.app.state.pool) as reading:
        row = await workbench.one(reading, place)
    if row is None or row["tenant"] != tenant:
        raise not_found(f"a parked record at {place}")
    remedy = "Leave the seal that stands in the record; new words are a new fact."
    errors = [
        FieldError(field=f"fix.{name}", reason="personal data is in the clear", remedy=remedy)
        for name in clear_fields(EVENTS.get(row["type"]), fix)
    ]
    if errors:
        raise invalid(errors)


async def _preview(request: Request, tenant: str, place: str, fix: str | None) -> Preview:
    rehearsal: Rehearsal | None = getattr(request.app.state, "rehearsal", None)
    if rehearsal is None:  # the service is still starting: its database was not to be had yet
        raise unavailable("The database")
    try:
        async with connection(request.app.state.pool) as live:
            foreseen = await rehearsal.preview(live, tenant, place, fix)  # type: ignore[arg-type]  # asyncpg's proxy
    except Exception as error:
        if is_conflict(error):
            raise unavailable("What the record is about is busy: the database") from error
        raise
    if foreseen is None:
        raise not_found(f"a parked record at {place}")
    return foreseen


async def _order(
    request: Request, service: str, tenant: str, asked: Choice, action: Any, fix: str | None
) -> Ordered:
    """Send a command for each record that was chosen."""
    rows, more = await _chosen(request, tenant, asked)
    publisher: Publisher = request.app.state.publisher

    async def send(place: str, key: str) -> OrderedOne:
        command = Command(action=action, place=place, by=asked.by, reason=asked.reason, fix=fix)
        message = KafkaMessage(key.encode(), [], write_command(command))
        where = await publisher.send(f"{service}.redrive", message)
        return OrderedOne(place=place, command="/".join(map(str, where)))

    ordered: list[OrderedOne] = []
    for start in range(0, len(rows), 50):
        ordered += await asyncio.gather(*(send(place, key) for place, key in rows[start : start + 50]))
    return Ordered(ordered=ordered, more=more)


async def _chosen(request: Request, tenant: str, asked: Choice) -> tuple[Sequence[tuple[str, str]], bool]:
    """Places and keys of the records, and whether more match than are taken at once."""
    async with connection(request.app.state.pool) as reading:
        if asked.matching is not None:
            which = Filter(tenant, **asked.matching.model_dump())
            rows = await workbench.listed(reading, which, None, MOST_AT_ONCE + 1, request.app.state.prefix)
            return [(row["place"], row["key"]) for row in rows[:MOST_AT_ONCE]], len(rows) > MOST_AT_ONCE
        found = []
        for place in asked.places or ():
            row = await workbench.one(reading, place)
            if row is None or row["tenant"] != tenant:
                raise not_found(f"a parked record at {place}")
            found.append((place, row["key"]))
        return found, False
