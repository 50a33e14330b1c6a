"""Where the credit service keeps what it knows, and the rules it computes by."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from silkway.credit.domain import (
    Assessment,
    Claim,
    ClaimStep,
    Counted,
    Currency,
    Hold,
    HoldRules,
    LimitRules,
    Order,
    Override,
    Part,
    Promise,
    PublishedRate,
    RateRow,
    Reason,
    Recovery,
    Resolution,
    Rules,
    ScoreChange,
    ScoreRules,
    Shipment,
    Supplier,
    next_assessment,
    next_due,
)
from silkway.messaging import Child, Kind, Rows, Table
from silkway.messaging.listing import listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asyncpg import Record

    from silkway.messaging.http.database import Connection

V = TypeVar("V")


def _versions(kind: type[V], *names: str) -> tuple[V, ...]:
    folder = files("silkway.credit").joinpath("rules")
    return tuple(msgspec.json.decode(folder.joinpath(name).read_bytes(), type=kind) for name in names)


# Rules are data of a version: a change is a new file, so that a replay computes by the rules of its time.
RULES: Final = Rules(
    limits=_versions(LimitRules, "limit-v1.json", "limit-v2.json"),
    holds=_versions(HoldRules, "hold-v1.json"),
    scores=_versions(ScoreRules, "score-v1.json"),
)

SUPPLIER = Kind(
    "supplier",
    rank=2,  # behind the order, which names it: so one reading is enough
    table=Table("suppliers", Supplier, key=("tenant", "supplier_id")),
    due=lambda supplier: next_assessment(RULES, supplier),
)
ORDER = Kind(
    "order",
    rank=1,
    table=Table(
        "covered_orders",
        Order,
        key=("tenant", "order_id"),
        children=(
            Child("promises", "ship_promises", Promise, key=("tenant", "order_id", "line_id")),
            Child("shipments", "covered_shipments", Shipment, key=("tenant", "order_id", "shipment_id")),
            Child("parts", "covered_parts", Part, key=("tenant", "order_id", "shipment_id", "line_id")),
            Child("claims", "claims", Claim, key=("tenant", "order_id", "claim_id")),
            Child(
                "recoveries", "recoveries", Recovery, key=("tenant", "order_id", "claim_id", "recovery_id")
            ),
        ),
    ),
    due=next_due,
)
CURRENCY = Kind(
    "currency",
    rank=3,
    table=Table(
        "currencies",
        Currency,
        key=("tenant", "currency_id"),
        children=(Child("rates", "latest_rates", PublishedRate, key=("tenant", "currency_id", "place")),),
    ),
    shared=True,
)

OVERRIDE = Kind("override", rank=4, table=Table("limit_overrides", Override, key=("tenant", "override_key")))

RATES = Rows("rates", RateRow)
ROWS: Final[Mapping[type[Any], Rows[Any]]] = {
    Hold: Rows("holds", Hold),
    Resolution: Rows("hold_resolutions", Resolution),
    Reason: Rows("limit_reasons", Reason),
    Assessment: Rows("limit_assessments", Assessment),
    ScoreChange: Rows("score_changes", ScoreChange),
    Counted: Rows("track_record", Counted),
    ClaimStep: Rows("claim_steps", ClaimStep),
}

# --- What the API reads -----------------------------------------------------------------------------------

_SUPPLIERS: Final = """
    SELECT supplier_id, name, country, time_zone, registered_at, completed_orders, completed_minor, completed_lines,
           late_lines, disputes, disputes_lost, claims, claims_lost, answers_in_time, answers_missed, score,
           score_version, punctuality_points, disputes_points, claims_points, answers_points, volume_points,
           rules_version, limit_minor, shortfall_minor, free_minor, held_minor, unrecovered_minor
    FROM suppliers
"""
_LIMIT_REASONS: Final = """
    SELECT rule, amount_minor, text FROM limit_reasons
    WHERE tenant = $1 AND supplier_id = $2 AND assessment = (
        SELECT max(assessment) FROM limit_reasons WHERE tenant = $1 AND supplier_id = $2)
    ORDER BY rule
