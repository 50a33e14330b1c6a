"""Whatever life an order has, and however its log is read, the auditor finds nothing; what is planted, it finds."""

import os
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, assume, given, note, settings
from hypothesis import strategies as st

from silkway.auditor.domain import Finding, Fold, Seen, judge, see
from silkway.auditor.domain.shown import differences, expected
from silkway.contracts import (
    Event,
    HoldExpired,
    HoldGranted,
    HoldReleased,
    HoldRequested,
    HoldVoided,
    OrderRefunded,
    PaymentMatched,
    PayoutMade,
)
from silkway.credit.store import SUPPLIER
from silkway.notify.store import ORDER as ORDER_VIEW
from silkway.notify.store import SUPPLIER as SUPPLIER_VIEW
from silkway.order.store import ORDER
from tests.simulation.lives import END, ORDER_ID, SUPPLIER_ID, Life
from tests.simulation.town import PARTITIONS, TENANT, Ticked, Town
from tests.unit.auditor.log import Line, Place, shuffled, written_by
from tests.unit.desk import Heard

LIVES = int(os.environ.get("SILKWAY_LIVES", "400")) // 4
_PLANTED = max(LIVES // 4, 10)
_QUICK: dict[str, Any] = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": [HealthCheck.filter_too_much],
}


def lived(life: int) -> Town:
    """A town in which one order has lived its life."""
    town = Town(Random(life))
    town.live(Life(Random(life)).write(), END, lambda _: None)
    return town


def found(log: dict[Place, list[Line]], reading: int) -> list[Finding]:
    return judge(shuffled(log, Random(reading)), partitions=PARTITIONS)


@given(st.integers(0, 2**32), st.integers(0, 2**32))
@settings(max_examples=LIVES, **_QUICK)
def test_a_life_gives_no_finding_however_its_log_is_read(life: int, reading: int) -> None:
    note(f"life {life}, read {reading}")
    assert found(written_by(lived(life)), reading) == []


@given(st.integers(0, 2**32))
@settings(max_examples=_PLANTED, **_QUICK)
def test_what_the_services_show_is_what_their_log_says(life: int) -> None:
    town = lived(life)
    fold = Fold(partitions=PARTITIONS)
    for line in shuffled(written_by(town), Random(life)):
        seen = see(line)
        if isinstance(seen, Seen):
            fold.observe(seen)
    fold.conclude(final=True)

    kept = {
        ("order", f"/orders/{ORDER_ID}"): town["order"].state(ORDER, ORDER_ID),
        ("notify", f"/orders/{ORDER_ID}"): town["notify"].state(ORDER_VIEW, ORDER_ID),
        ("credit", f"/suppliers/{SUPPLIER_ID}"): town["credit"].state(SUPPLIER, SUPPLIER_ID),
        ("notify", f"/suppliers/{SUPPLIER_ID}"): town["notify"].state(SUPPLIER_VIEW, SUPPLIER_ID),
    }
    note(f"life {life}")
    for subject in (f"order/{ORDER_ID}", f"supplier/{SUPPLIER_ID}"):
        for service, path, fields in expected(subject, fold.books[f"{TENANT}/{subject}"]):
            state = kept.pop((service, path))
            assert differences(fields, {name: getattr(state, name) for name in state.__struct_fields__}) == []
    assert not kept


class Plant(NamedTuple):
    """Where in the log of a topic something is changed, and what the auditor has to call it: one of these at least."""

    topic: str
    types: tuple[type[Event], ...]
    change: Callable[[Any], Sequence[Event]]
    invariants: frozenset[str]


def _but(**fields: Callable[[Any], Any]) -> Callable[[Any], Sequence[Event]]:
    return lambda event: [event.model_copy(update={name: of(event) for name, of in fields.items()})]


_ENDS = (HoldReleased, HoldVoided, HoldExpired)
PLANTS = {
    "a payment counted one cent short": Plant(
        "order.events", (PaymentMatched,), _but(received_minor=lambda e: e.received_minor - 1),
        frozenset({"MONEY_ADDS_UP"}),
    ),
    "a payout made twice": Plant(
        "order.events", (PayoutMade,),
        lambda e: [e, e.model_copy(update={
            "paid_out_minor": e.paid_out_minor + e.amount_minor, "escrow_minor": e.escrow_minor - e.amount_minor,
        })],
        frozenset({"CAUSE_KNOWN", "NEVER_BEYOND_DUE", "MONEY_ADDS_UP"}),
    ),
    "a refund that escrow does not feel": Plant(
        "order.events", (OrderRefunded,), _but(escrow_minor=lambda e: e.escrow_minor + e.amount_minor),
        frozenset({"MONEY_ADDS_UP"}),
    ),
    "a hold freed twice": Plant("credit.events", _ENDS, lambda e: [e, e], frozenset({"HOLD_ENDS_ONCE"})),
    "a hold beyond the limit": Plant(
        "credit.events", (HoldGranted,),
        _but(
            granted_minor=lambda e: 10**12, requested_minor=lambda e: 10**12, limit_minor=lambda e: 10**12,
            full=lambda e: True,
        ),
        frozenset({"LIMIT_KEPT", "HOLD_ENDS_ONCE"}),  # freed before the next tick, it gives back less than it took
    ),
    "a hold that nobody asked for": Plant("order.events", (HoldRequested,), lambda e: [], frozenset({"CAUSE_KNOWN"})),
}  # fmt: skip


@given(st.integers(0, 2**32), st.sampled_from(sorted(PLANTS)))
@settings(max_examples=_PLANTED, **_QUICK)
def test_what_is_planted_in_a_life_is_found_by_its_name(life: int, name: str) -> None:
    plant, town = PLANTS[name], lived(life)
    place, number = _first(town, plant)
    assume(number >= 0)

    items = list(town.log[place])
    item = items[number]
    assert isinstance(item, Heard)
    items[number : number + 1] = [item._replace(event=event) for event in plant.change(item.event)]
    town.rewrite(place, items)

    note(f"life {life}")
    assert plant.invariants & {finding.invariant for finding in found(written_by(town), life)}


def _first(town: Town, plant: Plant) -> tuple[Place, int]:
    for place, items in town.log.items():
        for number, item in enumerate(items):
            if (
                place[0] == plant.topic
                and not isinstance(item, Ticked)
                and isinstance(item.event, plant.types)
            ):
                return place, number
    return ("", 0), -1


@given(st.integers(0, 2**32), st.integers(0, 2**32))
@settings(max_examples=_PLANTED, **_QUICK)
def test_a_record_that_is_lost_is_one_finding(life: int, chosen: int) -> None:
    log = written_by(lived(life))
    lines = [
        (place, number)
        for place, lines in log.items()
        if place[0] in ("order.events", "credit.events", "logistics.events")
        for number, line in enumerate(lines)
        if _followed(lines, number)
    ]
    place, number = lines[chosen % len(lines)]
    note(f"life {life}: {place}, {dict(log[place][number].headers)['ce_id']!r}")
    del log[place][number]

    assert [finding.invariant for finding in found(log, life)] == ["VERSIONS_DENSE"]


def _followed(lines: Sequence[Line], number: int) -> bool:
    """Whether something is said about the same subject afterwards: the very last word is missed by nobody."""
    subject = dict(lines[number].headers).get("ce_subject")
    return subject is not None and any(
        dict(later.headers).get("ce_subject") == subject for later in lines[number + 1 :]
    )
