"""Personal data: which fields may hold it, and what stands in them when the text is kept elsewhere."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args

from silkway.contracts.fields import PERSONAL

if TYPE_CHECKING:
    from silkway.contracts.event import Event

__all__ = [
    "ERASED",
    "SEALED",
    "clear_fields",
    "cleared",
    "in_the_clear",
    "is_sealed",
    "personal_fields",
    "sealed",
]

SEALED: Final = re.compile(r"sealed:([0-9a-f]{32})")
"""A seal: it stands for a text that is kept where it can be erased. Short enough for every field that has one."""

ERASED: Final = "sealed:" + "0" * 32
"""The seal of no text: what stands in place of a text that should not have been sent."""


def sealed(seal: uuid.UUID) -> str:
    """How a seal is written."""
    return f"sealed:{seal.hex}"


def is_sealed(text: str) -> bool:
    """Whether this is a seal and nothing else."""
    return SEALED.fullmatch(text) is not None


@cache
def personal_fields(event: type[Event]) -> tuple[str, ...]:
    """The fields of an event that people write or are named in; each is a text, and of the event, in no part of it."""
    return tuple(
        name
        for name, field in event.model_fields.items()
        if PERSONAL in field.metadata or _is_marked(field.annotation)
    )


def _is_marked(annotation: Any) -> bool:
    return PERSONAL in getattr(annotation, "__metadata__", ()) or any(map(_is_marked, get_args(annotation)))


def in_the_clear(event: Event) -> list[str]:
    """The fields of an event whose personal data is not sealed."""
    texts = ((name, getattr(event, name)) for name in personal_fields(type(event)))
    return [name for name, text in texts if text is not None and not is_sealed(text)]


def clear_fields(event: type[Event] | None, data: Mapping[str, Any]) -> list[str]:
    """The personal fields of data as it came, right or wrong, in which there is something else than a seal."""
    names = () if event is None else personal_fields(event)
    return [
        name
        for name in names
        if (value := data.get(name)) is not None and not (isinstance(value, str) and is_sealed(value))
    ]


def cleared(event: type[Event] | None, data: dict[str, Any]) -> dict[str, Any]:
    """Data as it came, right or wrong, with seals alone in personal and in unknown fields."""
    known = set() if event is None else set(event.model_fields) - set(personal_fields(event))
    names = set(data) - known
    return {
        name: ERASED if name in names and not (isinstance(value, str) and is_sealed(value)) else value
        for name, value in data.items()
    }
