"""Where a task of the simulation can be stopped, killed or overtaken: between two steps that others can see."""

from __future__ import annotations

import types
from collections.abc import Callable, Generator
from collections.abc import Coroutine as TypingCoroutine
from functools import lru_cache
from typing import Any, NamedTuple


class Boundary(NamedTuple):
    """What a task does next, and whether it can; `over` tells if it still has to wait."""

    name: str
    can_go: Callable[[], bool] | None = None


@lru_cache(maxsize=256)
def at(name: str) -> Boundary:
    """The boundary of this name, where a task can always go on."""
    return Boundary(name)


@types.coroutine
def reach(boundary: Boundary) -> Generator[Boundary, None, None]:
    """Hand control to the scheduler. It may come back much later, with an error, or never."""
    yield boundary


Coroutine = TypingCoroutine[Any, Any, Any]
