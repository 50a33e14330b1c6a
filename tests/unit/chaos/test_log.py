"""What a storm's checker reads in the log: it finds what was lost, what changed places, what was said otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from silkway.contracts import PayoutDue
from tests.chaos.log import Log
from tests.unit.auditor.story import beginning, settlement, with_other, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.unit.auditor.log import Line


SETTLED = [*beginning(), *settlement()]


def read(lines: Iterable[Line]) -> Log:
    log = Log()
    for line in lines:
        log.take(line)
    return log


def test_a_whole_log_is_counted_and_nothing_is_found() -> None:
    lines = written(SETTLED)

    log = read(lines)

    assert (log.findings, log.judge()) == ([], [])
    assert log.counted["records"] == len(lines)
    assert sum(last for (last,) in log.versions_of("acme").values()) == log.counted["events"]
    assert list(log.heard["acme"].orders) == ["PO-1"]


def test_what_comes_again_word_for_word_is_counted_and_no_finding() -> None:
    lines = written(SETTLED)

    log = read([line for line in lines for _ in range(2)])

    assert (log.findings, log.judge()) == ([], [])
    assert log.counted["events repeated"] == log.counted["events"]


def test_each_event_that_is_lost_is_found() -> None:
    lines = written(SETTLED)
    last = {line.topic: place for place, line in enumerate(lines)}
    for lost, line in enumerate(lines):
        if line.topic == "order.events" and lost != last["order.events"]:
            assert "lost or out of order" in read([*lines[:lost], *lines[lost + 1 :]]).findings[0]


def test_what_is_said_again_otherwise_is_found() -> None:
    lines, other = written(SETTLED), written(with_other(SETTLED, PayoutDue, amount_minor=99_00))
    place = next(i for i, (one, two) in enumerate(zip(lines, other, strict=True)) if one.value != two.value)

    (finding,) = read([*lines, other[place]]).findings

    assert "said twice, with another content" in finding


def test_the_auditors_rules_are_asked_too() -> None:
    log = read(written(with_other(SETTLED, PayoutDue, amount_minor=99_00)))

    assert log.findings == []
    assert any("MONEY_ADDS_UP" in finding or "BEYOND" in finding for finding in log.judge())
