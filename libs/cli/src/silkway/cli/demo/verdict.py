"""How a comparison of the built-in trade with what is expected of it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.markup import escape
from rich.table import Table

from silkway.cli.console import OUT
from silkway.cli.demo.expect import ROWS

if TYPE_CHECKING:
    from silkway.cli.demo.verify import Verdict

_SHOWN: Final = 50


def as_data(verdict: Verdict) -> dict[str, Any]:
    """As plain data for JSON."""
    return {
        "orders": verdict.orders,
        "differences": [
            {
                "order_id": found.order_id, "story": found.story, "what": found.what,
                "expected": found.expected, "found": found.found,
            }
            for found in verdict.differences
        ],
        "compensations": [
            {
                "row": row.number, "decision": row.decision, "late_fact": row.late_fact,
                "expected": verdict.expected_rows.get(row.number, 0),
                "found": verdict.found_rows.get(row.number, 0),
            }
            for row in ROWS
        ],
        "claims": dict(sorted(verdict.claims.items())),
        "counts": verdict.counts,
    }  # fmt: skip


def show(verdict: Verdict) -> None:
    """For people: what is wrong first, then what took place."""
    for difference in verdict.differences[:_SHOWN]:
        OUT.print(str(difference), style="red", markup=False, soft_wrap=True)
    if len(verdict.differences) > _SHOWN:
        OUT.print(f"… and {len(verdict.differences) - _SHOWN} more (see --json)")
    table = Table(
        "", "decided", "then it is known", "expected", "found", title="Compensations", title_justify="left"
    )
    for row in ROWS:
        expected, found = (
            counts.get(row.number, 0) for counts in (verdict.expected_rows, verdict.found_rows)
        )
        style = "" if expected == found else "red"
        table.add_row(
            str(row.number),
            escape(row.decision),
            escape(row.late_fact),
            f"{expected:,}",
            f"{found:,}",
            style=style,
        )
    OUT.print(table)
    if verdict.claims:
        OUT.print(
            "Claims: " + ", ".join(f"{count:,} {what}" for what, count in sorted(verdict.claims.items()))
        )
    for what, (wanted, got) in verdict.counts.items():
        OUT.print(f"{what}: {got:,} where {wanted:,} are expected", style="red")
    wrong = len({difference.order_id for difference in verdict.differences})
    OUT.print(
        f"{verdict.orders - wrong:,} of {verdict.orders:,} orders are as expected"
        + (f", {wrong:,} are not." if wrong else ".")
    )
