"""The built-in trade in figures: how often each story is told, and how often what any order may meet."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Container

Share = Annotated[float, Field(ge=0, le=1)]


class Twists(BaseModel):
    """What may happen to any order, as shares of all cases. None of it changes what comes of the order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    doubled: Share
    entry_twice: Share
    draft_late: Share
    money_early: Share
    booking_late: Share
    milestone_late: Share
    second_witness: Share
    contradiction: Share
    two_shipments: Share
    payout_in_parts: Share


class Proportions(BaseModel):
    """`stories`: weights by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stories: dict[str, Annotated[int, Field(ge=0)]] = Field(min_length=1)
    twists: Twists


def read(text: str, known: Container[str]) -> Proportions:
    """Proportions from TOML; ValueError naming what is wrong, among it stories that are not `known`."""
    proportions = Proportions.model_validate(tomllib.loads(text))
    unknown = [name for name in proportions.stories if name not in known]
    if unknown:
        raise ValueError(f"stories.{unknown[0]}: there is no such story")
    return proportions


def usual() -> str:
    """The proportions that come with the command, as TOML."""
    return files("silkway.cli.demo").joinpath("proportions.toml").read_text()
