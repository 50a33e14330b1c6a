"""The stories of the built-in trade: small functions that tell facts and say what must come of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from silkway.cli.demo.stories import bookings, changes, claims, cover, goods, money, plain, quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from silkway.cli.demo.scene import Scene


class Story(NamedTuple):
    """How to tell it in a scene, with so many orders each time."""

    tell: Callable[[Scene], object]
    orders: int


STORIES: Final[dict[str, Story]] = {
    name: Story(tell, orders)
    for module in (plain, money, changes, quality, goods, cover, claims, bookings)
    for name, (tell, orders) in module.STORIES.items()
}
"""All stories by name."""
