"""The one router of notify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from silkway.contracts import Event
from silkway.messaging import Router
from silkway.notify.channels.store import DIRECTORY
from silkway.notify.domain.subscription import OPERATIONS, parties_of
from silkway.notify.store import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from silkway.messaging import Kind, Look, Name
    from silkway.messaging.routing import DueHandler, Handler, MoreNames, Names

E = TypeVar("E", bound=Event)


class HearersRouter(Router):
    """Whatever a service of ours tells, somebody may want to hear of it: each route names the directories too."""

    def on(
        self, event: type[E], names: Names[E], more: MoreNames[E] | None = None
    ) -> Callable[[Handler[E]], Handler[E]]:
        """As any router, with the directories of operations, buyer and supplier for events of our services."""
        if not event.topic.endswith(".events"):
            return super().on(event, names, more)

        def with_hearers(told: E, look: Look) -> Sequence[Name]:
            view = look(ORDER, told.subject_id) if told.subject_kind == "order" else None
            parties = [DIRECTORY[OPERATIONS], *(DIRECTORY[party] for party in parties_of(told, view))]
            return parties if more is None else [*more(told, look), *parties]

        return super().on(event, names, with_hearers)

    def due(
        self, kind: Kind[Any], names: Callable[[Any], Sequence[Name]]
    ) -> Callable[[DueHandler], DueHandler]:
        """As any router, with the directory of operations."""
        return super().due(kind, lambda state: [*names(state), DIRECTORY[OPERATIONS]])


router = HearersRouter()