"""
_OVERRIDES: Final = """
    SELECT override_id, limit_minor, until, reason, proposed_by, proposed_at, approved_by, approved_at
    FROM limit_overrides WHERE tenant = $1 AND supplier_id = $2 ORDER BY proposed_at DESC, override_id LIMIT 50
"""
_LIMITS: Final = """
    SELECT assessment, limit_minor, shortfall_minor, rules_version, event_id, known_at,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('rule', r.rule, 'amount_minor', r.amount_minor, 'text', r.text)
                                      ORDER BY r.rule), '[]')
            FROM limit_reasons r
            WHERE (r.tenant, r.supplier_id, r.assessment) = (a.tenant, a.supplier_id, a.assessment)) AS reasons
    FROM limit_assessments a
"""
_SCORES: Final = """
    SELECT change, part, before, points, possible, score, rules_version, event_id, known_at FROM score_changes
"""
_RECORD: Final = "SELECT number, what, order_id, event_id, known_at FROM track_record"
_HOLDS: Final = """
    SELECT hold_id, order_id, supplier_id, request, coverage, currency, requested_minor, granted_minor, limit_minor,
           rate, reason, decided_known_at, expires_at, resolution, amount_minor AS resolved_minor, paid_minor,
           claim_id, resolved_at
    FROM holds LEFT JOIN LATERAL (
        SELECT resolution, amount_minor, paid_minor, claim_id, resolved_at FROM hold_resolutions r
        WHERE r.tenant = holds.tenant AND r.hold_id = holds.hold_id LIMIT 1) AS ended ON true
"""
"""Lists look up what belongs to a row one by one: a merge of both tables begins at their beginning."""
_CLAIMS: Final = """
    SELECT c.order_id, c.claim_id, o.supplier_id, o.currency, c.kind, c.opened_by, c.state, c.amount_minor, c.text,
           c.event_id, c.opened_at, c.opened_known_at, c.review_from, c.answer_by, c.escalates_at, c.answer,
           c.inspect_from, c.hold_id, c.rate, c.paid_minor, c.paid_known_at, c.recovered_minor, c.open_minor,
           c.buyer_minor, c.buyer_recovered_minor, c.due_from, c.withdrawn_for, c.proof_at, c.ended_known_at
    FROM claims c CROSS JOIN LATERAL (
        SELECT supplier_id, currency FROM covered_orders WHERE tenant = c.tenant AND order_id = c.order_id LIMIT 1) AS o
"""
_STEPS: Final = """
    SELECT number, step, taken_by, text, known_at FROM claim_steps
    WHERE tenant = $1 AND order_id = $2 AND claim_id = $3 ORDER BY number
"""
_AT_RISK: Final = """
    SELECT order_id, supplier_id, hold_id, currency, held_minor, reserved_minor, expires_at,
           (SELECT max(s.eta) FROM covered_shipments s
            WHERE s.tenant = o.tenant AND s.order_id = o.order_id AND NOT s.delivered) AS eta
    FROM (SELECT * FROM covered_orders WHERE at_risk) o
