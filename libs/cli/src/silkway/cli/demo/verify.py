"""Compares what came of the built-in trade with what its driver expects, order by order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from silkway.cli.demo.expect import HOLDS, ROWS, Expected
from silkway.cli.demo.seen import QUEUES, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

STATES: Final = ("life", "funds", "logistics", "issue")
AMOUNTS: Final = (
    "total_minor", "received_minor", "escrow_minor", "paid_out_minor", "refunded_minor", "refund_due_minor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing about one order that is not as expected."""

    order_id: str
    story: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.order_id} ({self.story}): {self.what} is {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """All differences; the compensations that were expected and found, by row; claims by kind and state."""

    orders: int
    differences: Sequence[Difference]
    expected_rows: Mapping[int, int]
    found_rows: Mapping[int, int]
    claims: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Counts that are not as they should be: expected and found, by name."""

    @property
    def missing_rows(self) -> list[int]:
        """Rows of the compensation table that did not occur at all."""
        return [row.number for row in ROWS if not self.found_rows.get(row.number)]


def compare(
    expected: Sequence[Expected],
    seen: Mapping[str, Seen],
    counts: Mapping[str, int],
    expected_counts: Mapping[str, int],
) -> Verdict:
    """Each expected order with what was seen of it; an order that nobody expected is a difference as well.

    counts: what was counted, by name; of it the queues must be empty where nothing else is expected.
    """
    differences: list[Difference] = []
    expected_rows: Counter[int] = Counter()
    found_rows: Counter[int] = Counter()
    claims: Counter[str] = Counter()
    for order in expected:
        found = seen.get(order.order_id, Seen())
        for what, wanted, got in _differ(order, found):
            differences.append(Difference(order.order_id, order.story, what, wanted, got))
        expected_rows.update(order.rows)
        found_rows.update(found.rows)
        claims.update(f"{kind} {state}" for kind, state in found.claims.values())
    for order_id in sorted(seen.keys() - {order.order_id for order in expected}):
        differences.append(Difference(order_id, "none", "the order", "nothing", "there"))
    wrong = {
        name: (expected_counts.get(name, 0), counts.get(name, 0))
        for name in [*QUEUES, *sorted(expected_counts.keys() - {*QUEUES})]
        if counts.get(name, 0) != expected_counts.get(name, 0)
    }
    return Verdict(len(expected), differences, expected_rows, found_rows, claims, wrong)


def _differ(order: Expected, found: Seen) -> Iterator[tuple[str, str, str]]:
    """What differs, what was expected, what was found."""
    state = found.state
    if not state:
        yield "the order", "there", "nothing"
        return
    for name in STATES:
        if state[name] != getattr(order, name):
            yield name, getattr(order, name), state[name]
    if state["assurance"] not in order.assurance:
        yield "assurance", " or ".join(sorted(order.assurance)), state["assurance"]
    for name in AMOUNTS:
        if state[name] != getattr(order, name):
            yield name, str(getattr(order, name)), str(state[name])
    if order.lines_late is not None and state["lines_late"] != order.lines_late:
        yield "late lines", str(order.lines_late), str(state["lines_late"])
    if found.booking != order.booking:
        yield "booking", str(order.booking), str(found.booking)
    claims = Counter(found.claims.values())
    if claims != order.claims:
        yield "claims", _counts(order.claims), _counts(claims)
    if found.rows != order.rows:
        yield "compensations", _counts(order.rows), _counts(found.rows)
    if untold := order.told - found.told:
        yield "said", ", ".join(sorted(untold)), "not"
    for name in sorted(order.events.keys() | found.events.keys()):
        contended = name in HOLDS and len(order.assurance) > 1
        if not contended and order.events[name] != found.events[name]:
            yield name, f"{order.events[name]} times", f"{found.events[name]} times"


def _counts(counts: Counter[tuple[str, str]] | Counter[int]) -> str:
    return ", ".join(f"{count} {key}" for key, count in sorted(counts.items())) or "none"
