"""The one router of notify, and whose directories an event is looked up in."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from silkway.contracts import Event
from silkway.messaging import Router
from silkway.notify.channels.store import DIRECTORY
from silkway.notify.domain.subscription import OPERATIONS, buyer_of, supplier_of
from silkway.notify.store import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from silkway.messaging import Kind, Look, Name
    from silkway.messaging.routing import DueHandler, Handler, MoreNames, Names
    from silkway.notify.domain.state import OrderView

E = TypeVar("E", bound=Event)
_EVERYTHING: Final = DIRECTORY[OPERATIONS]


def directories_of(told: Any, view: OrderView | None) -> list[Name]:
    """The directories of operations, and of the buyer and the supplier an event is about, as far as known."""
    event: type[Event] = type(told)
    has_buyer, has_supplier = _parties_in(event)
    buyer_id = told.buyer_id if has_buyer else None if view is None else view.buyer_id
    supplier_id = told.supplier_id if has_supplier else None if view is None else view.supplier_id
    found = [_EVERYTHING]
    if buyer_id:
        found.append(_directory(buyer_of(buyer_id)))
    if supplier_id:
        found.append(_directory(supplier_of(supplier_id)))
    return found


@lru_cache(maxsize=1_000)
def _parties_in(event: type[Event]) -> tuple[bool, bool]:
    return "buyer_id" in event.model_fields, "supplier_id" in event.model_fields


@lru_cache(maxsize=20_000)
def _directory(party: str) -> Name:
    return DIRECTORY[party]


class HearersRouter(Router):
    """Whatever a service of ours tells, somebody may want to hear of it: each route names the directories too."""

    def on(
        self, event: type[E], names: Names[E], more: MoreNames[E] | None = None
    ) -> Callable[[Handler[E]], Handler[E]]:
        """As any router, with the directories of operations, buyer and supplier for events of our services."""
        if not event.topic.endswith(".events"):
            return super().on(event, names, more)
        of_order = event.subject_kind == "order"
        if not of_order and more is None:
            return super().on(event, lambda told: [*names(told), *directories_of(told, None)])

        def with_directories(told: E, look: Look) -> Sequence[Name]:
            found = directories_of(told, look(ORDER, told.subject_id) if of_order else None)
            return found if more is None else [*more(told, look), *found]

        return super().on(event, names, with_directories)

    def due(
        self, kind: Kind[Any], names: Callable[[Any], Sequence[Name]]
    ) -> Callable[[DueHandler], DueHandler]:
        """As any router, with the directory of operations."""
        return super().due(kind, lambda state: [*names(state), _EVERYTHING])


router = HearersRouter()
