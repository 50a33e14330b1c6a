"""Notices: lists, and why somebody got one."""

import datetime as dt
from typing import Annotated, Any

import msgspec
from fastapi import Query, Request

from silkway.contracts.fields import Audience, DerivedId, Id, Language, Severity, TimeZone
from silkway.messaging.http import Page, PageQuery, Pages, TenantId, connection, not_found, problem_responses
from silkway.notify import store
from silkway.notify.api.languages import AcceptLanguage, Reader, ReaderOf, accepted
from silkway.notify.api.routing import API
from silkway.notify.api.views import NoticeDetail, NoticeView
from silkway.notify.books import RULEBOOK
from silkway.notify.store.notices import FILTERS


class NoticeQuery(PageQuery):
    """Which notices to list. `recipient` is a buyer's or supplier's id; it goes with `audience`.

    unacknowledged: of incidents that are open and that nobody has acknowledged. language: of texts, else the
    header Accept-Language; time_zone: of times in texts.
    """

    order_id: Id | None = None
    severity: Severity | None = None
    audience: Audience | None = None
    recipient: Id | None = None
    incident_id: Id | None = None
    unacknowledged: bool = False
    language: Language | None = None
    time_zone: TimeZone = "UTC"


_NOTICES = Pages(NoticeView, known_at=dt.datetime, notice_id=DerivedId)
_FILTERS = set(FILTERS)


@API.router.get("/notices", summary="List notices, newest first")
async def list_notices(
    request: Request,
    tenant: TenantId,
    query: Annotated[NoticeQuery, Query()],
    accept_language: AcceptLanguage = None,
) -> Page[NoticeView]:
    """Notices for operations, buyers and suppliers, newest first, in the reader's language."""
    reader = Reader(query.language or accepted(accept_language), query.time_zone)
    filters: dict[str, Any] = query.model_dump(include=_FILTERS)
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_notices(
            reading,
            tenant,
            filters,
            _NOTICES.after(query),
            query.limit + 1,
            unacknowledged=query.unacknowledged,
        )
    return _NOTICES.page([reader.notice(row) for row in rows], query)


@API.router.get("/notices/{notice_id:path}", summary="Why this notice", responses=problem_responses(404))
async def get_notice(
    request: Request, tenant: TenantId, notice_id: DerivedId, reader: ReaderOf
) -> NoticeDetail:
    """A notice with the rule and its version, the event that caused it, the order and the incident as they are now."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_notice(reading, tenant, notice_id)
        if found is None:
            raise not_found(f"notice {notice_id}")
        why = await store.read_reasons(reading, tenant, found)
    return NoticeDetail.model_validate({**reader.notice(found), **why, "rule": _rule(found)})


def _rule(notice: dict[str, Any]) -> dict[str, Any] | None:
    rules = RULEBOOK.version(notice["rules_version"])
    rule = rules and rules.by_name.get(notice["kind"])
    if rules is None or rule is None:
        return None
    written: dict[str, Any] = msgspec.to_builtins(rule)
    return {**written, "version": rules.version}
