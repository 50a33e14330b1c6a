"""Services whose handlers fail, or write what the database refuses, for as long as the world says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from silkway.messaging import Service
from silkway.messaging.routing import DueRoute, Route, Router
from silkway.messaging.table import Rows

DEADLINES = "deadlines"


class _Row(msgspec.Struct, frozen=True):
    text: str


_POISON = Rows("poison", _Row)


def poisonable(service: Service, poison: Mapping[tuple[str, str], str]) -> Service:
    """The service, with each handler asking first; `poison`: how it fails, by service and type of event."""

    def guarded(handle: Any, event_type: str) -> Any:
        name = (service.name, event_type)

        def guard(work: Any, fact: Any) -> None:
            how = poison.get(name) if poison else None
            if how == "raises":
                raise RuntimeError("poisoned")
            handle(work, fact)
            if how == "refused":
                work.append(_POISON, _Row("poisoned"))

        return guard

    router = service.router
    guarded_routes = {
        name: Route(guarded(route.handle, name), route.names, route.more)
        for name, route in router.routes.items()
    }
    dues = {
        rank: DueRoute(guarded(route.handle, DEADLINES), route.names)
        for rank, route in router.due_routes.items()
    }
    return replace(service, router=Router(guarded_routes, dues, router.ignored))
