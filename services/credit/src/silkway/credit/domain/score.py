"""A supplier's score of 100 points, computed from what counts in its record."""

from typing import assert_never

from silkway.credit.domain.rules import ScoredPart, ScoreRules
from silkway.credit.domain.state import Supplier


def points(rules: ScoreRules, supplier: Supplier) -> dict[str, int]:
    """Part by part, the points that it has. Sums alone decide, so the order of events is no matter."""
    return {part.part: min(max(_points(part, supplier), 0), part.of) for part in rules.parts}


def held_points(supplier: Supplier) -> dict[str, int]:
    """The points by part as they were computed last."""
    return {
        "PUNCTUALITY": supplier.punctuality_points,
        "DISPUTES": supplier.disputes_points,
        "CLAIMS": supplier.claims_points,
        "ANSWERS": supplier.answers_points,
        "VOLUME": supplier.volume_points,
    }


def _points(part: ScoredPart, supplier: Supplier) -> int:
    match part.part:
        case "PUNCTUALITY":
            return _share(part, supplier.late_lines, supplier.completed_lines)
        case "DISPUTES":
            return _share(part, supplier.disputes_lost, supplier.completed_orders)
        case "CLAIMS":
            return _share(part, supplier.claims_lost, supplier.completed_orders)
        case "ANSWERS":
            asked = supplier.answers_in_time + supplier.answers_missed
            return _share(part, supplier.answers_missed, asked)
        case "VOLUME":
            return part.of * min(supplier.completed_minor, part.full_minor) // part.full_minor
        case _:
            assert_never(part.part)


def _share(part: ScoredPart, bad: int, of: int) -> int:
    """All points less the share of what was bad, each bad one weighing `weight` times; rounded down."""
    if of == 0:
        return part.unknown - part.weight * bad
    return part.of * (of - part.weight * bad) // of
