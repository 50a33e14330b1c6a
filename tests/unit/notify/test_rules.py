"""The rules are data: what makes no sense is refused at start, with the field and the remedy."""

import copy
import datetime as dt
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import msgspec
import pytest

from silkway.contracts import EVENTS
from silkway.notify.books import CATALOGS, READ, RULEBOOK
from silkway.notify.domain.measures import Asked
from silkway.notify.domain.rules import Rulebook, Rules, RulesError, read_rules
from tests.unit.notify import telling as tell

V1: dict[str, Any] = msgspec.json.decode(
    files("silkway.notify").joinpath("rules/notices-v1.json").read_bytes()
)


def version(change: Callable[[dict[str, Any]], object]) -> Rules:
    """The first version after a change."""
    changed = copy.deepcopy(V1)
    change(changed)
    return read_rules(msgspec.json.encode(changed), READ, CATALOGS.placeholders)


def the_rule(written: dict[str, Any], name: str) -> dict[str, Any]:
    (rule,) = (rule for rule in written["rules"] if rule["rule"] == name)
    found: dict[str, Any] = rule
    return found


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda v: v.update(version="v 2"), "version"),
        (lambda v: v.update(holds_from="2026-01-01T00:00:00"), "holds_from"),
        (lambda v: v.update(more=1), "unknown field"),
        (lambda v: the_rule(v, "ORDER_PLACED").update(on="silkway.order.eaten.v1"), ".on"),
        (lambda v: the_rule(v, "ORDER_PLACED").update(on="silkway.order.drafted.v1"), ".on"),
        (lambda v: the_rule(v, "ORDER_PLACED").update(rule="ORDER_AMENDED"), ".rule"),
        (lambda v: the_rule(v, "ORDER_PLACED").update(when={"colour": "red"}), ".when.colour"),
        (lambda v: the_rule(v, "DELIVERY_LATE").update(when={"lines_late": {"over": 0}}), "no condition"),
        (lambda v: the_rule(v, "DELIVERY_LATE").update(when={"lines_late": {"above": "x"}}), "whole number"),
        (lambda v: the_rule(v, "ORDER_PLACED")["tell"][0].update(texts=["nothing"]), "no text"),
        (lambda v: the_rule(v, "ORDER_PLACED")["tell"][0].update(texts=["delivery-late"]), "asks for"),
        (lambda v: the_rule(v, "ORDER_PLACED")["tell"][0].update(audience="EVERYBODY"), "EVERYBODY"),
        (lambda v: the_rule(v, "PAYMENT_UNMATCHED")["tell"][0].update(audience="BUYER"), "no BUYER"),
        (lambda v: the_rule(v, "SHIPMENT_DELAYED")["begins"].update(cause="BAD_LUCK"), "BAD_LUCK"),
        (lambda v: the_rule(v, "SHIPMENT_DELAYED")["begins"].update(reference=["{moon}"]), "moon"),
        (
            lambda v: the_rule(v, "SHIPMENT_EXCEPTION").update(when={"shipment_in_exception": True}),
            ".when.shipment_in_exception",
        ),
        (lambda v: v["causes"]["DELAY"]["escalations"].reverse(), "do not rise"),
    ],
)
def test_rules_that_make_no_sense_are_refused(change: Callable[[dict[str, Any]], object], where: str) -> None:
    with pytest.raises(RulesError, match=where.replace(".", r"\.")):
        version(change)


def test_a_change_is_a_new_version_that_holds_from_its_time_on() -> None:
    second = version(lambda v: v.update(version="V3", holds_from="2026-01-10T00:00:00Z"))
    book = Rulebook([second, *RULEBOOK.versions])
    day = dt.datetime(2026, 1, 10, tzinfo=dt.UTC)
    assert (book.at(day - dt.timedelta(seconds=1)).version, book.at(day).version) == ("V2", "V3")
    with pytest.raises(RulesError, match="same"):
        Rulebook([second, second])


def test_every_rule_reads_an_event_and_every_cause_has_a_beginning_and_an_end() -> None:
    rules = RULEBOOK.newest
    assert {rule.on for rule in rules.source.rules} <= EVENTS.keys()
    begun = {rule.begins.cause for rule in rules.source.rules if rule.begins}
    ended = {end.cause for rule in rules.source.rules for end in rule.ends}
    assert begun == rules.causes.keys()
    by_handlers = {
        "UNMATCHED_MONEY": "money leaves when it has found its place",
        "INVARIANT": "people settle",
    }
    assert begun - ended == by_handlers.keys()


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ({"lines_late": 1}, True),
        ({"lines_late": [0, 1]}, True),
        ({"lines_late": {"above": 1}}, False),
        ({"lines_late": {"below": 2}}, True),
        ({"lines_late": {"not": 1}}, False),
        ({"lines_late": {"not": [0, 7]}}, True),
        ({"shipment_id": None}, False),
    ],
)
def test_conditions(condition: dict[str, Any], matches: bool) -> None:
    rules = version(lambda v: the_rule(v, "DELIVERY_LATE").update(when=condition))
    names = [rule.rule for rule in rules.matching(Asked(tell.delivered(on=22)))]
    assert ("DELIVERY_LATE" in names) == matches
