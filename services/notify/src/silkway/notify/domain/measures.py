"""What rules and texts may ask of an event besides its fields: counts over its lines, and what is seen with it."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from silkway.contracts import (
    Event,
    LimitReassessed,
    OrderAmended,
    OrderCompleted,
    ScoreChanged,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)

Values = Mapping[str, Any]


class Measures(NamedTuple):
    """The names of an event's measures, and what computes them."""

    names: tuple[str, ...]
    of: Callable[[Any], Values]


def _delivered(told: ShipmentDelivered) -> Values:
    days = [
        (line.delivered_on - line.deliver_by).days for line in told.lines if line.late and line.deliver_by
    ]
    return {
        "line_count": len(told.lines),
        "lines_late": sum(line.late for line in told.lines),
        "days_late": max(days, default=0),
    }


def _delayed(told: ShipmentDelayed) -> Values:
    worst = max(told.lines, key=lambda line: (line.days, line.line_id))
    return {
        "line_count": len(told.lines),
        "days_late": worst.days,
        "eta_on": worst.eta_on,
        "deliver_by": worst.deliver_by,
    }


def _lines(told: ShipmentLinked | ShipmentDispatched | OrderAmended) -> Values:
    return {"line_count": len(told.lines)}


def _completed(told: OrderCompleted) -> Values:
    return {"line_count": told.lines}


def _reassessed(told: LimitReassessed) -> Values:
    return {"in_shortfall": told.shortfall_minor > 0}


def _scored(told: ScoreChanged) -> Values:
    weakest = min(told.parts, key=lambda part: part.points - part.of, default=None)
    return {"weakest_part": weakest and weakest.part}


_MEASURES: Final[Mapping[type[Event], Measures]] = {
    ShipmentDelivered: Measures(("line_count", "lines_late", "days_late"), _delivered),
    ShipmentDelayed: Measures(("line_count", "days_late", "eta_on", "deliver_by"), _delayed),
    ShipmentLinked: Measures(("line_count",), _lines),
    ShipmentDispatched: Measures(("line_count",), _lines),
    OrderAmended: Measures(("line_count",), _lines),
    OrderCompleted: Measures(("line_count",), _completed),
    LimitReassessed: Measures(("in_shortfall",), _reassessed),
    ScoreChanged: Measures(("weakest_part",), _scored),
}

_SEEN: Final = {
    "order": ("currency", "shipment_in_exception"),
    "supplier": ("was_in_shortfall", "previous_score"),
    "account": (),
}
"""By the kind of what an event is about: what the view of it adds. No incident may begin by these, because which
incident an event begins has to be told by the event alone."""


@cache
def own_names(event: type[Event]) -> frozenset[str]:
    """What an event of this type tells by itself."""
    measures = _MEASURES.get(event)
    return frozenset((*event.model_fields, *(measures.names if measures else ())))


def all_names(event: type[Event]) -> frozenset[str]:
    """What rules and texts may ask of an event of this type, seen with what it is about."""
    return own_names(event) | frozenset(_SEEN.get(event.subject_kind, ()))


class Asked:
    """An event as rules and texts see it: its fields, its measures, and `seen`, what the view adds."""

    __slots__ = ("_measured", "_names", "_seen", "told")

    def __init__(self, told: Event, seen: Values | None = None) -> None:
        self.told = told
        self._names = own_names(type(told))
        self._seen = seen or {}
        self._measured: Values | None = None

    def get(self, name: str) -> Any:
        """The value of this name, None where it has none. Measures stand before fields: they say more."""
        if name not in self._names:
            return self._seen.get(name)
        measures = _MEASURES.get(type(self.told))
        if measures is None or name not in measures.names:
            return getattr(self.told, name)
        if self._measured is None:
            self._measured = measures.of(self.told)
        return self._measured[name]
