"""Erasing what people wrote or are named in: it is deleted, and the log is told, so that it stays so."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final, cast

from fastapi import Request, Response
from pydantic import BaseModel

from silkway.contracts import DataErased
from silkway.contracts.fields import EPOCH, DerivedId, Id, Name
from silkway.messaging.http import Problem, TenantId, connection, problem_responses
from silkway.messaging.http.personal import reached
from silkway.messaging.http.requests import IdempotencyKey, json_object, signed
from silkway.messaging.http.writes import Accepted, Writer, parse
from silkway.notify import store
from silkway.notify.api.routing import API

if TYPE_CHECKING:
    from silkway.contracts.fields import Party
    from silkway.messaging.personal.vault import Vault

_AT_ONCE: Final = 200
_PARTIES: Final = ("buyer", "supplier")


class ErasureRequest(BaseModel):
    """What is to be erased: about supplier/S-1 or buyer/B-1 with all their orders, or about any one subject of facts.

    The rest of `data.erased` is not the sender's to tell.
    """

    erasure_id: Id
    about: DerivedId
    by: Name


class Erased(BaseModel):
    """What one erasure deleted: texts by kind of what they were about. Facts stay: ids, amounts, times."""

    erasure_id: Id
    about: DerivedId
    erased_at: dt.datetime
    texts: dict[str, int]


class AcceptedErasure(Accepted, Erased):
    """It is done, and on the log."""


class ErasedAgain(BaseModel):
    """What the erasures of a tenant deleted when they were applied again."""

    erasures: list[Erased]


async def erase(
    request: Request, response: Response, tenant: TenantId, key: IdempotencyKey
) -> AcceptedErasure:
    """Delete all such texts, and publish `silkway.data.erased.v1`, by which it can be done again.

    Repeated with the same `erasure_id` it deletes what there was up to the first time.
    """
    vault = _vault(request)
    data = signed(request, await json_object(request))
    told = parse(DataErased, {**data, "erased_at": EPOCH.isoformat()}, {})
    assert isinstance(told, DataErased)
    about, erased_at = await reached(vault.note(tenant, told.erasure_id, told.about))
    if about != told.about:
        raise Problem(409, "erasure-id-reused", f"erasure_id: {told.erasure_id} was about {about}")
    texts = await _erase(request, vault, tenant, about, erased_at)
    writer: Writer = request.app.state.writer
    accepted = await writer.accept(
        request, response, DataErased, "erased_at", tenant, key, more={"erased_at": erased_at.isoformat()}
    )
    erased = Erased(erasure_id=told.erasure_id, about=about, erased_at=erased_at, texts=texts)
    return AcceptedErasure(**accepted.model_dump(), **erased.model_dump())


async def erase_again(request: Request, tenant: TenantId) -> ErasedAgain:
    """Apply all erasures that the log tells of to what is kept now: after personal data came back from a backup."""
    vault, found, after = _vault(request), list[Erased](), None
    while True:
        async with connection(request.app.state.pool) as reading:
            rows = await store.list_erasures(reading, tenant, after, _AT_ONCE)
        for row in rows:
            await reached(vault.note(tenant, row["erasure_id"], row["about"], row["erased_at"]))
            texts = await _erase(request, vault, tenant, row["about"], row["erased_at"])
            known = {name: row[name] for name in ("erasure_id", "about", "erased_at")}
            found.append(Erased(**known, texts=texts))
        if len(rows) < _AT_ONCE:
            return ErasedAgain(erasures=found)
        after = rows[-1]["erasure_id"]


def _vault(request: Request) -> Vault:
    vault: Vault | None = request.app.state.vault
    if vault is None:
        detail = "Personal data is in the facts here: SILKWAY_PERSONAL_DATA_SEALED_SINCE is not set."
        raise Problem(404, "not-sealed", detail)
    return vault


async def _erase(
    request: Request, vault: Vault, tenant: str, about: str, until: dt.datetime
) -> dict[str, int]:
    texts: dict[str, int] = {}
    async for subjects in _subjects(request, tenant, about):
        for kind, count in (await reached(vault.erase(tenant, subjects, until))).items():
            texts[kind] = texts.get(kind, 0) + count
    return texts


async def _subjects(request: Request, tenant: str, about: str) -> AsyncIterator[list[str]]:
    """What an erasure reaches, some hundreds at a time: a party's orders and what is its own; anything else, itself."""
    yield [about]
    kind, _, party_id = about.partition("/")
    if kind not in _PARTIES:
        return
    party = cast("Party", kind.upper())
    pool, after = request.app.state.pool, None
    async with connection(pool) as reading:
        yield await store.subjects_of_party(reading, tenant, party, party_id)
    while True:
        async with connection(pool) as reading:
            found, after = await store.subjects_of_orders(reading, tenant, party, party_id, after, _AT_ONCE)
        yield found
        if after is None:
            return


_BODY: Final = {
    "schema": ErasureRequest.model_json_schema(),
    "example": {"erasure_id": "DSR-2026-17", "about": "supplier/S-1", "by": "ops/lin"},
}
_PROBLEMS: Final = problem_responses(404, 408, 409, 413, 415)
API.router.add_api_route(
    "/erasures", erase, methods=["POST"], status_code=202, operation_id="erase",
    summary="Erase what people wrote or are named in", responses=_PROBLEMS,
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": _BODY}}},
)  # fmt: skip
API.router.add_api_route(
    "/erasures/again", erase_again, methods=["POST"], operation_id="erase_again",
    summary="Apply all erasures again, after a backup was brought back", responses=_PROBLEMS,
)  # fmt: skip