"""
_RATES: Final = "SELECT currency_id, rate, published_at, known_at, source, event_id FROM rates"


async def read_supplier(reading: Connection, tenant: str, supplier_id: str) -> dict[str, Any] | None:
    """A supplier with the reasons of its limit and its overrides, None if there is no such supplier."""
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        supplier = await reading.fetchrow(
            _SUPPLIERS + "WHERE tenant = $1 AND supplier_id = $2", tenant, supplier_id
        )
        if supplier is None:
            return None
        reasons = await reading.fetch(_LIMIT_REASONS, tenant, supplier_id)
        overrides = await reading.fetch(_OVERRIDES, tenant, supplier_id)
    below = {"reasons": reasons, "overrides": overrides}
    return dict(supplier) | {name: [dict(row) for row in rows] for name, rows in below.items()}


async def has_supplier(reading: Connection, tenant: str, supplier_id: str) -> bool:
    """Whether there is such a supplier."""
    query = "SELECT true FROM suppliers WHERE tenant = $1 AND supplier_id = $2"
    return bool(await reading.fetchval(query, tenant, supplier_id))


async def read_claim(reading: Connection, tenant: str, order_id: str, claim_id: str) -> dict[str, Any] | None:
    """A claim with its steps, None if there is no such claim."""
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        where = " WHERE c.tenant = $1 AND c.order_id = $2 AND c.claim_id = $3"
        claim = await reading.fetchrow(_CLAIMS + where, tenant, order_id, claim_id)
        if claim is None:
            return None
        steps = await reading.fetch(_STEPS, tenant, order_id, claim_id)
    return dict(claim) | {"steps": [dict(row) for row in steps]}


async def _list(
    reading: Connection, select: str, where: Mapping[str, Any], order: Sequence[str],
    after: tuple[Any, ...] | None, limit: int, *, newest_first: bool = False,
) -> list[Record]:  # fmt: skip
    """At most `limit` rows after the key `after`; each filter and order has an index of its own."""
    sql, parameters = listing(select, where, order, after, limit, newest_first=newest_first)
    rows: list[Record] = await reading.fetch(sql, *parameters)
    return rows


async def list_suppliers(
    reading: Connection, tenant: str, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """Suppliers after the key (supplier_id,), by id."""
    return await _list(reading, _SUPPLIERS, {"tenant": tenant}, ["supplier_id"], after, limit)


async def list_limits(
    reading: Connection, tenant: str, supplier_id: str, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """A supplier's limits after the key (assessment,), newest first, each with its reasons."""
    where = {"tenant": tenant, "supplier_id": supplier_id}
    return await _list(reading, _LIMITS, where, ["assessment"], after, limit, newest_first=True)


async def list_scores(
    reading: Connection, tenant: str, supplier_id: str, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """What moved a supplier's score, after the key (change, part), newest first."""
    where = {"tenant": tenant, "supplier_id": supplier_id}
    return await _list(reading, _SCORES, where, ["change", "part"], after, limit, newest_first=True)


async def list_record(
    reading: Connection, tenant: str, supplier_id: str, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """What counts in a supplier's record, after the key (number,), newest first."""
    where = {"tenant": tenant, "supplier_id": supplier_id}
    return await _list(reading, _RECORD, where, ["number"], after, limit, newest_first=True)


async def list_holds(
    reading: Connection,
    tenant: str,
    supplier_id: str | None,
    order_id: str | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """Holds, granted or refused, after the key (hold_id,), by id."""
    where = {"tenant": tenant, "supplier_id": supplier_id, "order_id": order_id}
    return await _list(reading, _HOLDS, where, ["hold_id"], after, limit)


async def list_claims(
    reading: Connection,
    tenant: str,
    order_id: str | None,
    state: str | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """Claims after the key (order_id, claim_id), by order."""
    where = {"c.tenant": tenant, "c.order_id": order_id, "c.state": state}
    return await _list(reading, _CLAIMS, where, ["c.order_id", "c.claim_id"], after, limit)


async def list_at_risk(
    reading: Connection, tenant: str, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """Orders whose hold ends before the goods are expected, after the key (expires_at, order_id)."""
    # "at_risk" is in the query itself, so that the plan can rely on the index of those that are.
    return await _list(reading, _AT_RISK, {"tenant": tenant}, ["expires_at", "order_id"], after, limit)


async def list_rates(
    reading: Connection, tenant: str, currency_id: str, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """Rates of a currency after the key (known_at, source, event_id), newest first."""
    where = {"tenant": tenant, "currency_id": currency_id}
    order = ["known_at", "source", "event_id"]
    return await _list(reading, _RATES, where, order, after, limit, newest_first=True)
