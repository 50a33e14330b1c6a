"""Goods that travelled together part: new shipments take lines, and what has happened to them so far."""

import datetime as dt
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from silkway.contracts import ShipmentSplit, SplitPart
from silkway.logistics.domain import news
from silkway.logistics.domain.change import Told, expect, move, stand
from silkway.logistics.domain.clocks import keep_watch, look_at_promises
from silkway.logistics.domain.rules import Rules
from silkway.logistics.domain.shipment import carried
from silkway.logistics.domain.state import Part, Report, Shipment
from silkway.logistics.domain.way import way


class Objection(msgspec.Struct, frozen=True):
    """Why a split cannot be: the field, the reason, the remedy."""

    field: str
    reason: str
    remedy: str


def object_to(shipment: Shipment, split: ShipmentSplit, existing: Sequence[str]) -> Objection | None:
    """What speaks against this split; `existing`: those of the new shipments that are known already."""
    ids = [part.shipment_id for part in split.into]
    left = {(line.order_id, line.line_id): line.quantity for line in shipment.lines}
    for number, part in enumerate(split.into):
        field = f"into[{number}]"
        if (
            part.shipment_id in existing
            or part.shipment_id == shipment.shipment_id
            or ids.count(part.shipment_id) > 1
        ):
            return Objection(
                f"{field}.shipment_id", "there is such a shipment already", "give it an id of its own"
            )
        for line in carried(shipment.tenant, part.shipment_id, part.lines):
            key = line.order_id, line.line_id
            if left.get(key, 0) < line.quantity:
                has = left.get(key, 0)
                reason = f"the shipment carries {has} pieces of line {line.line_id} of order {line.order_id}"
                return Objection(f"{field}.lines", reason, "split off no more than it still carries")
            left[key] -= line.quantity
    return None


def already_split(shipment: Shipment, split: ShipmentSplit) -> bool:
    """Whether just these shipments have been split off before."""
    return {part.shipment_id for part in split.into} <= {child.child_id for child in shipment.children}


def part(
    rules: Rules, shipment: Shipment, split: ShipmentSplit, known_at: dt.datetime
) -> tuple[Told, list[Told]]:
    """The shipment with what stays in it, and the new ones."""
    split_at = split.split_at.astimezone(dt.UTC)
    parts = [_child(rules, shipment, each, split_at, known_at) for each in split.into]
    gone = [line for child, _ in parts for line in child.lines]
    lines = tuple(
        replace(
            line,
            quantity=line.quantity
            - sum(g.quantity for g in gone if (g.order_id, g.line_id) == (line.order_id, line.line_id)),
        )
        for line in shipment.lines
    )
    children = [
        *shipment.children,
        *(Part(shipment.tenant, shipment.shipment_id, p.shipment_id) for p, _ in parts),
    ]
    rest = replace(shipment, lines=lines, children=tuple(sorted(children, key=lambda c: c.child_id)))
    return move(rules, shipment, rest, known_at, "Its goods have moved on."), parts


def _child(
    rules: Rules, shipment: Shipment, part: SplitPart, split_at: dt.datetime, known_at: dt.datetime
) -> Told:
    """A new shipment. It inherits what had happened by the time of the split, and what is foretold so far."""
    ours = {"tenant": shipment.tenant, "shipment_id": part.shipment_id}
    child = replace(
        shipment,
        shipment_id=part.shipment_id,
        mode=part.mode or shipment.mode,
        carrier=part.carrier or shipment.carrier,
        known_at=known_at,
        heard_at=known_at,
        booking_id=None,
        split_from=shipment.shipment_id,
        split_at=split_at,
        silent=False,
        told_eta_at=None,
        eta_changes=0,
        lines=carried(shipment.tenant, part.shipment_id, part.lines),
        legs=tuple(replace(leg, **ours) for leg in shipment.legs),
        reports=tuple(replace(r, **ours) for r in shipment.reports if inherits(split_at, r)),
        clocks=(),
        inquiries=(),
        children=(),
    )
    mode = rules.tracking.modes[child.mode]
    now = way(child.reports, mode.contradiction)
    child = stand(child, now)
    on_time = "ON_TIME" in child.promises.split()
    told: list[news.Anything] = [news.Linked(known_at, child.state, on_time, None, shipment.shipment_id)]
    if now.dispatched is not None:
        told.append(news.Dispatched(known_at, now.dispatched.local))
    if now.delivered is not None:
        told.append(news.Delivered(known_at, now.delivered.local))
    child, expected = expect(mode, child, now, known_at)
    child, _ = keep_watch(rules, child, now, known_at)
    child, promised = look_at_promises(rules, child, known_at)
    return child, [*told, *expected, *promised]


def inherits(split_at: dt.datetime, report: Report) -> bool:
    """Whether a report of a shipment holds for those split from it: what is foretold, and what happened until then."""
    return report.classifier != "ACTUAL" or report.occurred_at <= split_at
