"""Each kind of break is seen and named; additions pass."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from silkway.contracts.compatibility import breaks
from silkway.contracts.generate import last_release

Schemas = dict[str, dict[str, Any]]
Change = Callable[[Schemas], object]

RELEASED = last_release(Path(__file__).parents[2] / "libs" / "contracts")
DRAFTED, PLACED = "silkway.order.drafted.v1", "silkway.order.placed.v1"


def fields(schemas: Schemas, event: str = DRAFTED) -> dict[str, Any]:
    properties: dict[str, Any] = schemas[event]["properties"]
    return properties


def line(schemas: Schemas) -> dict[str, Any]:
    definition: dict[str, Any] = schemas[DRAFTED]["$defs"]["OrderLine"]
    return definition


def after(change: Change) -> list[str]:
    """What breaks if the released schemas are changed so."""
    changed = deepcopy(RELEASED)
    change(changed)
    return breaks(RELEASED, changed)


BREAKS: list[tuple[str, Change]] = [
    (f"{DRAFTED}: removed event", lambda s: s.pop(DRAFTED)),
    (f"{DRAFTED}: changed x-topic", lambda s: s[DRAFTED].update({"x-topic": "trade.other"})),
    (f"{DRAFTED}: changed x-subject", lambda s: s[DRAFTED].update({"x-subject": "buyer/{buyer_id}"})),
    (f"{DRAFTED}: changed x-key", lambda s: s[DRAFTED].update({"x-key": "{order_id}"})),
    (f"{DRAFTED}: $.incoterm: removed field", lambda s: fields(s).pop("incoterm")),
    (f"{DRAFTED}: $.lines[].quantity: removed field", lambda s: line(s)["properties"].pop("quantity")),
    (f"{DRAFTED}: $.incoterm: newly required", lambda s: s[DRAFTED]["required"].append("incoterm")),
    (
        f"{DRAFTED}: $.colour: newly required",
        lambda s: [fields(s).update(colour={"type": "string"}), s[DRAFTED]["required"].append("colour")],
    ),
    (f"{DRAFTED}: $.order_id: changed type", lambda s: fields(s)["order_id"].update(type="integer")),
    (f"{DRAFTED}: $.ship_by: narrowed type", lambda s: fields(s)["ship_by"]["anyOf"].pop()),
    (f"{DRAFTED}: $.ship_by: narrowed type", lambda s: fields(s).update(ship_by={"type": "null"})),
    (f"{DRAFTED}: $.order_id: narrowed maxLength", lambda s: fields(s)["order_id"].update(maxLength=32)),
    (f"{DRAFTED}: $.order_id: narrowed minLength", lambda s: fields(s)["order_id"].update(minLength=2)),
    (f"{DRAFTED}: $.order_id: narrowed pattern", lambda s: fields(s)["order_id"].update(pattern="^[0-9]+$")),
    (f"{DRAFTED}: $.order_id: narrowed format", lambda s: fields(s)["order_id"].update(format="uuid")),
    (f"{DRAFTED}: $.drafted_at: narrowed format", lambda s: fields(s)["drafted_at"].update(format="time")),
    (f"{DRAFTED}: $.lines: narrowed maxItems", lambda s: fields(s)["lines"].update(maxItems=100)),
    (f"{DRAFTED}: $.lines: narrowed minItems", lambda s: fields(s)["lines"].update(minItems=2)),
    (
        f"{DRAFTED}: $.lines[].value_minor: narrowed minimum",
        lambda s: line(s)["properties"]["value_minor"].update(minimum=1),
    ),
    (
        f"{DRAFTED}: $.lines[].value_minor: narrowed maximum",
        lambda s: line(s)["properties"]["value_minor"].update(maximum=2**53),
    ),
    (
        f"{DRAFTED}: $.lines[].value_minor: narrowed exclusiveMinimum",
        lambda s: line(s)["properties"]["value_minor"].update(exclusiveMinimum=0),
    ),
    (
        f"{DRAFTED}: $.currency: narrowed enum: ['USD'] gone",
        lambda s: fields(s)["currency"]["enum"].remove("USD"),
    ),
    (
        f"{DRAFTED}: $.buyer_id: narrowed enum: any value",
        lambda s: fields(s)["buyer_id"].update(enum=["B-1"]),
    ),
    (f"{PLACED}: $.currency: no longer always given", lambda s: s[PLACED]["required"].remove("currency")),
]

ADDITIONS: list[tuple[str, Change]] = [
    ("an event", lambda s: s.update({"silkway.order.praised.v1": s[PLACED]})),
    ("an optional field", lambda s: fields(s).update(colour={"type": "string"})),
    ("an optional field of a part", lambda s: line(s)["properties"].update(hs_code={"type": "string"})),
    ("a value of a list", lambda s: fields(s)["place_on"]["enum"].append("DEPOSIT")),
    ("a value of a list of ours", lambda s: fields(s, PLACED)["currency"]["enum"].append("XYZ")),
    ("wider limits", lambda s: fields(s)["order_id"].update(maxLength=128, minLength=0)),
    ("no limit at all", lambda s: [fields(s)["order_id"].pop(word) for word in ("pattern", "maxLength")]),
    ("null besides", lambda s: fields(s).update(terms={"anyOf": [fields(s)["terms"], {"type": "null"}]})),
    ("a field that senders may now leave out", lambda s: s[DRAFTED]["required"].remove("buyer_id")),
    ("better words", lambda s: fields(s)["order_id"].update(description="The order.", title="Order")),
    (
        "another name of a part",
        lambda s: [
            s[DRAFTED]["$defs"].update(Line=s[DRAFTED]["$defs"].pop("OrderLine")),
            fields(s)["lines"].update(items={"$ref": "#/$defs/Line"}),
        ],
    ),
]


def test_no_change_breaks_nothing() -> None:
    assert after(lambda _schemas: None) == []


@pytest.mark.parametrize(("named", "change"), BREAKS, ids=[named for named, _ in BREAKS])
def test_a_break_is_named(named: str, change: Change) -> None:
    found = after(change)
    assert len(found) == 1
    assert found[0].startswith(named)


@pytest.mark.parametrize("change", [change for _, change in ADDITIONS], ids=[what for what, _ in ADDITIONS])
def test_an_addition_passes(change: Change) -> None:
    assert after(change) == []


def test_all_breaks_are_told_at_once() -> None:
    assert (
        len(after(lambda schemas: [schemas.pop(DRAFTED), schemas[PLACED]["properties"].pop("total_minor")]))
        == 2
    )
